// Budgets of the pages (docs: bytes, requests, scripts, accessibility, widths, no JavaScript), in a
// real browser. Starts a server over a made-up edition unless PADAN_URL, PADAN_NIK, PADAN_BORN
// (YYYY-MM-DD) and PADAN_SESSION (the cookie of an officer) name one. Chromium: /usr/bin/chromium or PADAN_CHROMIUM.
import { spawn } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const BUDGET = { public: 50_000, office: 120_000, css: 15_000, font: 20_000, requests: 6 };
const failures = [];
const rows = [];

function check(name, good, detail = "") {
  if (!good) failures.push(`${name}${detail ? `: ${detail}` : ""}`);
}

async function startServer() {
  if (process.env.PADAN_URL) {
    return { url: process.env.PADAN_URL.replace(/\/$/, ""), nik: process.env.PADAN_NIK, born: process.env.PADAN_BORN, session: process.env.PADAN_SESSION, stop() {} };
  }
  const dir = mkdtempSync(join(tmpdir(), "padan-e2e-"));
  const given = process.env.PADAN_LOOK;
  const [program, first] = given ? [given, []] : ["cargo", ["run", "--release", "-q", "-p", "web", "--example", "look", "--"]];
  const server = spawn(program, [...first, dir, "20000", "0"], { cwd: "..", stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  const found = await new Promise((resolve, reject) => {
    server.stdout.on("data", (data) => {
      text += data;
      const url = text.match(/http:\/\/[0-9.:]+/);
      if (url) resolve(url[0]);
    });
    server.on("exit", () => reject(new Error("the server did not start")));
  });
  const [, nik, born] = text.match(/look up (\d{16}) born (\S+)/);
  const [, session] = text.match(/session padan_sesi=(\S+)/);
  return { url: found, nik, born, session, stop() { server.kill(); rmSync(dir, { recursive: true, force: true }); } };
}

/** A browser in which an officer is signed in: some pages are theirs. */
async function signedIn(browser, server, options = {}) {
  const context = await browser.newContext(options);
  await context.addCookies([{ name: "padan_sesi", value: server.session, url: server.url, httpOnly: true, sameSite: "Strict" }]);
  return context;
}

async function measured(browser, server, width) {
  const context = await signedIn(browser, server, { viewport: { width, height: 900 } });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const seen = { bytes: 0, requests: 0, kinds: {} };
  const kind = new Map();
  session.on("Network.responseReceived", (e) => kind.set(e.requestId, e.type));
  session.on("Network.loadingFinished", (e) => {
    seen.bytes += e.encodedDataLength;
    seen.requests += 1;
    const type = kind.get(e.requestId) ?? "Other";
    seen.kinds[type] = (seen.kinds[type] ?? 0) + e.encodedDataLength;
  });
  page.on("console", (m) => m.type() === "error" && !m.text().includes("status of 4") && check("console", false, `${page.url()} ${m.text()}`));
  return { context, page, seen };
}

async function axe(page) {
  await page.evaluate(axeSource);
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations.map((v) => `${v.id} (${v.nodes.length}) ${v.nodes[0].html.slice(0, 160)}`);
}

async function open(page, server, target) {
  if (target.form) {
    await page.goto(`${server.url}${target.path}`);
    const [year, month, day] = server.born.split("-");
    await page.fill("#n", server.nik);
    if (target.form === "check") {
      await page.fill("#h", String(Number(day)));
      await page.fill("#b", String(Number(month)));
      await page.fill("#t", target.wrong ? String(Number(year) - 1) : year);
    }
    await Promise.all([page.waitForNavigation(), page.click("main button")]);
    return 200;
  }
  const response = await page.goto(`${server.url}${target.path}`);
  return response.status();
}

async function visit(browser, server, target, width) {
  const { context, page, seen } = await measured(browser, server, width);
  const name = `${target.name} @${width}`;
  const status = await open(page, server, target);
  await page.waitForLoadState("networkidle");
  check(name, status === (target.status ?? 200), `status ${status}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(name, wide <= 0, `scrolls sideways by ${wide} px`);
  const budget = target.office ? BUDGET.office : BUDGET.public;
  if (!target.form) {
    check(name, seen.bytes <= budget, `${seen.bytes} bytes, budget ${budget}`);
    check(name, seen.requests <= BUDGET.requests, `${seen.requests} requests`);
  }
  check(name, (seen.kinds.Script ?? 0) <= (target.script ?? 0), `${seen.kinds.Script} bytes of script`);
  check(name, (seen.kinds.Stylesheet ?? 0) <= BUDGET.css * (target.form ? 2 : 1), `${seen.kinds.Stylesheet} bytes of style`);
  check(name, (seen.kinds.Font ?? 0) <= BUDGET.font * (target.form ? 2 : 1), `${seen.kinds.Font} bytes of font`);
  if (width !== 320) {
    await page.screenshot({ path: `shots/${target.name}-${width}.png`, fullPage: true });
    const violations = await axe(page);
    for (const violation of violations) check(name, false, `axe ${violation}`);
    rows.push({ page: name, bytes: seen.bytes, requests: seen.requests, axe: violations.length });
  }
  check(name, !page.url().includes(server.nik), "the NIK stands in the address");
  await context.close();
}

async function withoutJavaScript(browser, server) {
  const context = await signedIn(browser, server, { javaScriptEnabled: false });
  const page = await context.newPage();
  await open(page, server, { path: "/cek", form: "check" });
  const html = await page.content();
  check("without JavaScript", /class="(seratus|arti)"/.test(html), "the check gives no result");
  await page.goto(`${server.url}/`);
  await Promise.all([page.waitForNavigation(), page.click(".saring button")]);
  check("without JavaScript", page.url().includes("program="), "the filter does not work");
  await page.goto(`${server.url}/simulasi`);
  await page.check('input[name="batas"][value="2"]', { force: true });
  await Promise.all([page.waitForNavigation(), page.click(".atur button")]);
  check("without JavaScript", /batas=2/.test(page.url()) && (await page.locator("#hasil .ringkas").count()) > 0, "the simulator does not answer");
  await context.close();
}

/** With script the picture follows the controls, without loading the page again. */
async function simulatorFollows(browser, server) {
  const context = await signedIn(browser, server);
  const page = await context.newPage();
  await page.goto(`${server.url}/simulasi?program=pbi_jk`);
  const before = await page.locator("h1").textContent();
  await page.check('input[name="batas"][value="2"]', { force: true });
  const moved = await page
    .waitForFunction((old) => document.querySelector("h1").textContent !== old, before, { timeout: 5_000 })
    .then(() => true, () => false);
  check("simulator", moved && page.url().includes("batas=2"), "the picture does not follow the controls");
  await context.close();
}

const server = await startServer();
mkdirSync("shots", { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.PADAN_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  const probe = await signedIn(browser, server);
  const page = await probe.newPage();
  await open(page, server, { path: "/keluarga", form: "family" });
  const family = new URL(page.url()).pathname;
  await page.goto(`${server.url}/`);
  const regency = await page.getAttribute(".kt a", "href");
  await page.goto(`${server.url}${regency}`);
  const district = await page.getAttribute(".kt a", "href");
  await page.goto(`${server.url}${district}`);
  const village = await page.getAttribute(".kt a", "href");
  const edition = await page.goto(`${server.url}/api/editions`).then((r) => r.json());
  await probe.close();
  const targets = [
    { name: "dasbor", path: "/", office: true },
    { name: "dashboard-en", path: "/en/", office: true },
    { name: "kabupaten", path: regency, office: true },
    { name: "kecamatan", path: district, office: true },
    { name: "desa", path: village, office: true },
    { name: "pkh", path: "/?program=pkh", office: true },
    { name: "cek", path: "/cek" },
    { name: "hasil", path: "/cek", form: "check" },
    { name: "tidak-ada", path: "/cek", form: "check", wrong: true },
    { name: "keluarga-cari", path: "/keluarga", office: true },
    { name: "keluarga", path: family, office: true },
    { name: "edisi", path: "/edisi", office: true },
    { name: "simulasi", path: "/simulasi?program=pbi_jk&batas=3", office: true, script: 15_000 },
    { name: "edisi-satu", path: `/edisi/${edition.editions[0].edition}`, office: true },
    { name: "bantuan", path: "/bantuan" },
    { name: "privasi", path: "/privasi" },
    { name: "aksesibilitas", path: "/aksesibilitas" },
    { name: "hilang", path: "/tidak-ada-halaman", status: 404 },
  ];
  const wanted = process.argv.slice(2);
  for (const target of targets.filter((t) => wanted.length === 0 || wanted.includes(t.name))) {
    // A person may be checked five times a day: the result is looked at in two widths only.
    for (const width of target.form ? [1280, 390] : [1280, 390, 320]) await visit(browser, server, target, width);
  }
  // The fifth and last check of this person today.
  if (wanted.length === 0 || wanted.includes("simulasi")) await simulatorFollows(browser, server);
  if (wanted.length === 0) await withoutJavaScript(browser, server);
} finally {
  await browser.close();
  server.stop();
}
console.table(rows);
if (failures.length > 0) {
  console.error(`${failures.length} failures:\n  ${failures.join("\n  ")}`);
  process.exit(1);
}
console.log("all budgets hold");

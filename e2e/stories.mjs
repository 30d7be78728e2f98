// One story per door, in a real browser without JavaScript, over a small province and the real
// binary: report → case → decision → correction → next edition → changed decile → receipt verified.
// PADAN_BIN names the binary (default: ../target/release/padan); PADAN_STORY_PORT the port.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const padan = resolve(process.env.PADAN_BIN ?? `${process.env.CARGO_TARGET_DIR ?? "../target"}/release/padan`);
const port = Number(process.env.PADAN_STORY_PORT ?? 18540);
const url = `http://127.0.0.1:${port}`;
const began = Date.now();
const failures = [];
const rows = [];
// Whatever happens, the drill ends: a story is never worth a stuck CI.
const deadline = setTimeout(() => { console.error("the stories took longer than 8 minutes"); process.exit(1); }, 480_000);

const say = (text) => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}`);
function check(name, good, detail = "") {
  if (!good) failures.push(`${name}${detail ? `: ${detail}` : ""}`);
}
function must(good, text) {
  if (!good) throw new Error(text);
}
const run = (...args) => execFileSync(padan, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 240_000, cwd: ".." });

async function start(dir) {
  const args = ["demo", "--people", process.env.PADAN_STORY_PEOPLE ?? "5000", "--dir", dir, "--port", String(port)];
  const server = spawn(padan, args, { stdio: ["ignore", "pipe", "inherit"], cwd: ".." });
  let text = "";
  server.stdout.on("data", (data) => { text += data; });
  for (let tenth = 0; tenth < 3000; tenth += 1) {
    must(server.exitCode === null, `the demo ended: ${text}`);
    if (text.includes(`http://127.0.0.1:${port}/`)) return server;
    await sleep(100);
  }
  server.kill();
  throw new Error("the demo was not ready after 5 minutes");
}

const looked = new Set();
async function axe(page, name) {
  if (looked.has(name)) return;
  looked.add(name);
  // Pages forbid scripts; the check itself runs in a context that ignores the policy.
  const other = await page.context().browser().newContext({ bypassCSP: true });
  for (const width of [1280, 390]) {
    const copy = await other.newPage();
    await copy.setViewportSize({ width, height: 900 });
    await copy.goto(url + "/saluran");
    await copy.setContent(await page.content(), { waitUntil: "networkidle" });
    await copy.evaluate(axeSource);
    const result = await copy.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    for (const v of result.violations) check(`${name} @${width}`, false, `axe ${v.id} ${v.nodes[0].html.slice(0, 200)}`);
    const wide = await copy.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(`${name} @${width}`, wide <= 0, `scrolls sideways by ${wide} px`);
    await copy.screenshot({ path: `shots/${name}-${width}.png`, fullPage: true });
    rows.push({ page: `${name} @${width}`, bytes: (await page.content()).length, axe: result.violations.length });
    await copy.close();
  }
  await other.close();
}

async function send(page, button) {
  await Promise.all([page.waitForNavigation({ timeout: 30_000 }), page.click(button)]);
}

async function as(browser, role, story) {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  try {
    if (role) {
      await page.goto(`${url}/masuk`);
      await send(page, `.klik button:has-text("${role}")`);
    }
    return await story(page);
  } finally {
    await context.close();
  }
}

async function decide(browser, role, ticket, decision, more = async () => {}) {
  await as(browser, role, async (page) => {
    await page.goto(`${url}/kerja/${ticket}`);
    await page.check(`input[name=putusan][value=${decision}]`);
    await page.fill("#alasan", "Sesuai pemeriksaan di lapangan");
    await more(page);
    await axe(page, `kasus-${decision}`);
    await send(page, "form.isian .btn");
    must(page.url().endsWith("/kerja"), `${role} ${decision}: ${await page.textContent("main")}`);
  });
}

// What makes a family poorer in the eyes of the model, whatever it has now.
const POORER = { wall_material: "7", floor_material: "8", roof_material: "5", cooking_fuel: "11", drinking_water: "8", sewage_disposal: "5", asset_car: "2", asset_fridge: "2", asset_tv: "2", asset_ac: "2", asset_computer: "2" };

/** Cek Bansos: a citizen objects with values, the village forwards, the office accepts. */
async function portal(browser, one) {
  const filed = await as(browser, null, async (page) => {
    await page.goto(`${url}/lapor/objection`);
    await page.fill("#nik", one.nik);
    await page.fill("#lahir", one.born);
    await page.fill("#telepon", "081234500001");
    await page.fill("#text", "Rumah kami gedek dan lantai tanah, mobil bukan milik kami");
    for (const summary of await page.$$("details > summary")) await summary.click();
    for (const [column, code] of Object.entries(POORER)) {
      const field = await page.$(`[name="v.${column}"]`);
      if (field && (await field.$(`option[value="${code}"]`))) await field.selectOption(code);
    }
    await page.check("[name=setuju]");
    await axe(page, "lapor-keberatan");
    await send(page, "form.isian .btn");
    must(!page.url().includes(one.nik), "the NIK stands in the address");
    await axe(page, "diterima");
    return { ticket: await page.inputValue("[name=nomor]"), word: await page.inputValue("[name=kata]") };
  });
  await decide(browser, "Operator desa", filed.ticket, "forward");
  await decide(browser, "Dinas sosial", filed.ticket, "accept");
  return filed;
}

/** SIKS-NG: the village uploads a file, the assistant visits and writes what was found. */
async function siks(browser, one, dir) {
  const file = join(dir, "usulan.csv");
  writeFileSync(file, `id_usulan,nik,tanggal_lahir,jenis,keterangan\nusul-story-1,${one.nik},${one.born},update,Rumah rusak sejak gempa\n`);
  const ticket = await as(browser, "Operator desa", async (page) => {
    await page.goto(`${url}/kerja/unggah`);
    await page.setInputFiles("#b", file);
    await send(page, "form.isian .btn");
    await axe(page, "unggah");
    const text = await page.textContent("main");
    const found = text.match(/PB-\d{4}-\d{4}-\d{4}/);
    must(found, `the file was not taken: ${text}`);
    await page.goto(`${url}/kerja`);
    await axe(page, "kerja");
    return found[0];
  });
  await decide(browser, "Operator desa", ticket, "visit");
  await decide(browser, "Pendamping", ticket, "visited", async (page) => {
    // A line of the list, or the column and code of who knows them by heart.
    const wanted = ["Jenis dinding terluas: Lainnya", "floor_material=8", "cooking_fuel=11", "asset_fridge=2"];
    for (const [at, line] of wanted.entries()) await page.fill(`[name="nilai.${at + 1}"]`, line);
    await page.selectOption("#bukti", "visit");
    await page.setInputFiles("[name=berkas]", { name: "kunjungan.txt", mimeType: "text/plain", buffer: Buffer.from("Kunjungan rumah 22 November 2026") });
  });
  await decide(browser, "Dinas sosial", ticket, "accept");
  // Who opened the case by file follows it by its ticket; the agent at 171 can say the word again.
  return { ticket };
}

/** 171: from call to ticket with the keyboard alone; key strokes are counted. */
async function call(browser, one) {
  const filed = await as(browser, "Petugas 171", async (page) => {
    await page.goto(`${url}/171`);
    let keys = 0;
    const type = async (text) => { await page.keyboard.type(text); keys += text.length; };
    const tab = async (to) => {
      for (let tries = 0; tries < 40; tries += 1) {
        const at = await page.evaluate(() => document.activeElement?.id ?? "");
        if (at === to) return;
        await page.keyboard.press("Tab");
        keys += 1;
      }
      throw new Error(`#${to} cannot be reached with Tab`);
    };
    await axe(page, "171");
    must((await page.evaluate(() => document.activeElement?.id)) === "cari", "the search box has the focus");
    await type(one.nik);
    await tab("lahir");
    await type(one.born);
    await tab("n1");
    await type("wall_material=7");
    await tab("n2");
    await type("cooking_fuel=11");
    await tab("n3");
    await type("floor_material=8");
    await tab("keluhan");
    await type("1");
    await page.keyboard.press("Enter");
    keys += 1;
    await page.waitForLoadState("load");
    await page.waitForSelector(".terima", { timeout: 30_000 });
    await axe(page, "171-tiket");
    say(`171: ${keys} key strokes from call to ticket, three values included`);
    check("171", keys <= 100, `${keys} key strokes`);
    const words = await page.$$eval(".terima b.num", (all) => all.map((b) => b.textContent.trim()));
    return { ticket: words[0], word: words[1] };
  });
  await decide(browser, "Operator desa", filed.ticket, "forward");
  await decide(browser, "Dinas sosial", filed.ticket, "accept");
  return filed;
}

async function decile(browser, family) {
  return as(browser, "Dinas sosial", async (page) => {
    const answer = await page.goto(`${url}/keluarga/${family}`);
    must(answer.status() === 200, `family ${family}: ${answer.status()}`);
    // The step of the ladder that is lit; none for an unranked family.
    const step = await page.$(".tangga .on");
    return step ? Number(await step.textContent()) : 0;
  });
}

async function receipt(browser, dir, filed) {
  for (let tries = 0; tries < 60; tries += 1) {
    const answer = await fetch(`${url}/ikuti/tanda-terima`, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: new URLSearchParams({ nomor: filed.ticket, kata: filed.word }) });
    if (answer.status === 200) {
      const path = join(dir, `${filed.ticket}.tlog-proof`);
      writeFileSync(path, await answer.text());
      return path;
    }
    await sleep(1000);
  }
  throw new Error(`no receipt for ${filed.ticket} after a minute`);
}

must(existsSync(padan), `${padan} is not there: cargo build --release`);
const dir = mkdtempSync(join(tmpdir(), "padan-story-"));
mkdirSync("shots", { recursive: true });
const server = await start(dir);
say("the demo serves");
const browser = await chromium.launch({ executablePath: process.env.PADAN_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  const people = readFileSync(join(dir, "people.csv"), "utf8").trim().split("\n").slice(1).map((line) => {
    const [nik, born, name, family, decile] = line.split(",");
    return { nik, born, name, family, decile: Number(decile) };
  });
  must(people.length >= 3, `only ${people.length} people to try`);
  // From the middle deciles, where a few answers carry a family across a cut.
  people.sort((a, b) => Math.abs(a.decile - 6) - Math.abs(b.decile - 6));
  const [first, second, third] = people;
  const stories = [
    ["Cek Bansos", first, await portal(browser, first)],
    ["SIKS-NG", second, await siks(browser, second, dir)],
    ["171", third, await call(browser, third)],
  ];
  say("three cases are accepted");
  for (const [door, one] of stories) {
    one.before = await decile(browser, one.family);
    check(door, one.before === one.decile, `decile ${one.before} on the page, ${one.decile} in the edition`);
  }
  const store = `sqlite:${join(dir, "padan.db")}`;
  const province = join(dir, "province");
  const out = run("corrections", "--store", store, "--out", join(province, "corrections.jsonl"), "--spec", join(province, "spec.toml"), "--edition", "2027-1", "--next", join(province, "next.toml"));
  say(out.trim().split("\n")[0]);
  run("build", join(province, "next.toml"), "--out", join(dir, "editions"));
  say("the next edition is built");
  run("publish", join(dir, "editions/2027-1"), "--store", store);
  say("and published, while the server runs");
  for (const [door, one, filed] of stories) {
    const after = await decile(browser, one.family);
    say(`${door}: ${filed.ticket}, decile ${one.before} → ${after}`);
    check(door, after > 0 && after <= one.before, `decile ${one.before} → ${after}: poorer answers made it richer`);
    one.after = after;
  }
  check("deciles", stories.some(([, one]) => one.after < one.before), "no correction changed a decile");
  const key = join(dir, "journal.vkey");
  writeFileSync(key, await fetch(`${url}/jurnal/journal.vkey`).then((r) => r.text()));
  for (const [door, , filed] of stories.filter(([, , f]) => f.word)) {
    const answer = run("journal", "receipt", await receipt(browser, dir, filed), "--key", `@${key}`);
    check(door, /genuine: report(_joined)? /.test(answer) && answer.includes(`(${filed.ticket})`), answer);
    say(`${door}: ${answer.trim()}`);
  }
  say(run("journal", "verify", `${join(dir, "padan.db")}.journal`, "--key", `@${key}`).trim());
  await as(browser, null, async (page) => {
    const filed = stories[0][2];
    await page.goto(`${url}/ikuti`);
    await axe(page, "ikuti");
    await page.fill("#nomor", filed.ticket);
    await page.fill("#kata", filed.word);
    await send(page, "form.isian .btn");
    check("Cek Bansos", (await page.textContent("main")).includes("Diterima"), "the reporter does not see the end");
    await axe(page, "status");
    for (const [name, path] of [["lapor", "/lapor"], ["saluran", "/saluran"], ["masuk", "/masuk"]]) {
      await page.goto(url + path);
      await axe(page, name);
    }
  });
} catch (error) {
  failures.push(error.stack ?? String(error));
} finally {
  await browser.close();
  server.kill();
  rmSync(dir, { recursive: true, force: true });
  clearTimeout(deadline);
}
console.table(rows);
if (failures.length > 0) {
  console.error(`${failures.length} failures:\n  ${failures.join("\n  ")}`);
  process.exit(1);
}
say("all stories hold");

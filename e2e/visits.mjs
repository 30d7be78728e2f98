// The form of a visit in a real browser: killed and reopened, without a network, sent once.
// Short by default; PADAN_VISITS=full kills at each of the 39 questions and sends 100 forms.
// Starts `cargo run -p visits --example serve` unless PADAN_VISITS_SERVER names the program.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const FULL = process.env.PADAN_VISITS === "full";
const FORMS = FULL ? 100 : 6;
const KILL_AT = FULL ? Array.from({ length: 39 }, (_, i) => i + 1) : [1, 13, 26, 27, 39];
const PORT = process.env.PADAN_VISITS_PORT ?? "18581";
const failures = [];
const check = (name, good, detail = "") => { if (!good) failures.push(`${name}${detail ? `: ${detail}` : ""}`); };

const dir = mkdtempSync(join(tmpdir(), "padan-visits-"));
const given = process.env.PADAN_VISITS_SERVER;
const [program, first] = given ? [given, []] : ["cargo", ["run", "--release", "-q", "-p", "visits", "--example", "serve", "--"]];

function startServer(seed) {
  const server = spawn(program, [...first, dir, "360", PORT, ...(seed ? ["seed"] : [])], { cwd: "..", stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("the server did not start in 10 minutes")), 600_000);
    server.stdout.on("data", (data) => {
      text += data;
      const url = text.match(/http:\/\/[0-9.:]+/);
      if (url) { clearTimeout(late); resolve({ server, url: url[0], cookies: [...text.matchAll(/cookie padan_sesi=(\S+)/g)].map((m) => m[1]) }); }
    });
    server.on("exit", () => { clearTimeout(late); reject(new Error("the server did not start")); });
  });
}

const started = Date.now();
const { server, url, cookies } = await startServer(FULL ? false : true);
const profile = mkdtempSync(join(tmpdir(), "padan-profile-"));
const launch = () => chromium.launchPersistentContext(profile, {
  executablePath: process.env.PADAN_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"], viewport: { width: 390, height: 844 },
  permissions: ["geolocation"], geolocation: { latitude: -8.65, longitude: 116.32 },
});
const photo = join(dir, "photo.png");
const FORM = `${url}/lapangan/formulir/`;
const signIn = (context, cookie) => context.addCookies([{ name: "padan_sesi", value: cookie, url, httpOnly: true, sameSite: "Strict" }]);

async function axe(page, name) {
  await page.evaluate(axeSource).catch(() => page.addScriptTag({ content: axeSource }));
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const v of result.violations) check(name, false, `axe ${v.id} (${v.nodes.length}) ${v.nodes[0].html.slice(0, 140)}`);
}

async function opened(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(FORM);
  await page.waitForSelector("body[data-siap]");
  return page;
}

/** Answers what the page asks; the last of the list of codes, so that few questions follow. */
async function answer(page) {
  const fields = await page.$$eval("fieldset.pilihan", (sets) => sets.map((s) => s.querySelector("input").name));
  for (const name of fields) {
    const set = page.locator(`fieldset.pilihan:has(input[name="${name}"])`);
    if (!(await set.count()) || (await set.locator("input:checked").count())) continue;
    await (name === "result" || name === "presence" ? set.locator("input").first() : set.locator("input").last()).check();
  }
  for (const input of await page.$$("input[type=text]")) if (!(await input.inputValue())) await input.fill("1");
  for (const input of await page.$$("input[type=date]")) if (!(await input.inputValue())) await input.fill("1980-03-04");
  if (await page.$$eval("fieldset.pilihan", (sets) => sets.some((s) => !s.querySelector("input:checked")))) await answer(page);
}

const saved = (page) => page.waitForSelector(".tersimpan[data-saved]", { timeout: 10_000 });
const begin = (page, entity) => page.click(`button[data-entity="${entity}"]`);
const top = (page) => page.textContent("main .redup");

/** Goes through a whole form; `at` is called on each of the 39 questions and may give another page. */
async function fill(page, entity, at = async (p) => p) {
  await begin(page, entity);
  await page.waitForSelector("progress.maju");
  const seen = new Set();
  for (let turn = 0; turn < 400; turn += 1) {
    if (await page.$("#selesai")) break;
    if (await page.$("input[type=file]")) {
      for (const name of ["photo_card", "photo_front", "photo_inside"]) {
        await page.setInputFiles(`input[name=${name}]`, photo);
        await page.waitForFunction((n) => document.querySelector(`input[name=${n}]`)?.closest("label").textContent.includes("Foto tersimpan"), name);
      }
      await page.click("#lokasi");
      await page.waitForSelector("text=Lokasi tersimpan");
    } else {
      await answer(page);
      const number = Number((await top(page)).match(/Pertanyaan (\d+)/)?.[1] ?? 0);
      if (number && !seen.has(number)) {
        seen.add(number);
        page = await at(page, number);
      }
    }
    // The step itself must change: "Menyimpan…" alone is not the next question.
    const before = await page.$eval("progress.maju", (p) => p.value);
    await page.click("#lanjut");
    await page.waitForFunction((b) => document.querySelector("progress.maju")?.value !== b || document.querySelector("#salah").textContent !== "", before);
  }
  await page.click("#selesai");
  await page.waitForSelector("button[data-entity]");
  return { page, seen };
}

let context = await launch();
try {
  // A picture with some structure, made by the browser itself.
  const painter = await context.newPage();
  await painter.setContent("<body style='margin:0;background:linear-gradient(60deg,#123,#fa3 40%,#2a8 70%,#eee)'><h1>Rumah</h1>");
  writeFileSync(photo, await painter.screenshot());
  await painter.close();

  // Officers' pages: looked at, accessible, no sideways scroll.
  if (!FULL) {
    mkdirSync("shots", { recursive: true });
    const pages = [["lapangan-petugas", "/lapangan", 1], ["lapangan-kantor", "/lapangan", 0], ["lapangan-kampanye", "/lapangan/kampanye/1", 0], ["lapangan-periksa", "/lapangan/periksa", 0], ["lapangan-ponsel", "/lapangan/ponsel", 0]];
    const office = await chromium.launch({ executablePath: process.env.PADAN_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
    for (const [name, path, who] of pages) {
      for (const width of [1280, 390]) {
        const own = await office.newContext({ viewport: { width, height: 900 } });
        await signIn(own, cookies[who]);
        const page = await own.newPage();
        const response = await page.goto(url + path);
        check(name, response.status() === 200, `status ${response.status()}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        check(`${name} @${width}`, wide <= 0, `scrolls sideways by ${wide} px`);
        await page.screenshot({ path: `shots/${name}-${width}.png`, fullPage: true });
        await axe(page, `${name} @${width}`);
        await own.close();
      }
    }
    await office.close();
  }

  await signIn(context, cookies[1]);
  let page = await context.newPage();
  await page.goto(`${url}/lapangan/formulir`);
  await page.waitForSelector("body[data-siap]");
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  const all = await page.$$eval("button[data-entity]", (b) => b.map((x) => x.dataset.entity));
  const data = await page.evaluate(() => fetch("data").then((r) => r.json()));
  const single = data.visits.find((v) => v.people.length === 1) ?? data.visits[0];
  check("form", data.questions.length === 39, `${data.questions.length} questions`);
  await axe(page, "form list");
  if (!FULL) await page.screenshot({ path: "shots/lapangan-formulir-daftar-390.png", fullPage: true });

  // Without a network from here on: the page comes from the service worker.
  await context.setOffline(true);
  await page.close();
  page = await opened(context);
  const killed = [];
  const kill = async (p, number) => {
    if (!KILL_AT.includes(number)) return p;
    // A question that the skip rules leave out has nothing to be saved.
    if (await p.$("main input")) await saved(p);
    const before = await p.$$eval("main input", (list) => list.map((i) => `${i.name}=${i.type === "radio" ? i.checked : i.value}`).join("&"));
    if (number === 16 || (!FULL && number === 13)) { await axe(p, "form question"); await p.screenshot({ path: "shots/lapangan-formulir-390.png", fullPage: true }); }
    if (FULL || number === 26) {
      // The whole browser, not only the page.
      await context.close();
      context = await launch();
      await context.setOffline(true);
    } else await p.close();
    const again = await opened(context);
    await begin(again, single.entity);
    await again.waitForSelector("progress.maju");
    const after = await again.$$eval("main input", (list) => list.map((i) => `${i.name}=${i.type === "radio" ? i.checked : i.value}`).join("&"));
    check(`killed at question ${number}`, before === after && (await top(again)).includes(`Pertanyaan ${number} `), `${before} became ${after}`);
    killed.push(number);
    return again;
  };
  const done = await fill(page, single.entity, kill);
  page = done.page;
  check("questions", done.seen.size === 39, `${done.seen.size} seen`);
  check("kills", killed.length === KILL_AT.length, `${killed.length} of ${KILL_AT.length}`);

  // What lies on the disk is sealed: nothing of an answer or a name can be read there.
  const stored = await page.evaluate(async () => {
    const db = await new Promise((good) => { const r = indexedDB.open("padan-kunjungan"); r.onsuccess = () => good(r.result); });
    const texts = [];
    let key;
    for (const name of db.objectStoreNames) {
      const values = await new Promise((good) => { const r = db.transaction(name).objectStore(name).getAll(); r.onsuccess = () => good(r.result); });
      for (const v of values) if (v instanceof CryptoKey) key = v.extractable; else texts.push(new TextDecoder("latin1").decode(v.data));
    }
    return { extractable: key, readable: texts.some((t) => /Sahnim|groundcheck|floor_material/i.test(t)), count: texts.length };
  });
  check("sealed", stored.extractable === false && !stored.readable && stored.count > 3, JSON.stringify(stored));

  // More forms without a network: refused ones are short, the copies keep photos' places empty.
  const rest = all.filter((e) => e !== single.entity).slice(0, Math.min(FORMS - 1, all.length - 1));
  const finish = async (entity) => {
    await begin(page, entity);
    await page.locator('input[name="result"][value="4"]').check();
    await page.click("#lanjut");
    await page.waitForSelector("input[type=file]");
    await page.click("#lanjut");
    await page.click("#selesai");
    await page.waitForSelector("button[data-entity]");
  };
  for (const entity of rest) await finish(entity);
  const queued = await page.evaluate(async () => {
    const db = await new Promise((good) => { const r = indexedDB.open("padan-kunjungan"); r.onsuccess = () => good(r.result); });
    return new Promise((good) => { const r = db.transaction("kirim").objectStore("kirim").getAllKeys(); r.onsuccess = () => good(r.result); });
  });
  // FULL: the list of one assistant has 50 families; the other 50 forms are queued by the page's own store.
  let extra = 0;
  if (FULL) {
    extra = FORMS - queued.length;
    await page.evaluate(async ([count, version]) => {
      const { open } = await import("/lapangan/formulir/simpanan.js");
      const box = await open();
      for (let n = 0; n < count; n += 1) {
        const id = `uuid:${crypto.randomUUID()}`;
        const xml = `<data id="groundcheck" version="${version}"><visit><family>extra-${n}</family><result>4</result></visit><meta><instanceID>${id}</instanceID></meta></data>`;
        await box.put("kirim", id, { id, entity: `extra-${n}`, xml, files: [] });
      }
    }, [extra, data.version]);
  }
  check("queued", queued.length + extra === FORMS, `${queued.length + extra} of ${FORMS}`);
  await page.screenshot({ path: "shots/lapangan-formulir-kotak-390.png" });

  // The network comes back, breaks off in the middle, comes back: everything once.
  await page.close();
  await context.setOffline(false);
  let posts = 0;
  await context.route("**/kirim", async (route) => {
    posts += 1;
    // The answer of every fourth request is lost after the server took it.
    if (posts % 4 === 0) { await route.fetch().catch(() => {}); await route.abort(); } else await route.continue();
  });
  page = await opened(context);
  for (let turn = 0; turn < 200; turn += 1) {
    const left = await page.evaluate(async () => {
      const db = await new Promise((good) => { const r = indexedDB.open("padan-kunjungan"); r.onsuccess = () => good(r.result); });
      return new Promise((good) => { const r = db.transaction("kirim").objectStore("kirim").count(); r.onsuccess = () => good(r.result); });
    });
    if (left === 0) break;
    const button = await page.$("#kirim");
    if (button) await button.click().catch(() => {});
    await page.waitForTimeout(300);
  }
  const left = await page.evaluate(async () => {
    const db = await new Promise((good) => { const r = indexedDB.open("padan-kunjungan"); r.onsuccess = () => good(r.result); });
    const count = (s) => new Promise((good) => { const r = db.transaction(s).objectStore(s).count(); r.onsuccess = () => good(r.result); });
    return [await count("kirim"), await count("konsep"), await count("foto")];
  });
  check("sent", left.every((n) => n === 0), `left in the browser: ${left}`);
  const count = await page.evaluate(() => fetch("/uji/jumlah").then((r) => r.json()));
  console.log(`${count.forms} forms on the server, ${count.distinct} ids, ${count.photos} photos; ${posts} requests, a quarter of the answers lost`);
  const wanted = FORMS + (FULL ? 0 : count.seeded);
  check("once each", count.forms === wanted && count.distinct === wanted, JSON.stringify(count));
  check("photos", count.photos - count.seeded_photos === 3, JSON.stringify(count));
} finally {
  await context.close().catch(() => {});
  server.kill();
  rmSync(dir, { recursive: true, force: true });
  rmSync(profile, { recursive: true, force: true });
}
if (failures.length) {
  console.error(`${failures.length} failures:\n  ${failures.join("\n  ")}`);
  process.exit(1);
}
console.log(`visits: killed at ${KILL_AT.length} questions, ${FORMS} forms once each, ${((Date.now() - started) / 1000).toFixed(0)} s`);

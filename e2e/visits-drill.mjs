// 5,000 forms with three photos each into a server that is killed 50 times: none lost, none doubled.
// And how many a second, without kills. `node visits-drill.mjs kill|rate [forms] [kills]`
// Needs PADAN_VISITS_SERVER (the example `serve` of visits).
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [mode = "kill", forms = "5000", kills = "50"] = process.argv.slice(2);
const FORMS = Number(forms), KILLS = mode === "kill" ? Number(kills) : 0, SENDERS = 24, PORT = 18583, MOVED = 90;
const dir = mkdtempSync(join(tmpdir(), "padan-drill-"));
const base = `http://127.0.0.1:${PORT}`;
let server, dead = 0, over = false;
const phones = [];

async function start() {
  server = spawn(process.env.PADAN_VISITS_SERVER, [dir, "300", String(PORT), ...(mode === "rate" ? ["still"] : [])], { stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  server.stdout.on("data", (d) => { text += d; });
  for (let turn = 0; turn < 600 && !text.includes("listening"); turn += 1) await new Promise((r) => setTimeout(r, 50));
  if (!text.includes("listening")) throw new Error("the server did not start");
  if (!phones.length) phones.push(...[...text.matchAll(/phone (\S+)/g)].map((m) => m[1]));
}

async function picture() {
  const browser = await chromium.launch({ executablePath: process.env.PADAN_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  const page = await browser.newPage({ viewport: { width: 1280, height: 960 } });
  await page.setContent(`<body style="margin:0;background:repeating-conic-gradient(#123 0 7deg,#fa3 0 19deg,#2a8 0 31deg,#eee 0 47deg)">${"<i style='font-size:9px'>rumah warga </i>".repeat(900)}`);
  const bytes = await page.screenshot({ type: "jpeg", quality: 40 });
  await browser.close();
  return bytes;
}

const photo = await picture();
await start();
const entities = [];
for (const key of phones) {
  const csv = await fetch(`${base}/or/key/${key}/forms/groundcheck/families.csv`, { headers: { "x-openrosa-version": "1.0" } }).then((r) => r.text());
  for (const line of csv.trim().split("\n").slice(1)) entities.push([key, line.split(",")[0]]);
}

/** One form until the server says 201; the answer may be lost any number of times. */
async function send(n) {
  const moved = KILLS && n < Math.min(MOVED, entities.length);
  const [key, entity] = moved ? entities[n] : [phones[n % phones.length], `drill-${n}`];
  const id = `uuid:drill-${String(n).padStart(6, "0")}`;
  const xml = `<data id="groundcheck" version="1"><visit><family>${entity}</family><result>${moved ? 5 : 1}</result></visit><meta><instanceID>${id}</instanceID></meta></data>`;
  const files = moved ? [] : [1, 2, 3].map((p) => [`p${p}-${n}.jpg`, Buffer.concat([photo, randomBytes(8)])]);
  for (let turn = 0; turn < 2000; turn += 1) {
    const body = new FormData();
    body.append("xml_submission_file", new Blob([xml], { type: "text/xml" }), "s.xml");
    for (const [name, bytes] of files) body.append(name, new Blob([bytes], { type: "image/jpeg" }), name);
    try {
      const answer = await fetch(`${base}/or/key/${key}/submission?deviceID=drill`, { method: "POST", headers: { "x-openrosa-version": "1.0" }, body, signal: AbortSignal.timeout(30_000) });
      await answer.text();
      if (answer.status === 201) return turn;
      if (answer.status < 500) throw new Error(`form ${n}: ${answer.status}`);
    } catch (error) {
      if (error.message.startsWith("form")) throw error;
    }
    await new Promise((r) => setTimeout(r, 100));
  }
  throw new Error(`form ${n} was never taken`);
}

async function killer() {
  while (dead < KILLS && !over) {
    await new Promise((r) => setTimeout(r, 200 + Math.random() * 1300));
    if (over) break;
    server.kill("SIGKILL");
    dead += 1;
    await new Promise((r) => server.on("exit", r));
    await start();
  }
}

const began = Date.now();
let next = 0, retries = 0;
const killing = killer();
await Promise.all(Array.from({ length: SENDERS }, async () => { while (next < FORMS) retries += await send(next++); }));
const seconds = (Date.now() - began) / 1000;
over = true;
await killing;
let count = await fetch(`${base}/uji/jumlah`).then((r) => r.json());
// Visits found empty open cases, but for blind second visits; they are worked off first.
if (KILLS) for (let turn = 0; turn < 120 && count.done < MOVED + 5; turn += 1) {
  await new Promise((r) => setTimeout(r, 1000));
  count = await fetch(`${base}/uji/jumlah`).then((r) => r.json());
}
const withPhotos = FORMS - (KILLS ? Math.min(MOVED, entities.length) : 0);
const good = count.forms === FORMS && count.distinct === FORMS && count.photos === 3 * withPhotos && count.conflicts === 0 && (!KILLS || (count.reports === count.filed && count.filed > MOVED / 2));
console.log(JSON.stringify({ mode, sent: FORMS, kills: dead, photo_bytes: photo.length, seconds, forms_per_second: +(FORMS / seconds).toFixed(1), requests_repeated: retries, ...count, good }));
server.kill("SIGKILL");
rmSync(dir, { recursive: true, force: true });
process.exit(good && dead >= KILLS ? 0 : 1);

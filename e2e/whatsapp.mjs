// WhatsApp and the way back of PBI-JK in a real browser without JavaScript: an old neighbour types a
// complaint with bad spelling → case → decision → message with the result; then every page of these
// doors at 1280 and 390 px: axe, sideways scrolling, screenshots in shots/.
// PADAN_URL names a running demo (`padan demo`, or `cargo run --release -p doors --example look_doors`).
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const url = (process.env.PADAN_URL ?? "http://127.0.0.1:18560").replace(/\/$/, "");
const failures = [];
const deadline = setTimeout(() => { console.error("longer than 4 minutes"); process.exit(1); }, 240_000);
const check = (name, good, detail = "") => { if (!good) failures.push(`${name} ${detail}`); };

mkdirSync("shots", { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.PADAN_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

async function person() {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1280, height: 900 } });
  return context.newPage();
}
async function signIn(page, role) {
  await page.goto(`${url}/masuk`);
  const button = page.locator("form[action='/masuk/demo'] button", { hasText: role }).first();
  await Promise.all([page.waitForNavigation(), button.click()]);
}
const phone = `${url}/simulasi/whatsapp?hp=1`;
async function type(page, text) {
  await page.fill("#pesan", text);
  await Promise.all([page.waitForNavigation(), page.click(".kirim")]);
  return page.textContent(".obrol");
}
async function press(page, title) {
  await Promise.all([page.waitForNavigation(), page.locator(".pilihan button", { hasText: title }).first().click()]);
  return page.textContent(".obrol");
}

async function story() {
  const citizen = await person();
  await citizen.goto(phone);
  check("intent", (await type(citizen, "tetanga sy kaya tp dpt bntuan trus")).includes("warga desa yang sama"));
  check("consent", (await press(citizen, "Ajukan keberatan")).includes("Setuju?"));
  await press(citizen, "Setuju");
  const masked = await type(citizen, "pnya mobil 2, niknya 5202016304870002");
  check("masked", masked.includes("••••0002") && !masked.includes("5202016304870002"));
  check("where", (await type(citizen, "kirim")).includes("di desa mana"));
  const village = process.env.PADAN_VILLAGE ?? "52.02.01.2001";
  const filed = await type(citizen, village);
  const ticket = filed.match(/[A-Z]{2}-\d{4}-\d{4}-\d{4,}/)?.[0];
  check("ticket", Boolean(ticket), filed.slice(-200));
  if (!ticket) return;
  for (const [role, decision] of [["Operator desa", "forward"], ["Dinas", "accept"]]) {
    const officer = await person();
    await signIn(officer, role);
    await officer.goto(`${url}/kerja/${ticket}`);
    const radio = officer.locator(`input[name='putusan'][value='${decision}']`);
    if (await radio.count() === 0) { check(`decide ${decision}`, false, "no such decision on the page"); return; }
    await radio.check();
    await officer.fill("#alasan", "Sesuai pemeriksaan di lapangan");
    const form = officer.locator("form", { has: radio });
    await Promise.all([officer.waitForNavigation(), form.locator("button").last().click()]);
    await officer.context().close();
  }
  let told = "";
  for (let tenth = 0; tenth < 60 && !told.includes(`${ticket} diterima`); tenth += 1) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    await citizen.goto(phone);
    told = await citizen.textContent(".obrol");
  }
  check("told", told.includes(`${ticket} diterima`), told.slice(-200));
  console.log(`the story of ${ticket}`);
}

async function look(page, name, path, width) {
  await page.setViewportSize({ width, height: 900 });
  const answer = await page.goto(`${url}${path}`);
  check(`${name} @${width}`, answer.status() === 200, `status ${answer.status()}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(`${name} @${width}`, wide <= 0, `scrolls sideways by ${wide} px`);
  await page.screenshot({ path: `shots/${name}-${width}.png`, fullPage: true });
  await page.evaluate(axeSource);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const v of found.violations) check(`${name} @${width}`, false, `axe ${v.id} (${v.nodes.length}) ${v.nodes[0].html.slice(0, 140)}`);
  console.log(`${name} @${width}: axe ${found.violations.length}`);
}

await story();
const context = await browser.newContext();
const page = await context.newPage();
for (const width of [1280, 390]) {
  await look(page, "whatsapp", "/simulasi/whatsapp?hp=1", width);
  await look(page, "pbi", "/pbi", width);
  await look(page, "pbi-en", "/en/pbi", width);
}
// Another payer: one card per lawful way, each with its own paper; PADAN_CUT_NIK and PADAN_CUT_BORN name
// somebody of the store who was cut off.
async function payer(page) {
  const { PADAN_CUT_NIK: nik, PADAN_CUT_BORN: born } = process.env;
  if (!nik || !born) return;
  const ask = async () => {
    await page.goto(`${url}/pbi/pembayar`);
    await page.fill("#nik", nik);
    await page.fill("#lahir", born);
    await Promise.all([page.waitForNavigation(), page.locator("form button", { hasText: "Periksa" }).click()]);
  };
  await ask();
  const cards = await page.locator("details.cara").count();
  check("payer: ways", cards >= 2, `${cards} cards`);
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.screenshot({ path: "shots/pembayar-cara-1280.png", fullPage: true });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.screenshot({ path: "shots/pembayar-cara-390.png", fullPage: true });
  const card = page.locator("details.cara", { hasText: "Dibiayai pemda" });
  if (await card.getAttribute("open") === null) await card.locator("summary").click();
  await card.locator("input[name='a.nomor']").fill("440/118/2026");
  await card.locator("input[name='a.tanggal']").fill("2026-11-20");
  await card.locator("input[name='surat']").setInputFiles("shots/whatsapp-390.png");
  await Promise.all([page.waitForNavigation(), card.locator("button").click()]);
  const text = await page.textContent("main");
  check("payer: covered", text.includes("Ditanggung sejak hari ini: Dibiayai pemda") && text.includes("Ditanggung sekarang"), text.slice(0, 400));
  await page.screenshot({ path: "shots/pembayar-jadi-390.png", fullPage: true });
}

await signIn(page, "Dinas").catch(() => check("sign in", false, "social affairs office"));
for (const width of [1280, 390]) {
  await look(page, "pembayar", "/pbi/pembayar", width);
  await look(page, "pembayar-en", "/en/pbi/pembayar", width);
}
await payer(page);
await page.goto(`${url}/pbi`);
const district = await page.locator("table.rapat a[href*='wilayah=']").first().getAttribute("href");
await page.goto(`${url}${district}`);
const below = await page.locator("table.rapat tbody a").first().getAttribute("href");
await page.goto(`${url}${below}`);
const village = await page.locator("table.rapat tbody a[href*='/pbi/desa/']").first().getAttribute("href").catch(() => null);
if (village) for (const width of [1280, 390]) await look(page, "belum-terdengar", village, width);
const owner = await person();
await signIn(owner, "Kementerian").catch(() => check("sign in", false, "ministry"));
const decrees = await browser.newContext({ storageState: await owner.context().storageState() });
const desk = await decrees.newPage();
for (const width of [1280, 390]) await look(desk, "keputusan", "/pbi/keputusan", width);
const agent = await (await browser.newContext()).newPage();
await signIn(agent, "Rina Kurnia").catch((error) => check("sign in", false, `call agent: ${error.message}`));
for (const width of [1280, 390]) {
  await look(agent, "percakapan", "/percakapan", width);
  await look(agent, "faskes", "/faskes", width);
}
clearTimeout(deadline);
await browser.close();
if (failures.length > 0) {
  console.error(failures.join("\n"));
  process.exit(1);
}
console.log("ok");

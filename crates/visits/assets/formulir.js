// The form of a visit, one question at a time. Every answer is sealed and on the disk of the phone
// before the page says "Tersimpan". A finished form waits in the outbox; it is deleted here only
// after a receipt that names the SHA-256 of the form and of every photo.
import { isAsked, toXml, wrong } from "./aturan.js";
import { open, sha256 } from "./simpanan.js";

const PHOTOS = [["photo_card", "Foto KTP dan KK"], ["photo_front", "Foto depan rumah"], ["photo_inside", "Foto dalam rumah"]];
const SIDE = 1280;
const main = document.getElementById("isi");
const status = document.getElementById("keadaan");
const say = (text) => { status.textContent = text; };
const today = () => new Date().toLocaleDateString("sv-SE");
const at = () => new Date().toISOString();

let box, list, draft, steps, step, sending = false, saving = Promise.resolve(), view = 0;

/** An element with attributes and children; text is always text. */
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((c) => c !== null));
  return node;
}

function show(...nodes) {
  main.replaceChildren(...nodes);
  main.focus();
  scrollTo(0, 0);
}

/** Writes the draft; the page says so when it is on the disk. Writes keep their order. */
function save() {
  const note = main.querySelector(".tersimpan");
  if (note) { note.textContent = "Menyimpan…"; note.removeAttribute("data-saved"); }
  const copy = structuredClone(draft);
  const own = (saving = saving.then(() => box.put("konsep", copy.entity, copy)));
  own.then(() => {
    // The question may have been drawn anew in between: what is on the page now says so.
    const shown = main.querySelector(".tersimpan");
    if (own === saving && shown) { shown.textContent = "Tersimpan di ponsel ini"; shown.setAttribute("data-saved", ""); }
  }, () => say("Tidak dapat menyimpan. Ruang ponsel penuh?"));
  return own;
}

// ------------------------------------------------------------------ the list

async function load() {
  try {
    const answer = await fetch("data", { headers: { accept: "application/json" } });
    if (answer.status === 401) { say("Masuk lagi untuk mengirim"); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    list = await answer.json();
    await box.put("daftar", "kini", list);
  } catch { /* without a network the kept list serves */ }
}

async function home() {
  const own = (view += 1);
  draft = null;
  const drafts = new Set(await box.keys("konsep"));
  const waiting = new Map();
  for (const id of await box.keys("kirim")) {
    const form = await box.get("kirim", id);
    waiting.set(form.entity, form);
  }
  // Somebody opened a form while this was read: the form stays.
  if (own !== view) return;
  say(navigator.onLine ? `${waiting.size} menunggu dikirim` : `Tanpa jaringan · ${waiting.size} tersimpan`);
  if (!list) {
    show(el("h2", {}, "Belum ada daftar keluarga"), el("p", { class: "redup" }, "Buka halaman Kunjungan selagi ada jaringan."),
      el("p", { class: "langkah" }, el("button", { onclick: () => { location.href = "/lapangan/formulir"; } }, "Ambil daftar")));
    return;
  }
  const line = (visit) => {
    const sent = waiting.has(visit.entity);
    const tag = sent ? el("span", { class: "tag kirim" }, "Menunggu kirim") : drafts.has(visit.entity) ? el("span", { class: "tag konsep" }, "Belum selesai") : null;
    const text = el("span", {}, visit.head, el("small", {}, `${visit.village} · ${visit.address}`));
    return el("li", {}, el("button", { "data-entity": visit.entity, disabled: sent, onclick: () => begin(visit) }, text, tag ?? el("span", {}, "")));
  };
  show(el("h2", {}, `${list.visits.length} keluarga`), el("p", { class: "langkah" },
    el("button", { id: "kirim", class: "garis", onclick: () => sync(true) }, "Kirim sekarang")),
    el("ol", { class: "daftar" }, ...list.visits.map(line)));
}

// ------------------------------------------------------------------ a form

async function begin(visit) {
  const kept = await box.get("konsep", visit.entity);
  // The list may be drawing itself anew after a sending: from here on this form is what is seen.
  view += 1;
  draft = kept ?? {
    id: `uuid:${crypto.randomUUID()}`, entity: visit.entity, start: at(), step: 0, result: "", home: {},
    members: visit.people.map((p) => ({ person: p.person, name: p.name })), photos: {}, place: "",
  };
  draft.head = visit.head;
  build();
  step = Math.min(draft.step, steps.length - 1);
  ask();
}

/** All steps of this visit, in order; those of people who are not there are left out. */
function build() {
  steps = [{ kind: "result" }];
  if (draft.result === "1" || draft.result === "") {
    for (const question of list.questions.filter((q) => q.unit === "family")) steps.push({ kind: "question", question });
    draft.members.forEach((member, index) => {
      steps.push({ kind: "presence", index });
      if (["1", "5", undefined, ""].includes(member.presence)) {
        for (const question of list.questions.filter((q) => q.unit === "person")) steps.push({ kind: "question", question, index });
      }
    });
  }
  steps.push({ kind: "photos" }, { kind: "finish" });
}

const answersOf = (it) => (it.question?.unit === "person" || it.kind === "presence" ? draft.members[it.index] : draft.home);

function codes(name, label, options, answers) {
  const one = ([code, text]) => el("label", {}, el("input", {
    type: "radio", name, value: code, checked: String(answers[name] ?? "") === String(code),
    onchange: (e) => { answers[name] = e.target.value; changed(name); },
  }), text);
  return el("fieldset", { class: "pilihan" }, el("legend", {}, label), ...options.map(one));
}

function control(field, answers) {
  if (field.codes.length) return codes(field.name, field.label, field.codes, answers);
  return el("label", { class: "isian" }, field.label, el("input", {
    type: field.kind === "date" ? "date" : "text", inputmode: field.kind === "count" ? "numeric" : undefined,
    name: field.name, value: answers[field.name] ?? "", max: field.kind === "date" ? today() : undefined,
    oninput: (e) => { answers[field.name] = e.target.value.trim(); changed(field.name); },
  }));
}

function changed(name) {
  save();
  const it = steps[step];
  // Another answer of the same question may now be asked, or no longer.
  if (it.kind === "question" && it.question.fields.some((f) => f.asked_if?.[0] === name || (name === "birth_date" && f.age_min !== undefined))) ask(false);
}

function ask(move = true) {
  const it = steps[step];
  const answers = answersOf(it);
  const number = it.question ? `Pertanyaan ${it.question.number} dari 39` : it.kind === "presence" ? "Anggota keluarga" : "Kunjungan";
  const who = it.index === undefined ? draft.head : draft.members[it.index].name;
  const top = [el("p", { class: "redup" }, `${number} · ${who}`), el("progress", { class: "maju", max: steps.length - 1, value: step, "aria-label": "Kemajuan formulir" })];
  let body;
  if (it.kind === "result") body = [el("h2", {}, "Hasil kunjungan"), codes("result", "Apa hasilnya?", list.results, draft)];
  else if (it.kind === "presence") body = [el("h2", {}, draft.members[it.index].name), codes("presence", "Keberadaan", list.presence, answers)];
  else if (it.kind === "question") {
    const asked = it.question.fields.filter((f) => isAsked(f, answers, today()));
    const none = asked.length ? null : el("p", { class: "kartu" }, "Tidak ditanyakan menurut jawaban sebelumnya.");
    body = [el("h2", {}, it.question.label), none, ...asked.map((f) => control(f, answers))].filter((n) => n);
  } else if (it.kind === "photos") body = photos();
  else body = finish();
  const buttons = el("div", { class: "langkah" },
    el("button", { class: "garis", id: "mundur", onclick: () => (step ? go(step - 1) : home()) }, step ? "Kembali" : "Daftar"),
    it.kind === "finish" ? el("button", { class: "utama", id: "selesai", onclick: done }, "Selesai") : el("button", { class: "utama", id: "lanjut", onclick: next }, "Lanjut"));
  const nodes = [...top, ...body, el("p", { class: "galat", role: "alert", id: "salah" }), el("p", { class: "tersimpan", role: "status" }), buttons];
  if (move) show(...nodes);
  else main.replaceChildren(...nodes);
  say(navigator.onLine ? "" : "Tanpa jaringan");
}

function problem(it) {
  if (it.kind === "result") return draft.result ? null : "Pilih hasil kunjungan.";
  if (it.kind === "presence") return answersOf(it).presence ? null : "Pilih keberadaan anggota.";
  if (it.kind !== "question") return null;
  const answers = answersOf(it);
  for (const field of it.question.fields.filter((f) => isAsked(f, answers, today()))) {
    const why = wrong(field, answers, today());
    if (why) return `${field.label}: ${why}`;
  }
  return null;
}

function next() {
  const why = problem(steps[step]);
  if (why) { main.querySelector("#salah").textContent = why; return; }
  build();
  go(step + 1);
}

async function go(to) {
  step = draft.step = Math.max(0, Math.min(to, steps.length - 1));
  await save();
  ask();
}

// ------------------------------------------------------------------ photos and place

/** A photo made smaller, without anything hidden in it. */
async function smaller(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = el("canvas", { width: Math.round(bitmap.width * scale), height: Math.round(bitmap.height * scale) });
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((good) => canvas.toBlob(good, "image/jpeg", 0.7));
  return blob.arrayBuffer();
}

function photos() {
  const one = ([name, label]) => el("label", { class: "isian" }, label, el("input", {
    type: "file", name, accept: "image/*", capture: "environment",
    onchange: async (e) => {
      const file = e.target.files[0];
      if (!file) return;
      const key = `${name}-${draft.id.slice(5, 13)}-${Date.now()}.jpg`;
      await box.putBytes("foto", key, await smaller(file));
      const old = draft.photos[name];
      draft.photos[name] = key;
      await save();
      if (old) await box.remove("foto", old);
      ask(false);
    },
  }), draft.photos[name] ? el("small", {}, "Foto tersimpan") : "");
  const place = el("button", { class: "garis", id: "lokasi", onclick: () => navigator.geolocation.getCurrentPosition(
    ({ coords: c }) => { draft.place = `${c.latitude} ${c.longitude} ${c.altitude ?? 0} ${c.accuracy}`; save(); ask(false); },
    () => { main.querySelector("#salah").textContent = "Lokasi tidak didapat. Coba di luar rumah."; }, { enableHighAccuracy: true, timeout: 30000 }) }, "Catat lokasi rumah");
  return [el("h2", {}, "Foto dan lokasi"), ...PHOTOS.map(one), el("p", { class: "langkah" }, place), el("p", { class: "redup" }, draft.place ? "Lokasi tersimpan" : "Lokasi belum dicatat")];
}

function finish() {
  const open = steps.map((it, index) => [index, problem(it)]).filter(([, why]) => why);
  const missing = open.slice(0, 12).map(([index, why]) => el("li", {}, el("button", { class: "garis", onclick: () => go(index) }, why)));
  return [el("h2", {}, "Periksa dan selesai"), el("p", { class: "redup" }, open.length ? `${open.length} jawaban belum lengkap.` : "Semua pertanyaan terjawab."), el("ol", { class: "daftar" }, ...missing)];
}

async function done() {
  build();
  if (steps.some((it) => problem(it))) { main.querySelector("#salah").textContent = "Lengkapi dahulu jawaban di atas."; return; }
  draft.end = at();
  const files = Object.values(draft.photos);
  const form = { id: draft.id, entity: draft.entity, xml: toXml(draft, list.questions, list.version, today()), files };
  // First into the outbox, then the draft goes: killed between the two, the form is there twice
  // under one id, never lost.
  await box.put("kirim", form.id, form);
  await box.remove("konsep", draft.entity);
  await home();
  sync(false);
}

// ------------------------------------------------------------------ sending

async function sendOne(id) {
  const form = await box.get("kirim", id);
  const own = new Map();
  // One photo to a request: little is lost when the signal breaks off.
  const parts = form.files.length ? form.files : [null];
  let receipt;
  for (const [index, name] of parts.entries()) {
    const body = new FormData();
    body.append("xml_submission_file", new Blob([form.xml], { type: "text/xml" }), "form.xml");
    if (name) {
      const bytes = await box.getBytes("foto", name);
      if (bytes) { own.set(name, await sha256(bytes)); body.append(name, new Blob([bytes], { type: "image/jpeg" }), name); }
    }
    if (index < parts.length - 1) body.append("*isIncomplete*", "yes");
    const answer = await fetch("kirim", { method: "POST", body });
    if (!answer.ok) throw new Error(String(answer.status));
    receipt = await answer.json();
  }
  const held = new Set(receipt.files.map(([name, sha]) => `${name} ${sha}`));
  const whole = receipt.instance === form.id && receipt.xml_sha256 === (await sha256(new TextEncoder().encode(form.xml)));
  if (!whole || [...own].some(([name, sha]) => !held.has(`${name} ${sha}`))) throw new Error("receipt");
  for (const name of form.files) await box.remove("foto", name);
  await box.remove("kirim", id);
  list.visits = list.visits.filter((visit) => visit.entity !== form.entity);
  await box.put("daftar", "kini", list);
}

async function sync(loud) {
  if (sending) return;
  sending = true;
  let word = "";
  // Two windows of one browser send one after the other.
  await navigator.locks.request("kirim", async () => {
    const ids = await box.keys("kirim");
    for (const [index, id] of ids.entries()) {
      say(`Mengirim ${index + 1} dari ${ids.length}`);
      try { await sendOne(id); } catch (error) {
        word = error.message === "401" ? "Masuk lagi untuk mengirim. Formulir tetap di ponsel." : "Belum terkirim. Formulir tetap di ponsel.";
        if (error.message !== "400") break;
      }
    }
  });
  sending = false;
  if (!draft) await home();
  if (word || loud) say(word || "Semua terkirim");
}

// ------------------------------------------------------------------ start

async function start() {
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("sw.js").catch(() => {});
  navigator.storage?.persist?.();
  box = await open();
  list = await box.get("daftar", "kini");
  await load();
  await home();
  addEventListener("online", () => sync(false));
  addEventListener("offline", () => say("Tanpa jaringan"));
  setInterval(() => navigator.onLine && sync(false), 60000);
  document.body.dataset.siap = "ya";
  sync(false);
}
start().catch((error) => say(`Formulir tidak dapat dibuka: ${error.message}`));

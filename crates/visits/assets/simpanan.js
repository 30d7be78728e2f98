// What lies in this browser, sealed: AES-GCM with a key that no script can read out (the browser
// keeps it). Drafts, photos, forms to be sent and the list of families are opened only here.

const NAME = "padan-kunjungan";
const STORES = ["kunci", "konsep", "foto", "kirim", "daftar"];

function asked(request) {
  return new Promise((good, bad) => {
    request.onsuccess = () => good(request.result);
    request.onerror = () => bad(request.error);
  });
}

async function database() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => STORES.forEach((store) => request.result.createObjectStore(store));
  return asked(request);
}

/** Opens the store of this browser; makes its key on the first day. */
export async function open() {
  const db = await database();
  const act = (store, mode, work) =>
    new Promise((good, bad) => {
      // "strict": the answer comes after the disk has it.
      const tx = db.transaction(store, mode, { durability: "strict" });
      const result = work(tx.objectStore(store));
      tx.oncomplete = () => good(result?.result);
      tx.onerror = tx.onabort = () => bad(tx.error);
    });
  let key = await act("kunci", "readonly", (s) => s.get("utama"));
  if (!key) {
    key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    await act("kunci", "readwrite", (s) => s.put(key, "utama"));
  }
  const place = (store, id) => new TextEncoder().encode(`${store}|${id}`);
  const seal = async (store, id, bytes) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: place(store, id) }, key, bytes) };
  };
  const unseal = (store, id, it) =>
    crypto.subtle.decrypt({ name: "AES-GCM", iv: it.iv, additionalData: place(store, id) }, key, it.data);
  return {
    async putBytes(store, id, bytes) {
      const sealed = await seal(store, id, bytes);
      await act(store, "readwrite", (s) => s.put(sealed, id));
    },
    async getBytes(store, id) {
      const it = await act(store, "readonly", (s) => s.get(id));
      return it ? unseal(store, id, it) : null;
    },
    put(store, id, value) {
      return this.putBytes(store, id, new TextEncoder().encode(JSON.stringify(value)));
    },
    async get(store, id) {
      const bytes = await this.getBytes(store, id);
      return bytes ? JSON.parse(new TextDecoder().decode(bytes)) : null;
    },
    keys: (store) => act(store, "readonly", (s) => s.getAllKeys()),
    remove: (store, id) => act(store, "readwrite", (s) => s.delete(id)),
  };
}

export async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((b) => b.toString(16).padStart(2, "0")).join("");
}

// The shell of the form, so that it opens without a network. Nothing about anybody is kept here.
const CACHE = "kunjungan-1";
const SHELL = ["/lapangan/formulir/", "/lapangan/formulir/formulir.js", "/lapangan/formulir/aturan.js",
  "/lapangan/formulir/simpanan.js", "/lapangan/formulir/formulir.css", "/lapangan/formulir/aplikasi.webmanifest"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => Promise.all(names.filter((n) => n !== CACHE).map((n) => caches.delete(n))));
  event.waitUntil(old.then(() => self.clients.claim()));
});
// Network first, so a new version arrives; the kept shell when there is none.
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin || !SHELL.includes(url.pathname)) return;
  event.respondWith(
    fetch(event.request)
      .then((answer) => {
        if (answer.ok) {
          const copy = answer.clone();
          event.waitUntil(caches.open(CACHE).then((cache) => cache.put(url.pathname, copy)));
        }
        return answer;
      })
      .catch(() => caches.match(url.pathname)),
  );
});

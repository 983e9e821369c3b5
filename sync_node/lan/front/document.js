// Shows a PDF page by page: a picture of the page, its words over it for selecting and reading
// aloud, the page's number in the address. Parts of the file are asked for as they are needed.
// A PDF is hostile: no script of it runs, no link of it leads out, nothing of it becomes markup.
import { getDocument, PDFWorker, TextLayer } from "pdfjs-dist/legacy/build/pdf.mjs";

const RANGE_BYTES = 65536;
const PIXELS_MAX = 5e6; // of a page's canvas: what an old phone has memory for
const IMAGE_PIXELS_MAX = 1 << 26;
const ZOOMS = [1, 1.25, 1.5, 2, 3];
const RESIZE_MILLISECONDS = 200;
const READ_MILLISECONDS = 3000; // on a page, after which the box is told of it
const TELL_MILLISECONDS = 10500; // between two of that; it takes no more

const reader = document.getElementById("reader");
const found = (name) => reader.querySelector(`[data-part="${name}"]`);
const paper = found("paper");
const sheet = found("sheet");
const words = found("words");
const field = found("number");
const said = found("said");

let pdf = null;
let current = 0;
let zoom = 0;
let drawing = null;
let drawnWidth = 0;

function open() {
  const base = reader.dataset.vendor;
  const port = new Worker(`${base}pdf.worker.js`);
  port.addEventListener("error", giveUp); // it could not be loaded, or this browser can't read it
  return getDocument({
    url: reader.dataset.source,
    worker: PDFWorker.create({ port }),
    isEvalSupported: false,
    enableXfa: false,
    disableAutoFetch: true,
    disableStream: true,
    rangeChunkSize: RANGE_BYTES,
    maxImageSize: IMAGE_PIXELS_MAX,
    useWorkerFetch: false, // the worker's own policy lets it ask for nothing
    cMapUrl: `${base}cmaps/`,
    cMapPacked: true,
    standardFontDataUrl: `${base}standard_fonts/`,
    wasmUrl: new URL(`${base}wasm/`, location.href).href,
    verbosity: 0,
  }).promise;
}

function numberInAddress() {
  return parseInt(new URLSearchParams(location.search).get("page"), 10) || 1;
}

// Where it was left, unless the address says more. The box keeps a percentage.
function firstNumber() {
  if (new URLSearchParams(location.search).has("page")) { return numberInAddress(); }
  return Math.floor((Number(reader.dataset.percent) * pdf.numPages) / 100) || 1;
}

function keepInAddress(number) {
  const address = new URL(location.href);
  address.searchParams.set("page", number);
  history.replaceState(history.state, "", address.href);
}

async function turnTo(wanted, atTop = true) {
  const number = Math.min(Math.max(wanted, 1), pdf.numPages);
  if (number !== current) {
    current = number;
    if (number !== numberInAddress()) { keepInAddress(number); }
  }
  field.value = number;
  found("earlier").disabled = number === 1;
  found("later").disabled = number === pdf.numPages;
  if (drawing) { drawing.cancel(); }
  const page = await pdf.getPage(number);
  if (number !== current) { return; }
  await draw(page, number);
  if (atTop) { paper.scrollTop = paper.scrollLeft = 0; }
  note();
  said.textContent = reader.dataset.told.replace("{page}", number).replace("{total}", pdf.numPages);
}

async function draw(page, number) {
  drawnWidth = paper.clientWidth;
  const scale = (drawnWidth / page.getViewport({ scale: 1 }).width) * ZOOMS[zoom];
  const viewport = page.getViewport({ scale });
  const most = Math.sqrt(PIXELS_MAX / (viewport.width * viewport.height));
  const ratio = Math.min(window.devicePixelRatio || 1, most);
  const canvas = document.createElement("canvas");
  const finer = page.getViewport({ scale: scale * ratio });
  canvas.width = Math.floor(finer.width);
  canvas.height = Math.floor(finer.height);
  canvas.setAttribute("aria-hidden", "true");
  const task = page.render({ canvas, viewport: finer });
  drawing = task;
  try {
    await task.promise;
  } catch (error) {
    if (drawing !== task || error.name === "RenderingCancelledException") { return; }
    throw error;
  } finally {
    if (drawing === task) { drawing = null; }
  }
  if (number !== current) { return; }
  sheet.style.width = `${viewport.width}px`;
  sheet.style.height = `${viewport.height}px`;
  const before = sheet.querySelector("canvas");
  if (before) { before.remove(); before.width = before.height = 0; } // phones free it at once
  sheet.insertBefore(canvas, words);
  await lay(page, viewport, number);
}

async function lay(page, viewport, number) {
  words.textContent = "";
  words.style.setProperty("--total-scale-factor", viewport.scale);
  const content = await page.getTextContent();
  if (number !== current) { return; }
  found("picture").hidden = content.items.some((item) => item.str && item.str.trim());
  words.textContent = "";
  await new TextLayer({ textContentSource: content, container: words, viewport }).render();
}

function zoomBy(step) {
  zoom = Math.min(Math.max(zoom + step, 0), ZOOMS.length - 1);
  found("smaller").disabled = zoom === 0;
  found("larger").disabled = zoom === ZOOMS.length - 1;
  go(current, false);
}

// Tells the box which page is read. The last one is the end: then Next says that it is done.
let told = 0;
let toldAt = -TELL_MILLISECONDS;
let telling = 0;

function tell(left) {
  clearTimeout(telling);
  if (!current || current === told || !reader.dataset.address) { return; }
  told = current;
  toldAt = performance.now();
  const { address, pack, lesson, item, language, who } = reader.dataset;
  const body = new URLSearchParams({ pack, lesson, item, language, who, page: current, pages: pdf.numPages });
  if (left) { body.set("left", "1"); }
  if (left && navigator.sendBeacon && navigator.sendBeacon(address, body)) { return; }
  fetch(address, { method: "POST", body, credentials: "same-origin", keepalive: true }).catch(() => { told = 0; });
}

function note() {
  const done = document.querySelector("#next input[name=_done]");
  if (done && current === pdf.numPages) { done.value = "1"; }
  clearTimeout(telling);
  const rest = toldAt + TELL_MILLISECONDS - performance.now();
  telling = setTimeout(() => tell(false), Math.max(READ_MILLISECONDS, rest));
}

function go(number, atTop) {
  turnTo(number, atTop).catch(giveUp);
}

// What this browser can't show the link below can.
function giveUp() {
  reader.hidden = true;
  found("failed").hidden = false;
  reader.parentNode.insertBefore(found("failed"), reader);
}

function onKey(event) {
  const at = document.activeElement;
  const isHere = at === document.body || (reader.contains(at) && at !== field);
  if (!pdf || !isHere || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) { return; }
  const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const backward = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
  const isWide = at === paper && paper.scrollWidth > paper.clientWidth + 1;
  if (event.key === forward && !isWide) { go(current + 1); }
  else if (event.key === backward && !isWide) { go(current - 1); }
  else if (event.key === "Home" && at !== document.body) { go(1); }
  else if (event.key === "End" && at !== document.body) { go(pdf.numPages); }
  else { return; }
  event.preventDefault();
}

function listen() {
  found("earlier").addEventListener("click", () => go(current - 1));
  found("later").addEventListener("click", () => go(current + 1));
  found("smaller").addEventListener("click", () => zoomBy(-1));
  found("larger").addEventListener("click", () => zoomBy(1));
  found("turner").addEventListener("submit", (event) => {
    event.preventDefault();
    go(parseInt(field.value, 10) || current);
  });
  field.addEventListener("change", () => go(parseInt(field.value, 10) || current));
  document.addEventListener("keydown", onKey);
  window.addEventListener("pagehide", () => tell(true));
  document.addEventListener("visibilitychange", () => { if (document.hidden) { tell(true); } });
  window.addEventListener("popstate", () => go(numberInAddress()));
  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (paper.clientWidth !== drawnWidth) { go(current, false); }
    }, RESIZE_MILLISECONDS);
  });
}

if (reader && window.Worker) {
  reader.hidden = false;
  said.textContent = reader.dataset.opening;
  open().then((opened) => {
    pdf = opened;
    found("total").textContent = `/ ${pdf.numPages}`;
    field.setAttribute("max", pdf.numPages);
    found("smaller").disabled = true;
    found("turner").hidden = false;
    const done = document.querySelector("#next input[name=_done]");
    if (done) { done.value = ""; }
    listen();
    const first = firstNumber();
    found("resumed").hidden = first === 1 || first === numberInAddress();
    return turnTo(first);
  }).catch(giveUp);
}

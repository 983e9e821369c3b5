// Makes one zip (stored, APPNOTE.TXT 6.3) of what boxes left on a stick, in this browser, and hands
// it to uploads.js. The packs on the stick stay there: only what goes up is read.
"use strict";
(() => {
  const form = document.getElementById("upload");
  const [folder, zip, files, state, words, progress] =
    ["folder", "zip", "files", "state", "words", "progress"].map((id) => document.getElementById(id));
  const LEFT = /(?:^|\/)up\/([^/]+\/(?:claim\.json|report\.json|batches\/[0-9]+\.json))$/;
  const FILES_MAX = 60000; // a zip without extensions names 65535
  const BYTES_MAX = 5e8; // all of it is held here until it has gone
  const TABLE = Uint32Array.from({ length: 256 }, (_, number) => {
    let rest = number;
    for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
    return rest;
  });

  const crc = (bytes) => {
    let sum = 0xffffffff;
    for (const byte of bytes) sum = TABLE[(sum ^ byte) & 255] ^ (sum >>> 8);
    return (sum ^ 0xffffffff) >>> 0;
  };
  const say = (key, more) => {
    let text = form.dataset[key];
    for (const [what, value] of Object.entries(more || {})) text = text.replace(`{${what}}`, value);
    state.hidden = false;
    words.textContent = text;
  };
  // Fields of a header, little-endian: [bytes, value].
  const fields = (...pairs) => {
    const made = new DataView(new ArrayBuffer(pairs.reduce((sum, [size]) => sum + size, 0)));
    let at = 0;
    for (const [size, value] of pairs) {
      if (size === 2) made.setUint16(at, value, true); else made.setUint32(at, value, true);
      at += size;
    }
    return made.buffer;
  };
  const MIDNIGHT = [[2, 0], [2, 0x21]]; // 1980-01-01: the same stick makes the same zip

  const packed = async (found) => {
    const parts = [];
    const list = [];
    let at = 0;
    for (const [number, [place, file]] of found.entries()) {
      const name = new TextEncoder().encode(place);
      const bytes = new Uint8Array(await file.arrayBuffer());
      const common = [
        [2, 20], [2, 0x800], [2, 0], ...MIDNIGHT,
        [4, crc(bytes)], [4, bytes.length], [4, bytes.length], [2, name.length], [2, 0],
      ];
      const head = fields([4, 0x04034b50], ...common);
      parts.push(head, name, bytes);
      list.push(fields([4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, at]), name);
      at += head.byteLength + name.length + bytes.length;
      if (number % 50 === 0) {
        say("reading", { done: number, total: found.length });
        progress.max = found.length;
        progress.value = number;
      }
    }
    const length = list.reduce((sum, part) => sum + part.byteLength, 0);
    const end = fields([4, 0x06054b50], [2, 0], [2, 0], [2, found.length], [2, found.length], [4, length], [4, at], [2, 0]);
    return [...parts, ...list, end];
  };

  const hand = (parts, lastModified) => {
    const box = new DataTransfer();
    box.items.add(new File(parts, form.dataset.stick, { type: "application/zip", lastModified }));
    files.files = box.files;
    files.dispatchEvent(new Event("change"));
  };

  // One stick at a time: while uploads.js sends, nothing else can be chosen.
  new MutationObserver(() => {
    folder.disabled = zip.disabled = files.disabled;
  }).observe(files, { attributeFilter: ["disabled"] });
  folder.addEventListener("change", async () => {
    const found = [...folder.files]
      .map((file) => [LEFT.exec(file.webkitRelativePath), file])
      .filter(([match]) => match)
      .map(([match, file]) => [`satchel/up/${match[1]}`, file])
      .sort(([one], [other]) => (one < other ? -1 : 1));
    const size = found.reduce((sum, [, file]) => sum + file.size, 0);
    if (!found.length) say("nothing");
    else if (found.length > FILES_MAX || size > BYTES_MAX) say("many");
    else {
      try {
        const newest = Math.max(...found.map(([, file]) => file.lastModified));
        hand(await packed(found), newest);
      } catch { say("pulled"); }
    }
    folder.value = "";
  });
  zip.addEventListener("change", () => {
    const [file] = zip.files;
    if (file) hand([file], file.lastModified);
    zip.value = "";
  });
})();

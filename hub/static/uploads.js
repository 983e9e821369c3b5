// Sends files by tus, in pieces: a cut costs one piece, and a file that is chosen again goes on
// where it was. The words stand in the form, in the reader's language.
"use strict";
(() => {
  const form = document.getElementById("upload");
  const input = document.getElementById("files");
  const [state, words, progress, pause] = ["state", "words", "progress", "pause"].map((id) =>
    document.getElementById(id));
  const token = form.querySelector("[name=csrf]").value;
  const EVERY = 15000; // a try each, once the first came to nothing
  const TRIES = 2000; // some eight hours without a single piece
  const delays = [500, 2000, 5000, ...Array(TRIES).fill(EVERY)];
  // A line can go dead without a word, and a request on it never ends. Nothing sent for so long is
  // taken for that: a question soon, as a browser may keep more such lines; a piece later each time,
  // since a very slow line is silent while a piece drains.
  const PATIENCE_ASKING = 10000;
  const PATIENCE = 45000;
  const PATIENCE_MAX = 16 * 60000;
  let patience = PATIENCE;
  let asking = true;
  let watch = 0;
  let waiting = [];
  let upload = null;
  let paused = false;

  const say = (key, name, more) => {
    let text = form.dataset[key].replace("{name}", name);
    for (const [what, value] of Object.entries(more || {})) text = text.replace(`{${what}}`, value);
    words.textContent = text;
  };
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  const refresh = () => {
    const lines = document.getElementById("lines");
    if (window.htmx) window.htmx.trigger(lines, "refresh");
  };
  const reason = (error) => {
    const answer = error.originalResponse;
    if (!answer) return error.message;
    try { return JSON.parse(answer.getBody()).detail; } catch { return answer.getBody() || error.message; }
  };
  const status = (error) => (error.originalResponse ? error.originalResponse.getStatus() : 0);

  const heard = () => { clearTimeout(watch); watch = setTimeout(revive, asking ? PATIENCE_ASKING : patience); };
  const revive = () => {
    if (!upload || paused) return;
    if (!asking) patience = Math.min(2 * patience, PATIENCE_MAX);
    asking = true;
    say("waiting", upload.file.name);
    upload.abort();
    upload.start();
    heard();
  };

  const begin = async () => {
    const file = waiting.shift();
    pause.hidden = !file;
    clearTimeout(watch);
    patience = PATIENCE;
    if (!file) { upload = null; input.disabled = false; input.value = ""; return; }
    upload = new tus.Upload(file, {
      endpoint: form.dataset.endpoint,
      chunkSize: Number(form.dataset.piece),
      retryDelays: delays,
      headers: { "X-CSRF-Token": token },
      metadata: { filename: file.name },
      removeFingerprintOnSuccess: true,
      onShouldRetry: (error) => {
        const code = status(error);
        const again = code === 0 || code === 409 || code === 423 || code === 429 || code === 460 || code >= 500;
        if (again) say("waiting", file.name);
        return again;
      },
      onBeforeRequest: (request) => { asking = request.getMethod() !== "PATCH"; heard(); },
      onChunkComplete: () => { patience = PATIENCE; },
      onProgress: (done, total) => {
        heard();
        progress.max = total;
        progress.value = done;
        say("going", file.name, { done: megabytes(done), total: megabytes(total) });
      },
      onError: (error) => {
        const code = status(error);
        if (code === 401) words.textContent = form.dataset.signin;
        else { say("failed", file.name); words.append(` ${reason(error)}`); }
        refresh();
        begin();
      },
      onSuccess: () => { say("done", file.name); refresh(); begin(); },
    });
    const earlier = await upload.findPreviousUploads();
    if (earlier.length) upload.resumeFromPreviousUpload(earlier[0]);
    upload.start();
    heard();
  };

  input.addEventListener("change", () => {
    // A signature goes before its pack, which looks for it.
    waiting = [...input.files].sort((a, b) => b.name.endsWith(".sig") - a.name.endsWith(".sig"));
    if (!waiting.length) return;
    input.disabled = true;
    state.hidden = false;
    begin();
  });
  pause.addEventListener("click", () => {
    if (!upload) return;
    paused = !paused;
    clearTimeout(watch);
    if (paused) { upload.abort(); say("paused", upload.file.name); } else { upload.start(); heard(); }
    pause.textContent = paused ? pause.dataset.resume : pause.dataset.pause;
  });
  addEventListener("online", () => { if (upload && !paused) { upload.abort(); upload.start(); } });
})();

// Passes on what the app in the frame says of somebody's progress. BRIDGE.md has the protocol.
(function () {
  "use strict";
  var VERSION = 1;
  var WAITING_MAX = 8;
  var FORWARDED_MAX = 500;
  var PROGRESS_MILLISECONDS = 1000;
  var frame = document.querySelector("iframe[data-said]");
  if (!frame || !window.fetch || !window.URLSearchParams) { return; }
  var address = frame.getAttribute("data-said");
  var waiting = [];
  var forwarded = 0;
  var isBusy = false;
  var progressAt = 0;

  function answer(message, type, key, value) {
    var said = { satchel: VERSION, type: type, id: message.id };
    if (key) { said[key] = value; }
    frame.contentWindow.postMessage(said, "*"); // an opaque origin has no other name
  }

  function number(value, most) {
    return typeof value === "number" && value >= 0 && value <= most ? value : null;
  }

  // Copies what is understood, null for what isn't. Nothing of the app's object goes any further.
  function understood(data) {
    if (typeof data !== "object" || data === null || data.satchel !== VERSION) { return null; }
    var type = data.type;
    if (["hello", "progress", "score", "completed"].indexOf(type) < 0) { return null; }
    var who = frame.getAttribute("data-who"); // on a shared phone another may have signed in since
    var message = { type: type, form: { type: type, _who: who }, id: null, isValid: true };
    if (typeof data.id === "number" && isFinite(data.id)) { message.id = Math.floor(data.id); }
    var points = number(data.points, 100000);
    var score = number(data.score, points === null ? 0 : points);
    if (type === "progress") {
      message.form.percent = number(data.percent, 100);
      message.isValid = message.form.percent !== null;
    } else if (type === "score" || data.score !== undefined || data.points !== undefined) {
      message.form.score = score;
      message.form.points = points;
      message.isValid = type === "hello" || (score !== null && points > 0);
    }
    return message;
  }

  // Of progress only the newest counts, of scores too: the one that waits is let go as kept.
  function wait(message) {
    for (var i = 0; i < waiting.length; i += 1) {
      if (waiting[i].type === message.type && message.type !== "completed") {
        answer(waiting[i], "kept");
        waiting.splice(i, 1);
        break;
      }
    }
    if (waiting.length >= WAITING_MAX || forwarded + waiting.length >= FORWARDED_MAX) {
      answer(message, "refused", "why", "too-much");
      return;
    }
    waiting.push(message);
    send();
  }

  function send() {
    if (isBusy || !waiting.length) { return; }
    var rest = progressAt + PROGRESS_MILLISECONDS - Date.now();
    if (waiting[0].type === "progress" && rest > 0) {
      isBusy = true;
      setTimeout(function () { isBusy = false; send(); }, rest);
      return;
    }
    var message = waiting.shift();
    isBusy = true;
    forwarded += 1;
    if (message.type === "progress") { progressAt = Date.now(); }
    post(message).then(function (why) {
      if (why) { answer(message, "refused", "why", why); } else { answer(message, "kept"); }
      isBusy = false;
      send();
    });
  }

  function post(message) {
    return fetch(address, {
      method: "POST", body: new URLSearchParams(message.form), credentials: "same-origin"
    }).then(function (got) {
      if (got.ok) { return ""; }
      return { 400: "invalid", 429: "too-much", 503: "busy" }[got.status] || "failed";
    }, function () { return "failed"; });
  }

  window.addEventListener("message", function (event) {
    if (event.source !== frame.contentWindow || event.origin !== "null") { return; }
    var message = understood(event.data);
    if (!message) { return; }
    if (!message.isValid) {
      answer(message, "refused", "why", "invalid");
    } else if (message.type === "hello") {
      answer(message, "welcome", "language", document.documentElement.lang);
    } else {
      wait(message);
    }
  });

  // In full screen by the page around it, an app can still say how far somebody is.
  var full = document.querySelector("a[data-full]");
  if (full && frame.requestFullscreen) {
    full.addEventListener("click", function (event) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) { return; }
      event.preventDefault();
      frame.requestFullscreen().catch(function () { location.href = full.href; });
    });
  }
}());

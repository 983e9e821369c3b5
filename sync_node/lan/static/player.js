// The player: tells the box how far it is, so that one goes on there; speed, captions, keys; another
// rendition without losing the place. Without this script the browser's own controls do.
(function () {
  "use strict";
  var place = document.getElementById("player");
  var player = place && place.querySelector("video, audio");
  if (!player) { return; }
  var controls = document.getElementById("controls");
  var list = document.getElementById("renditions");
  var EVERY = 15, STEP = 5;

  // A browser may refuse to play, or be told to pause before it has begun: neither is a fault.
  function play() {
    var begun = player.play();
    if (begun && begun.catch) { begun.catch(function () { return; }); }
  }
  function each(what, work) { Array.prototype.forEach.call(document.querySelectorAll(what), work); }
  function recall() { try { return JSON.parse(localStorage.getItem("player")) || {}; } catch (none) { return {}; } }
  function note(name, value) {
    var all = recall();
    all[name] = value;
    try { localStorage.setItem("player", JSON.stringify(all)); } catch (full) { return; }
  }

  // How far it is. At its end Next says that it is done, until the box has it from here.
  function done(value) { each("#next input[name=_done]", function (input) { input.value = value; }); }
  var told = -1;
  function tell(left, gone) {
    var seconds = Math.floor(player.currentTime || 0), body, data = place.dataset;
    if (seconds === told || !(seconds > 0)) { return; }
    told = seconds;
    body = new URLSearchParams({ pack: data.pack, lesson: data.lesson, item: data.item,
      language: data.language, who: data.who, seconds: String(seconds) });
    if (left) { body.set("left", "1"); }
    if (gone && navigator.sendBeacon && navigator.sendBeacon(data.address, body)) { return; }
    if (!window.fetch) { return; }
    fetch(data.address, { method: "POST", body: body, credentials: "same-origin", keepalive: true }).then(function (answer) {
      if (answer.ok && player.ended) { done(""); }
    }).catch(function () { told = -1; });
  }
  if (window.URLSearchParams) {
    player.addEventListener("timeupdate", function () {
      if (!player.paused && Math.abs(player.currentTime - told) >= EVERY) { tell(false); }
    });
    player.addEventListener("pause", function () { tell(true); });
    player.addEventListener("ended", function () { done("1"); tell(false); });
    window.addEventListener("pagehide", function () { tell(true, true); });
    document.addEventListener("visibilitychange", function () { if (document.hidden) { tell(true, true); } });
    done("");
  }
  player.addEventListener("ended", function () { each("#next button", function (button) { button.classList.add("ready"); }); });

  // Speed and captions
  function speed(value) {
    player.defaultPlaybackRate = player.playbackRate = value;
    each("[data-speed]", function (button) { button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === value)); });
  }
  function captions(language) {
    Array.prototype.forEach.call(player.textTracks, function (track) {
      track.mode = track.language === language ? "showing" : "disabled";
    });
    mark();
  }
  function showing() {
    var found = Array.prototype.filter.call(player.textTracks, function (track) { return track.mode === "showing"; });
    return found.length ? found[0].language : "";
  }
  function mark() {
    each("[data-captions]", function (button) { button.setAttribute("aria-pressed", String(button.dataset.captions === showing())); });
  }
  function has(language) {
    return !language || Array.prototype.some.call(player.textTracks, function (track) { return track.language === language; });
  }
  if (controls) {
    var wished = recall();
    controls.hidden = false;
    document.getElementById("keys").hidden = !(window.matchMedia && matchMedia("(hover: hover)").matches);
    speed(wished.speed || 1);
    controls.addEventListener("click", function (event) {
      var button = event.target.closest("button");
      if (!button) { return; }
      if (button.dataset.speed) { speed(Number(button.dataset.speed)); note("speed", Number(button.dataset.speed)); }
      if (button.dataset.captions !== undefined) { captions(button.dataset.captions); note("captions", button.dataset.captions); }
    });
    if (player.textTracks.length) {
      if (wished.captions !== undefined && has(wished.captions)) { captions(wished.captions); }
      player.textTracks.addEventListener("change", mark);
      mark();
    }
  }

  // Keys, wherever on the page one is
  function nextCaptions() {
    var all = [""];
    each("[data-captions]", function (button) { if (button.dataset.captions) { all.push(button.dataset.captions); } });
    var next = all[(all.indexOf(showing()) + 1) % all.length];
    captions(next);
    note("captions", next);
  }
  function fill() {
    var ask = player.requestFullscreen || player.webkitRequestFullscreen;
    if (document.fullscreenElement) { document.exitFullscreen(); } else if (ask) { ask.call(player); }
  }
  function go(seconds) { player.currentTime = Math.max(0, Math.min(player.currentTime + seconds, player.duration || 0)); }
  var keys = {
    " ": function () { if (player.paused) { play(); } else { player.pause(); } },
    ArrowLeft: function () { go(-STEP); }, ArrowRight: function () { go(STEP); },
    f: fill, c: nextCaptions
  };
  keys.k = keys[" "];
  document.addEventListener("keydown", function (event) {
    var act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    var busy = event.target.closest("a, button, input, select, summary, textarea");
    var scrolls = event.key.indexOf("Arrow") === 0 || event.key === " ";
    if (!act || event.ctrlKey || event.altKey || event.metaKey || (busy && (scrolls || busy.tagName !== "BUTTON"))) { return; }
    if (scrolls && event.target === player) { return; } // its own controls have these keys
    event.preventDefault();
    act();
  });

  // Another rendition
  if (list) {
    list.addEventListener("click", function (event) {
      var link = event.target.closest("a[data-source]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) { return; }
      event.preventDefault();
      var at = player.currentTime, playing = !player.paused;
      player.addEventListener("loadedmetadata", function () {
        player.currentTime = at;
        if (playing) { play(); }
      }, { once: true });
      player.src = link.dataset.source;
      each("#renditions [aria-current]", function (other) { other.removeAttribute("aria-current"); });
      link.setAttribute("aria-current", "true");
      // So the choice is remembered; without the box it isn't.
      fetch(link.href, { method: "HEAD", credentials: "same-origin" }).catch(function () { return; });
    });
  }
}());

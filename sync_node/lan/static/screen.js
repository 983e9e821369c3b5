// The projector follows the teacher's phone: it asks what is shown, and puts the new page in place.
// It isn't loaded anew, but for a document: a browser that somebody clicked into once lets films play
// with sound. Where the Wi-Fi fails it keeps what it shows, asks again, and catches up.
(function () {
  "use strict";
  var wall = document.getElementById("wall");
  var OF_HEIGHT = 0.85; // of the wall, that a long page moves at a time
  var SECONDS_MAX = 8; // that an answer may take: a Wi-Fi that is gone says nothing
  var stamp = -1;
  var placed = 0;
  if (!wall || !window.fetch) { return; }

  function get(address) {
    var stop = window.AbortController ? new AbortController() : null;
    var timer = stop && window.setTimeout(function () { stop.abort(); }, 1000 * SECONDS_MAX);
    var done = function () { window.clearTimeout(timer); };
    var asked = fetch(address, { credentials: "same-origin", signal: stop ? stop.signal : undefined })
      .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(new Error(answer.status)); });
    asked.then(done, done);
    return asked;
  }

  function follow(state) {
    wall.classList.toggle("dark", state.dark);
    var player = document.getElementById("film");
    if (!player) { return; }
    if (state.playing && !state.dark && player.paused && !player.ended) {
      var started = player.play();
      if (started) { started.catch(function () { /* until somebody clicks; it has controls */ }); }
    } else if ((!state.playing || state.dark) && !player.paused) { player.pause(); }
  }

  // Moves a long page, or turns the pages of a document. A document takes a while to be drawn: then
  // it is tried again with the next question; done is what was in place twice.
  function move(down) {
    var paper = document.querySelector("#reader:not([hidden]) [data-part=paper]");
    if (wall.dataset.kind !== "document") {
      window.scrollTo(0, Math.round(down * OF_HEIGHT * window.innerHeight));
      return true;
    }
    if (!paper || !paper.querySelector("canvas")) { return false; }
    var field = document.querySelector("#reader [data-part=number]");
    var step = OF_HEIGHT * paper.clientHeight;
    var over = paper.scrollHeight - paper.clientHeight;
    if (!paper.dataset.steps) { paper.dataset.steps = over > 8 ? Math.ceil(over / step) + 1 : 1; }
    var page = Math.floor(down / paper.dataset.steps) + 1;
    if (Number(field.value) !== page) {
      field.value = page;
      field.dispatchEvent(new Event("change"));
      return false;
    }
    paper.scrollTop = Math.round((down % paper.dataset.steps) * step);
    return true;
  }

  function place(state) {
    if (placed > 1) { return; }
    placed = move(state.down) ? placed + 1 : 0;
  }

  function renew(state) {
    return get(location.pathname).then(function (text) {
      var page = new DOMParser().parseFromString(text, "text/html");
      var next = page.getElementById("wall");
      if (!next || next.dataset.kind === "document" || wall.dataset.kind === "document") {
        location.replace(location.pathname); // several shows run: choose; or a document comes or goes
        return;
      }
      document.querySelector("main").replaceWith(next.querySelector("main"));
      wall.className = next.className;
      wall.dataset.show = next.dataset.show;
      wall.dataset.at = next.dataset.at;
      wall.dataset.kind = next.dataset.kind;
      stamp = state.stamp;
      placed = 0;
      follow(state);
      place(state);
    });
  }

  function ask() {
    var again = function () { window.setTimeout(ask, 1000 * (Number(wall.dataset.poll) || 1)); };
    if (document.hidden) { again(); return; }
    get(wall.dataset.state + "?show=" + encodeURIComponent(wall.dataset.show)).then(function (text) {
      var state = JSON.parse(text);
      if (state.show !== wall.dataset.show || String(state.at) !== wall.dataset.at) { return renew(state); }
      if (state.stamp !== stamp) { stamp = state.stamp; placed = 0; follow(state); }
      place(state);
      return undefined;
    }).catch(function () { /* the Wi-Fi comes back */ }).then(again);
  }
  ask();
}());

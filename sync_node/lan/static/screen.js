// The projector follows the teacher's phone: it asks what is shown, and puts the new page in place.
// It isn't loaded anew: a browser that somebody clicked into once lets films play with sound.
(function () {
  "use strict";
  var wall = document.getElementById("wall");
  var stamp = -1;
  if (!wall || !window.fetch) { return; }

  function film() { return document.getElementById("film"); }

  function follow(state) {
    wall.classList.toggle("dark", state.dark);
    var player = film();
    if (!player) { return; }
    if (state.playing && !state.dark && player.paused && !player.ended) {
      var started = player.play();
      if (started) { started.catch(function () { /* until somebody clicks; it has controls */ }); }
    } else if ((!state.playing || state.dark) && !player.paused) { player.pause(); }
  }

  function renew(state) {
    return fetch(location.href, { credentials: "same-origin" }).then(function (answer) {
      return answer.ok ? answer.text() : Promise.reject(new Error(answer.status));
    }).then(function (text) {
      var page = new DOMParser().parseFromString(text, "text/html");
      var next = page.getElementById("wall");
      if (!next) { location.reload(); return; } // several shows run: choose
      document.querySelector("main").replaceWith(next.querySelector("main"));
      wall.className = next.className;
      wall.dataset.show = next.dataset.show;
      wall.dataset.at = next.dataset.at;
      window.scrollTo(0, 0);
    }).then(function () { follow(state); });
  }

  function ask() {
    var again = function () { window.setTimeout(ask, 1000 * (Number(wall.dataset.poll) || 1)); };
    if (document.hidden) { again(); return; }
    fetch(wall.dataset.state + "?show=" + encodeURIComponent(wall.dataset.show), { credentials: "same-origin" })
      .then(function (answer) { return answer.json(); })
      .then(function (state) {
        if (state.show !== wall.dataset.show || String(state.at) !== wall.dataset.at) {
          stamp = state.stamp;
          return renew(state);
        }
        if (state.stamp !== stamp) { stamp = state.stamp; follow(state); }
        return undefined;
      }).catch(function () { /* the Wi-Fi comes back */ }).then(again);
  }
  ask();
}());

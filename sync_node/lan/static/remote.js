// The teacher's remote: a tap turns the page on the wall without loading this one anew, and is sent
// again where the Wi-Fi failed. Without this script the forms do the same. A tap names its page:
// sent twice it is one step.
(function () {
  "use strict";
  var main = document.getElementById("content");
  var SECONDS_MAX = 8, AGAIN_SECONDS = 2;
  var last = 0;
  if (!window.fetch || !window.DOMParser || !window.URLSearchParams || !document.getElementById("waiting")) { return; }

  function send(body) {
    var stop = window.AbortController ? new AbortController() : null;
    var timer = stop && window.setTimeout(function () { stop.abort(); }, 1000 * SECONDS_MAX);
    return fetch(location.pathname, { method: "POST", body: body, credentials: "same-origin", signal: stop ? stop.signal : undefined })
      .then(function (answer) { window.clearTimeout(timer); return answer; },
        function (error) { window.clearTimeout(timer); throw error; });
  }

  function put(text, pressed) {
    var next = new DOMParser().parseFromString(text, "text/html").getElementById("content");
    var details = main.querySelector("details");
    var open = details && details.open;
    main.innerHTML = next.innerHTML;
    if (open && main.querySelector("details")) { main.querySelector("details").open = true; }
    var form = main.querySelector(pressed.form);
    var button = form && form.querySelectorAll("button")[pressed.at];
    if (!button || button.disabled) { button = main.querySelector(".turner .main:not([disabled])"); }
    (button || main).focus(); // main: when the show is over
  }

  function attempt(body, number, pressed) {
    if (number !== last) { return; } // another tap came later
    send(body).then(function (answer) {
      if (answer.redirected && answer.url.indexOf(location.pathname) < 0) { location.assign(answer.url); return; }
      if (answer.status === 403) { location.reload(); return; } // the session is over: sign in again
      if (!answer.ok) { throw new Error(answer.status); }
      answer.text().then(function (text) { if (number === last) { put(text, pressed); } });
    }).catch(function () {
      document.getElementById("waiting").hidden = false;
      window.setTimeout(function () { attempt(body, number, pressed); }, 1000 * AGAIN_SECONDS);
    });
  }

  main.addEventListener("click", function (event) {
    var button = event.target.closest("form[method=post] button[name]");
    if (!button) { return; }
    event.preventDefault();
    var body = new URLSearchParams();
    body.set(button.name, button.value);
    last += 1;
    var form = button.closest("form");
    var at = Array.prototype.indexOf.call(form.querySelectorAll("button"), button);
    var name = form.classList.contains("helm") ? ".helm" : button.closest("details") ? "details form" : ".turner";
    attempt(body, last, { form: name, at: at });
  });

  // A phone that slept wakes with an old page.
  document.addEventListener("visibilitychange", function () {
    if (document.hidden) { return; }
    fetch(location.pathname, { credentials: "same-origin" })
      .then(function (answer) { return answer.ok && !answer.redirected ? answer.text() : ""; })
      .then(function (text) { if (text) { put(text, { form: ".turner", at: 1 }); } })
      .catch(function () { document.getElementById("waiting").hidden = false; });
  });
}());

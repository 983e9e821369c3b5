// Sends a file in pieces, each again where the Wi-Fi fails. Without this script the form sends it whole.
(function () {
  "use strict";
  var form = document.getElementById("upload");
  if (!form || !window.fetch || !window.URLSearchParams) { return; }
  var file = form.elements.file;
  var bar = document.getElementById("sent");
  var problem = document.getElementById("upload-problem");
  var RETRIES_MAX = 8;

  function post(address, body) {
    return fetch(address, { method: "POST", body: body, credentials: "same-origin" })
      .then(function (answer) {
        if (answer.ok) { return answer.json(); }
        var error = new Error(answer.status);
        error.final = answer.status >= 400 && answer.status < 500;
        return answer.json().then(function (said) { error.problem = said.problem; }, function () { /* no word of ours */ })
          .then(function () { throw error; });
      });
  }

  function piece(address, chosen, at, size, tries) {
    if (at >= chosen.size) { return Promise.resolve(); }
    return post(address + "/" + at, chosen.slice(at, at + size)).then(function (said) {
      bar.value = 100 * said.next / chosen.size;
      return piece(address, chosen, said.next, size, 0);
    }, function (error) {
      if (error.final || tries >= RETRIES_MAX) { throw error; }
      return new Promise(function (go) { window.setTimeout(go, 1000 * (tries + 1)); })
        .then(function () { return piece(address, chosen, at, size, tries + 1); });
    });
  }

  file.addEventListener("change", function () {
    var title = form.elements.title;
    if (!title.value && file.files[0]) { title.value = file.files[0].name.replace(/\.[^.]*$/, ""); }
  });

  form.addEventListener("submit", function (event) {
    var chosen = file.files[0];
    if (!chosen) { return; }
    event.preventDefault();
    var button = form.querySelector("button");
    button.disabled = true;
    bar.hidden = false;
    problem.hidden = true;
    post(form.dataset.pieces, new URLSearchParams({ size: chosen.size })).then(function (begun) {
      var address = form.dataset.pieces + "/" + begun.upload;
      return piece(address, chosen, 0, begun.piece, 0).then(function () {
        return post(address, new URLSearchParams({
          title: form.elements.title.value || chosen.name, "class": form.elements["class"].value
        }));
      });
    }).then(function (said) { location.assign(said.done); }).catch(function (error) {
      var words = { "material": 1, "no-room": 1 }[error.problem] ? error.problem : "other";
      Array.prototype.forEach.call(problem.querySelectorAll("[data-problem]"), function (text) {
        text.hidden = text.dataset.problem !== words;
      });
      button.disabled = false;
      bar.hidden = true;
      problem.hidden = false;
      problem.scrollIntoView();
    });
  });
}());

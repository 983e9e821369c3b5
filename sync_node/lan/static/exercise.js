// Grades without leaving the page: the same form, sent to the same address. If anything fails, the
// browser sends the form itself. What was filled in outlives a reload: it stays in this tab alone.
(function () {
  "use strict";
  var place = document.getElementById("exercise");
  if (!place || !window.fetch || !window.URLSearchParams || !window.FormData) { return; }

  function form() { return place.querySelector("form[data-draft]"); }
  function key() { return "draft " + form().getAttribute("data-draft"); }
  function ours(name) { return name.charAt(0) === "_"; }
  function kept(work) { try { return work(window.sessionStorage); } catch (refused) { return null; } }

  function save() {
    var values = [];
    new FormData(form()).forEach(function (value, name) { if (!ours(name)) { values.push([name, value]); } });
    kept(function (store) { store.setItem(key(), JSON.stringify(values)); });
  }
  function fill() {
    var values = kept(function (store) { return JSON.parse(store.getItem(key())); }) || [];
    var seen = {};
    values.forEach(function (pair) {
      var fields = Array.prototype.filter.call(form().elements, function (field) { return field.name === pair[0]; });
      var at = seen[pair[0]] = (seen[pair[0]] === undefined ? 0 : seen[pair[0]] + 1);
      fields.forEach(function (field, number) {
        if (field.type === "radio" || field.type === "checkbox") {
          if (field.value === pair[1]) { field.checked = true; }
        } else if (number === at) { field.value = pair[1]; }
      });
    });
  }
  if (!form().hasAttribute("data-graded")) { fill(); }
  place.addEventListener("input", save);
  place.addEventListener("change", save);

  place.addEventListener("submit", function (event) {
    var sent = event.target;
    var button = sent.querySelector("button.main");
    event.preventDefault();
    button.setAttribute("aria-busy", "true");
    button.disabled = true;
    fetch(sent.getAttribute("action"), { // a question may be called "action": ask the attribute
      method: "POST", body: new URLSearchParams(new FormData(sent)), credentials: "same-origin"
    }).then(function (answer) {
      return answer.text();
    }).then(function (text) {
      var old = key();
      var graded = new DOMParser().parseFromString(text, "text/html").getElementById("exercise");
      if (!graded) { throw new Error("no exercise"); }
      place.innerHTML = graded.innerHTML;
      kept(function (store) { store.removeItem(old); });
      var result = document.getElementById("result");
      if (result) { result.focus(); result.scrollIntoView(); }
    }).catch(function () { HTMLFormElement.prototype.submit.call(sent); });
  });
}());

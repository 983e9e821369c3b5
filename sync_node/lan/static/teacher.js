// Small comforts; without this script everything works, too. A button that prints; a box that shows
// a passphrase while it is typed; a quiz whose questions show only the fields that they need.
(function () {
  "use strict";
  function each(what, work) { Array.prototype.forEach.call(document.querySelectorAll(what), work); }

  each("#print", function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });

  each("[data-reveal]", function (box) {
    var field = document.getElementById(box.dataset.reveal);
    box.closest("label").hidden = false;
    box.checked = false;
    box.addEventListener("change", function () { field.type = box.checked ? "text" : "password"; });
    field.form.addEventListener("submit", function () { field.type = "password"; });
  });

  each("select[data-kind]", function (kind) {
    function fit() {
      each("[data-only='" + kind.dataset.kind + "']", function (line) {
        line.hidden = kind.value === "text" || kind.value === "number";
      });
    }
    kind.addEventListener("change", fit);
    fit();
  });
}());

// Suggestions while somebody types in a search box. Without it, the box is a form like any other.
(function () {
  "use strict";
  if (!window.fetch || !document.querySelectorAll) { return; }

  function setUp(form) {
    var input = form.querySelector("input[type=search]");
    var list = document.createElement("ul");
    var timer = 0, asked = 0, at = -1, composing = false;
    list.id = input.id + "-suggestions";
    list.className = "suggestions plain";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.placeholder);
    list.hidden = true;
    form.appendChild(list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);

    function close() {
      asked += 1;
      at = -1;
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }
    function choose(next) {
      var options = list.children;
      if (at >= 0) { options[at].setAttribute("aria-selected", "false"); }
      at = (next + options.length + 1) % (options.length + 1);
      if (at === options.length) { at = -1; input.removeAttribute("aria-activedescendant"); return; }
      options[at].setAttribute("aria-selected", "true");
      input.setAttribute("aria-activedescendant", options[at].id);
    }
    function option(found, number) {
      var item = document.createElement("li"), title = document.createElement("strong");
      var above = document.createElement("small");
      item.id = list.id + "-" + number;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.dataset.address = found.address;
      found.title.forEach(function (part) {
        var piece = document.createElement(part[1] ? "mark" : "span");
        piece.textContent = part[0];
        title.appendChild(piece);
      });
      title.lang = found.language;
      above.textContent = found.above;
      item.appendChild(title);
      item.appendChild(above);
      return item;
    }
    function show(found) {
      list.textContent = "";
      at = -1;
      found.forEach(function (each, number) { list.appendChild(option(each, number)); });
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(!!found.length));
    }
    function ask() {
      var text = input.value.trim(), mine;
      if (!text) { close(); return; }
      mine = asked += 1;
      fetch(form.dataset.suggest + "?q=" + encodeURIComponent(text), { credentials: "same-origin" })
        .then(function (answer) { return answer.ok ? answer.json() : []; })
        .then(function (found) { if (mine === asked) { show(found); } })
        .catch(function () { if (mine === asked) { close(); } });
    }
    function later() {
      clearTimeout(timer);
      if (!composing) { timer = setTimeout(ask, 180); }
    }
    input.addEventListener("input", later);
    input.addEventListener("compositionstart", function () { composing = true; });
    input.addEventListener("compositionend", function () { composing = false; later(); });
    input.addEventListener("keydown", function (event) {
      if (list.hidden || composing) { return; }
      if (event.key === "ArrowDown") { event.preventDefault(); choose(at + 1); }
      if (event.key === "ArrowUp") { event.preventDefault(); choose(at < 0 ? list.children.length - 1 : at - 1); }
      if (event.key === "Escape") { event.preventDefault(); close(); }
      if (event.key === "Enter" && at >= 0) {
        event.preventDefault();
        location.href = list.children[at].dataset.address;
      }
    });
    input.addEventListener("blur", close);
    form.addEventListener("submit", close);
    list.addEventListener("mousedown", function (event) { event.preventDefault(); }); // keeps the focus
    list.addEventListener("click", function (event) {
      var item = event.target.closest("[role=option]");
      if (item) { location.href = item.dataset.address; }
    });
  }

  Array.prototype.forEach.call(document.querySelectorAll("form[data-suggest]"), setUp);
}());

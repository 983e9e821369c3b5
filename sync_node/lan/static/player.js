// Changes the rendition without losing the place. Without this script the link opens the page anew.
(function () {
  "use strict";
  var player = document.querySelector("#player video");
  var list = document.getElementById("renditions");
  if (!player || !list) { return; }
  list.addEventListener("click", function (event) {
    var link = event.target.closest("a[data-source]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) { return; }
    event.preventDefault();
    var at = player.currentTime;
    var playing = !player.paused;
    player.addEventListener("loadedmetadata", function () {
      player.currentTime = at;
      if (playing) { player.play(); }
    }, { once: true });
    player.src = link.dataset.source;
    list.querySelectorAll("[aria-current]").forEach(function (other) {
      other.removeAttribute("aria-current");
    });
    link.setAttribute("aria-current", "true");
    fetch(link.href, { method: "HEAD", credentials: "same-origin" }); // the choice is remembered
  });
}());

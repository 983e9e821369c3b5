// While the engine is busy, its part of the page is put anew; while the box is shut down, what to do
// next is shown once it doesn't answer any more. Without this, "Look again" does the same.
(() => {
  const EVERY = 3000;
  const work = document.getElementById("work");
  const off = document.getElementById("off");

  async function look() {
    try {
      const answer = await fetch(location.pathname, { cache: "no-store" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("work");
      if (!answer.ok || !fresh) return;
      const checked = work.querySelector("[name=unbound]:checked");
      if (fresh.innerHTML !== work.innerHTML && !checked && !work.contains(document.activeElement)) {
        work.innerHTML = fresh.innerHTML;
      }
      if ("busy" in fresh.dataset) setTimeout(look, EVERY);
    } catch (error) {
      setTimeout(look, EVERY * 3);
    }
  }

  let silences = 0;
  async function listen() {
    try {
      const answer = await fetch(off.dataset.look, { cache: "no-store" });
      const found = await answer.json();
      silences = 0;
      if (found.state !== off.dataset.state) return location.reload();
    } catch (error) {
      silences += 1;
    }
    if (silences > 2) {
      off.hidden = true;
      document.getElementById("gone").hidden = false;
      return;
    }
    setTimeout(listen, EVERY);
  }

  if (work && "busy" in work.dataset) setTimeout(look, EVERY);
  if (off) setTimeout(listen, EVERY);
})();

// Slice two pizzas and compare the fractions. No network, no storage: it runs in a sandbox.
"use strict";

(function () {
  const PARTS_MAX = 12;
  const SVG = "http://www.w3.org/2000/svg";

  const TEXTS = {
    en: {
      title: "Slice and compare",
      how: "Touch a slice to take it or to put it back. Or use the buttons.",
      left: "Left pizza",
      right: "Right pizza",
      parts: "Equal parts",
      taken: "Parts taken",
      more: "more",
      fewer: "fewer",
      comparison: "Compare",
      challenge: "Challenge",
      next: "Next challenge",
      done: "✓ Well done!",
      spoken: (one) => one.taken + "/" + one.parts,
      picture: (taken, parts) => taken + " of " + parts + " equal parts",
      sentences: {
        "<": (a, b) => a + " is smaller than " + b + ".",
        ">": (a, b) => a + " is bigger than " + b + ".",
        "=": (a, b) => a + " is equal to " + b + ".",
      },
    },
    zh: {
      title: "切一切，比一比",
      how: "点一块就取这一块，再点一次放回去；也可以用按钮。",
      left: "左边的比萨",
      right: "右边的比萨",
      parts: "平均分成几份",
      taken: "取了几份",
      more: "增加",
      fewer: "减少",
      comparison: "比较",
      challenge: "挑战",
      next: "下一个挑战",
      done: "✓ 做对了！",
      spoken: (one) => one.parts + " 分之 " + one.taken,
      picture: (taken, parts) => "平均分成 " + parts + " 份，取了 " + taken + " 份",
      sentences: {
        "<": (a, b) => a + " 小于 " + b + "。",
        ">": (a, b) => a + " 大于 " + b + "。",
        "=": (a, b) => a + " 等于 " + b + "。",
      },
    },
  };

  // Each challenge: its text, and whether a left and a right pizza fulfil it.
  const CHALLENGES = [
    {
      en: "Make the left pizza show one half.",
      zh: "让左边的比萨表示二分之一。",
      met: (a) => a.taken * 2 === a.parts,
    },
    {
      en: "Make both pizzas equal, with different numbers of parts.",
      zh: "让两个比萨取的一样多，但是平均分的份数不同。",
      met: (a, b) => a.taken > 0 && a.parts !== b.parts && compare(a, b) === "=",
    },
    {
      en: "Take 2 parts of each pizza, so that the left one is bigger.",
      zh: "两个比萨都取 2 份，但是左边取的更多。",
      met: (a, b) => a.taken === 2 && b.taken === 2 && compare(a, b) === ">",
    },
    {
      en: "Right: three quarters. Left: the same amount in 8 parts.",
      zh: "右边取四分之三；左边平均分成 8 份，取得和右边一样多。",
      met: (a, b) => b.taken === 3 && b.parts === 4 && a.parts === 8 && compare(a, b) === "=",
    },
    {
      en: "Right: two thirds. Left: more parts taken, and still smaller.",
      zh: "右边取三分之二；左边取的份数比 2 多，却比右边小。",
      met: (a, b) => b.taken === 2 && b.parts === 3 && a.taken > 2 && compare(a, b) === "<",
    },
    {
      en: "Left: more than one half, but less than three quarters.",
      zh: "左边大于二分之一，但是小于四分之三。",
      met: (a) => a.taken * 2 > a.parts && a.taken * 4 < a.parts * 3,
    },
  ];

  const pizzas = [
    { key: "left", parts: 3, slices: [true, false, false] },
    { key: "right", parts: 4, slices: [true, false, false, false] },
  ];
  let challenge = 0;
  let language = /^zh/i.test(navigator.language || "") ? "zh" : "en";
  const asked = /[?&]lang=(en|zh)/.exec(location.search);
  if (asked) language = asked[1];

  const byId = (id) => document.getElementById(id);
  const text = (key) => TEXTS[language][key];
  const share = (pizza) => ({ taken: pizza.slices.filter(Boolean).length, parts: pizza.parts });

  function compare(a, b) {
    const difference = a.taken * b.parts - b.taken * a.parts;
    return difference < 0 ? "<" : difference > 0 ? ">" : "=";
  }

  function element(name, className, content) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (content !== undefined) made.textContent = content;
    return made;
  }

  function shape(name, attributes, parent) {
    const made = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach((key) => made.setAttribute(key, attributes[key]));
    parent.appendChild(made);
    return made;
  }

  function fractionElement(one) {
    const made = element("span", "fraction");
    made.appendChild(element("span", "", one.taken));
    made.appendChild(element("span", "", one.parts));
    return made;
  }

  // The path of a sector between two turns (0 to 1, clockwise from the top).
  function sector(radius, from, to) {
    if (to - from > 0.999) {
      return "M0 " + -radius + "A" + [radius, radius, 0, 1, 1, 0, radius].join(" ") +
        "A" + [radius, radius, 0, 1, 1, 0, -radius].join(" ") + "Z";
    }
    const point = (turn) => {
      const angle = (turn - 0.25) * 2 * Math.PI;
      return (radius * Math.cos(angle)).toFixed(3) + " " + (radius * Math.sin(angle)).toFixed(3);
    };
    const large = to - from > 0.5 ? 1 : 0;
    return "M0 0L" + point(from) + "A" + [radius, radius, 0, large, 1].join(" ") + " " +
      point(to) + "Z";
  }

  function drawPizza(pizza) {
    const svg = pizza.svg;
    while (svg.firstChild) svg.removeChild(svg.firstChild);
    pizza.slices.forEach((taken, number) => {
      const from = number / pizza.parts;
      const to = (number + 1) / pizza.parts;
      const slice = shape("g", { class: taken ? "slice taken" : "slice" }, svg);
      shape("path", { class: "crust", d: sector(100, from, to) }, slice);
      shape("path", { class: "cheese", d: sector(88, from, to) }, slice);
      const angle = ((from + to) / 2 - 0.25) * 2 * Math.PI;
      const far = pizza.parts === 1 ? 0 : 58;
      shape("circle", {
        class: "topping",
        cx: far * Math.cos(angle),
        cy: far * Math.sin(angle),
        r: pizza.parts > 8 ? 8 : 12,
        stroke: "none",
      }, slice);
      slice.addEventListener("click", () => {
        pizza.slices[number] = !pizza.slices[number];
        show();
      });
    });
    const one = share(pizza);
    svg.setAttribute("aria-label", text("picture")(one.taken, one.parts));
  }

  function setParts(pizza, parts) {
    const taken = Math.min(share(pizza).taken, parts);
    pizza.parts = parts;
    pizza.slices = Array.from({ length: parts }, (_, number) => number < taken);
  }

  function setTaken(pizza, taken) {
    pizza.slices = pizza.slices.map((_, number) => number < taken);
  }

  function addStepper(card, pizza, key, set, least, most) {
    const row = element("div", "stepper");
    row.setAttribute("role", "group");
    const name = element("span", "what");
    const value = element("output");
    const buttons = [["fewer", "−", -1], ["more", "+", 1]].map((one) => {
      const button = element("button", "", one[1]);
      button.type = "button";
      button.addEventListener("click", () => {
        set(pizza, share(pizza)[key] + one[2]);
        show();
      });
      return { button: button, label: one[0], step: one[2] };
    });
    [name, buttons[0].button, value, buttons[1].button].forEach((part) => row.appendChild(part));
    card.appendChild(row);
    return () => {
      const now = share(pizza)[key];
      name.textContent = text(key);
      value.textContent = now;
      row.setAttribute("aria-label", text(pizza.key) + ", " + text(key));
      buttons.forEach((one) => {
        one.button.setAttribute("aria-label", text(key) + ": " + text(one.label));
        one.button.disabled = now + one.step < least || now + one.step > most();
      });
    };
  }

  function addPizza(pizza) {
    const card = element("section", "pizza");
    const heading = element("h2");
    card.appendChild(heading);
    pizza.svg = shape("svg", { viewBox: "-104 -104 208 208", role: "img" }, card);
    const number = element("div");
    card.appendChild(number);
    const updates = [
      addStepper(card, pizza, "parts", setParts, 1, () => PARTS_MAX),
      addStepper(card, pizza, "taken", setTaken, 0, () => pizza.parts),
    ];
    byId("pizzas").appendChild(card);
    pizza.show = () => {
      heading.textContent = text(pizza.key);
      drawPizza(pizza);
      number.textContent = "";
      number.appendChild(fractionElement(share(pizza)));
      updates.forEach((update) => update());
    };
  }

  function showComparison() {
    const shares = pizzas.map(share);
    const sign = compare(shares[0], shares[1]);
    const numbers = byId("numbers");
    numbers.textContent = "";
    numbers.appendChild(fractionElement(shares[0]));
    numbers.appendChild(element("span", "sign", sign));
    numbers.appendChild(fractionElement(shares[1]));
    const spoken = shares.map(text("spoken"));
    byId("sentence").textContent = text("sentences")[sign](spoken[0], spoken[1]);
    const strips = byId("strips");
    strips.textContent = "";
    shares.forEach((one, at) => {
      const strip = element("div", "strip " + pizzas[at].key);
      for (let part = 0; part < one.parts; part += 1) {
        strip.appendChild(element("i", part < one.taken ? "taken" : ""));
      }
      strips.appendChild(strip);
    });
  }

  function showChallenge() {
    const now = CHALLENGES[challenge];
    byId("task").textContent = challenge + 1 + ". " + now[language];
    const met = now.met(share(pizzas[0]), share(pizzas[1]));
    byId("done").textContent = met ? text("done") : "";
  }

  function show() {
    document.documentElement.lang = language;
    document.title = text("title");
    document.querySelectorAll("[data-text]").forEach((one) => {
      one.textContent = text(one.dataset.text);
    });
    document.querySelectorAll("[data-language]").forEach((one) => {
      one.setAttribute("aria-pressed", String(one.dataset.language === language));
    });
    pizzas.forEach((pizza) => pizza.show());
    showComparison();
    showChallenge();
  }

  document.querySelectorAll("[data-language]").forEach((one) => {
    one.addEventListener("click", () => {
      language = one.dataset.language;
      show();
    });
  });
  byId("next").addEventListener("click", () => {
    challenge = (challenge + 1) % CHALLENGES.length;
    pizzas.forEach((pizza) => setTaken(pizza, 0));
    show();
  });
  pizzas.forEach(addPizza);
  show();
})();

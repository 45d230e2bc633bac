// Tooltips that explain how a figure is counted, on hover and on focus. Loaded before the script of each component that
// shows figures, which also uses its helper for making elements.

const element = (name, attributes = {}, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== "") node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
};

// A change such as "↓ −0.4 pts", whose arrow isn't read aloud: the sign says the same.
const changed = (text) => {
  const [, arrow, change] = /^([↑↓] )?(.*)/.exec(text);
  return [arrow ? element("span", { "aria-hidden": "true" }, arrow) : "", change];
};

// Scrolls a newly opened page to its top: Streamlit keeps the scroll position of the previous page.
const arrived = new WeakSet();
const fromTheTop = (parent) => {
  if (!arrived.has(parent)) document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  arrived.add(parent);
};

const GAP_PX = 6;
let tips = 0;

// Gives `target` a tooltip. It is in the top layer, so no frame clips it and no dialog covers it.
const tipped = (target, lines) => {
  const [first, ...more] = lines;
  const tip = element("div", { class: "tip", role: "tooltip", id: `tip-${++tips}`, popover: "manual" },
    element(more.length ? "b" : "span", {}, first), ...more.map((line) => element("span", {}, line)));
  let timer;
  const hide = () => {
    clearTimeout(timer);
    if (tip.isConnected) tip.hidePopover();
    tip.remove();
    target.removeAttribute("aria-describedby");
    document.removeEventListener("keydown", escape, true);
    document.removeEventListener("scroll", hide, true);
  };
  const escape = (event) => {
    if (event.key === "Escape") hide();
  };
  const show = () => {
    clearTimeout(timer);
    if (tip.isConnected || !target.isConnected || !tip.showPopover) return;
    target.closest(".table, .heatmap, .cards").append(tip);
    target.setAttribute("aria-describedby", tip.id);
    tip.showPopover();
    const [box, size] = [target.getBoundingClientRect(), tip.getBoundingClientRect()];
    const left = target.matches("td.right, .right *") ? box.right - size.width : box.left + (box.width - size.width) / 2;
    const top = box.top - size.height - GAP_PX;
    tip.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - size.width - 8))}px`;
    tip.style.top = `${top < 8 ? box.bottom + GAP_PX : top}px`;
    document.addEventListener("keydown", escape, true);
    document.addEventListener("scroll", hide, true);
  };
  target.dataset.tip = "";
  target.addEventListener("pointerenter", (event) => {
    if (event.pointerType !== "touch") timer = setTimeout(show, 250);
  });
  target.addEventListener("pointerleave", () => {
    if (target.getRootNode().activeElement !== target) hide();
    else clearTimeout(timer);
  });
  target.addEventListener("focus", () => {
    if (target.matches(":focus-visible")) show();
  });
  target.addEventListener("blur", hide);
  return target;
};

// Makes all figures of a table a single Tab stop, with arrow keys to move between them.
const arrows = (body) => {
  const lines = [...body.children].map((row) => [...row.children].filter((cell) => "tip" in cell.dataset)).filter((line) => line.length);
  lines.flat().forEach((cell) => (cell.tabIndex = -1));
  if (lines.length) lines[0][0].tabIndex = 0;
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  body.addEventListener("keydown", (event) => {
    const row = lines.findIndex((line) => line.includes(event.target));
    const step = steps[event.key];
    if (row < 0 || !step) return;
    event.preventDefault();
    const next = lines[row + step[0]]?.[lines[row].indexOf(event.target) + step[1]];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  return body;
};


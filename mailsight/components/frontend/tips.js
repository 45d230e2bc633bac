// How a figure is counted, beside it: where it is pointed at, and where it has the focus. Stands before the script of a
// component that shows figures, and makes its elements too.

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== "") made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
};

// A page that another one led to begins at its top. Streamlit leaves it scrolled as far as the one before.
const arrived = new WeakSet();
const fromTheTop = (place) => {
  if (!arrived.has(place)) document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  arrived.add(place);
};

const GAP_PX = 6;
let tips = 0;

// Gives `one` a tip of some lines. It lies in the top layer, so that no frame cuts it off and no dialog covers it.
const tipped = (one, lines) => {
  const [first, ...more] = lines;
  const tip = element("div", { class: "tip", role: "tooltip", id: `tip-${++tips}`, popover: "manual" },
    element(more.length ? "b" : "span", {}, first), ...more.map((line) => element("span", {}, line)));
  let waiting;
  const hide = () => {
    clearTimeout(waiting);
    if (tip.isConnected) tip.hidePopover();
    tip.remove();
    one.removeAttribute("aria-describedby");
    document.removeEventListener("keydown", escape, true);
    document.removeEventListener("scroll", hide, true);
  };
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    hide();
  };
  const show = () => {
    clearTimeout(waiting);
    if (tip.isConnected || !one.isConnected || !tip.showPopover) return;
    one.closest(".table, .heatmap, .cards").append(tip);
    one.setAttribute("aria-describedby", tip.id);
    tip.showPopover();
    const [here, size] = [one.getBoundingClientRect(), tip.getBoundingClientRect()];
    const middle = one.matches("td.right, .right *") ? here.right - size.width : here.left + (here.width - size.width) / 2;
    const above = here.top - size.height - GAP_PX;
    tip.style.left = `${Math.max(8, Math.min(middle, document.documentElement.clientWidth - size.width - 8))}px`;
    tip.style.top = `${above < 8 ? here.bottom + GAP_PX : above}px`;
    document.addEventListener("keydown", escape, true);
    document.addEventListener("scroll", hide, true);
  };
  one.dataset.tip = "";
  one.addEventListener("pointerenter", (event) => {
    if (event.pointerType !== "touch") waiting = setTimeout(show, 250);
  });
  one.addEventListener("pointerleave", () => {
    if (one.getRootNode().activeElement !== one) hide();
    else clearTimeout(waiting);
  });
  one.addEventListener("focus", show);
  one.addEventListener("blur", hide);
  return one;
};

// One stop of the Tab key for all figures of a table; from there arrows go from figure to figure.
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


// Draws lines of counts from `data` (mailsight/components/sums.py), with text nodes only, so no text is parsed as HTML.
// Reports the id of a clicked part to Python as `clicked`. tips.js, which makes elements, is loaded before this script.

const drawPart = (part, notify) => {
  const inside = [element("span", { class: "dot", "aria-hidden": "true" }), element("span", {}, part.label), " ", element("b", {}, part.count)];
  const drawn = notify
    ? element("button", { type: "button", class: "part", "data-part": part.id, "aria-pressed": String(part.chosen), "aria-label": part.name, title: part.title }, ...inside)
    : element("span", { class: "part fixed", title: part.title }, ...inside);
  drawn.style.setProperty("--colour", part.colour);
  if (notify) drawn.addEventListener("click", () => notify(part.id));
  return drawn;
};

const drawLine = (line, notify) => {
  const parts = line.parts.map((part, index) =>
    element("span", { class: "term" }, drawPart(part, notify), index < line.parts.length - 1 ? element("span", { class: "sign" }, line.sign) : null));
  const total = line.total ? element("span", { class: "total" }, line.total) : null;
  return element("div", { class: "line", role: "group", "aria-label": line.label }, ...parts, total);
};

// The line that says how many customers are left stays in place, so that screen readers announce its changes; they need not
// announce it twice if there is another one below a table.
const setShown = (line, data) => {
  if (data.lines.length) line.setAttribute("role", "status");
  if (!data.shown) return line.replaceChildren();
  if (line.firstChild?.textContent === data.shown) return;
  const link = element("button", { type: "button", class: "see" }, "See them ↓");
  link.addEventListener("click", () => {
    const heading = document.getElementById(data.anchor);
    if (!heading) return;
    heading.scrollIntoView();
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  });
  line.replaceChildren(element("b", {}, data.shown), " · ", link);
};

const listeners = new WeakMap(); // to the grid that the count is about, whose column filters only it knows

export default function ({ data, parentElement, setTriggerValue }) {
  const lines = parentElement.querySelector(".lines");
  const active = lines.getRootNode().activeElement;
  const focused = lines.contains(active) ? active.dataset.part : undefined;
  const notify = data.fixed ? null : (part) => setTriggerValue("clicked", part);
  lines.replaceChildren(...data.lines.map((line) => drawLine(line, notify)));
  const show = (grid) => {
    const counted = grid ? `${grid.counted} ${grid.total === 1 ? "customer" : "customers"}` : data.shown;
    setShown(parentElement.querySelector(".shown"), { ...data, shown: data.shown && counted });
  };
  const counted = ({ detail }) => detail.place === data.grid && show(detail);
  removeEventListener("mailsight:customers", listeners.get(parentElement));
  addEventListener("mailsight:customers", counted);
  listeners.set(parentElement, counted);
  show(askGrid(data.grid, "filtered"));
  if (focused) [...lines.querySelectorAll(".part")].find((part) => part.dataset.part === focused)?.focus({ preventScroll: true });
  return () => removeEventListener("mailsight:customers", listeners.get(parentElement));
}

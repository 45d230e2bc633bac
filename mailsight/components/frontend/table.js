// Draws a table from `data` (mailsight/components/tables.py) with text nodes only, so no text is parsed as HTML.
// A row with a link opens it (links.js). Reports to Python: {row, action} as `clicked`, a column's key as `sorted`; and as `ticked` all rows with a checkbox, those
// of them that are checked, and the time.
// Figures have tooltips (tips.js, which is loaded before this script, like links.js).

const ICONS = {
  mail: "M4 6.5h16v11H4zM4.5 7l7.5 6 7.5-6",
  ask: "M9.1 9a3 3 0 0 1 5.8 1c0 2-2.9 2.6-2.9 4M12 17.2h.01M21.5 12a9.5 9.5 0 1 1-19 0 9.5 9.5 0 0 1 19 0Z",
  list: "M9 6.5h11M9 12h11M9 17.5h11M4.5 6.5h.01M4.5 12h.01M4.5 17.5h.01",
};

const CAN_FOCUS = "a, button, input, [tabindex]";
const SVG = "http://www.w3.org/2000/svg";

const icon = (name) => {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
};

const safeAddress = (address) => (/^(https?:|mailto:|tel:|[a-z]+\?)/i.test(address) ? address : undefined);

// A line across the full width of its cell, however many points it has, with a paler area below.
const drawTrend = (points) => {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 -4 ${points.length - 1} 108`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "trend");
  const line = points.map((point, index) => `${index},${100 - point}`).join(" ");
  for (const [name, coordinates] of [["polygon", `0,100 ${line} ${points.length - 1},100`], ["polyline", line]]) {
    const node = document.createElementNS(SVG, name);
    node.setAttribute("points", coordinates);
    svg.append(node);
  }
  return svg;
};

// A dot on a line that spans its interval, on a scale that all rows share.
const drawRange = (cell) => {
  const [line, dot] = [element("b"), element("u")];
  line.style.left = `${cell.low}%`;
  line.style.width = `${cell.high - cell.low}%`;
  dot.style.left = `${cell.at}%`;
  const node = element("i", { class: "range", "aria-hidden": "true" }, line, dot);
  node.style.setProperty("--colour", cell.colour);
  return node;
};

// Text in its own direction, so that an Arabic name doesn't turn the cell around. Addresses break where they have a joint.
const ownWay = (text) => {
  const pieces = text.split(/(\S{18,})/).flatMap((word, index) => (index % 2 ? word.split(/(?<=[@/?&=_])|(?=[.])/) : [word]));
  return element("bdi", {}, ...pieces.flatMap((piece, index) => (index ? [element("wbr"), piece] : [piece])));
};

const setTick = (box, { ticked, full }) => {
  box.checked = ticked;
  box.dataset.full = full ? "full" : "";
};

const drawTick = (cell, notify) => {
  const box = element("input", { type: "checkbox", "aria-label": cell.label });
  setTick(box, cell);
  box.addEventListener("click", (event) => {
    notify("tick");
    // The checkbox stays empty, and Python shows why.
    if (box.dataset.full) event.preventDefault();
  });
  // A near miss of the checkbox must not open the row.
  const label = element("label", { class: "tick" }, box);
  label.addEventListener("click", (event) => event.stopPropagation());
  return label;
};

// An arrow in front of a figure that is higher or lower than usual by more than chance.
const drawArrow = ({ way, tone }) =>
  way ? element("span", { class: `arrow ${tone}`, role: "img", "aria-label": way === "up" ? "More than usual" : "Less than usual" }, way === "up" ? "↑" : "↓") : null;

// `row`: the name of the cell's row.
const drawCell = (cell, row, notify) => {
  if (typeof cell === "string") return [ownWay(cell)];
  if (cell.kind === "main") {
    const words = cell.href
      ? element("a", { class: "main", href: safeAddress(cell.href) }, cell.text)
      : element("span", { class: "main", title: cell.title }, cell.text);
    if (cell.href) {
      words.addEventListener("click", (event) => {
        // With a key held down, the browser opens a new tab or window; leave that to it.
        if (event.metaKey || event.ctrlKey || event.shiftKey) return event.stopPropagation();
        event.preventDefault();
      });
    }
    const tags = cell.tags.map((tag) => element("span", { class: "tag" }, tag));
    const aside = cell.aside ? element("span", { class: "note aside" }, cell.aside) : null;
    const ask = cell.counted ? element("button", { class: "ask", type: "button", "aria-label": cell.counted }, icon("ask")) : null;
    ask?.addEventListener("click", (event) => {
      event.stopPropagation();
      notify("counted");
    });
    if (ask) tipped(ask, [cell.counted]);
    return [words, ask, aside && " ", aside, tags.length ? element("span", { class: "tags" }, ...tags) : null, cell.note ? element("div", { class: "note" + (cell.clip ? " clip" : ""), title: cell.clip ? cell.note : "" }, ownWay(cell.note)) : null];
  }
  if (cell.kind === "figure") return [drawArrow(cell), cell.text];
  if (cell.kind === "tick") return [drawTick(cell, notify)];
  if (cell.kind === "trend") return [drawTrend(cell.points), element("span", { class: "sr" }, cell.tip.join(". "))];
  if (cell.kind === "range") return [drawRange(cell)];
  if (cell.kind === "noted") {
    return [ownWay(cell.text), cell.note ? element("div", { class: "note", title: cell.title }, ownWay(cell.note)) : null];
  }
  if (cell.kind === "bar") {
    const filled = element("b");
    filled.style.width = `${cell.width}%`;
    if (cell.colour) filled.style.setProperty("--colour", cell.colour);
    const look = `bar ${cell.text.includes("·") ? "long" : ""} ${cell.quiet ? "quiet" : ""}`;
    const node = element("div", { class: look }, element("i", { "aria-hidden": "true" }, filled), element("span", {}, drawArrow(cell), cell.text));
    return [node, cell.note ? element("div", { class: "note interval" }, cell.note) : null];
  }
  if (cell.kind === "chip") {
    const chip = element("span", { class: `chip ${cell.inner ? "inner" : ""}`, title: cell.title }, cell.text);
    chip.style.setProperty("--colour", cell.colour);
    return [chip, cell.note ? element("div", { class: `note ${cell.inner ? "inner" : ""}` }, ownWay(cell.note)) : null];
  }
  if (cell.kind === "marked") {
    return [cell.text, cell.mark ? element("div", {}, element("span", { class: "tone good mark" }, `✓ ${cell.mark}`)) : null];
  }
  if (cell.kind === "tone") return [element("span", { class: `tone ${cell.tone}` }, ...changed(cell.text))];
  if (cell.kind === "actions") {
    return cell.actions.map((action) => {
      const button = element("button", { class: "action", type: "button", title: action.label, "aria-label": `${action.label}: ${row}` }, icon(action.icon));
      button.addEventListener("click", (event) => {
        event.stopPropagation();
        notify(action.action);
      });
      return button;
    });
  }
  return [];
};

const drawHead = (column, data, setTriggerValue) => {
  const sorted = data.sort && data.sort[0] === column.key;
  const head = element("th", {
    scope: "col",
    class: `${column.right ? "right" : ""} ${column.fit ? "fit" : ""}`,
    "aria-sort": sorted ? (data.sort[1] ? "descending" : "ascending") : "",
  });
  if (!column.label) head.append(element("span", { class: "sr" }, column.help || "Actions"));
  else if (column.sorts) {
    const button = element("button", { type: "button" }, column.label);
    button.addEventListener("click", () => setTriggerValue("sorted", column.key));
    head.append(column.help ? tipped(button, [column.help]) : button);
  } else if (column.help) head.append(tipped(element("span", { class: "helped", tabindex: "0" }, column.label), [column.help]));
  else head.append(column.label);
  return head;
};

// The last state of each table's checkboxes. It takes precedence until Python has received it, so that the response to an
// earlier tick doesn't revert a later one.
const ticks = new WeakMap();

// The data each table was drawn from, without its ticks and chosen rows. If only these change, they are updated in place: a
// table that is redrawn between mouse down and mouse up loses the click.
const drawnFrom = new WeakMap();
const withoutChoice = ({ heard, start, ...data }) =>
  JSON.stringify(data, (key, value) => {
    if (key === "chosen") return undefined;
    return value?.kind === "tick" ? { kind: "tick", label: value.label } : value;
  });

const setChosen = (line, row) => {
  line.classList.toggle("chosen", Boolean(row.chosen));
  line.querySelector(".pick")?.setAttribute("aria-pressed", String(Boolean(row.chosen)));
};

// Makes a row's name a button, so that a row without a link can be clicked with the keyboard. Its click reaches the row.
const asButton = (name) => {
  const button = element("button", { type: "button", class: `pick ${name.className}`, title: name.title, style: name.getAttribute("style") });
  button.append(...name.childNodes);
  name.replaceWith(button);
};

const tickOf = (row, pending) => {
  const cell = row.cells.find((candidate) => candidate.kind === "tick");
  return cell && pending?.rows.includes(row.id) ? { ...cell, ticked: pending.ticked.includes(row.id) } : cell;
};

// Where the focus is in the table, in terms that are still valid after redrawing; undefined if it is elsewhere.
const focusIn = (root) => {
  const focused = root.getRootNode().activeElement;
  const row = root.contains(focused) ? focused.closest("tr") : null;
  return row ? { row: row.dataset.row, index: [...row.querySelectorAll(CAN_FOCUS)].indexOf(focused) } : undefined;
};

const focusAgain = (root, { row, index }) => {
  const line = [...root.querySelectorAll("tr")].find((candidate) => candidate.dataset.row === row);
  line?.querySelectorAll(CAN_FOCUS)[index]?.focus({ preventScroll: true });
};

// Gives the table the first look in which it is no wider than its frame (see table.css). The last one always is, or scrolls.
const fit = (root) => {
  const frame = root.querySelector(".frame:has(> table)");
  if (!frame?.clientWidth) return; // the tab is hidden
  const looks = ["roomy", "snug", "close", "tight", frame.dataset.narrowest];
  looks.some((look) => {
    frame.classList.remove(...looks);
    frame.classList.add(look);
    return frame.firstChild.offsetWidth <= frame.clientWidth;
  });
  // Makes the scrollable area reachable by keyboard.
  const scrolls = frame.classList.contains("scroll");
  for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", frame.dataset.label]]) {
    if (scrolls) frame.setAttribute(name, value);
    else frame.removeAttribute(name);
  }
};

const fitted = new WeakMap();
const keepFitting = (root) => {
  fit(root);
  if (fitted.has(root)) return;
  let width = root.clientWidth;
  const observer = new ResizeObserver(() => {
    if (root.clientWidth !== width) fit(root);
    width = root.clientWidth;
  });
  observer.observe(root);
  fitted.set(root, observer);
  document.fonts.ready.then(() => fit(root));
};

// The first row of each table when it was last drawn. After paging, the page starts at the top of the table.
const starts = new WeakMap();
const toTheTop = (root, start) => {
  const before = starts.get(root);
  starts.set(root, start);
  if (before === undefined || before === start) return;
  if (root.getBoundingClientRect().top < 0) root.scrollIntoView({ block: "start" });
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".table");
  if (data.first) fromTheTop(parentElement);
  const focused = focusIn(root);
  const pending = ticks.get(parentElement)?.at > data.heard ? ticks.get(parentElement) : undefined;
  const from = withoutChoice(data);
  if (drawnFrom.get(parentElement) === from && root.firstChild) {
    const lines = root.querySelectorAll("tbody tr");
    data.rows.forEach((row, index) => {
      const box = lines[index].querySelector(".tick input");
      if (box) setTick(box, tickOf(row, pending));
      setChosen(lines[index], row);
    });
    return;
  }
  drawnFrom.set(parentElement, from);
  if (!data.rows.length) {
    root.replaceChildren(element("div", { class: "frame" }, element("div", { class: "empty" }, data.empty)));
    return;
  }
  const body = element("tbody");
  for (const row of data.rows) {
    const opens = data.opens && row.opens;
    const look = `${opens ? "open" : ""} ${row.quiet ? "quiet" : ""}`;
    const line = element("tr", { class: look, "data-row": row.id });
    const notify = (action) => {
      const link = row.cells.find((cell) => cell.href);
      if (action === "open" && link) return openPage(safeAddress(link.href));
      if (action !== "tick") return setTriggerValue("clicked", { row: row.id, action });
      const boxes = [...body.querySelectorAll(".tick input")];
      const idOf = (box) => box.closest("tr").dataset.row;
      const report = { rows: boxes.map(idOf), ticked: boxes.filter((box) => box.checked).map(idOf), at: Date.now() };
      ticks.set(parentElement, report);
      setTriggerValue("ticked", report);
    };
    if (opens) line.addEventListener("click", () => notify("open"));
    const name = row.cells.find((cell) => cell.kind === "main")?.text ?? "";
    row.cells.forEach((original, index) => {
      const cell = original.kind === "tick" ? tickOf(row, pending) : original;
      const column = data.columns[index];
      const main = cell.kind === "main" || (cell.kind === "chip" && cell.note);
      const node = element(
        "td",
        {
          class: `${column.right ? "right" : ""} ${column.fit ? "fit" : ""} ${main || column.whole ? "whole" : ""} ${main ? "named" : ""}`,
          "data-label": main ? "" : column.label,
        },
        ...drawCell(cell, name, notify),
      );
      line.append(cell.tip?.length ? tipped(node, cell.tip) : node);
    });
    if (opens && !row.cells.some((cell) => cell.href)) asButton(line.querySelector(".main, .chip"));
    setChosen(line, row);
    body.append(line);
  }
  const table = element(
    "table",
    { "aria-label": data.label },
    element("thead", {}, element("tr", {}, ...data.columns.map((column) => drawHead(column, data, setTriggerValue)))),
    body,
  );
  const narrowest = data.stacks && (data.columns.length > 2 || data.columns[1]?.whole) ? "stack" : "scroll";
  const frame = element("div", { class: `frame ${data.facts ? "facts" : ""}`, "data-narrowest": narrowest, "data-label": data.label }, table);
  root.replaceChildren(frame);
  keepFitting(root);
  toTheTop(root, data.start);
  arrows(body);
  if (focused) focusAgain(root, focused);
}

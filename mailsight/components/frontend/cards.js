// Draws figures on cards from `data` (mailsight/components/cards.py), with text nodes only, so no text is parsed as HTML.
// Reports clicks to Python as {card, action}. tips.js and links.js are loaded before this script.

const SHAPES = "http://www.w3.org/2000/svg";
const ASK = "M9.1 9a3 3 0 0 1 5.8 1c0 2-2.9 2.6-2.9 4M12 17.2h.01M21.5 12a9.5 9.5 0 1 1-19 0 9.5 9.5 0 0 1 19 0Z";
const WARNING = "M12 4 2.5 20h19zM12 10v4.5M12 17.2h.01";

const shape = (name, attributes) => {
  const node = document.createElementNS(SHAPES, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
};

const icon = (path) => {
  const svg = shape("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
  svg.append(shape("path", { d: path }));
  return svg;
};

// A line through some shares, with the area below. The axis starts at 0, so that a small change looks small. Above it, each
// point has a strip that names its campaign and opens it. The strips are one Tab stop, with arrow keys between them.
const trend = (card) => {
  const shares = card.trend.map((point) => point.share);
  const largest = Math.max(...shares) || 1;
  const points = shares.map((share, index) => `${(100 * index) / (shares.length - 1)},${100 - (92 * share) / largest}`);
  const svg = shape("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none" });
  svg.append(
    shape("polygon", { points: `0,100 ${points.join(" ")} 100,100` }),
    shape("polyline", { points: points.join(" ") }),
  );
  svg.setAttribute("aria-hidden", "true");
  const strips = card.trend.map((point, index) => {
    const dot = element("i");
    dot.style.top = `${100 - (92 * point.share) / largest}%`;
    const strip = element(point.href ? "a" : "span", { href: point.href, class: "point", "aria-label": point.tip.join(", ") }, dot);
    if (!point.href) strip.setAttribute("role", "img");
    strip.style.left = `${(100 * index) / (shares.length - 1)}%`;
    strip.style.width = `${100 / (shares.length - 1)}%`;
    strip.addEventListener("click", (event) => {
      // With a key held down, the browser opens a new tab or window; leave that to it.
      if (!point.href || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      openPage(point.href);
    });
    return tipped(strip, point.href ? [...point.tip, "Click to open this campaign."] : point.tip);
  });
  const row = element("div", {}, ...strips);
  const line = element("div", { class: "trend", role: "group", "aria-label": card.trend_label }, svg, arrows(element("div", {}, row)));
  return [line, element("div", { class: "named", "aria-hidden": "true" }, card.trend_label)];
};

const draw = (card, notify) => {
  const ask = tipped(
    element("button", { class: "ask", type: "button", "aria-label": `How is ${card.label} counted?` }, icon(ASK)),
    [...card.tip, "Click to see how this is counted."],
  );
  ask.addEventListener("click", () => notify(card.key, "counted"));
  const parts = [
    element("div", { class: "label" }, element("span", {}, card.label), ask),
    element("div", { class: "value" }, card.value),
  ];
  if (card.change) {
    const pill = element("span", { class: `pill ${card.tone}`, tabindex: "0" }, ...changed(card.change));
    parts.push(element("div", { class: "change" }, tipped(pill, [card.reason]), element("span", {}, card.before)));
  }
  if (card.attention) {
    const why = element("button", { class: "why", type: "button" }, icon(WARNING), element("span", {}, card.attention));
    why.addEventListener("click", () => notify(card.key, "attention"));
    parts.push(why);
  } else if (card.calm) {
    parts.push(element("div", { class: "calm" }, card.calm));
    if (card.more) {
      const more = element("button", { class: "more", type: "button" }, card.more);
      more.addEventListener("click", () => notify(card.key, "attention"));
      parts.push(more);
    }
  } else if (card.trend.length > 1) parts.push(...trend(card));
  parts.push(element("div", { class: "note" }, card.note));
  return element("li", { class: `card ${card.attention ? "attention" : ""}`, "data-card": card.key }, ...parts);
};

export default function ({ data, parentElement, setTriggerValue }) {
  fromTheTop(parentElement);
  const notify = (card, action) => setTriggerValue("clicked", { card, action });
  const list = element("ul", { "aria-label": data.label }, ...data.cards.map((card) => draw(card, notify)));
  parentElement.querySelector(".cards").replaceChildren(list);
}

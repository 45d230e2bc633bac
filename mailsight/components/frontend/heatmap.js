// The Heatmap tab: the mail's links on the left, the mail with its badges on the right. It has all numbers from the start
// (mailsight/screens/campaign/heatmap.py), so a switch updates the badges in place, without a request or reload.
// The frame (frame.js, which is loaded before this script) runs no scripts; this script listens to its document from outside.

const views = new WeakMap();

export default function ({ data, parentElement, setTriggerValue, setStateValue }) {
  if (!views.has(parentElement)) views.set(parentElement, heatmapView(parentElement.querySelector(".heatmap"), data));
  const view = views.get(parentElement);
  view.update(data, setTriggerValue, setStateValue);
  return () => {
    view.remove();
    views.delete(parentElement);
  };
}

const icon = (path) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
};
const OPEN = "M14 5h5v5M19 5l-8 8M10 6H6.5A1.5 1.5 0 0 0 5 7.5v10A1.5 1.5 0 0 0 6.5 19h10a1.5 1.5 0 0 0 1.5-1.5V14";
const POINTER_PX = 16; // as in mailsight/heatmap/badges.py
const MAX_LARGER = 1.6; // larger badges would cover each other
const CAN_GET_FOCUS = "a, button, [tabindex]";

// A name for each link: its label, and which one it is of several links with the same label.
const distinct = (links) => {
  const alike = new Map();
  for (const link of links) {
    if (alike.has(link.label)) alike.get(link.label).push(link);
    else alike.set(link.label, [link]);
  }
  const names = [...alike].flatMap(([label, same]) =>
    same.map((link, at) => [link, same.length > 1 ? `${label} (${at + 1} of ${same.length})` : label]));
  return new Map(names);
};
const SAVE = "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 19.5h14";

function heatmapView(root, initial) {
  const phone = root.clientWidth > 0 && root.clientWidth < 600;
  // The switches are in the page's address. While Python has not heard of the latest click, what it sends is older.
  const state = {};
  const usual = phone ? "phone" : "desktop";
  let switched = 0;
  const follow = ({ switches, heard }) => {
    if (switched > heard) return false;
    const before = JSON.stringify(state);
    Object.assign(state, switches, { width: switches.width ?? usual });
    return JSON.stringify(state) !== before;
  };
  follow(initial);
  let data = initial, trigger = () => {}, setState = () => {}, drawn, highlighted, maxNumber = 1;
  let badges = []; // each with its host in the mail, its closed shadow root and its position
  let lit = []; // functions that end the highlights
  const tools = make("div", { class: "tools" });
  const legend = make("p", { class: "legend" });
  const only = make("p", { class: "only", role: "status" });
  const list = make("div", { class: "list" });
  const place = make("div", { class: "place" });
  root.replaceChildren(tools, legend, only, make("div", { class: "parts" }, list, place));
  const frame = data.html === null ? null : mailFrame(place, opened, drawBadges);
  if (!frame) place.append(make("p", { class: "none" }, data.missing));

  const counted = ({ detail }) => detail.place === data.grid && drawOnly(detail);
  addEventListener("mailsight:customers", counted);

  const change = (name, value) => {
    state[name] = value;
    switched = Date.now();
    trigger("switched", { switches: { ...state, width: state.width === usual ? "" : state.width }, at: switched });
    if (name === "width") frame.show({ ...data, width: width() });
    else if (name === "order") drawList();
    else {
      drawBadges();
      drawList();
    }
    drawTools();
  };
  const width = () => (state.width === "phone" ? data.phone_width : null);

  function drawTools() {
    const focused = root.getRootNode().activeElement?.dataset.tool;
    const choice = (label, name, options) =>
      make("div", { class: "choice", role: "radiogroup", "aria-label": label },
        ...options.map(([value, words, help]) => {
          const chosen = state[name] === value;
          const button = make("button", { type: "button", role: "radio", "aria-checked": String(chosen), title: help,
            tabindex: chosen ? "0" : "-1", "data-tool": `${name}-${value}` }, words);
          button.addEventListener("click", () => change(name, value));
          button.addEventListener("keydown", (event) => {
            const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
            if (!step) return;
            event.preventDefault();
            const values = options.map((option) => option[0]);
            const next = values[(values.indexOf(value) + step + values.length) % values.length];
            change(name, next);
            tools.querySelector(`[data-tool="${name}-${next}"]`).focus();
          });
          return button;
        }));
    const toggle = (words, help, on, name, act) => {
      const button = make("button", { type: "button", class: "toggle", role: "switch", "aria-checked": String(on), title: help,
        "data-tool": name }, make("i", {}), words);
      button.addEventListener("click", () => act(!on));
      return button;
    };
    const parts = [
      choice("Measure", "measure", data.measures),
      choice("Shown as", "show", data.shows),
    ];
    if (frame) {
      parts.push(
        choice("Width", "width", [["desktop", "Desktop"], ["phone", "Phone"]]),
        toggle("Unclicked links", "Mark links without clicks with a small ring", state.unclicked === "yes", "unclicked", (on) => change("unclicked", on ? "yes" : "no")),
        toggle("Load images", data.pictures_help, data.pictures, "pictures", (on) => setState("pictures", on)),
      );
      const save = make("button", { type: "button", class: "save", "data-tool": "png", "aria-label": "Save as PNG",
        title: "The e-mail with its badges, a title and the legend as a PNG, without images from the network" }, icon(SAVE), "PNG");
      save.addEventListener("click", async () => {
        if (save.ariaDisabled) return;
        save.ariaDisabled = "true"; // not disabled, which would lose the focus
        try {
          await savePicture(frame.mail, badges, heading(), data.file_name);
        } catch {
          save.replaceChildren("Not supported by this browser");
          return;
        }
        save.ariaDisabled = null;
      });
      parts.push(save);
    }
    tools.replaceChildren(...parts);
    if (focused) tools.querySelector(`[data-tool="${focused}"]`)?.focus();
  }

  // What a picture says above the mail, which a browser lays out like any other text.
  function heading() {
    const labelOf = (list, value) => list.find(([key]) => key === value)[1];
    const shown = state.show === "count" ? labelOf(data.measures, state.measure) : `${labelOf(data.measures, state.measure)}, ${labelOf(data.shows, state.show).toLowerCase()}`;
    const swatches = data.scale.map(([from, background, text]) =>
      make("span", { style: `padding:1px 9px;background:${background};color:${text};font-weight:700;font-size:11px` }, `${from}`));
    return make("div", { style: "padding:16px 20px 14px;color:#374151;background:#fff;border-bottom:1px solid #d1d5db;font:13px/1.5 Arial,Helvetica,sans-serif" },
      make("div", { dir: "auto", style: "color:#0e1621;font-size:18px;font-weight:700;overflow-wrap:anywhere" }, data.name),
      make("div", { style: "overflow-wrap:anywhere" }, data.facts.join(" · ")),
      make("div", { style: "margin-top:6px" }, `${shown}, in % of the most clicked link from: `, ...swatches),
      make("div", {}, "↑ counted at another link to the same URL", state.unclicked === "no" ? "" : " · ○ no clicks"));
  }

  function drawLegend() {
    const scale = data.scale.map(([from, background, text, percent]) => {
      const swatch = make("i", { title: `More than ${percent} of the most clicked link's figure` }, `${from}`);
      swatch.style.cssText = `background:${background};color:${text}`;
      return swatch;
    });
    legend.replaceChildren(
      make("span", { class: "scale" }, "As % of the most clicked link:", make("span", { class: "swatches" }, ...scale)),
      make("span", {}, make("i", { class: "hollow" }, "↑"), "counted at another link to the same URL"),
      make("span", {}, make("i", { class: "ring" }), "no clicks"),
      ...data.notices.map((notice) => make("span", { class: "notice", role: "note" }, notice)),
    );
  }

  // Says that the grid is filtered, since the mail may push it out of sight. Only the grid knows the filters of its columns.
  function drawOnly(shown = askGrid(data.grid, "filtered") ?? data.shown) {
    const link = [...data.links, ...data.others].find((link) => link.id === data.chosen);
    if (!link) return only.replaceChildren();
    const see = make("button", { type: "button" }, "Go to the list ↓");
    see.addEventListener("click", () => {
      const heading = document.getElementById(data.anchor);
      if (!heading) return;
      heading.scrollIntoView();
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    });
    const all = make("button", { type: "button" }, "Show all customers");
    all.addEventListener("click", () => trigger("chosen", ""));
    const who = `${link.figures["clickers-count"]} ${link.clickers === 1 ? "customer" : "customers"}`;
    const words = shown.total < link.clickers
      ? `With its other filters, the customer list shows ${shown.total ? shown.counted : "none"} of the ${who} who clicked “${link.label}”.`
      : `The customer list shows only the ${who} who clicked “${link.label}”.`;
    if (only.firstChild?.textContent !== words) only.replaceChildren(make("span", {}, words), see, all);
  }

  // --- The list -----------------------------------------------------------------------------------------------------

  function drawList() {
    const scrollTop = list.scrollTop;
    const focused = root.getRootNode().activeElement?.closest?.("tr");
    const at = focused && [...focused.querySelectorAll(CAN_GET_FOCUS)].indexOf(root.getRootNode().activeElement);
    const variant = `${state.measure}-${state.show === "count" ? "share" : state.show}`;
    const number = (link) => link[state.measure];
    const max = [...data.links, ...data.others].reduce((most, link) => Math.max(most, number(link)), 0);
    maxNumber = data.links.reduce((most, link) => Math.max(most, number(link)), 1);
    const sorted = (links) => (state.order === "clicks" ? [...links].sort((a, b) => number(b) - number(a)) : links);
    const names = distinct([...data.links, ...data.others]);
    const row = (link) => {
      const marks = link.marks.map((mark) => make("span", { class: "mark", title: mark[1] }, mark[0]));
      const isChosen = link.id === data.chosen;
      const label = data.selects && (link.clicks || isChosen)
        ? make("button", { type: "button", class: "pick", "aria-pressed": String(isChosen), "aria-label": names.get(link) }, make("span", {}, link.label))
        : make("span", {}, link.label);
      const line = make("tr", { "data-row": link.id, class: isChosen ? "chosen" : "" },
        make("td", { class: "link", title: [data.selects && number(link) ? "Show who clicked this link" : "", link.url].filter(Boolean).join("\n") },
          make("div", { class: "label" }, label, ...marks),
          link.note ? make("div", { class: "note" }, link.note) : null),
        make("td", { class: "right", "data-label": "Clicks" }, link.figures["clicks-count"]),
        make("td", { class: "right", "data-label": "Customers" }, link.figures["clickers-count"]),
        tipped(make("td", { class: variant in link.small ? "share small" : "share", "data-label": data.headings[variant] },
          bar(number(link), max, shade(link)), make("span", {}, link.figures[variant]),
          link.small[variant] ? make("div", { class: "note" }, link.small[variant]) : null), link.tips[variant]),
        make("td", { class: "out" }, outside(link, names.get(link))));
      line.addEventListener("click", () => choose(link));
      for (const [event, on] of [["pointerenter", 1], ["focusin", 1], ["pointerleave", 0], ["focusout", 0]]) {
        line.addEventListener(event, () => highlight(on ? link.id : null, event === "focusin"));
      }
      return line;
    };
    const part = (heading, links, count, more, empty) => {
      if (!links.length && !empty) return null;
      return make("section", {},
        make("h3", {}, heading, make("b", {}, `${count}${more ? " most clicked" : ""}`)),
        links.length ? make("table", { "aria-label": heading },
          make("thead", {}, make("tr", {}, ...["Link", "Clicks", "Customers", data.headings[variant], ""].map((words, at) =>
            make("th", { scope: "col", class: at === 1 || at === 2 ? "right" : "" }, words || make("span", { class: "sr" }, "Open in a new tab"))))),
          arrows(make("tbody", {}, ...sorted(links).map(row)))) : make("p", { class: "none" }, empty),
        more ? make("p", { class: "more" }, more) : null);
    };
    const order = make("div", { class: "order", role: "group", "aria-label": "Sorted by" }, "Sorted by ");
    for (const [value, words] of [["clicks", data.measures.find(([measure]) => measure === state.measure)[1].toLowerCase()], ["place", "position in the e-mail"]]) {
      const button = make("button", { type: "button", "aria-pressed": String(state.order === value) }, words);
      button.addEventListener("click", () => change("order", value));
      order.append(button);
    }
    list.replaceChildren(
      ...[order, part("Links in the e-mail", data.links, data.links_count, data.more_links, "This e-mail has no links."),
        part("Other links in this campaign", data.others, data.others_count, data.more_others)].filter(Boolean));
    list.scrollTop = scrollTop;
    if (!focused) return;
    const line = list.querySelector(`tr[data-row="${CSS.escape(focused.dataset.row)}"]`);
    line?.querySelectorAll(CAN_GET_FOCUS)[at]?.focus({ preventScroll: true });
  }

  function bar(number, max, colour) {
    const filled = make("b");
    filled.style.width = max ? `${Math.max((100 * number) / max, number ? 2 : 0)}%` : "0";
    filled.style.background = colour;
    return make("i", { class: "bar", "aria-hidden": "true" }, filled);
  }

  // The bar has the same colour as the link's badge.
  function shade(link) {
    const shades = data.scale.filter(([from]) => link[state.measure] * 100 > maxNumber * from);
    return (shades.at(-1) ?? data.scale[0])[1];
  }

  function outside(link, name) {
    if (!link.href) return null;
    const anchor = make("a", { href: link.href, target: "_blank", rel: "noopener noreferrer", referrerpolicy: "no-referrer",
      title: "Open in a new tab", "aria-label": `Open ${name} in a new tab` }, icon(OPEN));
    anchor.addEventListener("click", (event) => event.stopPropagation());
    return anchor;
  }

  function choose(link) {
    if (data.selects && link && (link.clicks || link.id === data.chosen)) trigger("chosen", link.id === data.chosen ? "" : link.id);
  }

  // --- The badges ---------------------------------------------------------------------------------------------------

  // With images on, the mail's style sheets could tell the sender what they see. They see the badges' hosts, which are
  // the same whatever was clicked. Everything else is in closed shadow roots, where no style sheet of the mail applies.

  function opened(mail) {
    drawn = null;
    drawBadges();
    const at = (event) => event.target.closest?.("mailsight-badge, [data-link]");
    const id = (target) => target?.dataset.badge ?? target?.dataset.link ?? null;
    mail.addEventListener("pointerover", (event) => highlight(id(at(event))));
    mail.addEventListener("pointerout", (event) => { if (!at({ target: event.relatedTarget ?? mail })) highlight(null); });
    mail.addEventListener("focusin", (event) => highlight(id(at(event))));
    mail.addEventListener("focusout", () => highlight(null));
    const press = (badge) => {
      const id = data.carriers[badge.dataset.badge] ?? badge.dataset.badge;
      choose(data.links.find((link) => link.id === id));
    };
    mail.addEventListener("click", (event) => {
      const badge = event.target.closest?.("mailsight-badge");
      if (badge) press(badge);
      if (event.target.closest?.('[href="#"]')) event.preventDefault(); // a link that isn't opened
    });
    mail.addEventListener("keydown", (event) => {
      const badge = event.target.closest?.("mailsight-badge");
      if (!badge || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      press(badge);
    });
  }

  function drawBadges() {
    const mail = frame?.mail;
    // A frame that is still loading contains a blank page or the previous mail.
    if (!mail?.body || mail.URL === "about:blank") return;
    if (drawn !== data.badges) {
      mail.querySelectorAll("mailsight-badge, mailsight-room").forEach((element) => element.remove());
      mail.body.insertAdjacentHTML("beforeend", data.badges);
      badges = [...mail.querySelectorAll("mailsight-badge")].map((host) => ({
        host, root: host.attachShadow({ mode: "closed", delegatesFocus: true }),
      }));
      drawn = data.badges;
    }
    // Badges keep their size where the mail is drawn smaller.
    const larger = Math.min(1 / frame.scale, MAX_LARGER);
    const looks = data.looks[`${state.measure}-${state.show}`].map((look) => [...look.slice(0, 4), look[4] * larger, look[5] * larger]);
    const widthOf = ([look, , , , width, height]) => (look === "pointer" ? height : width);
    badges.forEach(({ host, root }, at) => {
      const look = looks[at];
      const near = data.near[at];
      root.replaceChildren(...face(mail, look, data.titles[at], data.urls[at], near === null ? 0 : widthOf(looks[near]), data.moved[at] * larger, larger));
      // Not shown, since it is outside the shadow root, and no style sheet can read it: the number without separators.
      host.textContent = look[0] === "pointer" ? "0" : look[1].replaceAll(data.group, "");
    });
  }

  // A badge's style, which beats the mail's because it is important and in a shadow root, and its text.
  function face(mail, [look, text, sharing, total, width, height], title, url, nearWidth, moved, larger) {
    const [font, pointer] = [`font-size:${11 * larger}px!important`, `${POINTER_PX * larger}px`];
    const element = (name, style, ...children) => {
      const made = mail.createElement(name);
      made.style.cssText = style;
      made.append(...children);
      return made;
    };
    const lengths = { own: width, height, "near-width": nearWidth, moved };
    const declarations = Object.entries(lengths).map(([name, value]) => `--${name}:${value}px!important`);
    declarations.push(font, data.styles[look], "cursor:pointer!important");
    if (look === "pointer") declarations.push(`--width:${data.pointer_width.replaceAll(`${POINTER_PX}px`, pointer)}!important`);
    if (look === "quiet") declarations.push("cursor:default!important");
    if (look === "quiet" && state.unclicked === "no") declarations.push("display:none!important");
    const inside = "display:block!important;height:100%!important;outline:0!important";
    const shown = look === "pointer" ? [
      element("span", font, "↑"),
      element("span", "position:absolute!important;top:0!important;left:0!important;height:100%!important;"
        + `width:clamp(0px,999*(100% - ${pointer}),100%)!important;overflow:hidden!important;${font};${data.styles[total]}`, text),
    ] : [look === "quiet" ? "" : text, element("span", "font-weight:400!important", sharing)];
    const content = element("div", inside, ...shown);
    content.title = `${title}\n${url}`;
    content.setAttribute("aria-label", title);
    content.setAttribute("role", look === "quiet" ? "img" : "button");
    if (look !== "quiet") content.tabIndex = 0;
    return [element("style", "", `:host{${declarations.join(";")}}`), content];
  }

  // An animation rather than an attribute, so that the mail's style sheets can't tell what is highlighted.
  function lightLink(element) {
    const outline = { outline: "3px solid #1D4ED8", outlineOffset: "2px" };
    const animation = element.animate([outline, outline], { duration: 1, fill: "forwards" });
    lit.push(() => animation.cancel());
  }

  function lightBadge(root) {
    const style = root.ownerDocument.createElement("style");
    style.textContent = ":host{box-shadow:0 0 0 2px #fff,0 0 0 4px #1D4ED8!important;overflow:visible!important}";
    root.append(style);
    lit.push(() => style.remove());
  }

  function highlight(id, scroll = false) {
    if (id === highlighted) return;
    highlighted = id;
    const mail = frame?.mail;
    lit.splice(0).forEach((end) => end());
    list.querySelectorAll("tr.lit").forEach((row) => row.classList.remove("lit"));
    if (id === null) return;
    const badge = badges.find(({ host }) => host.dataset.badge === id);
    const link = mail?.querySelector(`[data-link="${CSS.escape(id)}"]`);
    if (badge) lightBadge(badge.root);
    for (const element of link ? [link, ...link.querySelectorAll("img")] : []) lightLink(element);
    const row = list.querySelector(`tr[data-row="${CSS.escape(id)}"]`);
    row?.classList.add("lit");
    if (row && !row.matches(":hover, :focus-within")) {
      const [top, bottom] = [row.offsetTop - 40, row.offsetTop + row.offsetHeight];
      if (top < list.scrollTop) list.scrollTop = top;
      else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
    } else if (scroll && badge) badge.host.scrollIntoView({ block: "nearest" });
  }

  return {
    update(newData, setTriggerValue, setStateValue) {
      data = newData;
      [trigger, setState] = [setTriggerValue, setStateValue];
      follow(data);
      drawTools();
      drawLegend();
      drawOnly();
      drawList();
      if (!frame) return;
      drawBadges();
      frame.show({ ...data, width: width() });
    },
    remove() {
      removeEventListener("mailsight:customers", counted);
      frame?.remove();
      root.replaceChildren();
    },
  };
}

// --- The mail as a PNG: the browser draws the frame's document inside an SVG image, which can't load anything. So pictures
// from the network are missing from it, even if they are shown in the frame. ----------------------------------------------

const MAX_SIDE_PX = 16000;
const MAX_AREA_PX = 60_000_000;

async function savePicture(mail, badges, heading, name) {
  const blob = await pictureOf(mail, badges, heading);
  const address = URL.createObjectURL(blob);
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

async function pictureOf(mail, badges, heading) {
  const root = mail.documentElement;
  const [width, height] = [root.scrollWidth, Math.max(root.scrollHeight, mail.body.scrollHeight)];
  const top = heightOf(heading, width);
  const scale = Math.min(2, MAX_SIDE_PX / Math.max(width, top + height), Math.sqrt(MAX_AREA_PX / (width * (top + height))));
  const copy = root.cloneNode(true);
  copy.querySelectorAll("base, meta").forEach((element) => element.remove());
  // A copy has no shadow roots. In a picture, which loads nothing, badges may as well be elements of the mail.
  const copies = copy.querySelectorAll("mailsight-badge");
  badges.forEach(({ root: shadow }, at) => {
    const [style, content] = shadow.children;
    copies[at].style.cssText += style.textContent.slice(":host{".length, -1);
    copies[at].replaceChildren(content.cloneNode(true));
  });
  // In XML, names such as o:p need a namespace.
  copy.querySelectorAll("*").forEach((element) => {
    if (element.localName.includes(":")) element.replaceWith(...element.childNodes);
  });
  const backgroundOf = (element) => mail.defaultView.getComputedStyle(element).background;
  copy.style.cssText += `;display:block;width:${width}px;height:${height}px;background:${backgroundOf(root)}`;
  const wrapper = document.implementation.createHTMLDocument("").createElement("div");
  wrapper.style.cssText = `width:${width}px;height:${height}px;background:${backgroundOf(mail.body)}`;
  wrapper.append(copy);
  if (mail.compatMode === "BackCompat") copy.querySelector("head")?.prepend(quirks(mail));
  const canvas = make("canvas", { width: Math.round(width * scale), height: Math.round((top + height) * scale) });
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  // Two pictures, because the mail's style sheets would apply to the heading too.
  context.drawImage(await drawnBy(heading, width, top), 0, 0, canvas.width, top * scale);
  context.drawImage(await drawnBy(wrapper, width, height), 0, top * scale, canvas.width, height * scale);
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("empty"))), "image/png"));
}

// The height of an element at a width, without the page's styles.
function heightOf(element, width) {
  const host = make("div", { style: `all:initial;position:absolute;visibility:hidden;width:${width}px` });
  host.attachShadow({ mode: "open" }).append(element);
  document.body.append(host);
  const height = Math.ceil(element.getBoundingClientRect().height);
  host.remove();
  return height;
}

async function drawnBy(element, width, height) {
  const xml = new XMLSerializer().serializeToString(element).replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><foreignObject width="100%" height="100%">${xml}</foreignObject></svg>`;
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await picture.decode();
  return picture;
}

// In quirks mode, tables don't inherit these properties (https://quirks.spec.whatwg.org/#the-tables-inherit-color-from-body-quirk
// and the HTML standard, 15.3.8). SVG has no quirks mode.
function quirks(mail) {
  const style = mail.createElement("style");
  style.textContent = "table{font-size:medium;font-weight:400;font-style:normal;font-variant:normal;line-height:normal;text-align:start;white-space:normal}";
  return style;
}

// Shows an e-mail in a frame without scripts. The frame is as tall as the mail, so that the page scrolls and not the frame.
// On a desktop it is at least as wide as the mail needs, and drawn smaller where the page has less room.
//
// The mail comes from a blob: URL. A srcdoc document is in standards mode whatever its doctype says, which opens gaps
// between the sliced pictures of older mails, and a #link in it loads the dashboard into the frame.

const SANDBOX = "allow-same-origin";
const WITH_POPUPS = `${SANDBOX} allow-popups allow-popups-to-escape-sandbox`;

const ORIGIN = /^https?:\/\/[a-z0-9_.-]+(?::[0-9]+)?$/;

// The mail has a policy of its own (mailsight/mail/safety.py). This one holds whatever becomes of the mail. It names
// the origins of its pictures, since what it allows for pictures, it allows for prefetching and SVG effects too.
const policy = (origins) =>
  "default-src 'none'; style-src 'unsafe-inline'; font-src data:; form-action 'none'; base-uri 'none'; "
  + `img-src ${["data:", ...origins.filter((origin) => ORIGIN.test(origin))].join(" ")}`;

// No policy keeps a link element from connecting to a server or looking up its name, and a frame's srcdoc may contain
// more of them, as entities. Without these start tags in the source, no parser makes such an element.
const UNSTOPPED = /<(?=link|iframe)/gi;

// The policy comes right after the doctype, which decides on the browser's mode. Anything before the doctype is left out,
// because a browser may end a comment sooner than this pattern (`<!-->`).
const DOCTYPE = /^(?:\s|<!--[^-]*(?:-(?!->)[^-]*)*-->)*(<!doctype[^>]*>)/i;

function protectedMail(html, origins) {
  const [start, doctype] = DOCTYPE.exec(html) ?? ["", ""];
  const meta = `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy(origins)}">`
    + '<meta http-equiv="x-dns-prefetch-control" content="off">';
  return doctype + meta + html.slice(start.length).replace(UNSTOPPED, "<x-");
}

// A form or picture whose name is "body" would shadow the document's own property.
const property = (name) => {
  const { get } = Object.getOwnPropertyDescriptor(Document.prototype, name);
  return (mail) => get.call(mail);
};
const [bodyOf, rootOf, scrollerOf, fontsOf, sheetsOf] =
  ["body", "documentElement", "scrollingElement", "fonts", "styleSheets"].map(property);

// Mails without media queries are usually made for 600 px.
const MIN_DESKTOP_PX = 640;
// No mail needs more; what is further out was moved there to hide it.
const MAX_DESKTOP_PX = 1280;

// The least width at which none of a mail's media queries takes the screen for a phone.
function desktopWidth(mail) {
  const widths = [MIN_DESKTOP_PX];
  const read = (query) => {
    if (!/width/i.test(query)) return;
    for (const [, number, unit] of query.matchAll(/([0-9.]+)(px|r?em)/gi)) widths.push(number * (unit.toLowerCase() === "px" ? 1 : 16) + 1);
  };
  const walk = (rules) => {
    for (const rule of rules) {
      if (rule.media) read(rule.media.mediaText);
      if (rule.cssRules) walk(rule.cssRules);
    }
  };
  for (const sheet of sheetsOf(mail)) {
    read(sheet.media.mediaText);
    walk(sheet.cssRules);
  }
  return Math.ceil(Math.max(...widths.filter((width) => width <= MAX_DESKTOP_PX)));
}

// An element. Attributes without a value and children that are null are left out.
const make = (name, attributes = {}, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
};

// Calls `ready` with the document of each mail that the frame has loaded, `rescaled` when its scale has changed since, and
// `laidOut` whenever it has been fitted.
function mailFrame(parentElement, ready = () => {}, rescaled = () => {}, laidOut = () => {}) {
  const holder = document.createElement("div");
  const frame = document.createElement("iframe");
  holder.className = "mail";
  frame.setAttribute("referrerpolicy", "no-referrer");
  holder.append(frame);
  parentElement.append(holder);

  let shown, shownDark, address, width, fixedWidth, needed, fitted, planned;
  let scale = 1;
  const inside = new ResizeObserver(fit);
  const outside = new ResizeObserver(() => {
    if (holder.clientWidth === width) return;
    width = holder.clientWidth;
    fit();
  });
  outside.observe(holder);
  frame.addEventListener("load", () => {
    const mail = frame.contentDocument;
    inside.disconnect();
    fitted = null;
    if (!mail || !bodyOf(mail)) return;
    needed = desktopWidth(mail);
    rootOf(mail).style.setProperty("print-color-adjust", "exact");
    fit(); // before badges are added, with which each layout takes much longer
    ready(mail);
    EventTarget.prototype.addEventListener.call(mail, "keydown", passEscape, true);
    fontsOf(mail).ready.then(fitSoon);
    EventTarget.prototype.addEventListener.call(mail, "load", fitSoon, true); // pictures
    inside.observe(bodyOf(mail)); // anything else that changes size
  });

  // Escape closes the dialog around the mail, which gets no keys that are pressed in the mail.
  function passEscape(event) {
    if (event.key === "Escape") frame.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, composed: true }));
  }

  // Fits once, however many pictures have loaded since the last animation frame.
  function fitSoon() {
    planned ??= requestAnimationFrame(() => {
      planned = null;
      fit();
    });
  }

  function fit() {
    const mail = frame.contentDocument;
    if (!mail || !bodyOf(mail) || !holder.clientWidth) return; // the tab is hidden
    const [root, body] = [rootOf(mail), bodyOf(mail)];
    const height = () => Math.max(root.scrollHeight, body.scrollHeight);
    const room = holder.clientWidth - 2; // without the border
    const size = () =>
      `${room} ${fixedWidth} ${frame.clientWidth} ${frame.clientHeight} ${body.offsetWidth} ${body.offsetHeight} ${height()}`;
    if (size() === fitted) return;
    // Measure with zero height, since a mail as tall as its window would never shrink, and without a scrollbar, which
    // would make the mail narrower. Meanwhile the holder keeps the page from jumping.
    holder.style.minHeight = `${holder.offsetHeight}px`;
    root.style.setProperty("overflow-y", "hidden", "important");
    frame.style.height = "0";
    let wide = fixedWidth ?? Math.max(room, needed ?? 0);
    frame.style.width = `${wide}px`;
    if (!fixedWidth && root.scrollWidth > wide && root.scrollWidth <= MAX_DESKTOP_PX) {
      wide = root.scrollWidth;
      frame.style.width = `${wide}px`;
    }
    frame.style.height = `${height()}px`;
    // Elements sized in vh grow with the frame. Adjusting once shows most such mails in full; repeating it might never end.
    frame.style.height = `${height()}px`;
    const scrollbar = frame.clientHeight - (scrollerOf(mail) ?? root).clientHeight;
    if (scrollbar > 0) frame.style.height = `${height() + scrollbar}px`;
    root.style.removeProperty("overflow-y");
    // A transformed frame keeps its room in the layout, which negative margins give back.
    const before = scale;
    scale = Math.min(1, room / wide);
    frame.style.transform = scale < 1 ? `scale(${scale})` : "";
    frame.style.marginRight = `${(scale - 1) * frame.offsetWidth}px`;
    frame.style.marginBottom = `${(scale - 1) * frame.offsetHeight}px`;
    holder.style.minHeight = "";
    fitted = size();
    if (scale !== before) rescaled();
    laidOut();
  }

  return {
    get mail() {
      return frame.contentDocument;
    },
    get scale() {
      return scale;
    },
    holder,
    element: frame,
    // `origins`: where the mail's pictures may load from. `popups`: whether its links may open. `dark`: draw its colours inverted.
    show({ html, title, width, origins, popups = true, dark = false }) {
      frame.title = title;
      fixedWidth = width;
      if (html === shown && dark === shownDark) return fit();
      [shown, shownDark] = [html, dark];
      frame.setAttribute("sandbox", popups ? WITH_POPUPS : SANDBOX); // from the next document on
      URL.revokeObjectURL(address);
      const mail = protectedMail(html, origins ?? []);
      address = URL.createObjectURL(new Blob([mail], { type: "text/html;charset=utf-8" }));
      // Another `src` would be an entry in the browser's history.
      if (frame.src) frame.contentWindow.location.replace(address);
      else frame.src = address;
    },
    remove() {
      inside.disconnect();
      outside.disconnect();
      cancelAnimationFrame(planned);
      URL.revokeObjectURL(address);
      holder.remove();
    },
  };
}

// Shows an e-mail in a frame without scripts. The frame is as tall as the mail, so that the page scrolls and not the frame.
//
// The mail comes from a blob: URL. A srcdoc document is in standards mode whatever its doctype says, which opens gaps
// between the sliced pictures of older mails, and a #link in it loads the dashboard into the frame.

const SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox";

// The mail has a policy of its own (mailsight/mail/safety.py). This one holds whatever becomes of the mail.
const policy = (pictures) =>
  "default-src 'none'; style-src 'unsafe-inline'; font-src data:; form-action 'none'; base-uri 'none'; "
  + `img-src data:${pictures ? " https: http:" : ""}`;

// The policy comes right after the doctype, which decides on the browser's mode.
const DOCTYPE = /^(?:\s|<!--[^]*?-->)*<!doctype[^>]*>/i;

function protectedMail(html, pictures) {
  const start = DOCTYPE.exec(html)?.[0] ?? "";
  const meta = `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy(pictures)}">`
    + '<meta http-equiv="x-dns-prefetch-control" content="off">';
  return start + meta + html.slice(start.length);
}

// A form or picture whose name is "body" would shadow the document's own property.
const property = (name) => {
  const { get } = Object.getOwnPropertyDescriptor(Document.prototype, name);
  return (mail) => get.call(mail);
};
const [bodyOf, rootOf, scrollerOf, fontsOf] = ["body", "documentElement", "scrollingElement", "fonts"].map(property);

// Calls `ready` with the document of each mail that the frame has loaded.
function mailFrame(parentElement, ready = () => {}) {
  const holder = document.createElement("div");
  const frame = document.createElement("iframe");
  holder.className = "mail";
  frame.setAttribute("sandbox", SANDBOX);
  frame.setAttribute("referrerpolicy", "no-referrer");
  holder.append(frame);
  parentElement.append(holder);

  let shown, address, width, fitted, planned;
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
    fit(); // before badges are added, with which each layout takes much longer
    ready(mail);
    fontsOf(mail).ready.then(fitSoon);
    EventTarget.prototype.addEventListener.call(mail, "load", fitSoon, true); // pictures
    inside.observe(bodyOf(mail)); // anything else that changes size
  });

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
    const size = () => `${frame.clientWidth} ${frame.clientHeight} ${body.offsetWidth} ${body.offsetHeight} ${height()}`;
    if (size() === fitted) return;
    // Measure with zero height, since a mail as tall as its window would never shrink, and without a scrollbar, which
    // would make the mail narrower. Meanwhile the holder keeps the page from jumping.
    holder.style.minHeight = `${holder.offsetHeight}px`;
    root.style.setProperty("overflow-y", "hidden", "important");
    frame.style.height = "0";
    frame.style.height = `${height()}px`;
    // Elements sized in vh grow with the frame. Adjusting once shows most such mails in full; repeating it might never end.
    frame.style.height = `${height()}px`;
    const scrollbar = frame.clientHeight - (scrollerOf(mail) ?? root).clientHeight;
    if (scrollbar > 0) frame.style.height = `${height() + scrollbar}px`;
    root.style.removeProperty("overflow-y");
    holder.style.minHeight = "";
    fitted = size();
  }

  return {
    get mail() {
      return frame.contentDocument;
    },
    show({ html, title, width, pictures }) {
      frame.title = title;
      frame.style.width = width ? `${width}px` : "100%";
      if (html === shown) return;
      shown = html;
      URL.revokeObjectURL(address);
      const mail = protectedMail(html, pictures);
      address = URL.createObjectURL(new Blob([mail], { type: "text/html;charset=utf-8" }));
      frame.src = address;
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

// The frame of frame.js, which is loaded before this script, as a component. The mail's links that open nothing by themselves
// (mailsight/mail/views.py) show where they lead in a bar at the bottom of the window.

const views = new WeakMap();

export default function ({ data, parentElement }) {
  if (!views.has(parentElement)) views.set(parentElement, mailView(parentElement));
  const view = views.get(parentElement);
  view.show(data);
  return () => {
    view.remove();
    views.delete(parentElement);
  };
}

// A form in the mail may have a control whose id is the name of a method.
const closest = (element, selector) => Element.prototype.closest.call(element, selector);
const listen = (mail, type, act) => EventTarget.prototype.addEventListener.call(mail, type, act, true);

function mailView(parentElement) {
  let data, opener;
  const frame = mailFrame(parentElement, opened, () => {}, drawClip);
  const clip = make("div", { class: "clip", role: "note" }, make("span"));
  const bar = make("section", { class: "target", popover: "auto", tabindex: "-1", "aria-label": "Where the link leads" });
  frame.holder.append(clip);
  parentElement.append(bar);
  clip.hidden = true;
  bar.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });

  function opened(mail) {
    bar.hidePopover();
    if (data.dark) darken(mail, frame.element);
    else frame.element.style.removeProperty("background");
    // Whatever would follow a link: Enter and every kind of click, also one that opens a tab or downloads.
    for (const type of ["click", "auxclick"]) listen(mail, type, follow);
    // A browser's menu for links would open the mail itself in a tab.
    listen(mail, "contextmenu", (event) => linkOf(event) && event.preventDefault());
  }

  const targetOf = (link) => data.links[link.getAttribute("data-link")];

  // The link that an event is on, if it may not act: where windows may open, a link has to be known, or within the mail.
  function linkOf(event) {
    const link = closest(event.target, "a, area");
    return link && (!data.popups || targetOf(link) || link.getAttribute("href")?.startsWith("#")) ? link : null;
  }

  function follow(event) {
    const link = linkOf(event);
    if (!link) return;
    const target = targetOf(link);
    const isPlain = event.type === "click" && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!target && isPlain) { // a place within the mail
      bar.hidePopover();
      return;
    }
    event.preventDefault();
    if (target && event.button !== 2) show(target, link);
  }

  function show(target, link) {
    opener = link;
    const cross = make("button", { type: "button", class: "close", "aria-label": "Close" }, "×");
    cross.addEventListener("click", close);
    bar.replaceChildren(
      make("div", {},
        make("p", { class: "leads" }, target.leads),
        make("p", { class: "url" }, target.url),
        make("p", {}, target.why)),
      ...(target.href ? [make("a", { href: target.href, target: "_blank", rel: "noopener noreferrer", referrerpolicy: "no-referrer" }, "Open anyway")] : []),
      cross);
    bar.showPopover();
    bar.focus({ preventScroll: true });
  }

  function close() {
    bar.hidePopover();
    if (opener?.isConnected) opener.focus({ preventScroll: true });
  }

  // Where Gmail clips the mail, a line across it.
  function drawClip() {
    const at = data.clipped && topAfterComment(frame.mail, data.clipped.comment);
    clip.hidden = !Number.isFinite(at);
    if (clip.hidden) return;
    clip.firstChild.textContent = data.clipped.words;
    clip.style.top = `${frame.element.offsetTop + at * frame.scale}px`;
  }

  return {
    show(newData) {
      data = newData;
      frame.show(data);
    },
    remove() {
      frame.remove();
      bar.remove();
    },
  };
}

// Where what follows a comment begins, in pixels from the top; the end of what precedes it if nothing follows; undefined
// without the comment.
function topAfterComment(mail, comment) {
  const root = Document.prototype.createTreeWalker.call(mail, mail, NodeFilter.SHOW_COMMENT | NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  let bottom, isAfter = false;
  while (root.nextNode()) {
    const node = root.currentNode;
    if (node.nodeType === Node.COMMENT_NODE) {
      isAfter ||= node.data === comment;
    } else if (isAfter || node.nodeType === Node.TEXT_NODE) {
      const range = Document.prototype.createRange.call(mail);
      if (node.nodeType === Node.TEXT_NODE) range.selectNodeContents(node);
      else range.selectNode(node);
      const box = [...range.getClientRects()].find(({ width, height }) => width && height);
      if (box && isAfter) return box.top;
      if (box) bottom = Math.max(bottom ?? 0, box.bottom);
    }
  }
  return isAfter ? bottom : undefined;
}

// Names the texts on the page, or in its open dialog, that are cut off or out of sight without a visible way to them.
() => {
  const SLACK = 1.5;
  const faults = new Set();
  const parentOf = (node) => node.parentElement ?? node.getRootNode().host ?? node.ownerDocument.defaultView.frameElement;
  const styleOf = (node) => node.ownerDocument.defaultView.getComputedStyle(node);
  const nameOf = (node) => node.dataset.testid ?? (node.className?.baseVal ?? node.className).split(" ")[0] ?? node.localName;

  // A box in the coordinates of the window, whatever frame it is in.
  const placeOf = (node, box) => {
    let [left, right, top, bottom] = [box.left, box.right, box.top, box.bottom];
    for (let frame = node.ownerDocument.defaultView.frameElement; frame; frame = frame.ownerDocument.defaultView.frameElement) {
      const around = frame.getBoundingClientRect();
      [left, right, top, bottom] = [left + around.left, right + around.left, top + around.top, bottom + around.top];
    }
    return { left, right, top, bottom };
  };

  // A text that ends in "…" and is shown in full on hover, or a scroller that says what is out of sight.
  const hasTitle = (node) => node.closest("[title], [data-tip], .ag-cell") !== null;
  const leadsOn = (scroller) => scroller.matches(".scroll") || scroller.closest(".ag-root-wrapper")?.querySelector(".more");

  const problem = (node, text) => {
    let scrolled = false;
    for (let around = node; around; around = parentOf(around)) {
      const style = styleOf(around);
      const isPage = ["html", "body"].includes(around.localName);
      const box = placeOf(around, around.getBoundingClientRect());
      if (around.clientWidth <= 2 && style.overflowX === "hidden") return null; // for screen readers
      if (style.position === "fixed") return null;
      if (isPage) continue;
      const isOutside = text.right > box.right + SLACK || text.left < box.left - SLACK;
      const isBelow = text.bottom > box.bottom + 2 * SLACK || text.top < box.top - 2 * SLACK;
      const cuts = (overflow) => ["hidden", "clip"].includes(overflow);
      if (cuts(style.overflowX) && isOutside && !scrolled) {
        return style.textOverflow === "ellipsis" && hasTitle(node) ? null : `cut off by ${nameOf(around)}`;
      }
      if (cuts(style.overflowY) && isBelow && !scrolled) return hasTitle(node) ? null : `cut off below by ${nameOf(around)}`;
      const scrolls = (overflow, size, room) => ["auto", "scroll"].includes(overflow) && size > room + 1;
      if (scrolls(style.overflowX, around.scrollWidth, around.clientWidth) && isOutside) {
        return leadsOn(around) ? null : `out of sight in ${nameOf(around)}`;
      }
      scrolled ||= scrolls(style.overflowY, around.scrollHeight, around.clientHeight);
    }
    return text.right > innerWidth + 1 || text.left < -1 ? "outside the window" : null;
  };

  const look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) look(node.shadowRoot);
      if (node.localName === "iframe") {
        const box = node.getBoundingClientRect();
        if (box.right > innerWidth + 1 || box.left < -1) faults.add("a frame is outside the window");
        // What is in an e-mail is its sender's concern.
        if (box.width && node.contentDocument && !node.closest(".mail")) look(node.contentDocument);
      }
      if (["script", "style", "title", "option"].includes(node.localName)) continue;
      const texts = [...node.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
      if (!texts.length || !node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      const range = node.ownerDocument.createRange();
      for (const text of texts) {
        range.selectNodeContents(text);
        for (const box of range.getClientRects()) {
          const found = box.width >= 1 && problem(node, placeOf(node, box));
          if (found) faults.add(`“${text.data.trim().slice(0, 40)}” is ${found}`);
        }
      }
    }
  };

  look(document.querySelector('[role="dialog"]') ?? document);
  for (const scroller of document.querySelectorAll('html, [data-testid="stMain"], [role="dialog"]')) {
    if (scroller.scrollWidth > Math.min(scroller.clientWidth, innerWidth)) faults.add(`${nameOf(scroller)} scrolls sideways`);
  }
  return [...faults];
}

// Draws a mail in dark colours, as some mail programs do for mails without dark styles of their own: light colours become dark
// and dark ones light, in the same hue. Pictures stay as they are, and so does what is on top of them.

const DARK_COLOURS = ["color", "background-color", "border-top-color", "border-right-color", "border-bottom-color",
  "border-left-color", "text-decoration-color", "background-image"];
const COLOUR = /rgba?\(\s*([0-9.]+)[ ,]+([0-9.]+)[ ,]+([0-9.]+)(?:[ ,/]+([0-9.]+%?))?\s*\)/g;
const DARKEST = 0.07; // of white, as programs don't use pure black
const MAX_DARKENED = 50_000;

// HSL with the lightness inverted.
function inverted([red, green, blue]) {
  const [max, min] = [Math.max(red, green, blue) / 255, Math.min(red, green, blue) / 255];
  const lightness = (max + min) / 2;
  const chroma = max - min;
  const saturation = chroma && chroma / (1 - Math.abs(2 * lightness - 1));
  const dark = DARKEST + (1 - DARKEST) * (1 - lightness);
  const newChroma = saturation * (1 - Math.abs(2 * dark - 1));
  const scale = chroma ? newChroma / chroma : 0;
  const middle = (max + min) / 2;
  return [red, green, blue].map((value) => Math.round(255 * (dark + (value / 255 - middle) * scale)));
}

// The colour of a link without one of its own, as browsers have it in dark mode: inverted, it stays dark.
const LINK = "rgb(0, 0, 238)";
const DARK_LINK = "rgb(158, 158, 255)";

const invertedColours = (value) => value === LINK ? DARK_LINK
  : value.replace(COLOUR, (whole, red, green, blue, alpha) => `rgb(${inverted([red, green, blue].map(Number)).join(" ")}${alpha ? ` / ${alpha}` : ""})`);

const isVisible = (colour) => !/^rgba\(.*, 0\)$/.test(colour);

function darken(mail, frame) {
  frame.style.background = invertedColours("rgb(255, 255, 255)");
  const view = mail.defaultView;
  const changes = [];
  const walker = Document.prototype.createTreeWalker.call(mail, mail, NodeFilter.SHOW_ELEMENT);
  const onPicture = new WeakSet();
  for (let number = 0; number < MAX_DARKENED && walker.nextNode(); number++) {
    const element = walker.currentNode;
    if (element.localName === "mailsight-mark") continue; // ours, legible as it is
    const style = view.getComputedStyle(element);
    const parent = element.parentElement;
    const hasPicture = style.backgroundImage.includes("url(");
    const isOnPicture = hasPicture || (parent && onPicture.has(parent) && !isVisible(style.backgroundColor));
    if (isOnPicture) {
      onPicture.add(element);
      // What it inherits has been inverted, so its colours are written out.
      changes.push([element, [["color", style.color]]]);
      continue;
    }
    const changed = DARK_COLOURS.map((name) => [name, style.getPropertyValue(name)])
      .filter(([name, value]) => value !== "none" && (name !== "background-color" || isVisible(value)))
      .map(([name, value]) => [name, invertedColours(value)]);
    changes.push([element, changed]);
  }
  // Only now, since a changed colour is inherited.
  for (const [element, changed] of changes) {
    for (const [name, value] of changed) element.style.setProperty(name, value, "important");
  }
}

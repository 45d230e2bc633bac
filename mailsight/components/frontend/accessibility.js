// Mends what Streamlit's elements lack for keyboards and screen readers, in the whole page: names and roles; Tab in dialogs;
// and the focus, which returns to where it was when whatever took it (a dialog, a menu) or had it (a button that is drawn
// again) disappears.

// What is missing, by selector. React sets only attributes that it changes, so these stay.
const MISSING = [
  [".st-key-trail", { role: "navigation", "aria-label": "Breadcrumbs" }],
  [".stLogo", { alt: "Mailsight" }],
  // A chart's figure has its description; the words in its drawing make no sense on their own.
  [".js-plotly-plot svg, #js-plotly-tester", { "aria-hidden": "true" }],
  // Icons stand beside words that say the same.
  ['[role="img"][aria-label$=" icon"]', { "aria-hidden": "true" }],
  ['[data-testid="stMultiSelect"] button[aria-haspopup="listbox"]', { "aria-label": "Show all tags" }],
  ['[data-testid="stFileUploaderDropzone"]', { role: "group" }],
  ['[data-testid="stFileUploaderDropzone"] button:not([data-testid="stBaseButton-minimal"])', { "aria-label": "Choose files to upload" }],
];

// Names that say nothing, and what to say in front of the words beside them.
const VAGUE = { Help: "Help for", "Link to heading": "Link to" };

const CAN_FOCUS = "a[href], button, input, select, summary, textarea, iframe, [tabindex]";

const GRID = "Customers"; // the title of the grid's frame (grid.js)

const parentOf = (node) => node.parentElement ?? node.getRootNode().host;
const ancestors = (node) => (node ? [node, ...ancestors(parentOf(node))] : []);
const nameOf = (element) => element.getAttribute("aria-label") ?? element.textContent;
const isSame = (a, b) => a.localName === b.localName && nameOf(a) === b.name;
const dialog = () => document.querySelector('[role="dialog"]');

const focusedElement = () => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element;
};

// What can have the focus within `scope`, in shadow roots too.
const focusable = (scope) =>
  [...(scope.shadowRoot ?? scope).querySelectorAll("*")].flatMap((element) =>
    element.shadowRoot ? focusable(element) : element.matches(CAN_FOCUS) && element.checkVisibility() ? [element] : []);

let last; // what had the focus last in the page itself
let isAway = false; // whether the focus is outside of it since, in a dialog or menu

function remember() {
  const element = focusedElement();
  if (!element || element === document.body) return;
  const around = ancestors(element);
  const isBack = isAway;
  isAway = !around.some((node) => node.id === "root");
  if (isAway) return;
  if (isBack && element.title === GRID) element.contentWindow.mailsight?.focusAgain();
  last = { element, around, localName: element.localName, name: nameOf(element), path: location.pathname };
  last.place = [...element.getRootNode().querySelectorAll(element.localName)].filter((other) => isSame(other, last)).indexOf(element);
}

// The same element, or its like where it was, or what is closest to that; on another page, its title.
function successor() {
  if (last.path !== location.pathname) {
    const title = document.querySelector("h1");
    if (title) title.tabIndex = -1;
    return title;
  }
  if (last.element.isConnected && last.element.checkVisibility()) return last.element;
  for (const scope of last.around.filter((node) => node.isConnected)) {
    const candidates = focusable(scope);
    const same = candidates.filter((candidate) => isSame(candidate, last));
    if (candidates.length) return same[Math.min(last.place, same.length - 1)] ?? candidates[0];
  }
  return null;
}

function restore() {
  if (document.activeElement !== document.body) return;
  if (dialog()) return dialog().focus({ preventScroll: true });
  if (!last || (!isAway && last.element.isConnected)) return; // the user clicked beside everything
  successor()?.focus({ preventScroll: true });
  remember(); // there is no event when the focus moves from a removed frame into another frame
}

// Moves the focus within a dialog. Streamlit's dialogs keep Tab to themselves, and look for neither frames nor anything in a
// shadow root: no row of a table could be reached.
function moveInDialog(event) {
  const current = focusedElement();
  const around = dialog();
  if (event.key !== "Tab" || event.altKey || event.ctrlKey || event.metaKey || !around || !ancestors(current).includes(around)) return;
  const group = current.closest('[role="radiogroup"], [role="toolbar"]'); // has arrow keys
  const stops = focusable(around).filter((element) =>
    element === current || (element.tabIndex >= 0 && !element.disabled && !(group && group.contains(element))));
  const step = event.shiftKey ? -1 : 1;
  event.preventDefault();
  event.stopImmediatePropagation();
  const place = stops.indexOf(current); // -1 for the dialog itself, before its first stop
  stops.at(place < 0 && event.shiftKey ? -1 : (place + step) % stops.length)?.focus();
}

// Fields that are what their dialog is opened for.
const FIRST_FIELD = ".st-key-find_customer input";

let entered; // the field that got the focus when its dialog opened

function enterFirstField() {
  const field = dialog()?.querySelector(FIRST_FIELD);
  if (!field || field === entered || focusedElement() !== dialog()) return;
  entered = field;
  field.focus();
}

function mend() {
  for (const [selector, attributes] of MISSING) {
    for (const element of document.querySelectorAll(selector)) {
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    }
  }
  for (const [vague, words] of Object.entries(VAGUE)) {
    for (const element of document.querySelectorAll(`[aria-label="${vague}"]`)) {
      const [beside] = element.closest('[data-testid="stElementContainer"]').textContent.trim().split(/ · |: /);
      element.setAttribute("aria-label", `${words} ${beside}`);
    }
  }
  for (const button of document.querySelectorAll('[data-testid="stSelectbox"] button[aria-haspopup="listbox"]')) {
    button.setAttribute("aria-label", `Choices for ${button.parentNode.querySelector("input").getAttribute("aria-label")}`);
  }
  for (const button of document.querySelectorAll('[class*="st-key-issued_"] button')) {
    const [title, facts] = [...button.closest('[class*="st-key-issued_"]').querySelectorAll("p")].map((words) => words.textContent);
    button.setAttribute("aria-label", `Revoke ${title}, ${facts.split(" · ").at(-1)}`);
  }
  restore();
  enterFirstField();
}

function start() {
  let planned;
  new MutationObserver(() => {
    planned ??= requestAnimationFrame(() => {
      planned = null;
      mend();
    });
  }).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("focusin", () => {
    remember();
    enterFirstField();
  });
  window.addEventListener("blur", remember); // the focus went into a frame
  // Nothing else tells when the focus moves, or what has it disappears, within a component.
  window.addEventListener("click", remember, true);
  window.addEventListener("keydown", (event) => {
    restore();
    remember();
    moveInDialog(event);
  }, true);
  mend();
}

export default function () {
  if (document.documentElement.dataset.mended) return;
  document.documentElement.dataset.mended = "true";
  start();
}

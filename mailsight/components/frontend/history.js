// One step of the user is one entry of the browser's history, and an answer that comes late changes no other page.
//
// Streamlit adds an entry whenever the address changes, or replaces one if that happens soon after Back. Here:
// - what is typed into one search box is one entry, however often it pauses, and so are the steps within one dialog;
// - closing a dialog leaves the entry that opening it added, and Back passes over one of the two;
// - an answer that was on its way when the user left an address (links.js, Back) is dropped, and the page asked for again:
//   otherwise Streamlit would write the old page's parameters behind the new page's path.
// An entry's state has its `index`, and the search that was `typed` in it.

const SEARCHES = ["q"];
const DIALOG = "dialog";

const params = (address) => new URL(address, location.href).searchParams;

const changedNames = (before, after) =>
  [...new Set([...before.keys(), ...after.keys()])].filter((name) => String(before.getAll(name)) !== String(after.getAll(name)));

function takeOver() {
  const [push, replace] = [history.pushState.bind(history), history.replaceState.bind(history)];
  const indexHere = () => history.state?.index ?? 0;
  let here = { index: indexHere(), address: location.href };
  let left = null; // the path and parameters of the address that was left, until the page at the new one has been run
  let hasAskedAgain = false;

  const arriveAt = (from) => {
    left = { path: new URL(from).pathname, params: params(from) };
    hasAskedAgain = false;
    here = { index: indexHere(), address: location.href };
  };

  const isLate = (after) =>
    left && !hasAskedAgain && changedNames(left.params, after).length < changedNames(params(location.href), after).length;

  const write = (original) => (state, title, address) => {
    const to = new URL(address ?? location.href, location.href);
    if (to.origin !== location.origin) return original(state, title, address);
    if (to.href === location.href) return;
    if (to.pathname !== location.pathname) {
      if (left?.path === to.pathname && !state?.isLink) return; // an answer of the page that was left
      const from = location.href;
      push({ ...state, index: here.index + 1 }, title, address);
      return arriveAt(from);
    }
    if (isLate(to.searchParams)) {
      hasAskedAgain = true;
      return setTimeout(() => window.dispatchEvent(new PopStateEvent("popstate")));
    }
    const names = changedNames(params(location.href), to.searchParams);
    const typed = names.find((name) => SEARCHES.includes(name));
    // Closing a dialog, a step within it, or opening the next one before the answer to closing it has come.
    const isInDialog = names.includes(DIALOG) && params(location.href).has(DIALOG);
    if (left || isInDialog || (typed && history.state?.typed === typed)) replace({ ...history.state, index: here.index }, title, address);
    else push({ ...state, typed, index: here.index + 1 }, title, address);
    here = { index: indexHere(), address: location.href };
  };

  history.pushState = write(push);
  history.replaceState = write(replace);
  window.addEventListener("popstate", (event) => {
    const [step, from] = [indexHere() - here.index, here.address];
    if (step && location.href === from) {
      here.index += step;
      event.stopImmediatePropagation();
      history.go(Math.sign(step));
    } else if (location.href !== from) arriveAt(from);
  }, true);
  // Links of Streamlit's own change the address only when the answer comes, by the parameters known by then.
  window.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[data-testid="stPageLink-NavLink"][href]:not([disabled], [target="_blank"])');
    if (!link || event.button || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    openPage(new URL(`./${link.getAttribute("href")}`, location.href).href); // the first page's is empty, or a query
  }, true);

  return (page, query) => {
    const ran = new URLSearchParams(query);
    if (left && page === pageHere() && !changedNames(ran, params(location.href)).length) left = null;
  };
}

const pageHere = () => location.pathname.split("/").at(-1);

// `data`: the page that has been run, and its query. The list of campaigns is the page without a name. And the session: if it
// is another one than before, the server that was writing files (export.js) has ended.
export default function ({ data, setTriggerValue }) {
  window.mailsightHistory ??= takeOver();
  window.mailsightHistory(data.page, data.query);
  const before = window.mailsightSession ?? data.session;
  window.mailsightSession = data.session;
  if (before !== data.session && window.mailsightExports?.size) {
    setTriggerValue("interrupted", [...window.mailsightExports.values()]);
    window.mailsightExports.clear();
  }
}

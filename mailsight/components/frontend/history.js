// One step of the user is one step of the browser's history. Streamlit adds an entry whenever the address changes, so:
// - what is typed into one search box is one entry, however often it pauses;
// - closing a dialog goes back to the page without it, instead of adding that page once more.
// An entry's state has the search that is `typed` in it, and how many entries ago its dialog was `opened`.

const SEARCHES = ["q"];
const DIALOG = "dialog";

const changedNames = (before, after) =>
  [...new Set([...before.keys(), ...after.keys()])].filter((name) => String(before.getAll(name)) !== String(after.getAll(name)));

if (!history.pushState.mailsight) {
  const push = history.pushState.bind(history);
  history.pushState = (state, title, address) => {
    const to = new URL(address, location.href);
    const samePage = to.pathname === location.pathname;
    const [before, after] = [new URL(location.href).searchParams, to.searchParams];
    const names = samePage ? changedNames(before, after) : [];
    const typed = names.find((name) => SEARCHES.includes(name));
    const now = history.state ?? {};
    if (typed && now.typed === typed) return history.replaceState(now, title, address);
    if (samePage && before.has(DIALOG) && !after.has(DIALOG) && now.opened) return history.go(-now.opened);
    const opened = samePage && after.has(DIALOG) ? (before.has(DIALOG) ? now.opened && now.opened + 1 : 1) : undefined;
    return push({ ...state, typed, opened }, title, address);
  };
  history.pushState.mailsight = true;
}

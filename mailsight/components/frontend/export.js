// Watches a file that the server writes: how far it is, then its download, which begins by itself and leaves a link.
//
// It asks the server by itself, so that no page is made again meanwhile. To export a grid, whose filters only the browser
// knows, it first reports the grid's view to Python.

const views = new WeakMap();
const POLL_MS = 400;

export default function ({ data, parentElement, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view || view.id !== data.id) {
    view?.stop();
    view = watch(data, parentElement.querySelector(".export"), setTriggerValue);
    views.set(parentElement, view);
  }
  return () => {
    view.stop();
    views.delete(parentElement);
  };
}

function watch(data, root, setTriggerValue) {
  let timer;
  let stopped = false;
  const bar = element("progress", { max: 1 });
  const words = element("span", { className: "words" });
  const close = element("button", { type: "button", className: "close", textContent: "×" });
  bar.setAttribute("aria-label", `Writing ${data.name}`);
  words.setAttribute("role", "status");
  close.addEventListener("click", () => {
    stop();
    root.replaceChildren();
    setTriggerValue("closed", data.id);
  });
  say(close, "Cancel");
  root.replaceChildren(bar, words, close);
  if (data.grid) reportView();
  else ask();

  // The grid may still be loading.
  function reportView() {
    const view = viewOf(data.grid);
    if (!view) {
      words.textContent = "Waiting for the table";
      timer = setTimeout(reportView, POLL_MS);
    } else if (!reported.has(data.id)) {
      reported.add(data.id);
      setTriggerValue("view", { id: data.id, ...view });
    }
  }

  async function ask() {
    try {
      const answer = await fetch(data.progress, { cache: "no-store" });
      const told = await answer.json();
      if (stopped) return;
      if (told.error) return fail(`${told.error.message} ${told.error.next_step}`);
      if (told.state === "ready") return ready(told);
      if (told.state === "failed") return fail(told.note);
      show(told);
    } catch {
      // The network is away for a moment.
    }
    if (!stopped) timer = setTimeout(ask, POLL_MS);
  }

  function show({ state, done, total }) {
    if (state === "waiting") {
      words.textContent = "Waiting for its turn";
    } else if (total && done < total) {
      bar.value = done / total;
      words.textContent = `${number(done)} of ${number(total)} ${data.unit}`;
    } else {
      bar.removeAttribute("value");
      words.textContent = total ? "Finishing the file" : "Being written";
    }
  }

  function ready({ note, size }) {
    const link = element("a", { href: data.file, download: data.name, textContent: "Download" });
    link.title = data.name;
    words.replaceChildren(link, ` · ${size}`);
    if (note) words.append(element("span", { className: "note", textContent: note }));
    bar.remove();
    say(close, "Remove");
    if (!started.has(data.id)) {
      started.add(data.id);
      link.click();
    }
  }

  function fail(note) {
    bar.remove();
    words.textContent = note;
    root.classList.add("failed");
    say(close, "Close");
  }

  function stop() {
    stopped = true;
    clearTimeout(timer);
  }

  return { id: data.id, stop };
}

// A part of the page that is drawn again neither downloads nor reports again.
const started = new Set();
const reported = new Set();

// What this grid, which lives in a frame of the page, last asked the server for.
function viewOf(grid) {
  for (const frame of document.querySelectorAll("iframe")) {
    try {
      const view = frame.contentWindow.mailsight.view(grid);
      if (view) return JSON.parse(JSON.stringify(view));
    } catch {
      // Another frame: it holds no grid, or can't be looked into.
    }
  }
  return undefined;
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

function say(button, label) {
  button.title = label;
  button.setAttribute("aria-label", label);
}

function number(value) {
  return value.toLocaleString("en");
}

// Shows the progress of an export, then starts the download and leaves a link to it.
//
// It polls the server directly, so that no page is rerun meanwhile. To export a grid, whose filters only the browser
// knows, it first reports the grid's view to Python.

const views = new WeakMap();
const POLL_MS = 400;
// After a server has ended, another one refuses its files, until the page has moved there. How long to wait for that.
const MOVING_MS = 8000;
// The files that are being written, by id. They outlive the server that writes them: see history.js.
const unfinished = (window.mailsightExports ??= new Map());

export default function ({ data, parentElement, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view || view.id !== data.id) {
    view?.stop();
    unfinished.delete(view?.id);
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
  let refusedAt;
  const bar = element("progress", { max: 1 });
  const words = element("span", { className: "words" });
  const close = element("button", { type: "button", className: "close", textContent: "×" });
  bar.setAttribute("aria-label", `Writing ${data.name}`);
  words.setAttribute("role", "status");
  close.addEventListener("click", () => {
    stop();
    unfinished.delete(data.id);
    root.replaceChildren();
    setTriggerValue("closed", data.id);
  });
  label(close, `Cancel ${data.name}`);
  root.replaceChildren(bar, words, close);
  unfinished.set(data.id, { button: data.button, form: data.form, name: data.name });
  if (data.grid) reportView();
  else poll();

  // The grid may still be loading.
  function reportView() {
    const view = askGrid(data.grid, "view");
    if (!view) {
      words.textContent = "Waiting for the table";
      timer = setTimeout(reportView, POLL_MS);
    } else if (!reported.has(data.id)) {
      reported.add(data.id);
      setTriggerValue("view", { id: data.id, ...view });
    }
  }

  async function poll() {
    try {
      const response = await fetch(data.progress, { cache: "no-store" });
      const progress = await response.json();
      if (stopped) return;
      if (progress.error) {
        refusedAt ??= Date.now();
        if (Date.now() - refusedAt > MOVING_MS) return fail(`${progress.error.message} ${progress.error.next_step}`);
        return (timer = setTimeout(poll, POLL_MS));
      }
      refusedAt = undefined;
      if (["ready", "failed"].includes(progress.state)) unfinished.delete(data.id);
      if (progress.state === "ready") return ready(progress);
      if (progress.state === "failed") return fail(progress.note);
      show(progress);
    } catch {
      // The network may be down for a moment: try again.
    }
    if (!stopped) timer = setTimeout(poll, POLL_MS);
  }

  function show({ state, done, total, counted }) {
    if (state === "waiting") {
      words.textContent = "Waiting for other exports";
    } else if (total && done < total) {
      bar.value = done / total;
      words.textContent = `${counted} ${data.unit}`;
    } else {
      bar.removeAttribute("value");
      words.textContent = total ? "Finishing the file" : "Writing the file";
    }
  }

  function ready({ note, size }) {
    const link = element("a", { href: data.file, download: data.name, textContent: "Download" });
    link.title = data.name;
    words.replaceChildren(link, ` · ${size}`);
    if (note) words.append(element("span", { className: "note", textContent: note }));
    bar.remove();
    label(close, `Remove ${data.name}`);
    if (!started.has(data.id)) {
      started.add(data.id);
      link.click();
    }
  }

  function fail(note) {
    bar.remove();
    words.textContent = note;
    root.classList.add("failed");
    label(close, `Close the message about ${data.name}`);
  }

  function stop() {
    stopped = true;
    clearTimeout(timer);
  }

  return { id: data.id, stop };
}

// Each file is downloaded and each view reported only once, even if this part of the page is drawn again.
const started = new Set();
const reported = new Set();

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

function label(button, text) {
  button.title = text;
  button.setAttribute("aria-label", text);
}

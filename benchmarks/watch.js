// Measures, inside the page, the time from a click or navigation until something is shown. Checks once per animation frame,
// including shadow roots and the iframes of components.
(() => {
  const origin = (view) => view.performance.timeOrigin;
  const isTop = window.parent === window;
  const bench = isTop ? (window.bench = { start: null, seen: null, answers: 0 }) : window.top.bench;
  if (!bench) return;
  for (const kind of ["click", "input", "keydown"]) {
    addEventListener(kind, (event) => { bench.start ??= event.timeStamp + origin(window) - origin(window.top); }, true);
  }
  if (!isTop) {
    const fetch = window.fetch;
    window.fetch = async (...request) => {
      const response = await fetch(...request);
      if (String(request[0]).includes("api/recipients")) response.clone().text().then(() => { bench.answers += 1; });
      return response;
    };
    return;
  }

  const roots = () => [document, ...[...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")].map((element) => element.shadowRoot).filter(Boolean)];
  bench.all = (selector) => roots().flatMap((root) => [...root.querySelectorAll(selector)]);
  bench.shown = (selector) => bench.all(selector).some((element) => element.getClientRects().length);
  bench.text = (selector) => bench.all(selector).map((element) => element.textContent.replaceAll("\u2060", "")).join("|");
  bench.idle = () => !!document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]");
  bench.grid = (selector) => {
    const frame = document.querySelector('iframe[title="Customers"]');
    return [...(frame?.contentDocument?.querySelectorAll(selector) ?? [])];
  };
  bench.rows = () => bench.grid(".ag-pinned-left-cols-container .ag-row, .ag-center-cols-container .ag-row").filter((row) => !row.classList.contains("ag-row-loading") && row.textContent.trim());
  bench.figures = () => bench.all("[data-testid=stMetricValue], .cards .value").length;
  bench.badges = () => bench.all(".mail iframe").some((frame) => frame.contentDocument?.querySelector("[data-badge]"));

  // `marks`: a condition for each name. `start`: the start time in milliseconds since navigation; null for the next click.
  bench.watch = (marks, start) => {
    const times = {};
    const tests = Object.entries(marks).map(([name, test]) => [name, new Function("bench", `return ${test}`)]);
    bench.start = start;
    bench.seen = null;
    const look = (now) => {
      if (bench.start !== null) {
        for (const [name, test] of tests) {
          if (!(name in times) && test(bench)) times[name] = performance.now() - bench.start;
        }
        if (Object.keys(times).length === tests.length) { bench.seen = times; return; }
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  };
})();

// Tells, inside of the page, how long it took from a click (or from asking for the page) until something is shown.
// It looks once a frame, also into shadow roots and into the frames of components, and tells the frame's time.
(() => {
  const origin = (view) => view.performance.timeOrigin;
  const mine = window.parent === window;
  const bench = mine ? (window.bench = { start: null, seen: null, answers: 0 }) : window.top.bench;
  if (!bench) return;
  for (const kind of ["click", "input", "keydown"]) {
    addEventListener(kind, (event) => { bench.start ??= event.timeStamp + origin(window) - origin(window.top); }, true);
  }
  if (!mine) {
    const ask = window.fetch;
    window.fetch = async (...question) => {
      const answer = await ask(...question);
      if (String(question[0]).includes("api/recipients")) answer.clone().text().then(() => { bench.answers += 1; });
      return answer;
    };
    return;
  }

  const roots = () => [document, ...[...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")].map((one) => one.shadowRoot).filter(Boolean)];
  bench.all = (selector) => roots().flatMap((root) => [...root.querySelectorAll(selector)]);
  bench.shown = (selector) => bench.all(selector).some((one) => one.getClientRects().length);
  bench.text = (selector) => bench.all(selector).map((one) => one.textContent.replaceAll("\u2060", "")).join("|");
  bench.idle = () => !!document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]");
  bench.grid = (selector) => {
    const frame = document.querySelector('iframe[title="st_aggrid.AgGrid.agGrid"]');
    return [...(frame?.contentDocument?.querySelectorAll(selector) ?? [])];
  };
  bench.rows = () => bench.grid(".ag-pinned-left-cols-container .ag-row, .ag-center-cols-container .ag-row").filter((row) => !row.classList.contains("ag-row-loading") && row.textContent.trim());
  bench.figures = () => bench.all("[data-testid=stMetricValue], .cards .value").length;
  bench.badges = () => bench.all(".mail iframe").some((frame) => frame.contentDocument?.querySelector("[data-badge]"));

  // `marks`: names with what has to be true. `start`: milliseconds since the page was asked for; null: the next click.
  bench.watch = (marks, start) => {
    const told = {};
    const tests = Object.entries(marks).map(([name, test]) => [name, new Function("bench", `return ${test}`)]);
    bench.start = start;
    bench.seen = null;
    const look = (now) => {
      if (bench.start !== null) {
        for (const [name, test] of tests) {
          if (!(name in told) && test(bench)) told[name] = performance.now() - bench.start;
        }
        if (Object.keys(told).length === tests.length) { bench.seen = told; return; }
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  };
})();

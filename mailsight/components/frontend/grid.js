/* The script of the customers' grid. It is sent once, with the first option; the other options refer to functions and classes
   in `window.mailsight` by name. Use block comments only: AG Grid for Streamlit joins the script into one line. */

function baseRequest(params) {
  var bytes = Uint8Array.from(atob(params.context.request), function (letter) { return letter.charCodeAt(0); });
  return JSON.parse(new TextDecoder().decode(bytes));
}

/* A campaign's grid is restored as the user left it in this browser tab: filters, sort order, columns, scroll position and
   focus. */
var REMEMBERED = ['filter', 'sort', 'focusedCell', 'columnOrder'];
var EMPTY = { state: {}, first: 0, rows: 1, left: false };

function savedState(place) {
  try {
    return Object.assign({}, EMPTY, JSON.parse(sessionStorage.getItem(place)));
  } catch (error) {
    return EMPTY;
  }
}

function remember(place, more) {
  try {
    sessionStorage.setItem(place, JSON.stringify(Object.assign(savedState(place), more)));
  } catch (error) {
    /* Without session storage, the grid starts from its defaults. */
  }
}

function initialState(place) { return Object.assign({ partialColumnState: true }, savedState(place).state); }

function initialRows(place) { return savedState(place).rows; }

function saveState(event) {
  var state = {};
  REMEMBERED.forEach(function (part) { if (event.state[part]) state[part] = event.state[part]; });
  if (savedState(event.context.place).sized) state.columnSizing = event.state.columnSizing;
  remember(event.context.place, { state: state });
}

/* Widens the columns that fit beside the pinned ones, so that they fill the grid exactly and the last one isn't cut off; the
   others are reached by scrolling. Not after the user has chosen widths. */
function fitColumns(event) {
  if (savedState(event.context.place).sized) return drawMore(event);
  var room = root().clientWidth;
  var free = [];
  event.api.getAllDisplayedColumns().forEach(function (column) {
    if (column.isPinned()) room -= column.getActualWidth();
    else free.push({ key: column.getColId(), newWidth: column.getColDef().width });
  });
  var taken = 0;
  var fitting = free.filter(function (column) { taken += column.newWidth; return taken <= room; });
  var least = fitting.reduce(function (sum, column) { return sum + column.newWidth; }, 0);
  fitting.forEach(function (column) { column.newWidth = Math.floor(column.newWidth * room / least); });
  event.api.setColumnWidths(free);
  drawMore(event);
}

function columnResized(event) {
  if (event.source !== 'uiColumnResized' || !event.finished) return;
  remember(event.context.place, { sized: true });
  drawMore(event);
}

/* Says how many columns are out of sight, and leads there and back. */
function drawMore(event) {
  var foot = root() && root().querySelector('.foot');
  if (!foot) return;
  var old = foot.querySelector('.more');
  if (old) old.remove();
  var seen = event.api.getHorizontalPixelRange();
  var free = event.api.getAllDisplayedColumns().filter(function (column) { return !column.isPinned(); });
  var right = free.filter(function (column) { return column.getLeft() + column.getActualWidth() > seen.right + 4; });
  if (!right.length && seen.left < 4) return;
  var more = document.createElement('button');
  more.type = 'button';
  more.className = 'more';
  more.textContent = right.length ? right.length + (right.length === 1 ? ' more column →' : ' more columns →') : '← First columns';
  more.addEventListener('click', function () { event.api.ensureColumnVisible(right.length ? right[right.length - 1] : free[0]); });
  foot.append(more);
}

function scrolled(event) {
  if (event.direction === 'horizontal') drawMore(event);
  else saveScroll(event);
}

function saveScroll(event) {
  remember(event.context.place, { first: Math.round(event.top / event.api.getGridOption('rowHeight')) });
}

function root() { return document.querySelector('.ag-root-wrapper'); }

/* How many customers there are, which screen readers announce, and beside it buttons, which they don't. */
function drawFooter(params, result, failed) {
  if (!root()) return;
  var line = root().querySelector('.foot');
  var shown = line && line.firstChild;
  if (!line) {
    line = document.createElement('div');
    shown = document.createElement('div');
    shown.setAttribute('role', 'status');
    line.append(shown);
    root().append(line);
  }
  line.className = failed ? 'foot failed' : 'foot';
  line.querySelectorAll('button').forEach(function (button) { button.remove(); });
  shown.textContent = failed;
  if (failed) return;
  var counted = document.createElement('span');
  counted.textContent = result.counted + (result.total === 1 ? ' customer' : ' customers');
  shown.append(counted);
  if (result.total < params.context.selected) shown.append(' of ' + params.context.all);
  if (window.recipients.isAnyFilterPresent()) {
    var clear = document.createElement('button');
    clear.type = 'button';
    clear.textContent = 'Clear column filters';
    clear.addEventListener('click', function () { window.recipients.setFilterModel(null); });
    line.append(clear);
  }
  drawMore({ api: window.recipients });
}

/* What the grid last requested, so that an export contains the same. Null before the first request, and for another
   campaign's grid. */
var lastView = null;

function view(place) { return lastView && lastView.place === place ? lastView.view : null; }

/* How many customers the grid shows if its columns are filtered; the page counts those that its own filters leave. */
var lastTotal = null;

function filtered(place) {
  return lastTotal && lastTotal.place === place && window.recipients.isAnyFilterPresent() ? lastTotal : null;
}

function publishTotal(place, result) {
  lastTotal = { place: place, total: result.total, counted: result.counted };
  window.parent.dispatchEvent(new CustomEvent('mailsight:customers', { detail: lastTotal }));
}

/* The grid drops the result of an earlier request that arrives after the result of a later one. */
var datasource = {
  rowCount: undefined,
  getRows: function (params) {
    var currentView = {
      filter: params.filterModel,
      sort: params.sortModel,
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone
    };
    lastView = { place: params.context.place, view: currentView };
    var request = Object.assign(baseRequest(params), { start: params.startRow, end: params.endRow }, currentView);
    delete request.generation;
    fetch(params.context.route, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(request)
    }).then(function (response) { return response.json(); }).then(function (result) {
      if (result.error) {
        drawFooter(params, null, result.error.title + '. ' + result.error.message + ' ' + result.error.next_step);
        params.failCallback();
        return;
      }
      params.successCallback(result.rows, result.total);
      if (result.total === 0) window.recipients.showNoRowsOverlay();
      else window.recipients.hideOverlay();
      remember(params.context.place, { rows: Math.max(result.total, 1) });
      drawFooter(params, result, '');
      publishTotal(params.context.place, result);
    }).catch(function () {
      drawFooter(params, null, 'The customers could not be loaded. Reload the page.');
      params.failCallback();
    });
  }
};

/* All buttons that open a column's filter have the same name. The input beside each names its column (for a date it is the
   second of two). */
function nameFilters() {
  document.querySelectorAll('button[aria-label="Open Filter Menu"]').forEach(function (button) {
    var input = Array.from(button.closest('.ag-header-cell').querySelectorAll('input')).pop();
    if (input) button.setAttribute('aria-label', 'More filters: ' + input.getAttribute('aria-label').replace(' Filter Input', ''));
  });
}

function rowId(params) { return params.data.customer_id; }

function ready(event) {
  window.recipients = event.api;
  window.frameElement.title = 'Customers';
  event.api.setGridAriaProperty('label', 'Customers');
  nameFilters();
  new MutationObserver(nameFilters).observe(root(), { childList: true, subtree: true });
  /* After each rerun, AG Grid for Streamlit also passes empty rows, which this row model reports as an error, and options that
     only apply to a new grid. */
  var update = event.api.updateGridOptions;
  event.api.updateGridOptions = function (options) {
    ['rowData', 'initialState', 'infiniteInitialRowCount'].forEach(function (name) { delete options[name]; });
    update.call(event.api, options);
  };
  /* On a phone, pinned columns leave no room for the others. */
  if (window.innerWidth < 600) event.api.setColumnsPinned(['mail', 'name'], null);
  var saved = savedState(event.context.place);
  if (saved.first) event.api.ensureIndexVisible(Math.min(saved.first, saved.rows - 1), 'top');
  /* When coming back from a customer, scroll to the grid. */
  if (saved.left) {
    remember(event.context.place, { left: false });
    window.frameElement.scrollIntoView({ block: 'center' });
  }
}

/* Cells consist of text nodes, so that no customer's name is parsed as HTML. */
class NameCell {
  init(params) {
    this.link = document.createElement('span');
    if (!params.data) return;
    this.link = document.createElement('a');
    this.link.className = 'name';
    this.link.textContent = params.value || params.data.customer_id;
    this.link.href = params.data.address;
    this.link.target = '_blank';
    this.link.addEventListener('click', function (event) {
      if (!(event.metaKey || event.ctrlKey || event.shiftKey)) event.preventDefault();
    });
  }
  getGui() { return this.link; }
  refresh() { return false; }
}

class StateCell {
  init(params) {
    this.chip = document.createElement('span');
    if (!params.data) return;
    this.chip.className = 'state';
    this.chip.textContent = params.data.status_label;
    this.chip.style.setProperty('--colour', params.context.colours[params.value]);
  }
  getGui() { return this.chip; }
  refresh() { return false; }
}

class MailCell {
  init(params) {
    this.button = document.createElement('button');
    this.button.className = 'preview';
    this.button.type = 'button';
    if (!params.data) return;
    var name = params.data.name || params.data.customer_id;
    var titles = {
      not_sent: 'Not sent: show why, and what this customer would have received',
      planned: 'Show the e-mail that is planned for this customer'
    };
    this.button.title = titles[params.data.status] || 'Show the e-mail this customer received';
    this.button.setAttribute('aria-label', (params.data.status === 'not_sent' ? 'Why was no e-mail sent to ' : 'Preview the e-mail to ') + name);
    var shape = 'http:' + '/' + '/www.w3.org/2000/svg';
    var svg = document.createElementNS(shape, 'svg');
    var path = document.createElementNS(shape, 'path');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', 'M3.5 6h17v12h-17zM4 6.5l8 6.5 8-6.5');
    svg.append(path);
    this.button.append(svg);
  }
  getGui() { return this.button; }
  refresh() { return false; }
}

/* Opens a customer's page as links.js does, and remembers to scroll to the grid on the way back. */
function openCustomer(event) {
  var page = window.parent;
  remember(event.context.place, { left: true });
  page.history.pushState({}, '', event.data.address);
  page.dispatchEvent(new page.PopStateEvent('popstate'));
}

/* What Python gets after a click on a preview icon, or after Enter on its cell. */
function previewed(change) {
  var event = change.eventData;
  return { customer_id: event.data.customer_id, at: Date.now() };
}

/* A click on a name is handled here. */
function isPreview(change) {
  var event = change.eventData;
  var column = event.column ? event.column.getColId() : '';
  if (!event.data || (column !== 'mail' && column !== 'name')) return false;
  var pressed = change.streamlitRerunEventTriggerName === 'cellKeyDown';
  if (pressed && event.event.key !== 'Enter') return false;
  if (!pressed && (event.event.metaKey || event.event.ctrlKey || event.event.shiftKey)) return false;
  if (column === 'mail') return true;
  if (pressed || event.event.target.closest('.name')) openCustomer(event);
  return false;
}

/* The focus comes back from a dialog. */
function focusAgain() {
  var cell = window.recipients.getFocusedCell();
  if (cell) window.recipients.setFocusedCell(cell.rowIndex, cell.column);
}

window.mailsight = {
  focusAgain: focusAgain,
  saveState: saveState,
  datasource: datasource,
  initialRows: initialRows,
  initialState: initialState,
  isPreview: isPreview,
  MailCell: MailCell,
  NameCell: NameCell,
  ready: ready,
  columnResized: columnResized,
  fitColumns: fitColumns,
  scrolled: scrolled,
  StateCell: StateCell,
  previewed: previewed,
  view: view,
  filtered: filtered
};

/* The script of the customers' grid. It is sent once, with the first option; the other options refer to functions and classes
   in `window.mailsight` by name. Use block comments only: AG Grid for Streamlit joins the script into one line. */

function baseRequest(params) {
  var bytes = Uint8Array.from(atob(params.context.request), function (letter) { return letter.charCodeAt(0); });
  return JSON.parse(new TextDecoder().decode(bytes));
}

/* A campaign's grid is restored as the user left it in this browser tab: filters, columns, scroll position and focus. The sort
   order and the filters that name nobody are in the page's address instead. */
var REMEMBERED = ['filter', 'focusedCell', 'columnOrder'];
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

function initialState(place, arranged) {
  var saved = savedState(place).state;
  var wanted = readArranged(arranged);
  var filters = withFilters((saved.filter && saved.filter.filterModel) || {}, wanted.filters);
  return Object.assign({ partialColumnState: true }, saved, {
    filter: Object.keys(filters).length ? { filterModel: filters } : undefined,
    sort: wanted.sort.length ? { sortModel: wanted.sort } : undefined
  });
}

/* How many values a comparison has; one if it is not in here. */
var VALUES = { blank: 0, notBlank: 0, inRange: 2 };

function valueCount(type) { return type in VALUES ? VALUES[type] : 1; }

/* A filter as it is in the page's address, such as opens.greaterThan.2; null if it can't be, because it looks for a text, which
   may be a customer's name. */
function filterText(column, model) {
  var conditions = (model.conditions || [model]).map(function (condition) {
    var isDay = condition.filterType === 'date';
    var values = isDay ? [condition.dateFrom, condition.dateTo] : [condition.filter, condition.filterTo];
    return [condition.type].concat(values.slice(0, valueCount(condition.type)).map(function (value) {
      return isDay ? String(value).slice(0, 10) : typeof value === 'number' && Number.isInteger(value) ? String(value) : null;
    }));
  });
  if (conditions.some(function (condition) { return condition.includes(null); })) return null;
  var operator = '.' + String(model.operator).toLowerCase() + '.';
  return column + '.' + conditions.map(function (condition) { return condition.join('.'); }).join(operator);
}

/* The opposite: the column and AG Grid's model of its filter. Python has checked the text. */
function readFilter(text) {
  var parts = text.split('.');
  var column = parts.shift();
  var conditions = [];
  var operator;
  while (parts.length) {
    if (conditions.length) operator = parts.shift().toUpperCase();
    var type = parts.shift();
    var values = parts.splice(0, valueCount(type));
    var isDay = values.length && values[0].indexOf('-', 1) > 0;
    conditions.push(isDay
      ? { filterType: 'date', type: type, dateFrom: values[0] + ' 00:00:00', dateTo: values[1] ? values[1] + ' 00:00:00' : null }
      : { filterType: 'number', type: type, filter: values.length ? Number(values[0]) : null, filterTo: values[1] ? Number(values[1]) : null });
  }
  var model = conditions.length > 1 ? { filterType: conditions[0].filterType, operator: operator, conditions: conditions } : conditions[0];
  return { column: column, model: model };
}

/* The filters by text of one model with the filters of an address. */
function withFilters(model, filters) {
  var merged = {};
  Object.keys(model).forEach(function (column) { if (filterText(column, model[column]) === null) merged[column] = model[column]; });
  filters.forEach(function (text) { var read = readFilter(text); merged[read.column] = read.model; });
  return merged;
}

/* Sort order and filters as Python passes them: -opens name | opens.greaterThan.2 */
function readArranged(arranged) {
  var parts = arranged.split('|').map(function (part) { return part.trim().split(' ').filter(Boolean); });
  return {
    sort: parts[0].map(function (text) { return { colId: text.replace('-', ''), sort: text[0] === '-' ? 'desc' : 'asc' }; }),
    filters: parts[1]
  };
}

function arrangement(api) {
  var model = api.getFilterModel();
  return {
    sort: api.getColumnState().filter(function (column) { return column.sort; })
      .sort(function (one, other) { return one.sortIndex - other.sortIndex; })
      .map(function (column) { return (column.sort === 'desc' ? '-' : '') + column.colId; }),
    filter: Object.keys(model).map(function (column) { return filterText(column, model[column]); }).filter(Boolean)
  };
}

function arrangedText(api) {
  var now = arrangement(api);
  return now.sort.concat('|', now.filter).join(' ');
}

/* What the page's address says about the grid, and when the grid last reported something else. */
var inAddress = null;
var reportedAt = 0;
var latest = 0;

/* Follows the address after Back, unless Python has not heard yet what the user has done meanwhile. */
function follow(api, context) {
  if (!context || context.heard < reportedAt || context.arranged === inAddress) return;
  inAddress = context.arranged;
  if (inAddress === arrangedText(api)) return;
  var wanted = readArranged(inAddress);
  api.applyColumnState({
    state: wanted.sort.map(function (column, at) { return Object.assign({ sortIndex: at }, column); }),
    defaultState: { sort: null }
  });
  api.setFilterModel(withFilters(api.getFilterModel() || {}, wanted.filters));
}

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
    var input = Array.from(button.closest('.ag-header-cell').querySelectorAll('input[aria-label]')).pop();
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
    follow(event.api, options.context);
  };
  inAddress = event.context.arranged;
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

/* A day to filter by, written as the viewer's locale has it. The browser's own field, here only to open its calendar, is written
   in the browser's language. */
class DayField {
  init(params) {
    var field = this;
    this.format = params.context.day;
    this.changed = params.onDateChanged;
    this.gui = document.createElement('div');
    this.gui.className = 'day ag-input-wrapper';
    this.text = document.createElement('input');
    this.text.className = 'ag-input-field-input ag-text-field-input';
    this.text.placeholder = this.format.toLowerCase();
    this.text.addEventListener('input', function () { field.follow(); });
    this.calendar = document.createElement('input');
    this.calendar.type = 'date';
    this.calendar.tabIndex = -1;
    this.calendar.setAttribute('aria-hidden', 'true');
    this.calendar.addEventListener('change', function () {
      field.setDate(field.calendar.valueAsDate && dayOf(field.calendar.value.split('-')));
      field.follow();
    });
    this.open = document.createElement('button');
    this.open.type = 'button';
    this.open.title = 'Choose a day for ' + params.filterParams.colDef.headerName;
    this.open.innerHTML = '<svg aria-hidden="true" viewBox="0 0 24 24"><path d="M5 6h14v14H5zM5 10h14M9 3v4M15 3v4"/></svg>';
    this.open.addEventListener('click', function () {
      var date = field.getDate();
      field.calendar.value = date ? [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join('-') : '';
      field.calendar.showPicker();
    });
    this.gui.append(this.text, this.calendar, this.open);
  }
  follow() {
    this.text.setAttribute('aria-invalid', String(this.text.value.trim() !== '' && !this.getDate()));
    this.changed();
  }
  getGui() { return this.gui; }
  getDate() {
    var numbers = this.text.value.match(/^\D*(\d+)\D+(\d+)\D+(\d+)\D*$/);
    var order = this.format.match(/[YMD]+/g);
    return numbers && dayOf(['YYYY', 'MM', 'DD'].map(function (part) { return numbers[order.indexOf(part) + 1]; }));
  }
  setDate(date) {
    /* No date yet is no reason to take away what somebody types. */
    if (!date && document.activeElement === this.text) return;
    this.text.value = date ? this.format.replace('YYYY', date.getFullYear())
      .replace('MM', twoDigits(date.getMonth() + 1)).replace('DD', twoDigits(date.getDate())) : '';
  }
  setInputPlaceholder() {}
  setInputAriaLabel(label) { this.text.setAttribute('aria-label', label); }
  setDisabled(disabled) { this.text.disabled = this.open.disabled = disabled; }
  afterGuiAttached(params) { if (!(params && params.suppressFocus)) this.text.focus(); }
}

function twoDigits(number) { return String(number).padStart(2, '0'); }

/* The day with this year of four digits, month and day, if there is one. */
function dayOf(parts) {
  var date = new Date(parts[0], parts[1] - 1, parts[2]);
  return /^\d{4}$/.test(parts[0]) && date.getMonth() === parts[1] - 1 && date.getDate() === Number(parts[2]) ? date : null;
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
  page.history.pushState({ isLink: true }, '', event.data.address);
  page.dispatchEvent(new page.PopStateEvent('popstate'));
}

/* What Python gets after a click on a preview icon or Enter on its cell, and after a change of the sort order or filters. */
function report(change) {
  latest = Date.now();
  if (isArrangement(change)) return Object.assign({ at: latest }, arrangement(change.eventData.api));
  var row = change.eventData.data;
  return { customer_id: row ? row.customer_id : null, at: latest };
}

function isArrangement(change) {
  return change.streamlitRerunEventTriggerName === 'sortChanged' || change.streamlitRerunEventTriggerName === 'filterChanged';
}

/* Whether Python gets what `report` has just returned. A click on a name is handled here. */
function isReport(change) {
  if (isArrangement(change)) {
    var arranged = arrangedText(change.eventData.api);
    if (inAddress === null || arranged === inAddress) return false;
    inAddress = arranged;
    reportedAt = latest;
    return true;
  }
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
  isReport: isReport,
  MailCell: MailCell,
  NameCell: NameCell,
  ready: ready,
  columnResized: columnResized,
  DayField: DayField,
  fitColumns: fitColumns,
  scrolled: scrolled,
  StateCell: StateCell,
  report: report,
  view: view,
  filtered: filtered
};

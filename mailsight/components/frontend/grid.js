/* The script of the customers' grid. It is sent once, with the first option; the other options take functions and classes
   from `window.mailsight` by name. It may hold comments of this kind only, because AG Grid for Streamlit puts the whole on
   one line. */

function asked(params) {
  var bytes = Uint8Array.from(atob(params.context.asked), function (letter) { return letter.charCodeAt(0); });
  return JSON.parse(new TextDecoder().decode(bytes));
}

/* What a campaign's grid was left with, in this tab of the browser until it is closed: its filters, its order, its columns,
   how far it was scrolled and where the focus was. */
var REMEMBERED = ['filter', 'sort', 'focusedCell', 'columnOrder', 'columnSizing'];
var nothing = { state: {}, first: 0, rows: 1, left: false };

function remembered(place) {
  try {
    return Object.assign({}, nothing, JSON.parse(sessionStorage.getItem(place)));
  } catch (error) {
    return nothing;
  }
}

function remember(place, more) {
  try {
    sessionStorage.setItem(place, JSON.stringify(Object.assign(remembered(place), more)));
  } catch (error) {
    /* Where a browser keeps nothing, the grid begins anew. */
  }
}

function initialState(place) { return Object.assign({ partialColumnState: true }, remembered(place).state); }

function initialRows(place) { return remembered(place).rows; }

function changed(event) {
  var state = {};
  REMEMBERED.forEach(function (part) { if (event.state[part]) state[part] = event.state[part]; });
  remember(event.context.place, { state: state });
}

function scrolled(event) {
  if (event.direction !== 'vertical') return;
  remember(event.context.place, { first: Math.round(event.top / event.api.getGridOption('rowHeight')) });
}

function root() { return document.querySelector('.ag-root-wrapper'); }

function foot(params, total, failed) {
  var line = root() && root().querySelector('.foot');
  if (!line) {
    if (!root()) return;
    line = document.createElement('div');
    line.setAttribute('role', 'status');
    root().append(line);
  }
  line.className = failed ? 'foot failed' : 'foot';
  line.textContent = failed;
  if (failed) return;
  var counted = document.createElement('span');
  counted.textContent = total.toLocaleString('en') + (total === 1 ? ' customer' : ' customers');
  line.append(counted);
  var all = params.context.selected;
  if (total < all) line.append(' of ' + all.toLocaleString('en'));
  if (window.recipients.isAnyFilterPresent()) {
    var clear = document.createElement('button');
    clear.type = 'button';
    clear.textContent = 'Clear the filters of the columns';
    clear.addEventListener('click', function () { window.recipients.setFilterModel(null); });
    line.append(clear);
  }
}

/* What the grid last asked for, so that an export holds the same. Null before it asks, and for another campaign's grid. */
var shown = null;

function view(place) { return shown && shown.place === place ? shown.view : null; }

/* The answer to an earlier question may come after the answer to a later one; then it is left out. */
var datasource = {
  rowCount: undefined,
  getRows: function (params) {
    var models = {
      filter: params.filterModel,
      sort: params.sortModel,
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone
    };
    shown = { place: params.context.place, view: models };
    var question = Object.assign(asked(params), { start: params.startRow, end: params.endRow }, models);
    delete question.generation;
    fetch(params.context.route, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(question)
    }).then(function (response) { return response.json(); }).then(function (answer) {
      if (answer.error) {
        foot(params, 0, answer.error.title + '. ' + answer.error.message + ' ' + answer.error.next_step);
        params.failCallback();
        return;
      }
      params.successCallback(answer.rows, answer.total);
      if (answer.total === 0) window.recipients.showNoRowsOverlay();
      else window.recipients.hideOverlay();
      remember(params.context.place, { rows: Math.max(answer.total, 1) });
      foot(params, answer.total, '');
    }).catch(function () {
      foot(params, 0, 'The customers can not be read now. Reload the page.');
      params.failCallback();
    });
  }
};

function rowId(params) { return params.data.customer_id; }

function ready(event) {
  window.recipients = event.api;
  /* After each rerun, AG Grid for Streamlit hands over empty rows as well, which this row model reports as an error, and what
     a grid takes at its beginning only. */
  var update = event.api.updateGridOptions;
  event.api.updateGridOptions = function (options) {
    ['rowData', 'initialState', 'infiniteInitialRowCount'].forEach(function (name) { delete options[name]; });
    update.call(event.api, options);
  };
  /* On a phone, pinned columns would leave no room for the others. */
  if (window.innerWidth < 600) event.api.setColumnsPinned(['mail', 'name'], null);
  var found = remembered(event.context.place);
  if (found.first) event.api.ensureIndexVisible(Math.min(found.first, found.rows - 1), 'top');
  /* Whoever comes back from a customer finds the grid before their eyes. */
  if (found.left) {
    remember(event.context.place, { left: false });
    window.frameElement.scrollIntoView({ block: 'center' });
  }
}

function number(params) { return params.value === null || params.value === undefined ? '' : params.value.toLocaleString('en'); }

function always() { return true; }

/* Cells are made of text nodes: nothing that a customer is called is taken for HTML. */
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
    this.button.title = 'The mail as this customer received it';
    this.button.setAttribute('aria-label', 'Preview the mail of ' + (params.data.name || params.data.customer_id));
    var shape = 'http:' + '/' + '/www.w3.org/2000/svg';
    var svg = document.createElementNS(shape, 'svg');
    var path = document.createElementNS(shape, 'path');
    svg.setAttribute('viewBox', '0 0 24 24');
    path.setAttribute('d', 'M3.5 6h17v12h-17zM4 6.5l8 6.5 8-6.5');
    svg.append(path);
    this.button.append(svg);
  }
  getGui() { return this.button; }
  refresh() { return false; }
}

/* What Python is told after a click, or after Enter on a cell. */
function told(what) {
  var event = what.eventData;
  var column = event.column ? event.column.getColId() : '';
  if (column === 'name') remember(event.context.place, { left: true });
  return { action: column === 'mail' ? 'mail' : 'open', customer_id: event.data ? event.data.customer_id : null, at: Date.now() };
}

function isTold(what) {
  var event = what.eventData;
  var column = event.column ? event.column.getColId() : '';
  if (!event.data || (column !== 'mail' && column !== 'name')) return false;
  if (what.streamlitRerunEventTriggerName === 'cellKeyDown') return event.event.key === 'Enter';
  if (event.event.metaKey || event.event.ctrlKey || event.event.shiftKey) return false;
  return column === 'mail' || Boolean(event.event.target.closest('.name'));
}

window.mailsight = {
  always: always,
  changed: changed,
  datasource: datasource,
  initialRows: initialRows,
  initialState: initialState,
  isTold: isTold,
  MailCell: MailCell,
  NameCell: NameCell,
  number: number,
  ready: ready,
  scrolled: scrolled,
  StateCell: StateCell,
  told: told,
  view: view
};

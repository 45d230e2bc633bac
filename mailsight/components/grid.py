"""A campaign's customers in an AG Grid that fetches only the visible rows, from /api/recipients."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from st_aggrid import AgGrid, JsCode, StAggridTheme

from mailsight.exports.writers import Rows
from mailsight.figures import formats, locales
from mailsight.reports import grid
from mailsight.reports.campaign import CampaignReport
from mailsight.vocabulary import Audience, Stage, Status
from mailsight.warehouse import served
from mailsight.warehouse.reader import Snapshot
from mailsight.warehouse.selection import GridQuery
from mailsight.web import answers, recipients, sessions
from mailsight.web.audit import Export
from mailsight.web.parameters import GRID_FILTERS, GRID_SORT

from . import address

BLOCK_ROWS = 100
MAX_HEIGHT = 610
ROW_HEIGHT = 42
# The least widths of the columns, in pixels. grid.js widens those that fit, so that none is cut off.
_WIDTHS = {"name": 140, "email": 196, "status": 182, "links_clicked": 104, "bounce_reason": 130}
_NUMBER_WIDTH = 82
_LONG_MOMENT = datetime(2026, 9, 28, 22, 58, tzinfo=UTC)
# Tooltips of the column headings.
_TOOLTIPS = {
    "first_opened_at": "When the customer first opened the e-mail. A click counts as an open too.",
    "opens": "How often the customer opened the e-mail.",
    "first_clicked_at": "When the customer first clicked a link.",
    "clicks": "How often the customer clicked a link.",
    "links_clicked": "How many different links the customer clicked.",
}
_FILTERS = {"text": "agTextColumnFilter", "number": "agNumberColumnFilter", "moment": "agDateColumnFilter"}
_SCRIPT = (Path(__file__).parent / "frontend" / "grid.js").read_text(encoding="utf-8")
_COLOURS = {state.value: state.colour for state in Status}


#: Reads the rows of a campaign's customers who match a query.
ReadCustomers = Callable[[Snapshot, str, Audience, GridQuery], Rows]
#: Reads the rows of the customers that a grid shows, given its view.
ReadView = Callable[[Snapshot, Mapping[str, Any]], Rows]


@dataclass(frozen=True, slots=True)
class Filters:
    """The page's filters of a campaign's customers, as `grid.grid_query` takes them."""

    search: str = ""
    status: Sequence[Status] = ()
    stage: Stage | None = None
    link: int | str | None = None
    variant: str = ""


def recipients_grid(report: CampaignReport, filters: Filters) -> None:
    """Show the grid, filtered by the page.

    Its headings have filters of their own, except the status: its only filter is the page's.
    """
    campaign_id = report.campaign.campaign_id
    request = {
        "token": recipients.token(campaign_id, report.audience, filters.variant),
        "search": filters.search,
        "status": filters.status,
        "stage": filters.stage,
        "link": filters.link,
        "locale": locales.current().tag,
        # Not used by the route: new data changes this value, so the grid reloads.
        "generation": served.warehouse().generation,
    }
    AgGrid(
        _NoRows(),
        use_json_serialization=True,
        gridOptions=_options(report, request),
        height=min(MAX_HEIGHT, (max(report.customers, 3) + 3) * ROW_HEIGHT),
        key=_key(campaign_id),
        theme=_theme(),
        allow_unsafe_jscode=True,
        update_on=["cellClicked", "cellKeyDown", "sortChanged", "filterChanged"],
        # All other modes send every row back to the server after each click.
        data_return_mode="CUSTOM",
        custom_jscode_for_grid_return=_js("report"),
        should_grid_return=_js("isReport"),
        custom_css=_CSS,
    )


def reported(campaign_id: str) -> Mapping[str, Any]:
    """What the grid reports: the `customer_id` whose preview icon was clicked, or its `sort` order and `filters`.

    Returned only once: the component keeps its value over reruns.
    """
    value: Mapping[str, Any] = st.session_state.get(_key(campaign_id)) or {}
    if not value.get("at") or st.session_state.get(_heard(campaign_id)) == value["at"]:
        return {}
    st.session_state[_heard(campaign_id)] = value["at"]
    return value


def _heard(campaign_id: str) -> str:
    return f"{_key(campaign_id)}:heard"


def _key(campaign_id: str) -> str:
    return f"recipients:{campaign_id}"


def shown(report: CampaignReport, filters: Filters, rows: ReadCustomers) -> ReadView:
    """A function that reads `rows` of the customers in the grid, given the grid's view (its filters and sort order).

    The view comes from the browser, so it is validated like a request of the grid. Raises `BadRequest`.
    """

    def read(data: Snapshot, view: Mapping[str, Any]) -> Rows:
        query = grid.posted_query(view, **asdict(filters))
        return rows(data, report.campaign.campaign_id, report.audience, query)

    return read


def exported(
    list_name: str, report: CampaignReport, filters: Filters
) -> Callable[[Mapping[str, Any]], Export]:
    """A function that says what an export of the customers in the grid contains, given the grid's view.

    Raises `BadRequest` for a view that is not valid.
    """

    def export(view: Mapping[str, Any]) -> Export:
        grid.posted_query(view, **asdict(filters))  # validates it
        words = grid.described(view, **asdict(filters))
        return Export(list_name, report.campaign.campaign_id, filters=words)

    return export


def grid_name(campaign_id: str) -> str:
    """The name of a campaign's grid in the browser, encoded so that JsCode finds no comment in it."""
    return f"mailsight.recipients.{base64.urlsafe_b64encode(campaign_id.encode()).decode()}"


class _NoRows:
    """Stands in for a data frame without rows. AG Grid would log an error for an empty frame, because rows belong to
    another row model than the one used here."""

    dtypes = None

    def to_json(self, orient: str) -> str:  # noqa: ARG002 (the caller passes it)
        return "null"


def _options(report: CampaignReport, request: dict[str, Any]) -> dict[str, Any]:
    # In Base64, because streamlit-aggrid executes any text between two of its markers as a script.
    encoded = base64.b64encode(json.dumps(request).encode()).decode()
    place = grid_name(report.campaign.campaign_id)
    arranged = " ".join((*address.value(GRID_SORT), "|", *address.value(GRID_FILTERS)))
    return {
        # The first option loads the script that all the others use.
        "getRowId": _script(),
        "columnDefs": [_MAIL_COLUMN, *(_column(column, report.audience) for column in grid.COLUMNS)],
        "defaultColDef": {
            "sortable": True,
            "resizable": True,
            "floatingFilter": True,
            "suppressHeaderMenuButton": True,
            "filterParams": {
                "buttons": ["reset"],
                "debounceMs": 300,
                "maxNumConditions": 5,
                "inRangeInclusive": True,
                "inRangeFloatingFilterDateFormat": locales.current().date_input,
            },
        },
        "components": {"agDateInput": _js("DayField")},
        "context": {
            "day": locales.current().date_input,
            "request": encoded,
            "route": sessions.address("api/recipients"),
            "colours": _COLOURS,
            "selected": report.customers,
            "all": formats.count(report.customers),
            "place": place,
            "arranged": arranged,
            # What the page knows is older than what the grid has reported since.
            "heard": st.session_state.get(_heard(report.campaign.campaign_id), 0),
        },
        "tooltipShowDelay": 300,
        "tooltipShowMode": "whenTruncated",
        "rowModelType": "infinite",
        "datasource": _js("datasource"),
        "onGridReady": _js("ready"),
        "onGridSizeChanged": _js("fitColumns"),
        "onColumnResized": _js("columnResized"),
        "onStateUpdated": _js("saveState"),
        "onBodyScrollEnd": _js("scrolled"),
        "initialState": JsCode(f"window.mailsight.initialState('{place}', '{arranged}')"),
        "infiniteInitialRowCount": JsCode(f"window.mailsight.initialRows('{place}')"),
        "cacheBlockSize": BLOCK_ROWS,
        "maxBlocksInCache": 20,
        "rowHeight": ROW_HEIGHT,
        "headerHeight": ROW_HEIGHT,
        "floatingFiltersHeight": ROW_HEIGHT,
        "enableCellTextSelection": True,
        "ensureDomOrder": True,
        "localeText": {"noRowsToShow": "No customers match these filters.", "loadingOoo": "Loading…"},
    }


def _column(column: grid.GridColumn, audience: Audience) -> dict[str, Any]:
    options: dict[str, Any] = {
        "field": column.key,
        "headerName": column.label,
        "width": _WIDTHS.get(column.key, _NUMBER_WIDTH if column.kind == "number" else _moment_width()),
        "filter": _FILTERS.get(column.kind, "agTextColumnFilter"),
    }
    if column.key in _TOOLTIPS:
        options["headerTooltip"] = f"{_TOOLTIPS[column.key]} {audience.meaning}"
    if column.key == "name":
        options |= {"cellRenderer": _js("NameCell"), "pinned": "left", "tooltipField": "name"}
    elif column.kind == "number":
        options["type"] = "rightAligned"
    elif column.kind == "text":
        options["tooltipField"] = column.key
    elif column.kind == "state":
        options |= {"cellRenderer": _js("StateCell"), "filter": False, "floatingFilter": False}
    return options


def _moment_width() -> int:
    """The width of a column of times and of its filter, in pixels: some locales write more than others."""
    return max(156, 26 + 22 * len(formats.short_moment(_LONG_MOMENT)) // 3)


@cache
def _script() -> JsCode:
    """All of grid.js; cached because JsCode parses it each time."""
    return JsCode(f"(function() {{ {_SCRIPT} return rowId; }})()")


@cache
def _js(name: str) -> JsCode:
    """A function or class of grid.js, by name."""
    return JsCode(f"window.mailsight.{name}")


_MAIL_COLUMN = {
    "field": "mail",
    "headerName": "Preview",
    "width": 44,
    "sortable": False,
    "filter": False,
    "floatingFilter": False,
    "resizable": False,
    "pinned": "left",
    "cellClass": "mail",
    "headerClass": "mail",
    "cellRenderer": _js("MailCell"),
}


def _theme() -> StAggridTheme:
    """The page's colours, light or dark, from the CSS variables that Streamlit sets in the grid's frame."""
    line = "color-mix(in srgb, var(--text-color) 13%, var(--background-color))"
    return StAggridTheme(base="quartz").withParams(
        accentColor="var(--primary-color)",
        backgroundColor="var(--background-color)",
        foregroundColor="var(--text-color)",
        borderColor=line,
        rowBorder={"style": "solid", "width": 1, "color": line},
        headerBackgroundColor="var(--secondary-background-color)",
        headerTextColor="color-mix(in srgb, var(--text-color) 64%, transparent)",
        headerFontWeight=500,
        menuBackgroundColor="var(--background-color)",
        inputBackgroundColor="var(--background-color)",
        fontFamily="Inter, sans-serif",
        fontSize=13.5,
        headerFontSize=12.5,
        wrapperBorderRadius=10,
        borderRadius=6,
        cellHorizontalPadding=12,
        rowHoverColor="color-mix(in srgb, var(--primary-color) 6%, transparent)",
        columnBorder=False,
        browserColorScheme=st.context.theme.type or "light",
    )


_CSS = {
    "@font-face": {
        "font-family": "Inter",
        "font-weight": "100 900",
        "src": f"url({answers.path('app/static/fonts/inter-latin.woff2')}) format('woff2')",
    },
    "body": {"margin": "0", "background": "transparent"},
    # Also visible where the system hides scrollbars.
    "::-webkit-scrollbar": {"width": "10px", "height": "10px"},
    "::-webkit-scrollbar-thumb": {
        "border": "2px solid transparent",
        "border-radius": "5px",
        "background": "color-mix(in srgb, var(--text-color) 38%, transparent) padding-box",
    },
    ".ag-cell": {"font-variant-numeric": "tabular-nums"},
    # Names and addresses in their own direction.
    ".name, .ag-cell-value": {"unicode-bidi": "plaintext"},
    ".ag-cell:not(.ag-right-aligned-cell)": {"text-align": "left"},
    # The heading of the icons is for screen readers only.
    '.ag-header-cell[col-id="mail"] .ag-header-cell-text': {
        "position": "absolute",
        "clip-path": "inset(50%)",
    },
    ".ag-cell.mail": {"padding": "0", "justify-content": "center"},
    ".day": {"display": "flex", "position": "relative", "align-items": "center", "width": "100%"},
    ".day::before": {"display": "none !important"},
    ".day input.ag-text-field-input": {"min-width": "0", "padding-inline": "8px 24px !important"},
    ".day input[aria-invalid=true]": {"border-color": "#C4431A !important"},
    ".day input[type=date]": {
        "position": "absolute",
        "inset": "auto 0 0 0",
        "height": "0",
        "padding": "0",
        "border": "0",
        "opacity": "0",
        "pointer-events": "none",
    },
    ".day button": {
        "all": "unset",
        "position": "absolute",
        "right": "4px",
        "display": "grid",
        "place-items": "center",
        "width": "20px",
        "height": "24px",
        "border-radius": "4px",
        "cursor": "pointer",
        "color": "color-mix(in srgb, var(--text-color) 64%, transparent)",
    },
    ".day button:focus-visible": {"outline": "2px solid var(--primary-color)"},
    ".day button svg": {
        "width": "15px",
        "height": "15px",
        "fill": "none",
        "stroke": "currentColor",
        "stroke-width": "1.8",
    },
    # Too narrow for its heading, which only screen readers need.
    ".ag-header-cell.mail .ag-header-cell-text": {
        "position": "absolute",
        "width": "1px",
        "height": "1px",
        "overflow": "hidden",
        "clip-path": "inset(50%)",
    },
    ".name": {"color": "inherit", "font-weight": "600", "text-decoration": "none"},
    ".name:hover, .name:focus-visible": {"color": "var(--primary-color)", "text-decoration": "underline"},
    ".preview": {
        "all": "unset",
        "display": "grid",
        "place-items": "center",
        "width": "46px",
        "height": "40px",
        "cursor": "pointer",
        "color": "color-mix(in srgb, var(--text-color) 60%, transparent)",
    },
    ".preview:hover": {"color": "var(--primary-color)"},
    ".preview svg": {
        "width": "18px",
        "height": "18px",
        "fill": "none",
        "stroke": "currentColor",
        "stroke-width": "1.8",
        "stroke-linejoin": "round",
    },
    ".state": {"display": "inline-flex", "align-items": "center", "gap": "7px"},
    ".state::before": {
        "content": "''",
        "width": "9px",
        "height": "9px",
        "border-radius": "50%",
        "background": "var(--colour)",
        "forced-color-adjust": "none",
    },
    ".foot": {
        "display": "flex",
        "flex-wrap": "wrap",
        "gap": "4px 14px",
        "padding": "8px 12px",
        "font-size": "13px",
        "border-top": "1px solid color-mix(in srgb, var(--text-color) 13%, var(--background-color))",
        "color": "color-mix(in srgb, var(--text-color) 70%, transparent)",
    },
    ".foot .more": {"margin-left": "auto"},
    ".foot button": {
        "all": "unset",
        "cursor": "pointer",
        "color": "var(--primary-color)",
        "text-decoration": "underline",
    },
    ".foot button:focus-visible": {"outline": "2px solid var(--primary-color)", "outline-offset": "2px"},
    ".foot.failed": {"color": "#C4431A", "font-weight": "600"},
}

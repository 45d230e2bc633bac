"""The customers of a campaign: an AG Grid that fetches only the rows on screen from /api/recipients."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from st_aggrid import AgGrid, JsCode, StAggridTheme

from mailsight.exports import rows as export_rows
from mailsight.exports.writers import Rows
from mailsight.reports import grid
from mailsight.reports.campaign import CampaignReport
from mailsight.vocabulary import Audience, Status
from mailsight.warehouse import served
from mailsight.warehouse.reader import Snapshot
from mailsight.web import answers, recipients

BLOCK_ROWS = 100
LARGEST_HEIGHT = 610
ROW_HEIGHT = 42
_WIDTHS = {"name": 190, "email": 235, "status": 140, "bounce_reason": 300}
# What the columns count; their headings say it.
_COUNTED = {
    "first_opened_at": "When the customer opened it first; a click proves an open.",
    "opens": "How often the customer opened it.",
    "first_clicked_at": "When the customer clicked first.",
    "clicks": "How often the customer clicked.",
    "links_clicked": "How many different links the customer clicked.",
}
_FILTERS = {"text": "agTextColumnFilter", "number": "agNumberColumnFilter", "moment": "agDateColumnFilter"}
_SCRIPT = (Path(__file__).parent / "frontend" / "grid.js").read_text(encoding="utf-8")
_COLOURS = {state.value: state.colour for state in Status}


@dataclass(frozen=True, slots=True)
class GridClick:
    """What was clicked in this run: a customer's name ("open") or the preview icon ("mail")."""

    customer_id: str
    action: str


def recipients_grid(
    report: CampaignReport, search: str, status: list[Status], link: int | str | None = None
) -> None:
    """Shows the grid. What is searched, which states are wanted and the clicked link come from the page, filters from
    its headings."""
    campaign_id = report.campaign.campaign_id
    asked = {
        "token": recipients.token(campaign_id, report.audience),
        "search": search,
        "status": [str(state) for state in status],
        "link": link,
        # Not for the route: another generation of the data makes the grid ask again.
        "generation": served.warehouse().generation,
    }
    AgGrid(
        _NoRows(),
        use_json_serialization=True,
        gridOptions=_options(report, asked),
        height=min(LARGEST_HEIGHT, (max(report.counts.selected, 3) + 3) * ROW_HEIGHT),
        key=_key(campaign_id),
        theme=_theme(),
        allow_unsafe_jscode=True,
        update_on=["cellClicked", "cellKeyDown"],
        # The other modes post every row back to the server after each click.
        data_return_mode="CUSTOM",
        custom_jscode_for_grid_return=_js("clickedCell"),
        should_grid_return=_js("isClick"),
        custom_css=_CSS,
    )


def clicked(campaign_id: str) -> GridClick | None:
    """What was clicked in the grid, once: it keeps its value until the next click, also over reruns for other reasons.

    Told before the run draws anything: whoever leaves the page with this click need not wait until it is drawn again.
    """
    told = st.session_state.get(_key(campaign_id)) or {}
    seen = f"{_key(campaign_id)}:told"
    if not told.get("customer_id") or st.session_state.get(seen) == told.get("at"):
        return None
    st.session_state[seen] = told.get("at")
    return GridClick(str(told["customer_id"]), str(told["action"]))


def _key(campaign_id: str) -> str:
    return f"recipients:{campaign_id}"


def shown(
    report: CampaignReport, search: str, status: list[Status], link: int | str | None
) -> Callable[[Snapshot, Mapping[str, Any]], Rows]:
    """Reads the customers that the grid shows, given its view: the filters of its headings and its sort order.

    The view comes from the browser and is checked like a request of the grid itself: raises `BadRequest`.
    """

    def rows(data: Snapshot, view: Mapping[str, Any]) -> Rows:
        query = grid.posted_query(view, search=search, status=[str(state) for state in status], link=link)
        return export_rows.customers(data, report.campaign.campaign_id, report.audience, query)

    return rows


def grid_name(campaign_id: str) -> str:
    """The name of a campaign's grid in the browser, in letters that JsCode does not take for a comment."""
    return f"mailsight.recipients.{base64.urlsafe_b64encode(campaign_id.encode()).decode()}"


class _NoRows:
    """What AG Grid for Streamlit takes for a frame. An empty frame would reach the grid as rows of a model that it does
    not use here, which it reports as an error in the browser's console."""

    dtypes = None

    def to_json(self, orient: str) -> str:  # noqa: ARG002 (that is how it is called)
        return "null"


def _options(report: CampaignReport, asked: dict[str, Any]) -> dict[str, Any]:
    # In base 64, because AG Grid for Streamlit runs as script what stands between two of its marks in any text.
    secret = base64.b64encode(json.dumps(asked).encode()).decode()
    place = grid_name(report.campaign.campaign_id)
    return {
        # The first option brings the script from which all the others take what they need.
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
            },
        },
        "context": {
            "request": secret,
            "route": answers.path("api/recipients"),
            "colours": _COLOURS,
            "selected": report.counts.selected,
            "place": place,
        },
        "tooltipShowDelay": 300,
        "rowModelType": "infinite",
        "datasource": _js("datasource"),
        "onGridReady": _js("ready"),
        "onStateUpdated": _js("saveState"),
        "onBodyScrollEnd": _js("saveScroll"),
        "initialState": JsCode(f"window.mailsight.initialState('{place}')"),
        "infiniteInitialRowCount": JsCode(f"window.mailsight.initialRows('{place}')"),
        "cacheBlockSize": BLOCK_ROWS,
        "maxBlocksInCache": 20,
        "rowHeight": ROW_HEIGHT,
        "headerHeight": ROW_HEIGHT,
        "floatingFiltersHeight": ROW_HEIGHT,
        "enableCellTextSelection": True,
        "ensureDomOrder": True,
        "localeText": {"noRowsToShow": "No customer matches these filters.", "loadingOoo": "Loading…"},
    }


def _column(column: grid.GridColumn, audience: Audience) -> dict[str, Any]:
    options: dict[str, Any] = {
        "field": column.key,
        "headerName": column.label,
        "width": _WIDTHS.get(column.key, 125 if column.kind == "number" else 180),
        "filter": _FILTERS.get(column.kind, "agTextColumnFilter"),
    }
    if column.key in _COUNTED:
        options["headerTooltip"] = f"{_COUNTED[column.key]} {audience.meaning}"
    if column.key == "name":
        options |= {"cellRenderer": _js("NameCell"), "pinned": "left"}
    elif column.kind == "number":
        options |= {"type": "rightAligned", "valueFormatter": _js("number")}
    elif column.kind == "state":
        choices = [
            {
                "displayKey": state.value,
                "displayName": state.label,
                "numberOfInputs": 0,
                "predicate": _js("always"),
            }
            for state in Status
        ]
        options |= {
            "cellRenderer": _js("StateCell"),
            "floatingFilter": False,
            "filterParams": {
                "filterOptions": ["empty", *choices],
                "buttons": ["reset"],
                "maxNumConditions": len(choices),
                "defaultJoinOperator": "OR",
            },
        }
    return options


@cache
def _script() -> JsCode:
    """The whole of grid.js; made once, since JsCode reads all of it again."""
    return JsCode(f"(function() {{ {_SCRIPT} return rowId; }})()")


@cache
def _js(name: str) -> JsCode:
    """One of the functions and classes of grid.js, by its name."""
    return JsCode(f"window.mailsight.{name}")


_MAIL_COLUMN = {
    "field": "mail",
    "headerName": "",
    "width": 48,
    "sortable": False,
    "filter": False,
    "floatingFilter": False,
    "resizable": False,
    "pinned": "left",
    "cellClass": "mail",
    "cellRenderer": _js("MailCell"),
}


def _theme() -> StAggridTheme:
    """The page's colours, through the variables that Streamlit sets in the grid's frame, in light and in dark."""
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
    ".ag-cell": {"font-variant-numeric": "tabular-nums"},
    ".ag-cell.mail": {"padding": "0", "justify-content": "center"},
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
    },
    ".foot": {
        "padding": "8px 12px",
        "font-size": "13px",
        "border-top": "1px solid color-mix(in srgb, var(--text-color) 13%, var(--background-color))",
        "color": "color-mix(in srgb, var(--text-color) 70%, transparent)",
    },
    ".foot button": {
        "all": "unset",
        "margin-left": "14px",
        "cursor": "pointer",
        "color": "var(--primary-color)",
        "text-decoration": "underline",
    },
    ".foot button:focus-visible": {"outline": "2px solid var(--primary-color)", "outline-offset": "2px"},
    ".foot.failed": {"color": "#C4431A", "font-weight": "600"},
}

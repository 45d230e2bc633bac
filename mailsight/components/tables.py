"""The table used on all pages: cells with bars, chips and notes, clickable rows, cards on a phone."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from typing import Any, Literal

import pandas as pd
import streamlit as st

from mailsight.figures import chance, comparison, formats, metrics
from mailsight.vocabulary import Status

from .mail_frame import frontend

_component = st.components.v2.component(
    "mailsight_table",
    html='<div class="table"></div>',
    css=frontend("table.css", "tips.css"),
    js=frontend("tips.js", "links.js", "table.js"),
)

Cell = str | dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `fit`: no wider than its content; `whole`: a line of its own on a phone."""

    label: str
    key: str = ""
    help: str = ""
    right: bool = False
    fit: bool = False
    whole: bool = False
    sorts: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row. `id` is returned on a click. `opens` False: not clickable; `quiet`: greyed."""

    id: str
    cells: Sequence[Cell]
    chosen: bool = False
    opens: bool = True
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Click:
    """The click of this run: a row's id and the action ("open" for the row itself)."""

    row: str | None = None
    action: str | None = None


def table(
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    key: str,
    label: str,
    opens: bool = False,
    sort: tuple[str, bool] | None = None,
    empty: str = "Nothing to show.",
    stacks: bool = True,
    first: int = 0,
    on_sort: Callable[[str], None] | None = None,
    on_tick: Callable[[list[str], list[str]], None] | None = None,
) -> Click:
    """Show the table and return what was clicked. `sort`: the sorted column's key, and whether it is descending.

    Where the table would be cut off, bars move below their figures, then lines break, then each row becomes a card;
    with `stacks` False rows stay rows and the table scrolls sideways. A row that opens and has a link opens it in the
    browser, without a click here. When `first`, the index of the first row, changes, the browser scrolls to the top
    of the table.
    Before the page reruns, `on_sort` gets the key of the column to sort by, and `on_tick` the ids of all rows and of
    the ticked ones.
    """

    def sorted_by() -> None:
        if on_sort and (column := st.session_state[key].get("sorted")):
            on_sort(str(column))

    def ticked() -> None:
        if on_tick and (event := st.session_state[key].get("ticked")):
            st.session_state[f"{key}:heard"] = event["at"]
            on_tick([str(row) for row in event["rows"]], [str(row) for row in event["ticked"]])

    result = _component(
        key=key,
        data=_data(
            columns,
            rows,
            label=label,
            opens=opens,
            sort=sort,
            empty=empty,
            stacks=stacks,
            start=first,
            heard=st.session_state.get(f"{key}:heard", 0),
        ),
        on_clicked_change=lambda: None,
        on_sorted_change=sorted_by,
        on_ticked_change=ticked,
    )
    return _click(result)


def _click(result: Any) -> Click:
    clicked = getattr(result, "clicked", None) or {}
    return Click(clicked.get("row"), clicked.get("action"))


def _data(columns: Sequence[Column], rows: Sequence[Row], **more: object) -> dict[str, object]:
    return {"columns": [asdict(column) for column in columns], "rows": [asdict(row) for row in rows], **more}


def facts(rows: Sequence[Row], *, key: str, label: str, first: bool = False) -> None:
    """Show names and values in two columns, without headings. `first`: scroll the page to its top first."""
    columns = [Column("Fact", fit=True), Column("Value")]
    _component(key=key, data=_data(columns, rows, label=label, facts=True, first=first, empty="No details."))


def main(
    text: str,
    note: str = "",
    *,
    counted: str = "",
    aside: str = "",
    tags: Sequence[str] = (),
    href: str = "",
    clip: bool = False,
    title: str = "",
) -> Cell:
    """A row's name, followed by an `aside` and tags, with a `note` below it; `clip`: the note never wraps.

    `counted`: adds a question mark with this screen reader label and the action "counted".
    """
    return {
        "kind": "main",
        "text": text,
        "note": note,
        "aside": aside,
        "tags": list(tags),
        "href": href,
        "clip": clip,
        "title": title,
        "counted": counted,
    }


def noted(text: str, note: str, *, title: str = "") -> Cell:
    """Text with a note below it. `title`: what a hover over the note shows."""
    return {"kind": "noted", "text": text, "note": note, "title": title}


def figure(number: float | str | None, tip: Sequence[str] = (), change: chance.Change | None = None) -> Cell:
    """A count or a text, with a tooltip on how it is counted. A `change` that is more than chance shows as an arrow."""
    text = number if isinstance(number, str) else formats.count(number)
    return {"kind": "figure", "text": text, "tip": list(tip)} | _arrow(change, tip)


def rate(
    portion: metrics.Portion,
    *,
    of_largest: float = 1.0,
    colour: str = "",
    text: str | None = None,
    tip: Sequence[str] = (),
    interval: bool = True,
    change: chance.Change | None = None,
) -> Cell:
    """A rate as a bar and a figure. If it is based on few messages, it is greyed, with its interval below.

    `interval` False: leave the interval out, because another column shows it. A `change` that is more than chance shows
    as an arrow.
    """
    cell = bar(portion.rate, of_largest=of_largest, text=text, colour=colour)
    small = {"quiet": True, "note": formats.interval(portion.interval) if interval else ""}
    return cell | {"tip": list(tip)} | (small if portion.is_small else {}) | _arrow(change, tip)


def _arrow(change: chance.Change | None, tip: Sequence[str]) -> dict[str, Any]:
    if change is None or not change.is_significant:
        return {}
    return {"way": change.direction, "tone": change.tone, "tip": [*tip, change.reason]}


def bar(
    share: float | None, *, of_largest: float = 1.0, text: str | None = None, colour: str = ""
) -> dict[str, Any]:
    """A share as a bar and a figure. `of_largest`: the share that fills the bar. None and NaN give an empty bar."""
    known = share is not None and not isnan(share) and not isnan(of_largest)
    filled = min(metrics.share(share or 0.0, of_largest) or 0.0, 1.0) if known else 0.0
    return {
        "kind": "bar",
        "text": text or formats.percent(share),
        "width": round(filled * 100, 2),
        "colour": colour,
    }


def interval(
    portion: metrics.Portion, ends: tuple[float, float], colour: str, tip: Sequence[str] = ()
) -> Cell:
    """A rate as a dot on its interval, on a scale with these ends; an empty cell if there is no rate."""
    if portion.rate is None or portion.interval is None:
        return ""
    low, at, high = (
        round(100 * comparison.place(rate, ends), 2)
        for rate in (portion.interval[0], portion.rate, portion.interval[1])
    )
    return {"kind": "range", "low": low, "at": at, "high": high, "colour": colour, "tip": list(tip)}


def trend(shares: Sequence[float], tip: Sequence[str] = ()) -> Cell:
    """A sparkline of shares of its highest point, with a tooltip."""
    return {"kind": "trend", "points": [round(100 * share) for share in shares], "tip": list(tip)}


def tick(label: str, *, ticked: bool, full: bool = False) -> Cell:
    """A checkbox. `full`: no more can be ticked; a click on an empty box is reported but does not tick it."""
    return {"kind": "tick", "label": label, "ticked": ticked, "full": full and not ticked}


def state(status: Status, *, note: str = "") -> Cell:
    """A message's state as a chip."""
    return chip(status.label, status.colour, title=status.meaning, note=note)


def chip(text: str, colour: str, *, title: str = "", note: str = "", inner: bool = False) -> Cell:
    """Text with a coloured dot. `inner`: part of the row above."""
    return {"kind": "chip", "text": text, "colour": colour, "title": title, "note": note, "inner": inner}


def tone(text: str, tone: Literal["good", "bad", ""], tip: Sequence[str] = ()) -> Cell:
    """Text in the colour of good or bad news, with a tooltip."""
    return {"kind": "tone", "text": text, "tone": tone, "tip": list(tip)}


def marked(text: str, mark: str, tip: Sequence[str] = ()) -> Cell:
    """A value, and below it a word that sets it apart from the others in its row; without a word, the value alone."""
    return {"kind": "marked", "text": text, "mark": mark, "tip": list(tip)}


def records(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """The rows of a frame, with None for every missing value (pandas has several)."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def actions(*buttons: tuple[str, str, str]) -> Cell:
    """Icon buttons, each as (action, icon, label). The icons are defined in table.js."""
    return {
        "kind": "actions",
        "actions": [dict(zip(("action", "icon", "label"), b, strict=True)) for b in buttons],
    }

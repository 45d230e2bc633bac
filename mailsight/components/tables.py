"""Tables as Mailsight shows them everywhere: bars, chips and notes in the cells, rows that open, cards on a phone."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from typing import Any, Literal

import pandas as pd
import streamlit as st

from mailsight.figures import comparison, formats, metrics
from mailsight.vocabulary import Status

from .mail_frame import frontend

_component = st.components.v2.component(
    "mailsight_table",
    html='<div class="table"></div>',
    css=frontend("table.css", "tips.css"),
    js=frontend("tips.js", "table.js"),
)

Cell = str | dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading. `fit`: no wider than its words; `whole`: a line of its own on a phone."""

    label: str
    key: str = ""
    help: str = ""
    right: bool = False
    fit: bool = False
    whole: bool = False
    sorts: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row: `id` comes back when it is clicked. `opens` False: it can't be clicked; `quiet`: it is greyed."""

    id: str
    cells: Sequence[Cell]
    chosen: bool = False
    opens: bool = True
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Click:
    """What was clicked in this run: a row with its action ("open" for the row itself)."""

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
    on_sort: Callable[[str], None] | None = None,
    on_tick: Callable[[list[str], list[str]], None] | None = None,
) -> Click:
    """Shows the table and tells what was clicked. `sort` is the column's key and whether it goes down.

    On a phone each row becomes a card; with `stacks` False it stays a row, and the table scrolls sideways.
    Before the page runs, `on_sort` hears the column to sort by, `on_tick` the rows of the table and those ticked.
    """

    def sorted_by() -> None:
        if on_sort and (column := st.session_state[key].get("sorted")):
            on_sort(str(column))

    def ticked() -> None:
        if on_tick and (told := st.session_state[key].get("ticked")):
            st.session_state[f"{key}:heard"] = told["at"]
            on_tick([str(row) for row in told["rows"]], [str(row) for row in told["ticked"]])

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
            heard=st.session_state.get(f"{key}:heard", 0),
        ),
        on_clicked_change=lambda: None,
        on_sorted_change=sorted_by,
        on_ticked_change=ticked,
    )
    return _click(result)


def clicked(key: str) -> Click:
    """What was clicked in the table of this key, told before the run draws anything.

    Whoever leaves the page with this click need not wait until the page is drawn once more.
    """
    return _click(st.session_state.get(key))


def _click(told: Any) -> Click:
    clicked = getattr(told, "clicked", None) or {}
    return Click(clicked.get("row"), clicked.get("action"))


def _data(columns: Sequence[Column], rows: Sequence[Row], **more: object) -> dict[str, object]:
    return {"columns": [asdict(column) for column in columns], "rows": [asdict(row) for row in rows], **more}


def facts(rows: Sequence[Row], *, key: str, label: str, first: bool = False) -> None:
    """Names and values in two columns, without headings. `first`: a page begins with them, shown from its top."""
    columns = [Column("Fact", fit=True), Column("Value")]
    _component(
        key=key, data=_data(columns, rows, label=label, facts=True, first=first, empty="Nothing is known.")
    )


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
    """The row's name, with quieter words and tags behind it and a line under it; with `clip` that line never wraps.

    `counted`: a question mark behind it, with these words for those who only hear it, and the action "counted".
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


def noted(text: str, note: str) -> Cell:
    """Plain words with a quieter line under them."""
    return {"kind": "noted", "text": text, "note": note}


def figure(number: float, tip: Sequence[str] = ()) -> Cell:
    """A count, with how it is counted where it is pointed at or has the focus."""
    return {"kind": "figure", "text": formats.count(number), "tip": list(tip)}


def rate(
    made_of: metrics.Portion,
    *,
    of_largest: float = 1.0,
    colour: str = "",
    text: str | None = None,
    tip: Sequence[str] = (),
    interval: bool = True,
) -> Cell:
    """A rate as a bar and a figure; one over few messages is greyed and has its interval under it.

    `interval` False: it stands beside it already.
    """
    drawn = bar(made_of.rate, of_largest=of_largest, text=text, colour=colour)
    small = {"quiet": True, "note": formats.interval(made_of.interval) if interval else ""}
    return drawn | {"tip": list(tip)} | (small if made_of.is_small else {})


def bar(
    share: float | None, *, of_largest: float = 1.0, text: str | None = None, colour: str = ""
) -> dict[str, Any]:
    """A share as a bar and a figure; `of_largest` is the share that fills the bar. None and NaN are an empty bar."""
    known = share is not None and not isnan(share) and not isnan(of_largest)
    filled = min(metrics.share(share or 0.0, of_largest) or 0.0, 1.0) if known else 0.0
    return {
        "kind": "bar",
        "text": text or formats.percent(share),
        "width": round(filled * 100, 2),
        "colour": colour,
    }


def interval(
    made_of: metrics.Portion, ends: tuple[float, float], colour: str, tip: Sequence[str] = ()
) -> Cell:
    """A rate as a dot on the line of its interval, on a scale with these ends; nothing where there is no figure."""
    if made_of.rate is None or made_of.interval is None:
        return ""
    low, at, high = (
        round(100 * comparison.place(one, ends), 2)
        for one in (made_of.interval[0], made_of.rate, made_of.interval[1])
    )
    return {"kind": "range", "low": low, "at": at, "high": high, "colour": colour, "tip": list(tip)}


def trend(shares: Sequence[float], tip: Sequence[str] = ()) -> Cell:
    """A small line from left to right over shares of its highest point, and in words what it shows."""
    return {"kind": "trend", "points": [round(100 * one) for one in shares], "tip": list(tip)}


def tick(label: str, *, ticked: bool, full: bool = False) -> Cell:
    """A box to tick; `full`: no more can be ticked, and a click on an empty one is told but ticks nothing."""
    return {"kind": "tick", "label": label, "ticked": ticked, "full": full and not ticked}


def state(status: Status, *, note: str = "") -> Cell:
    """A message's state in its colour."""
    return chip(status.label, status.colour, title=status.meaning, note=note)


def chip(text: str, colour: str, *, title: str = "", note: str = "", inner: bool = False) -> Cell:
    """Words behind a dot of their colour; `inner`: a part of the row above."""
    return {"kind": "chip", "text": text, "colour": colour, "title": title, "note": note, "inner": inner}


def tone(text: str, tone: Literal["up", "down", ""], title: str = "") -> Cell:
    """Words in the colour of good or bad news."""
    return {"kind": "tone", "text": text, "tone": tone, "title": title}


def records(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """The rows of a frame, with None where a value is missing, which pandas says in several ways."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def actions(*buttons: tuple[str, str, str]) -> Cell:
    """Icons to click, each as (action, icon, label); the icons are those of table.js."""
    return {
        "kind": "actions",
        "actions": [dict(zip(("action", "icon", "label"), b, strict=True)) for b in buttons],
    }

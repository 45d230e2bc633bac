"""A choice of days, which is in the page's address."""

from datetime import date, datetime, time, timedelta

import streamlit as st

from mailsight.figures import formats, locales
from mailsight.web import parameters

from . import address


def chosen(label: str, key: str, *also: address.Change) -> tuple[datetime | None, datetime | None]:
    """When the first chosen day starts and the last one ends, in the viewer's time zone; None for no limit.

    There is no last day until the user has picked it. `also`: what else changes in the address with the days.
    """

    def picked() -> None:
        first, last = (*st.session_state[key], None, None)[:2]
        address.change((parameters.SINCE, first), (parameters.UNTIL, last), *also)

    first, last = address.value(parameters.SINCE), address.value(parameters.UNTIL)
    if last and (not first or last < first):
        last = None
    days = tuple(day for day in (first, last) if day)
    if tuple(st.session_state.get(key, ())) != days:
        st.session_state[key] = days
    st.date_input(
        label,
        value=[],
        min_value=parameters.FIRST_DAY,
        max_value=parameters.LAST_DAY,
        format=locales.current().date_input,
        key=key,
        on_change=picked,
    )
    return _midnight(first), _midnight(last, days=1)


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    zone = formats.zone(st.context.timezone)
    return datetime.combine(day + timedelta(days=days), time(), zone) if day else None

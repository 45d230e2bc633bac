"""What an e-mail was filled in with, and what could not be filled in, each in one line."""

from collections.abc import Sequence

import streamlit as st

from mailsight.figures import formats
from mailsight.reports.known import Age
from mailsight.reports.mails import MailView, ValuesUsed

_SHOWN, _LISTED = 5, 200
_MAX_NAME_LENGTH = 80


def origin(mail: MailView, zone: str | None, *, is_sent: bool = True) -> str:
    """Where a customer's e-mail comes from, with days in a time zone: "Rebuilt from today's data"."""
    if mail.source == "archived":
        return "Archived copy"
    used = mail.values
    own = f"the values {'sent with' if is_sent else 'prepared for'} it" if used.own else ""
    sources = " and ".join(filter(None, (own, _customers(used, zone))))
    return f"Rebuilt from {sources}" if sources else "The campaign's e-mail, the same for every customer"


def _customers(used: ValuesUsed, zone: str | None) -> str:
    day = formats.long_day(used.at, zone)
    match used.customer:
        case Age.THEN:
            return f"the customer's data of {day}"
        case Age.EARLIER:
            return f"the customer's data from before {day}"
        case Age.LATER:
            return f"the customer's data of {day}, the earliest on record"
        case Age.TODAY:
            return "today's data"
    return ""


def show_gaps(mail: MailView) -> None:
    """Say which fields have no value, which conditions took one as empty, and what was not run."""
    unknown, assumed, unsupported = map(len, (mail.unknown, mail.assumed, mail.unsupported))
    these = "this" if assumed == 1 else "these"
    for start, names in (
        (f"{formats.things(unknown, 'field')} unknown: ", mail.unknown),
        (f"Conditions took {these} as empty, because no value is known: ", mail.assumed),
        (f"Not run{f' ({formats.count(unsupported)})' if unsupported > _SHOWN else ''}: ", mail.unsupported),
    ):
        if len(names) > _SHOWN:
            with st.expander(f"{start}{_listed(names, _SHOWN)}"):
                st.caption(_listed(names, _LISTED))
        elif names:
            st.caption(f"{start}{_listed(names, _SHOWN)}.")


def _listed(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are. They are untrusted."""
    shown = ", ".join(formats.plain(_cut(name)) for name in names[:most])
    more = len(names) - most
    return f"{shown} and {formats.count(more)} more" if more > 0 else shown


def _cut(name: str) -> str:
    return name if len(name) <= _MAX_NAME_LENGTH else f"{name[: _MAX_NAME_LENGTH - 1]}…"

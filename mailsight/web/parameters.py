"""What each page keeps in its address: names, types and defaults.

An address can come from anybody. A value that its parameter can't have counts as missing, so every address shows a
page. What is not in here stays out of addresses on purpose: text typed to find customers, because it names people, and
whether a mail's images are loaded, because a link must not make a browser load them.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from mailsight.figures.hours import DEFAULT_PERIOD, PERIODS
from mailsight.heatmap.badges import MEASURES, SHOWS
from mailsight.reports.grid import COLUMNS
from mailsight.reports.search import NEWEST_FIRST, SORTS, Order
from mailsight.state.audit import Action
from mailsight.vocabulary import SENT_STATES, Audience, NotSentReason, Stage, Status

from .sealed import seal, unsealed

T = TypeVar("T")
MAX_TEXT_LENGTH = 200
MAX_VALUES = 50
# Days outside of this range are mistakes, and widgets can't show them.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
MAX_PAGE = 1_000_000
MAX_ENTRY_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Parameter(Generic[T]):
    """A part of a page's state. `read` raises `ValueError` for values that it can't have; the default is left out."""

    name: str
    default: T
    read: Callable[[Sequence[str]], T]
    write: Callable[[T], list[str]]

    def value(self, texts: Sequence[str]) -> T:
        """The value that these texts of an address stand for, or the default."""
        try:
            return self.read(texts) if texts else self.default
        except ValueError:
            return self.default

    def texts(self, value: T) -> list[str]:
        """The texts for the address. None for the default, and for values that would not be read back."""
        texts = [] if value == self.default else self.write(value)
        return texts if self.value(texts) == value else []


def slug(option: str) -> str:
    """An option as it is written in addresses: `first-3-days`."""
    return option.lower().replace(" ", "-")


def _last(texts: Sequence[str]) -> str:
    return texts[-1]


def option(options: Mapping[str, T], text: str) -> T:
    """The option that a text stands for. Raises `ValueError`."""
    if text not in options:
        raise ValueError(text)
    return options[text]


def whole_number(text: str, most_digits: int) -> int:
    """The number that is written with so many decimal digits at most. Raises `ValueError`."""
    if not (text.isascii() and text.isdecimal() and len(text) <= most_digits):
        raise ValueError(text)
    return int(text)


def choice(name: str, options: Iterable[str], default: Any) -> Parameter[Any]:
    """One of the options, which are the words on the screen or members of an enum."""
    by_slug = {slug(each): each for each in options}
    return Parameter(name, default, lambda texts: option(by_slug, _last(texts)), lambda value: [slug(value)])


def several(name: str, options: Iterable[str]) -> Parameter[tuple[Any, ...]]:
    """Some of the options, none by default."""
    by_slug = {slug(each): each for each in options}

    def read(texts: Sequence[str]) -> tuple[Any, ...]:
        return tuple(dict.fromkeys(by_slug[text] for text in texts if text in by_slug))

    return Parameter(name, (), read, lambda values: [slug(value) for value in values])


def texts(name: str) -> Parameter[tuple[str, ...]]:
    """Some texts, none by default."""

    def read(values: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_printable(value, MAX_TEXT_LENGTH) for value in values[:MAX_VALUES]))

    return Parameter(name, (), read, list)


def matching(name: str, form: str) -> Parameter[tuple[str, ...]]:
    """Texts of this form (a regular expression), none by default. Others are ignored."""
    known = re.compile(form, re.ASCII)

    def read(values: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for value in values[:MAX_VALUES] if known.fullmatch(value)))

    return Parameter(name, (), read, list)


def search_text(name: str) -> Parameter[str]:
    """A search for things that are no people. Text with an @ may be somebody's address, so it stays out.

    So does what finds nothing, which may be somebody's name; the search box sees to that.
    """

    def read(values: Sequence[str]) -> str:
        text = _printable(_last(values), MAX_TEXT_LENGTH)
        if "@" in text:
            raise ValueError(text)
        return text

    return Parameter(name, "", read, lambda value: [value])


def identifier(name: str) -> Parameter[str]:
    """An id of something in the data, which need not exist; an empty string by default."""
    return Parameter(name, "", lambda texts: unsealed(_last(texts)), lambda value: [seal(value)])


def identifiers(name: str) -> Parameter[tuple[str, ...]]:
    """Ids of several things in the data, each once."""
    return Parameter(name, (), lambda values: tuple(dict.fromkeys(filter(None, values))), list)


def day(name: str) -> Parameter[date | None]:
    def read(values: Sequence[str]) -> date:
        read = date.fromisoformat(_last(values))
        if not FIRST_DAY <= read <= LAST_DAY:
            raise ValueError(read)
        return read

    return Parameter(name, None, read, lambda value: [value.isoformat()] if value else [])


def entry(name: str) -> Parameter[int | None]:
    """The number of an entry in the audit."""
    return Parameter(
        name, None, lambda texts: whole_number(_last(texts), MAX_ENTRY_DIGITS), lambda value: [str(value)]
    )


def page(name: str = "page") -> Parameter[int]:
    """The page of a table, from 1."""

    def read(values: Sequence[str]) -> int:
        return min(max(whole_number(_last(values), len(str(MAX_PAGE))), 1), MAX_PAGE)

    return Parameter(name, 1, read, lambda value: [str(value)])


def order(name: str = "sort") -> Parameter[Order]:
    """A column to sort by; a minus in front of it means largest first."""

    def read(values: Sequence[str]) -> Order:
        chosen = Order.of(_last(values))
        if chosen.key not in SORTS:
            raise ValueError(chosen.key)
        return chosen

    return Parameter(name, NEWEST_FIRST, read, lambda value: [f"{'-' if value.down else ''}{value.key}"])


@dataclass(frozen=True, slots=True)
class Dialog:
    """An open dialog, and what it shows: a figure's key, a customer's id."""

    kind: str
    item: str = ""


def dialog(*kinds: str) -> Parameter[Dialog | None]:
    """The open dialog, written as `kind` or `kind:item`."""

    def read(values: Sequence[str]) -> Dialog:
        kind, _, item = _last(values).partition(":")
        if kind not in kinds:
            raise ValueError(kind)
        return Dialog(kind, unsealed(item))

    def write(value: Dialog | None) -> list[str]:
        return [f"{value.kind}:{seal(value.item)}" if value.item else value.kind] if value else []

    return Parameter("dialog", None, read, write)


def _printable(text: str, max_length: int) -> str:
    if len(text) > max_length or not text.isprintable():
        raise ValueError(text[:max_length])
    return text


ID, IDS = identifier("id"), identifiers("id")
AUDIENCE = choice("audience", Audience, Audience.HUMAN)
PERIOD = choice("period", PERIODS, DEFAULT_PERIOD)

# The campaign list.
SEARCH = search_text("q")
SINCE, UNTIL = day("from"), day("to")
TAGS = texts("tag")
ANY_TAG, ALL_TAGS = "Any tag", "All tags"
TAG_MATCH = choice("match", (ANY_TAG, ALL_TAGS), ANY_TAG)
SORT, PAGE = order(), page()
LIST_DIALOG = dialog("counted", "find-customer", "api-tokens")

# A campaign. Its customers are filtered by status or stage, and by a link: its position in the mail, or a hash of its
# URL.
TABS = ("Status", "Heatmap", "Timeline", "Weekday and hour", "Mailbox providers", "Mail programs")
TAB = choice("tab", TABS, TABS[0])
STATES = several("status", (*SENT_STATES, Status.NOT_SENT))
STAGE = choice("stage", Stage, None)
LINK = identifier("link")
# The variant of the e-mail that the heatmap shows: a hash of its texts.
VARIANT = identifier("variant")
EVENTS, CUSTOMERS = "Opens and clicks", "Customers"
TIMELINE_COUNTED = choice("count", (EVENTS, CUSTOMERS), EVENTS)
HOURLY, CUMULATIVE = "Per hour", "Cumulative"
TIMELINE_CHART = choice("chart", (HOURLY, CUMULATIVE), HOURLY)
OPENS, CLICKS = "Opens", "Clicks"
WEEK_KIND = choice("week", (OPENS, CLICKS), OPENS)
PROGRAMS_KIND = choice("programs", (OPENS, CLICKS), OPENS)
BY_CUSTOMERS, BY_EVENTS = "Customers", "Events"
PROGRAMS_COUNTED = choice("by", (BY_CUSTOMERS, BY_EVENTS), BY_CUSTOMERS)
PROVIDER = identifier("provider")
# The grid's own sort order and filters, as grid.js writes them: `-opens`, `opens.greaterThan.2.or.equals.0`. Filters by
# text stay out, because they may name a customer, except whether there is any text.
_NUMBER, _DAY = r"-?\d{1,15}", r"\d{4}-\d\d-\d\d"
_COMPARED = {
    kind: rf"(?:blank|notBlank|inRange\.{value}\.{value}|(?:equals|notEqual|(?:less|greater)Than(?:OrEqual)?)\.{value})"
    for kind, value in (("number", _NUMBER), ("moment", _DAY))
} | {"text": "(?:blank|notBlank)"}
_FILTERS = [
    rf"{column.key}\.{compared}(?:\.and\.{compared}){{0,4}}|{column.key}\.{compared}(?:\.or\.{compared}){{1,4}}"
    for column in COLUMNS
    if (compared := _COMPARED.get(column.kind))
]
GRID_SORT = matching("sort", f"-?(?:{'|'.join(column.key for column in COLUMNS)})")
GRID_FILTERS = matching("filter", "|".join(_FILTERS))
HEATMAP_SWITCHES = (
    choice("measure", MEASURES, "clicks"),
    choice("show", SHOWS, "count"),
    choice("order", ("clicks", "place"), "clicks"),
    choice("width", ("desktop", "phone"), None),
    choice("unclicked", ("yes", "no"), "yes"),
)
REASON = choice("reason", NotSentReason, None)
RULE = identifier("rule")
CAMPAIGN_DIALOG = dialog(
    "selection", "preview", "not-sent", "machines", "counted", "section", "mail", "variants", "share"
)

# An e-mail in a dialog: its view, and the customer whose e-mail is beside it.
HTML, PLAIN_TEXT, SOURCE, HEADERS = "HTML", "Plain text", "Source", "Headers"
MAIL_VIEW = choice("view", (HTML, PLAIN_TEXT, SOURCE, HEADERS), HTML)
DESKTOP, PHONE = "Desktop", "Phone"
MAIL_SCREEN = choice("screen", (DESKTOP, PHONE), DESKTOP)
LIGHT, DARK = "Light", "Dark"
MAIL_COLOURS = choice("colours", (LIGHT, DARK), LIGHT)
MAIL_BESIDE = identifier("beside")
MAIL_SWITCHES = (MAIL_VIEW, MAIL_SCREEN, MAIL_COLOURS, MAIL_BESIDE)

# A comparison and a customer.
COMPARISON_DIALOG = dialog("compared")
FROM_CAMPAIGN = identifier("campaign")
CUSTOMER_DIALOG = dialog("mail", "events", "erase")

# The Data page.
UNMATCHED, REJECTED = "Unmatched events", "Rejected rows"
KEPT_TAB = choice("tab", (UNMATCHED, REJECTED), UNMATCHED)
LOADS_PAGE, UNMATCHED_PAGE, REJECTED_PAGE = page("loads"), page("unmatched"), page("rejected")
DATA_DIALOG = dialog("upload")

# The audit. Whom to search for stays out: it is the address of a colleague.
AUDIT_ACTION = choice("action", Action, None)
AUDIT_SUBJECT = search_text("about")
AUDIT_BEFORE = entry("before")

# What each page keeps in its address, in this order. The list of campaigns is the page without a name.
PAGES: Mapping[str, tuple[Parameter[Any], ...]] = {
    "": (SEARCH, SINCE, UNTIL, TAGS, TAG_MATCH, SORT, PAGE, AUDIENCE, LIST_DIALOG),
    "campaign": (
        ID,
        TAB,
        STATES,
        STAGE,
        LINK,
        VARIANT,
        GRID_SORT,
        GRID_FILTERS,
        PERIOD,
        TIMELINE_COUNTED,
        TIMELINE_CHART,
        WEEK_KIND,
        PROGRAMS_KIND,
        PROGRAMS_COUNTED,
        PROVIDER,
        *HEATMAP_SWITCHES,
        AUDIENCE,
        CAMPAIGN_DIALOG,
        REASON,
        RULE,
        *MAIL_SWITCHES,
    ),
    "compare": (IDS, PERIOD, AUDIENCE, COMPARISON_DIALOG),
    "customer": (ID, FROM_CAMPAIGN, PAGE, AUDIENCE, CUSTOMER_DIALOG, *MAIL_SWITCHES),
    "data": (KEPT_TAB, LOADS_PAGE, UNMATCHED_PAGE, REJECTED_PAGE, AUDIENCE, DATA_DIALOG),
    "audit": (AUDIT_ACTION, AUDIT_SUBJECT, SINCE, UNTIL, AUDIT_BEFORE, AUDIENCE),
}
# In older addresses, which still work, ids may be in these instead: each is named after the page that shows them.
OLD_IDS = ("campaign", "compare", "customer")


def names(page: str) -> frozenset[str]:
    """The names of the parameters that a page reads."""
    return frozenset((*(parameter.name for parameter in PAGES[page]), *OLD_IDS))

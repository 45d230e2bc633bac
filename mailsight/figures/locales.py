"""How people in a locale write numbers and dates, from Unicode's CLDR: separators, order, clock, first day of the week.

The words of the interface are English, so names of months and weekdays are, too, in the order of the locale. Digits are
Latin, and years those of the Gregorian calendar. `formats` writes by the locale of whoever looks: the browser's in the
dashboard, else that of the settings.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TypeVar

import babel
from babel.core import UnknownLocaleError, get_global

from mailsight import settings

R = TypeVar("R")

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Keeps a number and its unit on one line.
_JOINED = "\N{NO-BREAK SPACE}"
_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,4}")
_MAX_TAG_LENGTH = 100
# What follows the language and territory: an encoding ("de_DE.UTF-8"), or extensions ("de-DE-u-nu-latn").
_AFTER_TAG = re.compile(r"[.@].*|[-_][A-Za-z0-9][-_].*", re.DOTALL)
# A word in a pattern of CLDR, such as "de" or "г.", with the space before it.
_WORD = re.compile(r"[\s\u202f]*'[^']*'\.?")
# Fields of digits and English names with separators that need no other script.
_DATE = re.compile(r"[dMy](?:[dMy/-]|\.? |, |\.)*[dMy]\.?")
_FIELD = re.compile(r"d+|M+|y+")
_SEPARATOR = re.compile(r"[.,’\u00a0\u202f]")
_LIKELY = get_global("likely_subtags")


@dataclass(frozen=True, slots=True)
class Locale:
    """What differs between locales.

    `group_digits`: above the thousands, digits are grouped by three (1,234,567) or by two (12,34,567). `percent` has
    the place of the number, `date` those of day, month and year. `clock` is between hours and minutes.
    `has_long_hours`: hours have two digits (09:00). `first_weekday`: 0 is Monday. `date_input`: the format of a date
    in Streamlit's input.
    """

    tag: str
    decimal: str = "."
    group: str = ","
    group_digits: int = 3
    percent: str = "{}%"
    date: str = "{d} {MMM} {y}"
    clock: str = ":"
    has_long_hours: bool = True
    has_12_hours: bool = False
    first_weekday: int = 0
    date_input: str = "DD/MM/YYYY"

    @property
    def weekdays(self) -> tuple[int, ...]:
        """The days of a week in order; 0 is Monday."""
        return tuple((self.first_weekday + day) % 7 for day in range(7))


BRITISH = Locale("en-GB")
_used = ContextVar[Locale | None]("used", default=None)
_viewer: Callable[[], str | None] = lambda: None  # noqa: E731


def current() -> Locale:
    """The locale of the block, else the viewer's, else that of the settings."""
    return _used.get() or of(_viewer() or settings.locale())


@contextmanager
def using(locale: Locale) -> Iterator[None]:
    """Within the block, write as people in this locale do."""
    token = _used.set(locale)
    try:
        yield
    finally:
        _used.reset(token)


def keeping(work: Callable[[], R]) -> Callable[[], R]:
    """Work that writes as the current locale does wherever it runs: later, in another thread or in another process."""
    return partial(_run, current(), work)


def _run(locale: Locale, work: Callable[[], R]) -> R:
    with using(locale):
        return work()


def ask(viewer: Callable[[], str | None]) -> None:
    """Ask this function for the tag of the viewer's locale; it returns None where there is no viewer."""
    global _viewer  # noqa: PLW0603  # set once, by the dashboard
    _viewer = viewer


@lru_cache(maxsize=256)
def of(tag: str | None) -> Locale:
    """The locale with a tag such as a browser's "de-CH" or a system's "de_CH.UTF-8"; British if it is unknown."""
    known = _known(tag or "")
    return _from_cldr(known) if known else BRITISH


def _known(tag: str) -> babel.Locale | None:
    name = "" if len(tag) > _MAX_TAG_LENGTH else _AFTER_TAG.sub("", tag).replace("-", "_")
    if not _TAG.fullmatch(name):
        return None
    # CLDR doesn't list every language in every territory.
    for part in (name, name.partition("_")[0]):
        try:
            cldr = babel.Locale.parse(part)
            return cldr if cldr.territory else babel.Locale.parse(_LIKELY.get(str(cldr), str(cldr)))
        except (UnknownLocaleError, ValueError):
            pass
    return None


def _from_cldr(cldr: babel.Locale) -> Locale:
    symbols = cldr.number_symbols.get("latn", {})
    hours, clock = _clock(cldr.time_formats["short"].pattern)
    numeric = _english(cldr.datetime_skeletons.get("yMd")) or BRITISH.date
    return Locale(
        tag=str(cldr).replace("_", "-"),
        decimal=_separator(symbols.get("decimal")) or BRITISH.decimal,
        group=_separator(symbols.get("group")) or BRITISH.group,
        group_digits=2 if cldr.decimal_formats[None].grouping == (3, 2) else 3,
        percent=_percent(cldr.percent_formats[None].pattern),
        date=_english(cldr.datetime_skeletons.get("yMMMd")) or numeric,
        clock=clock,
        has_long_hours=len(hours) == 2,
        has_12_hours=hours[0] in "hK",
        first_weekday=cldr.first_week_day,
        date_input=_date_input(numeric),
    )


def _separator(symbol: str | None) -> str:
    """The separator if people who read Latin digits know it."""
    return symbol if symbol and _SEPARATOR.fullmatch(symbol) else ""


def _percent(pattern: str) -> str:
    """The place of the number, joined to the sign: "#,##0 %" -> "{} %"."""
    before, after = ("%" in part for part in re.split(r"[#,.0]+", pattern.partition(";")[0], maxsplit=1))
    space = _JOINED if re.search(r"\s", pattern) else ""
    return f"%{space}{{}}" if before and not after else f"{{}}{space}%"


def _clock(pattern: str) -> tuple[str, str]:
    """The field of the hours and what is after it: "h:mm a" -> "h", ":"."""
    field = re.search(r"(HH?|hh?|KK?|kk?)([:.]?)", pattern)
    return (field[1], field[2] or BRITISH.clock) if field else ("HH", BRITISH.clock)


def _english(pattern: object) -> str:
    """A date's pattern without its words: "d 'de' MMM 'de' y" -> "{d} {MMM} {y}".

    Empty if that leaves letters of another script.
    """
    shown = " ".join(_WORD.sub("", str(getattr(pattern, "pattern", ""))).split())
    shown = re.sub(r"y+", "y", re.sub(r"M{3,}", "MMM", shown))
    return _FIELD.sub(r"{\g<0>}", shown) if _DATE.fullmatch(shown) and {*"dMy"} <= {*shown} else ""


def _date_input(date: str) -> str:
    """The order and separators of a date as Streamlit names them: "{d}.{M}.{y}" -> "DD.MM.YYYY"."""
    fields = "".join(field[0] for field in _FIELD.findall(date))
    separator = next(iter(re.findall(r"[/.-]", date)), "/")
    order = {"Mdy": ("MM", "DD", "YYYY"), "yMd": ("YYYY", "MM", "DD")}.get(fields, ("DD", "MM", "YYYY"))
    return separator.join(order)

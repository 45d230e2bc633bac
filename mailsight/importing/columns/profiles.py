"""What the columns of a table contain: by its first rows, and by all of them where that decides how to read it."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

from mailsight.importing import dates
from mailsight.importing.dates import Evidence, Order
from mailsight.importing.files.values import known
from mailsight.importing.words import bounce_type_of, type_of, yes_or_no
from mailsight.loading.csv_files import Row
from mailsight.loading.json_files import BadRecord

from . import amounts
from .amounts import Decimal, Marks

SAMPLE_ROWS = 1_000
# Rows in which the words of a column of types are looked for.
TYPE_ROWS = 100_000
# Rows in which the order of dates and the decimal mark are looked for. Somebody is waiting, and can be asked instead.
DECIDING_ROWS = 500_000
MAX_WORDS = 50
MAX_WORD_LENGTH = 60
EXAMPLES = 3
PREVIEW_ROWS = 20
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|.*<[^@\s<>]+@[^@\s<>]+>", re.DOTALL)
_CLOCK = re.compile(r"\d{1,2}[:.]\d\d([:.]\d\d)?( ?[ap]\.?m\.?)?", re.IGNORECASE)
_DIGITS = re.compile(r"\d+(?:[.,]\d+)?")
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_IP = re.compile(r"[\d.]{7,15}|[\da-f:]*:[\da-f:.]+", re.IGNORECASE)


@dataclass(slots=True)
class Profile:
    """What a column contains. `filled` counts its values, `forms` how many of them can be read as what."""

    name: str
    filled: int = 0
    forms: Counter[str] = field(default_factory=Counter)
    words: dict[str, None] = field(default_factory=dict)
    evidence: Evidence = Evidence.NONE
    marks: Marks = Marks.NONE
    has_zone: bool = True

    def share(self, form: str) -> float:
        """The share of its values that can be read in this form."""
        return self.forms[form] / self.filled if self.filled else 0.0

    def mostly(self, form: str) -> bool:
        return self.share(form) >= 0.7

    @property
    def examples(self) -> list[str]:
        """A few values that are not the same."""
        return list(self.words)[:EXAMPLES]

    @property
    def is_of_words(self) -> bool:
        """Whether it has few values, as a column of types does."""
        return 0 < len(self.words) <= MAX_WORDS

    @property
    def order(self) -> Order:
        """The order of day and month, as far as its dates prove it and don't contradict each other."""
        proved = self.evidence & (Evidence.DAY_FIRST | Evidence.MONTH_FIRST)
        match proved:
            case Evidence.DAY_FIRST:
                return Order.DAY_FIRST
            case Evidence.MONTH_FIRST:
                return Order.MONTH_FIRST
            case Evidence.NONE:
                return Order.ASK if Evidence.EITHER in self.evidence else Order.CLEAR
            case _:
                return Order.ASK

    @property
    def decimal(self) -> Decimal:
        """The decimal mark, as far as its numbers prove it."""
        match self.marks & (Marks.POINT | Marks.COMMA):
            case Marks.POINT:
                return Decimal.POINT
            case Marks.COMMA:
                return Decimal.COMMA
            case Marks.NONE:
                return Decimal.ASK if self.marks else Decimal.CLEAR
            case _:
                return Decimal.ASK

    def add(self, text: str) -> None:
        """Takes a value into account."""
        value = known(text)
        if not value:
            return
        self.filled += 1
        if len(self.words) <= MAX_WORDS:
            self.words[value[:200]] = None
        self.evidence |= dates.evidence(value)
        if value[-1].isdigit() or value[0].isdigit():
            self.marks |= amounts.marks(value)
        self.forms.update(forms(value))
        self._note_zone(value)

    def add_more(self, text: str) -> None:
        """Takes only what decides how to read the column into account."""
        value = known(text)
        if value:
            self.evidence |= dates.evidence(value)
            self.marks |= amounts.marks(value) if self.marks is Marks.EITHER else Marks.NONE
            if self.is_of_words:
                self.words[value[:200]] = None

    def is_undecided(self, rows: int) -> bool:
        """Whether more rows can tell how to read the column."""
        is_date = bool(self.evidence) and not self.evidence & (Evidence.DAY_FIRST | Evidence.MONTH_FIRST)
        is_amount = self.marks is Marks.EITHER and not is_date
        return is_date or is_amount or (rows < TYPE_ROWS and self.share("type") > 0.2 and self.is_of_words)

    def _note_zone(self, value: str) -> None:
        if self.has_zone and self.forms["date"]:
            try:
                self.has_zone = dates.is_zoned(value)
            except ValueError:
                return


def forms(value: str) -> list[str]:
    """What a value can be read as."""
    for form, fits in _UNMISTAKABLE.items():
        if fits(value):
            return [form]
    can_be = [form for form, fits in _POSSIBLE.items() if fits(value)]
    is_word = len(value) <= MAX_WORD_LENGTH and not can_be
    return can_be + [form for form, fits in _WORDS.items() if is_word and fits(value)]


def _is_digits(value: str) -> bool:
    return _DIGITS.fullmatch(value) is not None


def _is_number(value: str) -> bool:
    return _reads(amounts.amount, value, Decimal.POINT) or _reads(amounts.amount, value, Decimal.COMMA)


def _is_date(value: str) -> bool:
    try:
        dates.moment(value, Order.DAY_FIRST)
    except ValueError:
        return _reads(dates.moment, value, Order.MONTH_FIRST)
    return True


def _reads(read: object, *given: object) -> bool:
    try:
        read(*given)  # type: ignore[operator]
    except ValueError:
        return False
    return True


_UNMISTAKABLE: Mapping[str, Callable[[str], object]] = {
    "address": _ADDRESS.fullmatch,
    "url": _URL.match,
    "agent": lambda value: value.startswith("Mozilla/"),
    "ip": lambda value: _IP.fullmatch(value) and _reads(ip_address, value),
}
_POSSIBLE: Mapping[str, Callable[[str], object]] = {
    "clock": _CLOCK.fullmatch,
    "date": lambda value: not _is_digits(value) and not _CLOCK.fullmatch(value) and _is_date(value),
    "number_date": lambda value: _is_digits(value) and _is_date(value),
    "count": lambda value: _reads(amounts.count, value),
    "percent": lambda value: value.endswith("%") and _is_number(value),
    "amount": lambda value: not value.endswith("%") and _is_number(value),
    "flag": lambda value: yes_or_no(value) is not None,
}
_WORDS: Mapping[str, Callable[[str], object]] = {
    "bounce": bounce_type_of,
    "type": type_of,
    "words": lambda value: " " in value,
}


@dataclass(frozen=True, slots=True)
class Survey:
    """What a table contains: the profiles of its columns by name, and its first rows."""

    profiles: dict[str, Profile]
    first: Sequence[Row]


def survey(header: Sequence[str], rows: Iterable[Row | BadRecord]) -> Survey:
    """Looks at as many rows as it takes to know how to read every column."""
    profiles = {name: Profile(name) for name in header}
    first: list[Row] = []
    watched = list(profiles.values())
    for number, row in enumerate(row for row in rows if isinstance(row, Row)):
        if number < SAMPLE_ROWS:
            for name, profile in profiles.items():
                profile.add(row.values.get(name, ""))
            if number < PREVIEW_ROWS:
                first.append(row)
            continue
        if number % SAMPLE_ROWS == 0:
            watched = [profile for profile in watched if profile.is_undecided(number)]
            if not watched or number >= DECIDING_ROWS:
                break
        for profile in watched:
            profile.add_more(row.values.get(profile.name, ""))
    return Survey(profiles, first)

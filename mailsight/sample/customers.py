"""The sample's customers: their attributes and addresses, and which of them match a selection.

All addresses end in the reserved domain `.example` (RFC 2606), so none belongs to a real person.
"""

import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[Any]]
Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]
Words = NDArray[np.str_]

TODAY = np.datetime64("2026-11-08")  # the last day of the sample
DATA = Path(__file__).parent / "data"
PEOPLE: dict[str, Any] = tomllib.loads((DATA / "people.toml").read_text(encoding="utf-8"))
COMPANIES: list[str] = PEOPLE["companies"]
_COUNTRIES: list[dict[str, Any]] = PEOPLE["countries"]


@dataclass(frozen=True, slots=True)
class Customers:
    """One value per customer in each array. Only `columns` are in the bundle; the rest drives the simulation."""

    columns: Columns  # by column name in the bundle
    first_name: Words
    utc_offset_hours: Ints
    mailbox: Words  # the address's domain
    invalid_address: Mask
    duplicate_of: Ints  # the earlier customer with the same address, or -1
    company: Ints  # index in COMPANIES, or -1

    def __len__(self) -> int:
        return len(self.first_name)


def population(count: int, rng: np.random.Generator) -> Customers:
    country = rng.choice(len(_COUNTRIES), count, p=[c["share"] for c in _COUNTRIES])
    first, last = (
        _pick(country, rng, [_names(c[key]) for c in _COUNTRIES]) for key in ("first_names", "last_names")
    )
    dutch, french = (_names(_COUNTRIES[place]["first_names"]) for place in (0, 3))
    walloon = (country == 1) & np.isin(first, french) & ~np.isin(first, dutch)

    days_known = np.rint(
        np.where(rng.random(count) < 0.62, rng.uniform(725, 3600, count), rng.uniform(6, 725, count))
    )
    minutes_known = days_known * 1440 + rng.integers(0, 960, count)
    created_at = np.sort(TODAY.astype("datetime64[m]") - minutes_known.astype("timedelta64[m]"))
    bookings = rng.poisson(rng.gamma(0.9, 1.9, count))
    known = (TODAY - created_at.astype("datetime64[D]")).astype(np.int64)
    since_booking = np.minimum(rng.gamma(1.1, 420, count), known).astype("timedelta64[D]")

    company = np.where(rng.random(count) < 0.004, rng.integers(0, len(COMPANIES), count), -1)
    mailbox = _mailboxes(country, company, rng)
    birth_year = np.clip(np.rint(rng.normal(1976, 15, count)), 1936, 2007).astype(np.int64)
    email, invalid, duplicate_of = _addresses(first, last, birth_year, mailbox, company, rng)
    companions, shares = list(PEOPLE["travels_with"]), list(PEOPLE["travels_with"].values())
    columns: Columns = {
        "customer_id": np.strings.add("C", (np.arange(count) + 1_000_001).astype(np.str_)),
        "email": email,
        "name": np.strings.add(np.strings.add(first, " "), last),
        "language": np.where(walloon, "fr", np.array([c["language"] for c in _COUNTRIES])[country]),
        "country": np.array([c["code"] for c in _COUNTRIES])[country],
        "created_at": created_at,
        "birth_year": birth_year,
        "loyalty_tier": np.array(PEOPLE["loyalty_tiers"])[np.searchsorted([2, 4, 7], bookings, side="right")],
        "bookings": bookings,
        "last_booking_on": np.where(bookings > 0, TODAY - since_booking, np.datetime64("NaT")),
        "interests": _interests(count, rng),
        "travels_with": rng.choice(companions, count, p=shares),
        "home_airport": _pick(country, rng, [c["airports"] for c in _COUNTRIES]),
        "newsletter_consent": rng.random(count) < 0.93,
    }
    return Customers(
        columns=columns,
        first_name=first,
        utc_offset_hours=np.array([c["utc_offset_hours"] for c in _COUNTRIES])[country],
        mailbox=mailbox,
        invalid_address=invalid,
        duplicate_of=duplicate_of,
        company=company,
    )


def _names(words: str) -> list[str]:
    return [" ".join(name.split()) for name in words.split(",")]


def _pick(group: Ints, rng: np.random.Generator, pools: list[list[str]]) -> Words:
    """A random value for each row from its group's pool, favoring the start of the pool."""
    flat = np.array([word for pool in pools for word in pool])
    sizes = np.array([len(pool) for pool in pools])
    starts = np.cumsum(sizes) - sizes
    offset = np.floor(rng.random(len(group)) ** 1.25 * sizes[group]).astype(np.int64)
    picked: Words = flat[starts[group] + offset]
    return picked


def _interests(count: int, rng: np.random.Generator) -> Words:
    """Each customer's interests, at least one, separated by commas."""
    shares: dict[str, float] = PEOPLE["interests"]
    ticked = rng.random((count, len(shares))) < np.array(list(shares.values()))
    ticked[np.arange(count), rng.integers(0, len(shares), count)] = True
    # There are only 2 ** 8 possible sets of interests, so build each text once.
    code = ticked @ (1 << np.arange(len(shares)))
    sets = [
        ", ".join(word for bit, word in enumerate(shares) if kind >> bit & 1)
        for kind in range(1 << len(shares))
    ]
    return np.array(sets)[code]


def _mailboxes(country: Ints, company: Ints, rng: np.random.Generator) -> Words:
    domains = sorted({domain for c in _COUNTRIES for domain in c["mailboxes"]})
    shares = np.array([[c["mailboxes"].get(domain, 0) for c in _COUNTRIES] for domain in domains])
    upto = np.cumsum(shares, axis=0)[:, country]
    code = np.minimum((rng.random(len(country)) * upto[-1] >= upto).sum(axis=0), len(domains) - 1)
    return np.array([*domains, *COMPANIES])[np.where(company >= 0, len(domains) + company, code)]


def _ascii(words: Words) -> Words:
    """The words as used in e-mail addresses: without accents, spaces and apostrophes."""
    different, inverse = np.unique(words, return_inverse=True)
    plain = [
        unicodedata.normalize("NFKD", word.replace("ı", "i").replace("ø", "o").replace("ß", "ss"))
        .encode("ascii", "ignore")
        .decode()
        .lower()
        .replace(" ", "")
        .replace("'", "")
        for word in different.tolist()
    ]
    written: Words = np.array(plain, dtype=np.str_)[inverse]
    return written


def _addresses(
    first: Words, last: Words, birth_year: Ints, mailbox: Words, company: Ints, rng: np.random.Generator
) -> tuple[Words, Mask, Ints]:
    """E-mail addresses, unique except for shared ones; a few are missing or invalid."""
    count = len(first)
    given, family = _ascii(first), _ascii(last)
    style = np.where(company >= 0, 0, rng.choice(5, count, p=[0.42, 0.2, 0.16, 0.14, 0.08]))
    forms = [
        np.strings.add(np.strings.add(given, "."), family),
        np.strings.add(given, family),
        np.strings.add(np.strings.add(given.astype("U1"), "."), family),
        np.strings.add(np.strings.add(given, family), np.strings.slice(birth_year.astype("U4"), 2, 4)),
        np.strings.add(np.strings.add(family, "."), given),
    ]
    local = np.choose(style, forms)
    order = np.argsort(np.strings.add(np.strings.add(local, "@"), mailbox), kind="stable")
    ranked = np.strings.add(np.strings.add(local, "@"), mailbox)[order]
    fresh = np.append(True, ranked[1:] != ranked[:-1])
    start = np.maximum.accumulate(np.where(fresh, np.arange(count), 0))
    repeat = np.empty(count, dtype=np.int64)
    repeat[order] = np.arange(count) - start
    # No other form ends in a dot and a number.
    local = np.where(repeat > 0, np.strings.add(np.strings.add(local, "."), (repeat + 1).astype("U6")), local)
    email = np.strings.add(np.strings.add(local, "@"), mailbox)

    duplicate_of = np.full(count, -1, dtype=np.int64)
    partner = rng.integers(0, np.maximum(np.arange(count), 1))
    shares = (rng.random(count) < 0.006) & (np.arange(count) > 0)
    shares &= ~shares[partner] & (company < 0) & (company[partner] < 0)
    invalid = (rng.random(count) < 0.003) & ~shares
    missing = (rng.random(count) < 0.008) & ~shares & ~invalid
    broken = [
        np.strings.replace(email, "@", ""),
        np.strings.replace(email, ".example", ""),
        np.strings.replace(email, "@", "@@"),
        np.strings.replace(email, ".example", "..example"),
    ]
    email = np.where(invalid, np.choose(rng.integers(0, len(broken), count), broken), email)
    email = np.where(missing, "", email)
    shares &= (email[partner] != "") & ~invalid[partner]
    duplicate_of[shares] = partner[shares]
    email = np.where(shares, email[partner], email)
    return email, invalid, duplicate_of


def matches(selection: Any, columns: Columns, at: np.datetime64) -> Mask:
    """Which customers match a selection on the day the campaign is sent."""
    if "all" in selection:
        every: Mask = np.all([matches(part, columns, at) for part in selection["all"]], axis=0)
        return every
    if "any" in selection:
        some: Mask = np.any([matches(part, columns, at) for part in selection["any"]], axis=0)
        return some
    if "not" in selection:
        return ~matches(selection["not"], columns, at)
    column, value = columns[selection["field"]], selection.get("value")
    if column.dtype.kind == "M" and isinstance(value, str):
        value = np.datetime64(value)
    matching: Mask = _OPERATORS[selection["op"]](column, value, at)
    return matching


def _empty(column: NDArray[Any]) -> Mask:
    empty: Mask = np.isnat(column) if column.dtype.kind == "M" else column == ""
    return empty


_OPERATORS: Mapping[str, Callable[[NDArray[Any], Any, np.datetime64], Any]] = {
    "=": lambda column, value, at: column == value,
    "!=": lambda column, value, at: column != value,
    "<": lambda column, value, at: column < value,
    "<=": lambda column, value, at: column <= value,
    ">": lambda column, value, at: column > value,
    ">=": lambda column, value, at: column >= value,
    "in": lambda column, value, at: np.isin(column, value),
    "not in": lambda column, value, at: ~np.isin(column, value),
    "contains": lambda column, value, at: np.strings.find(column, value) >= 0,
    "starts with": lambda column, value, at: np.strings.startswith(column, value),
    "between": lambda column, value, at: (column >= value[0]) & (column <= value[1]),
    "within last": lambda column, value, at: (column >= at - np.timedelta64(value, "D")) & (column <= at),
    "is empty": lambda column, value, at: _empty(column),
    "is not empty": lambda column, value, at: ~_empty(column),
}

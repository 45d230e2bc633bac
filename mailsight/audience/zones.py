"""The time zone of a customer: what is known of them, else that of most people in their country."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from zoneinfo import available_timezones

# Countries whose first zone in tzdata's table is not that of their biggest cities: the table goes from one end of a
# country to the other.
_MOST_PEOPLE = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "FM": "Pacific/Chuuk",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}
# What people write for a country whose code is another one.
_ALSO = {"UK": "GB", "EL": "GR"}


@cache
def countries() -> Mapping[str, str]:
    """The time zone of most people in each country, by its code (ISO 3166); from tzdata's table of zones."""
    first: dict[str, str] = {}
    for line in files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            first.setdefault(country, zone)
    found = first | _MOST_PEOPLE
    return found | {other: found[code] for other, code in _ALSO.items()}


def of_country(country: str | None) -> str | None:
    """The zone of most people in a country, by its code in any case; None for what is no country's code."""
    return countries().get((country or "").strip().upper())


def known(zone: str | None) -> str | None:
    """The zone's name where it is one of the IANA's, written in any case; else None."""
    return _by_name().get((zone or "").strip().lower())


@cache
def _by_name() -> Mapping[str, str]:
    return {name.lower(): name for name in available_timezones()}

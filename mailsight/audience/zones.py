"""Time zones of customers: their own if known, else the one most people in their country live in."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from zoneinfo import available_timezones

# tzdata orders a country's zones by geography. In these countries, the first zone is not the most populous one.
_MOST_POPULOUS = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "FM": "Pacific/Chuuk",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}
# Common country codes that differ from ISO 3166.
_ALIASES = {"UK": "GB", "EL": "GR"}


@cache
def countries() -> Mapping[str, str]:
    """The most populous time zone of each country, by its ISO 3166 code, from tzdata's zone table."""
    first: dict[str, str] = {}
    for line in files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            first.setdefault(country, zone)
    zones = first | _MOST_POPULOUS
    return zones | {alias: zones[code] for alias, code in _ALIASES.items()}


def of_country(country: str | None) -> str | None:
    """The most populous time zone of a country, by its code in any case; None if the code is unknown."""
    return countries().get((country or "").strip().upper())


def known(zone: str | None) -> str | None:
    """The IANA name of a time zone, written in any case; None if there is no such zone."""
    return _by_name().get((zone or "").strip().lower())


@cache
def _by_name() -> Mapping[str, str]:
    return {name.lower(): name for name in available_timezones()}

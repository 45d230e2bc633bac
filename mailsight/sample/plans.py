"""The plans of the sample's campaigns: texts, places, colours and selections, read from `data/`."""

import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from .customers import DATA

# How each design writes merge fields, and which ones it uses: name in the e-mail -> field of the customer.
_MARKS = {"newsletter": "{{%s}}", "offer": "{{%s}}", "map": "*|%s|*", "letter": "%%%s%%"}
_FIELDS = {
    "newsletter": {name: name for name in ("first_name", "customer_id", "booking_code", "home_airport")},
    "offer": {name: name for name in ("first_name", "customer_id", "booking_code", "home_airport")},
    "map": {"FNAME": "first_name", "CUSTOMER_ID": "customer_id"},
    "letter": {name: name for name in ("first_name", "customer_id", "booking_code")},
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign before its e-mail is drawn: a table of campaigns.toml."""

    design: str
    name: str
    subject: str
    preheader: str
    tags: tuple[str, ...]
    selection: Any
    picked: Any  # the criteria to simulate: the selection itself, unless that is a sentence
    places: tuple[str, ...]
    who: str
    cancelled: float
    copy: dict[str, Any]

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    @property
    def fields(self) -> dict[str, str]:
        return _FIELDS[self.design]

    @property
    def opening(self) -> str:
        """The first text that is specific to the campaign."""
        return str(self.copy.get("intro") or self.copy["paragraphs"][0])

    def mark(self, name: str) -> str:
        return _MARKS[self.design] % name

    @property
    def interests(self) -> list[str]:
        return sorted({destinations()[place]["interest"] for place in self.places})


@cache
def destinations() -> dict[str, dict[str, Any]]:
    return _read("destinations.toml")


@cache
def _all_plans() -> tuple[Plan, ...]:
    tables = _read("campaigns.toml")["campaigns"]
    return tuple(_plan(table) for table in tables)


def _plan(table: dict[str, Any]) -> Plan:
    selection = json.loads(table["selection"])
    return Plan(
        design=table["design"],
        name=table["name"],
        subject=table["subject"],
        preheader=table["preheader"],
        tags=tuple(table["tags"]),
        selection=selection,
        picked=json.loads(table["pick"]) if "pick" in table else selection,
        places=tuple(table["places"]),
        who=table.get("who", ""),
        cancelled=table.get("cancelled", 0.0),
        copy=table,
    )


def plans(count: int) -> list[Plan]:
    """The last `count` plans. If there are fewer, plans are repeated in a row, so that they keep their season."""
    all_plans = _all_plans()
    if count <= len(all_plans):
        return list(all_plans[len(all_plans) - count :])
    return [all_plans[index * len(all_plans) // count] for index in range(count)]


@cache
def looks() -> dict[str, dict[str, str]]:
    """The colours of a campaign by tag; the first of these tags that the campaign has decides."""
    return _read("looks.toml")


@cache
def shapes() -> dict[str, Any]:
    """SVG drawings that the pictures share, each around its own origin."""
    return _read("shapes.toml")


@cache
def palettes() -> dict[str, list[dict[str, Any]]]:
    """The colour palettes for each scene."""
    return _read("scenes.toml")


@cache
def map_styles() -> dict[str, dict[str, Any]]:
    """The look of each style of map."""
    return _read("maps.toml")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))

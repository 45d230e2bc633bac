"""Totals as other programs report them: newer ones replace older ones, in any order of files and loads."""

from pathlib import Path
from typing import Any

import pytest

from mailsight.loading import bundles
from mailsight.loading.finding import kind_of_columns
from mailsight.loading.merge import KindSummary, LoadSummary
from mailsight.warehouse.reader import Warehouse
from tests.support.bundles import bundle, ndjson
from tests.support.tables import table

OLD = {"campaign_id": "spring", "source": "Mailchimp", "as_of": "2026-04-15", "opens": 10, "clicks": 4}
NEW = {"campaign_id": "spring", "source": "mailchimp", "as_of": "2026-04-16", "opens": 12, "revenue": "3.50"}
OTHER = {"campaign_id": "spring", "source": "klaviyo", "opens": "7.0"}


def load(folder: Path, *rows: dict[str, Any]) -> LoadSummary:
    return bundles.load(folder / "m.duckdb", [bundle(folder / "b", {"totals.ndjson": ndjson(*rows)})])


def totals(folder: Path) -> list[dict[str, Any]]:
    rows = table(folder / "m.duckdb", "reported_totals", "campaign_id, source, opens, clicks, revenue")
    return sorted(rows, key=lambda row: str(row["source"]))


@pytest.mark.parametrize(
    "loads", [[[OLD, NEW, OTHER]], [[NEW, OLD], [OTHER]], [[OLD], [OTHER, NEW]], [[NEW], [OLD], [OTHER]]]
)
def test_the_newest_value_of_each_source_counts(loads: list[list[dict[str, Any]]], tmp_path: Path) -> None:
    for rows in loads:
        assert load(tmp_path, *rows).changed
    assert totals(tmp_path) == [
        {"campaign_id": "spring", "source": "klaviyo", "opens": 7, "clicks": None, "revenue": None},
        {"campaign_id": "spring", "source": "mailchimp", "opens": 12, "clicks": 4, "revenue": 3.5},
    ]
    assert not load(tmp_path, *loads[0]).changed
    assert load(tmp_path, *loads[0]).kinds[-1] == KindSummary("totals", len(loads[0]), 0, 0, 0)


def test_a_campaign_with_totals_alone_is_in_the_list(tmp_path: Path) -> None:
    load(tmp_path, NEW)
    assert table(tmp_path / "m.duckdb", "campaign_totals", "campaign_id, audience, sent, opens") == [
        {"campaign_id": "spring", "audience": "all", "sent": None, "opens": 12},
        {"campaign_id": "spring", "audience": "human", "sent": None, "opens": 12},
    ]
    assert Warehouse(tmp_path / "m.duckdb").snapshot().rows("campaign_count") == [{"campaigns": 1}]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"source": "x"}, "no campaign_id"),
        ({"campaign_id": "spring"}, "no source"),
        (OTHER | {"as_of": "soon"}, "unreadable time in as_of: soon"),
        (OTHER | {"clicks": "many", "orders": "x"}, "clicks is not a whole number: many"),
        (OTHER | {"sent": -1}, "sent is not a whole number: -1"),
        (OTHER | {"sent": 1.5}, "sent is not a whole number: 1.5"),
        (OTHER | {"revenue": "EUR 5"}, "revenue is not a number: EUR 5"),
    ],
)
def test_totals_that_are_none_are_rejected(row: dict[str, Any], reason: str, tmp_path: Path) -> None:
    summary = load(tmp_path, NEW, row)
    assert [refusal.reason for refusal in summary.refusals] == [reason]
    assert summary.kinds[-1] == KindSummary("totals", 2, 1, 0, 1)


def test_the_columns_say_that_a_file_holds_totals() -> None:
    assert kind_of_columns(["campaign_id", "source", "opens", "clicks"]) == "totals"
    assert kind_of_columns(["campaign_id", "source", "subject", "opens"]) == "campaigns"

"""Figures as other programs report them, alone and beside events, against a second computation in plain Python."""

import csv
import io
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mailsight.exports import rows as export_rows
from mailsight.exports import writers
from mailsight.exports.lists import Format
from mailsight.figures.metrics import COUNT_NAMES, RATES, Portion
from mailsight.loading import bundles
from mailsight.reports import campaign, campaigns
from mailsight.reports.search import EVERYTHING, NEWEST_FIRST
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Snapshot, Warehouse
from tests.support import oracle
from tests.support.bundles import bundle, ndjson
from tests.support.examples import loads

Row = dict[str, Any]
START = datetime(2026, 4, 14, 9, tzinfo=UTC)
REPORTED = (
    "recipients",
    "sent",
    "delivered",
    "bounces",
    "hard_bounces",
    "soft_bounces",
    "opened",
    "opens",
    "clicked",
    "clicks",
    "unsubscribed",
    "complained",
)
STATUSES = ("not_received", "received", "opened", "clicked", "opted_out")
# Small numbers, so that reports agree and contradict each other and the events, and large ones.
numbers = st.none() | st.integers(0, 6) | st.integers(5, 2_000)
reports = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["mailchimp", "Klaviyo", "listmonk"]),
        "as_of": st.none() | st.integers(0, 9).map(lambda days: START + timedelta(days=days)),
        **dict.fromkeys(REPORTED, numbers),
    }
)
reactions = ["opened", "clicked", "bounced", "unsubscribed", "complained"]
proofs = ["delivered", "deferred", "failed"]
mailings = st.fixed_dictionaries(
    {
        "source": st.none() | st.sampled_from(["klaviyo", "Listmonk"]),
        "reports": st.lists(reports, max_size=2, unique_by=lambda row: row["source"]),
        "customers": st.lists(st.lists(st.sampled_from(reactions), max_size=4), max_size=5)
        | st.lists(st.lists(st.sampled_from([*reactions, *proofs]), max_size=4), max_size=5),
        "messages": st.integers(-8, 3),
    }
)


def rows_of(number: int, mailing: Row) -> dict[str, list[Row]]:
    """The rows of one campaign."""
    key = {"campaign_id": f"c{number}"}
    empty = dict.fromkeys(("event_id", "provider", "message_id", "recipient", "url", "link_position"))
    return {
        "campaigns": [key | {"source": mailing["source"]}],
        "customers": [],
        "messages": [
            key | {"customer_id": str(customer), "sent_at": START} for customer in range(mailing["messages"])
        ],
        "events": [
            empty
            | key
            | {"customer_id": str(customer), "type": kind, "occurred_at": START + timedelta(minutes=place)}
            for customer, happened in enumerate(mailing["customers"])
            for place, kind in enumerate(happened)
        ],
        "totals": [key | report for report in mailing["reports"]],
    }


def as_counts(report: Row) -> Row:
    """A report as counts, by the definitions of docs/metrics.md."""

    def minus(whole: int | None, part: int | None) -> int | None:
        return whole - part if whole is not None and part is not None and whole >= part else None

    def plus(first: int | None, second: int | None) -> int | None:
        return first + second if first is not None and second is not None else None

    def known(number: int | None, other: int | None) -> int | None:
        return other if number is None else number

    bounces = known(report["bounces"], plus(report["hard_bounces"], report["soft_bounces"]))
    sent = known(report["sent"], plus(report["delivered"], bounces))
    return {
        "selected": report["recipients"],
        "sent": sent,
        "not_sent": minus(report["recipients"], sent),
        "undeliverable": known(bounces, minus(sent, report["delivered"])),
        "delivered": known(report["delivered"], minus(sent, bounces)),
        "opted_out": plus(report["unsubscribed"], report["complained"]),
    } | {
        name: report[name] for name in ("opened", "clicked", "unsubscribed", "complained", "opens", "clicks")
    }


def chosen(mailing: Row) -> Row | None:
    """The report that counts."""
    telling = [
        row for row in mailing["reports"] if any(number is not None for number in as_counts(row).values())
    ]
    own = (mailing["source"] or "").lower()
    newest = sorted(telling, key=lambda row: row["source"].lower())
    newest.sort(key=lambda row: row["as_of"] or datetime.min.replace(tzinfo=UTC), reverse=True)
    newest.sort(key=lambda row: row["source"].lower() != own)
    return newest[0] if newest else None


def expected(mailing: Row, counted: Row) -> tuple[Row, Row, set[str]]:
    """The counts, the statuses, and which counts are as reported."""
    counts, status, report = dict(counted["counts"]), dict(counted["status"]), chosen(mailing)
    types = {kind for happened in mailing["customers"] for kind in happened}
    if report is None:
        return counts, status, set()
    stated, nobody = as_counts(report), not counts["selected"]
    is_listed = mailing["messages"] > 0 or types & {"delivered", "deferred", "failed"}
    if not nobody and (is_listed or (stated["sent"] or 0) <= counts["sent"]):
        return counts, status, set()
    taken = {"selected", "sent", "not_sent", "delivered"}
    for name, kind in {
        "undeliverable": "bounced",
        "opened": "opened",
        "opens": "opened",
        "clicked": "clicked",
        "clicks": "clicked",
        "unsubscribed": "unsubscribed",
        "complained": "complained",
    }.items():
        if kind not in types:
            taken.add(name)
    if counts["opened"] and (stated["opened"] is None or stated["opened"] < counts["opened"]):
        taken.discard("opened")  # clicks prove that many opens
    was = dict(counts)
    counts |= {name: stated[name] for name in taken}
    if not types >= {"unsubscribed", "complained"}:
        taken.add("opted_out")
        both = counts["unsubscribed"], counts["complained"]
        counts["opted_out"] = None if None in both else sum(both)
    if nobody:
        return counts, dict.fromkeys(STATUSES), taken
    unnamed = counts["sent"] - was["sent"]
    if "undeliverable" in taken and (counts["undeliverable"] or 0) > unnamed:
        counts["undeliverable"] = None
    bounced = counts["undeliverable"]
    counts["delivered"] = None if bounced is None else counts["sent"] - bounced
    opted_out = any(counts[name] not in (None, was[name]) for name in ("unsubscribed", "complained"))
    if bounced is None or taken & {"opened", "clicked"} or opted_out:
        return counts, dict.fromkeys(STATUSES), taken
    status["not_received"] += bounced - was["undeliverable"]
    status["received"] += unnamed - (bounced - was["undeliverable"])
    return counts, status, taken


def rate(part: int | None, whole: int | None) -> float | None:
    return None if part is None or not whole or part > whole else part / whole


@given(st.lists(mailings, min_size=8, max_size=14))
@loads(4)
def test_figures_of_reports_and_events(random: list[Row]) -> None:
    rows: dict[str, list[Row]] = {
        kind: [] for kind in ("campaigns", "customers", "messages", "events", "totals")
    }
    for number, mailing in enumerate(random):
        for kind, those in rows_of(number, mailing).items():
            rows[kind] += those
    counted = oracle.figures({kind: [dict(row) for row in those] for kind, those in rows.items()})
    with tempfile.TemporaryDirectory() as folder:
        files = {f"{kind}.ndjson": ndjson(*map(text, those)) for kind, those in rows.items()}
        summary = bundles.load(
            Path(folder) / "m.duckdb",
            [bundle(Path(folder) / "b", {name: lines for name, lines in files.items() if lines})],
        )
        assert not summary.refusals
        data = Warehouse(Path(folder) / "m.duckdb").snapshot()
        figures = [expected(mailing, counted[f"c{number}"]) for number, mailing in enumerate(random)]
        for number, (counts, status, taken) in enumerate(figures):
            for audience in Audience:
                report: Any = campaign.figures(data, f"c{number}", audience)
                assert report["counts"] == counts
                assert report["rates"] == {
                    each.key: rate(counts[each.numerator], counts[each.denominator]) for each in RATES
                }
                assert report["status"] == status
                reported = report["reported"]
                assert set(reported["figures"] if reported else []) == {
                    name for name in taken if counts[name] is not None
                }
        check_list(data, [counts for counts, _, _ in figures], [taken for _, _, taken in figures])


def text(row: Row) -> Row:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def check_list(data: Snapshot, counts: list[Row], taken: list[set[str]]) -> None:
    """The list, its totals and its export have the same figures."""
    listed = campaigns.page(data, Audience.ALL, EVERYTHING, NEWEST_FIRST, 0, 100)
    assert {row.campaign_id: row.counts.known_by_key() for row in listed} == {
        f"c{number}": each for number, each in enumerate(counts)
    }
    totals = campaigns.search_totals(data, Audience.ALL, EVERYTHING)
    planned = {row.campaign_id for row in listed if row.is_planned}
    for name in COUNT_NAMES:
        known = [
            0 if name in ("selected", "not_sent") and f"c{number}" in planned else each[name]
            for number, each in enumerate(counts)
        ]
        numbers = [number for number in known if number is not None]
        assert totals.totals.known(name) == (sum(numbers) if numbers else None)
    for each in RATES:
        pairs = [(row[each.numerator], row[each.denominator]) for row in counts]
        both = [(part, whole) for part, whole in pairs if rate(part, whole) is not None]
        assert totals.rates[each.key] == Portion(
            sum(part for part, _ in both), sum(whole for _, whole in both)
        )
    assert totals.reported == sum(map(bool, taken))
    written = io.BytesIO()
    writers.write(export_rows.campaigns(data, Audience.ALL), Format.CSV, written, lambda _: None)
    for row in csv.DictReader(io.StringIO(written.getvalue().decode("utf-8-sig"))):
        number = int(row["campaign_id"].removeprefix("c"))
        assert {name: int(row[name]) if row[name] else None for name in COUNT_NAMES} == counts[number]
        assert bool(row["reported_by"]) == bool(taken[number])

"""Every figure of random campaigns equals a second computation in plain Python (oracle.py)."""

import csv
import json
import tempfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.figures import funnel
from mailsight.figures.metrics import COUNT_NAMES, Counts
from mailsight.loading import bundles
from mailsight.reports import campaign, customer, grid, recipients
from mailsight.reports import campaigns as list_reports
from mailsight.reports.search import EVERYTHING
from mailsight.vocabulary import Audience, EventType, NotSentReason, Stage, Status
from mailsight.warehouse.reader import Warehouse
from tests.support import oracle
from tests.support.campaigns import listed
from tests.support.examples import loads

Bundle = dict[str, list[dict[str, Any]]]

START = datetime(2026, 4, 14, 9, tzinfo=UTC)
# Few values each, so that keys match, times are equal and events repeat.
CAMPAIGN_IDS = ["spring", "summer", "unknown"]
CUSTOMER_IDS = ["1", "2", "3", "4"]
ADDRESSES = ["ann@x.example", "Ann@X.example", "bob@x.example", "cyd@x.example"]
MESSAGE_IDS = ["m1", "m2", "m3"]
CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
LINKS = ["https://shop.example/a", "https://shop.example/b", "https://shop.example/a"]
moments = st.integers(0, 6).map(lambda hours: START + timedelta(hours=hours))

customers = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(CUSTOMER_IDS),
        "email": st.none() | st.sampled_from(ADDRESSES),
        "name": st.none() | st.sampled_from(["Ann", "Bob"]),
    }
)
messages = st.fixed_dictionaries(
    {
        "campaign_id": st.sampled_from(CAMPAIGN_IDS[:2]),
        "customer_id": st.sampled_from(CUSTOMER_IDS[:3]),
        "message_id": st.none() | st.sampled_from(MESSAGE_IDS),
        "email": st.none() | st.sampled_from(ADDRESSES),
        "sent_at": st.none() | moments,
        "not_sent_reason": st.none() | st.sampled_from(list(NotSentReason)),
        "content": st.none() | st.just("mail.html"),
        "merge_fields": st.none() | st.sampled_from(['{"name": "Ann"}', '{"points": 3}']),
    }
)
events = st.fixed_dictionaries(
    {
        "event_id": st.none() | st.sampled_from([f"e{number}" for number in range(40)]),
        "provider": st.none() | st.just("sendgrid"),
        "campaign_id": st.none() | st.sampled_from(CAMPAIGN_IDS),
        "customer_id": st.none() | st.sampled_from(CUSTOMER_IDS),
        "message_id": st.none() | st.sampled_from(MESSAGE_IDS),
        "recipient": st.none() | st.sampled_from(ADDRESSES),
        "type": st.sampled_from(list(EventType)),
        "occurred_at": moments,
        "url": st.none() | st.sampled_from([*LINKS, "https://elsewhere.example/"]),
        "link_position": st.none() | st.integers(0, 3),
        "user_agent": st.sampled_from([None, "Mozilla/5.0", "curl/8.5.0", CHROME]),
        "reject_reason": st.sampled_from(
            [None, "invalid", "bounced", "spam", "unsubscribed", "blocked", "other"]
        ),
    }
).filter(lambda event: event["customer_id"] or event["message_id"] or event["recipient"])
beginnings = st.none() | st.integers(0, 400).map(lambda minutes: START + timedelta(minutes=minutes))
campaigns = beginnings.map(
    lambda sent_at: [
        {"campaign_id": "spring", "links": LINKS, "sent_at": sent_at, "subject": "Spring, {{ name }}!"},
        {"campaign_id": "summer", "sent_at": None, "subject": "Summer"},
    ]
)
mailings = st.fixed_dictionaries(
    {
        "campaigns": campaigns,
        "customers": st.lists(customers, max_size=5, unique_by=lambda row: row["customer_id"]),
        "messages": st.lists(messages, max_size=8),
        "events": st.lists(events, max_size=40),
    }
)


def write_bundle(folder: Path, bundle: Bundle) -> Path:
    """Write the bundle as files in three formats. A campaign with links gets an e-mail with them."""
    folder.mkdir()
    (folder / "mail.html").write_text("".join(f'<a href="{url}">link</a>' for url in LINKS))
    rows = {
        kind: [{name: _text(value) for name, value in row.items()} for row in bundle[kind]] for kind in bundle
    }
    rows["campaigns"] = [
        {
            "campaign_id": row["campaign_id"],
            "template": "mail.html" if "links" in row else None,
            "subject": row.get("subject"),
            "sent_at": _text(row.get("sent_at")),
        }
        for row in bundle["campaigns"]
    ]
    for kind in ("campaigns", "messages"):
        with (folder / f"{kind}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[kind][0] if rows[kind] else ["campaign_id", "customer_id"])
            writer.writeheader()
            writer.writerows(rows[kind])
    (folder / "customers.json").write_text(json.dumps(rows["customers"]))
    (folder / "events.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows["events"]))
    return folder


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def computed(database: Path, audience: Audience = Audience.ALL) -> dict[str, dict[str, Any]]:
    """The figures of all campaigns of a database, in the form that the oracle returns."""
    warehouse = Warehouse(database)
    computed_figures = {}
    for campaign_id in (listed_campaign.campaign_id for listed_campaign in listed(warehouse)):
        figures: Any = campaign.figures(warehouse.snapshot(), campaign_id, audience)
        computed_figures[campaign_id] = {
            name: figures[name] for name in ("counts", "not_sent", "status", "links")
        } | {
            "other_links": {
                link["url"]: (link["clicks"], link["clickers"]) for link in figures["other_links"]
            },
            "hours": {
                hour: counts
                for hour, *counts in campaign.timeline(warehouse.snapshot(), campaign_id, audience)
                .to_numpy()
                .tolist()
            },
            "customers": _customers(warehouse, campaign_id, audience),
        }
    return computed_figures


def _customers(warehouse: Warehouse, campaign_id: str, audience: Audience) -> dict[str, list[str]]:
    """The ids of the customers that the grid lists for each stage of the funnel and for each state."""
    queries = {f"stage:{stage}": grid.grid_query(stage=stage) for stage in Stage}
    queries |= {str(state): grid.grid_query(status=[state]) for state in Status}
    lists = {}
    for name, query in queries.items():
        page = recipients.page(warehouse.snapshot(), campaign_id, audience, query)
        if page.rows:
            lists[name] = sorted(str(row["customer_id"]) for row in page.rows)
    return lists


def assert_the_funnel_adds_up(figures: dict[str, Any]) -> None:
    """Each stage lists as many customers as its card counts, and what stopped there, opted out or went on adds up."""
    counts, states = Counts(**figures["counts"]), {Status(state): n for state, n in figures["status"].items()}
    stages = funnel.stages(counts, states)
    for at, further in zip(stages, [*(at.reached for at in stages[1:]), 0], strict=True):
        listed_customers = figures["customers"].get(f"stage:{at.stage}", [])
        assert len(listed_customers) == at.reached == getattr(counts, at.stage)
        assert at.reached == at.stopped + at.opted_out + further
        assert at.opted_out >= 0
        assert at.stopped == len(figures["customers"].get(at.stage.stops_as, []))
    assert sum(at.stopped + at.opted_out for at in stages) == sum(states.values()) == counts.sent
    assert sum(at.opted_out for at in stages) == states[Status.OPTED_OUT] == counts.opted_out
    unsent = [figures["customers"].get(state, []) for state in (Status.PLANNED, Status.NOT_SENT)]
    assert sum(map(len, unsent)) == counts.not_sent


@pytest.mark.slow
@given(mailings)
@loads(5)
def test_the_figures_agree_with_plain_python(mailing: Bundle) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bundle = write_bundle(Path(folder) / "bundle", mailing)
        database = Path(folder) / "mailsight.duckdb"
        summary = bundles.load(database, [bundle])
        assert not summary.refusals
        everything = computed(database)
        assert everything == oracle.figures(mailing)
        verdicts = _verdicts(database)
        for number, event in enumerate(mailing["events"], start=1):
            event["machine"] = verdicts.get(number)
        by_people = computed(database, Audience.HUMAN)
        assert by_people == oracle.figures(mailing, human=True)
        for figures in (*everything.values(), *by_people.values()):
            assert_the_funnel_adds_up(figures)
        assert histories(database) == plain_histories(database)
        assert_rows_are_sorted_and_have_names(database)


def histories(database: Path) -> dict[str, Any]:
    """Each customer's address and history as the page shows it: campaign, status, opens, subject, has a mail."""
    reader, shown = Warehouse(database), {}
    for customer_id in plain_histories(database):
        report = customer.report(reader.snapshot(), customer_id, Audience.HUMAN)
        shown[customer_id] = (
            report.customer.email,
            [
                (contact.campaign_id, contact.status, contact.opens, contact.subject, contact.has_mail)
                for contact in report.contacts
            ],
        )
    return shown


def plain_histories(database: Path) -> dict[str, Any]:
    """The same, read from the tables without the report's shortcuts."""
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        rows = connection.execute(
            """
            select
                r.customer_id, coalesce(cu.email, max(r.email) over (partition by r.customer_id)),
                r.campaign_id,
                case
                    when r.human_status is not null then r.human_status
                    when c.campaign_id is not null and c.sent_at is null
                        and not bool_or(r.sent) over (partition by r.campaign_id) then 'planned'
                    else 'not_sent'
                end,
                r.human_opens,
                replace(c.subject, '{{ name }}', coalesce(
                    m.merge_fields ->> 'name',
                    case when r.sent and first.earlier is not null then first.earlier ->> 'name' else cu.name end,
                    '{{ name }}'
                )),
                coalesce(m.content_id, c.content_id) is not null
            from recipients as r
            left join customers as cu using (customer_id)
            left join campaigns as c using (campaign_id)
            left join messages as m on m.campaign_id = r.campaign_id and m.customer_id = r.customer_id
            left join (
                -- Everything is sent before it is loaded, with the first values known.
                select customer_id, arg_min(earlier, changed_at) as earlier
                from customer_changes
                where json_exists(earlier, '$.name')
                group by customer_id
            ) as first on first.customer_id = r.customer_id
            order by coalesce(r.sent_at, c.sent_at) desc nulls first, r.campaign_id
            """
        ).fetchall()
    expected: dict[str, Any] = {}
    for customer_id, email, *contact in rows:
        expected.setdefault(customer_id, (email, []))[1].append(tuple(contact))
    return expected


def assert_rows_are_sorted_and_have_names(database: Path) -> None:
    """What the customers' grid relies on: rows sorted by key, with the customers' current names and addresses."""
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        rows = connection.execute(
            """
            select
                r.campaign_id, r.customer_id, r.name, r.known_email,
                c.name, case when r.email is null then c.email end
            from recipients as r left join customers as c using (customer_id)
            order by r.rowid
            """
        ).fetchall()
    assert [row[2:4] for row in rows] == [row[4:] for row in rows]
    of_campaigns = sorted(rows, key=lambda row: row[0])
    assert [row[:2] for row in of_campaigns] == sorted(row[:2] for row in rows)


def _verdicts(database: Path) -> dict[int, str | None]:
    """The machine rule of each event, by its number: its position in a file loaded into an empty database."""
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        return dict(connection.execute("select event_number, machine from events").fetchall())


@pytest.mark.slow
@given(mailings, st.randoms(use_true_random=False), st.integers(2, 4))
@loads(3)
def test_the_order_and_number_of_loads_do_not_matter(mailing: Bundle, random: Any, parts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.duckdb"
        bundles.load(whole, [write_bundle(Path(folder) / "whole", mailing)])
        split: list[Bundle] = [{kind: [] for kind in mailing} for _ in range(parts)]
        part_of: dict[object, int] = defaultdict(lambda: random.randrange(parts))
        for kind, rows in mailing.items():
            for row in rows:
                split[part_of[_key(kind, row)]][kind].append(row)
        in_parts = Path(folder) / "parts.duckdb"
        for number, part in enumerate(split):
            bundles.load(in_parts, [write_bundle(Path(folder) / f"part{number}", part)])
        assert computed(in_parts) == computed(whole)
        renamed = [row | {"name": f"New {row['name']}"} for row in mailing["customers"]]
        for number, names in enumerate((renamed, mailing["customers"], renamed)):
            assert histories(in_parts) == plain_histories(in_parts)
            assert_rows_are_sorted_and_have_names(in_parts)
            nothing: Bundle = {kind: [] for kind in mailing} | {"customers": names}
            bundles.load(in_parts, [write_bundle(Path(folder) / f"names{number}", nothing)])
        assert histories(in_parts) == plain_histories(in_parts)


def _key(kind: str, row: dict[str, Any]) -> object:
    """The key of a row. Rows with the same key stay in one load, because the first or the last of them counts."""
    if kind == "messages":
        return row["campaign_id"], row["customer_id"]
    if kind == "events":
        return row["event_id"] or (row["type"], row["occurred_at"], row["url"])
    return id(row)


def test_a_customers_new_name_and_address_apply_to_earlier_messages(tmp_path: Path) -> None:
    database = tmp_path / "mailsight.duckdb"
    rows: list[dict[str, Any]] = [
        {"campaign_id": "spring", "customer_id": "1", "email": "ann@x.example", "sent_at": START},
        {"campaign_id": "spring", "customer_id": "2", "email": None, "sent_at": START},
        {"campaign_id": "spring", "customer_id": "3", "email": None, "sent_at": START},
    ]
    nothing: Bundle = {kind: [] for kind in ("campaigns", "customers", "messages", "events")}
    bundles.load(database, [write_bundle(tmp_path / "first", nothing | {"messages": rows})])
    for number, names in enumerate((("Ann", "Bob"), ("Ann", "Bert"))):
        customers: list[dict[str, Any]] = [
            {"customer_id": str(place), "email": f"{name}@y.example", "name": name}
            for place, name in enumerate(names, start=1)
        ]
        bundles.load(database, [write_bundle(tmp_path / str(number), nothing | {"customers": customers})])
    page = recipients.page(Warehouse(database).snapshot(), "spring", Audience.ALL, grid.grid_query())
    assert [(row["name"], row["email"]) for row in page.rows] == [
        ("Ann", "ann@x.example"),
        ("Bert", "Bert@y.example"),
        ("", ""),
    ]
    assert_rows_are_sorted_and_have_names(database)


def test_loading_twice_changes_nothing(tmp_path: Path, sample_bundle: Path) -> None:
    database = tmp_path / "mailsight.duckdb"
    assert bundles.load(database, [sample_bundle]).changed
    generation, figures = Warehouse(database).generation, computed(database)
    again = bundles.load(database, [sample_bundle])
    assert not again.changed
    assert all(kind.new == 0 and kind.known == kind.rows for kind in again.kinds)
    assert (Warehouse(database).generation, computed(database)) == (generation, figures)


def test_the_totals_of_the_list_are_the_sums_of_its_campaigns_without_planned_ones(
    sample_database: Path,
) -> None:
    campaigns = [row for row in listed(sample_database, Audience.ALL) if not row.is_planned]
    totals = Counts(
        **{
            name: sum(getattr(listed_campaign.counts, name) for listed_campaign in campaigns)
            for name in COUNT_NAMES
        }
    )
    assert (
        list_reports.search_totals(Warehouse(sample_database).snapshot(), Audience.ALL, EVERYTHING).totals
        == totals
    )
    assert totals.sent > 0


CASES = {
    "a bounce after delivery is undeliverable": (["delivered@1", "bounced@2"], "not_received"),
    "a delivery after the bounce is received": (["bounced@1", "delivered@2"], "received"),
    "an open after the bounce proves that it arrived": (["bounced@1", "opened@2"], "opened"),
    "a delivery at the time of the bounce does not come after it": (
        ["bounced@1", "delivered@1"],
        "not_received",
    ),
    "a click proves an open": (["clicked@1"], "clicked"),
    "opting out outranks a click": (["clicked@1", "unsubscribed@2"], "opted_out"),
    "a complaint opts out": (["delivered@1", "complained@2"], "opted_out"),
    "a message refused after sending was not sent": (["sent@1", "rejected@2"], None),
    "a message sent after a refusal was sent": (["rejected@1", "sent@2"], "received"),
    "a delivery outranks a refusal": (["rejected@2", "delivered@1"], "received"),
    "an event without a meaning for the state changes nothing": (["queued@1", "unknown@2"], "received"),
}


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The figures of all cases. Each is a campaign with one message."""
    folder = tmp_path_factory.mktemp("states")
    bundle: Bundle = {
        "campaigns": [{"campaign_id": case} for case in CASES],
        "customers": [],
        "messages": [{"campaign_id": case, "customer_id": "1", "sent_at": START} for case in CASES],
        "events": [
            {
                "campaign_id": case,
                "customer_id": "1",
                "type": event.split("@")[0],
                "occurred_at": START + timedelta(hours=int(event.split("@")[1])),
            }
            for case, (event_times, _) in CASES.items()
            for event in event_times
        ],
    }
    bundles.load(folder / "mailsight.duckdb", [write_bundle(folder / "bundle", bundle)])
    return computed(folder / "mailsight.duckdb")


@pytest.mark.parametrize("case", CASES)
def test_the_state_of_a_message(states: dict[str, Any], case: str) -> None:
    _, status = CASES[case]
    expected = dict.fromkeys(("not_received", "received", "opened", "clicked", "opted_out"), 0)
    assert states[case]["status"] == expected | ({status: 1} if status else {})

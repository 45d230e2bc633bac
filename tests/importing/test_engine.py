"""What a source yields is loaded as a bundle is; positions, refusals and failures."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight import tracebacks
from mailsight.errors import ImportFailed, LoadBroken, LoadRefused
from mailsight.importing import engine, registry, seen, sources, written
from mailsight.importing.columns import conversion, csv
from mailsight.importing.files import exports
from mailsight.importing.sources import Item, Mail, Position, Request, Row, Rows, Source, Unusable
from mailsight.loading.merge import LoadSummary
from mailsight.merging.languages import Language, language_named
from mailsight.reports import campaign, mails
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support.tables import table

WHERE = "postgresql://reader:p%40ss@db.example:5432/news?sslmode=require"
CAMPAIGN = {"campaign_id": "x-1", "name": "Spring", "subject": "Hi {{name}}", "template": "1.html"}
CUSTOMERS: list[dict[str, Any]] = [
    {"customer_id": "1", "email": "ann@example.com", "name": "Ann", "points": 3, "lists": ["a", "b"]},
    {"customer_id": "2", "email": "bob@example.com", "name": None},
]
AT = datetime(2026, 4, 14, 12, tzinfo=timezone(timedelta(hours=2)))
EVENTS: list[Row] = [
    {"event_id": f"x-{number}", "campaign_id": "x-1", "customer_id": who, "type": kind, "occurred_at": AT}
    for number, (who, kind) in enumerate([("1", "delivered"), ("1", "opened"), ("2", "bounced")])
]
ITEMS: list[Item] = [
    Mail("1.html", '<p>Hello</p><a href="https://example.com/a">a</a>'),
    Rows("campaigns", "campaigns", [CAMPAIGN]),
    Rows("customers", "subscribers", CUSTOMERS),
    Rows("events", "views", EVENTS),
    Rows("totals", "campaigns", [{"campaign_id": "x-1", "opens": 3}]),
    Position("views", "3"),
]


def source(items: Sequence[Item | Exception], requests: list[Request] | None = None) -> Source:
    """A source that yields these items, raises the errors among them, and keeps the requests."""

    def read(request: Request) -> Iterator[Item]:
        if requests is not None:
            requests.append(request)
        for item in items:
            if isinstance(item, Exception):
                raise item
            yield item

    return Source("x", "X", "anything", (), read)


def load(folder: Path, items: Sequence[Item | Exception], **options: Any) -> LoadSummary:
    return engine.run(folder / "m.duckdb", source(items), WHERE, **options)


def test_everything_that_a_source_yields_is_loaded(tmp_path: Path) -> None:
    summary = load(tmp_path, ITEMS)
    assert {kind.kind: kind.new for kind in summary.kinds} == {
        "campaigns": 1,
        "customers": 2,
        "messages": 0,
        "events": 3,
        "totals": 1,
    }
    database = tmp_path / "m.duckdb"
    report = campaign.report(Warehouse(database).snapshot(), "x-1", Audience.ALL)
    assert (report.counts.sent, report.counts.opened, report.counts.undeliverable) == (2, 1, 1)
    mail = mails.of_customer(Warehouse(database).snapshot(), "x-1", "1")
    assert mail is not None
    assert "Hello" in mail.html
    [row] = table(database, "campaigns", "name, source")
    assert row == {"name": "Spring", "source": "x"}
    assert table(database, "reported_totals", "source, opens") == [{"source": "x", "opens": 3}]
    assert [
        json.loads(row["attributes"] or "null") for row in table(database, "customers", "attributes")
    ] == [
        {"points": 3, "lists": ["a", "b"]},
        None,
    ]
    assert {row["occurred_at"] for row in table(database, "events", "occurred_at")} == {
        datetime(2026, 4, 14, 10)  # noqa: DTZ001  # as stored
    }
    assert table(database, "loads", "distinct source, files") == [
        {"source": "x", "files": ["postgresql://db.example:5432/news sslmode=require"]}
    ]
    assert [path.name for path in tmp_path.iterdir() if "import" in path.name] == ["m-import.lock"]


def test_the_next_import_continues_and_a_repeated_one_changes_nothing(tmp_path: Path) -> None:
    requests: list[Request] = []
    database = tmp_path / "m.duckdb"
    for where, options in (
        (WHERE, {}),
        (WHERE, {}),
        ("postgresql://other@DB.example:5432/news?sslmode=require", {}),
        (WHERE, {"full": True}),
        (WHERE.replace("news", "other"), {}),
        (WHERE, {"options": {"prefix": "m_"}}),
    ):
        engine.run(database, source(ITEMS, requests), where, **options)
    assert [request.positions for request in requests] == [{}, *[{"views": "3"}] * 2, {}, {}, {}]
    before = Warehouse(database).generation
    assert not load(tmp_path, ITEMS).changed
    assert not load(tmp_path, []).changed
    assert Warehouse(database).generation == before
    assert not load(tmp_path, [Position("views", "4")]).changed
    engine.run(database, source([], requests), WHERE)
    assert requests[-1].positions == {"views": "4"}


def test_a_part_of_what_is_known_of_a_customer_changes_nothing(tmp_path: Path) -> None:
    whole: Row = {"customer_id": "1", "points": 3, "lists": ["a", "b"], "status": {"x": 1}}
    load(tmp_path, [Rows("customers", "people", [whole])])
    known: list[Row] = [{"points": 3}, {"status": {"x": 1}, "lists": ["a", "b"]}, {}]
    news: list[Row] = [{"points": 4}, {"lists": ["a"]}, {"status": {"x": 2}}, {"new": 1}]
    for part in (*known, *news):
        summary = load(tmp_path, [Rows("customers", "people", [{"customer_id": "1", **part}])])
        assert summary.changed is (part in news)


def test_a_row_that_cannot_be_used_is_listed_with_its_place_in_the_source(tmp_path: Path) -> None:
    items: list[Item] = [
        Rows("events", "clicks.csv", [EVENTS[0], {**EVENTS[1], "type": "danced"}], [2, 7]),
        Rows("customers", "people", [{"name": "Nobody"}, {"customer_id": "3", "nan": float("nan")}]),
        Unusable("events", "clicks.csv", 9, "too few values", "a;b"),
        Rows("events", "opens.csv", [{**EVENTS[2], "occurred_at": "soon"}], [5]),
    ]
    load(tmp_path, items)
    summary = load(tmp_path, items)
    assert {(refusal.file, refusal.line, refusal.reason) for refusal in summary.refusals} == {
        ("clicks.csv", 9, "too few values"),
        ("people", None, "no customer_id"),
        ("people", None, "has a value that JSON can't hold"),
        ("clicks.csv", 7, "unknown type: danced"),
        ("opens.csv", 5, "unreadable time in occurred_at: soon"),
    }
    assert {kind.kind: (kind.rows, kind.refused) for kind in summary.kinds if kind.rows} == {
        "customers": (2, 2),
        "events": (4, 3),
    }
    assert len(table(tmp_path / "m.duckdb", "refused")) == 5


def test_many_rows_are_written_to_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "FILE_ROWS", 2)
    rows: list[Row] = [{**EVENTS[0], "event_id": str(number)} for number in range(1, 6)]
    items = [Rows("events", f"part {row['event_id']}", [row, {**row, "type": "?"}]) for row in rows]
    summary = load(tmp_path, items)
    assert (summary.kinds[-1].rows, summary.kinds[-1].new) == (10, 5)
    assert [refusal.file for refusal in summary.refusals] == [f"part {number}" for number in range(1, 6)]


@pytest.mark.parametrize("error", [ImportFailed("p@ss, p%40ss"), OSError(5, "p@ss broke"), KeyError("p@ss")])
def test_a_source_that_fails_changes_nothing_and_no_message_has_the_password(
    error: Exception, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caplog.handler, "formatter", tracebacks.Formatter())
    load(tmp_path, ITEMS)
    before = Warehouse(tmp_path / "m.duckdb").generation
    late = [
        *ITEMS[:2],
        Rows("events", "views", [{**EVENTS[0], "event_id": "late"}]),
        Position("views", "9"),
        error,
    ]
    with pytest.raises((ImportFailed, LoadBroken)) as raised:
        load(tmp_path, late)
    assert "p@ss" not in str(raised.value) + caplog.text
    assert "p%40ss" not in str(raised.value) + caplog.text
    assert isinstance(error, (ImportFailed, OSError)) or "\nKeyError" in caplog.text  # on a line of its own
    assert Warehouse(tmp_path / "m.duckdb").generation == before
    assert engine.positions(tmp_path / "m.duckdb", "x", engine.place_of(WHERE, {})) == {"views": "3"}
    assert load(tmp_path, late[:-1]).kinds[-1].new == 1


def test_a_strict_import_with_a_bad_row_loads_nothing(tmp_path: Path) -> None:
    with pytest.raises(LoadRefused, match="clicks: no sender"):
        load(tmp_path, [*ITEMS, Unusable("events", "clicks", 0, "no sender", "")], strict=True)
    assert not Warehouse(tmp_path / "m.duckdb").exists


@pytest.mark.parametrize("name", ["../m.html", "/etc/m.html", "rows/events-0.ndjson", ""])
def test_a_mail_stays_in_the_folder_of_the_import(name: str, tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="not the name"):
        load(tmp_path, [Mail(name, "x")])


@pytest.mark.parametrize(
    ("where", "options", "place"),
    [
        (WHERE, {}, "postgresql://db.example:5432/news sslmode=require"),
        (
            WHERE,
            {"prefix": "m_", "api_key": "s"},
            "postgresql://db.example:5432/news prefix=m_ sslmode=require",
        ),
        ("MySQL://Host/a?password=x", {}, "mysql://host/a"),
        ("/exports/may.zip", {}, "/exports/may.zip"),
    ],
)
def test_a_place_names_the_source_without_secrets(where: str, options: dict[str, str], place: str) -> None:
    assert engine.place_of(where, options) == place


def test_every_program_has_a_merge_language() -> None:
    assert {name: language_named(name) for name in registry.NAMES} == {
        "listmonk": Language.GO,
        "keila": Language.LIQUID,
        "mautic": Language.MAUTIC,
        "phplist": Language.PLAIN,
        "mailtrain": Language.PLAIN,
        "mailchimp": Language.MAILCHIMP,
        "brevo": Language.DJANGO,
        "klaviyo": Language.DJANGO,
        "hubspot": Language.HUBL,
        "sendgrid": Language.HANDLEBARS,
        "mailgun": Language.HANDLEBARS,
        "csv": None,
    }


def _noted(shares: list[float], share: float, _: str) -> None:
    shares.append(share)


def test_long_rows_come_in_smaller_batches_while_the_progress_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "REPORT_ROWS", 10)
    for module in (exports, conversion):
        monkeypatch.setattr(module, "BATCH_CHARACTERS", 1_000)
    unsubscribed = tmp_path / "unsubscribed.csv"
    people = [f"person{number}@example.com,3,2026-04-14 10:00:00\n" for number in range(100)]
    unsubscribed.write_text("Email Address,MEMBER_RATING,OPTIN_TIME\n" + "".join(people))
    mapping = tmp_path / "map.toml"
    mapping.write_text(csv.suggest(unsubscribed, tmp_path / "m.duckdb").toml())
    for name, options in (("mailchimp", {}), ("csv", {"map": str(mapping)})):
        shares: list[float] = []
        request = Request(str(unsubscribed), options=options, report=partial(_noted, shares))
        batches = [item for item in registry.source(name).read(request) if isinstance(item, Rows)]
        assert len(batches) > 3
        assert sum(len(batch.rows) for batch in batches) == 100
        assert shares == sorted(shares)
        assert len(set(shares)) > 5
        assert max(shares) <= 1


def test_rows_are_new_again_once_others_have_taken_their_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seen, "PLACES", 4)
    remembered = seen.Seen()
    ann = [remembered.is_new("ann", value) for value in (None, None, 1)]
    assert ann == [True, False, True]
    assert sum(remembered.is_new(number) for number in range(100)) == 100


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 2))))
def test_the_last_row_of_a_key_counts_whatever_was_displaced(rows: list[tuple[str, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "PLACES", 2)
        remembered = seen.Seen()
        assert dict(row for row in rows if remembered.is_new(*row)) == dict(rows)

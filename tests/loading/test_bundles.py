"""Loading bundles: every format, bad rows, late rows and repeated rows."""

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mailsight.errors import LoadRefused, NotABundle, NotStored
from mailsight.loading import bundles
from mailsight.reports import campaign, data, known, mails
from mailsight.reports import customer as customer_reports
from mailsight.reports.mails import MailView, ValuesUsed
from mailsight.vocabulary import Audience, NotSentReason
from mailsight.warehouse.draft import draft
from mailsight.warehouse.reader import Warehouse
from tests.support.bundles import CAMPAIGN, EVENT, bundle, ndjson

MAIL = '<p>Hello {{first_name}}, <a href="https://shop.example/a?u={{customer_id}}">look</a></p>'
MESSAGE = {"campaign_id": "spring", "customer_id": "1", "sent_at": "2026-04-14T09:00:00Z"}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "data" / "mailsight.duckdb"


def write(path: Path, rows: list[dict[str, str]]) -> None:
    frame = pd.DataFrame(rows)
    match path.suffix:
        case ".csv":
            frame.to_csv(path, index=False)
        case ".json":
            path.write_text(json.dumps(rows, indent=2))
        case ".parquet":
            frame.assign(occurred_at=pd.to_datetime(frame["occurred_at"]))[list(frame)].to_parquet(path)
        case _:
            path.write_text(ndjson(*rows))


@pytest.mark.parametrize("suffix", [".csv", ".ndjson", ".json", ".parquet"])
def test_every_format_gives_the_same_figures(tmp_path: Path, database: Path, suffix: str) -> None:
    rows = [EVENT | {"event_id": f"e{number}", "url": "https://a.example/?x=1,2"} for number in range(3)]
    folder = tmp_path / "bundle"
    folder.mkdir()
    write(folder / f"events-2026-04{suffix}", rows[:2])
    write(folder / f"events-2026-05{suffix}", rows[2:])
    summary = bundles.load(database, [folder])
    assert not summary.refusals
    counts = campaign.report(Warehouse(database).snapshot(), "spring", Audience.ALL).counts
    assert (counts.sent, counts.opened, counts.opens) == (1, 1, 3)


def test_files_can_be_loaded_one_by_one(tmp_path: Path, database: Path) -> None:
    folder = bundle(tmp_path / "b", {"messages.ndjson": ndjson(MESSAGE), "events.ndjson": ndjson(EVENT)})
    bundles.load(database, [folder / "events.ndjson"])
    bundles.load(database, [folder / "messages.ndjson"])
    counts = campaign.report(Warehouse(database).snapshot(), "spring", Audience.ALL).counts
    assert (counts.selected, counts.opened) == (1, 1)


def test_a_folder_without_tables_is_rejected(tmp_path: Path, database: Path) -> None:
    bundle(tmp_path / "b", {"readme.txt": "x"})
    with pytest.raises(NotABundle, match="nothing that can be loaded"):
        bundles.load(database, [tmp_path / "b"])
    with pytest.raises(NotABundle, match="does not exist"):
        bundles.load(database, [tmp_path / "missing"])


BROKEN: dict[str, str | bytes] = {
    "campaigns.csv": (
        "campaign_id,name,sent_at,template\n"
        "spring,Spring,2026-04-14,mail.html\n"
        ",no key,,\n"
        "outside,Outside,,../outside.html\n"
        "absolute,Absolute,,/etc/passwd\n"
        "missing,Missing,,gone.html\n"
        "late,Late,next week,\n"
        "short,Short\n"
    ),
    "customers.csv": b'customer_id,name\n1,Zo\xc3\xab\n2,B\xfcrgi\n3,"Two\nlines"\n,Nobody\n4,Dan\n',
    "messages.json": (
        '[\n  {"campaign_id": "spring", "customer_id": "1"},\n  {"campaign_id": "spring"},\n'
        '  {"campaign_id": spring},\n  {"campaign_id": "spring", "customer_id": 4}\n]'
    ),
    "events.ndjson": (
        ndjson(EVENT)
        + "\n"
        + ndjson(EVENT | {"type": "opend"})
        + ndjson(EVENT | {"occurred_at": "soon"})
        + '{"type": "opened"\n'
        + "[1, 2]\n"
        + '{"type": NaN}\n'
        + '{"type": "\\ud800"}\n'
        + ndjson({"campaign_id": "spring", "type": "opened", "occurred_at": 1776157200})
        + ndjson(EVENT | {"link_position": "two"})
        + ndjson(EVENT | {"customer_id": "2"})
    ),
    "mail.html": MAIL,
}
REFUSED = [
    "campaigns.csv:3: no campaign_id",
    "campaigns.csv:4: the path '../outside.html' leads outside the bundle",
    "campaigns.csv:5: the path '/etc/passwd' leads outside the bundle",
    "campaigns.csv:6: there is no file 'gone.html' in the bundle",
    "campaigns.csv:7: unreadable time in sent_at: next week",
    "campaigns.csv:8: 2 values, but the header names 4 columns",
    "customers.csv:3: not UTF-8",
    "customers.csv:6: no customer_id",
    "messages.json:3: no customer_id",
    "messages.json:4: not JSON: Expecting value at column 19",
    "events.ndjson:3: unknown type: opend",
    "events.ndjson:4: unreadable time in occurred_at: soon",
    "events.ndjson:5: not JSON: Expecting ',' delimiter at column 18",
    "events.ndjson:6: not a JSON object",
    "events.ndjson:7: not JSON: NaN is not valid JSON",
    "events.ndjson:8: not UTF-8",
    "events.ndjson:9: no customer_id, message_id or recipient",
    "events.ndjson:10: link_position is not a whole number from 0: two",
]


def test_bad_rows_are_listed_and_stored_and_the_rest_is_loaded(tmp_path: Path, database: Path) -> None:
    (tmp_path / "outside.html").write_text("secret")
    summary = bundles.load(database, [bundle(tmp_path / "b", BROKEN)])
    assert [str(refusal) for refusal in summary.refusals] == REFUSED
    loaded = {kind.kind: (kind.rows, kind.new, kind.refused) for kind in summary.kinds}
    assert loaded == {
        "campaigns": (7, 1, 6),
        "customers": (5, 3, 2),
        "messages": (4, 2, 2),
        "events": (10, 2, 8),
    }
    report = campaign.report(Warehouse(database).snapshot(), "spring", Audience.ALL)
    assert (report.counts.selected, report.counts.opened, report.not_sent) == (3, 2, {NotSentReason.OTHER: 1})
    stored = Warehouse(database).snapshot().rows("refused_rows", search="")
    assert len(stored) == len(REFUSED)
    assert {row["row"] for row in stored} >= {",no key,,", "2,B\\xfcrgi", '{"type": "opened"', "short,Short"}


def test_bad_rows_loaded_again_are_rejected_again_but_stored_once(tmp_path: Path, database: Path) -> None:
    folder = bundle(tmp_path / "b", BROKEN)
    bundles.load(database, [folder])
    again = bundles.load(database, [folder])
    assert (len(again.refusals), again.changed) == (len(REFUSED), False)


def test_bad_values_in_a_valid_file_are_reported_by_line(tmp_path: Path, database: Path) -> None:
    text = 'customer_id,created_at,note\n1,2026-01-01,"two\nlines"\n2,tomorrow,x\n\n3,2026-13-01,y\n'
    summary = bundles.load(database, [bundle(tmp_path / "b", {"customers.csv": text})])
    assert [str(refusal) for refusal in summary.refusals] == [
        "customers.csv:4: unreadable time in created_at: tomorrow",
        "customers.csv:6: unreadable time in created_at: 2026-13-01",
    ]
    assert [refusal.row for refusal in summary.refusals] == ["2,tomorrow,x", "3,2026-13-01,y"]


def test_an_unclosed_quote_rejects_only_its_own_line(tmp_path: Path, database: Path) -> None:
    text = 'customer_id,name\n1,"Ann\n2,Bob\n3,Cyd\n4,"Dan" Dee\n5,Eve\n'
    summary = bundles.load(database, [bundle(tmp_path / "b", {"customers.csv": text})])
    assert [str(refusal) for refusal in summary.refusals] == [
        "customers.csv:2: a quote that is not closed",
        "customers.csv:5: not CSV: ',' expected after '\"'",
    ]
    assert next(kind.new for kind in summary.kinds if kind.kind == "customers") == 3


NO_WORKBOOK = (
    "customers.xlsx can't be read as a workbook: invalid Zip archive: Could not find EOCD. "
    "Save it again as Excel (.xlsx) or CSV, then load it."
)


def test_files_that_cannot_be_read_are_rejected(tmp_path: Path, database: Path) -> None:
    files: dict[str, str | bytes] = {
        "events.parquet": b"PAR1 not really",
        "messages.csv": b"",
        "customers.json": b"\xff\xfe\x00",
        "customers.xlsx": b"PK\x03\x04 not really",
        "campaigns.ndjson": ndjson(CAMPAIGN | {"template": None}),
    }
    summary = bundles.load(database, [bundle(tmp_path / "b", files)])
    assert [str(refusal) for refusal in summary.refusals] == [
        "customers.json:1: the file is damaged: 'utf-16-le' codec can't decode byte 0x00 in position 0: truncated data",
        f"customers.xlsx:1: {NO_WORKBOOK}",
        "events.parquet:1: not a Parquet file that can be read",
    ]
    assert [str(file) for file in summary.passed_over] == ["messages.csv: it is empty."]
    assert campaign.report(Warehouse(database).snapshot(), "spring", Audience.ALL).counts.selected == 0


def test_strict_rejects_the_whole_load(tmp_path: Path, database: Path) -> None:
    with pytest.raises(
        LoadRefused, match=r"18 rows were refused; the first is campaigns\.csv:3: no campaign_id"
    ):
        bundles.load(database, [bundle(tmp_path / "b", BROKEN)], strict=True)
    assert not database.exists()


def test_csv_may_have_semicolons_and_a_byte_order_mark(tmp_path: Path, database: Path) -> None:
    text = b"\xef\xbb\xbf Customer_ID ;Email; Shoe size \r\n 7 ;ann@x.example;38\r\n"
    bundles.load(database, [bundle(tmp_path / "b", {"customers.csv": text})])
    customer = customer_reports.report(Warehouse(database).snapshot(), "7", Audience.ALL).customer
    assert (customer.email, customer.attributes) == ("ann@x.example", {"shoe size": "38"})


def test_unknown_columns_are_reported(tmp_path: Path, database: Path) -> None:
    files = {
        "events.ndjson": ndjson(EVENT | {"colour": "red"}),
        "customers.ndjson": ndjson({"customer_id": "1", "tier": "gold"}),
    }
    summary = bundles.load(database, [bundle(tmp_path / "b", files)])
    assert summary.ignored_columns == {"events.ndjson": ("colour",)}
    assert customer_reports.report(Warehouse(database).snapshot(), "1", Audience.ALL).customer.attributes == {
        "tier": "gold"
    }


def test_a_value_replaces_the_stored_one_unless_it_is_empty(tmp_path: Path, database: Path) -> None:
    first = {"customer_id": "1", "name": "Ann", "country": "NL", "tier": "gold", "pet": "cat"}
    bundles.load(database, [bundle(tmp_path / "b", {"customers.ndjson": ndjson(first)})])
    second = {"customer_id": "1", "name": "", "country": "BE", "tier": "silver"}
    summary = bundles.load(database, [bundle(tmp_path / "b", {"customers.ndjson": ndjson(second)})])
    customer = customer_reports.report(Warehouse(database).snapshot(), "1", Audience.ALL).customer
    assert (customer.name, customer.country) == ("Ann", "BE")
    assert customer.attributes == {"tier": "silver", "pet": "cat"}
    assert next((kind.new, kind.changed) for kind in summary.kinds if kind.kind == "customers") == (0, 1)


EMPTIES: dict[str, object] = {"city": "", "score": None, "tags": [], "prefs": {}, "code": "N/A", "points": 0}


@pytest.mark.parametrize("form", ["ndjson", "json", "parquet"])
def test_a_file_with_types_knows_which_attributes_are_empty(
    tmp_path: Path, database: Path, form: str
) -> None:
    ann: dict[str, object] = {"customer_id": "1", **EMPTIES, "pet": "cat", "vip": False}
    rows: list[dict[str, object]] = [ann, {"customer_id": "2", "score": None}, {"customer_id": "3"}]
    if form == "parquet":
        del ann["prefs"]  # which Parquet can't write
        pq.write_table(pa.Table.from_pylist(rows), file := pa.BufferOutputStream())
        text: str | bytes = file.getvalue().to_pybytes()
    else:
        text = ndjson(*rows) if form == "ndjson" else json.dumps(rows)
    known_of: list[list[known.Version]] = []
    counts = []
    for _ in range(2):
        summary = bundles.load(database, [bundle(tmp_path / "b", {f"customers.{form}": text})])
        counts += [(kind.new, kind.changed) for kind in summary.kinds if kind.kind == "customers"]
        data = Warehouse(database).snapshot()
        known_of.append(known.versions(data, "1"))
    assert counts == [(3, 0), (0, 0)]
    [version] = known_of[0]
    expected = {name: value for name, value in ann.items() if name in version.fields}
    assert version.fields.items() >= expected.items() >= (EMPTIES.items() if form != "parquet" else set())
    assert known_of[0] == known_of[1]


def test_what_is_known_stays_where_a_later_load_has_nothing(tmp_path: Path, database: Path) -> None:
    rows: list[dict[str, object]] = [
        {"customer_id": "1", "city": "Oslo", "tags": ["a"], "score": None},
        {"customer_id": "1", "city": "", "tags": [], "score": None, "plan": None},
        {"customer_id": "1", "city": None, "score": 5},
    ]
    for row in rows:
        bundles.load(database, [bundle(tmp_path / "b", {"customers.ndjson": ndjson(row)})])
    versions = known.versions(Warehouse(database).snapshot(), "1")
    fields = [{**version.fields} for version in versions]
    known_always = {"customer_id": "1", "city": "Oslo", "tags": ["a"], "plan": None}
    # That a value is known to be empty is no change, so it has always been.
    assert fields == [known_always | {"score": 5}, known_always | {"score": None}]


def test_an_empty_cell_of_a_csv_file_may_be_unknown(tmp_path: Path, database: Path) -> None:
    bundles.load(database, [bundle(tmp_path / "b", {"customers.csv": "customer_id,city,tier\n1,,gold\n"})])
    [version] = known.versions(Warehouse(database).snapshot(), "1")
    assert version.fields == {"customer_id": "1", "tier": "gold"}


def test_events_wait_for_the_message_that_names_their_campaign(tmp_path: Path, database: Path) -> None:
    event = {"message_id": "m1", "type": "opened", "occurred_at": "2026-04-14T10:00:00Z"}
    bundles.load(database, [bundle(tmp_path / "b", {"events.ndjson": ndjson(event)})])
    assert data.database_state(Warehouse(database).snapshot()).unattributed == 1
    bundles.load(
        database, [bundle(tmp_path / "c", {"messages.ndjson": ndjson(MESSAGE | {"message_id": "m1"})})]
    )
    assert data.database_state(Warehouse(database).snapshot()).unattributed == 0
    assert campaign.report(Warehouse(database).snapshot(), "spring", Audience.ALL).counts.opened == 1


def test_recipients_are_implied_by_events(tmp_path: Path, database: Path) -> None:
    events = [
        {
            "campaign_id": "spring",
            "recipient": "Ann@x.example",
            "type": "delivered",
            "occurred_at": 1776157200,
        },
        {"campaign_id": "spring", "recipient": "ann@x.example", "type": "opened", "occurred_at": 1776157260},
        {
            "campaign_id": "spring",
            "recipient": "bob@x.example",
            "type": "rejected",
            "occurred_at": 1776157200,
        },
    ]
    bundles.load(database, [bundle(tmp_path / "b", {"events.ndjson": ndjson(*events)})])
    warehouse = Warehouse(database)
    report = campaign.report(warehouse.snapshot(), "spring", Audience.ALL)
    assert (report.campaign.name, report.counts.selected, report.counts.opened) == ("spring", 2, 1)
    assert report.not_sent == {NotSentReason.OTHER: 1}
    [contact] = customer_reports.report(warehouse.snapshot(), "ann@x.example", Audience.ALL).contacts
    assert contact.sent_at == datetime(2026, 4, 14, 9, tzinfo=UTC)


EML = b"""From: news@x.example\r
Subject: Hi\r
MIME-Version: 1.0\r
Content-Type: multipart/related; boundary=b\r
\r
--b\r
Content-Type: text/html; charset=iso-8859-1\r
Content-Transfer-Encoding: quoted-printable\r
\r
<p>Caf=E9 <img src=3D"cid:logo"></p>\r
--b\r
Content-Type: image/png\r
Content-ID: <logo>\r
Content-Transfer-Encoding: base64\r
\r
iVBORw0KGgo=\r
--b--\r
"""


def test_the_mail_of_one_customer(tmp_path: Path, database: Path) -> None:
    messages: list[dict[str, object]] = [
        {**MESSAGE, "merge_fields": {"first_name": "Ann & co"}},
        {**MESSAGE, "customer_id": "2", "content": "archive/2.html"},
        {**MESSAGE, "customer_id": "3", "content": "archive/3.eml"},
    ]
    files: dict[str, str | bytes] = {
        "campaigns.ndjson": ndjson(CAMPAIGN),
        "messages.ndjson": ndjson(*messages),
        "mail.html": MAIL,
        "archive/2.html": "<p>Bob's own copy</p>",
        "archive/3.eml": EML,
    }
    bundles.load(database, [bundle(tmp_path / "b", files)])
    warehouse = Warehouse(database)
    filled = '<p>Hello Ann &amp; co, <a href="https://shop.example/a?u=1">look</a></p>'
    assert mails.of_customer(warehouse.snapshot(), "spring", "1") == MailView(
        filled, "Hi Ann & co", None, "filled", values=ValuesUsed(own=True)
    )
    archived = mails.of_customer(warehouse.snapshot(), "spring", "2")
    assert archived is not None
    assert (archived.html, archived.source) == ("<p>Bob's own copy</p>", "archived")
    raw = mails.of_customer(warehouse.snapshot(), "spring", "3")
    assert raw is not None
    assert raw.html.strip() == '<p>Café <img src="data:image/png;base64,iVBORw0KGgo="></p>'
    assert mails.of_customer(warehouse.snapshot(), "spring", "4") is None


SHARING = (
    '<div style="display:none"><a href="https://shop.example/a">hidden</a></div>'
    '<a href="https://shop.example/a">one</a> <a href="https://shop.example/a">two</a>'
)


@pytest.mark.parametrize(
    ("link_positions", "expected"),
    [
        ([{}, {}], [(0, 1), (2, 3), (0, 1)]),
        ([{}, {"link_position": 2}], [(0, 1), (1, 3), (1, 1)]),
        ([{"link_position": 1}, {"link_position": 2}], [(0, 1), (1, 1), (1, 1)]),
        ([{"link_position": 0}, {"link_position": 7}], [(1, 1), (1, 3), (0, 1)]),
    ],
    ids=["only URLs", "one each", "only positions", "an invalid position"],
)
def test_clicks_on_links_to_the_same_url_count_at_the_first_visible_link(
    tmp_path: Path, database: Path, link_positions: list[dict[str, int]], expected: list[tuple[int, int]]
) -> None:
    clicks = [
        EVENT | {"type": "clicked", "url": "https://shop.example/a", "event_id": str(number)} | position
        for number, position in enumerate(link_positions)
    ]
    files = {"mail.html": SHARING, "campaigns.ndjson": ndjson(CAMPAIGN), "messages.ndjson": ndjson(MESSAGE)}
    bundles.load(database, [bundle(tmp_path, files | {"events.ndjson": ndjson(*clicks)})])
    report = campaign.report(Warehouse(database).snapshot(), "spring", Audience.ALL)
    assert [(link.clicks, link.shared_with) for link in report.links] == expected


def test_progress_rises_from_zero_to_one(tmp_path: Path, database: Path) -> None:
    shares: list[float] = []
    bundles.load(
        database,
        [bundle(tmp_path / "b", {"events.ndjson": ndjson(EVENT)})],
        progress=lambda done, _: shares.append(done),
    )
    assert (shares[0], shares[-1], shares == sorted(shares)) == (0.0, 1.0, True)


MOMENTS = {
    "2026-04-14T09:00:00Z": "2026-04-14 09:00:00",
    "2026-04-14 09:00": "2026-04-14 09:00:00",
    "2026-04-14": "2026-04-14 00:00:00",
    "2026-04-14T09:00:00.5+02:00": "2026-04-14 07:00:00.500000",
    "2026-04-14T09:00:00,5 +0200": "2026-04-14 07:00:00.500000",
    "2026-04-14t09:00:00z": "2026-04-14 09:00:00",
    "2026-04-14 09:00:00 UTC": "2026-04-14 09:00:00",
    "2026-04-14 09:00:00-03": "2026-04-14 12:00:00",
    "20260414T090000Z": "2026-04-14 09:00:00",
    "20260414": "2026-04-14 00:00:00",
    "1776157200": "2026-04-14 09:00:00",
    "1776157200.25": "2026-04-14 09:00:00.250000",
    "1.7761572e9": "2026-04-14 09:00:00",
    " 1776157200 ": "2026-04-14 09:00:00",
    "1776157200000": "2026-04-14 09:00:00",  # milliseconds
    "1776157200000000": "2026-04-14 09:00:00",
    "1776157200000000000": "2026-04-14 09:00:00",
    "46126.375": "2026-04-14 09:00:00",  # a spreadsheet's days
    "1": None,
    "100000000": None,
    "2026-02-30": None,
    "2026-04-14T25:00:00Z": None,
    "20261399": None,
    "14/04/2026": None,
    "infinity": None,
    "now": None,
    "44-03-15 (BC)": None,
}


def test_times_are_iso_8601_or_epoch_seconds(tmp_path: Path, database: Path) -> None:
    rows = [{"customer_id": at, "created_at": at} for at in MOMENTS]
    summary = bundles.load(database, [bundle(tmp_path / "b", {"customers.ndjson": ndjson(*rows)})])
    warehouse = Warehouse(database)
    for at, expected in MOMENTS.items():
        if expected is not None:
            created_at = customer_reports.report(
                warehouse.snapshot(), at.strip(), Audience.ALL
            ).customer.created_at
            assert created_at == datetime.fromisoformat(expected).replace(tzinfo=UTC), at
    unreadable = [at for at, expected in MOMENTS.items() if expected is None]
    assert [refusal.reason for refusal in summary.refusals] == [
        f"unreadable time in created_at: {at}" for at in unreadable
    ]


@pytest.mark.parametrize("number", ["name", "file_row_number", "File_Row_Number", "r", "row"])
def test_a_rejected_row_of_a_parquet_file_is_stored_with_its_number(
    tmp_path: Path, database: Path, number: str
) -> None:
    folder = tmp_path / "bundle"
    folder.mkdir()
    customers = {"customer_id": ["1", None, "3"], number: ["Ann", "Bob", "Cyd"]}
    pd.DataFrame(customers).to_parquet(folder / "customers.parquet")
    summary = bundles.load(database, [folder])
    assert [str(refusal) for refusal in summary.refusals] == ["customers.parquet:2: no customer_id"]
    assert json.loads(summary.refusals[0].row) == {"customer_id": None, number: "Bob"}


def test_what_stands_for_nothing_is_not_a_value(tmp_path: Path, database: Path) -> None:
    nothing = {
        "event_id": "NULL",
        "customer_id": "\\N",
        "url": "N/A",
        "recipient": "-",
        "campaign_id": "null",
    }
    rows = [
        EVENT
        | nothing
        | {"message_id": f"m{number}", "type": "opened", "occurred_at": f"2026-04-14T10:00:0{number}Z"}
        for number in range(3)
    ]
    summary = bundles.load(database, [bundle(tmp_path / "b", {"events.ndjson": ndjson(*rows)})])
    assert summary.kinds[-1].new == len(rows)
    with Warehouse(database).snapshot() as snapshot:
        found = data.unattributed(snapshot)
    assert len(found.rows) == len(rows)


@pytest.mark.parametrize("name", ["events.ndjson", "events.csv", "events.json"])
def test_ids_that_say_nothing_are_none(name: str, tmp_path: Path, database: Path) -> None:
    nothing = [
        "0",
        "000",
        "NULL",
        "null",
        r"\N",
        "N/A",
        "-",
        "--",
        " 0 ",
        "",
        "00000000-0000-0000-0000-000000000000",
    ]
    rows = [
        dict[str, object](EVENT)
        | {"event_id": word, "campaign_id": word, "message_id": word, "customer_id": f"c{number}"}
        for number, word in enumerate(nothing)
    ]
    if name == "events.csv":
        lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
        text = "\n".join(lines)
    else:
        rows.append(rows[0] | {"campaign_id": 0, "event_id": 0, "message_id": 0, "customer_id": "0"})
        text = ndjson(*rows) if name.endswith("ndjson") else json.dumps(rows)
    summary = bundles.load(database, [bundle(tmp_path / "b", {name: text})])
    assert (summary.rejected, summary.kinds[-1].new) == (0, len(rows))
    with Warehouse(database).snapshot() as snapshot:
        found = data.unattributed(snapshot)
    assert len(found.rows) == len(rows)
    assert found.rows["message_id"].isna().all()


def test_a_row_without_a_campaign_is_rejected_whatever_stands_for_it(tmp_path: Path, database: Path) -> None:
    rows = [{"campaign_id": word, "name": "x"} for word in (0, "0", "NULL", r"\N", "N/A", "-", None)]
    messages = [row | {"customer_id": "1"} for row in rows]
    files = {"campaigns.ndjson": ndjson(*rows), "messages.ndjson": ndjson(*messages)}
    summary = bundles.load(database, [bundle(tmp_path / "b", files)])
    assert {each.reason for each in summary.refusals} == {"no campaign_id"}
    assert summary.rejected == len(rows) * 2


def test_attributes_of_several_rows_and_files_of_a_load_are_merged(tmp_path: Path, database: Path) -> None:
    files = {
        "customers-1.csv": "customer_id,tier,city\n1,gold,\n2,silver,Bruges\n",
        "customers-2.ndjson": ndjson(
            {"customer_id": "1", "city": "Ghent", "shoe": {"size": 38}},
            {"customer_id": "1", "tier": "", "shoe": {"colour": "red"}},
            {"customer_id": "1", "tier": "platinum"},
        ),
    }
    folder = bundle(tmp_path / "b", files)
    assert bundles.load(database, [folder]).rejected == 0
    with Warehouse(database).snapshot() as snapshot:
        attributes = [
            customer_reports.report(snapshot, who, Audience.ALL).customer.attributes for who in ("1", "2")
        ]
    assert attributes == [
        {"tier": "platinum", "city": "Ghent", "shoe": {"size": 38, "colour": "red"}},
        {"tier": "silver", "city": "Bruges"},
    ]
    assert not bundles.load(database, [folder]).changed


@pytest.mark.parametrize("form", ["csv", "ndjson", "json", "parquet"])
def test_a_row_that_is_too_long_is_rejected_and_the_others_are_loaded(
    form: str, tmp_path: Path, database: Path
) -> None:
    rows = [
        {"customer_id": str(number), "note": "x" * length}
        for number, length in enumerate((1, 2**20, 2**15, 1))
    ]
    path = bundle(tmp_path / "b", {"customers.x": ""}) / f"customers.{form}"
    match form:
        case "csv":
            pd.DataFrame(rows).to_csv(path, index=False)
        case "parquet":
            pd.DataFrame(rows).to_parquet(path)
        case _:
            path.write_text(json.dumps(rows, indent=0) if form == "json" else ndjson(*rows))
    summary = bundles.load(database, [path])
    [refusal] = summary.refusals
    assert (refusal.reason, summary.kinds[1].new) == ("a row of more than 1 MB", 3)
    assert refusal.line == {"csv": 3, "ndjson": 2, "json": 6, "parquet": 2}[form]


@pytest.mark.thorough
def test_many_long_rows_fit_into_the_memory_of_a_load(tmp_path: Path, database: Path) -> None:
    """DuckDB works on 2,048 rows at a time: all of these, several times over, would be too much."""
    rows = [{"customer_id": str(number), "note": "x" * 100_000} for number in range(2_048)]
    folder = bundle(tmp_path / "b", {"customers.ndjson": ndjson(*rows)})
    assert bundles.load(database, [folder]).kinds[1].new == 2_048


def test_a_lack_of_memory_is_not_a_full_disk(database: Path) -> None:
    with pytest.raises(duckdb.OutOfMemoryException), draft(database):
        raise duckdb.OutOfMemoryException("failed to allocate data of size 64.0 MiB (1.1 GiB/1.1 GiB used)")
    with pytest.raises(NotStored), draft(database):
        raise duckdb.OutOfMemoryException(
            "failed to offload data block: max_temp_directory_size is too small"
        )

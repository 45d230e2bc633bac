"""Any CSV, Excel or JSON file: how it is read, what its rows are loaded as, and how its mapping is kept."""

import csv as csv_module
import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailsight.errors import ImportFailed
from mailsight.importing.columns import csv, kept_mappings
from mailsight.importing.columns.fields import Kind
from mailsight.importing.columns.mapping import ASK, Column, from_toml, key, questions, to_toml
from mailsight.importing.dates import Order
from mailsight.importing.files.values import known
from mailsight.importing.sources import Request, Rows
from mailsight.reports.campaign import report
from mailsight.state.mappings import Mappings
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support.command_line import run
from tests.support.examples import examples
from tests.support.tables import table
from tests.support.unknown_tables import DATABASE, EVENTS, TYPES, fields, loaded, suggested

LOG = "Campaign;Email;Event;Date\nSpring;ann@example.com;Opened;14.04.2026 10:00\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("log.csv", LOG.encode()),
        ("log.csv", LOG.encode("utf-8-sig")),
        ("log.csv", LOG.replace(";", "\t").encode("utf-16")),
        ("log.txt", LOG.replace(";", "|").encode("utf-16-le")),
        ("log.csv", LOG.replace(";", ",").replace("Spring", '"Spring, 2nd"').encode()),
        ("log.csv", LOG.replace("Spring", "Frühling").encode("cp1252")),
        ("log.csv", b"Report;April\n\nCreated 1 May\n" + LOG.encode()),
        ("log.csv", b"Report, April\n\n" + LOG.encode()),
        ("log.csv", b"sep=;\r\n" + LOG.replace("\n", "\r\n").encode()),
    ],
)
def test_files_are_read_however_they_are_written(tmp_path: Path, name: str, content: bytes) -> None:
    rows = loaded(tmp_path, suggested(tmp_path, content, name).mapping, name)
    assert rows.keys() == {"campaigns", "events"}
    assert rows["campaigns"][0]["name"] in ("Spring", "Spring, 2nd", "Frühling")
    assert rows["events"][0]["occurred_at"] == datetime(2026, 4, 14, 10, tzinfo=UTC)


def test_workbooks_have_dates_of_their_own(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "log.xlsx") as workbook:
        workbook.add_worksheet("Notes").write_row(0, 0, ["Nothing here", "really"])
        sheet = workbook.add_worksheet("Log")
        sheet.write_row(0, 0, ["Kampagne", "E-Mail", "Gesendet am", "Geöffnet am", "Uhrzeit"])
        day = workbook.add_format({"num_format": "dd.mm.yyyy"})
        sheet.write_row(1, 0, ["Frühling", "ann@example.com"])
        sheet.write_datetime(1, 2, datetime(2026, 4, 3), day)  # noqa: DTZ001  # workbooks have no time zones
        sheet.write_datetime(1, 3, datetime(2026, 4, 3, 10, 30), day)  # noqa: DTZ001
    rows = loaded(tmp_path, csv.suggest(tmp_path / "log.xlsx", tmp_path / DATABASE).mapping, "log.xlsx")
    assert rows["messages"][0]["sent_at"] == datetime(2026, 4, 3, tzinfo=UTC)
    assert rows["events"][0]["occurred_at"] == datetime(2026, 4, 3, 10, 30, tzinfo=UTC)


def test_a_day_and_a_time_of_day_in_columns_of_their_own_make_one_time(tmp_path: Path) -> None:
    text = "Uhrzeit;Datum;E-Mail;Ereignis;Kampagne\n9:05 PM;14.04.2026;ann@example.com;Geöffnet;Spring"
    rows = loaded(tmp_path, suggested(tmp_path, text).mapping)
    assert rows["events"][0]["occurred_at"] == datetime(2026, 4, 14, 21, 5, tzinfo=UTC)


def test_times_without_a_zone_are_in_the_zone_of_the_mapping(tmp_path: Path) -> None:
    text = LOG + "Spring;bob@example.com;Opened;2026-04-14T10:00:00-05:00\n"
    mapping = suggested(tmp_path, text).mapping
    (tmp_path / "map.toml").write_text(to_toml(mapping).replace('"UTC"', '"Europe/Berlin"'))
    rows = loaded(tmp_path, csv.read_mapping(tmp_path / "map.toml"))
    assert [event["occurred_at"].hour for event in rows["events"]] == [8, 15]


def test_unknown_types_are_asked_and_can_be_left_out(tmp_path: Path) -> None:
    text = (
        LOG
        + "Spring;ann@example.com;Frobnicated;14.04.2026 10:00\nSpring;ann@example.com;Zapped;14.04.2026 10:00\n"
    )
    mapping = suggested(tmp_path, text).mapping
    assert mapping.types == {"Opened": "opened", "Frobnicated": ASK, "Zapped": ASK}
    with pytest.raises(ImportFailed, match="What 'Frobnicated' means is not known"):
        loaded(tmp_path, mapping)
    answered = to_toml(mapping).replace('"Frobnicated" = "ask"', '"Frobnicated" = "clicked"')
    rows = loaded(tmp_path, from_toml(answered.replace('"Zapped" = "ask"', '"Zapped" = "ignore"')))
    assert [event["type"] for event in rows["events"]] == ["opened", "clicked"]


def test_errors_name_line_and_column(tmp_path: Path) -> None:
    text = LOG + (
        "Spring;ann@example.com;Opened;31.31.2026\n"
        "Spring;;Opened;14.04.2026\n"
        "Spring;ann@example.com;;14.04.2026\n"
        "Spring;ann@example.com;Vanished;14.04.2026\n"
        "Spring;ann@example.com;Opened;\n"
        "too;few\n"
        "Spring;bob@example.com;Opened;14.04.2026\n"
    )
    mapping = suggested(tmp_path, LOG).mapping
    (tmp_path / "table.csv").write_text(text)
    rows = loaded(tmp_path, mapping)
    assert rows["unusable"] == [
        {"line": 3, "reason": "column 'Date': '31.31.2026' is not a date"},
        {"line": 4, "reason": "column 'Email': it is empty"},
        {"line": 5, "reason": "column 'Event': it is empty"},
        {"line": 6, "reason": "column 'Event': 'Vanished' is no type of event that is known"},
        {"line": 7, "reason": "column 'Date': it is empty"},
        {"line": 8, "reason": "2 values, but the header names 4 columns"},
    ]
    assert [event["recipient"] for event in rows["events"]] == ["ann@example.com", "bob@example.com"]


def test_messages_tell_who_was_not_sent_the_campaign(tmp_path: Path) -> None:
    text = (
        "Kampagne;Kunden-Nr.;E-Mail;Versandzeitpunkt;Grund;Punkte\n"
        "Spring;7;ann@example.com;14.04.2026 09:00;;120\nSpring;8;bob@example.com;;opted_out;3\n"
    )
    mapping = suggested(tmp_path, text).mapping
    assert mapping.kind is Kind.MESSAGES
    toml = to_toml(mapping).replace('"Punkte" = ""', '"Punkte" = "merge_field"')
    assert loaded(tmp_path, from_toml(toml))["messages"] == [
        {
            "campaign_id": "Spring",
            "customer_id": "7",
            "email": "ann@example.com",
            "sent_at": datetime(2026, 4, 14, 9, tzinfo=UTC),
            "merge_fields": {"Punkte": "120"},
        },
        {
            "campaign_id": "Spring",
            "customer_id": "8",
            "email": "bob@example.com",
            "not_sent_reason": "opted_out",
            "merge_fields": {"Punkte": "3"},
        },
    ]


def test_yes_and_no_become_events_at_the_time_of_sending(tmp_path: Path) -> None:
    text = "E-Mail;Gesendet;Geöffnet;Geklickt\nann@example.com;ja;ja;nein\nbob@example.com;nein;;\n"
    mapping = suggested(tmp_path, text).mapping
    assert [question.field for question in questions(mapping)] == ["sent_at"]
    toml = to_toml(mapping).replace("[fixed]", '[fixed]\nsent_at = "2026-04-14 09:00"')
    rows = loaded(tmp_path, from_toml(toml))
    at = datetime(2026, 4, 14, 9, tzinfo=UTC)
    assert [message.get("sent_at") for message in rows["messages"]] == [at, None]
    soon = at + timedelta(minutes=1)  # machines open at once, people don't
    assert [(event["type"], event["occurred_at"]) for event in rows["events"]] == [("opened", soon)]


def test_a_hard_bounce_may_be_a_column_or_a_value(tmp_path: Path) -> None:
    text = "Email;Sent at;Opened;Hard bounce\nann@example.com;2026-04-14;no;yes\nbob@example.com;2026-04-14;yes;no\n"
    rows = loaded(tmp_path, suggested(tmp_path, text).mapping)
    assert [(event["type"], event.get("bounce_type")) for event in rows["events"]] == [
        *(("bounced", "hard"), ("opened", None)),
    ]


def test_a_mapping_is_kept_for_files_with_the_same_header(tmp_path: Path) -> None:
    text = "Spalte;E-Mail;Ereignis;Datum\nSpring;ann@example.com;Geöffnet;03/04/2026"
    mapping = suggested(tmp_path, text).mapping
    chosen = from_toml(
        to_toml(mapping)
        .replace('"Spalte" = ""', '"Spalte" = "campaign_name"')
        .replace('dates = "ask"', 'dates = "month first"')
    )
    header = list(mapping.columns)
    kept_mappings.keep(tmp_path / DATABASE, header, chosen)

    other = "E-Mail;Spalte;Datum;Ereignis\nbob@example.com;Mai;05/06/2026;Geklickt"
    again = suggested(tmp_path, other, "mai.csv")
    assert again.is_kept
    assert not questions(again.mapping)
    assert again.mapping.columns["Datum"] == Column("occurred_at", Order.MONTH_FIRST)
    assert again.mapping.columns["Spalte"].field == "campaign_name"
    assert not again.mapping.fixed

    proved = suggested(tmp_path, other.replace("05/06", "25/06"), "juni.csv")
    assert proved.mapping.columns["Datum"].order is Order.DAY_FIRST
    Mappings.of(tmp_path / DATABASE).keep(key(header), "broken")
    assert not suggested(tmp_path, text).is_kept


def test_the_campaign_of_a_file_is_not_kept_for_the_next(tmp_path: Path) -> None:
    text = "E-Mail;Ereignis;Datum\nann@example.com;Geöffnet;03.04.2026"
    first = suggested(tmp_path, text, "spring.csv")
    kept_mappings.keep(tmp_path / DATABASE, first.header, first.mapping)
    assert suggested(tmp_path, text, "summer.csv").mapping.fixed == {"campaign_id": "summer"}


@pytest.mark.parametrize(
    ("toml", "reason"),
    [
        ("kind = ", "not TOML"),
        ('kind = "mails"', "kind must be one of"),
        ('kind = "events"\nfoo = 1', "no setting 'foo'"),
        ('kind = "events"\ntimezone = "Mars"', "no time zone 'Mars'"),
        ('kind = "events"\n[columns]\n"A" = "revenue"', "column 'A' can't be 'revenue'"),
        ('kind = "events"\n[columns]\n"A" = { field = "type", dates = "dmy" }', "dates of column 'A'"),
        ('kind = "events"\n[columns]\n"A" = 5', "column 'A' can't be 5"),
        ('kind = "events"\n[fixed]\nfoo = "x"', "can't share 'foo'"),
        ('kind = "events"\n[types]\n"x" = "y"', "'x' can't mean 'y'"),
        ('kind = "people"\n[fixed]\nsent_at = "soon"', "sent_at: 'soon' is not a date"),
        ('kind = "customers"\n[columns]\n"X" = "email"', "The table has no column 'X'"),
        ('kind = "customers"', "No column holds the customer"),
        (
            'kind = "customers"\n[columns]\n"A" = "email"\n"B" = "email"',
            "Several columns are the E-mail address",
        ),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(tmp_path: Path, toml: str, reason: str) -> None:
    (tmp_path / "map.toml").write_text(toml)
    (tmp_path / "table.csv").write_text("A,B\n1,2\n")
    with pytest.raises(ImportFailed, match=reason):
        list(csv.read(Request(str(tmp_path / "table.csv"), options={"map": str(tmp_path / "map.toml")})))


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"PK\x03\x04broken", b"[1, 2]", b"E-M\xc3\xa4il\xff;Name\nx;y"]
)
def test_a_file_without_a_table_says_so(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ImportFailed):
        suggested(tmp_path, content)


def test_headers_may_have_blanks_and_repetitions(tmp_path: Path) -> None:
    mapping = suggested(tmp_path, "Email;;Email;Note\nann@example.com;x;b@example.com;y").mapping
    assert list(mapping.columns) == ["Email", "Column 2", "Email (2)", "Note"]
    assert loaded(tmp_path, mapping)["customers"] == [
        {"customer_id": "ann@example.com", "email": "ann@example.com", "Column 2": "x", "Note": "y"}
    ]


def test_rows_are_read_a_batch_at_a_time(tmp_path: Path) -> None:
    mapping = suggested(tmp_path, "Email;Stadt\nann@example.com;Oslo").mapping
    (tmp_path / "table.csv").write_text(
        "Email;Stadt\n" + "".join(f"{n}@example.com;Oslo\n" for n in range(250))
    )
    (tmp_path / "map.toml").write_text(to_toml(mapping))
    request = Request(
        str(tmp_path / "table.csv"), batch_rows=100, options={"map": str(tmp_path / "map.toml")}
    )
    batches = [item for item in csv.read(request) if isinstance(item, Rows)]
    assert [len(batch.rows) for batch in batches] == [100, 100, 50]
    assert list(batches[1].lines) == list(range(102, 202))


def test_a_table_is_loaded_and_loading_it_again_changes_nothing(tmp_path: Path) -> None:
    header, words = EVENTS["German"].split("|")
    rows = [f"Frühling;{n}@example.com;{word};14.04.2026 1{n}:00;" for n, word in enumerate(words.split(";"))]
    (tmp_path / "log.csv").write_bytes("\r\n".join([header, *rows]).encode("cp1252"))
    database = tmp_path / DATABASE
    suggestion = csv.suggest(tmp_path / "log.csv", database)

    first = csv.load(database, tmp_path / "log.csv", suggestion.mapping, place="log.csv")
    again = csv.load(database, tmp_path / "log.csv", csv.suggest(tmp_path / "log.csv", database).mapping)

    assert {kind.kind: kind.new for kind in first.kinds if kind.new} == {"campaigns": 1, "events": 5}
    assert not again.changed
    counts = report(Warehouse(database).snapshot(), "Frühling", Audience.ALL).counts
    assert (counts.sent, counts.undeliverable, counts.opened, counts.clicked, counts.unsubscribed) == (
        5,
        1,
        2,
        1,
        1,
    )
    assert csv.suggest(tmp_path / "log.csv", database).is_kept


def test_the_command_prints_a_mapping_and_loads_with_it(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG.replace("14.04", "03/04").replace(".2026", "/2026"))
    command = ("--database", tmp_path / DATABASE, "import", "csv", tmp_path / "log.csv")
    status, toml, hint = run(*command, "--option", "timezone=Europe/Berlin")
    assert (status, from_toml(toml).timezone) == (0, "Europe/Berlin")
    assert "# - The dates in 'Date' may begin with the day or the month." in toml
    assert "Nothing was loaded." in hint

    (tmp_path / "map.toml").write_text(toml)
    with pytest.raises(ImportFailed, match="The dates in 'Date' may begin"):
        run(*command, "--map", tmp_path / "map.toml")
    (tmp_path / "map.toml").write_text(toml.replace('"ask"', '"day first"'))
    assert run(*command, "--map", tmp_path / "map.toml")[0] == 0
    [event] = table(tmp_path / DATABASE, "events", "occurred_at")
    assert event["occurred_at"] == datetime(2026, 4, 3, 8)  # noqa: DTZ001  # as stored
    assert "the same mapping is used" in run(*command)[2]


@dataclass(frozen=True)
class Dialect:
    """How a program writes its tables: in CSV or a workbook, with its own dates."""

    delimiter: str
    encoding: str
    line_end: str
    quotes_all: bool
    dates: str


DIALECTS = st.builds(
    Dialect,
    st.sampled_from(",;\t|"),
    st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252")),
    st.sampled_from(("\n", "\r\n", "\r")),
    st.booleans(),
    st.sampled_from(
        (
            *("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M:%S"),
            *("%d/%m/%Y %H:%M:%S", "%d-%m-%Y %H:%M:%S", "%d/%m/%y %H:%M:%S", "%d.%m.%Y, %H.%M.%S"),
            *("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%m-%d-%y %I:%M:%S %p", "%d %B %Y %H:%M:%S"),
            *("%b %d, %Y %I:%M:%S %p", "%A, %d %b %Y %H:%M:%S +0000", "%Y%m%d%H%M%S", "excel", "epoch"),
        )
    ),
)
TEXTS = st.text("abzÄéñß \"',;|\t-.()", min_size=1, max_size=12).filter(
    lambda text: text.strip() and known(text) and text.strip(" \"-.'")
)
TABLES = st.lists(
    st.tuples(
        TEXTS,
        st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.example", fullmatch=True),
        st.sampled_from(list(zip(EVENTS["German"].split("|")[1].split(";"), TYPES, strict=True))),
        st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)).map(  # noqa: DTZ001
            lambda time: time.replace(microsecond=0, tzinfo=UTC)
        ),
    ),
    min_size=1,
    max_size=8,
)


def as_written(time: datetime, dates: str) -> str:
    match dates:
        case "excel":
            return f"{(time - datetime(1899, 12, 30, tzinfo=UTC)) / timedelta(days=1):.6f}"
        case "epoch":
            return f"{time.timestamp():010.0f}"
        case _:
            return time.strftime(dates)


@given(TABLES, DIALECTS)
@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_table_reads_the_same_in_whatever_dialect_it_is_written(
    tmp_path: Path, table: list[tuple[str, str, tuple[str, str], datetime]], dialect: Dialect
) -> None:
    lines = io.StringIO(newline="")
    writer = csv_module.writer(
        lines,
        delimiter=dialect.delimiter,
        lineterminator=dialect.line_end,
        quoting=csv_module.QUOTE_ALL if dialect.quotes_all else csv_module.QUOTE_MINIMAL,
    )
    writer.writerow(["Kampagne", "E-Mail-Adresse", "Ereignis", "Zeitpunkt"])
    for campaign, email, (word, _), time in table:
        writer.writerow([campaign, email, word, as_written(time, dialect.dates)])
    mapping = suggested(tmp_path, lines.getvalue().encode(dialect.encoding)).mapping
    toml = to_toml(mapping)
    if questions(mapping):
        first = "day first" if dialect.dates.startswith("%d") else "month first"
        toml = toml.replace('dates = "ask"', f'dates = "{first}"')

    rows = loaded(tmp_path, from_toml(toml))

    assert "unusable" not in rows
    assert [
        (row["campaign_id"], row["recipient"], row["type"], row["occurred_at"]) for row in rows["events"]
    ] == [(campaign.strip(), email, kind, time) for campaign, email, (_, kind), time in table]


@pytest.mark.parametrize("encoding", ["cp1250", "iso8859-2"])
def test_the_encoding_of_another_country_is_recognised_and_can_be_corrected(
    tmp_path: Path, encoding: str
) -> None:
    text = "Kampania;Adres e-mail;Imię;Zdarzenie;Czas\n" + "".join(
        f"Wiosna;p{row}@example.com;{name};Otwarto;14.04.2026 10:00\n"
        for row, name in enumerate(
            ("Łukasz Wiśniewski", "Małgorzata Zając", "Paweł Dąbrowski", "Żaneta Gołąb")
        )
    )
    suggestion = suggested(tmp_path, text.encode(encoding))
    names = [row["name"] for row in loaded(tmp_path, suggestion.mapping)["customers"]]
    assert names == ["Łukasz Wiśniewski", "Małgorzata Zając", "Paweł Dąbrowski", "Żaneta Gołąb"]
    assert f'# encoding = "{suggestion.encoding}"' in suggestion.toml()
    wrong = from_toml(
        suggestion.toml().replace("# encoding = ", "encoding = ").replace(suggestion.encoding or "", "latin1")
    )
    assert wrong.encoding == "cp1252"
    with pytest.raises(ImportFailed, match="The table has no column 'Imię'"):
        loaded(tmp_path, wrong)
    with pytest.raises(ImportFailed, match="There is no encoding 'klingon'"):
        from_toml('kind = "events"\nencoding = "klingon"')


HEADERLESS = (
    "Spring;ann@example.com;Opened;14.04.2026 10:00\nSpring;bob@example.com;Clicked;14.04.2026 10:05\n"
)


def test_a_file_without_a_header_is_recognised_by_what_is_in_it(tmp_path: Path) -> None:
    suggestion = suggested(tmp_path, HEADERLESS)
    assert suggestion.header == ("Column 1", "Column 2", "Column 3", "Column 4")
    assert fields(suggestion.mapping) == {"Column 2": "email", "Column 3": "type", "Column 4": "occurred_at"}
    assert suggestion.mapping.fixed == {"campaign_id": "table"}
    events = loaded(tmp_path, suggestion.mapping)["events"]
    assert [(row["recipient"], row["type"]) for row in events] == [
        ("ann@example.com", "opened"),
        ("bob@example.com", "clicked"),
    ]
    csv.load(tmp_path / DATABASE, tmp_path / "table.csv", suggestion.mapping)
    assert not suggested(tmp_path, HEADERLESS).is_kept, "columns of another file may hold something else"


def test_a_sheet_without_a_header(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "log.xlsx") as workbook:
        sheet = workbook.add_worksheet("Log")
        for place, line in enumerate(HEADERLESS.splitlines()):
            sheet.write_row(place, 0, line.split(";"))
    mapping = csv.suggest(tmp_path / "log.xlsx", tmp_path / DATABASE).mapping
    events = loaded(tmp_path, mapping, "log.xlsx")["events"]
    assert [(row["recipient"], row["type"]) for row in events] == [
        ("ann@example.com", "opened"),
        ("bob@example.com", "clicked"),
    ]


@pytest.mark.parametrize(
    ("header", "has_header"),
    [
        ("Campaign;Email;Opened", True),
        ("id;2026-04-14;Clicks", True),
        ("12;ann@example.com", False),
        ("7;2026-04-14 10:00;9", False),
        ("a;https://shop.example/;b", False),
        ("Name;12;13", True),
    ],
)
def test_no_header_holds_addresses_links_or_only_days(header: str, has_header: bool, tmp_path: Path) -> None:
    suggestion = suggested(tmp_path, f"{header}\n")
    assert (suggestion.header[0] != "Column 1") is has_header


OPENED = '"what": "opened", "when": "2026-04-14T10:00:00Z"'
ANN = f'{{"mail": {{"to": "ann@example.com"}}, {OPENED}, "news": "Spring", "tags": ["a"], "x": null, "y": true}}'


@pytest.mark.parametrize(
    "text",
    [f"[{ANN}]", f"{ANN}\n{{{OPENED}}}\n[1]\n", f'{{"total": 1, "errors": [], "data": [{ANN}]}}'],
    ids=["array", "lines", "answer"],
)
def test_tables_in_json(text: str, tmp_path: Path) -> None:
    suggestion = suggested(tmp_path, text, "table.json")
    assert set(suggestion.header) >= {"mail.to", "what", "when", "news"}
    mapping = replace(
        suggestion.as_kind(Kind.EVENTS),
        columns={name: Column() for name in suggestion.header}
        | {
            "mail.to": Column("email"),
            "what": Column("type"),
            "when": Column("occurred_at"),
            "news": Column("campaign_id"),
        },
    )
    rows = loaded(tmp_path, mapping, "table.json")
    assert [(row["recipient"], row["campaign_id"], row["type"]) for row in rows["events"]] == [
        ("ann@example.com", "Spring", "opened")
    ]
    assert len(rows.get("unusable", [])) == (2 if text.count("\n") else 0)

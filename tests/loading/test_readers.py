"""A table says the same however it is written, and both readers of a format agree on everything."""

import codecs
import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import example, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from mailsight.errors import UnreadableFile
from mailsight.loading import bundle_tables, bundles, csv_files, finding, sheets
from mailsight.loading.bundle_tables import Reading
from mailsight.loading.json_files import BadRecord
from mailsight.loading.refusals import Refusal, Refusals
from mailsight.reports import customer as customer_reports
from mailsight.vocabulary import Audience
from mailsight.warehouse.draft import QueryFailed, scratch
from mailsight.warehouse.reader import Warehouse
from tests.support.bundles import bundle, ndjson

Row = dict[str, str]
Customers = list[tuple[object, ...]]
STAGED = (
    "select customer_id, email, name, language, country, attributes from staged_customers "
    "where refusal is null order by ordinal"
)


def read(name: str, content: bytes) -> tuple[Customers, list[Refusal]]:
    """The customers that are staged from a file, and the rejected rows."""
    with scratch() as work:
        work.run("create_staging")
        work.run("create_records")
        reading = Reading(work, Refusals(work))
        (work.folder / name).write_bytes(content)
        [table] = finding.opened(finding.candidates([work.folder / name])[0], work.folder).files
        bundle_tables.read_file(reading, table)
        bundle_tables.add_staged_refusals(reading, [table])
        return work._connection.execute(STAGED).fetchall(), reading.refusals.first()  # noqa: SLF001


def as_csv(rows: list[Row], delimiter: str = ",", end: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_xlsx(rows: list[Row]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"strings_to_numbers": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        for column, name in enumerate(rows[0]):
            sheet.write_string(0, column, name)
            for number, row in enumerate(rows, start=1):
                if row[name]:
                    sheet.write_string(number, column, row[name])
    return content.getvalue()


def renamed(rows: list[Row]) -> list[Row]:
    names = {"customer_id": "Customer ID", "email": "E-mail", "shoe size": " Shoe Size "}
    return [{names.get(name, name.upper()): value for name, value in row.items()} for row in rows]


WRITERS: dict[str, tuple[str, Callable[[list[Row]], bytes]]] = {
    "CSV": ("customers.csv", lambda rows: as_csv(rows).encode()),
    "all quoted": ("customers.csv", lambda rows: as_csv(rows, quoting=csv.QUOTE_ALL).encode()),
    "semicolons": ("customers.csv", lambda rows: as_csv(rows, ";").encode()),
    "sep=;": ("customers.csv", lambda rows: b"sep=;\r\n" + as_csv(rows, ";", "\r\n").encode("utf-8")),
    "sep=^": ("customers.csv", lambda rows: b"sep=^\n" + as_csv(rows, "^").encode()),
    "end of file": ("customers.csv", lambda rows: as_csv(rows).encode() + b"\x1a"),
    "pipes": ("customers.txt", lambda rows: as_csv(rows, "|").encode()),
    "tabs": ("customers.tsv", lambda rows: as_csv(rows, "\t").encode()),
    "CR LF": ("customers.csv", lambda rows: as_csv(rows, end="\r\n").encode()),
    # Until version 3.13, Python quotes a "\n" only if it is part of the line end.
    "CR": ("customers.csv", lambda rows: as_csv(rows, end="\r\n").replace("\r\n", "\r").encode()),
    "mark": ("customers.csv", lambda rows: as_csv(rows).encode("utf-8-sig")),
    "UTF-16": ("customers.csv", lambda rows: as_csv(rows).encode("utf-16")),
    "UTF-16 LE": ("customers.csv", lambda rows: as_csv(rows).encode("utf-16-le")),
    "UTF-32 LE": ("customers.csv", lambda rows: codecs.BOM_UTF32_LE + as_csv(rows).encode("utf-32-le")),
    "UTF-32 BE": ("customers.csv", lambda rows: codecs.BOM_UTF32_BE + as_csv(rows).encode("utf-32-be")),
    "UTF-16 BE": ("customers.csv", lambda rows: as_csv(rows, "\t").encode("utf-16-be")),
    "names": ("customers.csv", lambda rows: as_csv(renamed(rows)).encode()),
    "order": ("customers.csv", lambda rows: as_csv([dict(reversed(row.items())) for row in rows]).encode()),
    "trailing": ("customers.csv", lambda rows: as_csv([row | {"": ""} for row in rows]).encode()),
    "twice": ("customers.csv", lambda rows: as_csv([row | {"NAME": row["name"]} for row in rows]).encode()),
    "blank rows": (
        "customers.csv",
        lambda rows: (
            "\n \n" + as_csv([row for each in rows for row in (each, dict.fromkeys(each, ""))]) + "\n\n,,,\n"
        ).encode(),
    ),
    "gzip": ("customers.csv.gz", lambda rows: gzip.compress(as_csv(rows).encode())),
    "NDJSON": ("customers.ndjson", lambda rows: ndjson(*rows).encode()),
    "NDJSON, names": ("customers.ndjson", lambda rows: ndjson(*renamed(rows)).encode()),
    "NDJSON, CR": ("customers.ndjson", lambda rows: ndjson(*rows).replace("\n", "\r").encode()),
    "JSON": ("customers.json", lambda rows: json.dumps(rows, indent=1).encode("utf-16")),
    "Parquet": ("customers.parquet", lambda rows: pd.DataFrame(rows).to_parquet()),
    "Parquet, names": ("customers.parquet", lambda rows: pd.DataFrame(renamed(rows)).to_parquet()),
    "Excel": ("customers.xlsx", as_xlsx),
    "Excel, names": ("customers.xlsx", lambda rows: as_xlsx(renamed(rows))),
}
TABLE: list[Row] = [
    {"customer_id": "007", "email": "ann@x.example", "name": 'Ann "A"\nde Vries', "shoe size": "38"},
    {"customer_id": "1.0", "email": "", "name": "Zoë, Łódź 😀", "shoe size": ""},
    {"customer_id": "1e5", "email": "NULL", "name": "=1+1|;\t", "shoe size": "-"},
    {"customer_id": "true", "email": "b@x.example", "name": '5" pipe', "shoe size": "41.50"},
]
EXPECTED: Customers = [
    ("007", "ann@x.example", 'Ann "A"\nde Vries', None, None, '{"shoe size":"38"}'),
    ("1.0", None, "Zoë, Łódź 😀", None, None, None),
    ("1e5", None, "=1+1|;", None, None, None),
    ("true", "b@x.example", '5" pipe', None, None, '{"shoe size":"41.50"}'),
]


@pytest.mark.parametrize("form", WRITERS)
def test_a_table_says_the_same_however_it_is_written(form: str) -> None:
    name, write = WRITERS[form]
    rows, refusals = read(name, write(TABLE))
    assert refusals == []
    assert [tuple(str(value) if value is not None else None for value in row) for row in rows] == EXPECTED


TEXTS = st.text(st.sampled_from("aB1 ,;|\"'é\n="), min_size=1, max_size=8).map(str.strip).filter(bool)


@pytest.mark.hypothesis
@given(
    names=st.lists(TEXTS, min_size=1, max_size=4),
    form=st.sampled_from(sorted(WRITERS)),
)
@example(["1\n1"], "CR")
@given_settings(max_examples=15, deadline=None)
def test_any_values_survive_in_any_form(names: list[str], form: str) -> None:
    table = [
        {"customer_id": f"c{number}", "email": "", "name": text, "shoe size": text[::-1].strip() or "1"}
        for number, text in enumerate(names)
    ]
    expected, _ = read("customers.ndjson", ndjson(*table).encode())
    name, write = WRITERS[form]
    assert read(name, write(table)) == (expected, [])


# Names that mean something in SQL or in the queries that read tables.
ODD_NAMES = (
    "row", "packed", "record", "records", "ordinal", "rowid", "line", "file", "columns", "names", "select",
    "null",
    'a"b', "c'd", "{e}", "$1", "?", ":f", "%s", "*", "--", "🎉", "ß", "ss", "İ", "ı", "姓名", "n.o", "p[0]", "\\",
)  # fmt: skip


@pytest.mark.parametrize("form", ["CSV", "semicolons", "NDJSON", "Parquet", "Excel"])
def test_any_column_name_is_the_name_of_an_attribute(form: str) -> None:
    name, write = WRITERS[form]
    attributes = {name: f"value {place}" for place, name in enumerate(ODD_NAMES)}
    [[*_, found]], refusals = read(name, write([{"customer_id": "1"} | attributes]))
    assert refusals == []
    assert json.loads(str(found)) == {name.lower(): value for name, value in attributes.items()}


BAD: dict[str, bytes] = {
    "short": b"bad",
    "long": b"bad,b,c,d,e,f",
    "an open quote": b'bad,"b,c,d',
    "text after a quote": b'bad,"b"x,c,d',
    "not UTF-8": b"bad,\xff,c,d",
    "a zero byte": b"bad,\0,c,d",
    "no key": b",b,c,d",
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_bad_row_changes_no_good_row(bad: str, place: int) -> None:
    lines = as_csv([row | {"name": row["name"].replace("\n", " ")} for row in TABLE]).encode().splitlines()
    expected, _ = read("customers.csv", b"\n".join(lines))
    lines.insert(place + 1, BAD[bad])
    rows, refusals = read("customers.csv", b"\n".join(lines))
    assert rows == expected
    assert [(refusal.line, refusal.row[:3]) for refusal in refusals] == [(place + 2, BAD[bad][:3].decode())]


BAD_JSON = [
    "{",
    "[1]",
    "7",
    '{"customer_id": 1,}',
    '{"a": NaN}',
    '{"a": -Infinity}',
    '{"a": 1e999}',
    '{"a": "\\ud800"}',
    "x",
]


@pytest.mark.parametrize("bad", BAD_JSON)
@pytest.mark.parametrize("place", [0, 2])
def test_a_bad_json_row_changes_no_good_row(bad: str, place: int) -> None:
    lines = ndjson(*TABLE).splitlines()
    lines[1] = lines[1].replace('"1.0"', "1.0").replace('"NULL"', "1E5")
    expected, _ = read("customers.ndjson", "\n".join(lines).encode())
    lines.insert(place, bad)
    rows, refusals = read("customers.ndjson", "\n".join(lines).encode())
    assert rows == expected
    assert [refusal.line for refusal in refusals] == [place + 1]


@pytest.mark.parametrize("bad", BAD_JSON)
def test_a_bad_item_of_an_array_changes_no_other(bad: str) -> None:
    items = [json.dumps(row) for row in TABLE]
    expected, _ = read("customers.json", f"[{', '.join(items)}]".encode())
    items.insert(2, bad if bad != "{" else '{"a": [{"b": "}"} 7], "c"}')
    rows, refusals = read("customers.json", f"[{', '.join(items)}]".encode())
    assert rows == expected
    assert len(refusals) == 1


PIECES = st.sampled_from(
    ["a", ",", '"', " ", "\n", '""', '",', '\n"', "\r\n", '"x",y\n', ' "x" ,z\n', "\t", "é", "\r", "b,c\n"]
)


@pytest.mark.hypothesis
@given(pieces=st.lists(PIECES, max_size=14))
@given_settings(max_examples=100, deadline=None)
def test_both_readers_of_csv_agree(pieces: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "agree.csv"
    path.write_bytes(f"a,b\n{''.join(pieces)}\nm,n\n".encode())
    written = csv_files.layout(path, list)
    if not csv_files.is_plain(path, written):
        return
    with scratch() as work:
        work.run("create_records")
        columns = dict.fromkeys(written.names, "VARCHAR")
        try:
            work.run("read_csv_file", path=str(path), delimiter=written.delimiter, columns=columns)
        except QueryFailed:
            return
        fast = work._connection.execute("select record from read_records order by ordinal").fetchall()  # noqa: SLF001
    slow = list(csv_files.rows(path, written))
    assert not any(isinstance(row, BadRecord) for row in slow)
    values = [row.values for row in slow if not isinstance(row, BadRecord)]  # noqa: PD011
    assert [json.loads(record) for (record,) in fast] == [
        {name: value or None for name, value in row.items()} for row in values
    ]


@pytest.mark.parametrize("end", ["", "\n", "\nm,n\n"])
def test_a_line_longer_than_all_that_duckdb_holds_is_rejected(end: str) -> None:
    """DuckDB finds no row in a file of such a line, and no fault."""
    _, refusals = read("customers.csv", f"customer_id,name\nann,{'a' * 35_000_000}{end}".encode())
    assert [(refusal.line, "a line of more than" in refusal.reason) for refusal in refusals] == [(2, True)]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("Customer ID;E-Mail;Shoe size", ["customer_id", "email", "shoe size"]),
        ("customerId,EMAIL,Created at (UTC)", ["customer_id", "email", "created_at"]),
        ('\ufeff"customer_id"\t"Name [full]"\tname', ["customer_id", "name [full]", "name"]),
        ("customer_id|email||", ["customer_id", "email"]),
        ("customer_id", ["customer_id"]),
        ('customer_id,"two\nlines"', ["customer_id", "two\nlines"]),
    ],
)
def test_headers_are_read_whatever_their_spelling(header: str, names: list[str], tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_bytes(f"{header}\n".encode())
    [table] = finding.opened(finding.candidates([tmp_path / "customers.csv"])[0], tmp_path).files
    assert list(table.layout.names) == names


def test_windows_1252_is_read_unless_other_rows_are_utf_8() -> None:
    text = "customer_id,name\n1,Zoë\n2,“Ann” – 5 €\n"
    assert [row[2] for row in read("customers.csv", text.encode("cp1252"))[0]] == ["Zoë", "“Ann” – 5 €"]
    rows, refusals = read("customers.csv", text.encode() + b"3,B\xfcrgi\n4,Dan\n")
    assert [row[2] for row in rows] == ["Zoë", "“Ann” – 5 €", "Dan"]
    assert [(refusal.line, refusal.row) for refusal in refusals] == [(4, "3,B\\xfcrgi")]


def test_lines_are_counted_after_values_with_several_lines_and_long_ones() -> None:
    rows, refusals = read(
        "customers.csv", f'customer_id,name\n1,"a\r\nb\n\nc"\n,x\n2,{"y" * 2**19}\n,z\n'.encode()
    )
    assert [refusal.line for refusal in refusals] == [6, 8]
    assert [len(str(row[2])) for row in rows] == [7, 2**19]


def test_the_cells_of_a_workbook(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "customers.xlsx")) as book:
        sheet = book.add_worksheet()
        moment, day = (book.add_format({"num_format": form}) for form in ("yyyy-mm-dd hh:mm", "yyyy-mm-dd"))
        sheet.write_row(1, 0, ["customer_id", "created_at", "a", "b", "", "c", ""])
        sheet.write_row(2, 0, [1042.0, "", 0.1 + 0.2, True])
        sheet.write_datetime(2, 1, datetime(2026, 4, 14, 9, 30), moment)  # noqa: DTZ001
        sheet.write_row(4, 0, [100_000, "", "007", False])
        sheet.write_datetime(4, 1, date(2026, 4, 14), day)
        sheet.write_formula(4, 5, "=40+2", None, 42)
        sheet.write_row(5, 0, [" ", "2026-04-14"])
        sheet.write_row(6, 0, ["0012", 46126.375])
        sheet.write_string(9, 9, " ")
    summary = bundles.load(tmp_path / "m.duckdb", [tmp_path / "customers.xlsx"])
    assert [str(refusal) for refusal in summary.refusals] == ["customers.xlsx:6: no customer_id"]
    with Warehouse(tmp_path / "m.duckdb").snapshot() as data:
        read_back = [
            customer_reports.report(data, name, Audience.ALL).customer for name in ("1042", "100000", "0012")
        ]
    assert [(f"{row.created_at:%d %H:%M}", row.attributes) for row in read_back] == [
        ("14 09:30", {"a": 0.3, "b": True}),
        ("14 00:00", {"a": "007", "b": False, "c": 42}),
        ("14 09:00", {}),
    ]


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([["Report"], [], ["Created", "1 May"], ["campaign_id", "name", "sent_at"], ["a", "b", "c"]], 3),
        ([["campaign_id", "name"], ["a", "b"], ["c", "d"]], 2),
        ([["customer_id", "email"], ["1", "ann@example.com", "a note"], ["2", "bob@example.com", "b"]], 2),
        ([["campaign_id", "name"], ["a", "b", 3], ["c", "d", 4]], 2),
        ([["campaign_id"], ["a"]], 1),
    ],
)
def test_the_header_of_a_sheet_comes_after_its_title(
    tmp_path: Path, rows: list[list[object]], columns: int
) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "report.xlsx")) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    (tmp_path / "sheets").mkdir()
    [read_back] = sheets.convert(tmp_path / "report.xlsx", tmp_path / "sheets")
    header = next(row for row in rows if len(row) == columns and "_id" in str(row[0]))
    assert read_back.columns == header
    place = rows.index(header)
    assert [bool(line) for line in read_back.path.read_text().splitlines()] == [
        place < number for number in range(len(rows))
    ]


def test_a_workbook_that_unpacks_to_too_much_is_rejected(tmp_path: Path) -> None:
    rows = [{"customer_id": str(number), "name": "x" * 30_000} for number in range(60)]
    folder = bundle(
        tmp_path / "b", {"customers.xlsx": as_xlsx(rows), "campaigns.csv": "campaign_id\nspring\n"}
    )
    summary = bundles.load(tmp_path / "m.duckdb", [folder], max_bytes=1_000_000)
    assert ["unpacks to more than 0 MB" in refusal.reason for refusal in summary.refusals] == [True]
    assert summary.kinds[0].new == 1


def test_a_workbook_with_a_damaged_directory_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "events.xlsx"
    path.write_bytes(as_xlsx([{"customer_id": "1"}]).replace(b"PK\x01\x02", b"PK\x01\x03"))
    with pytest.raises(UnreadableFile, match=r"events\.xlsx can't be read as a workbook"):
        sheets.convert(path, tmp_path)


def test_ids_that_are_whole_numbers_have_no_fraction() -> None:
    frame = pd.DataFrame({"customer_id": [1042.0, 7.0], "points": [1.5, 2.0]})
    assert [row[0] for row in read("customers.parquet", frame.to_parquet())[0]] == ["1042", "7"]
    lines = b'{"Customer ID": 1042.0, "name": "v 1.0"}\n{"customer_id": 7.50}\n{"Customer-Id": 8, "customer_id": "9"}\n'
    assert [row[:3] for row in read("customers.ndjson", lines)[0]] == [
        ("1042", None, "v 1.0"),
        ("7.5", None, None),
        ("9", None, None),
    ]


@pytest.mark.parametrize("form", ["CSV", "names", "NDJSON", "NDJSON, names", "Parquet, names", "Excel"])
def test_an_empty_attribute_leaves_what_was_known(form: str, tmp_path: Path) -> None:
    name, write = WRITERS[form]
    first = {"customer_id": "1", "email": "a@x.example", "name": "Ann", "shoe size": "38"}
    later = first | {"email": "", "name": "NULL", "shoe size": ""}
    folders = [
        bundle(tmp_path / str(number), {name: write([row])}) for number, row in enumerate((first, later))
    ]
    assert [bundles.load(tmp_path / "m.duckdb", [folder]).changed for folder in folders] == [True, False]
    with Warehouse(tmp_path / "m.duckdb").snapshot() as data:
        assert customer_reports.report(data, "1", Audience.ALL).customer.attributes == {"shoe size": "38"}

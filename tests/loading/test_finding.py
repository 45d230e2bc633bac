"""Which files of a bundle are read, and that every other one that looks like data is named."""

import bz2
import errno
import gzip
import json
import lzma
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter
import zstandard

from mailsight.errors import LoadRefused, NotABundle
from mailsight.loading import bundles, finding, normalizing, payloads
from mailsight.loading.finding import kind_of_columns, kind_of_name
from mailsight.loading.merge import LoadSummary
from mailsight.warehouse.reader import Warehouse
from tests.support.bundles import EVENT, bundle, ndjson

CAMPAIGNS = "campaign_id,name\nspring,Spring\n"


def events(number: int, separator: str = ",") -> str:
    """A table of one event, different for each number."""
    names = ("event_id", "campaign_id", "customer_id", "type", "occurred_at")
    values = (f"e{number}", "spring", "1", "opened", f"2026-04-14T10:00:{number:02d}Z")
    return f"{separator.join(names)}\n{separator.join(values)}\n"


def load(folder: Path, *paths: Path) -> LoadSummary:
    return bundles.load(folder.parent / "m.duckdb", paths or [folder])


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)


NAMES = {
    "events.csv": "events",
    "Events.CSV": "events",
    "EVENTS": "events",
    "events (1).csv": "events",
    "events 2026-05.csv": "events",
    "events-2.csv.gz": "events",
    "events_0.parquet": "events",
    "events2.csv": "events",
    "Copy of events.xlsx": "events",
    "events - Copy.csv": "events",
    "event.csv": "events",
    "event (2).csv": "events",
    "campaign.tsv": "campaigns",
    "customers.2026.csv": "customers",
    "messages.xlsx": "messages",
    "event_types.csv": None,
    "eventlog.csv": None,
    "export-events.csv": None,
    "campaigns.html": None,
    "customer.png": None,
    "readme.txt": None,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_says_what_a_file_holds(name: str) -> None:
    assert kind_of_name(name) == NAMES[name]


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ("type,occurred_at,recipient", "events"),
        ("type,occurred_at", None),
        ("campaign_id,customer_id,type", None),
        ("campaign_id,customer_id,sent_at", "messages"),
        ("campaign_id,customer_id", None),
        ("campaign_id,subject", "campaigns"),
        ("customer_id,email,tier", "customers"),
        ("customer_id,order_id", None),
        ("id,name", None),
    ],
)
def test_columns_say_what_a_table_holds(columns: str, kind: str | None) -> None:
    assert kind_of_columns(columns.split(",")) == kind


def test_every_file_of_a_table_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    content = events(9)
    folder = bundle(
        tmp_path / "spring",
        {
            "campaigns.csv": CAMPAIGNS,
            "events.csv": events(1),
            "events (1).csv": events(1),
            "events 2026-05.csv": events(2),
            "event.csv": events(3),
            "Events-4.CSV": events(4),
            "events-5.tsv": events(5, "\t"),
            "events-6.txt": events(6, "|"),
            "events-7": events(7, ";"),
            "export.csv": events(8),
            "events-gz.csv.gz": gzip.compress(content.encode()),
            "events-zst.csv.zst": zstandard.compress(content.replace("e9", "e10").encode()),
            "events-bz2.csv.bz2": bz2.compress(content.replace("e9", "e11").encode()),
            "events-xz.csv.xz": lzma.compress(content.replace("e9", "e12").encode()),
            "events-16.csv": content.replace("e9", "e13").encode("utf-16"),
            "events-lines.txt": ndjson(EVENT | {"event_id": "e14"}),
            "events/part-0000.json.gz": gzip.compress(json.dumps([EVENT | {"event_id": "e15"}]).encode()),
            "events/year=2026/part-1.ndjson": ndjson(EVENT | {"event_id": "e16"}),
            "events/_SUCCESS": "",
            "readme.md": "# Events",
            "notes.txt": "Nothing to see here",
            "contents/events.html": "<p>x",
            "._events.csv": b"\0\5\26\7",
            "~$events.xlsx": b"x",
            ".~lock.events.csv#": b"x",
            "__MACOSX/._events.csv": b"x",
            ".DS_Store": b"x",
        },
    )
    pd.DataFrame([EVENT | {"event_id": "e17"}]).to_parquet(folder / "events_0.parquet")
    summary = load(folder)
    assert summary.passed_over == []
    assert [str(refusal) for refusal in summary.refusals] == []
    [event_rows] = [kind for kind in summary.kinds if kind.kind == "events"]
    assert (event_rows.rows, event_rows.new) == (18, 17)
    assert not load(folder).changed


PASSED_OVER: dict[str, tuple[str | bytes, str]] = {
    "empty.csv": ("", "it is empty."),
    "events.numbers": (b"PK\3\4", "Mailsight can't read .numbers files. Save it as CSV or Excel (.xlsx)."),
    "events.csv.part": (events(1), "Mailsight can't read .part files. Save it as CSV or Excel (.xlsx)."),
    "events.zip": (b"PK\3\4", "it is an archive. Unpack it first."),
    "events.xls": ("<table>", "it is not a workbook. Save it again as Excel (.xlsx) or CSV."),
    "events-2.csv": (b"PK\3\4", "its content is not what its name says. Save it as CSV or Excel (.xlsx)."),
    "orders.csv": ("order_id,price\n1,2\n", finding.UNKNOWN),
    "orders.json": ('{"order_id": 1}', finding.UNKNOWN),
    "orders.parquet": (b"PAR1", finding.UNKNOWN),
    "orders.csv.gz": (gzip.compress(b"order_id,price\n"), finding.UNKNOWN),
    "archive/events.csv": (events(1), finding.ELSEWHERE),
}


def test_what_is_passed_over_is_named_with_the_reason(tmp_path: Path) -> None:
    files = {name: content for name, (content, _) in PASSED_OVER.items()}
    folder = bundle(tmp_path / "spring", {"campaigns.csv": CAMPAIGNS} | files)
    summary = load(folder)
    assert {file.name: file.reason for file in summary.passed_over} == {
        name: reason for name, (_, reason) in PASSED_OVER.items()
    }
    assert (summary.rejected, summary.kinds[0].new) == (0, 1)
    with Warehouse(tmp_path / "m.duckdb").snapshot() as data:
        stored = {(row["kind"], row["file"]) for row in data.rows("refused_rows", search="")}
    assert stored == {("files", name) for name in PASSED_OVER}
    with pytest.raises(LoadRefused, match="was passed over"):
        bundles.load(tmp_path / "m.duckdb", [folder], strict=True)
    (folder / "campaigns.csv").unlink()
    with pytest.raises(NotABundle, match="nothing that can be loaded: "):
        load(folder)


def test_folders_that_are_not_read_are_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = "contents/2/3/4/5/6/7/8"
    folder = bundle(
        tmp_path / "bundle",
        {
            "campaigns.csv": CAMPAIGNS,
            "locked/events.csv": events(1),
            "lost+found/events.csv": events(1),
            f"{deep}/9/a.html": "",
        },
    )
    elsewhere = bundle(tmp_path / "elsewhere", {"events.csv": events(2)})
    mails = bundle(tmp_path / "mails", {"a.html": ""})
    (folder / "older").symlink_to(elsewhere)
    (folder / "mails").symlink_to(mails)
    scandir = os.scandir

    def locked(path: Any) -> Any:
        # Root may read every folder.
        if str(path).endswith(("locked", "lost+found")):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", locked)
    named = {
        "locked/": "this folder can't be read: Permission denied.",
        f"{deep}/9/": "this folder is more than 8 folders deep.",
        "older/": "this folder is a link. Load the folder that it leads to as well.",
    }
    assert {file.name: file.reason for file in load(folder).passed_over} == named
    (folder / "events.json").write_text(json.dumps([]))
    assert {file.name for file in finding.payload_files([folder])[1]} == {*named, "campaigns.csv"}


def test_tables_may_be_in_a_folder_of_their_own(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "b", {"spring/campaigns.csv": CAMPAIGNS, "orders.csv": "a,b\n"})
    assert [str(file) for file in load(folder).passed_over] == [f"orders.csv: {finding.ELSEWHERE}"]
    bundle(folder, {"summer/campaigns.csv": CAMPAIGNS})
    with pytest.raises(NotABundle, match="'spring' and 'summer'"):
        load(folder)
    bundle(tmp_path / "events-2026", {"customers.csv": "customer_id,name\n1,Ann\n", "events.csv": events(1)})
    assert [kind.new for kind in load(tmp_path / "events-2026").kinds] == [0, 1, 0, 1]


def test_a_single_file_may_have_any_name(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "b", {"x.csv": events(1), "y.csv": "a,b\n1,2\n"})
    assert load(folder, folder / "x.csv").kinds[-1].new == 1
    with pytest.raises(NotABundle, match=r"y\.csv: neither its name nor its columns"):
        load(folder, folder / "y.csv")


EVENT_ROWS: list[list[object]] = [list(EVENT), list(EVENT.values())]


def test_the_sheets_of_a_workbook_are_chosen_by_their_names(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "b", {})
    folder.mkdir()
    notes: list[list[object]] = [["How to read this"], ["Slowly"]]
    workbook(
        folder / "messages.xlsx", {"Notes": notes, "Table": [["campaign_id", "customer_id"], ["spring", 1]]}
    )
    workbook(
        folder / "mailsight.xlsx",
        {"Campaigns": [["campaign_id"], ["spring"]], "Data": EVENT_ROWS, "x": notes},
    )
    summary = load(folder)
    assert [kind.new for kind in summary.kinds] == [1, 0, 1, 1]
    assert [file.name for file in summary.passed_over] == ["mailsight.xlsx [x]", "messages.xlsx [Notes]"]


def test_payloads_may_be_in_a_folder(tmp_path: Path) -> None:
    payload = {"event": "open", "email": "a@example.com", "timestamp": 1776157200}
    files: dict[str, str | bytes] = {
        "day-1.json": json.dumps([payload | {"sg_event_id": "1"}]),
        "more/day-2": json.dumps(payload | {"sg_event_id": "2"}),
        "day-3.txt.xz": lzma.compress(json.dumps(payload | {"sg_event_id": "3"}).encode()),
        "people.csv": "name\nAnn\n",
        ".DS_Store": b"x",
        "readme.md": "# Dumps",
    }
    folder = bundle(tmp_path / "dumps", files)
    summary = payloads.ingest(tmp_path / "m.duckdb", "sendgrid", [folder])
    assert (summary.kinds[-1].new, summary.rejected) == (3, 0)
    assert [str(file) for file in summary.passed_over] == ["people.csv: it holds no JSON."]
    assert len(list(normalizing.normalize("sendgrid", [folder]))) == 3
    with pytest.raises(NotABundle):
        payloads.ingest(tmp_path / "m.duckdb", "sendgrid", [bundle(tmp_path / "none", {"x.csv": "a"})])


def test_files_may_not_fill_the_disk_together(tmp_path: Path) -> None:
    packed = {
        f"customers-{number}.csv.gz": gzip.compress(b"customer_id\n1" + b"\n" * 400_000)
        for number in range(4)
    }
    workbook(tmp_path / "customers-5.xlsx", {"customers": [["customer_id"], [5]]})
    folder = bundle(
        tmp_path / "b",
        {
            "campaigns.csv": CAMPAIGNS,
            "customers-5.xlsx": (tmp_path / "customers-5.xlsx").read_bytes(),
            **packed,
        },
    )
    summary = bundles.load(tmp_path / "m.duckdb", [folder], max_bytes=1_000_000)
    assert [kind.new for kind in summary.kinds][:2] == [1, 2]
    assert [refusal.file for refusal in summary.refusals] == ["customers-2.csv.gz", "customers-3.csv.gz"]
    assert all("unpacks to more than" in refusal.reason for refusal in summary.refusals)

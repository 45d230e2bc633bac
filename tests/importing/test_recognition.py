"""Exports are recognised by their columns, whatever their names; bundles are not taken for exports."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import xlsxwriter

from mailsight.errors import BadUpload
from mailsight.figures.metrics import Counts
from mailsight.importing import recognition, uploaded
from mailsight.loading import uploads
from mailsight.reports import data as data_reports
from mailsight.warehouse.reader import Warehouse
from tests.support.archives import mailbox, raw_mail
from tests.support.exported import (
    KLAVIYO_CAMPAIGNS,
    MAILCHIMP_CAMPAIGNS,
    MAILCHIMP_EXPORT,
    MAILCHIMP_MEMBERS,
    MAILCHIMP_UNSUBSCRIBED,
    MAILGUN_ITEM,
    brevo_log,
    mailgun_logs,
    sendgrid_activity,
)
from tests.support.exports import written, zipped
from tests.support.tables import table
from tests.support.uploaded import UploadedFile

HUBSPOT = (
    "Email Name,Send Date (Your time zone),Campaign,Sent,Delivered,Opened,Clicked,Click Through Rate,Not Sent\n"
    "Tulips,2023-05-04 10:00,Spring,1000,997,400,30,7.5,4\n"
)
EXPORTS: Mapping[str, tuple[str, str | bytes]] = {
    "Mailchimp's campaigns": ("mailchimp", MAILCHIMP_CAMPAIGNS),
    "Mailchimp's campaigns in another order": (
        "mailchimp",
        "Total Opens;Unique Id;Title;Unique Opens;Send Weekday\n7;a1;Tulips;5;Sunday\n",
    ),
    "an audience": ("mailchimp", MAILCHIMP_MEMBERS),
    "those who left it": ("mailchimp", MAILCHIMP_UNSUBSCRIBED),
    "Klaviyo's campaigns": ("klaviyo", KLAVIYO_CAMPAIGNS),
    "HubSpot's emails": ("hubspot", HUBSPOT),
    "SendGrid's activity": ("sendgrid", sendgrid_activity({"event": "open"})),
    "Brevo's log": ("brevo", brevo_log("Aperta")),
    "Brevo's log in UTF-16": ("brevo", brevo_log("Geöffnet").encode("utf-16")),
    "Mailgun's bounces": ("mailgun", "address,code,error,created_at\nann@example.com,550,no,2024-01-01\n"),
}
BUNDLES: Mapping[str, str] = {
    "campaigns.csv": "campaign_id,name,subject,sent_at,tags\na,Tulips,Tulips,2024-01-01,x\n",
    "customers.csv": "customer_id,email,name,created_at,First Name,Tags\n1,ann@example.com,Ann,2024-01-01,Ann,x\n",
    "messages.csv": "campaign_id,customer_id,email,sent_at\na,1,ann@example.com,2024-01-01\n",
    "events.csv": "campaign_id,customer_id,type,occurred_at,url,ip\na,1,opened,2024-01-01,,\n",
    "totals.csv": "campaign_id,source,sent,delivered,opened,clicked\na,x,1,1,1,1\n",
    "other.csv": "email,name\nann@example.com,Ann\n",
    "empty.csv": "",
}


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_recognised_by_its_columns(name: str, tmp_path: Path) -> None:
    source, content = EXPORTS[name]
    known = recognition.recognise(written(tmp_path, {"download (1).csv": content}))
    assert known
    assert known.name == source


@pytest.mark.parametrize("file", BUNDLES)
def test_a_bundle_is_no_export(file: str, tmp_path: Path) -> None:
    assert recognition.recognise(written(tmp_path, {file: BUNDLES[file]})) is None


def test_the_sample_bundle_is_no_export(sample_bundle: Path) -> None:
    assert recognition.recognise(sample_bundle) is None


def test_a_zip_is_recognised_by_most_of_its_files(tmp_path: Path) -> None:
    files = {**MAILCHIMP_EXPORT, "notes.csv": brevo_log("Aperta")}
    for path in (zipped(tmp_path / "export.zip", files, "acme/"), written(tmp_path / "folder", files)):
        known = recognition.recognise(path)
        assert known
        assert known.label == "Mailchimp"


def test_a_saved_answer_is_recognised(tmp_path: Path) -> None:
    assert (
        _name(written(tmp_path / "a", {"reports.json": '{"reports": [], "total_items": 0}'})) == "mailchimp"
    )
    logs = mailgun_logs(MAILGUN_ITEM)
    assert _name(written(tmp_path / "b", {"logs.json": logs})) == "mailgun"
    assert _name(written(tmp_path / "c", {"other.json": '{"reports": 1}'})) is None


def test_a_zip_in_a_zip_is_opened(tmp_path: Path) -> None:
    inner = zipped(
        tmp_path / "members_export_a1.zip", {"subscribed_members_export_a1.csv": MAILCHIMP_MEMBERS}
    )
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, inner.name)
    assert _name(outer) == "mailchimp"


def test_a_zip_that_looks_malicious_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("campaigns.csv", b"a" * 2**26)
    with pytest.raises(BadUpload, match="too large"):
        recognition.recognise(bomb)


def test_an_uploaded_export_is_imported_and_a_bundle_loaded(tmp_path: Path) -> None:
    database = tmp_path / "m.duckdb"
    export = written(tmp_path / "export", MAILCHIMP_EXPORT)
    summary = uploaded.load(database, export, names="export.zip")
    assert {kind.kind: kind.new for kind in summary.kinds} == {
        "campaigns": 2,
        "customers": 5,
        "messages": 5,
        "events": 8,
        "totals": 2,
    }
    assert not uploaded.load(database, export, names="export (1).zip").changed
    with Warehouse(database).snapshot() as data:
        [counts] = [
            Counts.of(row)
            for row in data.rows("campaign_counts", campaign_id="mailchimp-17671f6028")
            if row["audience"] == "all"
        ]
    assert (counts.sent, counts.delivered, counts.opened, counts.clicked, counts.opted_out) == (6, 4, 2, 1, 2)
    bundle = written(tmp_path / "bundle", {"campaigns.csv": BUNDLES["campaigns.csv"]})
    assert uploaded.load(database, bundle, names="campaigns.csv").kinds[0].new == 1


def _name(path: Path) -> str | None:
    known = recognition.recognise(path)
    return known.name if known else None


BREVO = "st_text,ts,sub,frm,email,tag,mid,link\n{},{},Łódź – żółty,b,c@d.example,t,m,NA\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"x.csv": BREVO.format("Sent", "14-04-2026 10:00:00")}, (True, None)),
        ({"x.csv": BREVO.format("Sent", "2026-04-14T10:00:00Z")}, (False, None)),
        ({"x.csv": BREVO.format("Wysłano", "NA").encode("cp1250")}, (False, "cp1250")),
        (MAILCHIMP_EXPORT, (True, None)),
    ],
    ids=["brevo", "zoned", "polish", "mailchimp"],
)
def test_what_an_export_does_not_tell_is_known(
    files: dict[str, str | bytes], expected: tuple[bool, str | None], tmp_path: Path
) -> None:
    export = recognition.export_at(written(tmp_path / "export", files))
    assert export
    assert (export.lacks_zone, export.encoding) == expected
    assert recognition.export_at(written(tmp_path / "other", {"x.csv": "a,b\n1,2\n"})) is None


def test_the_times_of_an_uploaded_export_are_in_the_zone_that_was_chosen(tmp_path: Path) -> None:
    export = written(tmp_path / "export", {"x.csv": BREVO.format("Sent", "14-04-2026 10:00:00")})
    summary = uploaded.load(
        tmp_path / "m.duckdb", export, names="x.csv", options={"timezone": "Europe/Brussels"}
    )
    assert summary.notes == ()
    [event] = table(tmp_path / "m.duckdb", "events", "occurred_at")
    assert event["occurred_at"].hour == 8
    summary = uploaded.load(tmp_path / "n.duckdb", export, names="x.csv")
    assert summary.notes == ("x.csv has times that name no time zone. They were read as UTC.",)


def test_uploaded_mails_are_an_archive_unless_they_come_with_tables(tmp_path: Path) -> None:
    database = tmp_path / "m.duckdb"
    rows = "campaign_id,customer_id,email,sent_at\nspring,1,ann@mail.example,2026-04-14T09:00:00Z\n"
    files = {"messages.csv": rows.encode(), "a.html": b"<p>"}
    uploaded.load(database, written(tmp_path / "bundle", files), names="bundle.zip")
    saved = uploads.save(
        [UploadedFile("a.eml", raw_mail(Message_ID="<1>", X_Campaign="spring"))], tmp_path / "one"
    )
    [mail] = uploaded.load(database, saved, names="a.eml").kinds
    assert (mail.kind, mail.rows, mail.new) == ("e-mails", 1, 1)
    with zipfile.ZipFile(tmp_path / "box.zip", "w") as archive:
        archive.writestr(
            "messages.mbox", mailbox(raw_mail(X_Campaign="spring"), raw_mail("zoe@mail.example"))
        )
    [mail] = uploaded.load(database, tmp_path / "box.zip", names="box.zip").kinds
    assert (mail.rows, mail.changed, mail.refused) == (2, 1, 1)
    assert uploaded.inspected(tmp_path / "box.zip", database) is None
    with_table = written(tmp_path / "both", {**files, "a.eml": raw_mail()})
    assert uploaded.load(database, with_table, names="both").kinds[0].kind == "campaigns"
    with Warehouse(database).snapshot() as data:
        loads = data_reports.data(data).loads
    assert [load.files for load in loads if load.source == "archive"] == [["box.zip"], ["a.eml"]]


def test_a_file_that_cannot_be_read_does_not_keep_others_from_being_recognised(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "campaigns.csv").write_text(MAILCHIMP_CAMPAIGNS)
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 and nothing else")
    with xlsxwriter.Workbook(folder / "far.xlsx") as workbook:
        # A cell so far from the others that the cells in between need more memory than there is.
        workbook.add_worksheet("far").write(1_048_575, 16_383, "x")
        workbook.worksheets()[0].write(0, 0, "campaign_id")
    source = recognition.recognise(folder)
    assert source is not None
    assert source.name == "mailchimp"

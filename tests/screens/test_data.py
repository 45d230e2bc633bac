"""The Data page, without a browser: its counts, searches and exports, and who may upload."""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mailsight.charts import events
from mailsight.components import tables
from mailsight.errors import ImportFailed, LoadRunning, MayNotUpload
from mailsight.exports import rows as export_rows
from mailsight.exports import writers
from mailsight.importing import engine
from mailsight.importing.schedule import Importer, Job
from mailsight.importing.sources import Rows, Source
from mailsight.loading import bundles, spool
from mailsight.loading.spool import Spool
from mailsight.reports import campaign, data
from mailsight.reports.data import OTHERS, Load, ProviderEvents
from mailsight.screens import upload
from mailsight.screens.data import kept
from mailsight.screens.dialogs import explained
from mailsight.vocabulary import Audience, EventType, Role
from mailsight.warehouse.draft import draft
from mailsight.warehouse.reader import Warehouse
from mailsight.web import configuration, parameters
from tests.support.exported import MAILCHIMP_EXPORT
from tests.support.exports import zipped
from tests.support.pages import show, words
from tests.support.provider_events import BOUNCED, CLICKED, EVENTS, HUGE, NOON, OPENED, event
from tests.support.providers.registry import SAMPLES
from tests.support.uploaded import CAMPAIGNS, UploadedFile
from tests.support.visitors import become
from tests.support.waiting import PATIENCE_SECONDS


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign, events with and without a provider (three of them unmatched), and two rejected rows."""
    folder = tmp_path_factory.mktemp("mixed")
    lines = [json.dumps(row) for row in EVENTS] + ['{"type": "<b>oops</b>"}', HUGE]
    (folder / "bundle").mkdir()
    (folder / "bundle" / "campaigns.csv").write_text("campaign_id,name\nspring,Spring\n")
    (folder / "bundle" / "events-april.ndjson").write_text("\n".join(lines))
    bundles.load(folder / "mailsight.duckdb", [folder / "bundle"])
    return folder / "mailsight.duckdb"


def test_the_data_report_has_counts_events_and_loads(mixed: Path) -> None:
    report = data.data(Warehouse(mixed).snapshot())
    assert report.rows == {"campaigns": 1, "customers": 0, "messages": 2, "events": 5}
    assert report.providers == [
        ProviderEvents("sendgrid", {OPENED: 2, CLICKED: 1}),
        ProviderEvents("", {CLICKED: 1}),
        ProviderEvents("postmark", {BOUNCED: 1}),
    ]
    assert report.latest == {
        OPENED: NOON + timedelta(minutes=3),
        CLICKED: NOON + timedelta(minutes=5),
        BOUNCED: NOON + timedelta(minutes=4),
    }
    assert (report.unattributed, report.refused) == (3, 2)
    [loaded] = report.loads
    assert loaded == Load(
        loaded_at=loaded.loaded_at,
        source="bundle",
        files=["campaigns.csv", "events-april.ndjson"],
        file_count=2,
        kinds={"campaigns": 1, "events": 7},
        rows=8,
        new=6,
        changed=0,
        refused=2,
    )
    assert (loaded.known, datetime.now(UTC) - loaded.loaded_at < timedelta(hours=1)) == (0, True)


def test_many_small_providers_are_shown_as_one(tmp_path: Path) -> None:
    names = [f"p{number:02}" for number in range(data.MAX_PROVIDERS + 1)]
    lines = [json.dumps(event(number, OPENED, name)) for number, name in enumerate(names)]
    (tmp_path / "events.ndjson").write_text("\n".join(lines))
    bundles.load(tmp_path / "mailsight.duckdb", [tmp_path / "events.ndjson"])
    providers = data.data(Warehouse(tmp_path / "mailsight.duckdb").snapshot()).providers
    assert [shown.provider for shown in providers] == [*names[: data.MAX_PROVIDERS - 1], OTHERS]
    assert sum(shown.events for shown in providers) == len(names)


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", ["e5", "e4", "e3"]),
        (" PERSON4@mail ", ["e4"]),
        ("abc@", ["e3"]),
        ("Clicked", ["e5"]),
        ("bounced", ["e4"]),
        ("%", []),
    ],
)
def test_unmatched_events_can_be_searched(mixed: Path, search: str, expected: list[str]) -> None:
    # The minute identifies the event.
    result = data.unattributed(Warehouse(mixed).snapshot(), search)
    assert [f"e{at.minute}" for at in result.rows["occurred_at"]] == expected
    assert result.total == len(expected)


def test_only_the_latest_unmatched_events_are_shown_but_all_are_exported(mixed: Path) -> None:
    shown = data.unattributed(Warehouse(mixed).snapshot(), limit=2)
    assert (len(shown.rows), shown.total) == (2, 3)
    assert kept.footer(shown, "event") == "Latest 2 of 3 events. The export includes all."
    exported = writers.as_csv(export_rows.unattributed(Warehouse(mixed).snapshot())).decode("utf-8-sig")
    assert [row[3] for row in csv.reader(exported.splitlines())] == [
        "recipient",
        "'=cmd()|calc",
        "Person4@mail.example",
        "Person3@mail.example",
    ]


@pytest.mark.parametrize(
    ("search", "total"), [("", 2), ("APRIL", 2), ("not json", 1), ("march", 0), ("%", 0)]
)
def test_rejected_rows_can_be_searched(mixed: Path, search: str, total: int) -> None:
    result = data.refused(Warehouse(mixed).snapshot(), search)
    assert (len(result.rows), result.total) == (total, total)


def test_a_rejected_row_is_cut_off_on_the_screen_but_complete_in_the_export(mixed: Path) -> None:
    shown = data.refused(Warehouse(mixed).snapshot()).rows
    assert shown["row"].str.len().max() == data.MAX_ROW_LENGTH + 1
    assert f"'{HUGE}" in writers.as_csv(export_rows.refused(Warehouse(mixed).snapshot())).decode()


def test_the_data_page_has_its_sections_in_order(use: Callable[[Path], Warehouse], mixed: Path) -> None:
    use(mixed)
    at = show("data")
    text = words(at)
    assert [title.value for title in at.title] == ["Data"]
    assert [heading.value for heading in at.header] == [
        "Live webhooks",
        "Loads",
        "Events by provider",
        "Unmatched and rejected data",
        "Disk space",
    ]
    assert [tab.label for tab in at.tabs] == ["Unmatched events · 3", "Rejected rows · 2"]
    assert {metric.label: metric.value for metric in at.metric} == {
        "Campaigns": "1",
        "Customers": "0",
        "Messages": "2",
        "Events": "5",
    }
    assert "No provider is set up" in text
    assert "No backup has been made yet." in text
    assert not {"None", "nan", "NaT", "null"} & set(text.split())


@pytest.mark.parametrize(
    ("tab", "search", "says"),
    [
        ("Unmatched events · 3", "person4", "1 event"),
        ("Unmatched events · 3", "nobody", "0 events"),
        ("Rejected rows · 2", "not json", "1 row"),
    ],
)
def test_a_search_narrows_the_rows(
    use: Callable[[Path], Warehouse], mixed: Path, tab: str, search: str, says: str
) -> None:
    use(mixed)
    at = show("data", tab=parameters.slug(tab.split(" · ", maxsplit=1)[0]))
    at.text_input[0].set_value(search).run()
    assert says in words(at).splitlines()


def test_an_empty_data_page_shows_how_to_load_data(use: Callable[[Path], Warehouse], tmp_path: Path) -> None:
    use(tmp_path / "nothing.duckdb")
    at = show("data")
    assert [title.value for title in at.title] == ["Data"]
    assert "No data has been loaded yet." in words(at)
    assert [button.label for button in at.button] == ["Upload"]


@pytest.fixture
def sendgrid(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sets up SendGrid's webhook."""
    monkeypatch.setenv("MAILSIGHT_WEBHOOK_SENDGRID_BASIC_AUTH", "user:secret-password")
    monkeypatch.setenv("MAILSIGHT_PUBLIC_URL", "https://mailsight.example")
    configuration.started.cache_clear()
    yield
    configuration.started.cache_clear()


@pytest.fixture
def waiting(sendgrid: None, use: Callable[[Path], Warehouse], tmp_path: Path) -> Spool:  # noqa: ARG001
    """The spool of a dashboard that takes webhooks and has no data yet."""
    use(tmp_path / "mailsight.duckdb")
    return spool.beside(tmp_path / "mailsight.duckdb")


def test_live_webhooks_show_waiting_requests_and_the_last_error(waiting: Spool) -> None:
    assert "All received events have been loaded." in words(show("data"))
    waiting.append("sendgrid", "[]", received_at=datetime.now(UTC) - timedelta(minutes=5))
    waiting.note_error("The disk is *full*.")
    assert waiting.state().requests == 1
    at = show("data")
    text = words(at)
    assert "1 request (" in text
    assert "the oldest received 5\N{NO-BREAK SPACE}min ago" in text
    [warning] = at.warning
    assert "The disk is \\*full\\*." in warning.value
    assert "No events are lost" in text
    assert "secret-password" not in text


def test_requests_that_were_set_aside_do_not_count_as_loaded(waiting: Spool) -> None:
    waiting.append("sendgrid", "[]")
    [segment] = waiting.seal()
    waiting.set_aside(segment, "*Odd*.")
    at = show("data")
    [warning] = at.warning
    assert warning.value.startswith("**1 request could not be loaded and was set aside.**")
    assert "\\*Odd\\*." in warning.value
    assert "All received events have been loaded." not in words(at)


def test_untrusted_names_are_shown_literally_in_the_chart() -> None:
    figure = events.chart([("<a href='x'>b</a>\u202e", {OPENED: 3, BOUNCED: 1}), ("b", {OPENED: 1})])
    assert (
        figure.layout.annotations[0].text == "<b>&lt;a href=&#x27;x&#x27;&gt;b&lt;/a&gt;\\x202e</b>  4 events"
    )
    assert [list(part.x) for part in figure.data] == [[0.75, 1.0], [0.25, 0.0]]


@pytest.mark.parametrize("kind", EventType)
def test_every_event_type_has_its_own_colour_in_the_chart(kind: EventType) -> None:
    [bar] = events.chart([("p", {kind: 1})]).data
    assert (bar.name, bar.marker.color) == (kind.label, kind.colour)
    assert len({event_type.colour for event_type in EventType}) == len(EventType)


def test_people_without_permission_see_no_button_and_cannot_upload(
    use: Callable[[Path], Warehouse], mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(mixed)
    assert [button.label for button in show("data").button] == ["Upload"]
    become(monkeypatch, Role.ANALYST)
    assert not show("data").button
    with pytest.raises(MayNotUpload):
        upload.load_bundle([UploadedFile("campaigns.csv", CAMPAIGNS)])
    with pytest.raises(MayNotUpload):
        upload.load_provider_files("sendgrid", [UploadedFile("events.json", b"[]")])


def test_the_button_opens_the_dialog(use: Callable[[Path], Warehouse], mixed: Path) -> None:
    use(mixed)
    at = show("data")
    at.button[0].click().run()
    assert not at.exception
    assert [button.label for button in at.button] == ["Upload", "Load"]
    assert [uploader.label for uploader in at.file_uploader]
    assert "An export from Mailchimp" in words(at)


def test_an_upload_waits_for_another_load_and_then_says_so(
    use: Callable[[Path], Warehouse], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "mailsight.duckdb"
    use(database)
    monkeypatch.setattr(upload, "WAIT_SECONDS", 0.2)
    with draft(database) as work:
        loading = upload.load_bundle([UploadedFile("campaigns.csv", CAMPAIGNS)])
        with pytest.raises(LoadRunning):
            loading.ended.result(PATIENCE_SECONDS)
        work.discard()


def test_an_upload_shows_its_result(use: Callable[[Path], Warehouse], tmp_path: Path) -> None:
    use(tmp_path / "mailsight.duckdb")

    def show_result(files: list[tuple[str, bytes]]) -> AppTest:
        def page(files: list[tuple[str, bytes]]) -> None:
            from mailsight.screens import upload
            from tests.support.uploaded import UploadedFile

            sent = [UploadedFile(*file) for file in files]
            upload.show_outcome(upload.watch(lambda: upload.load_bundle(sent)))

        return AppTest.from_function(page, args=(files,), default_timeout=PATIENCE_SECONDS).run()

    rows = b"campaign_id,name\nspring,Spring\n,*none*\n"
    at = show_result([("campaigns.csv", rows)])
    assert [message.value.split(".")[0] for message in at.success] == ["Upload complete"]
    assert "1 row rejected" in words(at)
    assert [message.value.split(".")[0] for message in show_result([("campaigns.csv", rows)]).info] == [
        "Everything in this upload was already loaded"
    ]
    [partial] = (at := show_result([("campaigns.csv", rows), ("*orders*.csv", b"a,b\n")])).warning
    assert (partial.value, len(at.success)) == ("1 file in this upload could not be loaded.", 0)
    assert "upload these files again" in words(at)
    export = zipped(tmp_path / "export.zip", MAILCHIMP_EXPORT, "acme/46727/").read_bytes()
    at = show_result([("export.zip", export)])
    assert [message.value.split(".")[0] for message in at.success] == ["Upload complete"]
    [rejected] = show_result([("*.zip", b"no")]).warning
    assert rejected.value.startswith("**Nothing was loaded.** '\\*.zip' is not a readable zip")


@pytest.mark.parametrize(
    ("files", "chosen", "hint"),
    [
        ([SAMPLES["sendgrid"].delivery], "sendgrid", "Recognised as SendGrid"),
        ([{"hello": "world"}], None, "could not be recognised"),
        ([SAMPLES["sendgrid"].delivery, SAMPLES["postmark"].delivery], None, "SendGrid and Postmark"),
    ],
)
def test_the_upload_recognises_the_provider(files: list[object], chosen: str | None, hint: str) -> None:
    def script(contents: list[str]) -> None:
        import streamlit as st

        from mailsight.screens import upload
        from tests.support.uploaded import UploadedFile

        files = [UploadedFile("events.json", content.encode()) for content in contents]
        st.text(f"chosen: {upload.choose_provider(files, 'key')}")

    contents = [json.dumps(file) for file in files]
    app = AppTest.from_function(script, args=(contents,)).run()
    assert [text.value for text in app.text] == [f"chosen: {chosen}"]
    assert hint in app.caption[0].value
    app.selectbox[0].select("brevo").run()
    assert [text.value for text in app.text] == ["chosen: brevo"]


def test_imports_are_listed_with_what_they_cannot_tell_and_why_the_last_one_failed(
    tmp_path: Path, use: Callable[[Path], Warehouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "mailsight.duckdb"
    rows = [Rows("campaigns", "campaigns", [{"campaign_id": "listmonk-1", "name": "Spring"}])]
    yields = Source("listmonk", "listmonk", "", (), lambda _: iter(rows))
    engine.run(database, yields, "postgresql://ann:hush@db.example/news")
    jobs = (
        Job("news", "listmonk", "postgresql://ann:hush@db.example/news"),
        Job("daily", "keila", "postgresql://ann:hush@db.example/keila"),
    )
    Importer(
        database, jobs, run=lambda _: raise_(ImportFailed("No PostgreSQL answers at db.example."))
    ).step()
    monkeypatch.setattr(configuration, "current", lambda: configuration.Configuration(imports=jobs))
    use(database)
    drawn: list[str] = []
    table = tables.table

    def noted(columns: Any, rows: Any, **more: Any) -> Any:
        drawn.append(repr(rows))
        return table(columns, rows, **more)

    monkeypatch.setattr(tables, "table", noted)
    at = show("data")
    assert "Imports" in words(at)
    shown = " ".join([*drawn, *(warning.value for warning in at.warning)])
    for text in (
        "postgresql://db.example/news",
        "postgresql://db.example/keila",
        "Keila keeps the first open",
        "listmonk doesn't keep whom it mailed",
        "The import of news failed",
        "No PostgreSQL answers at db.example",
        "not yet",
    ):
        assert text in shown
    assert "hush" not in shown
    report = campaign.report(Warehouse(database).snapshot(), "listmonk-1", Audience.ALL)
    assert "listmonk doesn't keep whom it mailed" in explained.in_short(report, "sent")[-1]
    assert "individual tracking" in explained.in_short(report, "cor")[-1]


def raise_(error: Exception) -> None:
    raise error


@pytest.mark.parametrize("is_loaded", [True, False])
def test_a_disk_that_is_nearly_full_is_a_warning(
    use: Callable[[Path], Warehouse],
    mixed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_loaded: bool,
) -> None:
    use(mixed if is_loaded else tmp_path / "none.duckdb")
    assert not show("data").warning
    free = SimpleNamespace(free=150_000_000)
    monkeypatch.setattr("mailsight.loading.health.shutil", SimpleNamespace(disk_usage=lambda _: free))
    [warning] = show("data").warning
    assert "The disk is nearly full: 150.0 MB are free, and the next load needs" in warning.value.replace(
        "\xa0", " "
    )

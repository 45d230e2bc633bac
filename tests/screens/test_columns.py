"""The choice of an unknown table's columns in the Upload dialog, without a browser."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mailsight.importing.columns import csv
from mailsight.importing.columns.fields import Kind
from mailsight.importing.recognition import Export
from mailsight.screens.dialogs import columns
from tests.support.waiting import PATIENCE_SECONDS

LOG = """Kampagne;E-Mail;Ereignis;Zeitpunkt;Notiz
Frühling;ann@example.com;Geöffnet;03/04/2026 09:10;x
Frühling;bob@example.com;Zerknüllt;04/04/2026 09:10;*bold*
"""
PEOPLE = "E-Mail;Gesendet;Geöffnet\nann@example.com;ja;ja\nbob@example.com;nein;\n"


def shown(folder: Path, text: str) -> AppTest:
    (folder / "log.csv").write_text(text)
    suggestion = csv.suggest(folder / "log.csv", folder / "m.duckdb")

    def script(suggestion) -> None:  # type: ignore[no-untyped-def]  # runs where nothing is imported
        import streamlit as st

        from mailsight.importing.columns import mapping
        from mailsight.screens.dialogs import columns

        chosen = columns.choose(suggestion, "key")
        st.code(mapping.to_toml(chosen) if chosen else "incomplete")

    return AppTest.from_function(script, args=(suggestion,), default_timeout=PATIENCE_SECONDS).run()


def labels(app: AppTest) -> dict[str, str | None]:
    """What is chosen, by label. Invisible characters keep texts from strangers in their own direction."""
    return {plain(box.label): box.value for box in app.selectbox}


def plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).replace("\\", "")


def test_what_is_suggested_is_shown_and_what_is_unclear_is_asked(tmp_path: Path) -> None:
    app = shown(tmp_path, LOG)
    assert not app.exception
    chosen = labels(app)
    assert chosen["One row is"] == "events"
    assert {name: chosen[name] for name in ("Kampagne", "E-Mail", "Ereignis", "Zeitpunkt", "Notiz")} == {
        "Kampagne": "campaign_name",
        "E-Mail": "email",
        "Ereignis": "type",
        "Zeitpunkt": "occurred_at",
        "Notiz": "",
    }
    assert (chosen["Zerknüllt means"], chosen["Geöffnet means"]) == (None, "opened")
    assert [plain(radio.label) for radio in app.radio] == ["Dates in Zeitpunkt begin with"]
    assert app.code[0].value == "incomplete"
    assert len(app.info) == 2

    app.radio[0].set_value("month first").run()
    next(box for box in app.selectbox if plain(box.label) == "Zerknüllt means").select("ignore").run()
    assert not app.info
    toml = app.code[0].value
    assert '"Zeitpunkt" = { field = "occurred_at", dates = "month first" }' in toml
    assert '"Zerknüllt" = "ignore"' in toml


def test_times_are_in_the_viewers_zone_unless_they_say_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "_own_zone", lambda: ["Europe/Brussels"])
    assert labels(shown(tmp_path, LOG))["Time zone"] == "Europe/Brussels"


def test_another_kind_of_row_has_other_fields(tmp_path: Path) -> None:
    app = shown(tmp_path, LOG)
    app.selectbox[0].select(Kind.CUSTOMERS).run()
    assert not app.exception
    assert (labels(app)["Zeitpunkt"], labels(app)["Notiz"]) == ("created_at", "attribute")
    app.radio[0].set_value("day first").run()
    assert 'kind = "customers"' in app.code[0].value


def test_what_no_column_says_is_asked_once_for_all_rows(tmp_path: Path) -> None:
    app = shown(tmp_path, PEOPLE)
    assert labels(app)["One row is"] == "people"
    assert [box.value for box in app.text_input] == ["log"]
    assert app.code[0].value == "incomplete"
    app.text_input[0].set_value("").run()
    assert len(app.info) == 2
    app.selectbox[1].select("campaign_name").run()
    assert not app.text_input


@pytest.mark.parametrize(
    ("files", "is_asked"),
    [
        ({"log.csv": LOG}, True),
        ({"april.csv": LOG, "mai.csv": LOG.replace("Frühling", "Mai")}, True),
        ({"april.csv": LOG, "people.csv": PEOPLE}, False),
        ({"campaigns.csv": "Campaign ID;Name\n1;Spring\n"}, False),
        ({"events.csv": LOG}, True),
        ({"log.csv": LOG, "spring.html": "<p>Hello</p>"}, False),
        ({"log.json": '[{"a": 1}]'}, False),
        ({"log.json": '[{"who": "ann@example.com", "what": "opened"}]'}, True),
        (
            {"log.json": '[{"email": "a@b.example", "event": "open", "sg_event_id": "1", "timestamp": 1}]'},
            False,
        ),
        ({"log.csv": ""}, False),
    ],
)
def test_only_tables_that_nothing_else_can_read_are_asked_about(
    tmp_path: Path, files: dict[str, str], is_asked: bool
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    suggestion = csv.suggest_unknown(tmp_path, tmp_path / "m.duckdb")
    assert (suggestion is not None) is is_asked


def test_files_are_looked_at_once_and_can_be_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILSIGHT_DATABASE", str(tmp_path / "m.duckdb"))

    def script(text: str) -> None:
        import streamlit as st

        from mailsight.importing.columns.csv import Suggestion
        from mailsight.screens.dialogs import columns
        from tests.support.uploaded import UploadedFile

        file = UploadedFile("log.csv", text.encode())
        suggestion = columns.inspected([file], "key")
        assert isinstance(suggestion, Suggestion)
        st.text(f"{suggestion.table} {file.tell()}")

    app = AppTest.from_function(script, args=(LOG,), default_timeout=PATIENCE_SECONDS).run()
    assert [text.value for text in app.text] == ["log.csv 0"]
    monkeypatch.setattr(columns, "child", None)  # a second look would fail
    assert not app.run().exception


def test_the_encoding_can_be_corrected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILSIGHT_DATABASE", str(tmp_path / "m.duckdb"))

    def script(text: str, encoding: str) -> None:
        import streamlit as st

        from mailsight.importing.columns import mapping
        from mailsight.importing.columns.csv import Suggestion
        from mailsight.screens.dialogs import columns
        from tests.support.uploaded import UploadedFile

        suggestion = columns.inspected([UploadedFile("log.csv", text.encode(encoding))], "key")
        assert isinstance(suggestion, Suggestion)
        chosen = columns.choose(suggestion, "key")
        st.code(mapping.to_toml(chosen) if chosen else "incomplete")

    text = "E-Mail;Ereignis;Zeitpunkt für uns;Kampagne\nann@example.com;Geöffnet;14.04.2026 10:00;Frühling\n"
    app = AppTest.from_function(script, args=(text, "cp1252"), default_timeout=PATIENCE_SECONDS).run()
    [box] = [box for box in app.selectbox if box.label == "Letters are encoded as"]
    assert box.value == "cp1252"
    app = box.select("cp1250").run()
    assert not app.exception
    assert labels(app)["Zeitpunkt für uns"] == "occurred_at"
    assert 'encoding = "cp1250"' in app.code[0].value

    app = AppTest.from_function(script, args=(text, "utf-8"), default_timeout=PATIENCE_SECONDS).run()
    assert "Letters are encoded as" not in labels(app)


@pytest.mark.parametrize(
    ("export", "asked"),
    [
        (Export("Mailchimp", lacks_zone=True, encoding=None), {"timezone": "UTC"}),
        (Export("Brevo", lacks_zone=False, encoding="cp1250"), {"encoding": "cp1250"}),
        (Export("SendGrid", lacks_zone=False, encoding=None), {}),
    ],
)
def test_what_an_export_does_not_tell_is_asked(export: Export, asked: dict[str, str]) -> None:
    def script(export) -> None:  # type: ignore[no-untyped-def]  # runs where nothing is imported
        import streamlit as st

        from mailsight.screens.dialogs import columns

        st.json(columns.options(export, "key"))

    app = AppTest.from_function(script, args=(export,), default_timeout=PATIENCE_SECONDS).run()
    assert not app.exception
    assert json.loads(app.json[0].value) == asked
    if "timezone" in asked:
        assert json.loads(app.selectbox[0].select("Europe/Brussels").run().json[0].value) == {
            "timezone": "Europe/Brussels"
        }

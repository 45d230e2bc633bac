"""The command line: output streams and exit status."""

import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mailsight import __main__, __version__, settings
from mailsight.commands import console, dashboard
from mailsight.errors import CantWrite, MailsightError
from mailsight.reports import campaign
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support.campaigns import listed, newest_clicked
from tests.support.command_line import run
from tests.support.small_disk import small_disk
from tests.support.waiting import PATIENCE_SECONDS

CAMPAIGNS = "campaign_id,name\nspring,Spring\n,nobody\n"


def test_report_prints_the_figures_of_the_page(sample_database: Path) -> None:
    warehouse = Warehouse(sample_database)
    for campaign_id in [row.campaign_id for row in listed(warehouse)]:
        status, out, _ = run("report", campaign_id, "--audience", "all", "--database", sample_database)
        figures = campaign.figures(warehouse.snapshot(), campaign_id, Audience.ALL)
        assert (status, json.loads(out)) == (0, json.loads(json.dumps(figures)))


def test_report_has_the_documented_keys(sample_database: Path) -> None:
    campaign_id = listed(sample_database)[-1].campaign_id
    _, out, _ = run("--database", sample_database, "report", campaign_id)
    figures = json.loads(out)
    assert list(figures) == [
        "campaign_id", "name", "subject", "sent_at", "audience", "verdict", "counts", "rates", "not_sent", "status",
        "reported", "differences", "sales", "links", "other_links",
    ]  # fmt: skip
    assert figures["audience"] == "human"
    assert list(figures["rates"]) == ["cor", "cto", "ctr"]
    assert list(figures["status"]) == ["not_received", "received", "opened", "clicked", "opted_out"]
    assert list(figures["links"][0]) == ["link_position", "url", "clicks", "clickers"]


def test_load_lists_rejected_rows_and_exits_with_1(tmp_path: Path) -> None:
    (tmp_path / "campaigns.csv").write_text(CAMPAIGNS)
    status, out, err = run("load", tmp_path, "--database", tmp_path / "m.duckdb")
    assert status == 1
    assert "rejected campaigns.csv:3: no campaign_id" in out
    assert err == ""


def test_load_without_rejected_rows_exits_with_0(tmp_path: Path) -> None:
    (tmp_path / "campaigns.csv").write_text(CAMPAIGNS.replace(",nobody\n", ""))
    assert run("load", tmp_path, "--database", tmp_path / "m.duckdb")[0] == 0
    _, _, err = run("load", tmp_path, "--database", tmp_path / "m.duckdb")
    assert "nothing has changed" in err


def test_load_names_what_it_passed_over_and_exits_with_1(tmp_path: Path) -> None:
    (tmp_path / "campaigns.csv").write_text(CAMPAIGNS.replace(",nobody\n", ""))
    (tmp_path / "events.numbers").write_text("x")
    for _ in range(2):
        status, _, err = run("load", tmp_path, "--database", tmp_path / "m.duckdb")
        assert status == 1
        assert "passed over events.numbers: Mailsight can't read .numbers files." in err


def test_strict_loads_nothing(tmp_path: Path) -> None:
    (tmp_path / "campaigns.csv").write_text(CAMPAIGNS)
    with pytest.raises(MailsightError, match="campaigns\\.csv:3"):
        run("load", tmp_path, "--strict", "--database", tmp_path / "m.duckdb")
    assert not (tmp_path / "m.duckdb").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["load", "bundle", "--database", "file/m.duckdb"],
        ["sample", "--campaigns", "1", "--customers", "20", "--database", "file/m.duckdb"],
        ["sample", "--campaigns", "1", "--customers", "20", "--bundle", "file/bundle"],
        ["heatmap", "--html", "mail.html", "--clicks", "clicks.csv", "-o", "file/out.html"],
    ],
)
def test_a_folder_that_cant_be_written_to_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "campaigns.csv").write_text(CAMPAIGNS)
    (tmp_path / "mail.html").write_text('<a href="https://example.com">A link</a>')
    (tmp_path / "clicks.csv").write_text("url,clicks\nhttps://example.com,1\n")
    (tmp_path / "file").touch()
    with pytest.raises(MailsightError, match="can't be written"):
        run(*arguments)


@pytest.mark.small_disk
@pytest.mark.parametrize("has_something", [False, True])
def test_sample_data_that_does_not_fit_leaves_no_part_of_itself(
    tmp_path: Path, *, has_something: bool
) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        bundle = disk.folder / "bundle"
        if has_something:
            bundle.mkdir()
            (bundle / "mine.txt").write_text("mine")
        with pytest.raises(CantWrite, match="No space left on device"):
            run("sample", "--bundle", bundle)
        assert bundle.exists() is has_something
        assert not has_something or (bundle / "mine.txt").read_text() == "mine"


def test_check_prints_the_loaded_rows(sample_database: Path) -> None:
    status, out, _ = run("check", "--database", sample_database)
    assert status == 0
    assert "customers" in out
    assert "unmatched events: 0" in out


def test_heatmap_of_a_campaign_is_one_file_without_a_script(sample_database: Path, tmp_path: Path) -> None:
    campaign_id = newest_clicked(sample_database)
    assert run("heatmap", campaign_id, "-o", tmp_path / "out.html", "--database", sample_database)[0] == 0
    html = (tmp_path / "out.html").read_text()
    assert 'data-badge="0"' in html
    assert "<script" not in html


def test_an_output_may_be_a_link_or_a_pipe(sample_database: Path, tmp_path: Path) -> None:
    (tmp_path / "target.csv").touch()
    (tmp_path / "link.csv").symlink_to("target.csv")
    assert run("export", "campaigns", "-o", tmp_path / "link.csv", "--database", sample_database)[0] == 0
    assert (tmp_path / "link.csv").is_symlink()
    rows = (tmp_path / "target.csv").read_bytes()
    assert rows.startswith(b"\xef\xbb\xbf")

    os.mkfifo(tmp_path / "pipe.csv")
    with ThreadPoolExecutor() as pool:
        reading = pool.submit((tmp_path / "pipe.csv").read_bytes)
        assert run("export", "campaigns", "-o", tmp_path / "pipe.csv", "--database", sample_database)[0] == 0
        assert reading.result(PATIENCE_SECONDS) == rows
    assert (tmp_path / "pipe.csv").is_fifo()


def test_heatmap_of_any_mail_needs_no_database(tmp_path: Path) -> None:
    (tmp_path / "mail.html").write_text(
        '<a href="https://a.example/">one</a><a href="https://b.example/">two</a>'
    )
    (tmp_path / "clicks.csv").write_text("url,link_position,clicks\nhttps://b.example,,31\n,0,17\n")
    arguments = (
        "--html",
        tmp_path / "mail.html",
        "--clicks",
        tmp_path / "clicks.csv",
        "-o",
        tmp_path / "out.html",
    )
    assert run("heatmap", *arguments)[0] == 0
    html = (tmp_path / "out.html").read_text()
    assert ">31<" in html
    assert ">17<" in html


def drawn(tmp_path: Path, html: str | bytes, clicks: str | bytes, *more: str) -> str:
    """The heatmap of an e-mail with clicks from a file."""
    for name, text in (("mail.html", html), ("clicks.csv", clicks)):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    paths = (
        "--html",
        tmp_path / "mail.html",
        "--clicks",
        tmp_path / "clicks.csv",
        "-o",
        tmp_path / "out.html",
    )
    assert run("heatmap", *paths, *more)[0] == 0
    return (tmp_path / "out.html").read_text()


def test_a_heatmap_of_clicks_from_a_file_shows_them_on_their_links(tmp_path: Path) -> None:
    html = """<meta charset=windows-1252><div style="display:none"><a href="https://a.example/">hidden</a></div>
    <a href="https://a.example/">caf\xe9</a> <a href="https://a.example/">two</a>
    <a href="https://b.example/">b</a>""".encode("cp1252")
    clicks = "url,link_position,clicks,clickers\nhttps://a.example,,30,20\nhttps://b.example/caf\xe9,,5,4\n,3,15,9\n"
    text = drawn(tmp_path, html, clicks.encode("cp1252"))
    badges = re.findall(r'data-badge="(\d+)".*?>(\d+)</mailsight-badge>', text)
    assert badges == [("0", "0"), ("1", "30"), ("2", "0"), ("3", "15")]
    assert "<title>Clicks: mail</title>" in text
    assert "50 clicks by 33 customers, 5 of them on other links" in text
    assert "caf\xe9" in text


def test_a_heatmap_from_a_file_can_show_shares(tmp_path: Path) -> None:
    html, clicks = (
        '<a href="https://a.example/">a</a>',
        "url,clicks\nhttps://a.example/,30\nhttps://c.example/,10\n",
    )
    text = drawn(tmp_path, html, clicks, "--show", "share")
    assert ">75.0%<" in text
    assert "40 clicks, 10 of them on other links" in text


@pytest.mark.parametrize("row", ["x,,many", "x,,-3", "x,first,3"])
def test_a_bad_row_in_a_file_of_clicks_is_named(tmp_path: Path, row: str) -> None:
    (tmp_path / "mail.html").write_text("<p>")
    (tmp_path / "clicks.csv").write_text(f"url,link_position,clicks\n{row}\n")
    rest = ("--clicks", tmp_path / "clicks.csv", "-o", tmp_path / "out.html")
    with pytest.raises(MailsightError, match=re.escape("clicks.csv:2: ")):
        run("heatmap", "--html", tmp_path / "mail.html", *rest)
    assert run("heatmap", "--html", tmp_path / "missing.html", *rest)[0] == 2


@pytest.mark.parametrize(
    ("exists", "options", "creates_sample"),
    [(False, [], False), (False, ["--sample"], True), (True, ["--sample"], False)],
)
def test_run_starts_the_dashboard_on_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool, options: list[str], creates_sample: bool
) -> None:
    class Replaced(Exception):
        """Raised in place of replacing the test process."""

    def execute(program: str, command: list[str]) -> None:
        raise Replaced([program, *command], os.environ["MAILSIGHT_DATABASE"])

    monkeypatch.setattr(os, "execv", execute)
    monkeypatch.setenv("MAILSIGHT_DATABASE", "elsewhere.duckdb")
    samples: list[Path] = []
    monkeypatch.setattr(dashboard, "sample_", lambda _, database: samples.append(database))
    database = tmp_path / "m.duckdb"
    if exists:
        database.touch()

    arguments = ["--database", str(database), "run", *options, "--server.port", "8080"]
    with pytest.raises(Replaced) as replaced:
        CliRunner().invoke(console.app, arguments, catch_exceptions=False)

    app = str(settings.PROJECT / "app.py")
    command = [sys.executable, "-m", "streamlit", "run", app, "--server.port", "8080"]
    assert replaced.value.args == ([sys.executable, *command], str(database))
    assert samples == ([database] if creates_sample else [])


def test_the_version_is_printed() -> None:
    assert run("--version") == (0, f"mailsight {__version__}\n", "")


def test_wrong_usage_exits_with_2(tmp_path: Path) -> None:
    assert run("report")[0] == 2
    assert run("heatmap", "-o", tmp_path / "out.html")[0] == 2
    assert run("explode")[0] == 2


def test_an_error_is_printed_in_one_line(
    sample_database: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["mailsight", "report", "nowhere", "--database", str(sample_database)])
    with pytest.raises(SystemExit) as stop:
        __main__.run()
    assert stop.value.code == 1
    assert "There is no campaign 'nowhere'. Check the link" in capsys.readouterr().err.replace("\n", " ")

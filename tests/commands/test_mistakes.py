"""Every mistake of a person or machine ends in a sentence and an exit status, never in a traceback."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from mailsight import __main__
from mailsight.commands import dashboard
from mailsight.errors import BadAddress, BadSetting, PortTaken
from tests.support.campaigns import newest_sent
from tests.support.exported import MAILCHIMP_EXPORT
from tests.support.exports import zipped
from tests.support.sockets import bound
from tests.support.waiting import PATIENCE_SECONDS, until
from tooling.servers import PROJECT

LONG = "x" * 5_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a file, a folder and a binary file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\0" * 100)
    (tmp_path / "campaigns.csv").write_text("x" * 300)
    return tmp_path


Ended = Callable[..., tuple[int, str]]


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ended:
    """A function that runs a command in this process and returns its exit status and output."""

    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["mailsight", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            __main__.run()
        printed = capsys.readouterr()
        # Error boxes break lines.
        return int(stop.value.code or 0), "".join((printed.out + printed.err).replace("│", "").split())

    return run


def started(
    *arguments: object, environment: Mapping[str, str] | None = None, stdout: int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    """A command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "mailsight", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(PROJECT)} | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def finished(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """The exit status and output of a process."""
    try:
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    text = ((out or b"") + err).decode(errors="backslashreplace")
    assert "Traceback" not in text, text
    return process.returncode, text


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("command", "status", "sentence"),
    [
        (["check", "--database", "missing"], 1, "No campaigns yet"),
        (["check", "--database", "folder"], 1, "can't be read"),
        (["check", "--database", "file"], 1, "can't be read"),
        (["check", "--database", "file/m.duckdb"], 1, "Not a directory"),
        (["check", "--database", LONG], 1, "File name too long"),
        (["load", "missing", "--database", "m.duckdb"], 1, "does not exist"),
        (["load", "folder", "--database", "m.duckdb"], 1, "nothing that can be loaded"),
        (["load", "campaigns.csv", "--database", "m.duckdb"], 1, "campaigns.csv has a column name of 300 characters"),
        (["load", LONG, "--database", "m.duckdb"], 1, "File name too long"),
        (["load"], 2, "Missing argument"),
        (["ingest", "--provider", "sendgird", "file", "--database", "m.duckdb"], 2, "There is no provider 'sendgird'"),
        (["ingest", "--provider", "sendgrid", "folder", "--database", "m.duckdb"], 1, "contains no JSON files"),
        (["normalize", "--provider", "sendgrid", "missing"], 1, "does not exist"),
        (["normalize", "--provider", "sendgrid", "binary.json"], 1, "not JSON"),
        (["export", "campaigns", "-o", "x.txt", "--database", "DATABASE"], 2, "must end in .csv, .xlsx or .parquet"),
        (["export", "customers", "-o", "x.csv", "--database", "DATABASE"], 2, "needs a campaign"),
        (["export", "campaigns", "spring", "-o", "x.csv", "--database", "DATABASE"], 2, "takes no id"),
        (["export", "everything", "-o", "x.csv"], 2, "everything"),
        (["export", "customers", "кампания", "-o", "x.csv", "--database", "DATABASE"], 1, "There is no campaign"),
        (["export", "campaigns", "-o", "missing/x.csv", "--database", "DATABASE"], 1, "can't be written"),
        (["export", "campaigns", "-o", f"{LONG}.csv", "--database", "DATABASE"], 1, "File name too long"),
        (["report", "spring", "-o", "x.csv", "--database", "DATABASE"], 2, "must end in .html or .pdf"),
        (["report", LONG, "--database", "DATABASE"], 1, "There is no campaign"),
        (["sample", "--campaigns", "0"], 2, "--campaigns"),
        (["run", "--server.port", "x"], 1, "The port is 'x'"),
        (["run", "--server.port=99999"], 1, "The port is '99999'"),
        (["run", "--server.address", "192.0.2.1", "--server.port", "8999"], 1, "can't listen"),
        (["run", "--server.address", "nowhere.invalid", "--server.port", "8999"], 1, "can't listen"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "",
)  # fmt: skip
def test_a_mistake_is_a_sentence(
    ended: Ended, sample_database: Path, command: list[str], status: int, sentence: str
) -> None:
    words = [str(sample_database) if word == "DATABASE" else word for word in command]
    code, text = ended(*words)
    assert (code, sentence.replace(" ", "") in text) == (status, True), text


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("MAILSIGHT_DATABSE", "x", "Did you mean MAILSIGHT_DATABASE?"),
        ("MAILSIGHT_LOAD_WAIT_SECONDS", "soon", "not a number of seconds"),
        ("MAILSIGHT_PUBLIC_URL", "mailsight.example", "must start with https://"),
        ("MAILSIGHT_HOSTS", "https://a.example", "must list host names"),
        ("MAILSIGHT_LOG_LEVEL", "loud", "must be one of"),
    ],
)
@pytest.mark.parametrize("command", [["check"], ["run", "--server.port", "8999"]], ids=["check", "run"])
def test_a_bad_setting_stops_every_command(
    ended: Ended,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    variable: str,
    value: str,
    sentence: str,
) -> None:
    monkeypatch.setenv(variable, value)
    code, text = ended(*command)
    assert (code, sentence.replace(" ", "") in text) == (1, True), text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("MAILSIGHT_WEBHOOK_SENDGIRD_BASIC_AUTH", "a:b", "Did you mean sendgrid_basic_auth?"),
        ("MAILSIGHT_MACHINES", "missing", "can't be read"),
    ],
)
def test_a_bad_setting_stops_the_server(tmp_path: Path, variable: str, value: str, sentence: str) -> None:
    environment = {variable: value, "MAILSIGHT_DATABASE": str(tmp_path / "m.duckdb")}
    code, text = finished(
        started("run", "--server.port=0", "--server.headless=true", environment=environment)
    )
    assert (code, sentence in text) == (1, True), text


@pytest.mark.slow
@pytest.mark.parametrize("environment", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}], ids=str)
def test_any_terminal_can_show_the_output(sample_database: Path, environment: Mapping[str, str]) -> None:
    command = ("report", "кампания", "--database", sample_database)
    code, text = finished(started(*command, environment=environment))
    assert (code, "There is no campaign" in text) == (1, True), text


@pytest.mark.slow
def test_output_that_nobody_reads_is_no_traceback(sample_database: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        command = ("report", newest_sent(sample_database), "--database", sample_database)
        assert finished(started(*command, stdout=writer)) == (1, "")
    finally:
        os.close(writer)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="This machine has no /dev/full.")
def test_output_that_cant_be_written_is_a_sentence(sample_database: Path) -> None:
    command = ("report", newest_sent(sample_database), "--database", sample_database)
    with Path("/dev/full").open("wb", buffering=0) as full:
        process = started(*command, stdout=full.fileno())
        assert finished(process) == (1, "The command failed: No space left on device.\n")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Processes that are started can be interrupted, even if these tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_stops_a_command_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    process = started(
        *("sample", "--campaigns", "2000", "--database", tmp_path / "m.duckdb"),
        environment={"TMPDIR": str(tmp_path / "temporary")},
    )
    until(lambda: any((tmp_path / "temporary").iterdir()), "the command")
    process.send_signal(signal.SIGINT)
    code, _ = finished(process)
    assert code != 0
    assert not (tmp_path / "m.duckdb").exists()


def test_the_address_comes_from_options_variables_and_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: folder / "home")
    assert dashboard.address_and_port([]) == ("localhost", "8501")
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text('[server]\nport = 8600\naddress = "::1"\n')
    assert dashboard.address_and_port([]) == ("::1", "8600")
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", "8700")
    assert dashboard.address_and_port([]) == ("::1", "8700")
    assert dashboard.address_and_port(["--server.port", "1", "--server.address=a"]) == ("a", "1")
    (folder / ".streamlit" / "config.toml").write_text("server = 1")
    assert dashboard.address_and_port(["--server.port"]) == ("localhost", "")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[server", "the file is not valid TOML"),
        (b"\xef\xbb\xbf[server]\n", "the file is not valid TOML"),  # with a byte order mark
        ("[server]".encode("utf-16"), "the file is not UTF-8 text"),
        (None, "it is a folder"),
    ],
)
def test_options_that_streamlit_can_not_read_stop_the_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, says: str
) -> None:
    monkeypatch.setattr(Path, "home", lambda: folder / "home")
    path = folder / ".streamlit" / "config.toml"
    path.parent.mkdir()
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(BadSetting, match=re.escape(f"{path}: {says}")):
        dashboard.address_and_port([])


def test_a_server_starts_only_where_it_can_listen() -> None:
    dashboard.check_address("localhost", "0")
    with bound("127.0.0.1") as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(PortTaken, match=f"port {port} of localhost"):
            dashboard.check_address("localhost", port)
    for address, port in (
        ("localhost", "-1"),
        ("localhost", "٣"),
        ("192.0.2.1", "0"),
        ("nowhere.invalid", "0"),
    ):
        with pytest.raises(BadAddress):
            dashboard.check_address(address, port)


def test_loading_another_senders_export_says_how_to_import_it(ended: Ended, tmp_path: Path) -> None:
    export = zipped(tmp_path / "export.zip", MAILCHIMP_EXPORT)
    status, printed = ended("--database", tmp_path / "m.duckdb", "load", export)
    assert status == 1
    assert "ItisanexportofMailchimp:`python-mmailsightimportmailchimp" in printed

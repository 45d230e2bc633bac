"""A server whose configuration is broken does not start; a running one keeps its configuration, whatever happens."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import streamlit.config

from mailsight.errors import BadSetting
from mailsight.vocabulary import Role
from mailsight.warehouse import scope
from mailsight.web import configuration
from mailsight.web.access import Access
from mailsight.web.configuration import Files, Started
from tests.support import raw_session, signed_in
from tests.support.broken_secrets import BROKEN, GOOD
from tests.support.signed_in import Guarded
from tests.support.waiting import PATIENCE_SECONDS, until
from tooling.servers import PROJECT, free_port


def started(path: Path) -> Started:
    files = Files((path,), required=True)
    texts = files.texts()
    return Started(configuration.read(texts), files, texts)


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    path = tmp_path / "secrets.toml"
    path.write_text(GOOD)
    return path


def test_unchanged_files_are_no_problem(secrets: Path) -> None:
    assert started(secrets).problem() is None


def test_a_valid_change_asks_for_a_restart_and_is_not_used(secrets: Path) -> None:
    server = started(secrets)
    before = server.configuration
    secrets.write_text("[other]\n")
    assert server.problem() == "The secrets files have changed. Restart the server to use them."
    assert server.configuration is before
    assert before.access.sign_in
    secrets.write_text(GOOD)
    assert server.problem() is None


@pytest.mark.parametrize(("change", "says"), BROKEN.values(), ids=BROKEN)
def test_a_broken_change_is_named(secrets: Path, change: tuple[str, str], says: str) -> None:
    server = started(secrets)
    secrets.write_text(GOOD.replace(*change, 1))
    problem = server.problem() or ""
    assert says in problem
    assert problem.endswith("the last roles that could be read, but can't restart.")


def test_a_change_of_the_options_asks_for_a_restart_or_names_the_mistake(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    server = Started(configuration.Configuration(), Files(options=(path,)), {})
    assert server.problem() is None
    path.write_text("[server]")
    assert server.problem() == "Streamlit's config.toml has changed. Restart the server to use it."
    path.write_text("[server")
    assert "not valid TOML" in (server.problem() or "")
    path.unlink()
    os.mkfifo(path)
    assert "it is not a file" in (server.problem() or "")


def test_a_removed_file_is_named(secrets: Path) -> None:
    server = started(secrets)
    secrets.unlink()
    assert "the file does not exist" in (server.problem() or "")


@pytest.mark.parametrize("value", ["0", "-1", "soon", "nan"])
def test_a_session_takes_some_time(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MAILSIGHT_SESSION_HOURS", value)
    with pytest.raises(BadSetting, match="MAILSIGHT_SESSION_HOURS"):
        configuration.read({})


STREAMLIT, MAILSIGHT = ["streamlit", "run", str(PROJECT / "app.py")], ["mailsight", "run"]


def test_roles_need_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILSIGHT_READERS", "@company.example")
    with pytest.raises(BadSetting, match="nobody can sign in"):
        configuration.read({})
    assert configuration.read({Path("secrets.toml"): GOOD}).access.sign_in


@pytest.fixture
def first_start(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """Streamlit's options when `started` reads the configuration for the first time."""
    options: dict[str, object] = {"secrets.files": [str(secrets)], "server.trustedUserHeaders": {}}
    monkeypatch.setattr(
        streamlit.config,
        "get_option",
        lambda name, real=streamlit.config.get_option: options.get(name, real(name)),
    )
    configuration.started.cache_clear()
    yield options
    configuration.started.cache_clear()


@pytest.mark.parametrize(
    ("readers", "admins", "warns"),
    [("", "", True), ("*", "", False), ("", "ann@company.example", False)],
)
def test_a_server_that_nobody_may_enter_says_so(
    first_start: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    readers: str,
    admins: str,
    warns: bool,
) -> None:
    assert first_start
    monkeypatch.setenv("MAILSIGHT_READERS", readers)
    monkeypatch.setenv("MAILSIGHT_ADMINS", admins)
    assert configuration.current().access.sign_in
    assert ("nobody has a role" in caplog.text) is warns


@pytest.mark.parametrize("given", [[], "", [""], "/run/secrets.toml", 1, [1]], ids=repr)
def test_the_option_for_the_files_lists_paths(first_start: dict[str, object], given: object) -> None:
    first_start["secrets.files"] = given
    with pytest.raises(BadSetting, match=r"secrets\.files"):
        configuration.current()


def test_headers_cannot_sign_anybody_in(first_start: dict[str, object]) -> None:
    first_start["server.trustedUserHeaders"] = {"X-User": "email"}
    with pytest.raises(BadSetting, match="trustedUserHeaders"):
        configuration.current()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "change", "says"),
    [
        (STREAMLIT, ("[auth]", "[Auth]"), "line 1: [Auth] is not read"),
        (MAILSIGHT, ('"mailsight-1"', '"mailsight-1'), "(at line 4,"),
    ],
)
def test_a_server_does_not_start_with_a_mistake(
    tmp_path: Path, program: list[str], change: tuple[str, str], says: str
) -> None:
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text(GOOD.replace(*change, 1))
    ended = subprocess.run(
        [sys.executable, "-m", *program, f"--server.port={free_port()}", "--server.headless=true"],
        cwd=tmp_path,
        env={
            "PYTHONPATH": str(PROJECT),
            "HOME": str(tmp_path),
            "MAILSIGHT_DATABASE": str(tmp_path / "m.duckdb"),
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert ended.returncode == 1
    [message] = [line for line in ended.stderr.splitlines() if line.startswith("Invalid setting")]
    assert says in message
    assert "Traceback" not in ended.stderr


@pytest.fixture(scope="module")
def guarded(sample_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A dashboard with sign-in and a webhook, for nobody, whose provider does not answer."""
    folder = tmp_path_factory.mktemp("guarded")
    secrets = signed_in.SECRETS + '[webhooks.sendgrid]\nbasic_auth = "ann:of-the-tests"\n'
    with signed_in.dashboard(
        sample_database,
        folder,
        f"http://localhost:{free_port()}",
        secrets=secrets,
        environment={"HOME": str(folder)},
    ) as running:
        yield running


@pytest.fixture(scope="module")
def client(guarded: Guarded) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=guarded.address, timeout=PATIENCE_SECONDS) as client:
        yield client


def is_closed(client: httpx.Client) -> bool:
    """Whether everything asks for sign-in or a password, in words."""
    grid = client.post("/api/recipients", json={"token": "x"})
    file = client.put("/_stcore/upload_file/some-session/some-file", files={"file": b"x"})
    webhook = client.post("/webhooks/sendgrid/", content=b"[]")
    with raw_session.connected(str(client.base_url).rstrip("/")) as connection:
        page = raw_session.shown(raw_session.run(connection))
    assert "Sign in to Mailsight" in page
    assert not re.search(r"Traceback|exception \{|Campaigns loaded|campaign\?id", page)
    return (grid.status_code, file.status_code, webhook.status_code) == (401, 401, 401)


@pytest.mark.slow
def test_a_running_server_stays_closed_whatever_happens_to_the_file(
    guarded: Guarded, client: httpx.Client
) -> None:
    good = guarded.secrets.read_text()
    assert is_closed(client)
    for before, after in [change for change, _ in list(BROKEN.values())[::6]]:  # the rest are checked above
        guarded.secrets.write_text(GOOD.replace(before, after, 1))
        assert is_closed(client)
    for text in ("", "[auth]", "\0"):
        guarded.secrets.write_text(text)
        assert is_closed(client)
    guarded.secrets.unlink()
    assert is_closed(client)
    guarded.secrets.symlink_to("nowhere")
    assert is_closed(client)
    guarded.secrets.unlink()
    guarded.secrets.mkdir()
    assert is_closed(client)
    until(lambda: "The server keeps the configuration" in guarded.log.read_text(), "a line in the log")
    guarded.secrets.rmdir()
    guarded.secrets.write_text(good)
    assert is_closed(client)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        '[server]\nbaseUrlPath = "elsewhere"\ntrustedUserHeaders = {X-User = "email"}\n',
        '[logger]\nlevel = "debug"\nmessageFormat = "%(message)s"\n',
        "[server",
    ],
    ids=["options of the server", "options of the logs", "half a file"],
)
def test_a_running_server_stays_as_it_is_whatever_happens_to_its_options(
    guarded: Guarded, client: httpx.Client, text: str
) -> None:
    path = guarded.secrets.parent / ".streamlit" / "config.toml"
    path.parent.mkdir(exist_ok=True)
    before = len(guarded.log.read_text())
    path.write_text(text)
    # Streamlit would notice the change in less time.
    until(lambda: "config.toml" in guarded.log.read_text()[before:], "a line in the log")
    try:
        assert is_closed(client)
        client.get("/data", params={"email": "ann@company.example"})
        until(lambda: client.get("/healthz").status_code == 503, "a report of the change")
    finally:
        path.unlink()
    until(lambda: client.get("/healthz").status_code == 200, "a healthy server")
    logged = guarded.log.read_text()[before:]
    assert "ann@company.example" not in logged
    assert all(re.match(r"[\d-]+ [\d:,]+ (INFO|WARNING) mailsight\.", line) for line in logged.splitlines())


@pytest.mark.slow
def test_the_server_starts_without_any_file(sample_database: Path, server: str) -> None:
    assert sample_database.exists()
    with raw_session.connected(server) as connection:
        page = raw_session.shown(raw_session.run(connection))
    assert "Campaigns" in page
    assert "Sign in" not in page
    assert json.loads(httpx.get(f"{server}/healthz").text)


def roles(server: Started) -> list[tuple[str, list[str]]]:
    return [(grant.role, sorted(grant.people.addresses)) for grant in server.current().access.grants]


READER = '[[roles]]\nrole = "reader"\npeople = ["ann@company.example"]\n'


def test_roles_follow_the_file_while_it_can_be_read(secrets: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = started(secrets)
    assert roles(server) == []
    ann = [("reader", ["ann@company.example"])]
    for text, expected, says in (
        (GOOD + READER, ann, None),
        (GOOD + READER + "# a remark", ann, None),
        (GOOD + READER + "[[roles]]\n", ann, "needs a role"),
        (GOOD[:-1] + READER + "oops", ann, "not valid TOML"),
        ("", ann, "the file is empty"),  # half written
        ("# Sign-in\n", ann, "nothing is set"),  # half written
        ("[other]\n", ann, "Restart the server"),  # sign-in was removed
        (READER, ann, "nobody can sign in"),
        (GOOD + READER.replace("reader", "admin"), [("admin", ["ann@company.example"])], None),
        (GOOD.replace("ann:of-the-tests", "ann:other") + READER, ann, "Restart the server"),
        (GOOD, [], None),
    ):
        secrets.write_text(text)
        assert roles(server) == expected
        assert (server.problem() or "") == "" if says is None else says in (server.problem() or "")
    assert "The roles have changed" not in caplog.text  # that is no warning


LIMITED = """[[roles]]
role = "marketer"
people = ["ann@company.example"]
tags = ["winter"]
attributes = ["city"]

[[roles]]
role = "admin"
people = ["eve@company.example"]

[[roles]]
role = "reader"
people = ["*"]
"""


@pytest.mark.parametrize("address", ["ann@company.example", "eve@company.example", "bob@company.example"])
def test_a_half_written_file_never_shows_more(
    secrets: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    claims = {"email": address, "email_verified": True, "is_logged_in": True}
    secrets.write_text(GOOD + LIMITED)
    server = started(secrets)
    whole = server.current().access.viewer(claims)
    assert whole
    monkeypatch.setattr(configuration, "SETTLED_SECONDS", 3600)
    for end in range(len(LIMITED) + 1):
        secrets.write_text(GOOD + LIMITED[:end])
        viewer = server.current().access.viewer(claims)
        if viewer:
            assert whole.role.includes(viewer.role)
            assert scope.narrowed(viewer.scope, whole.scope) == viewer.scope
    assert server.current().access.viewer(claims) == whole
    monkeypatch.setattr(configuration, "SETTLED_SECONDS", 0)
    assert server.current().access.earlier is None
    assert server.current().access.viewer(claims) == whole


def test_rights_end_at_once_and_count_once_the_file_has_settled(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = {"email": "ann@company.example", "email_verified": True}
    analyst, admin = READER.replace("reader", "analyst"), READER.replace("reader", "admin")
    secrets.write_text(GOOD + analyst)
    server = started(secrets)

    def role() -> Role | None:
        viewer = server.current().access.viewer(ann)
        return viewer.role if viewer else None

    monkeypatch.setattr(configuration, "SETTLED_SECONDS", 3600)
    for text, expected in ((admin, Role.ANALYST), (READER, Role.READER), ("", None), (admin, Role.ANALYST)):
        secrets.write_text(GOOD + text)
        assert role() is expected
        assert server.problem() is None
    secrets.write_text(GOOD + admin + "[[roles]]\n")
    monkeypatch.setattr(configuration, "SETTLED_SECONDS", 0)
    assert role() is Role.ANALYST  # what can't be read is not complete
    secrets.write_text(GOOD + admin)
    assert role() is Role.ADMIN


def test_a_missing_file_keeps_the_roles(secrets: Path) -> None:
    secrets.write_text(GOOD + READER)
    server = started(secrets)
    secrets.unlink()
    assert roles(server) == [("reader", ["ann@company.example"])]
    assert "the file does not exist" in (server.problem() or "")


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"MAILSIGHT_WITHOUT_SIGN_IN": "admin"}, "must be one of reader, marketer, analyst"),
        ({"MAILSIGHT_WITHOUT_SIGN_IN": "yes"}, "must be one of reader, marketer, analyst"),
        ({"MAILSIGHT_ADMINS": "ann"}, "MAILSIGHT_ADMINS contains 'ann'"),
        ({"MAILSIGHT_IDLE_MINUTES": "soon"}, "not a number of minutes"),
    ],
)
def test_a_mistake_in_a_variable_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], says: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting, match=says):
        configuration.read({})


def test_a_role_without_sign_in_is_refused_with_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILSIGHT_WITHOUT_SIGN_IN", "Analyst")
    assert configuration.read({}).access.without_sign_in is Role.ANALYST
    with pytest.raises(BadSetting, match="people have to sign in here"):
        configuration.read({Path("secrets.toml"): GOOD})


@pytest.mark.parametrize(
    ("address", "environment", "is_open"),
    [
        ("", {}, False),
        ("localhost", {}, False),
        ("127.0.0.1", {}, False),
        ("0.0.0.0", {}, True),  # noqa: S104
        ("192.168.1.5", {}, True),
        ("", {"MAILSIGHT_PUBLIC_URL": "https://mailsight.example"}, True),
        ("", {"MAILSIGHT_HOSTS": "mailsight.example"}, True),
    ],
)
def test_a_server_on_the_network_without_sign_in_is_open(
    monkeypatch: pytest.MonkeyPatch, address: str, environment: dict[str, str], is_open: bool
) -> None:
    real = streamlit.config.get_option
    chosen = {"server.address": address}
    monkeypatch.setattr(streamlit.config, "get_option", lambda name: chosen.get(name, real(name)))
    monkeypatch.setattr(configuration, "current", configuration.Configuration)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert configuration.is_open() is is_open
    with_sign_in = configuration.Configuration(Access(sign_in=True))
    monkeypatch.setattr(configuration, "current", lambda: with_sign_in)
    assert not configuration.is_open()


def test_programs_cannot_run_pages_past_the_checks(first_start: dict[str, object]) -> None:
    first_start["server.enableAgentApi"] = True
    with pytest.raises(BadSetting, match="enableAgentApi"):
        configuration.current()


def test_each_identity_provider_gets_all_of_its_time() -> None:
    named = {"client_id": "a", "client_kwargs": {"prompt": "login"}}
    assert configuration.Configuration(auth={"redirect_uri": "x", "google": named}).for_streamlit == {
        "auth": {
            "redirect_uri": "x",
            "google": {"client_id": "a", "client_kwargs": {"timeout": 30.0, "prompt": "login"}},
        }
    }
    one = configuration.Configuration(auth={"client_id": "a"}).for_streamlit
    assert one == {"auth": {"client_id": "a", "client_kwargs": {"timeout": 30.0}}}
    assert configuration.Configuration().for_streamlit == {"auth": {}}


@pytest.mark.slow
def test_people_may_return_from_the_provider_to_another_process(tmp_path: Path) -> None:
    """All processes sign what they remember of a sign-in that is under way with the same secret."""
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text(GOOD)
    script = (
        "import app; made = app.app._build_starlette_app().user_middleware; "
        "print([each.kwargs['secret_key'] for each in made if each.cls.__name__ == 'SessionMiddleware'])"
    )
    environment = {
        "PYTHONPATH": str(PROJECT),
        "HOME": str(tmp_path),
        "MAILSIGHT_DATABASE": str(tmp_path / "m.duckdb"),
    }
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )  # fmt: skip
    assert ended.stdout.splitlines()[-1] == str([tomllib.loads(GOOD)["auth"]["cookie_secret"]])

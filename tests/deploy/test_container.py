"""The container: its Dockerfile by a linter and by its steps in a plain folder, compose.yaml by its schema."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from mailsight import settings
from mailsight.vocabulary import Role
from mailsight.web import configuration, secrets_files
from tests.support import dockerfiles
from tests.support.dockerfiles import Machine
from tests.support.proxies import DEPLOY
from tests.support.waiting import PATIENCE_SECONDS, until
from tooling.servers import PROJECT, free_port

DOCKERFILE = DEPLOY / "Dockerfile"
BUILD, FINAL = dockerfiles.stages(DOCKERFILE)


def yaml(name: str) -> Any:
    return YAML(typ="safe", pure=True).load(DEPLOY / name)


def test_the_linter_finds_nothing_in_the_dockerfile() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint is not built for this platform")
    checked = subprocess.run([hadolint, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_the_image_is_pinned_small_and_not_root() -> None:
    assert BUILD.image == FINAL.image
    assert BUILD.image.startswith("python:3.11.")
    user, group = FINAL.last("USER").split(":")
    assert int(user) == int(group) > 0
    assert FINAL.last("VOLUME") == "/data"
    ignored = DOCKERFILE.with_name("Dockerfile.dockerignore")
    copied = set(dockerfiles.context(PROJECT, ignored))
    assert copied
    assert all(file.exists() for file in copied)
    assert not any("secrets" in file.name and file.suffix == ".toml" for file in copied)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """What the Dockerfile builds, and the folders that a container may write to."""
    files = list(dockerfiles.context(PROJECT, DOCKERFILE.with_name("Dockerfile.dockerignore")))
    with tempfile.TemporaryDirectory(prefix="container-") as folder:
        machine = Machine(Path(folder), PROJECT, files)
        for stage in (BUILD, FINAL):
            machine.build(stage)
        shutil.rmtree(machine.root / "src")
        for name in ("data", "tmp"):
            (machine.root / name).mkdir(exist_ok=True)
        yield machine


def everything_but(machine: Machine, *names: str) -> set[tuple[str, float]]:
    """The files of the container and when each was changed, except those in some of its folders."""
    kept = [machine.root / name for name in names]
    return {
        (str(file), file.lstat().st_mtime)
        for file in machine.root.rglob("*")
        if not any(folder == file or folder in file.parents for folder in kept)
    }


@pytest.mark.slow
def test_what_it_builds_runs_and_writes_only_to_data_and_tmp(machine: Machine) -> None:
    environment = machine.environment(FINAL) | {"STREAMLIT_SERVER_PORT": str(free_port())}
    environment |= {"STREAMLIT_SERVER_ADDRESS": "127.0.0.1", "STREAMLIT_SERVER_BASE_URL_PATH": "mailsight"}
    before = everything_but(machine, "data", "tmp")
    options: dict[str, Any] = {"env": environment, "cwd": machine.root / "data"}

    def is_healthy() -> bool:
        check = [machine.inside(word) for word in FINAL.health_check]
        return subprocess.run(check, **options, capture_output=True, check=False).returncode == 0

    log = machine.root / "data" / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*machine.confined("data", "tmp"), *FINAL.command], **options, stdout=output, stderr=output
        )
    try:
        until(lambda: process.poll() is not None or is_healthy(), "the container")
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
    assert not is_healthy()
    assert everything_but(machine, "data", "tmp") == before


def test_compose_keeps_to_its_schema() -> None:
    schema = get_builtin_schema("vendor.compose-spec")
    problems = [error.message for error in Draft7Validator(schema).iter_errors(yaml("compose.yaml"))]
    assert problems == []


@pytest.mark.parametrize("service", ["mailsight", "proxy", "dex"])
def test_each_service_is_pinned_and_can_do_little(service: str) -> None:
    described = yaml("compose.yaml")["services"][service]
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert "build" in described or described["image"].partition(":")[2][0].isalnum()
    assert all(port.startswith("127.0.0.1:") for port in described.get("ports", ()))
    for volume in described["volumes"]:
        source = volume.partition(":")[0]
        assert source in yaml("compose.yaml")["volumes"] or (DEPLOY / source).is_file()


def test_the_settings_and_secrets_of_compose_are_valid_and_belong_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compose = yaml("compose.yaml")
    app, proxy = compose["services"]["mailsight"], compose["services"]["proxy"]
    [secret] = app["secrets"]
    file = DEPLOY / compose["secrets"][secret]["file"]
    assert f"--secrets.files=/run/secrets/{secret}" in app["command"]
    for name, value in app["environment"].items():
        monkeypatch.setenv(name, value)
    chosen = settings.from_environment(app["environment"])
    read = configuration.read(secrets_files.contents([file], required=True))
    assert chosen.public_url == proxy["environment"]["MAILSIGHT_SITE"]
    assert read.auth["redirect_uri"] == f"{chosen.public_url}/oauth2callback"

    dex = yaml("dex.yaml")
    [client] = dex["staticClients"]
    assert (client["id"], client["secret"]) == (read.auth["client_id"], read.auth["client_secret"])
    assert client["redirectURIs"] == [read.auth["redirect_uri"]]
    assert read.auth["server_metadata_url"] == f"{dex['issuer']}/.well-known/openid-configuration"
    ports = {urlsplit(url).port for url in (chosen.public_url, dex["issuer"])}
    assert {int(port.rpartition(":")[2]) for port in proxy["ports"]} == ports
    people = [{"email": person["email"], "email_verified": True} for person in dex["staticPasswords"]]
    viewers = [read.access.viewer(person | {"is_logged_in": True}) for person in people]
    assert [viewer and viewer.role for viewer in viewers] == [Role.ADMIN, Role.READER]

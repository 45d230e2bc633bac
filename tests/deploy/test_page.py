"""docs/operating.md leads from an empty machine to a hosted dashboard with the files in deploy/."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mailsight import settings
from mailsight.errors import BadSetting
from mailsight.vocabulary import Role
from mailsight.web import configuration, secrets_files
from tests.support.proxies import DEPLOY
from tooling.servers import PROJECT

PAGE = (PROJECT / "docs" / "operating.md").read_text(encoding="utf-8")
STEPS = PAGE.partition("## From an empty Debian machine")[2].partition("\n## ")[0]
COMMANDS = "".join(re.findall(r"```bash\n(.*?)```", STEPS, re.DOTALL))
GIVEN = {"YOUR-CLIENT-ID": "mailsight", "YOUR-CLIENT-SECRET": "3kf93jf0"}


@pytest.mark.parametrize("file", sorted(DEPLOY.iterdir()), ids=lambda file: file.name)
def test_every_file_is_on_the_page_or_used_by_another_one(file: Path) -> None:
    others = "".join(other.read_text() for other in DEPLOY.iterdir() if other != file)
    assert file.name in PAGE + others + "Dockerfile.dockerignore"  # which Docker finds by its name


@pytest.mark.parametrize("unit", ["mailsight.service", "mailsight-backup.service"])
def test_the_page_makes_what_the_units_need(unit: str) -> None:
    text = (DEPLOY / unit).read_text()
    for path in re.findall(r"(?<=[= ])/[\w./-]+", re.sub(r"^#.*$", "", text, flags=re.MULTILINE)):
        made = path.replace("/bin/mailsight", "").replace("/mailsight.duckdb", "")
        assert made in COMMANDS
    assert "adduser --system --group" in COMMANDS
    assert unit in COMMANDS


def test_the_commands_are_well_formed() -> None:
    bash = shutil.which("bash")
    if not bash:
        pytest.skip("the page's commands need bash")
    [script] = re.findall(r"<<'END'\n(.*?)END\n", COMMANDS, re.DOTALL)
    for text in (COMMANDS, script):
        checked = subprocess.run([bash, "-n"], input=text, capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """The folder with the files that the second step writes."""
    bash = shutil.which("bash")
    if not bash or not shutil.which("openssl"):
        pytest.skip("the page's commands need bash and openssl")
    [written] = re.findall(r"(cat > /etc/mailsight/environment.*?)chmod 640", COMMANDS, re.DOTALL)
    script = "NAME=mailsight.example\n" + written.replace("/etc/mailsight", str(tmp_path))
    subprocess.run([bash, "-ec", script], check=True)
    return tmp_path


def test_the_configuration_of_the_page_lets_the_right_people_in(
    configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (configured / "environment").read_text().splitlines()
    for name, value in (line.split("=", 1) for line in lines):
        monkeypatch.setenv(name, value)
    assert settings.from_environment().public_url == "https://mailsight.example"
    assert len(settings.from_environment().metrics_token) == 64

    secrets = configured / "secrets.toml"
    with pytest.raises(BadSetting, match=r"client_id in .* is still a placeholder"):
        configuration.read(secrets_files.contents([secrets], required=True))
    text = secrets.read_text()
    for placeholder, given in GIVEN.items():
        text = text.replace(placeholder, given)
    secrets.write_text(text)
    read = configuration.read(secrets_files.contents([secrets], required=True))
    assert read.webhooks.keys() == {"sendgrid"}

    def role(address: str) -> Role | None:
        viewer = read.access.viewer({"is_logged_in": True, "email_verified": True, "email": address})
        return viewer.role if viewer else None

    assert role("ben@company.example") is Role.MARKETER
    assert role("ann@company.example") is Role.ADMIN
    assert role("ben@elsewhere.example") is None

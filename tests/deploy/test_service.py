"""The systemd units: what systemd itself says of them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mailsight.loading.background import STOP_SECONDS
from tests.support.proxies import DEPLOY

UNIT = (DEPLOY / "mailsight.service").read_text()
MAX_EXPOSURE = 2.0  # of 10; what isn't restricted at all has 9.6


@pytest.fixture
def analyze() -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not on this machine")
    return program


@pytest.mark.parametrize(
    "name",
    ["mailsight.service", "mailsight@8502.service", "mailsight-backup.service", "mailsight-backup.timer"],
)
def test_systemd_understands_each_unit(analyze: str, tmp_path: Path, name: str) -> None:
    for unit in DEPLOY.glob("*.[st]*er*"):
        # Whether the program exists is checked too.
        text = unit.read_text().replace(
            "ExecStart=/opt/mailsight/bin/mailsight", f"ExecStart={sys.executable}"
        )
        (tmp_path / unit.name).write_text(text)
    # As docs/operating.md says for several processes.
    several = re.sub(r"(?=EnvironmentFile)", "Environment=STREAMLIT_SERVER_PORT=%i\n", UNIT)
    several = several.replace("/opt/mailsight/bin/mailsight", sys.executable)
    (tmp_path / "mailsight@.service").write_text(several)
    checked = subprocess.run(
        [analyze, "verify", tmp_path / name], capture_output=True, text=True, check=False
    )
    about_ours = [line for line in checked.stderr.splitlines() if "mailsight" in line]
    assert (checked.returncode, about_ours) == (0, [])


@pytest.mark.parametrize("name", ["mailsight.service", "mailsight-backup.service"])
def test_a_service_can_do_little(analyze: str, name: str) -> None:
    checked = subprocess.run(
        [analyze, "security", "--offline=true", DEPLOY / name], capture_output=True, text=True, check=False
    )
    if "offline" in checked.stderr:
        pytest.skip("this systemd can't judge a unit that isn't loaded")
    exposure = re.search(r"exposure level for [\w.-]+: ([\d.]+)", checked.stdout)
    assert exposure, checked.stderr
    assert float(exposure[1]) <= MAX_EXPOSURE


def test_a_running_load_gets_the_time_that_the_server_gives_it() -> None:
    [seconds] = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)
    assert int(seconds) > 2 * STOP_SECONDS  # the loader's and the importer's

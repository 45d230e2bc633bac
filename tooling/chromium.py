"""The Chromium that tests and benchmarks drive: one that is installed, else Debian's package, else Playwright's own.

    python -m tooling.chromium

prints its path, and installs one where there is none. PLAYWRIGHT_CHROMIUM names another.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

# No sandbox: tests run as root in containers. The rest keeps the browser from talking to anything but pages.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The path of a Chromium on this machine, None when there is none."""
    named = os.environ.get("PLAYWRIGHT_CHROMIUM")
    if named:
        return named
    for name in NAMES:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install() -> None:
    """Debian's Chromium where apt-get may be used, else Playwright's own with what it needs."""
    as_root = _as_root()
    if shutil.which("apt-get") and as_root is not None:
        packages = ["chromium", "fonts-liberation"]
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        try:
            subprocess.run([*as_root, "apt-get", "update", "-qq"], check=True, env=environment)
            subprocess.run(
                [*as_root, "apt-get", "install", "-y", "-qq", *packages], check=True, env=environment
            )
        except subprocess.CalledProcessError as error:
            print(f"apt-get could not install Chromium ({error}); trying Playwright's own", file=sys.stderr)
        else:
            return
    needs = [] if as_root is None else ["--with-deps"]
    subprocess.run([sys.executable, "-m", "playwright", "install", *needs, "chromium"], check=False)


def _as_root() -> list[str] | None:
    """What to put before a command to run it as root; None when that can't be had without a password."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], check=False, capture_output=True).returncode == 0:
        return [sudo, "-n"]
    return None


def main() -> int:
    if find() is None:
        install()
    path = find()
    if path is None:
        print(
            "No Chromium: install the package chromium, or set PLAYWRIGHT_CHROMIUM to one.", file=sys.stderr
        )
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The Chromium for tests and benchmarks: an installed one, else Debian's package, else Playwright's own.

    python -m tooling.chromium

prints its path, after installing it if necessary. Set PLAYWRIGHT_CHROMIUM to use another one.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from . import packages

# No sandbox, because tests run as root in containers. The other options prevent background requests.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The path of an installed Chromium, or None."""
    if configured := os.environ.get("PLAYWRIGHT_CHROMIUM"):
        return configured
    for name in NAMES:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        bundled = playwright.chromium.executable_path
    return bundled if Path(bundled).exists() else None


def install() -> None:
    """Install Debian's Chromium if apt-get is available, else Playwright's own with its dependencies."""
    as_root = _as_root()
    if shutil.which("apt-get") and as_root is not None:
        try:
            packages.apt_install("chromium", "fonts-liberation", as_root=as_root)
        except subprocess.CalledProcessError as error:
            print(f"apt-get could not install Chromium ({error}); trying Playwright's own", file=sys.stderr)
        else:
            return
    options = [] if as_root is None else ["--with-deps"]
    subprocess.run([sys.executable, "-m", "playwright", "install", *options, "chromium"], check=False)


def _as_root() -> list[str] | None:
    """The command prefix for running as root, or None if that would need a password."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], check=False, capture_output=True).returncode == 0:
        return [sudo, "-n"]
    return None


def main() -> int:
    return packages.provide(
        find,
        install,
        "No Chromium found. Install the package chromium, or set PLAYWRIGHT_CHROMIUM to its path.",
    )


if __name__ == "__main__":
    sys.exit(main())

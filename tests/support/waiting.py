"""Waits for conditions. The timeout is far beyond what a busy machine needs."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 180


def until(
    condition: Callable[[], object], description: str, *, patience_seconds: float = PATIENCE_SECONDS
) -> None:
    """Waits until the condition holds. Fails with the description if it times out."""
    deadline = time.monotonic() + patience_seconds
    while not condition():
        assert time.monotonic() < deadline, f"Timed out while waiting for {description}."
        time.sleep(0.02)

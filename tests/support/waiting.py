"""Waiting for what a test awaits. The bound is for what never comes: a busy machine stays far below it."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 180


def until(condition: Callable[[], object], what: str) -> None:
    """Waits until the condition holds; fails with `what` when it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"Waited in vain for {what}."
        time.sleep(0.02)

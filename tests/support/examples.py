"""The number of examples that Hypothesis tries: few in `make test`, at least ten times as many in `make thorough`."""

from collections.abc import Iterable
from typing import Any

import hypothesis
import pytest


def examples(usual: int) -> int:
    """A test's usual number of examples; in `make thorough`, ten times as many."""
    return usual * max(hypothesis.settings().max_examples, 100) // 100


def thorough(values: Iterable[Any]) -> list[Any]:
    """Parameters of a test that only `make thorough` tries."""
    return [pytest.param(value, marks=pytest.mark.thorough) for value in values]


def loads(usual: int) -> hypothesis.settings:
    """For examples that are whole loads. Shrinking would take minutes; a failing example is small enough to read."""
    return hypothesis.settings(
        max_examples=examples(usual),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.reuse, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )

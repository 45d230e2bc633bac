"""The number of examples that Hypothesis tries: few in `make test`, at least ten times as many in `make thorough`."""

import hypothesis


def examples(usual: int) -> int:
    """A test's usual number of examples; in `make thorough`, ten times as many."""
    return usual * max(hypothesis.settings().max_examples, 100) // 100


def loads(usual: int) -> hypothesis.settings:
    """For examples that are whole loads. Shrinking would take minutes; a failing example is small enough to read."""
    return hypothesis.settings(
        max_examples=examples(usual),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.reuse, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )

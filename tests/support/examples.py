"""The number of examples that Hypothesis tries: few in `make test`, ten times as many in `make thorough`."""

import hypothesis


def examples(usual: int) -> int:
    """Scale a test's usual number of examples like Hypothesis's default of 100."""
    return usual * hypothesis.settings().max_examples // 100


def loads(usual: int) -> hypothesis.settings:
    """For examples that are whole loads. Shrinking would take minutes; a failing example is small enough to read."""
    return hypothesis.settings(
        max_examples=examples(usual),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.reuse, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )

"""How many examples Hypothesis tries: few in `make test`, ten times as many in `make thorough`."""

import hypothesis


def examples(usual: int) -> int:
    """The number of examples for a test whose usual number is not Hypothesis's hundred."""
    return usual * hypothesis.settings().max_examples // 100

"""Payloads that no provider would send: odd values in odd places."""

from hypothesis import strategies as st

_ODD: st.SearchStrategy[object] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        10**400,
        1.5,
        float("inf"),
        float("nan"),
        "",
        "x\x00",
        "\ud800",
        "2026-99-99",
        [],
        [[]],
        {},
        [None],
        {"a": {}},
    ]
)


def _bent(value: object, draw: st.DrawFn) -> object:
    """Replace or drop a few parts of a payload."""
    if draw(st.integers(0, 5)) == 0:
        return draw(_ODD)
    if isinstance(value, dict):
        return {key: _bent(part, draw) for key, part in value.items() if draw(st.integers(0, 12))}
    if isinstance(value, list):
        return [_bent(part, draw) for part in value]
    return value


bent = st.composite(lambda draw, value: _bent(value, draw))

"""What sets the variants of an e-mail apart, in plain words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mailsight.figures import formats
from mailsight.merging.values import Json

_MAX_VALUES = 3
_MAX_NAMES = 4
_MAX_LENGTH = 60


class _Nothing:
    """Stands for the value of a customer who has none under a name."""

    def __repr__(self) -> str:
        return "nothing"


_NOTHING: Final = _Nothing()
_EMPTY = frozenset(map(repr, (_NOTHING, None, "", [], {})))


@dataclass(frozen=True, slots=True)
class Case:
    """A variant: the combinations of values, by name, that its customers have; and its texts, in order."""

    values: Sequence[Mapping[str, Json]]
    texts: Sequence[str]


def distinctions(cases: Sequence[Case], *, by_example: bool = False) -> list[tuple[str, ...]]:
    """What sets each variant apart from the others: values that others don't have, and a text that they don't show.

    `by_example`: the values are only examples.
    """
    names = list(dict.fromkeys(name for case in cases for values in case.values for name in values))
    shown = Counter(text for case in cases for text in set(case.texts))
    return [
        (*_by_values(cases, case, names, by_example), *_by_text(case.texts, shown, len(cases)))
        for case in cases
    ]


def _by_values(cases: Sequence[Case], case: Case, names: Sequence[str], by_example: bool) -> list[str]:
    ranked = []
    for name in names:
        own = _values(case, name)
        others = {text for other in cases if other is not case for text in _values(other, name)}
        # A name that has every value here says nothing.
        if own and not own.keys() >= others:
            is_filled = others & _EMPTY and not own.keys() & _EMPTY and len(own) > _MAX_VALUES
            words = "is filled in" if is_filled else _among(own, by_example)
            ranked.append((len(own) > _MAX_VALUES, len(own.keys() & others), len(own), f"{name} {words}"))
    # Few values come before many, and before those that others share.
    return [text for *_, text in sorted(ranked, key=lambda each: each[:3])][:_MAX_NAMES]


def _values(case: Case, name: str) -> dict[str, Json]:
    """The different values under a name, by their texts."""
    all_values = [values.get(name, _NOTHING) for values in case.values]
    return {repr(value): value for value in all_values}


def _among(values: Mapping[str, Json], by_example: bool) -> str:
    several = list(values.values())
    if not by_example and all(isinstance(value, list) for value in several):
        return _items(len(value) for value in several)
    if len(several) > _MAX_VALUES and not by_example:
        numbers = [
            value for value in several if isinstance(value, int | float) and not isinstance(value, bool)
        ]
        if len(numbers) == len(several):
            return f"is between {formats.value(min(numbers))} and {formats.value(max(numbers))}"
        return f"is one of {formats.count(len(several))} values"
    texts = [_value(value) for value in several[:_MAX_VALUES]]
    words = formats.listed(texts, " or ")
    return f"is {words}, for example" if by_example else f"is {words}"


def _items(numbers: Iterable[int]) -> str:
    lengths = sorted(numbers)
    low, high = lengths[0], lengths[-1]
    if not high:
        return "is empty"
    return (
        f"has {formats.things(high, 'item')}"
        if low == high
        else f"has {low} to {formats.things(high, 'item')}"
    )


def _value(value: Json) -> str:
    match value:
        case _Nothing():
            return "not known"
        case None | "" | [] | {}:
            return "empty"
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return formats.value(value)
    return _short(value) if isinstance(value, str) else "filled in"


def _by_text(texts: Sequence[str], shown: Counter[str], variants: int) -> list[str]:
    """The text that the fewest other variants have, or else one that only this variant lacks."""
    if variants < 2:
        return []
    rare = min(texts, key=lambda text: shown[text], default=None)
    if rare is not None and shown[rare] < variants:
        return [f"shows “{_short(rare)}”"]
    lacking = [text for text in shown if text not in texts]
    return [f"leaves out “{_short(max(lacking, key=lambda text: shown[text]))}”"] if lacking else []


def _short(text: str) -> str:
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH].rstrip()}…"

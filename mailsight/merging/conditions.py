"""Chooses the branches of conditions that are written as tags around text, whatever a language's tags look like."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["if", "elseif", "else", "end"]


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of a condition. `family`: what its other tags have in common with it; "" belongs to any condition."""

    match: re.Match[str]
    role: Role
    family: str = ""


def chosen(
    template: str, tags: Sequence[Tag], holds: Callable[[Tag], bool | None]
) -> tuple[str, tuple[str, ...]]:
    """The template with the branches that hold, without their tags, and the tags that are left in the text.

    Those are tags without their counterparts, and conditions for which `holds` returns None because they can't be
    decided: all their branches stay.
    """
    reading = _Reading(holds)
    start = 0
    for tag, is_paired in zip(tags, _pairs(tags), strict=True):
        reading.text(template[start : tag.match.start()])
        start = tag.match.end()
        if is_paired:
            reading.tag(tag)
        else:
            reading.leave(tag)
    reading.text(template[start:])
    return "".join(reading.parts), tuple(dict.fromkeys(reading.left))


@dataclass(slots=True)
class _Condition:
    """A condition that is open. `is_literal`: its tags are left in the text from here on."""

    was_shown: bool
    is_decided: bool
    is_literal: bool = False


@dataclass(slots=True)
class _Reading:
    """What is read of a template so far."""

    holds: Callable[[Tag], bool | None]
    parts: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    is_shown: bool = True
    conditions: list[_Condition] = field(default_factory=list)

    def text(self, text: str) -> None:
        if self.is_shown:
            self.parts.append(text)

    def leave(self, tag: Tag) -> None:
        if self.is_shown:
            self.parts.append(tag.match.group())
            self.left.append(tag.match.group())

    def tag(self, tag: Tag) -> None:
        if tag.role == "if":
            self.conditions.append(_Condition(self.is_shown, is_decided=not self.is_shown))
        condition = self.conditions[-1]
        if tag.role == "end":
            self.conditions.pop()
            self.is_shown = condition.was_shown
        if condition.is_literal:
            self.leave(tag)
        elif tag.role != "end":
            self._branch(tag, condition)

    def _branch(self, tag: Tag, condition: _Condition) -> None:
        result = not condition.is_decided and (tag.role == "else" or self.holds(tag))
        self.is_shown = result is not False
        if result is None:
            condition.is_literal = True
            self.leave(tag)
        condition.is_decided |= bool(result)


def _pairs(tags: Sequence[Tag]) -> list[bool]:
    """For each tag, whether it belongs to a condition that begins and ends."""
    paired = [False] * len(tags)
    stack: list[list[int]] = []  # of each open condition, the positions of its tags
    families = Counter[str]()
    for position, tag in enumerate(tags):
        if tag.role == "if":
            stack.append([position])
            families[tag.family] += 1
        elif not (families[tag.family] if tag.family else stack):
            continue
        elif tag.role == "end":
            while tag.family not in ("", family := tags[stack[-1][0]].family):
                families[family] -= 1
                stack.pop()
            families[family] -= 1
            for member in (*stack.pop(), position):
                paired[member] = True
        elif tag.family in ("", tags[stack[-1][0]].family) and tags[stack[-1][-1]].role != "else":
            stack[-1].append(position)
    return paired

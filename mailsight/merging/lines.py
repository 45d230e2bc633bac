"""The lines of a template, and those that hold nothing but tags which write nothing."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

LINE = re.compile(r"[^\n]*\n|[^\n]+")


class Part(Protocol):
    """A tag, or a text of the kind "text", which is no more than a line."""

    @property
    def kind(self) -> str: ...

    @property
    def source(self) -> str: ...


P = TypeVar("P", bound=Part)


def without_tag_lines(parts: Iterable[P], silent: Collection[str]) -> Iterator[P]:
    """The parts without the text of lines that hold only tags, all of kinds that write nothing."""
    line: list[P] = []
    for part in parts:
        line.append(part)
        if part.kind == "text" and part.source.endswith("\n"):
            yield from _written(line, silent)
            line = []
    yield from _written(line, silent)


def _written(line: Sequence[P], silent: Collection[str]) -> Sequence[P]:
    tags = [part for part in line if part.kind != "text"]
    is_silent = tags and all(tag.kind in silent for tag in tags)
    has_text = any(part.source.strip() for part in line if part.kind == "text")
    return tags if is_silent and not has_text else line

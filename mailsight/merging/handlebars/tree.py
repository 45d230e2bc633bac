"""Handlebars templates as a tree: what `parser` reads and `template` renders."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mailsight.merging.values import Json


@dataclass(frozen=True, slots=True)
class Path:
    """A name: `person.name`, `../name`, `@index`, `this`. `depth` counts the leading `..`."""

    original: str
    parts: tuple[str, ...]
    depth: int = 0
    is_data: bool = False

    @property
    def is_scoped(self) -> bool:
        """Whether it says which object to look in, such as `this.name`."""
        return self.original.startswith(".") or re.search(r"this\b", self.original) is not None

    @property
    def simple(self) -> str | None:
        """The name, if it may be that of a helper."""
        is_simple = len(self.parts) == 1 and not (self.depth or self.is_data or self.is_scoped)
        return self.parts[0] if is_simple else None


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, number, true, false, null or undefined."""

    value: Json
    original: str


@dataclass(frozen=True, slots=True)
class Call:
    """The inside of a tag or of parentheses: a name, and what it is called with."""

    callee: Path | Literal
    arguments: tuple["Expression", ...] = ()
    options: Mapping[str, "Expression"] = field(default_factory=dict)
    block_names: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The name; a literal is one too."""
        original = self.callee.original
        return (
            self.callee if isinstance(self.callee, Path) else Path(original, (original,) if original else ())
        )


Expression = Path | Literal | Call


@dataclass(frozen=True, slots=True)
class Strip:
    """Whether a tag removes the white space before it (`{{~`) and after it (`~}}`)."""

    before: bool = False
    after: bool = False


@dataclass(slots=True)
class Text:
    """Text between tags. `value` is what is left of it once white space is removed."""

    original: str
    value: str = ""
    end: int = 0
    is_stripped_left: bool = False
    is_stripped_right: bool = False

    def __post_init__(self) -> None:
        self.value = self.original


@dataclass(slots=True)
class Tag:
    """A tag that is not a block: a field, a comment, or, without a call, code that can't be read."""

    source: str
    end: int
    strip: Strip = Strip()
    call: Call | None = None
    is_raw: bool = False
    is_comment: bool = False


@dataclass(slots=True)
class Partial:
    """`{{> name}}`. `indent` is the white space before it, if nothing else is on its line."""

    source: str
    end: int
    strip: Strip
    call: Call
    indent: str = ""


@dataclass(slots=True)
class Body:
    """A part of a template, and the partials that are defined in it."""

    nodes: list["Node"] = field(default_factory=list)
    partials: dict[str, "Body"] = field(default_factory=dict)


@dataclass(slots=True)
class Branch:
    """`{{#if}}` or `{{else if}}`, up to the next one. An `{{^inverted}}` block without an else has no body."""

    source: str
    strip: Strip
    call: Call
    body: Body | None


@dataclass(slots=True)
class Else:
    """What is shown if no branch of a block is."""

    body: Body
    source: str = ""
    strip: Strip = Strip()


@dataclass(slots=True)
class Block:
    """`{{#block}}...{{/block}}`. Its kind: "block", "inverted" (`^`), "partial_block" (`#>`) or "decorator" (`#*`)."""

    kind: str
    branches: list[Branch]
    otherwise: Else | None
    close_source: str
    close_strip: Strip
    end: int


@dataclass(slots=True)
class Raw:
    """`{{{{raw}}}}...{{{{/raw}}}}`: a text in which nothing is a tag."""

    source: str
    end: int
    text: str


Node = Text | Tag | Partial | Block | Raw

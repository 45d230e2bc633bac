"""The parts of a mail, and how many a mail may have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from . import charsets
from .headers import Header

# Forwarded mails of forwarded mails are a few dozen levels deep.
MAX_DEPTH = 100
MAX_PARTS = 5_000
TOO_NESTED = "has parts that are nested too deeply for an e-mail"
TOO_MANY = f"has more than {MAX_PARTS:,} parts"
MESSAGES = ("message/rfc822", "message/global", "message/news")


@dataclass(frozen=True, slots=True)
class Entity:
    """A mail or a part of it: its type, such as "text/html"; its decoded body; its parts, if it has any.

    Of those with parts, only a forwarded mail has a body: its source.
    """

    header: Header
    type: str
    body: bytes = b""
    parts: Sequence["Entity"] = field(default=())

    @property
    def boundary(self) -> str:
        return self.header.content_type.parameters.get("boundary", "")

    @property
    def is_message(self) -> bool:
        """Whether it is a forwarded mail, which is then its only part."""
        return self.type in MESSAGES

    @property
    def text(self) -> str:
        """The body as text: see `charsets.decode`."""
        return charsets.decode(self.body, self.header.content_type.parameters.get("charset"))

    def walk(self) -> Iterator["Entity"]:
        """The entity and all those below it, in the order of the source."""
        yield self
        for part in self.parts:
            yield from part.walk()

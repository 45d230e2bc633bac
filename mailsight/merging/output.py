"""What a renderer writes, within limits, and what it notes on the way."""

from .rendering import Rendered

MAX_CHARACTERS = 5_000_000  # beyond those of the template
MAX_STEPS = 200_000
MAX_NOTES = 1_000
MAX_NOTE_LENGTH = 100


class TooMuch(Exception):
    """A template that writes more, or takes more steps, than any mail needs."""


class Output:
    """Collects the text of one template. Raises `TooMuch` once a loop has filled it or taken too many steps."""

    def __init__(self, template: str) -> None:
        self._parts: list[str] = []
        self._characters_left = MAX_CHARACTERS + len(template)
        self._steps_left = MAX_STEPS + len(template)
        self._unknown: dict[str, None] = {}
        self._assumed: dict[str, None] = {}
        self._unsupported: dict[str, None] = {}

    def write(self, text: str) -> None:
        self._characters_left -= len(text)
        if self._characters_left < 0:
            raise TooMuch
        self._parts.append(text)

    def step(self, steps: int = 1) -> None:
        """Counts what a template does, so that a loop which writes nothing ends too."""
        self._steps_left -= steps
        if self._steps_left < 0:
            raise TooMuch

    def mark(self) -> int:
        """A place that `cut` takes the text from."""
        return len(self._parts)

    def cut(self, mark: int) -> str:
        """Takes back what was written since the mark, which still counts."""
        text = "".join(self._parts[mark:])
        del self._parts[mark:]
        return text

    def rest(self, text: str) -> None:
        """Writes a part of the template itself, which always has room."""
        self._parts.append(text)

    def unknown(self, name: str) -> None:
        _note(self._unknown, name)

    def assumed(self, name: str) -> None:
        _note(self._assumed, name)

    def unsupported(self, code: str) -> None:
        _note(self._unsupported, code)

    def rendered(self) -> Rendered:
        return Rendered(
            "".join(self._parts), tuple(self._unknown), tuple(self._assumed), tuple(self._unsupported)
        )


def _note(notes: dict[str, None], text: str) -> None:
    if len(notes) < MAX_NOTES:
        notes[text if len(text) <= MAX_NOTE_LENGTH else f"{text[:MAX_NOTE_LENGTH]}…"] = None

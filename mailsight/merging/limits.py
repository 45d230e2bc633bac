"""Bounds on what the texts of an e-mail may use: their steps, the size of values, and the length of what they write.

They are far above what senders need, and keep the time that a template takes linear in its length. An expression whose
value is too large fails alone, with `OverflowError`; a template that takes too many steps, or writes too much, stops
with `TooCostly`.
"""

from collections.abc import Sized
from typing import TypeVar

T = TypeVar("T")

MAX_CHARACTERS = 5_000_000
MAX_STEPS = 500_000
MAX_ITEMS = 100_000
#: Of one value: filters read it whole.
MAX_TEXT = 500_000
_MAX_BITS = 4_096
_CHARACTERS_PER_STEP = 100
_ITEMS_PER_STEP = 10

#: What libraries raise for code and values that make no sense.
ERRORS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class TooCostly(MemoryError):
    """An e-mail takes more steps, or writes more, than any needs."""


class Budget:
    """What the texts of one e-mail may still take and write together, however often they are rendered.

    `length`: of the templates. What they hold themselves always fits.
    """

    def __init__(self, length: int = 0) -> None:
        self._steps_left = MAX_STEPS + length
        self._characters_left = MAX_CHARACTERS + length

    @property
    def is_spent(self) -> bool:
        """Whether something was too costly, so that not all of the e-mail was rendered."""
        return min(self._steps_left, self._characters_left) < 0

    def spend(self, steps: int = 1) -> None:
        """Take steps. Raises `TooCostly` if there are none left."""
        self._steps_left -= steps
        if self._steps_left < 0:
            raise TooCostly

    def write(self, characters: int) -> None:
        """Write characters. Raises `TooCostly` if they are too many."""
        self._characters_left -= characters
        if self._characters_left < 0:
            raise TooCostly

    def each(self, value: object) -> None:
        """Charge a value that is read item by item, or a text that is read letter by letter."""
        if isinstance(value, Sized):
            self.spend(len(value))

    def sized(self, value: T) -> T:
        """Charge the size of a value to the budget, and return it. Raises `OverflowError` if it is too large."""
        if isinstance(value, int):
            if value.bit_length() > _MAX_BITS:
                raise OverflowError
        elif isinstance(value, str):
            self.spend(1 + len(value) // _CHARACTERS_PER_STEP)
            fits(len(value))
        elif isinstance(value, Sized):
            self.spend(1 + len(value) // _ITEMS_PER_STEP)
            if len(value) > MAX_ITEMS:
                raise OverflowError
        return value


def fits(characters: int) -> None:
    """Check the length of a text before it is made. Raises `OverflowError` if it is too long."""
    if characters > MAX_TEXT:
        raise OverflowError

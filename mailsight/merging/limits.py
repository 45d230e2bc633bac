"""Bounds on what a template may use: its steps, the size of its values, and the length of its output.

They are far above what senders need, and keep the time that a template takes linear in its length. An expression whose
value is too large fails alone, with `OverflowError`; a template that takes too many steps stops, with `MemoryError`.
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
_CHARACTERS_PER_STEP = 1_000
_ITEMS_PER_STEP = 10

#: What libraries raise for code and values that make no sense.
ERRORS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class Budget:
    """The steps that a template may still take."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self._left = steps

    def spend(self, steps: int = 1) -> None:
        """Take steps. Raises `MemoryError` if there are none left."""
        self._left -= steps
        if self._left < 0:
            raise TooCostly

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


class TooCostly(MemoryError):
    """A template takes more steps, or writes more, than any mail needs."""

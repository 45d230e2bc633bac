"""Which rows were seen already, in memory that doesn't grow with their number."""

from array import array

PLACES = 2**20


class Seen:
    """Remembers the hash of the last row with each key, in a place that keys may have to share.

    A row that differs from the last one with its key is new, and so is one that the row of another key displaced. That
    costs a row more but changes no value: the last row of a key counts in either case.
    """

    __slots__ = ("_hashes",)

    def __init__(self) -> None:
        self._hashes = array("q", bytes(8 * PLACES))

    def is_new(self, key: object, *values: object) -> bool:
        """Whether a row with this key and these other values is new. From now on, it isn't."""
        place, hashed = hash(key) % PLACES, hash((key, *values))
        is_new = self._hashes[place] != hashed
        self._hashes[place] = hashed
        return is_new

"""Which rows have been seen, in a fixed amount of memory."""

from array import array

PLACES = 2**20


class Seen:
    """Remembers the hash of the last row with each key, in a place that it may share with other keys.

    A row is new if it differs from the last one with its key, or if another key has taken its place since. It is then
    written twice, which does no harm: the last row of a key counts.
    """

    __slots__ = ("_hashes",)

    def __init__(self) -> None:
        self._hashes = array("q", bytes(8 * PLACES))

    def is_new(self, key: object, *values: object) -> bool:
        """Whether a row with this key and these other values is new. Remembers it."""
        place, hashed = hash(key) % PLACES, hash((key, *values))
        is_new = self._hashes[place] != hashed
        self._hashes[place] = hashed
        return is_new

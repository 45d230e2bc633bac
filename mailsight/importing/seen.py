"""Which values were seen already, in memory that doesn't grow with their number."""

from array import array

PLACES = 2**20


class Seen:
    """Remembers the hashes of values, each in a place of its own as far as there are places.

    A value that another one displaced is new again. It costs a row more, which the load recognises.
    """

    __slots__ = ("_hashes",)

    def __init__(self) -> None:
        self._hashes = array("q", bytes(8 * PLACES))

    def is_new(self, *values: object) -> bool:
        """Whether these values are new. From now on, they aren't."""
        hashed = hash(values)
        place = hashed % PLACES
        is_new = self._hashes[place] != hashed
        self._hashes[place] = hashed
        return is_new

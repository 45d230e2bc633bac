"""Values that PHP's `serialize` wrote into a column, as plain Python values. They may come from anybody.

Lists are dictionaries with whole numbers as keys, as in PHP. Objects, references and enums become None: nothing is
created and nothing runs. Texts whose length is wrong, because the column changed its character set, end at the next
`";`. (phpserialize, last released in 2016, has no limits.)
"""

from collections.abc import Callable

MAX_BYTES = 16_000_000
MAX_VALUES = 200_000
MAX_DEPTH = 40


class _NotSerialized(ValueError):
    """The text is not what `serialize` writes, or more than is read."""


def read(text: str | None) -> object:
    """The value of a serialised text. None if it is empty or can't be read, as PHP programs take it."""
    if not text:
        return None
    try:
        return unserialize(text)
    except _NotSerialized:
        return None


def read_array(text: str | None) -> dict[int | str, object]:
    """The array of a serialised text, empty if there is none."""
    value = read(text)
    return value if isinstance(value, dict) else {}


def unserialize(text: str) -> object:
    """The value of a serialised text. Raises `ValueError`."""
    data = text.encode("utf-8", "surrogatepass")
    if len(data) > MAX_BYTES:
        raise _NotSerialized("too long")
    return _Reader(data).value(0)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0
        self._values = 0

    def value(self, depth: int) -> object:
        self._values += 1
        if depth > MAX_DEPTH or self._values > MAX_VALUES:
            raise _NotSerialized("too many values, or nested too deeply")
        kind = self._data[self._position : self._position + 2]
        self._position += 2
        if kind == b"N;":
            return None
        if kind in _SCALARS:
            return _SCALARS[kind](self._until(b";"))
        if kind == b"s:":
            return self._string(b'";')
        if kind == b"a:":
            return self._array(depth)
        self._pass_over(kind, depth)
        return None

    def _pass_over(self, kind: bytes, depth: int) -> None:
        match kind:
            case b"O:":
                self._string(b'":')
                self._array(depth)
            case b"C:":
                self._string(b'":')
                self._skip(_whole(self._until(b":")))
            case b"S:" | b"E:":
                self._string(b'";')
            case b"R:" | b"r:":
                self._until(b";")
            case _:
                raise _NotSerialized(f"unknown type at byte {self._position - 2}")

    def _array(self, depth: int) -> dict[int | str, object]:
        count = _whole(self._until(b":"))
        self._expect(b"{")
        array: dict[int | str, object] = {}
        for _ in range(count):
            key = self.value(depth + 1)
            if not isinstance(key, int | str):
                raise _NotSerialized("a key that is neither a number nor a text")
            array[key] = self.value(depth + 1)
        self._expect(b"}")
        return array

    def _string(self, closing: bytes) -> str:
        length = _whole(self._until(b":"))
        self._expect(b'"')
        start, end = self._position, self._position + length
        if self._data[end : end + 2] != closing:
            end = self._data.find(closing, start)
            if end < 0:
                raise _NotSerialized("a text without an end")
        self._position = end + 2
        return self._data[start:end].decode("utf-8", "replace")

    def _skip(self, length: int) -> None:
        self._position += length + 2
        if self._position > len(self._data):
            raise _NotSerialized("cut off")

    def _until(self, mark: bytes) -> bytes:
        end = self._data.find(mark, self._position, self._position + 400)
        if end < 0:
            raise _NotSerialized(f"no {mark.decode()} after byte {self._position}")
        part = self._data[self._position : end]
        self._position = end + 1
        return part

    def _expect(self, mark: bytes) -> None:
        if self._data[self._position : self._position + 1] != mark:
            raise _NotSerialized(f"no {mark.decode()} at byte {self._position}")
        self._position += 1


def _whole(digits: bytes) -> int:
    try:
        return int(digits)
    except ValueError as error:
        raise _NotSerialized("not a whole number") from error


def _number(digits: bytes) -> float:
    try:
        return float(digits)
    except ValueError as error:
        raise _NotSerialized("not a number") from error


_SCALARS: dict[bytes, Callable[[bytes], object]] = {
    b"b:": lambda digits: digits == b"1",
    b"i:": _whole,
    b"d:": _number,
}

"""What changed in a table, by the checksums of its blocks of ids."""

import pytest

from mailsight.importing.databases.changes import changed


@pytest.mark.parametrize(
    ("checksums", "known", "read"),
    [
        ({}, {}, []),
        ({0: "a", 1: "b", 2: "c"}, {}, [(0, 2999, ["a", "b", "c"])]),
        ({0: "a", 1: "b", 2: "c"}, {"t 0": "a", "t 1": "b", "t 2": "c"}, []),
        ({0: "a", 1: "x", 2: "c"}, {"t 0": "a", "t 1": "b", "t 2": "c"}, [(1000, 1999, ["x"])]),
        ({7: "a", 0: "b", 9: "c"}, {}, [(0, 999, ["b"]), (7000, 7999, ["a"]), (9000, 9999, ["c"])]),
        ({0: "x", 1: "b", 2: "y"}, {"t 1": "b"}, [(0, 999, ["x"]), (2000, 2999, ["y"])]),
        ({0: "a"}, {"t 0": "a", "t 1": "b"}, []),  # the rows of a block were deleted
    ],
)
def test_neighbouring_blocks_that_changed_are_read_at_once(
    checksums: dict[int, str], known: dict[str, str], read: list[tuple[int, int, list[str]]]
) -> None:
    runs = [
        (first, last, [position.value for position in positions])
        for first, last, positions in changed("t", checksums, known)
    ]
    assert runs == read

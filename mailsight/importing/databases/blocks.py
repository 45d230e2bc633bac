"""What changed in a table that doesn't say when its rows did: each block of ids has a checksum."""

from collections.abc import Iterator, Mapping

from mailsight.importing.sources import Position

# The ids that share a checksum.
IDS = 1_000


def changed(
    table: str, checksums: Mapping[int, str], positions: Mapping[str, str]
) -> Iterator[tuple[int, int, list[Position]]]:
    """The first and last id of what changed or is new, and the positions that follow: the checksums of its blocks.

    Blocks next to each other are read at once.
    """
    run: list[Position] = []
    start = end = 0
    for block, checksum in sorted(checksums.items()):
        position = Position(f"{table} {block}", checksum)
        if positions.get(position.name) == checksum:
            continue
        if run and block != end:
            yield start * IDS, end * IDS - 1, run
            run = []
        start, end = (start if run else block), block + 1
        run.append(position)
    if run:
        yield start * IDS, end * IDS - 1, run

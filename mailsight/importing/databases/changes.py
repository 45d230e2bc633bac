"""What is new in a source's tables: blocks of ids have checksums, for tables that don't say when their rows changed."""

from collections.abc import Iterator, Mapping
from datetime import datetime

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


def event_id(kind: str, number: int, at: datetime | None) -> str:
    """The id of an event: with its time, because a database that is restored gives its last ids to other rows."""
    return f"{kind}-{number}-{int(at.timestamp()) if at else ''}"

"""Compares the load of many small files with that of one file that holds the same events."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

FILES, FILE_EVENTS = 2_000, 10
EVENTS = FILES * FILE_EVENTS
LABEL = f"load of {FILES:,} files of {FILE_EVENTS} events: times a single file"


def times_a_single_file(
    lines: Sequence[str], folder: Path, name: str, load: Callable[[Path, Path], object]
) -> float:
    """Return how many times the processor time of a single file the small ones take.

    `lines` are the events, one a line; `name` is what the names of the files begin and end with, around a #. `load`
    gets the database and the folder of files.
    """
    spent = []
    for files in (1, FILES):
        exported, size = folder / f"{files} files", len(lines) // files
        exported.mkdir()
        for number in range(files):
            text = "".join(lines[number * size : (number + 1) * size])
            (exported / name.replace("#", f"{number:05}")).write_text(text, encoding="utf-8")
        start = time.process_time()
        load(folder / f"{files}.duckdb", exported)
        spent.append(time.process_time() - start)
    return spent[1] / spent[0]

"""Works on the touched campaigns in parts, so that memory doesn't grow with the events of a load."""

from collections.abc import Iterator

from mailsight.warehouse.draft import Draft

# The events of a part. DuckDB holds what it counts and compares of them in memory.
PART_EVENTS = 2_000_000


def in_parts(work: Draft) -> Iterator[None]:
    """Touches the touched campaigns with so many events at a time; at the end, all of them again."""
    parts = work.run("split_touched", most=PART_EVENTS)
    for (part,) in parts:
        work.run("touch_part", part=part, most=PART_EVENTS)
        yield
        if len(parts) > 1:
            work.write_to_disk()
    work.run("touch_parts")

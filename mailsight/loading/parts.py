"""Works on the touched campaigns in parts, so that memory doesn't grow with the events of a load."""

from collections.abc import Iterator

from mailsight.warehouse.draft import Draft


def in_parts(work: Draft) -> Iterator[None]:
    """Touches the touched campaigns of some two million events at a time; at the end, all of them again."""
    for (part,) in work.run("split_touched"):
        work.run("touch_part", part=part)
        yield
    work.run("touch_parts")

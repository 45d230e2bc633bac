"""The funnel of a campaign: how many messages reached each stage, and what became of those that got no further."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailsight.vocabulary import Stage, Status

from . import formats
from .metrics import Counts


@dataclass(frozen=True, slots=True)
class Reached:
    """The messages that reached a stage: `reached` = `stopped` + `opted_out` + those that reached the next stage.

    `stopped` have the state `stage.stops_as`; the customers of `opted_out` got just as far, and opted out.
    """

    stage: Stage
    reached: int
    stopped: int
    opted_out: int


def stages(counts: Counts, states: Mapping[Status, int]) -> Sequence[Reached]:
    """The four stages, from Sent to Clicked. Added up over the stages, the parts equal the five states."""
    reached = [*(getattr(counts, stage) for stage in Stage), 0]
    return [
        Reached(stage, here, stopped := states.get(stage.stops_as, 0), here - further - stopped)
        for stage, here, further in zip(Stage, reached[:-1], reached[1:], strict=True)
    ]


def beside(at: Reached) -> Sequence[str]:
    """What stands beside a stage: how many stopped there, and how many opted out after they had got that far."""
    lines = []
    if at.stage is not Stage.CLICKED:
        lines.append(f"{formats.count(at.stopped)} stopped here")
    if at.stage is Stage.SENT and at.stopped:
        lines.append(Status.NOT_RECEIVED.label.lower())
    if at.opted_out:
        lines.append(f"{formats.count(at.opted_out)} opted out")
    return lines

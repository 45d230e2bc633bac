"""How a campaign did over time: the share of customers who had opened and clicked, hour by hour since send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .metrics import share


@dataclass(frozen=True, slots=True)
class Course:
    """A campaign's curve: how many customers first opened and first clicked in each hour since send.

    The curve ends at `until_hour`, because later hours are not known yet.
    """

    letter: str
    name: str
    colour: str
    delivered: int
    opened: Mapping[int, int]
    clicked: Mapping[int, int]
    until_hour: int


def shares(hours: Mapping[int, int], delivered: int, until_hour: int, step: int) -> list[tuple[int, float]]:
    """Points of a cumulative curve: every `step` hours and at `until_hour`, with the share of delivered so far."""
    previous, total, points = 0, 0, []
    for hour in [*range(0, until_hour, step), until_hour]:
        total += sum(hours.get(elapsed, 0) for elapsed in range(previous, hour))
        previous = hour
        points.append((hour, share(total, delivered) or 0.0))
    return points


def spread(heights: Sequence[float], room: float) -> list[float]:
    """The heights of the letters at the ends of the lines, moved up where they would be closer than `room`."""
    places: dict[int, float] = {}
    for line in sorted(range(len(heights)), key=lambda line: heights[line]):
        places[line] = max(heights[line], max(places.values(), default=heights[line] - room) + room)
    return [places[line] for line in range(len(heights))]

"""The names of a pie's slices beside it, each with a line that leads to it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inkchat.reply.lettering import measure_height
from inkchat.reply.sketch import Points
from inkchat.reply.typography import Alignment, Type

LEADER_PT = 9.0
"""From the pie to where the line to a name bends."""


@dataclass(frozen=True, slots=True)
class Slice:
    number: int
    label: str
    start: float
    """Of the whole, from 0 at the top and on clockwise to 1."""
    end: float

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a slice beside the pie, and the line that leads to it."""

    text: str
    x: float
    y: float
    alignment: Alignment
    leader: Points

    def is_clear(self, centre: tuple[float, float], radius: float) -> bool:
        """Whether the line stays outside the pie once it has left it."""
        (x, y), (end_x, end_y) = self.leader[1], self.leader[2]
        steps = [number / 8 for number in range(9)]
        return all(
            math.dist(centre, (x + part * (end_x - x), y + part * (end_y - y))) > radius + 1
            for part in steps
        )


@dataclass(frozen=True, slots=True)
class NameColumns:
    """The names of `slices`, those of each half below each other at its side."""

    slices: Sequence[Slice]
    type_: Type
    radius: float
    name_pt: float
    """Width of a name."""

    @property
    def height_pt(self) -> float:
        return max(sum(self._measure_name(one) for one in side) for side in self._part())

    def place(self, centre: tuple[float, float], height_pt: float) -> list[Name] | None:
        """The names, in no more than that height; None if the line to one crosses the pie."""
        top = centre[1] - height_pt / 2
        names = [
            name
            for side in self._part()
            for name in self._place_side(side, centre, (top, top + height_pt))
        ]
        return names if all(name.is_clear(centre, self.radius) for name in names) else None

    def _part(self) -> tuple[list[Slice], list[Slice]]:
        """Those of the right half, and those of the left."""
        return (
            [one for one in self.slices if one.middle <= 0.5],
            [one for one in self.slices if one.middle > 0.5],
        )

    def _measure_name(self, one: Slice) -> float:
        return measure_height(one.label, self.type_, self.name_pt) + 2

    def _place_side(
        self, side: Sequence[Slice], centre: tuple[float, float], within: tuple[float, float]
    ) -> Iterator[Name]:
        """The names of the slices of one half, from above to below."""
        is_right = bool(side) and side[0].middle <= 0.5
        sign = 1 if is_right else -1
        falling = sorted(side, key=lambda one: one.middle, reverse=not is_right)
        heights = [self._measure_name(one) for one in falling]
        wanted = [
            find_point(one.middle, centre, self.radius)[1] - height / 2
            for one, height in zip(falling, heights, strict=True)
        ]
        tops = _place(wanted, heights, within)
        for one, top, height in zip(falling, tops, heights, strict=True):
            middle = top + height / 2
            bend = centre[0] + sign * (self.radius + LEADER_PT)
            leader = (
                find_point(one.middle, centre, self.radius),
                find_point(one.middle, centre, self.radius + 3),
                (bend, middle),
                (bend + sign * 4, middle),
            )
            x = bend + 7 if is_right else bend - 7 - self.name_pt
            yield Name(one.label, x, top + 1, "left" if is_right else "right", leader)


def find_point(part: float, centre: tuple[float, float], radius: float) -> tuple[float, float]:
    """Where `part` of a circle ends, from its top on and clockwise."""
    angle = 2 * math.pi * part
    return centre[0] + radius * math.sin(angle), centre[1] - radius * math.cos(angle)


def _place(wanted: list[float], heights: list[float], within: tuple[float, float]) -> list[float]:
    """Places from above to below, near the wanted ones, that do not overlap."""
    tops: list[float] = []
    for top, _ in zip(wanted, heights, strict=True):
        least = tops[-1] + heights[len(tops) - 1] if tops else within[0]
        tops.append(max(top, least))
    limit = within[1]
    for number in range(len(tops) - 1, -1, -1):
        tops[number] = min(tops[number], limit - heights[number])
        limit = tops[number]
    return tops

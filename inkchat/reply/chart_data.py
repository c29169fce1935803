"""A chart as numbers and words, before anything is known of its form on the page."""

from dataclasses import dataclass
from enum import StrEnum


class ChartKind(StrEnum):
    BAR = "bar"
    LINE = "line"
    PIE = "pie"
    SCATTER = "scatter"


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    """Without numbers written for it: its place, from 0."""
    y: float | None
    """None where nothing was measured."""


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    kind: ChartKind
    series: tuple[Series, ...]
    labels: tuple[str, ...] = ()
    """Of the places 0, 1, 2 …, or of each x of a line; none below scattered points."""
    has_numeric_x: bool = False
    title: str = ""
    x_label: str = ""
    y_label: str = ""
    unit: str = ""
    note: str = ""
    is_stacked: bool = False
    is_horizontal: bool = False

    @property
    def values(self) -> list[float]:
        return [point.y for one in self.series for point in one.points if point.y is not None]

    @property
    def largest(self) -> float:
        """Of the values, whatever their signs."""
        return max(map(abs, self.values))


def list_stacked(chart: Chart) -> list[tuple[tuple[float, int], float, float]]:
    """Of stacked bars: place and number of the series, and between which values a part lies."""
    ends: dict[tuple[float, bool], float] = {}
    parts = []
    for number, one in enumerate(chart.series):
        for point in one.points:
            if point.y is not None:
                side = (point.x, point.y < 0)
                start = ends.get(side, 0.0)
                ends[side] = start + point.y
                parts.append(((point.x, number), start, ends[side]))
    return parts

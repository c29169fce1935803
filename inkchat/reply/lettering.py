"""In which type the words of a figure are set: the largest in which all of it fits."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from inkchat.reply.breaks import BREAKS
from inkchat.reply.fonts import Face
from inkchat.reply.prose import make_prose
from inkchat.reply.runs import measure_runs, split_runs
from inkchat.reply.sketch import Sketch
from inkchat.reply.typography import Type, Typography

EASY_PT = 9.0
"""Can be read with ease: below it a figure is set in another form first, if it has one."""
_SIZES_PT = (11.0, 10.0, 9.0, 8.0, 7.5, 7.0)


@dataclass(frozen=True, slots=True)
class Room:
    """What a figure may take of a page, in points."""

    width_pt: float
    height_pt: float
    least_pt: float
    """Size of its smallest words."""


def compose_largest(
    compose: Callable[[Type], Sketch | None], room: Room, least_pt: float = 0.0
) -> Sketch | None:
    """The sketch in the first type in which `compose` finds room; of `least_pt` at least."""
    for type_ in _list_types(room):
        if type_.size_pt < least_pt:
            break
        sketch = compose(type_)
        if sketch is not None:
            return sketch
    return None


def find_easy_size(typography: Typography) -> float:
    """The smallest size in points that is read with ease, for all but very small screens."""
    return min(EASY_PT, typography.cell.size_pt)


def _list_types(room: Room) -> Iterator[Type]:
    """The best first."""
    least_pt = room.least_pt
    for size_pt in sorted({max(size_pt, least_pt) for size_pt in _SIZES_PT}, reverse=True):
        yield Type(Face.SANS, size_pt, round(1.24 * size_pt, 1))


def measure_line(text: str, type_: Type) -> float:
    """Width in points of `text` on one line."""
    return measure_runs(split_runs(text, type_.face), type_.size_pt)


def measure_words(text: str, type_: Type) -> float:
    """Width in points of the widest word: in less, words are broken."""
    return max((measure_line(word, type_) for word in BREAKS.split(text) if word), default=0.0)


def measure_height(text: str, type_: Type, width_pt: float) -> float:
    """Height in points of `text` in lines of this width."""
    return make_prose(text, type_).wrap(width_pt + 0.05, math.inf)[1]

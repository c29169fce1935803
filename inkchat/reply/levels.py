"""What is open around a block: lists, quotations, definitions, and what hangs before it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from markdown_it.token import Token

from inkchat.reply.bidi import find_direction
from inkchat.reply.flow import Bar, Block, Marker, Setting
from inkchat.reply.fonts import Face
from inkchat.reply.listing import Listing
from inkchat.reply.prose import Prose
from inkchat.reply.runs import Run, measure_runs, split_runs
from inkchat.reply.typography import Typography

_DEEPEST_INDENT = 0.4
"""Of the text's width: lists and quotations nested deeper are not set in any further."""
_LEAST_INDENT_PT = 16.6
_MARKER_GAP_PT = 6.0
_QUOTE_INDENT_PT = 14.0
_DEFINITION_INDENT_PT = 18.0
_TASK = re.compile(r"\[([ xX])\][ \u00a0]+")
_BULLETS = ("•", "–", "·")


@dataclass(slots=True)
class _List:
    """An open list: what its items hang from."""

    numbers: Iterator[str] | None
    depth: int
    """How many lists with bullets it lies in."""
    indent_pt: float


@dataclass(slots=True)
class _Level:
    """What is open around the next block."""

    indent_pt: float = 0.0
    bars: tuple[Bar, ...] = ()
    gap_pt: float = 0.0
    """Between it and what stands before and after it."""
    is_empty: bool = True
    is_rtl: bool | None = None
    """Whether it begins at the right; None outside lists and quotations."""


class Levels:
    """Lists and quotations that are open, of an answer or of one footnote.

    Every `place` is the number of the token that opens something. `is_rtl` is the direction of
    all of it, if it has one.
    """

    def __init__(
        self,
        typography: Typography,
        tokens: Sequence[Token],
        *,
        has_rtl: bool,
        is_rtl: bool | None = None,
    ) -> None:
        self._typography = typography
        self._tokens = tokens
        self._has_rtl = has_rtl
        self._stack = [_Level(is_rtl=is_rtl)]
        self._lists: list[_List] = []
        self._markers: list[Marker] = []

    @property
    def is_rtl(self) -> bool | None:
        """Whether the next block begins at the right; None if its own letters tell."""
        return self._stack[-1].is_rtl

    @property
    def tight_gap_pt(self) -> float:
        """Between the items of a list."""
        return round(0.18 * self._typography.body.leading_pt, 2)

    def open_list(self, place: int) -> None:
        is_ordered = self._tokens[place].type == "ordered_list_open"
        numbers = _number_items(self._tokens, place) if is_ordered else []
        runs = [Run(Face.SERIF_BOLD, 1.0, max(numbers, key=len, default=""))]
        width_pt = measure_runs(runs, self._typography.body.size_pt) + _MARKER_GAP_PT
        gap_pt = self.tight_gap_pt if self._lists else self._typography.gap_pt
        self._open(place, max(_LEAST_INDENT_PT, width_pt), gap_pt)
        depth = sum(list_.numbers is None for list_ in self._lists)
        indent_pt = self._stack[-1].indent_pt
        self._lists.append(_List(iter(numbers) if numbers else None, depth, indent_pt))

    def close_list(self) -> float:
        """The same as `close`."""
        self._lists.pop()
        return self.close()

    def open_quote(self, place: int) -> None:
        outer_pt = self._stack[-1].indent_pt
        self._open(place, _QUOTE_INDENT_PT, self._typography.gap_pt)
        if self._stack[-1].indent_pt > outer_pt:
            self._stack[-1].bars += (Bar(place, outer_pt),)

    def open_definition(self, place: int) -> None:
        self._open(place, _DEFINITION_INDENT_PT)

    def _open(self, place: int, indent_pt: float, gap_pt: float = 0.0) -> None:
        current = self._stack[-1]
        deepest_pt = _DEEPEST_INDENT * self._typography.text_width_pt
        if current.indent_pt + indent_pt > deepest_pt:
            indent_pt = 0.0
        is_rtl = self.find_direction(place) if current.is_rtl is None else current.is_rtl
        indent_pt += current.indent_pt
        self._stack.append(_Level(indent_pt, current.bars, gap_pt, is_rtl=is_rtl))

    def find_direction(self, place: int) -> bool:
        """Whether the first letter in what opens at `place` is read to the left."""
        if not self._has_rtl:
            return False
        level = self._tokens[place].level
        for number in range(place + 1, len(self._tokens)):
            token = self._tokens[number]
            if token.nesting == -1 and token.level <= level:
                break
            is_rtl = find_direction(token.content) if token.type == "inline" else None
            if is_rtl is not None:
                return is_rtl
        return False

    def close(self) -> float:
        """Least space after it, in points; 0 if nothing stood in it."""
        closed = self._stack.pop()
        return 0.0 if closed.is_empty else closed.gap_pt

    # Markers

    @property
    def has_markers(self) -> bool:
        """Whether the next block is the first one of an item."""
        return bool(self._markers)

    @property
    def is_crowded(self) -> bool:
        """Whether another marker would be drawn over one, as what lies too deep is not set in."""
        return self.has_markers and self._markers[-1].edge_pt == self._lists[-1].indent_pt

    def open_item(self) -> None:
        """Hangs a bullet or a number before the next block."""
        list_ = self._lists[-1]
        body = self._typography.body
        if list_.numbers is None:
            runs = split_runs(_BULLETS[list_.depth % len(_BULLETS)], body.face)
        else:
            number = next(list_.numbers)
            if self.is_rtl:
                # The dot follows it, and so stands at its left.
                number = number[-1] + number[:-1]
            runs = split_runs(number, Face.SERIF_BOLD)
        self._markers.append(
            Marker(list_.indent_pt, _MARKER_GAP_PT, body.baseline_pt, body.size_pt, tuple(runs))
        )

    def take_task_mark(self, children: Sequence[Token]) -> None:
        """Turns the `[x]` that an item begins with into a box that hangs in its place."""
        if not (self._markers and children and children[0].type == "text"):
            return
        task = _TASK.match(children[0].content)
        if task:
            children[0].content = children[0].content[task.end() :]
            marker = replace(self._markers[-1], runs=(), is_checked=task[1] != " ")
            self._markers[-1] = marker

    def drop_marker(self) -> None:
        """Leaves out that of an item of which nothing is drawn where it stands."""
        self._markers.pop()

    def enclose(self, block: Block) -> Block:
        """`block` in its place among what is open."""
        around = self._stack[-1]
        baseline_pt = find_baseline(block.setting, self._typography)
        markers = tuple(replace(marker, baseline_pt=baseline_pt) for marker in self._markers)
        self._markers.clear()
        first_pt = max((level.gap_pt for level in self._stack if level.is_empty), default=0.0)
        for level in self._stack:
            level.is_empty = False
        return replace(
            block,
            indent_pt=around.indent_pt,
            is_rtl=bool(around.is_rtl),
            before_pt=max(block.before_pt, first_pt),
            markers=markers,
            bars=around.bars,
        )


def find_baseline(setting: Setting, typography: Typography) -> float:
    """Of its first line, from its top, in points; that of the body if it is none of type."""
    if isinstance(setting, Listing):
        return setting.baseline_pt
    return (setting.type_ if isinstance(setting, Prose) else typography.body).baseline_pt


def _number_items(tokens: Sequence[Token], place: int) -> list[str]:
    """The numbers of an ordered list: as written if they rise, else counted."""
    opening = tokens[place]
    written: list[int] = []
    for number in range(place + 1, len(tokens)):
        token = tokens[number]
        if token.level == opening.level:
            break
        if token.type == "list_item_open" and token.level == opening.level + 1:
            written.append(int(token.info))
    start = int(opening.attrGet("start") or written[0])
    rising = all(first < second for first, second in pairwise(written))
    counted = written if rising else range(start, start + len(written))
    return [f"{value}{opening.markup}" for value in counted]

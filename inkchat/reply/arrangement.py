"""How a formula fills its lines: whole if it can, else smaller or broken where TeX would break it.

What was set is remembered, since answers repeat their formulas and pages are laid out twice.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from xml.etree.ElementTree import Element

from inkchat.reply.engraving import Setting, set_outline
from inkchat.reply.equations import Equation, read_equation
from inkchat.reply.formula_breaks import (
    is_blank,
    split_clauses,
    split_inline,
    split_lines,
    split_relations,
    split_terms,
)
from inkchat.reply.outlines import Outline, join_outlines

log = logging.getLogger(__name__)

_REMEMBERED = 256
_WAYS = ((False, 1.0), (False, 0.93), (True, 1.0), (False, 0.86), (True, 0.86))
"""Whether a formula is broken, and how much it is shrunk; further, and it could not be read."""
_NEARLY = 1.02
"""How much too wide something may be for a try, since widths do not follow sizes exactly."""
_HANGING = 1.8
"""How far lines hang in that have no relation to stand below, of the size."""
_WIDEST_HEAD = 0.4
"""Of the width: lines stand below the first relation if what is before it takes no more."""
_TAG_GAP = 1.0
"""Between a formula and its number, of the size."""


@dataclass(frozen=True, slots=True)
class Line:
    x_pt: float
    """From the left of the formula's widest line."""
    outline: Outline

    @property
    def end_pt(self) -> float:
        return self.x_pt + self.outline.width_pt


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The lines of a formula, and its number, which stands at the right of the last."""

    lines: tuple[Line, ...]
    tag: Outline | None = None

    @property
    def width_pt(self) -> float:
        return max(line.end_pt for line in self.lines)


class _TooWideError(Exception):
    """A part that cannot be broken is so many times as wide as the room for it."""

    def __init__(self, excess: float) -> None:
        super().__init__()
        self.excess = excess


@lru_cache(maxsize=_REMEMBERED)
def arrange_formula(source: str, setting: Setting, room_pt: float) -> Arrangement | None:
    """The LaTeX `source` in lines of `room_pt`; None if it cannot be set so."""
    try:
        equation = _read(source, setting.is_display)
        tag = _set_tag(equation, setting)
        if tag is not None:
            room_pt -= tag.width_pt + _TAG_GAP * setting.size_pt
        # By what each way failed: a smaller size that cannot help is not tried.
        excesses = {False: 0.0, True: 0.0}
        for is_broken, factor in _WAYS:
            if factor * excesses[is_broken] > _NEARLY:
                continue
            smaller = replace(setting, size_pt=round(factor * setting.size_pt, 2))
            try:
                lines = (_break_lines if is_broken else _keep_lines)(equation, smaller, room_pt)
            except _TooWideError as error:
                excesses[is_broken] = error.excess / factor
            else:
                return Arrangement(tuple(lines), tag)
    except Exception as error:
        # Two libraries that were not made for hostile input: whatever they raise, the source is
        # shown instead.
        log.debug("a formula is shown as its source: %s", type(error).__name__)
    return None


@lru_cache(maxsize=_REMEMBERED)
def set_parts(source: str, setting: Setting, part_pt: float, most_pt: float) -> tuple[Outline, ...]:
    """The LaTeX `source` in parts between which a line of text may end; none if it cannot be set.

    It has several only if it is wider than `part_pt`; none of them is wider than `most_pt`.
    """
    try:
        equation = _read(source, setting.is_display)
        if equation.tag or any("linebreak" in part.attrib for part in equation.parts):
            return ()
        parts = tuple(set_outline(part, setting) for part in split_inline(equation.parts))
        if sum(part.width_pt for part in parts) <= part_pt:
            return (join_outlines(parts),)
        return parts if all(part.width_pt <= most_pt for part in parts) else ()
    except Exception as error:
        log.debug("a formula is shown as its source: %s", type(error).__name__)
        return ()


@lru_cache(maxsize=_REMEMBERED)
def _read(source: str, is_display: bool) -> Equation:
    return read_equation(source, is_display=is_display)


@lru_cache(maxsize=_REMEMBERED)
def _set_whole(equation: Equation, setting: Setting) -> tuple[Outline, ...]:
    """One outline for each line that the formula has."""
    if len(equation.parts) == 1:
        return (set_outline(equation.parts, setting),)
    return tuple(set_outline(line, setting) for line in split_lines(equation.parts))


def _set_tag(equation: Equation, setting: Setting) -> Outline | None:
    return _set_whole(_read(equation.tag, False), setting)[0] if equation.tag else None


def _keep_lines(equation: Equation, setting: Setting, room_pt: float) -> list[Line]:
    """The lines that the formula has; raises `_TooWideError`."""
    outlines = _set_whole(equation, setting)
    widest_pt = max(outline.width_pt for outline in outlines)
    if widest_pt > room_pt:
        raise _TooWideError(widest_pt / max(room_pt, 1.0))
    return [Line((widest_pt - outline.width_pt) / 2, outline) for outline in outlines]


def _break_lines(equation: Equation, setting: Setting, room_pt: float) -> list[Line]:
    """More lines than it has; raises `_TooWideError`."""
    lines: list[Line] = []
    indent_pt = _HANGING * setting.size_pt
    for parts in split_lines(equation.parts):
        broken, indent_pt = _break_line(parts, setting, room_pt, indent_pt)
        lines += broken
    return lines


def _break_line(
    parts: Sequence[Element], setting: Setting, room_pt: float, indent_pt: float
) -> tuple[list[Line], float]:
    """`parts` in as many lines as they need, and how far relations hang in.

    `indent_pt` is where those of the line above do.
    """
    clauses = split_clauses(parts)
    if len(clauses) > 1 and set_outline(parts, setting).width_pt > room_pt:
        return _break_clauses(clauses, setting, room_pt, indent_pt)
    head, *relations = split_relations(parts)
    if not relations:
        return _fill_lines(head, setting, room_pt), indent_pt
    hanging_pt = _HANGING * setting.size_pt
    if all(map(is_blank, head)):
        # Nothing but a relation, which goes on from the line above.
        first, indents_pt = [], [indent_pt, hanging_pt]
    else:
        outline = set_outline(head, setting)
        first, indents_pt = [Line(0.0, outline)], [outline.width_pt, hanging_pt]
        if outline.width_pt > _WIDEST_HEAD * room_pt:
            first, indents_pt = _fill_lines(head, setting, room_pt), [hanging_pt]
    for indent_pt in indents_pt:
        with suppress(_TooWideError):
            return _hang_lines(first, relations, setting, room_pt, indent_pt), indent_pt
    indent_pt = hanging_pt / 2
    return _hang_lines(first, relations, setting, room_pt, indent_pt), indent_pt


def _break_clauses(
    clauses: Sequence[Sequence[Element]], setting: Setting, room_pt: float, indent_pt: float
) -> tuple[list[Line], float]:
    """Each on a line of its own if it can; a remark below what it is of."""
    lines: list[Line] = []
    for clause in clauses:
        if all(map(is_blank, clause)):
            continue
        head, *relations = split_relations(clause)
        whole = set_outline(clause, setting)
        if all(map(is_blank, head)) or whole.width_pt > room_pt:
            broken, indent_pt = _break_line(clause, setting, room_pt, indent_pt)
            lines += broken
            continue
        is_remark = bool(lines) and not relations
        has_room = is_remark and indent_pt + whole.width_pt <= room_pt
        lines.append(Line(indent_pt if has_room else 0.0, whole))
    return lines, indent_pt


def _hang_lines(
    first: Sequence[Line],
    relations: Sequence[Sequence[Element]],
    setting: Setting,
    room_pt: float,
    indent_pt: float,
) -> list[Line]:
    """`first`, and below it each of `relations`; beside it where there is room."""
    lines = [*first]
    for number, relation in enumerate(relations):
        below = _fill_lines(relation, setting, room_pt - indent_pt)
        if number == 0 and lines and lines[-1].end_pt + below[0].outline.width_pt <= room_pt:
            beside = below.pop(0)
            lines[-1] = Line(lines[-1].x_pt, join_outlines((lines[-1].outline, beside.outline)))
        lines += [Line(indent_pt + line.x_pt, line.outline) for line in below]
    return lines


def _fill_lines(parts: Sequence[Element], setting: Setting, room_pt: float) -> list[Line]:
    """Terms side by side as far as there is room; further lines hang in."""
    whole = set_outline(parts, setting)
    if whole.width_pt <= room_pt:
        return [Line(0.0, whole)]
    lines: list[Line] = []
    line: list[Outline] = []
    x = 0.0
    for term in split_terms(parts):
        outline = set_outline(term, setting)
        if line and x + sum(part.width_pt for part in line) + outline.width_pt > room_pt:
            lines.append(Line(x, join_outlines(line)))
            line, x = [], _HANGING * setting.size_pt
        line.append(outline)
        if x + outline.width_pt > room_pt:
            raise _TooWideError(outline.width_pt / max(room_pt - x, 1.0))
    return [*lines, Line(x, join_outlines(line))]

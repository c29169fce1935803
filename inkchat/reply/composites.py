"""Glyphs made of other glyphs, moved or framed: added to a font with TrueType outlines.

A mark above a letter, moved there by the text that shows it, is a line of its own for programs
that read the text, or a gap between words. As a glyph that has its place within itself it is a
letter like any other.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from inkchat.reply.sfnt import (
    Point,
    fit,
    read_glyphs,
    read_metrics,
    read_tables,
    write_outline,
    write_tables,
)

_ARE_WORDS, _ARE_OFFSETS, _IS_SCALED, _MORE = 0x0001, 0x0002, 0x0008, 0x0020
_HAIR_HEIGHT = 500


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle with round corners; its outer edges."""

    left: int
    bottom: int
    right: int
    top: int
    radius: int
    line: int
    """How thick it is."""


@dataclass(frozen=True, slots=True)
class Composite:
    """Lengths in units of the font."""

    parts: tuple[tuple[int, int, int], ...]
    """Glyphs, each with how far it is moved right and up; there may be none."""
    advance: int
    scale: float = 1.0
    """Of the parts, each around its own origin."""
    frame: Frame | None = None


def add_composites(font: bytes, composites: Sequence[Composite]) -> bytes:
    """`font` with these glyphs after its own, in their order."""
    tables = read_tables(font)
    glyphs = read_glyphs(tables)
    metrics = read_metrics(tables, len(glyphs))
    frames = list(dict.fromkeys(each.frame for each in composites if each.frame))
    first_frame = len(glyphs) + len(composites)
    added = []
    for composite in composites:
        parts = [(number, x, y, composite.scale) for number, x, y in composite.parts]
        boxes = [_read_box(glyphs[number], x, y, scale) for number, x, y, scale in parts]
        if composite.frame:
            frame = composite.frame
            parts.append((first_frame + frames.index(frame), 0, 0, 1.0))
            boxes.append((frame.left, frame.bottom, frame.right, frame.top))
        added.append(_write_composite(parts, boxes) if parts else _write_hair(composite.advance))
        metrics.append((composite.advance, _read_left(added[-1])))
    drawn = [_write_frame(frame) for frame in frames]
    metrics += [(0, frame.left) for frame in frames]
    most = max((len(each.parts) + 1 for each in composites), default=1)
    tables["maxp"] = _raise_limits(tables["maxp"], len(metrics), most)
    return write_tables(tables, [*glyphs, *added, *drawn], metrics)


# Glyphs

_Box = tuple[int, int, int, int]


def _read_box(glyph: bytes, x: int, y: int, scale: float) -> _Box | None:
    if not glyph:
        return None
    box = struct.unpack_from(">4h", glyph, 2)
    left, bottom, right, top = (round(scale * edge) for edge in box)
    return left + x, bottom + y, right + x, top + y


def _read_left(glyph: bytes) -> int:
    left: int = struct.unpack_from(">h", glyph, 2)[0] if glyph else 0
    return left


def _write_composite(
    parts: Sequence[tuple[int, int, int, float]], boxes: Sequence[_Box | None]
) -> bytes:
    seen = [(part, box) for part, box in zip(parts, boxes, strict=True) if box]
    if not seen:
        return b""
    low = [min(box[edge] for _, box in seen) for edge in (0, 1)]
    high = [max(box[edge] for _, box in seen) for edge in (2, 3)]
    written = struct.pack(">h4h", -1, *map(fit, low + high))
    for place, ((number, x, y, scale), _) in enumerate(seen):
        flags = _ARE_WORDS | _ARE_OFFSETS | (_MORE if place < len(seen) - 1 else 0)
        flags |= _IS_SCALED if scale != 1.0 else 0
        written += struct.pack(">HHhh", flags, number, fit(x), fit(y))
        if scale != 1.0:
            written += struct.pack(">h", round(scale * 0x4000))
    return written


def _write_hair(width: int) -> bytes:
    """There and back again: it has a place, without which readers pass it over, and is not seen."""
    return write_outline([[(0, 0, True), (width, _HAIR_HEIGHT, True)]])


def _write_frame(frame: Frame) -> bytes:
    """Two outlines, of which the inner one goes the other way round."""
    line = frame.line
    outer = _go_round(frame.left, frame.bottom, frame.right, frame.top, frame.radius)
    inner = _go_round(
        *(frame.left + line, frame.bottom + line, frame.right - line, frame.top - line),
        frame.radius - line,
    )
    return write_outline([outer, inner[::-1]])


def _go_round(left: int, bottom: int, right: int, top: int, radius: int) -> list[Point]:
    """The points of a rectangle, clockwise; its corners are off the curve that rounds them."""
    return [
        (left, bottom + radius, True),
        (left, top - radius, True),
        (left, top, False),
        (left + radius, top, True),
        (right - radius, top, True),
        (right, top, False),
        (right, top - radius, True),
        (right, bottom + radius, True),
        (right, bottom, False),
        (right - radius, bottom, True),
        (left + radius, bottom, True),
        (left, bottom, False),
    ]


def _raise_limits(maxp: bytes, glyphs: int, parts: int) -> bytes:
    values = list(struct.unpack(">L14H", maxp[:32]))
    values[1] = glyphs
    for simple, composite, framed in ((2, 4, 24), (3, 5, 2)):
        most = max(values[simple], values[composite], framed) * parts
        values[simple] = max(values[simple], framed)
        values[composite] = min(0xFFFF, most)
    values[13] = max(values[13], parts)
    values[14] += 1
    return struct.pack(">L14H", *values)

"""Formulas set by ziamath, as outlines.

ziamath is loaded with the first formula, since that takes a third of a second. It can write SVG;
here its boxes are read directly, which takes a third of the time, tells where the ink is, and
shows where it lacks a letter.
"""

import math
import threading
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from xml.etree.ElementTree import Element

from reportlab.lib.colors import Color, toColor

from inkchat.reply.curves import write_path
from inkchat.reply.mathml import UnsettableError
from inkchat.reply.outlines import Letter, Outline


@dataclass(frozen=True, slots=True)
class Setting:
    """How ziamath is to set a formula."""

    size_pt: float
    smallest_pt: float
    is_display: bool
    has_colour: bool = False


_setting = threading.Lock()
"""ziamath keeps its settings, and where it reads in its font, in one place for all."""


@cache
def _load_ziamath() -> Any:
    with warnings.catch_warnings():
        # It reads its font by a function that Python 3.11 calls old, and 3.13 does not.
        warnings.simplefilter("ignore", DeprecationWarning)
        import ziamath
    return ziamath


def set_outline(parts: Iterable[Element], setting: Setting) -> Outline:
    """`parts`, in MathML, side by side.

    Raises `UnsettableError` if the font lacks a character, or whatever ziamath raises.
    """
    style = "true" if setting.is_display else "false"
    row = Element("math", {"displaystyle": style})
    row.extend(parts)
    with _setting:
        ziamath = _load_ziamath()
        # Of 24, which ziamath takes its font to be made for.
        ziamath.config.minsizefraction = setting.smallest_pt / 24
        node = ziamath.Math(row, size=setting.size_pt).node
        return _Tracer(setting.has_colour).trace(node)


class _Tracer:
    """Turns what ziamath set into operators of a PDF, and measures its ink."""

    def __init__(self, has_colour: bool) -> None:
        self._has_colour = has_colour
        self._operators: list[str] = []
        self._letters: set[Letter] = set()
        self._colour = Color(0, 0, 0)
        self._left = self._bottom = math.inf
        self._right = self._top = -math.inf

    def trace(self, node: Any) -> Outline:
        self._trace(node, 0.0, 0.0)
        if not math.isfinite(self._left):
            raise UnsettableError
        left = min(0.0, self._left)
        width_pt = max(node.xadvance(), node.bbox.xmax, self._right) - left
        height = (self._top, -self._bottom)
        if not all(abs(length) < 5000 for length in (width_pt, *height)):
            raise UnsettableError
        operators = " ".join(self._operators)
        if left < 0:
            operators = f"1 0 0 1 {-left:.2f} 0 cm {operators}"
        operators = f"0 0 0 rg 0 0 0 RG {operators}"
        letters = frozenset(self._letters)
        return Outline(operators, letters, width_pt, self._top, -self._bottom)

    def _trace(self, node: Any, x: float, y: float) -> None:
        """y rises, unlike ziamath's."""
        kind = type(node).__name__
        if kind == "Glyph":
            self._trace_glyph(node, x, y)
        elif kind in _SHAPES:
            if not node.phantom:
                self._choose_colour(node.style.mathcolor)
                _SHAPES[kind](self, node, x, y)
        elif node.mtag == "drawable":
            raise UnsettableError
        else:
            self._trace_background(node, x, y)
            if kind == "Mtable":
                self._trace_table_lines(node, x, y)
            for (child_x, child_y), child in zip(node.nodexy, node.nodes, strict=False):
                self._trace(child, x + child_x, y - child_y)

    def _trace_glyph(self, node: Any, x: float, y: float) -> None:
        glyph = node.glyph
        if glyph.index == 0:
            raise UnsettableError
        if node.phantom:
            return
        self._choose_colour(node.style.mathcolor)
        scale = node.size / glyph.font.info.layout.unitsperem
        if not hasattr(glyph, "offsets"):
            self._place(glyph, scale, x, y)
            return
        # A tall bracket or a long arrow, put together from parts.
        for part, offset in zip(glyph.glyphs, glyph.offsets, strict=True):
            along = scale * offset
            self._place(part, scale, x + (0 if glyph.vert else along), y + along * glyph.vert)

    def _place(self, glyph: Any, scale: float, x: float, y: float) -> None:
        if not glyph.operators:
            return
        self._letters.add(_read_letter(glyph.index))
        self._operators.append(
            f"q {scale:.5g} 0 0 {scale:.5g} {x:.2f} {y:.2f} cm /g{glyph.index} Do Q"
        )
        box = glyph.bbox
        self._see(x + scale * box.xmin, y + scale * box.ymin)
        self._see(x + scale * box.xmax, y + scale * box.ymax)

    def _trace_table_lines(self, node: Any, x: float, y: float) -> None:
        """The lines between columns and rows, which ziamath leaves out."""
        placed = iter(zip(node.nodes, node.nodexy, strict=True))
        rows = [[next(placed) for _ in row] for row in node.element]
        thickness = 0.05 * node.glyphsize
        for number, kind in enumerate(node.element.get("columnlines", "").split()):
            before = [row[number] for row in rows if number < len(row)]
            behind = [row[number + 1] for row in rows if number + 1 < len(row)]
            if kind == "solid" and before and behind:
                end = max(at[0] + cell.bbox.xmax for cell, at in before)
                middle = (end + min(at[0] for _, at in behind)) / 2
                height = node.bbox.ymax - node.bbox.ymin
                self._fill(x + middle, y + node.bbox.ymin, thickness, height)
        for above, below, kind in zip(
            rows, rows[1:], node.element.get("rowlines", "").split(), strict=False
        ):
            if kind == "solid" and above and below:
                end = min(cell.bbox.ymin - at[1] for cell, at in above)
                middle = (end + max(cell.bbox.ymax - at[1] for cell, at in below)) / 2
                self._fill(x, y + middle, node.bbox.xmax, thickness)

    def _trace_background(self, node: Any, x: float, y: float) -> None:
        # Of all that could lie behind letters only rules are wanted: black on black is lost.
        if node.mtag == "mspace" and node.style.mathbackground == "black":
            box = node.bbox
            self._fill(x + box.xmin, y + box.ymin, box.xmax - box.xmin, box.ymax - box.ymin)

    def _trace_horizontal(self, node: Any, x: float, y: float) -> None:
        self._fill(x, y - node.lw, node.length, node.lw)

    def _trace_vertical(self, node: Any, x: float, y: float) -> None:
        self._fill(x - node.lw / 2, y - node.height, node.lw, node.height)

    def _trace_box(self, node: Any, x: float, y: float) -> None:
        self._stroke(node, x, y, f"{x:.2f} {y:.2f} {node.width:.2f} {node.height:.2f} re")

    def _trace_diagonal(self, node: Any, x: float, y: float) -> None:
        if node.arrow:
            raise UnsettableError
        end = f"{x + node.width:.2f} {y:.2f} l"
        self._stroke(node, x, y, f"{x:.2f} {y + node.height:.2f} m {end}")

    def _stroke(self, node: Any, x: float, y: float, path: str) -> None:
        self._operators.append(f"{node.lw:.2f} w {path} S")
        self._see(x - node.lw / 2, y - node.lw / 2 + min(0, node.height))
        self._see(x + node.width + node.lw / 2, y + max(0, node.height) + node.lw / 2)

    def _fill(self, x: float, y: float, width: float, height: float) -> None:
        if height <= 0:
            return
        self._operators.append(f"{x:.2f} {y:.2f} {width:.2f} {height:.2f} re f")
        self._see(x, y)
        self._see(x + width, y + height)

    def _see(self, x: float, y: float) -> None:
        self._left, self._right = min(self._left, x), max(self._right, x)
        self._bottom, self._top = min(self._bottom, y), max(self._top, y)

    def _choose_colour(self, name: str) -> None:
        colour = _read_colour(name) if self._has_colour else self._colour
        if colour != self._colour:
            self._colour = colour
            rgb = f"{colour.red:.2f} {colour.green:.2f} {colour.blue:.2f}"
            self._operators.append(f"{rgb} rg {rgb} RG")


_SHAPES = {
    "HLine": _Tracer._trace_horizontal,
    "VLine": _Tracer._trace_vertical,
    "Box": _Tracer._trace_box,
    "Diagonal": _Tracer._trace_diagonal,
}
_BRIGHTEST = 0.45
"""Of a colour that can be read on white: that of a middle grey."""


def _read_colour(name: str) -> Color:
    """Black if it is not known, or too bright to be read on white."""
    colour = toColor(name, Color(0, 0, 0))
    brightness = 0.3 * colour.red + 0.59 * colour.green + 0.11 * colour.blue
    return colour if brightness <= _BRIGHTEST else Color(0, 0, 0)


@lru_cache(maxsize=1024)
def _read_letter(number: int) -> Letter:
    glyph = _load_ziamath().zmath.loadedfonts["default"].glyph_fromid(number)
    box = glyph.bbox
    edges = (round(box.xmin), round(box.ymin), round(box.xmax), round(box.ymax))
    # A unit more, so that no rounding cuts it.
    around = (edges[0] - 1, edges[1] - 1, edges[2] + 1, edges[3] + 1)
    return Letter(number, " ".join(write_path(glyph.operators)), around)

"""Formulas in LaTeX, drawn as vectors: within a line, and on lines of their own."""

from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply import flow
from inkchat.reply.arrangement import Arrangement, arrange_formula, set_parts
from inkchat.reply.engraving import Setting
from inkchat.reply.listing import Listing
from inkchat.reply.objects import write
from inkchat.reply.outlines import Outline, draw_outline, write_hidden
from inkchat.reply.typography import Type, Typography

_GROWTH = {"serif": 1.0, "sans": 1.13, "code": 1.1, "world": 1.1}
"""So that its small letters are as high as those of the face around it."""
_LINE_GAP = 0.5
"""Between lines of a formula, of the size."""
_WHOLE = 8.0
"""Of a formula among words, of the size; a wider one may be parted at the end of a line."""
_WIDEST_PART = 18.0
"""Of what cannot be parted, of the size: the width of the narrowest page's text."""
_HIGHEST_PART = 8.0
"""Of what stands in a line of text, of the size."""
_HIGHEST = 0.9
"""Of the page's text: a higher formula is shown as its source, which can be cut."""


@dataclass(frozen=True, slots=True)
class InlineFormula:
    """What stands in a line for a formula."""

    outline: Outline
    plain: str
    """The LaTeX, without its marks; empty for all but the first part of a formula."""

    @property
    def width_pt(self) -> float:
        return self.outline.width_pt

    @property
    def ascent_pt(self) -> float:
        return max(0.0, self.outline.ascent_pt)

    @property
    def descent_pt(self) -> float:
        return max(0.0, self.outline.descent_pt)

    def draw(self, canvas: Canvas, x: float, y: float, /) -> None:
        draw_outline(canvas, self.outline, x, y)

    def write_source(self, canvas: Canvas, width_pt: float, /) -> str:
        return write_hidden(canvas, self.plain, width_pt)


def make_inline_formula(
    source: str, type_: Type, typography: Typography
) -> tuple[InlineFormula, ...]:
    """The formula for a line of `type_`, in parts between which the line may end.

    Empty if it cannot be set.
    """
    size_pt = round(_GROWTH[type_.face.split("-")[1]] * type_.size_pt, 2)
    setting = Setting(size_pt, typography.smallest_pt, False, typography.has_colour)
    outlines = set_parts(source, setting, _WHOLE * type_.size_pt, _WIDEST_PART * type_.size_pt)
    if any(
        outline.ascent_pt + outline.descent_pt > _HIGHEST_PART * size_pt for outline in outlines
    ):
        return ()
    return tuple(
        InlineFormula(outline, "" if number else source) for number, outline in enumerate(outlines)
    )


class DisplayFormula:
    """A formula on lines of its own, in the middle; its source where there is no room for it."""

    def __init__(self, source: str, typography: Typography) -> None:
        self._source = source
        self._type = typography.body
        self._setting = Setting(
            self._type.size_pt, typography.smallest_pt, True, typography.has_colour
        )
        self._listing = Listing(f"$${source}$$", "", typography)
        self._width_pt = 0.0
        self._arrangement: Arrangement | None = None
        self._most_pt = _HIGHEST * typography.text_height_pt

    @property
    def fits(self) -> bool:
        """Whether it is drawn as a formula; after `wrap`."""
        return self._arrangement is not None

    @property
    def lead_height_pt(self) -> float:
        if self._arrangement is None:
            return self._listing.lead_height_pt
        return self._measure_height(self._arrangement)

    def _measure_height(self, arrangement: Arrangement) -> float:
        lines = [line.outline for line in arrangement.lines]
        heights = [line.ascent_pt + line.descent_pt for line in lines]
        gaps_pt = (len(lines) - 1) * _LINE_GAP * self._type.size_pt
        above_pt, below_pt = self._measure_room(arrangement)
        return above_pt + sum(heights) + gaps_pt + below_pt

    def _measure_room(self, arrangement: Arrangement) -> tuple[float, float]:
        """Above and below, so that a low formula takes no less than a line of text."""
        baseline_pt = self._type.baseline_pt
        below_pt = self._type.leading_pt - baseline_pt
        first, last = arrangement.lines[0].outline, arrangement.lines[-1].outline
        return max(0.0, baseline_pt - first.ascent_pt), max(0.0, below_pt - last.descent_pt)

    def wrap(self, aW: float, aH: float, /) -> tuple[float, float]:  # noqa: N803
        self._width_pt = aW
        self._arrangement = arrange_formula(self._source, self._setting, aW)
        if self._arrangement and self._measure_height(self._arrangement) <= self._most_pt:
            return aW, self._measure_height(self._arrangement)
        self._arrangement = None
        return self._listing.wrap(aW, aH)

    def cut(
        self, width_pt: float, height_pt: float, /
    ) -> "tuple[flow.Setting, flow.Setting] | None":
        self.wrap(width_pt, height_pt)
        return None if self._arrangement else self._listing.cut(width_pt, height_pt)

    def drawOn(self, canvas: Canvas, x: float, y: float, /) -> None:  # noqa: N802
        if self._arrangement is None:
            self._listing.drawOn(canvas, x, y)
            return
        arrangement = self._arrangement
        tag_pt = arrangement.tag.width_pt if arrangement.tag else 0.0
        right = x + self._width_pt - tag_pt
        width_pt = arrangement.width_pt
        middle = x + (self._width_pt - width_pt) / 2
        # A wide one makes room for its number.
        gap_pt = self._type.size_pt if arrangement.tag else 0.0
        left = max(x, min(middle, right - gap_pt - width_pt))
        y += self._measure_height(arrangement) - self._measure_room(arrangement)[0]
        for number, line in enumerate(arrangement.lines):
            y -= line.outline.ascent_pt
            draw_outline(canvas, line.outline, left + line.x_pt, y)
            if number == 0:
                hidden = write_hidden(canvas, self._source, width_pt)
                write(canvas, f"q BT 1 0 0 1 {left:.2f} {y:.2f} Tm {hidden} ET Q")
            if arrangement.tag and number == len(arrangement.lines) - 1:
                draw_outline(canvas, arrangement.tag, right, y)
            y -= line.outline.descent_pt + _LINE_GAP * self._type.size_pt


def make_display_formula(source: str, typography: Typography) -> DisplayFormula | None:
    """The formula on lines of its own; None if it cannot be set."""
    formula = DisplayFormula(source, typography)
    formula.wrap(typography.text_width_pt, typography.text_height_pt)
    return formula if formula.fits else None

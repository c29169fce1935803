"""Rules and empty lines: blocks without text."""

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.flow import Drawable
from inkchat.reply.typography import BLACK, Alignment


class Rule(Drawable):
    """A short horizontal line."""

    def __init__(
        self, length_pt: float, thickness_pt: float, alignment: Alignment = "left"
    ) -> None:
        super().__init__()
        self._length_pt = length_pt
        self._thickness_pt = thickness_pt
        self._alignment = alignment

    @property
    def lead_height_pt(self) -> float:
        return self._thickness_pt

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803
        self.width, self.height = aW, self._thickness_pt
        return self.width, self.height

    def cut(self, width_pt: float, height_pt: float) -> None:
        return None

    def draw(self) -> None:
        canvas: Canvas = self.canv
        length_pt = min(self._length_pt, self.width)
        x = {"left": 0.0, "center": 0.5, "right": 1.0}[self._alignment] * (self.width - length_pt)
        canvas.setFillColor(BLACK)
        canvas.rect(x, 0, length_pt, self._thickness_pt, stroke=0, fill=1)


class Divider(Rule):
    """What parts two blocks, and is left out at the top and at the foot of a page."""

    def __init__(self) -> None:
        super().__init__(44, 0.8, "center")


class EmptyLine(Drawable):
    """The height of a line, for a list item without text."""

    def __init__(self, height_pt: float) -> None:
        super().__init__()
        self.lead_height_pt = height_pt

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803
        return aW, self.lead_height_pt

    def cut(self, width_pt: float, height_pt: float) -> None:
        return None

    def draw(self) -> None:
        pass

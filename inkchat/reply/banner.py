"""A frame around sentences that must be seen before the answer."""

from collections.abc import Sequence

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.flow import Drawable
from inkchat.reply.prose import Prose
from inkchat.reply.typography import BLACK

_PAD_SIDE_PT = 11.0
_PAD_PT = 8.0
_GAP_PT = 4.0
_FRAME_PT = 1.1


class Banner(Drawable):
    """Paragraphs, one below the other, in a black frame."""

    def __init__(self, paragraphs: Sequence[Prose]) -> None:
        super().__init__()
        self._paragraphs = list(paragraphs)

    @property
    def lead_height_pt(self) -> float:
        return self.height

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803
        inner_pt = aW - 2 * _PAD_SIDE_PT
        heights_pt = [paragraph.wrap(inner_pt, aH)[1] for paragraph in self._paragraphs]
        self.width = aW
        self.height = sum(heights_pt) + _GAP_PT * (len(heights_pt) - 1) + 2 * _PAD_PT
        return self.width, self.height

    def cut(self, width_pt: float, height_pt: float) -> tuple["Banner", "Banner"] | None:
        self.wrap(width_pt, height_pt)
        inner_pt = width_pt - 2 * _PAD_SIDE_PT
        room_pt = height_pt - 2 * _PAD_PT
        for number, paragraph in enumerate(self._paragraphs):
            if paragraph.height > room_pt:
                before, after = self._paragraphs[:number], self._paragraphs[number + 1 :]
                parts = paragraph.cut(inner_pt, room_pt)
                if parts:
                    return Banner([*before, parts[0]]), Banner([parts[1], *after])
                return (Banner(before), Banner([paragraph, *after])) if before else None
            room_pt -= paragraph.height + _GAP_PT
        return None

    def draw(self) -> None:
        canvas: Canvas = self.canv
        canvas.setStrokeColor(BLACK)
        canvas.setLineWidth(_FRAME_PT)
        half_pt = _FRAME_PT / 2
        canvas.rect(half_pt, half_pt, self.width - _FRAME_PT, self.height - _FRAME_PT)
        y = self.height - _PAD_PT
        for paragraph in self._paragraphs:
            y -= paragraph.height
            paragraph.drawOn(canvas, _PAD_SIDE_PT, y)
            y -= _GAP_PT

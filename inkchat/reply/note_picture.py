"""A page of the note, or a part of one, in an answer: in a fine frame, above what it is called."""

import copy

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.cutouts import draw_raster
from inkchat.reply.flow import Drawable
from inkchat.reply.gallery import View
from inkchat.reply.prose import Prose
from inkchat.reply.typography import BLACK, Typography

_FRAME_PT = 0.6
_GAP_PT = 4.0
"""Between the frame and the caption."""
_LEAST_SCALE = 0.67
"""Of its size, at the foot of a page."""
_CAPTION_CHARACTERS = 300
_CAPTION_SHARE = 0.35
"""Of the page's text: a higher caption is a paragraph of its own."""


class NotePicture(Drawable):
    """Kept whole, but may be made a little smaller to stand at the foot of a page."""

    def __init__(self, view: View, caption: Prose | None, *, is_rtl: bool) -> None:
        self._view = view
        self._caption = caption
        self._is_rtl = is_rtl
        self._scale = self._most_scale = 1.0
        self.width = self.height = 0.0

    @property
    def lead_height_pt(self) -> float:
        return self.height

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803
        self._scale = min(self._most_scale, aW / self._view.width_pt)
        self.width = aW
        self.height = self._scale * self._view.height_pt + self._measure_caption(aW)
        return self.width, self.height

    def _measure_caption(self, width_pt: float) -> float:
        return _GAP_PT + self._caption.wrap(width_pt, 0)[1] if self._caption else 0.0

    def cut(self, width_pt: float, height_pt: float) -> "tuple[NotePicture, None] | None":
        """All of it, smaller."""
        room_pt = height_pt - self._measure_caption(width_pt)
        widest = min(1.0, width_pt / self._view.width_pt)
        scale = min(widest, room_pt / self._view.height_pt)
        if scale < _LEAST_SCALE * widest:
            return None
        smaller = copy.copy(self)
        smaller._most_scale = scale
        return smaller, None

    def draw(self) -> None:
        canvas: Canvas = self.canv
        width_pt = round(self._scale * self._view.width_pt, 2)
        height_pt = round(self._scale * self._view.height_pt, 2)
        x = self.width - width_pt if self._is_rtl else 0.0
        y = self.height - height_pt
        draw_raster(canvas, self._view.raster, x, y, width_pt, height_pt)
        canvas.setStrokeColor(BLACK)
        canvas.setLineWidth(_FRAME_PT)
        inset_pt = _FRAME_PT / 2
        canvas.rect(x + inset_pt, y + inset_pt, width_pt - _FRAME_PT, height_pt - _FRAME_PT)
        if self._caption:
            self._caption.drawOn(canvas, 0, 0)


def can_be_caption(prose: Prose, text: str, typography: Typography) -> bool:
    """Whether it is so short that it stands below a picture wherever that stands."""
    if len(text) > _CAPTION_CHARACTERS:
        return False
    height_pt = prose.wrap(typography.text_width_pt / 2, 0)[1]
    return height_pt <= _CAPTION_SHARE * typography.text_height_pt

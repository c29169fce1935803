"""The small line below an exchange that says who answered, with the paragraph above it."""

from inkchat.reply.flow import Drawable
from inkchat.reply.prose import Prose


class ClosedProse(Drawable):
    """A paragraph with its colophon, which never stands on a page without two lines of it.

    The colophon begins `indent_pt` before the paragraph.
    """

    def __init__(self, prose: Prose, colophon: Prose, gap_pt: float, indent_pt: float) -> None:
        super().__init__()
        self._prose = prose
        self._colophon = colophon
        self._gap_pt = gap_pt
        self._indent_pt = indent_pt

    @property
    def lead_height_pt(self) -> float:
        lead_pt = self._prose.lead_height_pt
        return lead_pt if lead_pt < self._prose.height else self.height

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803
        self.width = aW
        self.height = self._prose.wrap(aW, aH)[1] + self._gap_pt
        self.height += self._colophon.wrap(aW + self._indent_pt, aH)[1]
        return self.width, self.height

    def cut(self, width_pt: float, height_pt: float) -> tuple[Prose, "ClosedProse"] | None:
        parts = self._prose.cut(width_pt, height_pt)
        if parts is None:
            return None
        first, rest = parts
        return first, ClosedProse(rest, self._colophon, self._gap_pt, self._indent_pt)

    def draw(self) -> None:
        self._prose.drawOn(self.canv, 0, self.height - self._prose.height)
        self._colophon.drawOn(self.canv, -self._indent_pt, 0)

"""A figure: a sketch as a block of the page, in the room that it has there."""

import copy
from collections.abc import Callable
from typing import Any

from reportlab.graphics import renderPDF, shapes
from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.flow import Drawable, Setting
from inkchat.reply.lettering import EASY_PT, Room
from inkchat.reply.sketch import Sketch, Words
from inkchat.reply.typography import Typography


class Figure(Drawable):
    """A sketch as a block: kept whole, and made anew for each room that it is given.

    `compose` makes it for a room, or says None if that is too small for it. A page then shows what
    stands instead, or its source, as it does for whatever cannot be set.
    """

    def __init__(
        self,
        compose: Callable[[Room], Sketch | None],
        height_pt: float,
        least_pt: float,
        instead: Setting | None = None,
    ) -> None:
        super().__init__()
        self._compose = compose
        self._height_pt = height_pt
        self._least_pt = least_pt
        self._instead = instead
        self._sketch: Sketch | None = None
        self._composed_at_pt: float | None = None

    @classmethod
    def try_to_make(
        cls,
        compose: Callable[[Room], Sketch | None],
        typography: Typography,
        instead: Setting | None = None,
    ) -> "Figure | None":
        """The figure, if it can be composed for a whole line and fits a page.

        `instead` is shown where a line is too short for it, such as in a list.
        """
        figure = cls(compose, typography.text_height_pt, typography.smallest_pt, instead)
        figure._compose_for(typography.text_width_pt)
        sketch = figure._sketch
        fits = sketch is not None and sketch.height_pt <= typography.text_height_pt
        return figure if fits else None

    def _compose_for(self, width_pt: float) -> None:
        if self._composed_at_pt != width_pt:
            self._sketch = self._compose(Room(width_pt, self._height_pt, self._least_pt))
            self._composed_at_pt = width_pt

    @property
    def _told(self) -> Setting | None:
        """What stands instead, if it has to."""
        return self._instead if self._sketch is None else None

    @property
    def lead_height_pt(self) -> float:
        told = self._told
        return self.height if told is None else told.lead_height_pt

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803
        self._compose_for(aW)
        if self._sketch is not None:
            self.width, self.height = aW, self._sketch.height_pt
        elif (told := self._told) is not None:
            self.width, self.height = told.wrap(aW, aH)
        else:
            raise ValueError("too narrow for this figure")
        return self.width, self.height

    def cut(self, width_pt: float, height_pt: float) -> "tuple[Setting, Setting | None] | None":
        """All of it, smaller, if it can be read so."""
        self._compose_for(width_pt)
        if (told := self._told) is not None:
            return told.cut(width_pt, height_pt)
        least_pt = max(self._least_pt, EASY_PT)
        sketch = self._compose(Room(width_pt, height_pt, least_pt))
        if sketch is None or sketch.height_pt > height_pt:
            return None
        smaller = copy.copy(self)
        smaller._sketch, smaller._composed_at_pt = sketch, width_pt
        return smaller, None

    def drawOn(self, canvas: Canvas, x: float, y: float) -> None:  # noqa: N802
        if (told := self._told) is not None:
            told.drawOn(canvas, x, y)
        else:
            super().drawOn(canvas, x, y)

    def draw(self) -> None:
        if self._sketch is None:
            return
        canvas: Canvas = self.canv
        # Upside down, since a sketch is made from above.
        flipped = shapes.Group(*self._sketch.forms, transform=(1, 0, 0, -1, 0, self.height))
        drawing = shapes.Drawing(self.width, self.height, flipped)
        canvas.saveState()
        _ShapeRenderer().draw(drawing, canvas, 0, 0, showBoundary=0)
        canvas.restoreState()
        for words in self._sketch.words:
            _draw_words(canvas, words, self.height)


def _draw_words(canvas: Canvas, words: Words, height_pt: float) -> None:
    prose = words.prose
    if not words.is_upright:
        prose.drawOn(canvas, words.x_pt, height_pt - words.y_pt - prose.height)
        return
    canvas.saveState()
    canvas.translate(words.x_pt + prose.height, height_pt - words.y_pt - prose.width)
    canvas.rotate(90)
    prose.drawOn(canvas, 0, 0)
    canvas.restoreState()


class _ShapeRenderer(renderPDF._PDFRenderer):
    def applyStateChanges(  # noqa: N802 - reportlab's name
        self,
        delta: dict[str, Any],
        newState: dict[str, Any],  # noqa: N803 - reportlab's name
    ) -> None:
        # It would begin with Times, which a PDF that is to be kept must not name.
        known = {key: value for key, value in delta.items() if not key.startswith("font")}
        super().applyStateChanges(dict(sorted(known.items())), newState)

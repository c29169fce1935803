"""What the pages are filled with: a flowable, and how it stands among the others."""

from dataclasses import dataclass
from typing import Protocol

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.runs import Run


class Setting(Protocol):
    """What a block shows: a platypus flowable that knows where it may be cut.

    `wrap` gives width and height in points and may be called again; `cut` gives two parts, of
    which the first fits the height and is all of it, smaller, if the second is None; or None if no
    good cut does; `drawOn` draws with the lower left corner at x, y.
    """

    @property
    def lead_height_pt(self) -> float:
        """How much of it must stand on the same page as a heading above; after `wrap`."""

    def wrap(self, aW: float, aH: float, /) -> tuple[float, float]: ...  # noqa: N803
    def cut(
        self, width_pt: float, height_pt: float, /
    ) -> "tuple[Setting, Setting | None] | None": ...
    def drawOn(self, canvas: Canvas, x: float, y: float, /) -> None: ...  # noqa: N802


class Drawable:
    """Draws itself with the lower left corner of what `wrap` measured at 0, 0.

    As reportlab's Flowable, whose package would be 5 MB of memory more in each child.
    """

    width: float
    height: float
    canv: Canvas

    def drawOn(self, canvas: Canvas, x: float, y: float) -> None:  # noqa: N802
        canvas.saveState()
        canvas.translate(x, y)
        self.canv = canvas
        self.draw()
        canvas.restoreState()

    def draw(self) -> None:
        raise NotImplementedError


class InlineBox(Protocol):
    """What stands among the letters of a line, such as a formula.

    `draw` is given the left end of its baseline. Lengths are in points.
    """

    @property
    def width_pt(self) -> float: ...
    @property
    def ascent_pt(self) -> float:
        """Above the baseline."""

    @property
    def descent_pt(self) -> float:
        """Below the baseline; positive."""

    @property
    def plain(self) -> str:
        """Its source, as it was written."""

    def draw(self, canvas: Canvas, x: float, y: float, /) -> None: ...
    def write_source(self, canvas: Canvas, width_pt: float, /) -> str:
        """Operators, within a text object, that show its source invisibly in that width."""


@dataclass(frozen=True, slots=True)
class Marker:
    """What hangs before the first line of a list item; ends `gap_pt` before `edge_pt`."""

    edge_pt: float
    """Where the item's text begins, from the side of the text area where the block begins."""
    gap_pt: float
    baseline_pt: float
    """From the top of the block."""
    size_pt: float
    runs: tuple[Run, ...] = ()
    is_checked: bool | None = None
    """For a task: draws a box instead of `runs`."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The line along a quotation; blocks that share it are joined by it."""

    number: int
    x_pt: float
    """From the side of the text area where the block begins."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A heading, as the device's table of contents shows it."""

    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Block:
    """One thing in the column of text."""

    setting: Setting
    plain: str
    """Its text as written, to be drawn if the setting cannot be."""
    indent_pt: float = 0.0
    """From the side where it begins."""
    is_rtl: bool = False
    """Whether it begins at the right: there stand its indent, its markers and its bars."""
    before_pt: float = 0.0
    after_pt: float = 0.0
    """Two blocks are parted by the larger of what each asks for."""
    keeps_with_next: bool = False
    begins_page: bool = False
    markers: tuple[Marker, ...] = ()
    bars: tuple[Bar, ...] = ()
    entry: Entry | None = None
    anchor: str = ""
    """What a link calls the place where this block begins."""
    link: str = ""
    """The anchor that a tap on it leads to."""

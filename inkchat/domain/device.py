"""The screen that a page is made for."""

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Of a screen."""

    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    NONE = "none"


class Ruling(StrEnum):
    """What the room to write back is filled with."""

    LINES = "lines"
    DOTS = "dots"
    GRID = "grid"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Device:
    """A tablet's screen, as far as a page must know it."""

    name: str
    label: str
    page_width_pt: float
    page_height_pt: float
    resolution_dpi: int
    has_colour: bool
    toolbar: Side = Side.LEFT
    """Where the tablet's own tools may lie over the page."""
    toolbar_depth_pt: float = 40.0
    hand: Side = Side.RIGHT
    """With which one writes: LEFT or RIGHT."""
    smallest_pt: float = 7.5
    """Of type that can be read on it."""
    shows_grey: bool = True
    """Whether a light grey is seen as one, and not as scattered dots."""
    ruling: Ruling = Ruling.LINES
    hyphenates: bool = False
    """Whether long words are parted at the end of a line."""

    @property
    def width_px(self) -> int:
        return round(self.page_width_pt * self.resolution_dpi / 72)

    @property
    def height_px(self) -> int:
        return round(self.page_height_pt * self.resolution_dpi / 72)

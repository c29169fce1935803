"""What stands below a plot: names or numbers, side by side, fewer of them, or upright."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from inkchat.reply.figure import Sketch, measure_height, measure_line, measure_words
from inkchat.reply.plot_frame import Frame
from inkchat.reply.typography import Type

_GAP_PT = 4.0
_MOST_LINES = 3
_EACH = (2, 3, 4, 5, 6, 10, 12, 20, 24, 50, 100)
"""Of many numbers or dates in a row, each so many is enough."""
_MANY = 6
_LONGEST_UPRIGHT_PT = 80.0


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    """In the plot's own measure."""
    text: str


@dataclass(frozen=True, slots=True)
class AxisLabels:
    """The labels that are shown."""

    labels: tuple[Label, ...]
    type_: Type
    width_pt: float
    """Of the figure."""
    slot_pt: float
    """For each."""
    is_upright: bool = False

    @property
    def height_pt(self) -> float:
        if self.is_upright:
            return self._longest_pt + 6
        heights = [measure_height(label.text, self.type_, self.slot_pt) for label in self.labels]
        return max(heights) + _GAP_PT

    @property
    def _longest_pt(self) -> float:
        return max(measure_line(label.text, self.type_) for label in self.labels)

    def draw(self, sketch: Sketch, frame: Frame, y: float) -> None:
        """Puts them below y."""
        for label, (left, width_pt) in zip(self.labels, self.find_spans(frame), strict=True):
            if self.is_upright:
                x = frame.find_x(label.x) - self.type_.leading_pt / 2
                sketch.write_upright(label.text, self.type_, x, y + _GAP_PT, self._longest_pt)
            else:
                sketch.write(label.text, self.type_, left, y + _GAP_PT, width_pt, "center")

    def find_spans(self, frame: Frame) -> list[tuple[float, float]]:
        """Left edge and width of each, none beyond the figure's edge."""
        spans = []
        for label in self.labels:
            width_pt = min(self.slot_pt, measure_line(label.text, self.type_) + 0.5)
            left = frame.find_x(label.x) - width_pt / 2
            spans.append((min(max(0.0, left), self.width_pt - width_pt), width_pt))
        return spans

    def fits(self, frame: Frame) -> bool:
        """Whether none touches the next, and no word is broken."""
        spans = pairwise(self.find_spans(frame))
        return all(left + width + _GAP_PT <= after for (left, width), (after, _) in spans) and all(
            measure_words(label.text, self.type_) <= self.slot_pt
            and measure_height(label.text, self.type_, self.slot_pt)
            <= _MOST_LINES * self.type_.leading_pt + 0.1
            for label in self.labels
        )


def choose_labels(
    labels: Sequence[Label],
    frame: Frame,
    type_: Type,
    width_pt: float,
    *,
    are_numbers: bool,
    may_stand: bool,
) -> AxisLabels | None:
    """All of them, or enough where they are numbers or dates; None if there is no room."""

    def make(chosen: Sequence[Label]) -> AxisLabels:
        slot_pt = width_pt if are_numbers else _find_slot(chosen, frame)
        return AxisLabels(tuple(chosen), type_, width_pt, slot_pt)

    whole = make(labels)
    if whole.fits(frame):
        return whole
    have_digits = all(any(map(str.isdigit, label.text)) for label in labels)
    if are_numbers or (have_digits and len(labels) > _MANY):
        thinned = (make(labels[::each]) for each in _EACH if each < len(labels))
        fitting = next((few for few in thinned if few.fits(frame)), None)
        if fitting:
            return fitting
    if are_numbers:
        kept: list[Label] = []
        for label in labels:
            if not kept or make([*kept, label]).fits(frame):
                kept.append(label)
        return make(kept)
    if may_stand and _find_slot(labels, frame) + _GAP_PT >= type_.leading_pt:
        upright = AxisLabels(tuple(labels), type_, width_pt, width_pt, is_upright=True)
        if upright.height_pt <= _LONGEST_UPRIGHT_PT:
            return upright
    return None


def _find_slot(labels: Sequence[Label], frame: Frame) -> float:
    """Width in points between two labels, less a gap."""
    xs = [frame.find_x(label.x) for label in labels]
    apart = [second - first for first, second in pairwise(xs)]
    return min(apart, default=frame.right - frame.left) - _GAP_PT

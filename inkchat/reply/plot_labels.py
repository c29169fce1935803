"""What stands below a plot: names or numbers, side by side, fewer of them, or upright."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from inkchat.reply.lettering import measure_height, measure_line, measure_words
from inkchat.reply.plot_frame import Frame
from inkchat.reply.sketch import Sketch
from inkchat.reply.typography import Type

_GAP_PT = 4.0
"""Between two labels."""
_BELOW_PT = 4.0
_BELOW_MARKS_PT = 7.0
"""Above a label: below an axis on which bars stand, and below one with ticks and marks on it."""
_BELOW_UPRIGHT_PT = 2.0
"""More of it above an upright one, which has no room of its own there as a line of type has."""
_END_PT = 2.0
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
    has_marks: bool
    """Whether the axis above has ticks, and marks of points may stand on it."""
    is_upright: bool = False

    @property
    def height_pt(self) -> float:
        if self.is_upright:
            return self._gap_pt + self._longest_pt + _END_PT
        heights = [measure_height(label.text, self.type_, self.slot_pt) for label in self.labels]
        return self._gap_pt + max(heights)

    @property
    def _gap_pt(self) -> float:
        gap_pt = _BELOW_MARKS_PT if self.has_marks else _BELOW_PT
        return gap_pt + (_BELOW_UPRIGHT_PT if self.is_upright else 0.0)

    @property
    def _longest_pt(self) -> float:
        return max(measure_line(label.text, self.type_) for label in self.labels)

    def draw(self, sketch: Sketch, frame: Frame, y: float) -> None:
        """Puts them below y."""
        y += self._gap_pt
        for label, (left, width_pt) in zip(self.labels, self.find_spans(frame), strict=True):
            if self.is_upright:
                x = frame.find_x(label.x) - self.type_.leading_pt / 2
                sketch.write_upright(label.text, self.type_, x, y, self._longest_pt)
            else:
                sketch.write(label.text, self.type_, left, y, width_pt, "center")

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
    has_marks: bool,
    are_numbers: bool,
    may_stand: bool,
) -> AxisLabels | None:
    """All of them, or enough where they are numbers or dates; None if there is no room."""

    def make(chosen: Sequence[Label]) -> AxisLabels:
        slot_pt = width_pt if are_numbers else _find_slot(chosen, frame)
        return AxisLabels(tuple(chosen), type_, width_pt, slot_pt, has_marks)

    whole = make(labels)
    if whole.fits(frame):
        return whole
    have_digits = all(any(map(str.isdigit, label.text)) for label in labels)
    if are_numbers or (have_digits and len(labels) > _MANY):
        thinned = (make(labels[::each]) for each in _EACH if each < len(labels))
        fitting = next((few for few in thinned if few.fits(frame)), None)
        if fitting or are_numbers:
            return fitting or _keep_fitting(labels, make, frame)
    if may_stand and _find_slot(labels, frame) + _GAP_PT >= type_.leading_pt:
        upright = replace(whole, slot_pt=width_pt, is_upright=True)
        if upright.height_pt <= _LONGEST_UPRIGHT_PT:
            return upright
    return None


def _keep_fitting(
    labels: Sequence[Label], make: Callable[[Sequence[Label]], AxisLabels], frame: Frame
) -> AxisLabels:
    """The first, and each after it that has room."""
    kept = [labels[0]]
    for label in labels[1:]:
        if make([*kept, label]).fits(frame):
            kept.append(label)
    return make(kept)


def _find_slot(labels: Sequence[Label], frame: Frame) -> float:
    """Width in points between two labels, less a gap."""
    xs = [frame.find_x(label.x) for label in labels]
    apart = [second - first for first, second in pairwise(xs)]
    return min(apart, default=frame.right - frame.left) - _GAP_PT

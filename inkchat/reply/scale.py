"""A scale along the edge of a chart, with round numbers, and how numbers are written."""

import math
from dataclasses import dataclass
from decimal import Decimal

_STEPS = (1, 2, 5, 10)
_FINEST = 1e-6
"""Of the largest value: a step that makes no longer numbers than people read."""
_BEFORE = frozenset("$€£¥₹₽₩")
_BEHIND = {"%": "%", "°": "°", "°C": "\u00a0°C", "°F": "\u00a0°F"}
_EASY_LINES, _LEAST_LINES = 1.8, 1.4
"""Of type, from one number at the side of a plot to the next."""
_FEW_STEPS = 3
_MOST_EMPTY = 1.2
"""Length of a scale to that of one with more steps."""
_LEAST_LARGE = 10_000
"""Where no number is as large, none is written with gaps, as no year is."""
_GROUPED_DIGITS = 4
"""Where one is: so that `9 800` stands in one form with `10 500`."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From `first` to `last` times `step`, each of which is marked."""

    step: float
    first: int
    last: int
    decimals: int

    @property
    def ticks(self) -> list[float]:
        return [
            round(number * self.step, self.decimals + 1)
            for number in range(self.first, self.last + 1)
        ]

    @property
    def length(self) -> float:
        return (self.last - self.first) * self.step

    def place(self, value: float) -> float:
        """Where `value` stands: 0 at the beginning of the scale and 1 at its end."""
        return (value / self.step - self.first) / (self.last - self.first)

    def write(self, tick: float, unit: str) -> str:
        largest = max(abs(self.first), abs(self.last)) * self.step
        return write_number(round(tick, self.decimals) + 0.0, unit, self.decimals, largest=largest)


def make_scale(low: float, high: float, most_steps: int) -> Scale:
    """A scale that holds `low` and `high`, with at most so many steps of 1, 2 or 5 times ten."""
    if low == high:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        high = 1.0
    least = max((high - low) / max(1, most_steps), max(abs(low), abs(high)) * _FINEST)
    exponent = math.floor(math.log10(least))
    for factor in (*_STEPS, 20, 50):
        step = factor * 10.0**exponent
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first <= max(1, most_steps) and step >= least * (1 - 1e-9):
            break
    decimals = max(0, -exponent - (factor >= _STEPS[-1]))
    return Scale(step, first, max(last, first + 1), decimals)


def choose_scale(low: float, high: float, height_pt: float, leading_pt: float) -> Scale:
    """One for the side of a plot, with numbers in lines of type of `leading_pt`.

    They have easy room; less of it where few would leave much of the plot empty.
    """
    easy, tight = (
        make_scale(low, high, max(2, int(height_pt / (lines * leading_pt))))
        for lines in (_EASY_LINES, _LEAST_LINES)
    )
    is_coarse = easy.last - easy.first <= _FEW_STEPS and easy.length > _MOST_EMPTY * tight.length
    return tight if is_coarse else easy


def is_shown_with_numbers(unit: str) -> bool:
    """Whether `unit` stands at each number, and not once for all."""
    return unit in _BEFORE or unit in _BEHIND


def write_number(
    value: float, unit: str = "", decimals: int | None = None, *, largest: float = 0.0
) -> str:
    """`value` in digits, in groups if they are many; without `decimals`, as it was written.

    `largest` is that of the numbers around it.
    """
    plain = f"{value:.{decimals}f}" if decimals is not None else f"{Decimal(repr(value)):f}"
    whole, _, fraction = plain.lstrip("-").partition(".")
    if decimals is None:
        fraction = fraction.rstrip("0")
    if len(whole) >= _GROUPED_DIGITS and max(abs(value), largest) >= _LEAST_LARGE:
        whole = f"{int(whole):,}".replace(",", "\u00a0")
    sign = "−" if value < 0 else ""
    before = unit if unit in _BEFORE else ""
    return f"{sign}{before}{whole}{'.' if fraction else ''}{fraction}{_BEHIND.get(unit, '')}"

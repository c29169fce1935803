"""The frame of a plot: where it stands in its figure, and what its edges mean."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """Edges in points from the figure's upper left corner."""

    left: float
    right: float
    top: float
    bottom: float
    across: tuple[float, float]
    """Values of x at the left and right edge."""
    up: tuple[float, float]
    """Values of y at the lower and upper edge."""

    def find_x(self, x: float) -> float:
        low, high = self.across
        return self.left + (x - low) / (high - low) * (self.right - self.left)

    def find_y(self, y: float) -> float:
        low, high = self.up
        return self.bottom - (y - low) / (high - low) * (self.bottom - self.top)

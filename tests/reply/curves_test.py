from dataclasses import dataclass

import pytest

from inkchat.reply.curves import write_path


@dataclass
class _Place:
    x: float
    y: float


class Moveto:
    def __init__(self, x: float, y: float) -> None:
        self.p = _Place(x, y)


class Lineto(Moveto):
    pass


class Quad:
    def __init__(self, control: tuple[float, float], end: tuple[float, float]) -> None:
        self.p1, self.p2 = _Place(*control), _Place(*end)


def _cut(count: int) -> list[Quad]:
    """The parabola from 0, 0 over 300, 600 to 600, 0 in equal parts."""
    parts = []
    for number in range(count):
        first, last = number / count, (number + 1) / count
        # The blossom of the curve: its control point between two places.
        x = 300 * (first + last)
        y = 600 * (first + last - 2 * first * last)
        parts.append(Quad((x, y), (600 * last, 1200 * last * (1 - last))))
    return parts


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_curve_that_was_cut_is_joined_again(count: int) -> None:
    path = list(write_path([Moveto(0, 0), *_cut(count), Lineto(0, 0)]))

    assert ["0 0 m", "200 400 400 400 600 0 c", "0 0 l", "f"] == path


def test_curves_that_meet_in_a_corner_stay_two() -> None:
    path = list(write_path([Moveto(0, 0), Quad((50, 0), (100, 100)), Quad((150, 0), (200, 0))]))

    assert 2 == sum(step.endswith(" c") for step in path)
    assert "100 100" in path[1]


def test_no_joined_curve_leaves_the_ones_it_stands_for() -> None:
    wave = [Quad((100, 90), (200, 0)), Quad((300, -90), (400, 0)), Quad((500, 12), (600, 0))]

    path = list(write_path([Moveto(0, 0), *wave]))

    assert 3 == sum(step.endswith(" c") for step in path)


def test_another_kind_of_curve_is_refused() -> None:
    with pytest.raises(ValueError, match="object"):
        list(write_path([object()]))

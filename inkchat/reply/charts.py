"""Charts, from the few lines of YAML that a model writes: `docs/figures.md` has the words."""

from collections.abc import Iterator
from dataclasses import replace

from inkchat.reply.bars import compose_bars
from inkchat.reply.chart_data import Chart, ChartKind
from inkchat.reply.chart_text import read_chart
from inkchat.reply.figure import Figure
from inkchat.reply.flow import Setting
from inkchat.reply.lettering import Room
from inkchat.reply.pie import compose_pie, is_pie
from inkchat.reply.plot import compose_plot
from inkchat.reply.sketch import Sketch
from inkchat.reply.typography import Typography


def make_chart(source: str, typography: Typography) -> Setting | None:
    """The chart that `source` describes; None if it describes none, or one too large."""
    chart = read_chart(source)
    if chart is None:
        return None

    def compose(room: Room) -> Sketch | None:
        return next(filter(None, _try_forms(chart, typography, room)), None)

    return Figure.try_to_make(compose, typography)


def _try_forms(chart: Chart, typography: Typography, room: Room) -> Iterator[Sketch | None]:
    """The chart in one form after the other, the best first.

    In the rest of a page, what has its own form on the next one takes no other.
    """
    is_rest = room.height_pt < typography.text_height_pt
    if chart.kind is ChartKind.PIE:
        if is_pie(chart):
            yield compose_pie(chart, typography, room)
            if is_rest:
                return
        chart = replace(chart, kind=ChartKind.BAR)
    if chart.kind is ChartKind.BAR and chart.is_horizontal:
        yield compose_bars(chart, typography, room)
    if chart.kind is ChartKind.BAR:
        yield compose_plot(chart, typography, room, is_dense=False)
        yield compose_bars(chart, typography, room)
    yield compose_plot(chart, typography, room)
    if chart.kind is ChartKind.LINE and not chart.has_numeric_x and not is_rest:
        # Its names have no room below; as bars they have.
        yield compose_bars(replace(chart, kind=ChartKind.BAR), typography, room)

"""What a chart shows, read from the few lines of YAML that a model writes.

Everything written must be understood: else there is no chart, and its source is shown.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from inkchat.reply.chart_data import Chart, ChartKind
from inkchat.reply.chart_table import (
    STYLE_KEYS,
    NotUnderstoodError,
    list_words,
    read_table,
    read_word,
    refuse_if,
    write_plain_key,
)
from inkchat.reply.chart_yaml import load_words
from inkchat.reply.scale import is_shown_with_numbers

SOURCE_CHARACTERS = 12_000
SERIES = 8
POINTS = 400
"""Of all series together."""
NAME_CHARACTERS = 120


def read_chart(source: str) -> Chart | None:
    """The chart that `source` describes; None if any of it is not understood."""
    if len(source) > SOURCE_CHARACTERS:
        return None
    try:
        return _read(load_words(source))
    except (NotUnderstoodError, yaml.YAMLError):
        return None
    except (ValueError, OverflowError):
        # Of a character that there is not, such as "\\U99999999".
        return None


_KINDS = {
    "bar": ChartKind.BAR,
    "bars": ChartKind.BAR,
    "column": ChartKind.BAR,
    "barh": ChartKind.BAR,
    "hbar": ChartKind.BAR,
    "horizontal bar": ChartKind.BAR,
    "grouped bar": ChartKind.BAR,
    "stacked bar": ChartKind.BAR,
    "histogram": ChartKind.BAR,
    "line": ChartKind.LINE,
    "lines": ChartKind.LINE,
    "area": ChartKind.LINE,
    "pie": ChartKind.PIE,
    "donut": ChartKind.PIE,
    "doughnut": ChartKind.PIE,
    "scatter": ChartKind.SCATTER,
    "points": ChartKind.SCATTER,
}
_KEYS = {
    "type": "kind",
    "kind": "kind",
    "chart": "kind",
    "chart type": "kind",
    "title": "title",
    "x label": "x_label",
    "xlabel": "x_label",
    "x axis": "x_label",
    "xaxis": "x_label",
    "x title": "x_label",
    "y label": "y_label",
    "ylabel": "y_label",
    "y axis": "y_label",
    "yaxis": "y_label",
    "y title": "y_label",
    "unit": "unit",
    "units": "unit",
    "y unit": "unit",
    "note": "note",
    "caption": "note",
    "source": "note",
    "subtitle": "note",
    "stacked": "stacked",
    "stack": "stacked",
    "horizontal": "horizontal",
    "orientation": "horizontal",
    "direction": "horizontal",
    "x": "x",
    "labels": "x",
    "categories": "x",
    "x labels": "x",
    "x values": "x",
    "series": "series",
    "datasets": "series",
    "data": "series",
    "values": "series",
    "points": "series",
    "y": "series",
    "y values": "series",
}
_TRUE = frozenset({"true", "yes", "on", "1", "horizontal", "h"})
_FALSE = frozenset({"false", "no", "off", "0", "vertical", "v", ""})


def _read(written: dict[str, Any]) -> Chart:
    known = _name_keys(_open_data(written))
    kind_word = read_word(known.pop("kind", "bar")).lower().replace("-", " ").replace("_", " ")
    kind_word = kind_word.removesuffix(" chart").removesuffix(" plot").removesuffix(" graph")
    if kind_word not in _KINDS:
        raise NotUnderstoodError
    kind = _KINDS[kind_word]
    labels = list_words(known.pop("x", []))
    data = known.pop("series", None)
    table = read_table(data, labels, kind)
    chart = Chart(
        kind=kind,
        series=table.series,
        labels=table.labels,
        has_numeric_x=table.is_numeric,
        title=read_word(known.pop("title", "")),
        x_label=read_word(known.pop("x_label", "")) or table.x_name,
        y_label=read_word(known.pop("y_label", "")),
        unit=_choose_unit(read_word(known.pop("unit", "")), table.unit),
        note=read_word(known.pop("note", "")),
        is_stacked=_truth(known.pop("stacked", "")) or kind_word == "stacked bar",
        is_horizontal=_truth(known.pop("horizontal", ""))
        or kind_word in {"barh", "hbar", "horizontal bar"},
    )
    return _check(chart)


def _choose_unit(written: str, at_numbers: str) -> str:
    # Of `percent` and `%` one is enough.
    is_known = is_shown_with_numbers(at_numbers) or at_numbers in ("", written)
    refuse_if(bool(written) and not is_known)
    return written or at_numbers


def _open_data(written: dict[str, Any]) -> dict[str, Any]:
    """`written`, with what Chart.js keeps one level deeper taken out."""
    data = written.get("data")
    if not isinstance(data, dict):
        return written
    inner = {write_plain_key(key) for key in data}
    if not inner <= {"labels", "datasets", "series", "x", "y", "values", "points", "categories"}:
        return written
    if not any(isinstance(value, list | dict) for value in data.values()):
        return written
    outer = {key: value for key, value in written.items() if key != "data"}
    if outer.keys() & data.keys():
        raise NotUnderstoodError
    return {**outer, **data}


def _name_keys(written: Mapping[str, Any]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for key, value in written.items():
        plain = write_plain_key(key)
        if plain in STYLE_KEYS:
            continue
        name = _KEYS.get(plain)
        if name is None or name in known:
            raise NotUnderstoodError
        known[name] = value
    return known


def _check(chart: Chart) -> Chart:
    texts = (chart.title, chart.x_label, chart.y_label, chart.note)
    names = [*chart.labels, *(one.name for one in chart.series), chart.unit]
    if any(len(text) > 3 * NAME_CHARACTERS for text in texts):
        raise NotUnderstoodError
    if any(len(name) > NAME_CHARACTERS for name in names):
        raise NotUnderstoodError
    points = sum(len(one.points) for one in chart.series)
    if not chart.values or len(chart.series) > SERIES or points > POINTS:
        raise NotUnderstoodError
    if len(chart.series) > 1 and not all(one.name for one in chart.series):
        raise NotUnderstoodError
    return chart


def _truth(value: Any) -> bool:
    word = read_word(value).lower()
    refuse_if(word not in _TRUE | _FALSE)
    return word in _TRUE

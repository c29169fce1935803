"""The numbers of a chart, in any of the forms in which models write them.

Lists, mappings, rows and points all become series: names with pairs of x and y.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from inkchat.reply.chart_data import ChartKind, Point, Series

STYLE_KEYS = frozenset(
    {
        *("width", "height", "size", "color", "colors", "colour", "colours", "palette", "theme"),
        *("style", "legend", "grid", "options", "fill", "show values", "show legend"),
        *("background color", "border color", "border width", "smooth", "marker", "markers"),
        *("y min", "y max", "x min", "x max", "y range", "x range", "begin at zero"),
    }
)
"""How a chart should look, which the page decides."""
_NAME_KEYS = ("name", "label", "title", "x", "category", "key")
_LIST_KEYS = ("values", "data", "points", "y")
_NUMBER = re.compile(r"[+\-−]?(?:\d{1,3}(?:[,_ \u00a0]\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d{1,3})?")
_MEASURED = re.compile(
    r"(?P<before>[$€£¥₹₽₩]?)\s?(?P<number>[+\-−]?[\d.].*?)\s?(?P<behind>[^\W\d]{0,6}|[$€£¥₹₽₩%]|°[CF]?)"
)
_GAPS = frozenset({"", "null", "~", "none", "nan", ".nan", "n/a", "na", "-", "–", "—", "?"})
_LARGEST = 1e15
_TINIEST = 1e-9


class NotUnderstoodError(Exception):
    """What was written has no meaning here, or more than one."""


@dataclass(frozen=True, slots=True)
class Table:
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str
    """If it stands at each number."""
    is_numeric: bool
    x_name: str = ""
    """What the numbers below the axis are, where rows tell it."""


def read_table(data: Any, labels: list[str], kind: ChartKind) -> Table:
    rows = _read_columns(data, labels)
    words = [value for _, pairs in rows for _, value in pairs if not _is_gap(value)]
    unit = _find_unit(words)
    numbers = [
        (name, [(x, _number(_drop_unit(value, unit))) for x, value in pairs])
        for name, pairs in rows
    ]
    xs = [x for _, pairs in numbers for x, _ in pairs]
    is_numeric = kind is ChartKind.SCATTER or (
        kind is ChartKind.LINE and all(map(_is_number, xs)) and _all_rise(numbers)
    )
    if is_numeric:
        series = tuple(
            Series(name, tuple(Point(_number(x, gaps=False) or 0.0, y) for x, y in pairs))
            for name, pairs in numbers
        )
        by_number = {_number(x, gaps=False) or 0.0: x for x in reversed(xs)}
        written = tuple(by_number[x] for x in sorted(by_number))
        if kind is ChartKind.SCATTER:
            written = ()
        return Table(written, series, unit, True, _name_x(data))
    places = {label: place for place, label in enumerate(dict.fromkeys(xs))}
    if any(len(dict(pairs)) < len(pairs) for _, pairs in numbers):
        raise NotUnderstoodError
    series = tuple(
        Series(name, tuple(Point(places[x], dict(pairs).get(x)) for x in places))
        for name, pairs in numbers
    )
    return Table(tuple(places), series, unit, False)


def _name_x(data: Any) -> str:
    """The key that names each row, if there are rows and it says anything."""
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        return ""
    if any(isinstance(value, list) for row in data for value in row.values()):
        return ""
    key = _find_first(data[0])
    return "" if key in _NAME_KEYS else key


def _find_first(row: dict[str, Any]) -> str:
    """The key of what names the row."""
    return next((key for key in _NAME_KEYS if key in row), next(iter(row)))


def _find_unit(words: Sequence[str]) -> str:
    """What stands at each of the numbers, such as `%`, `kg` or `€`."""
    found = [_MEASURED.fullmatch(word.strip()) for word in words]
    units = {one["before"] + one["behind"] if one else "" for one in found}
    return units.pop() if len(units) == 1 else ""


def _drop_unit(word: str, unit: str) -> str:
    if not unit or _is_gap(word):
        return word
    return word.strip().removesuffix(unit).removeprefix(unit)


def _all_rise(numbers: Sequence[tuple[str, list[tuple[str, float | None]]]]) -> bool:
    for _, pairs in numbers:
        xs = [_number(x, gaps=False) or 0.0 for x, _ in pairs]
        if any(second <= first for first, second in pairwise(xs)):
            return False
    return True


_Pairs = list[tuple[str, str]]


def _read_columns(data: Any, labels: list[str]) -> list[tuple[str, _Pairs]]:
    """Each series as its name and pairs of x and y, all still words."""
    if isinstance(data, dict) and data:
        if all(isinstance(value, str) for value in data.values()):
            refuse_if(bool(labels))
            return [("", list(data.items()))]
        return [(name, _read_pairs(value, labels)) for name, value in data.items()]
    if not isinstance(data, list) or not data:
        raise NotUnderstoodError
    if all(isinstance(row, dict) for row in data):
        if all(any(isinstance(value, list) for value in row.values()) for row in data):
            return [_read_named(row, labels) for row in data]
        refuse_if(bool(labels))
        return _read_records(data)
    return [("", _read_pairs(data, labels))]


def _read_pairs(values: Any, labels: list[str]) -> _Pairs:
    if isinstance(values, dict):
        refuse_if(bool(labels))
        return [(x, read_word(y)) for x, y in values.items()]
    if not isinstance(values, list) or not values:
        raise NotUnderstoodError
    if all(isinstance(value, list) and len(value) == 2 for value in values):
        refuse_if(bool(labels))
        return [(read_word(x), read_word(y)) for x, y in values]
    if all(isinstance(value, dict) for value in values):
        refuse_if(bool(labels))
        columns = _read_records(values)
        refuse_if(len(columns) != 1)
        return columns[0][1]
    words = list_words(values)
    refuse_if(bool(labels) and len(words) > len(labels))
    # A gap is said with null; where the list ends before the labels do, the rest is one.
    words += [""] * (len(labels) - len(words))
    xs = labels or [str(number) for number in range(1, len(words) + 1)]
    return list(zip(xs, words, strict=True))


def _read_named(row: dict[str, Any], labels: list[str]) -> tuple[str, _Pairs]:
    """One series as {name: …, values: […]}, perhaps with an x of its own."""
    row = {key: value for key, value in row.items() if write_plain_key(key) not in STYLE_KEYS}
    name = next((key for key in ("name", "label", "title") if key in row), None)
    values = next((key for key in _LIST_KEYS if isinstance(row.get(key), list)), None)
    if values is None:
        raise NotUnderstoodError
    own = list_words(row["x"]) if "x" in row else []
    refuse_if(bool(own and labels) or bool(row.keys() - {name, values, "x"}))
    return read_word(row[name]) if name else "", _read_pairs(row[values], own or labels)


def _read_records(rows: list[dict[str, Any]]) -> list[tuple[str, _Pairs]]:
    """Rows with the same keys: the first names the row, the others are series."""
    keys = list(rows[0])
    refuse_if(len(keys) < 2 or any(row.keys() != rows[0].keys() for row in rows))
    first = _find_first(rows[0])
    others = [key for key in keys if key != first]
    return [
        (
            "" if len(others) == 1 and other in ("y", "value", "values") else other,
            [(read_word(row[first]), read_word(row[other])) for row in rows],
        )
        for other in others
    ]


def refuse_if(is_wrong: bool) -> None:
    if is_wrong:
        raise NotUnderstoodError


def read_word(value: Any) -> str:
    if not isinstance(value, str):
        raise NotUnderstoodError
    return value


def list_words(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise NotUnderstoodError
    return [read_word(item) for item in value]


def _is_gap(word: str) -> bool:
    return word.lower() in _GAPS


def _is_number(word: str) -> bool:
    return bool(word) and any(map(str.isdigit, word)) and _NUMBER.fullmatch(word) is not None


def _number(word: str, *, gaps: bool = True) -> float | None:
    word = word.strip()
    if gaps and _is_gap(word):
        return None
    if not _is_number(word):
        raise NotUnderstoodError
    value = float(re.sub(r"[,_ \u00a0]", "", word.replace("−", "-")))
    if not math.isfinite(value) or abs(value) > _LARGEST or 0 < abs(value) < _TINIEST:
        raise NotUnderstoodError
    return value


def write_plain_key(key: str) -> str:
    return re.sub(r"[\s_-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key)).strip().lower()

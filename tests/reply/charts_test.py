"""Charts: what models write is read, and what is read is drawn with all its words."""

import json
import re
import time
import unicodedata
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pypdfium2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it.token import Token
from reportlab.graphics import shapes

from inkchat.devices import DEVICES
from inkchat.models.prompt import extend_system
from inkchat.reply import draw_response
from inkchat.reply.characters import clean_text
from inkchat.reply.chart_data import Chart, ChartKind
from inkchat.reply.chart_parts import say_measure, write_values
from inkchat.reply.chart_text import read_chart
from inkchat.reply.charts import make_chart
from inkchat.reply.fences import FenceReader
from inkchat.reply.flowchart import make_flowchart
from inkchat.reply.lettering import Room
from inkchat.reply.limits import FIGURES
from inkchat.reply.patterns import COLOURS
from inkchat.reply.plot import compose_plot
from inkchat.reply.scale import choose_scale, make_scale, write_number
from tests.conftest import ROOT
from tests.reply.answers import make_response
from tests.reply.figures import (
    NOMAD,
    RM2,
    TYPOGRAPHIES,
    draw_figure,
    find_ink_outside,
    find_touching_words,
)
from tests.reply.reading import open_pdf, read_with_pdfium, read_with_pypdf, squeeze

CHARTS = {
    "one series": """\
type: bar
title: Rain in Lisbon
x: [Jan, Feb, Mar, Apr, May, Jun]
series: [99.9, 84.9, 53.2, 68.1, 53.6, 15.9]
unit: mm
""",
    "groups": """\
type: bar
title: Two cities through the year, as measured at their airports
x: [Jan, Feb, Mar, Apr, May, Jun, Jul, Aug, Sep, Oct, Nov, Dec]
series:
  Lisbon: [100, 85, 53, 68, 54, 16, 4, 6, 33, 101, 128, 127]
  Oslo: [49, 36, 47, 41, 53, 65, 81, 89, 90, 84, 73, 55]
unit: mm
""",
    "long names": """\
type: bar
title: Household spending
data:
  Rent and service charges: 1250
  Food and drink: 620.5
  Transport: 240
  Insurance, health and pension contributions: 410
  Savings: -130
unit: €
""",
    "lines with a gap": """\
type: line
title: Temperature
x: [0, 2, 4, 6, 12, 24]
series:
  inside: [21, 20.4, 19.8, 19.5, 20.9, 21]
  outside: [-3, -4.5, null, -6, 1, -2]
x_label: hours
y_label: Temperature
unit: °C
""",
    "Chart.js": """\
{"type": "pie", "data": {"labels": ["Rent", "Food", "Transport", "Fun", "Other"],
 "datasets": [{"data": [45, 25, 12, 10, 8], "backgroundColor": ["red", "blue"]}]}}
""",
    "scattered": """\
type: scatter
title: Height and weight
x_label: height (cm)
y_label: weight (kg)
series:
  women: [[158, 52], [165, 60], [171, 63], [162, 55]]
  men: [[175, 72], [182, 85], [190, 91], [178, 70]]
""",
    "stacked": """\
type: bar
stacked: true
title: Energy mix
x: [2020, 2021, 2022, 2023]
series:
  Coal: [40, 35, 30, 22]
  Gas: [25, 27, 26, 24]
  Wind: [20, 22, 27, 33]
  Solar: [15, 16, 17, 21]
unit: TWh
""",
    "months": """\
type: line
title: Visitors
x: [January, February, March, April, May, June, July, August, September]
values: [12000, 14500, 13000, 18000, 22000, 31000, 45000, 47000, 29000]
""",
    "records": """\
type: bar
title: Losses and profits
data:
  - {quarter: first, profit: 12, loss: -3}
  - {quarter: second, profit: -4, loss: -8}
  - {quarter: third, profit: 8, loss: 2}
""",
    "pie with a note": """\
type: pie
title: What the day is spent on
data: {Sleep: 7.5, Work: 8, Commuting by train and on foot: 1.5, Meals: 2, Reading: 1, Rest: 1}
unit: h
note: An ordinary Tuesday in March.
""",
    "small slices": "type: pie\ntitle: Nearly all\ndata: {most of it: 97, a little: 2, less: 1}\n",
    "ten slices": "type: pie\ndata: {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9, j: 10}",
    "lines that meet": """\
type: line
x: [2000, 2010, 2020]
series: {alpha: [1, 5, 9], beta: [2, 4, 9], gamma: [7, 8, 9], delta: [0, 8, 8.9]}
y_label: index
""",
    "stacked and lying": """\
type: bar
stacked: true
horizontal: true
x: [North of the river, South of the river]
series: {agree: [40, 55], neutral: [35, 20], disagree: [25, 25]}
unit: "%"
""",
    "Arabic": "type: bar\ntitle: الأمطار\ndata: {يناير: 5, فبراير: 4, مارس: 3, أبريل: 1}\nunit: مم",
    "large and small": """\
type: scatter
points: [[1000000, 0.00001], [2500000, 0.00003], [9000000, 0.00002]]
""",
}
"""The forms that models write, and what is hard to lay out."""


def _read(source: str) -> Chart:
    chart = read_chart(source)
    assert chart is not None
    return chart


def _list_values(chart: Chart) -> dict[str, list[float | None]]:
    return {one.name: [point.y for point in one.points] for one in chart.series}


# Drawn


@pytest.mark.parametrize("screen", TYPOGRAPHIES)
@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_stays_within_its_size_and_its_words_apart(name: str, screen: str) -> None:
    typography = TYPOGRAPHIES[screen]
    figure = make_chart(CHARTS[name], typography)

    assert figure is not None
    width_pt, height_pt = figure.wrap(typography.text_width_pt, typography.text_height_pt)
    assert typography.text_width_pt == width_pt
    assert height_pt <= typography.text_height_pt
    assert find_ink_outside(figure, typography) is None
    assert find_touching_words(draw_figure(figure, typography)) == []


@pytest.mark.parametrize("name_length", range(6, 34, 3))
def test_the_value_of_a_slice_is_never_parted(name_length: int) -> None:
    name = "a long name of a slice of bread in it"[:name_length]
    answer = f"```chart\ntype: pie\nunit: €\ndata: {{{name}: 610, other: 2190}}\n```\n"
    text = read_with_pdfium(draw_response(make_response(answer), DEVICES["boox-palma"]))

    assert "€610 · 22%" in text.replace("\u00a0", " ")


@pytest.mark.parametrize("screen", TYPOGRAPHIES)
@pytest.mark.parametrize("name", sorted(set(CHARTS) - {"lines with a gap"}))
def test_all_words_of_a_chart_can_be_copied(name: str, screen: str) -> None:
    typography = TYPOGRAPHIES[screen]
    chart = _read(CHARTS[name])
    figure = make_chart(CHARTS[name], typography)

    assert figure is not None
    pdf = draw_figure(figure, typography)
    for reader in (read_with_pdfium, read_with_pypdf):
        # Compatible forms: a ligature is its letters.
        read = squeeze(unicodedata.normalize("NFKC", reader(pdf)))
        names = [one.name for one in chart.series]
        for text in (chart.title, chart.x_label, chart.y_label, chart.note, *chart.labels, *names):
            assert all(squeeze(word) in read for word in text.split())


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_gives_the_same_bytes_twice(name: str) -> None:
    first, second = make_chart(CHARTS[name], RM2), make_chart(CHARTS[name], RM2)

    assert first is not None
    assert second is not None
    assert draw_figure(first, RM2) == draw_figure(second, RM2)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_in_a_list_is_made_for_the_room_that_it_has(name: str) -> None:
    figure = make_chart(CHARTS[name], RM2)

    assert figure is not None
    width_pt = 0.6 * RM2.text_width_pt
    assert find_ink_outside(figure, RM2, width_pt) is None


@pytest.mark.parametrize("screen", TYPOGRAPHIES)
@pytest.mark.parametrize("name", ["months", "lines that meet", "scattered"])
def test_what_stands_below_an_axis_is_clear_of_its_marks(name: str, screen: str) -> None:
    typography = TYPOGRAPHIES[screen]
    room = Room(typography.text_width_pt, typography.text_height_pt, typography.smallest_pt)
    sketch = compose_plot(_read(CHARTS[name]), typography, room)

    assert sketch is not None
    lines = [form.points for form in sketch.forms if isinstance(form, shapes.PolyLine)]
    axis_y = max(points[1] for points in lines if points[1] == points[3])
    tops = [words.y_pt for words in sketch.words if words.y_pt > axis_y]
    # A mark is 3.9 pt high above its middle, and a tick 3 pt long.
    assert min(tops) >= axis_y + 6.9


def test_a_figure_is_further_from_the_next_than_paragraphs_are() -> None:
    chart = Token("fence", "code", 0, info="chart", content=CHARTS["records"])

    assert FenceReader(RM2).read(chart)[1] > 1.5 * RM2.gap_pt


def test_no_chart_is_cut_between_pages() -> None:
    figure = make_chart(CHARTS["groups"], RM2)

    assert figure is not None
    height_pt = figure.wrap(RM2.text_width_pt, RM2.text_height_pt)[1]
    assert figure.cut(RM2.text_width_pt, height_pt / 2) is None
    assert height_pt == figure.lead_height_pt
    assert height_pt < 0.5 * RM2.text_height_pt


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        # As bars it would have no shares, and a line no scale.
        ("type: pie\ndata: {yes: 71, no: 28}", "72%"),
        ("type: line\nx: [a, b, c]\ny: [1, 2, 3]", "0"),
    ],
)
def test_in_the_rest_of_a_page_a_chart_keeps_its_form(source: str, shown: str) -> None:
    figure = make_chart(source, RM2)
    assert figure is not None
    figure.wrap(RM2.text_width_pt, RM2.text_height_pt)
    sizes = set()
    for height_pt in range(10, 200, 5):
        smaller = figure.cut(RM2.text_width_pt, height_pt)
        sizes.add(smaller is None)
        if smaller:
            assert shown in read_with_pdfium(draw_figure(smaller[0], RM2))
    assert {False, True} == sizes


def test_grey_screens_have_no_colour_and_others_have() -> None:
    grey, colour = (TYPOGRAPHIES[name] for name in ("remarkable-2", "remarkable-paper-pro"))
    for typography in (grey, colour):
        for name in ("stacked", "lines with a gap", "Chart.js", "scattered"):
            figure = make_chart(CHARTS[name], typography)
            assert figure is not None
            assert typography.has_colour == _has_colour(draw_figure(figure, typography))


def _has_colour(pdf: bytes) -> bool:
    document = pypdfium2.PdfDocument(pdf)
    try:
        picture = document[0].render(scale=1.0).to_pil().convert("RGB")
    finally:
        document.close()
    colours: Any = picture.getcolors(1_000_000)
    return any(max(pixel) - min(pixel) > 40 for _, pixel in colours)


def test_colours_can_be_told_apart_in_grey() -> None:
    greys = sorted(0.299 * c.red + 0.587 * c.green + 0.114 * c.blue for c in COLOURS)

    assert all(second - first >= 0.06 for first, second in pairwise(greys))


# Read


@pytest.mark.parametrize(
    "source",
    [
        "type: bar\nx: [a, b]\nseries: {rain: [1, 2]}",
        "type: bar\nx: [a, b]\nseries: [{name: rain, values: [1, 2]}]",
        "type: bar\nlabels: [a, b]\ndatasets: [{label: rain, data: [1, 2], backgroundColor: red}]",
        '{"type": "bar", "data": {"labels": ["a", "b"],'
        ' "datasets": [{"label": "rain", "data": [1, 2]}]}}',
        "type: bar\nseries: {rain: {a: 1, b: 2}}",
        "type: bar\ndata: [{x: a, rain: 1}, {x: b, rain: 2}]",
        "type: bar chart\ncategories: [a, b]\nseries: [{name: rain, data: [1, 2]}]",
        "kind: column\nseries: [{name: rain, points: [[a, 1], [b, 2]]}]",
    ],
)
def test_one_chart_can_be_written_in_many_ways(source: str) -> None:
    chart = _read(source)

    assert {"rain": [1.0, 2.0]} == _list_values(chart)
    assert ("a", "b") == chart.labels
    assert ChartKind.BAR is chart.kind


def test_words_are_kept_as_they_were_written() -> None:
    chart = _read("type: bar\ndata: {no: 1, 12:30: 2, 2024-01-01: 3, 1e3: 4, ~: 5, 007: 6}")

    assert ("no", "12:30", "2024-01-01", "1e3", "~", "007") == chart.labels


@pytest.mark.parametrize(
    ("word", "value"),
    [("1,200.5", 1200.5), ("-3", -3.0), ("−3", -3.0), ("1e3", 1000.0), (".5", 0.5), ("null", None)],
)
def test_numbers_are_read_as_people_write_them(word: str, value: float | None) -> None:
    chart = _read(f'type: line\nx: [a, b]\nseries: [7, "{word}"]')

    assert {"": [7.0, value]} == _list_values(chart)


def test_percentages_are_their_own_unit() -> None:
    chart = _read("type: bar\ndata: {yes: 61%, no: 39%}")

    assert ("%", [61.0, 39.0]) == (chart.unit, chart.values)


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        ("[49 mm, 36mm, null]", "mm"),
        ("[€49, €36, -]", "€"),
        ("[49 €, 36€]", "€"),
        ("[49 °C, 36 °C]", "°C"),
        ("[49%, 36 %]\nunit: percent", "percent"),
    ],
)
def test_a_unit_may_stand_at_each_number(values: str, unit: str) -> None:
    chart = _read(f"x: [a, b, c]\nvalues: {values}")

    assert (unit, [49.0, 36.0]) == (chart.unit, chart.values)


@pytest.mark.parametrize("title", ["Plan: done?", "Song #1", "It’s 'so': a # b", "At 12:30:"])
def test_a_title_is_read_though_yaml_asks_for_quotes(title: str) -> None:
    source = f"title: {title}\nnote: {title}  \nseries:\n  - name: {title}\n    data: [1, 2]"
    chart = _read(source)

    assert (title, title, title) == (chart.title, chart.note, chart.series[0].name)


def test_what_rows_call_their_numbers_stands_below_the_axis() -> None:
    rows = "data: [{hour: 0, in: 21}, {hour: 6, in: 19}]"

    assert "hour" == _read(f"type: line\n{rows}").x_label
    assert "h" == _read(f"type: line\nx_label: h\n{rows}").x_label
    assert "" == _read(f"type: line\n{rows.replace('hour', 'x')}").x_label
    assert "" == _read(f"type: bar\n{rows}").x_label


@pytest.mark.parametrize(
    ("title", "name", "said"),
    [
        ("Rain in Lisbon", "lisbon", "mm"),
        ("Rain (Lisbon)", "Lisbon", "mm"),
        ("Rain", "Lisbon", "Lisbon, mm"),
        ("Rainfall", "rain", "rain, mm"),
        ("", ":", ":, mm"),
    ],
)
def test_a_title_that_names_the_only_series_is_enough(title: str, name: str, said: str) -> None:
    source = {"title": title, "unit": "mm", "series": {name: [1, 2]}}

    assert said == say_measure(_read(json.dumps(source)))


def test_what_ends_early_has_gaps() -> None:
    assert {"": [1.0, None, None]} == _list_values(_read("type: line\nx: [a, b, c]\ny: [1]"))


@pytest.mark.parametrize(
    "source",
    [
        "",
        "rain",
        "type: radar\ndata: {a: 1}",
        "type: bar",
        "type: bar\ndata: {}",
        "type: bar\ndata: {a: few}",
        "type: bar\ndata: {a: .inf, b: 1}",
        "type: bar\ndata: {a: 1e400}",
        "type: bar\ndata: {a: null}",
        "type: bar\ndata: {a: 1, a: 2}",
        "type: bar\ndata: {a: 1}\nsubplots: 3",
        "type: bar\nx: [a]\nseries: [1, 2]",
        "type: bar\nx: [a, b]\ndata: {a: 1, b: 2}",
        "type: bar\nx: [a, b]\nseries: [[1, 2], [3]]",
        "type: bar\ntitle: [a]\ndata: {a: 1}",
        "type: bar\nx: &x [a, b]\nseries: {u: *x}",
        "type: bar\n---\ntype: pie",
        "type: bar\ndata: {a: !!python/object/apply:os.system [ls]}",
        "type: scatter\ndata: {a: 1}",
        "type: bar\ndata: {a: 12%, b: 3}",
        "type: bar\ndata: {a: 12 km, b: 3 mi}",
        "type: bar\nunit: thousand\ndata: {a: 12 km, b: 3 km}",
        "type: bar\ndata: {a: 12 k, b: 3 M}",
        "type: bar\nseries: [{name: u, values: [1], colour of: sky}]",
        'type: bar\ndata: {"\\U99999999": 1}',
        "[" * 3000,
        "type: bar\ndata: {" + ", ".join(f"n{number}: 1" for number in range(500)) + "}",
    ],
)
def test_what_is_not_understood_is_no_chart(source: str) -> None:
    assert make_chart(source, RM2) is None


def test_a_few_lines_cannot_stand_for_millions() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    began = time.monotonic()

    assert make_chart("\n".join(lines), RM2) is None
    assert time.monotonic() - began < 2


# Scales


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.0, 99.9, [0, 20, 40, 60, 80, 100]),
        (-3.0, 21.0, [-5, 0, 5, 10, 15, 20, 25]),
        (0.0, 0.3, [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]),
        (0.0, 0.0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (5.0, 5.0, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_scales_have_round_numbers(low: float, high: float, ticks: list[float]) -> None:
    assert ticks == make_scale(low, high, 6).ticks


_MEASURED = st.one_of(
    st.just(0.0),
    st.floats(1e-9, 1e15),
    st.floats(1e-9, 1e15).map(lambda value: -value),
)


@given(_MEASURED, _MEASURED, st.integers(min_value=1, max_value=12))
def test_a_scale_holds_what_is_measured(first: float, second: float, steps: int) -> None:
    low, high = sorted((first, second))
    scale = make_scale(low, high, steps)

    assert 2 <= len(scale.ticks) <= 2 * steps + 2
    assert -1e-6 <= scale.place(low) <= scale.place(high) <= 1 + 1e-6
    assert len(scale.ticks) == len({scale.write(tick, "") for tick in scale.ticks})


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (1250.0, "€", "€1250"),
        (12500.0, "", "12\u00a0500"),
        (-130.0, "€", "−€130"),
        (99.9, "mm", "99.9"),
        (61.0, "%", "61%"),
        (-4.5, "°C", "−4.5\u00a0°C"),
        (0.00001, "", "0.00001"),
        (2024.0, "", "2024"),
    ],
)
def test_numbers_are_written_for_people(value: float, unit: str, written: str) -> None:
    assert written == write_number(value, unit)


def test_numbers_near_a_large_one_have_gaps_as_it_has() -> None:
    chart = _read("data: {a: 9800, b: -10500}")

    assert ["9\u00a0800", "−10\u00a0500"] == write_values(chart, chart.values)
    assert ["9800"] == write_values(_read("data: {a: 9800}"), [9800.0])
    assert "5\u00a0000" == make_scale(0, 15_000, 3).write(5_000, "")


@pytest.mark.parametrize(
    ("height_pt", "ticks"),
    [(130.0, [0, 20, 40, 60, 80]), (82.0, [0, 20, 40, 60, 80]), (50.0, [0, 50, 100])],
)
def test_a_low_scale_has_more_numbers_where_few_leave_it_empty(
    height_pt: float, ticks: list[float]
) -> None:
    assert ticks == choose_scale(0, 61, height_pt, 12.4).ticks


# Anything

_KEYS = st.sampled_from(["type", "title", "x", "series", "data", "unit", "note", "stacked", "y"])
_WORDS = st.one_of(
    st.sampled_from(["bar", "line", "pie", "scatter", "true", "null", "-1", "3", "1e14", "%", "ж"]),
    st.integers(-10_000, 10_000).map(str),
    st.text(max_size=12),
)
_VALUES = st.one_of(
    _WORDS,
    st.lists(_WORDS, max_size=6).map(lambda words: f"[{', '.join(words)}]"),
    st.dictionaries(_WORDS, _WORDS, max_size=6).map(
        lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"
    ),
)
_SOURCES = st.one_of(
    st.text(max_size=200),
    st.lists(st.tuples(_KEYS, _VALUES), max_size=6).map(
        lambda lines: "\n".join(f"{key}: {value}" for key, value in lines)
    ),
)


@settings(max_examples=150)
@given(_SOURCES)
def test_any_text_is_a_chart_or_none(source: str) -> None:
    figure = make_chart(clean_text(source), NOMAD)

    if figure is not None:
        assert draw_figure(figure, NOMAD)


_NUMBERS = st.one_of(
    st.none(), st.integers(-(10**14), 10**14), st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
)
_LABELS = st.text(
    st.characters(categories=("L", "N"), max_codepoint=0x2FF), min_size=1, max_size=24
)


@st.composite
def _draw_sources(draw: st.DrawFn) -> str:
    names = draw(st.lists(_LABELS, min_size=1, max_size=6, unique=True))
    labels = draw(st.lists(_LABELS, min_size=1, max_size=14, unique=True))
    values = st.lists(_NUMBERS, min_size=len(labels), max_size=len(labels))
    return json.dumps(
        {
            "type": draw(st.sampled_from(["bar", "line", "pie"])),
            "title": draw(_LABELS),
            "x": labels,
            "series": {name: draw(values) for name in names},
            "stacked": draw(st.booleans()),
            "horizontal": draw(st.booleans()),
            "unit": draw(st.sampled_from(["", "%", "kg", "$"])),
        }
    )


_WIDE_NUMBERS = json.dumps(
    {
        "type": "bar",
        "x": ["0", "00"],
        "series": {"0": [-962811, None], "00": [-1000000, None]},
    }
)
"""Numbers wider than their bars, which end at nearly the same height."""


@settings(max_examples=50)
@example(_WIDE_NUMBERS, "remarkable-2")
@given(_draw_sources(), st.sampled_from(sorted(TYPOGRAPHIES)))
def test_any_chart_stays_within_its_size(source: str, screen: str) -> None:
    typography = TYPOGRAPHIES[screen]
    figure = make_chart(source, typography)

    if figure is not None:
        assert figure.wrap(typography.text_width_pt, 100.0)[1] <= typography.text_height_pt
        assert find_ink_outside(figure, typography) is None
        assert find_touching_words(draw_figure(figure, typography)) == []


# What people and models are told


def _list_blocks(language: str) -> list[str]:
    texts = [(ROOT / "docs" / "figures.md").read_text("utf-8"), extend_system("")]
    pattern = re.compile(rf"^```{language}\n(.*?)^```", re.DOTALL | re.MULTILINE)
    return [block for text in texts for block in pattern.findall(text)]


@pytest.mark.parametrize("screen", sorted(set(TYPOGRAPHIES) - {"phone"}))
def test_every_figure_in_the_docs_and_in_the_prompt_is_drawn(screen: str) -> None:
    charts, flows = _list_blocks("chart"), _list_blocks("flow")

    assert (5, 2) == (len(charts), len(flows))
    for source in charts:
        assert make_chart(source, TYPOGRAPHIES[screen]) is not None
    for source in flows:
        assert make_flowchart(source, TYPOGRAPHIES[screen]) is not None


def test_a_figure_that_is_not_understood_is_drawn_as_code() -> None:
    answer = "```chart\ntype: radar\n```\n\n```flow\nonly words\n```\n"
    read = read_with_pdfium(draw_response(make_response(answer), DEVICES["remarkable-2"]))

    assert "type: radar" in read
    assert "only words" in read


def test_what_comes_after_the_most_figures_is_drawn_as_code() -> None:
    answer = "```flow\na -> b\n```\n" * (FIGURES + 5)
    read = read_with_pdfium(draw_response(make_response(answer), DEVICES["remarkable-2"]))

    assert 5 == read.count("a -> b")


@pytest.mark.parametrize("kind", ["bar", "pie", "line"])
def test_no_grey_is_used_in_a_chart_where_the_screen_shows_none(kind: str) -> None:
    typography = replace(RM2, shows_grey=False)
    source = f"type: {kind}\nx: [a, b, c]\nseries:\n  one: [1, 2, 3]\n"
    figure = make_chart(source + ("" if kind == "pie" else "  two: [3, 2, 2]\n"), typography)

    assert figure is not None
    contents = open_pdf(draw_figure(figure, typography)).pages[0].get_contents()
    assert contents is not None
    colours = set(re.findall(rb"([\d.]+ [\d.]+ [\d.]+) (?:rg|RG)\b", contents.get_data()))
    assert {b"0 0 0", b"1 1 1"} >= colours > set()

"""A diagram told as steps: their order, where each leads, and how pages cut them."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkchat.devices import DEVICES
from inkchat.reply import draw_response
from inkchat.reply.flowchart_steps import Step, list_steps
from inkchat.reply.flowchart_text import read_flowchart
from inkchat.reply.step_list import StepList
from inkchat.reply.typography import Typography
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
from tests.reply.reading import read_with_pdfium, squeeze

GUESTS = """\
title: From the door to the bill
Walk in -> Free?
Free?{Is a table free?} -- yes --> Seat[Seat them and bring water and the menu]
Free? -- no --> Bar[Offer a place at the bar] --> Wait{Will they wait?}
Wait -- yes --> Free?
Wait -- no --> Bye[Say goodbye]
Seat --> Allergies? -- nuts --> Boards[Use separate boards] --> Cook
Allergies? -- gluten --> Menu[Offer the other menu] --> Cook
Allergies? -- none --> Cook
Cook -> Serve -> Bill -.-> Review[Ask for a review]
"""
PHONE = TYPOGRAPHIES["phone"]


def _list(source: str) -> list[Step]:
    flowchart = read_flowchart(source)
    assert flowchart is not None
    return list_steps(flowchart)


def _make(source: str, typography: Typography = PHONE) -> StepList:
    flowchart = read_flowchart(source)
    assert flowchart is not None
    return StepList(flowchart.title, list_steps(flowchart), typography)


def _read(setting: StepList, typography: Typography = PHONE) -> str:
    read = read_with_pdfium(draw_figure(setting, typography))
    return " ".join(read.replace("\u00a0", " ").split())


def _fill(setting: StepList, typography: Typography) -> Iterator[StepList]:
    """Its parts, on as many pages as it takes."""
    width_pt, room_pt = typography.text_width_pt, typography.text_height_pt
    while setting.wrap(width_pt, room_pt)[1] > room_pt:
        parts = setting.cut(width_pt, room_pt)
        assert parts is not None
        page, setting = parts
        assert page.wrap(width_pt, room_pt)[1] <= room_pt
        yield page
    yield setting


# Their order


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("a -> b -> c", "a b c"),
        ("b -> c\na -> b", "a b c"),
        ("a -> b -> c -> a", "a b c"),
        ("a -> b -> d\na -> c -> d", "a b c d"),
        # The shorter way is told first, so that the other can go on.
        ("a -> b -> c -> d\na -> e", "a e b c d"),
        ("a -> b -> c\na -> d -> e", "a b c d e"),
        # Those of a group stand together.
        ("a -> b & c & d\nsubgraph one\nb & d -> e\nend", "a c b d e"),
        ("a -> a\na -> b", "a b"),
    ],
)
def test_a_step_comes_after_all_that_lead_forward_to_it(source: str, texts: str) -> None:
    steps = _list(source)

    assert texts.split() == [step.text for step in steps]
    assert list(range(1, len(steps) + 1)) == [step.number for step in steps]


def test_a_step_says_where_it_leads() -> None:
    read = _read(_make("a -> Salty?\nSalty? -- no --> Salt --> Salty?\nSalty? -- yes --> Serve"))

    assert "1 a → 2 2 Salty? no → 3 Salt yes → 4 Serve 3 Salt → 2 Salty? 4 Serve" == read


def test_the_steps_in_the_docs_are_those_of_the_diagram_in_the_docs() -> None:
    docs = (ROOT / "docs" / "figures.md").read_text("utf-8")
    diagram, steps = (
        found[1] for found in re.finditer(r"```(?:flow|text)\n(.*?)```", docs, re.DOTALL)
    )

    assert " ".join(steps.split()) == _read(_make(diagram))


@pytest.mark.parametrize(
    ("link", "sign"),
    [
        ("-->", "→"),
        ("---", "—"),
        ("<-->", "↔"),
        ("<---", "←"),
        ("-.->", "⇢"),
        ("==>", "⇒"),
        ("<-.-", "⇠"),
    ],
)
def test_the_form_of_an_arrow_is_kept(link: str, sign: str) -> None:
    assert f"1 a {sign} 2 2 b" == _read(_make(f"a {link} b"))


def test_groups_are_named_where_they_begin() -> None:
    source = "a --> b\nsubgraph one\nb --> c\nend\nc --> d\n"

    assert "1 a → 2 one 2 b → 3 3 c → 4 4 d" == _read(_make(source))


def test_arabic_steps_are_read_from_the_right() -> None:
    figure = _make("ابدأ -> اخلط -> اخبز")

    assert find_ink_outside(figure, PHONE) is None
    assert "←" in _read(figure)
    assert "→" not in _read(figure)


# On pages


@pytest.mark.parametrize("name", ["boox-palma", "remarkable-paper-pro-move", "supernote-nomad"])
def test_a_diagram_too_large_for_its_screen_is_told_in_words(name: str) -> None:
    answer = f"Before.\n\n```flow\n{GUESTS}More -> {' -> '.join('klmnopqrs')}\n```\n\nAfter.\n"
    read = read_with_pdfium(draw_response(make_response(answer), DEVICES[name]))

    assert "--" not in read
    assert re.search(r"nuts → \d+\sUse separate", read.replace("\u00a0", " "))
    squeezed = squeeze(read)
    for step in _list(GUESTS):
        assert all(squeeze(word) in squeezed for word in step.text.split())


@pytest.mark.parametrize("screen", TYPOGRAPHIES)
def test_steps_are_cut_between_two_of_them(screen: str) -> None:
    typography = TYPOGRAPHIES[screen]
    whole = _make(GUESTS, typography)
    height_pt = whole.wrap(typography.text_width_pt, 1000.0)[1]
    read = squeeze("".join(_read(page, typography) for page in _fill(whole, typography)))
    for part in range(2, 9):
        room_pt = height_pt * part / 10
        parts = whole.cut(typography.text_width_pt, room_pt)
        if parts is None:
            assert room_pt < whole.lead_height_pt
            continue
        first, rest = parts
        assert first.wrap(typography.text_width_pt, room_pt)[1] <= room_pt
        pages = [*_fill(first, typography), *_fill(rest, typography)]
        assert re.match(r"\d+ [A-Z]", _read(rest, typography))
        assert read == squeeze("".join(_read(page, typography) for page in pages))


def test_a_step_higher_than_a_page_is_cut_within() -> None:
    words = " ".join(["word"] * 39)
    ways = "".join(f"\nA -- {number} {words} --> c{number}[{words}]" for number in range(12))
    setting = _make(f"A[{'i' * 200}] -- {words} --> b{ways}")
    pages = list(_fill(setting, PHONE))
    first_words = setting.cut(PHONE.text_width_pt, 60.0)

    assert 39 * 37 == sum(_read(page).count("word") for page in pages)
    assert first_words is not None
    assert ["1 i", "iii"] == [_read(part)[:3] for part in first_words]
    for part in (*pages, *first_words):
        assert find_ink_outside(part, PHONE) is None


def test_steps_stand_with_a_heading_above_them_together_with_their_title() -> None:
    titled, untitled = _make(GUESTS), _make(GUESTS.split("\n", 1)[1])
    for setting in (titled, untitled):
        setting.wrap(PHONE.text_width_pt, 500.0)

    assert titled.lead_height_pt > untitled.lead_height_pt + 10


_LABELS = st.sampled_from(["", "|yes|", "|only if it rains a lot|", "|Überraschungsmoment|"])


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), _LABELS), min_size=1, max_size=16),
    st.integers(0, 9),
    st.sampled_from([RM2, NOMAD, PHONE]),
    st.sampled_from([1.0, 0.6]),
)
def test_no_words_of_steps_touch(
    arrows: list[tuple[int, int, str]], grouped: int, typography: Typography, part: float
) -> None:
    lines = [f"n{a}[Box number {a}] -->{label} n{b}[Box number {b}]" for a, b, label in arrows]
    lines[grouped:grouped] = ["subgraph A group"]
    figure = _make("\n".join([*lines, "z --> n0", "end"]), typography)
    width_pt = part * typography.text_width_pt
    height_pt = figure.wrap(width_pt, 1000.0)[1]
    if height_pt > typography.text_height_pt:
        parts = figure.cut(width_pt, typography.text_height_pt)
        assert parts is not None
        figure = parts[0]

    assert find_touching_words(draw_figure(figure, typography, width_pt)) == []
    assert find_ink_outside(figure, typography, width_pt) is None

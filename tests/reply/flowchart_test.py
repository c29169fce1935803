"""Diagrams: what is read, that nothing is left out, and that nothing stands on anything else."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkchat.devices import DEVICES
from inkchat.reply import draw_response
from inkchat.reply.characters import clean_text
from inkchat.reply.figure import Figure
from inkchat.reply.flowchart import make_flowchart, make_mermaid
from inkchat.reply.flowchart_data import Direction, Edge, Flowchart, Group, Node, Shape
from inkchat.reply.flowchart_layers import arrange_layers
from inkchat.reply.flowchart_places import Extent, place_slots
from inkchat.reply.flowchart_text import read_flowchart
from inkchat.reply.step_list import StepList
from inkchat.reply.typography import make_typography
from tests.reply.answers import GOLDEN, make_response
from tests.reply.figures import (
    NOMAD,
    RM2,
    SCREENS,
    TYPOGRAPHIES,
    draw_figure,
    find_ink_outside,
    find_touching_words,
)
from tests.reply.reading import read_with_pdfium, read_with_pypdf, squeeze

FLOWS = {
    "a circle": """\
A[Start] --> B{Enough salt?}
B -- yes --> C[Bake]
B -- no --> D(Add salt)
D --> B
""",
    "plain": "Start -> Mix -> Bake\n",
    "order": """\
graph TD
    A[Customer places order] --> B{In stock?}
    B -->|Yes| C[Pack the order]
    B -->|No| D[Order from supplier]
    D --> E[Wait for delivery]
    E --> C
    C --> F[Ship]
    F --> G([Delivered])
    style A fill:#f9f
""",
    "servers": """\
flowchart LR
  Client -->|HTTP request| LB[Load balancer]
  LB --> A1[Server 1] & A2[Server 2] & A3[Server 3]
  A1 & A2 & A3 --> DB[(Database)]
  A1 -.-> Cache
  A2 -.-> Cache
""",
    "title": """\
title: Photosynthesis
direction: right
Light + water -> Light reactions -> ATP and NADPH -> Calvin cycle -> Sugar
Carbon dioxide -> Calvin cycle
Light reactions -> Oxygen
""",
    "crossing": """\
flowchart TD
  A[Does it move?] -- No --> B{Should it?}
  A -- Yes --> C{Should that?}
  B -- No --> D[No problem]
  B -- Yes --> E[WD-40]
  C -- Yes --> D
  C -- No --> F[Duct tape]
""",
    "back": """\
graph LR
 idea --> draft --> review --> publish
 review -->|needs work| draft
 publish --> idea
""",
    "long": """\
flowchart TD
  s1[Wake up] --> s2[Make coffee] --> s3[Read mail] --> s4{Urgent?}
  s4 -->|yes, at once| s5[Answer]
  s4 -->|no| s6[Walk]
  s5 --> s6
  s6 --> s7[Write] --> s8[Lunch] --> s9[Sleep]
""",
    "Arabic": "ابدأ -> اخلط -> اخبز\n",
    "groups": """\
flowchart LR
  subgraph web [Web tier]
    LB[Load balancer] --> A1[Server 1] & A2[Server 2]
  end
  subgraph Data
    direction TB
    DB[(Database)] <--> R[(Replica)]
    subgraph Fast memory
      Redis
    end
  end
  A1 & A2 --> DB
  A1 -. reads .-> Redis
""",
}
"""As models write them."""


def _read(source: str) -> Flowchart:
    flowchart = read_flowchart(source)
    assert flowchart is not None
    return flowchart


def _list_arrows(source: str) -> list[tuple[str, str, str]]:
    flowchart = _read(source)
    return [
        (flowchart.nodes[edge.source].text, edge.label, flowchart.nodes[edge.target].text)
        for edge in flowchart.edges
    ]


# Drawn


@pytest.mark.parametrize("screen", TYPOGRAPHIES)
@pytest.mark.parametrize("name", FLOWS)
def test_a_diagram_stays_within_its_size_and_its_words_apart(name: str, screen: str) -> None:
    typography = TYPOGRAPHIES[screen]
    figure = make_flowchart(FLOWS[name], typography)

    assert figure is not None
    assert figure.wrap(typography.text_width_pt, 100.0)[1] <= typography.text_height_pt
    assert find_ink_outside(figure, typography) is None
    assert find_touching_words(draw_figure(figure, typography)) == []


@pytest.mark.parametrize("name", FLOWS)
def test_all_words_of_a_diagram_can_be_copied(name: str) -> None:
    figure = make_flowchart(FLOWS[name], NOMAD)
    flowchart = _read(FLOWS[name])

    assert figure is not None
    pdf = draw_figure(figure, NOMAD)
    for read in (squeeze(read_with_pdfium(pdf)), squeeze(read_with_pypdf(pdf))):
        texts = [node.text for node in flowchart.nodes] + [edge.label for edge in flowchart.edges]
        texts += [group.name for group in flowchart.groups]
        for text in (*texts, flowchart.title):
            assert all(squeeze(word) in read for word in text.split())


@pytest.mark.parametrize("name", FLOWS)
def test_a_diagram_gives_the_same_bytes_twice(name: str) -> None:
    first, second = make_flowchart(FLOWS[name], RM2), make_flowchart(FLOWS[name], RM2)

    assert first is not None
    assert second is not None
    assert draw_figure(first, RM2) == draw_figure(second, RM2)


def test_a_diagram_too_wide_for_its_direction_is_turned() -> None:
    long = " -> ".join(f"Station number {number}" for number in range(6))
    level = make_flowchart(f"direction: right\n{long}", RM2)
    down = make_flowchart(f"direction: down\n{long}", RM2)

    assert level is not None
    assert down is not None
    assert draw_figure(level, RM2) == draw_figure(down, RM2)


def test_a_diagram_that_fits_goes_where_it_says() -> None:
    level = make_flowchart("direction: right\na -> b -> c", RM2)
    down = make_flowchart("a -> b -> c", RM2)

    assert level is not None
    assert down is not None
    assert level.wrap(RM2.text_width_pt, 500.0)[1] < 40 < down.wrap(RM2.text_width_pt, 500.0)[1]


def test_a_diagram_that_fits_no_page_is_drawn_as_steps() -> None:
    long = make_flowchart(" -> ".join(f"n{number}" for number in range(36)), RM2)
    wide = make_flowchart(FLOWS["crossing"], TYPOGRAPHIES["phone"])

    assert isinstance(long, StepList)
    assert isinstance(wide, StepList)


def test_a_diagram_with_an_arrow_from_a_box_to_itself_is_drawn_as_steps() -> None:
    assert isinstance(make_flowchart("a -> b -> a -> a", RM2), StepList)


def test_lines_cross_only_where_they_must() -> None:
    layers = arrange_layers(_read(FLOWS["crossing"]))

    assert layers is not None
    for above, below in zip(layers.rows, layers.rows[1:], strict=False):
        ends = [
            (above.index(first), below.index(second))
            for first, second in layers.list_links()
            if first in above
        ]
        assert not any(a[0] < b[0] and a[1] > b[1] for a in ends for b in ends)


@pytest.mark.parametrize("name", FLOWS)
def test_a_diagram_too_wide_for_a_list_is_shown_as_steps(name: str) -> None:
    source = "- - - ```flow\n" + "".join(f"      {line}\n" for line in FLOWS[name].splitlines())
    read = squeeze(read_with_pdfium(draw_response(make_response(source), SCREENS["phone"])))

    assert "--" not in read
    for node in _read(FLOWS[name]).nodes:
        assert all(squeeze(word) in read for word in node.text.split())


def test_a_line_that_leads_back_bends_none_that_leads_on() -> None:
    layers = arrange_layers(_read("a -> b -> c -> d -> e\ne -- again --> a\nd -> b"))
    assert layers is not None
    extents = [Extent(4.0 if slot.node is None else 40.0, 20.0) for slot in layers.slots]
    middles = place_slots(layers, extents, 20.0).middles

    boxes = [middles[number] for number, slot in enumerate(layers.slots) if slot.node is not None]
    assert max(boxes) - min(boxes) < 4


# Read


@pytest.mark.parametrize(
    ("line", "arrow"),
    [
        ("a -> b", ("a", "", "b")),
        ("a --> b", ("a", "", "b")),
        ("a-->b", ("a", "", "b")),
        ("a ==> b", ("a", "", "b")),
        ("a -.-> b", ("a", "", "b")),
        ("a → b", ("a", "", "b")),
        ("a --- b", ("a", "", "b")),
        ("a -->|if so| b", ("a", "if so", "b")),
        ("a -- if so --> b", ("a", "if so", "b")),
        ("a -. if so .-> b", ("a", "if so", "b")),
        ("a == if so ==> b", ("a", "if so", "b")),
        ("a --if so--> b", ("a", "if so", "b")),
        ('A["f(x) -> y"] --> B(("b; c"))', ("f(x) -> y", "", "b; c")),
        ("A[x (y)] --> B([z])", ("x (y)", "", "z")),
        ("A[one<br/>two] --> B", ("one two", "", "B")),
        ("A[a]:::big --> B{{b}}", ("a", "", "b")),
        ("Mix (5 min) -> Bake", ("Mix (5 min)", "", "Bake")),
        ("pre-heat -> e-mail", ("pre-heat", "", "e-mail")),
        ("style guide -> review", ("style guide", "", "review")),
        ("graph TD; a-->b;", ("a", "", "b")),
        ("%% note\na --> b", ("a", "", "b")),
        ("a\n-> b", ("a", "", "b")),
        ("a -> b: if so", ("a", "if so", "b")),
        ("a --> b : if so", ("a", "if so", "b")),
        ("a --> b[x: y]: if so", ("a", "if so", "x: y")),
        ("a --> b[x: y]", ("a", "", "x: y")),
        ("a -->|if so| b: c", ("a", "if so", "b: c")),
        ("甲 -> 乙：好", ("甲", "好", "乙")),
        ("at 10:30 -> at 11:00", ("at 10:30", "", "at 11:00")),
        ("1: mix -> 2: bake", ("1: mix", "", "2: bake")),
    ],
)
def test_arrows_are_read_as_models_write_them(line: str, arrow: tuple[str, str, str]) -> None:
    assert [arrow] == _list_arrows(line)


def test_words_behind_a_colon_are_those_of_the_arrow_before_them() -> None:
    assert [("a", "yes", "b"), ("b", "no", "c")] == _list_arrows("a -> b: yes -> c: no")
    assert [("a", "x", "b"), ("a", "x", "c")] == _list_arrows("a -> b & c: x")
    # Here it begins a line, and so is a name.
    assert [("a", "", "s: t"), ("s: t", "", "c")] == _list_arrows("a -> s: t\ns: t -> c")


def test_the_form_of_arrows_and_boxes_is_read() -> None:
    flowchart = _read("a[A] <--> b(B)\nb -.-> c{C}\nc ==> a\na --- c")

    assert (
        Edge(0, 1, has_tail=True),
        Edge(1, 2, is_dashed=True),
        Edge(2, 0, is_thick=True),
        Edge(0, 2, has_head=False),
    ) == flowchart.edges
    assert (Node("A", Shape.BOX), Node("B", Shape.ROUND), Node("C", Shape.DIAMOND)) == (
        flowchart.nodes
    )


def test_a_box_without_brackets_looks_like_those_that_have_them() -> None:
    assert [Shape.BOX, Shape.BOX] == [node.shape for node in _read("a[A] -> b").nodes]
    assert [Shape.ROUND, Shape.ROUND] == [node.shape for node in _read("a(A) -> b").nodes]
    assert [Shape.DIAMOND, Shape.BOX] == [node.shape for node in _read('"a?" -> b[B]').nodes]


def test_words_of_an_arrow_may_end_in_a_short_one() -> None:
    assert [("a", "yes", "b"), ("b", "", "c")] == _list_arrows("a -- yes -> b -> c")


@pytest.mark.parametrize(
    ("head", "direction"),
    [
        ("", Direction.DOWN),
        ("flowchart LR", Direction.RIGHT),
        ("graph TD", Direction.DOWN),
        ("direction: right", Direction.RIGHT),
        ("direction right", Direction.RIGHT),
    ],
)
def test_the_direction_is_read(head: str, direction: Direction) -> None:
    assert direction is _read(f"{head}\na -> b").direction


@pytest.mark.parametrize(
    "source",
    [
        "",
        "Start",
        "a -> ",
        "-> a",
        "a -> b\nThis is only a sentence.",
        "A[one] --> B\nA[two] --> C",
        "A[ ] --> B",
        "flowchart XY\na --> b",
        "flowchart TD\nsubgraph one\na --> b",
        "flowchart TD\na --> b\nend",
        "flowchart TD\nsubgraph one\nend\na --> b",
        "flowchart TD\nsubgraph\na --> b\nend",
        "flowchart TD\nsubgraph one\na --> b\nend\nc --> one",
        "flowchart TD\nsubgraph g [one]\na --> b\nend\nc --> g",
        "a -> b\n" + "".join(f"subgraph g{n}\nn{n} --> a\nend\n" for n in range(13)),
        'a --> b\nclick a "https://example.org"',
        "sequenceDiagram\nAlice->>John: Hello",
        "a <|-- b",
        "a -- b",
        "\n".join(f"a{number} -> b{number}" for number in range(21)),
        " -> ".join(["a", "b"] * 41),
        f"a -> {'b' * 201}",
        "a -> b " * 1000,
    ],
)
def test_what_is_not_understood_is_no_diagram(source: str) -> None:
    assert make_flowchart(source, RM2) is None


def test_the_groups_of_a_diagram_are_read() -> None:
    flowchart = _read(FLOWS["groups"])

    assert (
        Group("Web tier", (0, 1, 2)),
        Group("Data", (3, 4)),
        Group("Data / Fast memory", (5,)),
    ) == flowchart.groups
    assert Direction.RIGHT is flowchart.direction


def test_a_box_stands_in_the_first_group_that_names_it() -> None:
    flowchart = _read("a --> b\nsubgraph one\na --> c\nend\nsubgraph two\nc --> d\nend")

    assert (Group("one", (0, 2)), Group("two", (3,))) == flowchart.groups


def test_of_mermaid_only_the_flowchart_is_known() -> None:
    assert make_mermaid("%% note\nflowchart LR\na --> b", RM2) is not None
    assert make_mermaid("stateDiagram-v2\n[*] --> Still", RM2) is None
    assert make_mermaid("", RM2) is None


# Anything

_WORDS = st.one_of(
    st.sampled_from(["a", "b", "c", "A[Start]", "B{Is it?}", "D((x))", "two words", "e-mail"]),
    st.text(max_size=10),
)
_LINKS = st.sampled_from([" -> ", "-->", " --- ", " -- no --> ", "-->|yes|", " <--> ", " & ", ";"])
_LINES = st.lists(st.tuples(_WORDS, _LINKS), max_size=6).map(
    lambda parts: "".join(word + link for word, link in parts) + "z"
)


@settings(max_examples=150)
@given(st.one_of(st.text(max_size=120), st.lists(_LINES, max_size=8).map("\n".join)))
def test_any_text_is_a_diagram_or_none(source: str) -> None:
    figure = make_flowchart(clean_text(source), NOMAD)

    if figure is not None:
        assert find_ink_outside(figure, NOMAD) is None


@settings(max_examples=40)
@given(
    st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)), min_size=1, max_size=20),
    st.lists(st.sampled_from(["", "|yes|", "|only if it rains|"]), min_size=20, max_size=20),
    st.sampled_from(["LR", "TD"]),
)
def test_no_words_touch_in_any_diagram(
    ends: set[tuple[int, int]], labels: list[str], direction: str
) -> None:
    arrows = [
        f"n{source}[Box {source}] -->{label} n{target}[Box {target}]"
        for (source, target), label in zip(sorted(ends), labels, strict=False)
        if source != target
    ]
    figure = make_flowchart("\n".join([f"flowchart {direction}", *arrows]), RM2)

    if figure is not None:
        assert find_touching_words(draw_figure(figure, RM2)) == []
        assert find_ink_outside(figure, RM2) is None


@pytest.mark.parametrize(
    "source",
    [
        "a " + "-- " * 2000,
        "-.x" * 600 + "." * 6000,
        "\n".join(["-.x" * 150 + "." * 540] * 8),
        "A" + "[" * 3000,
        '"' * 7000,
        "\n".join(f"n{number % 40} --> n{(number * 7 + 3) % 40}" for number in range(80)),
        "\n".join(f"n{number} --> n{number + 1}\nn0 --> n{number + 1}" for number in range(39)),
    ],
)
def test_no_text_takes_long(source: str) -> None:
    began = time.monotonic()
    make_flowchart(source, NOMAD)

    assert time.monotonic() - began < 5


_LARGE = GOLDEN["flow"].answer.split("```")[1].removeprefix("flow\n")


def test_a_large_diagram_is_drawn_on_a_narrow_screen() -> None:
    typography = make_typography(DEVICES["remarkable-paper-pro-move"])

    assert isinstance(make_flowchart(_LARGE, typography), Figure)

"""Verse: lines that were ended by hand, and go on set in."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.fonts import Face
from inkchat.reply.lines import Line, break_lines, measure_pieces
from inkchat.reply.prose import Prose, make_prose, set_text
from inkchat.reply.typography import Type
from inkchat.reply.verse import find_hang
from tests.golden import render_pages

TYPE = Type(Face.SERIF, 12.0, 17.0)
PROSE = "It was the best of times, it was the worst of times, it was the age of wisdom. " * 3
VERSE = (
    "Wer jetzt kein Haus hat, baut sich keines mehr.\n"
    "Wer jetzt allein ist, wird es lange bleiben,\n"
    "wird wachen"
)


def read_line(line: Line) -> str:
    """The text of a line that is read from left to right."""
    return "".join(fragment.text for fragment in line.fragments)


def render_prose(prose: Prose, width_pt: float, scale: float) -> Image.Image:
    """The paragraph, 20 pt from the left and the top of its page."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(width_pt + 40, 400), invariant=1)
    prose.wrap(width_pt, 0)
    prose.drawOn(canvas, 20, 380 - prose.height)
    canvas.showPage()
    canvas.save()
    return render_pages(buffer.getvalue(), scale)[0]


def _list_indents(text: str, width_pt: float) -> list[tuple[float, str]]:
    """How far each line of a paragraph is set in, and its text."""
    hang_pt = find_hang(set_text(text, TYPE), TYPE.size_pt, width_pt)
    lines = break_lines(set_text(text, TYPE), width_pt, hang_pt=hang_pt)
    return [(line.indent_pt, read_line(line)) for line in lines]


def test_a_line_of_verse_goes_on_set_in() -> None:
    assert [
        (0.0, "Wer jetzt kein Haus hat, baut sich"),
        (18.0, "keines mehr."),
        (0.0, "Wer jetzt allein ist, wird es lange"),
        (18.0, "bleiben,"),
        (0.0, "wird wachen"),
    ] == _list_indents(VERSE, 205)


@pytest.mark.parametrize(
    ("text", "width_pt"),
    [
        (PROSE, 200.0),
        (f"{VERSE}\n{PROSE}", 200.0),
        (f"Note:\n{PROSE[:100]}", 200.0),
        ("In a narrow cell nothing is set in.\nNothing at all.", 70.0),
    ],
)
def test_what_is_no_verse_is_not_set_in(text: str, width_pt: float) -> None:
    assert {0.0} == {indent_pt for indent_pt, _ in _list_indents(text, width_pt)}


def test_no_word_is_parted_for_the_sake_of_verse() -> None:
    word_pt = measure_pieces(set_text("Sonnenuhrenschatten", TYPE))[1]
    lines = _list_indents("Leg deinen\nkurzen Sonnenuhrenschatten hin", word_pt + 5)

    assert "Sonnenuhrenschatten" in [text for _, text in lines]


def test_verse_from_right_to_left_is_set_in_at_the_right() -> None:
    prose = make_prose("בראשית ברא אלהים את השמים ואת הארץ\nוהארץ היתה תהו", TYPE)
    picture = render_prose(prose, 150, 2)
    inks = [
        (picture.crop((0, top, 380, top + 34)).point(lambda grey: 255 * (grey < 128))).getbbox()
        for top in (40, 74, 108)
    ]
    ends_pt = [ink[2] / 2 if ink else 0.0 for ink in inks]

    assert pytest.approx([170, 156.5, 170], abs=2.5) == ends_pt


def test_no_line_of_verse_is_cut_between_pages() -> None:
    prose = make_prose(VERSE, TYPE)
    prose.wrap(205, 0)
    parts = prose.cut(205, 3 * TYPE.leading_pt)

    assert parts
    assert [2 * TYPE.leading_pt, 3 * TYPE.leading_pt] == [part.height for part in parts]


@given(
    st.text("ab c-文.", min_size=1, max_size=120),
    st.floats(40, 300),
    st.floats(0, 20),
)
def test_no_line_that_is_set_in_is_too_long(text: str, width_pt: float, hang_pt: float) -> None:
    pieces = set_text(f"{text}\n{text}", TYPE)
    lines = break_lines(pieces, width_pt, hang_pt=hang_pt, language="en")

    assert "".join(text.split()) * 2 == "".join("".join(map(read_line, lines)).split())
    assert all(line.indent_pt + line.width_pt <= width_pt + 0.02 for line in lines)

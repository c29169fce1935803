"""Blocks of code: how long lines go on, and what becomes of letters of every kind."""

import io
import re

import pypdf
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.characters import clean_text
from inkchat.reply.fonts import Face, measure_runs, split_runs
from inkchat.reply.listing import Listing
from inkchat.reply.typography import Type

TYPE, LABEL = Type(Face.CODE, 11, 15.4), Type(Face.SANS, 8, 11)
_CODE = st.text(st.sampled_from("abc (){};=/שלוםجدא日本😀क्षกำe\u0301\u200d\n"), max_size=150).map(
    clean_text
)


def _draw(listing: Listing, width_pt: float) -> str:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(width_pt, 800))
    listing.drawOn(canvas, 0, 800 - listing.wrap(width_pt, 0)[1])
    canvas.showPage()
    canvas.save()
    return pypdf.PdfReader(io.BytesIO(buffer.getvalue())).pages[0].extract_text()


@given(_CODE, st.floats(60, 300))
def test_no_line_is_longer_than_its_room(code: str, width_pt: float) -> None:
    listing = Listing(code, "", TYPE, LABEL)
    listing.wrap(width_pt, 0)

    assert code.replace("\n", "") == "".join(line.text for line in listing._lines)
    for line in listing._lines:
        runs = split_runs(line.text.rstrip(" "), TYPE.face)
        # One sign may be wider than all of it: a frame with the name of what no font has.
        assert measure_runs(runs, TYPE.size_pt) <= max(width_pt - 19, 160) + 0.1


def test_a_letter_is_not_parted_from_its_marks() -> None:
    listing = Listing("e\u0301" * 100, "", TYPE, LABEL)
    listing.wrap(100, 0)

    assert len(listing._lines) > 5
    assert all(re.fullmatch("(e\u0301)+", line.text) for line in listing._lines)


def test_code_is_read_from_left_to_right_whatever_it_begins_with() -> None:
    listing = Listing('"שלום": "hello", 1', "json", TYPE, LABEL)
    text = _draw(listing, 300)

    assert text.splitlines()[0] == "json"
    assert re.search("hello.*1$", text.splitlines()[1])


def test_two_lines_stand_on_both_sides_of_a_cut_and_the_label_on_one() -> None:
    listing = Listing("\n".join(f"line {number}" for number in range(10)), "text", TYPE, LABEL)
    listing.wrap(300, 0)
    parts = listing.cut(300, 100)

    assert parts is not None
    texts = [_draw(part, 300).splitlines() for part in parts]
    assert texts[0][0] == "text"
    assert [f"line {number}" for number in range(10)] == [*texts[0][1:], *texts[1]]
    assert min(len(texts[0]) - 1, len(texts[1])) >= 2

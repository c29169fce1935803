"""Blocks of code: how long lines go on, and what becomes of letters of every kind."""

import io
import re

import pypdf
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from inkchat.devices import DEVICES
from inkchat.reply.characters import clean_text
from inkchat.reply.listing import Listing
from inkchat.reply.runs import measure_runs, split_runs
from inkchat.reply.typography import make_typography

TYPOGRAPHY = make_typography(DEVICES["remarkable-2"])
TYPE = TYPOGRAPHY.code
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
    listing = Listing(code, "", TYPOGRAPHY)
    listing.wrap(width_pt, 0)

    assert code.replace("\n", "") == "".join(line.text for line in listing._lines)
    for line in listing._lines:
        text = line.text.rstrip(" ")
        runs = split_runs(text.lstrip(" ") if listing._indent_scale < 1 else text, TYPE.face)
        # One sign may be wider than all of it: a frame with the name of what no font has.
        assert measure_runs(runs, TYPE.size_pt) <= max(width_pt - 19, 160) + 0.1


def test_a_letter_is_not_parted_from_its_marks() -> None:
    listing = Listing("e\u0301" * 100, "", TYPOGRAPHY)
    listing.wrap(100, 0)

    assert len(listing._lines) > 5
    assert all(re.fullmatch("(e\u0301)+", line.text) for line in listing._lines)


def test_code_is_read_from_left_to_right_whatever_it_begins_with() -> None:
    listing = Listing('"שלום": "hello", 1', "json", TYPOGRAPHY)
    text = _draw(listing, 300)

    assert text.splitlines()[0] == "json"
    assert re.search("hello.*1$", text.splitlines()[1])


@pytest.mark.parametrize("name", ["remarkable-2", "remarkable-paper-pro"])
def test_code_is_framed_where_a_grey_would_be_dots(name: str) -> None:
    typography = make_typography(DEVICES[name])
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(200, 100))
    listing = Listing("x", "", typography)
    height_pt = listing.wrap(200, 0)[1]
    listing.drawOn(canvas, 0, 100 - height_pt)
    canvas.save()
    document = pypdfium2.PdfDocument(buffer.getvalue())
    picture = document[0].render(scale=4).to_pil().convert("L")
    document.close()
    edge = picture.crop((796, 8, 800, 40)).getextrema()[0]

    assert (240 if typography.shows_grey else 255) == picture.getpixel((500, 8))
    assert typography.shows_grey == (edge > 200)


def test_two_lines_stand_on_both_sides_of_a_cut_and_the_label_on_one() -> None:
    listing = Listing("\n".join(f"line {number}" for number in range(10)), "text", TYPOGRAPHY)
    listing.wrap(300, 0)
    parts = listing.cut(300, 100)

    assert parts is not None
    texts = [_draw(part, 300).splitlines() for part in parts]
    assert texts[0][0] == "text"
    assert [f"line {number}" for number in range(10)] == [*texts[0][1:], *texts[1]]
    assert min(len(texts[0]) - 1, len(texts[1])) >= 2


@pytest.mark.parametrize("height_pt", range(114, 300, 17))
def test_no_line_of_the_code_is_cut_between_pages(height_pt: int) -> None:
    lines = ["short = 1", f"long = [{', '.join('abcdefg')}] + [{', '.join('hijklmnop')}]", ""]
    listing = Listing("\n".join(lines * 8), "", TYPOGRAPHY)
    listing.wrap(200, 0)
    parts = listing.cut(200, height_pt)

    assert parts is not None
    assert parts[0].wrap(200, 0)[1] <= height_pt
    first = parts[1]._lines[0]
    assert not first.continues
    assert first.text.strip()


def test_an_indent_is_no_line_of_its_own() -> None:
    listing = Listing(f"{' ' * 12}delay_seconds", "", TYPOGRAPHY)
    listing.wrap(130, 0)

    assert len(listing._lines) > 1
    assert all(line.text.strip() for line in listing._lines)


def test_deep_indents_are_drawn_narrower_where_they_leave_no_room() -> None:
    code = "\n".join(f"{' ' * 4 * level}level{level} = {level}" for level in range(6))
    narrow, wide = Listing(code, "", TYPOGRAPHY), Listing(code, "", TYPOGRAPHY)
    text = _draw(narrow, 170)
    _draw(wide, 300)

    assert [False] * 6 == [line.continues for line in narrow._lines]
    assert 1.0 == wide._indent_scale
    assert all(f"level{level} = {level}" in text for level in range(6))


def test_the_changes_in_a_list_of_changes_are_moved_with_it() -> None:
    lines = [f"{mark}{' ' * 20}time.sleep(1)" for mark in "+- "]
    listing = Listing("\n".join(lines), "diff", TYPOGRAPHY)
    words = _draw(listing, 170).split()

    assert ["diff", "+", "time.sleep(1)", "-", "time.sleep(1)", "time.sleep(1)"] == words
    assert 3 == len(listing._lines)


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("Active: failed (Result: no)", ["Active: failed ", "(Result: no)"]),
        ("scp file.gz nas: --exclude=x", ["scp file.gz nas: ", "--exclude=x"]),
        ("chown -R backup /srv/data", ["chown -R backup ", "/srv/data"]),
        ("callable_of_name(first, x)", ["callable_of_name(", "first, x)"]),
        ("    raise ConnectionError()", ["    raise ", "ConnectionError()"]),
        ("with raises(ConnectionError):", ["with raises(", "ConnectionError):"]),
        ("    raise ConnectionErrorOfAKind", ["    raise Connectio", "nErrorOfAKind"]),
    ],
)
def test_a_line_does_not_end_with_the_marks_before_a_word(code: str, parts: list[str]) -> None:
    listing = Listing(code, "", TYPOGRAPHY)
    listing.wrap(145, 0)

    assert parts == [line.text for line in listing._lines]


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("seconds: float = 30.0, errors", ["seconds: float = ", "30.0, errors"]),
        ("assert len(calls) == 3", ["assert len(calls) ", "== 3"]),
        ("def make(P, Q, R) -> R:", ["def make(P, Q, R) ", "-> R:"]),
    ],
)
def test_a_line_is_not_wrapped_within_an_operator_or_a_number(code: str, parts: list[str]) -> None:
    listing = Listing(code, "", TYPOGRAPHY)
    listing.wrap(145, 0)

    assert parts == [line.text for line in listing._lines]


@pytest.mark.parametrize("height_pt", range(80, 300, 17))
def test_no_part_of_a_listing_ends_with_an_empty_line(height_pt: int) -> None:
    listing = Listing("\n".join(["def f():", "    pass", "", ""] * 8 + ["f()"] * 2), "", TYPOGRAPHY)
    listing.wrap(300, 0)
    parts = listing.cut(300, height_pt)

    assert parts is not None
    assert parts[0].wrap(300, 0)[1] <= height_pt
    assert all(part._lines[-1].text.strip() for part in parts)

"""The reader on this machine: real pages from tablets, drawn pages, and the order of lines."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from inkchat.models.handwriting import (
    Word,
    arrange_words,
    find_missing_packages,
    mark_unsure,
    read_pictures,
)

needs_reader = pytest.mark.skipif(
    bool(find_missing_packages()), reason="the extra `ocr` is not installed"
)

TRUTH = {
    "rtr-n5-20230015-recognition_0.png": """
        Real time recognition paragraph test

        With enough space a new paragraph
        should be created. If lines are
        close then the text should reflow.

        This should be a new paragraph.

        As well as this.

        But this is the last paragraph and
        should reflow together.""",
    "ink-a5x-2.14.28-old-pen-width_0.png": """
        Subject: Obsidian Supernote Integration
        Test File

        Let me know how this works, please. I've
        been thinking about setting up an Obsidian
        instance for a while now.""",
}


def make_page(image: Image.Image) -> bytes:
    """In the form of a note's pages: long edge 1568 px, 16 greys as a palette."""
    grey = image.convert("L")
    grey.thumbnail((1568, 1568), Image.Resampling.LANCZOS)
    levels = grey.point([(value + 8) // 17 for value in range(256)])
    levels.putpalette([level * 17 for level in range(16) for _ in "rgb"])
    buffer = io.BytesIO()
    levels.save(buffer, "PNG")
    return buffer.getvalue()


def character_error(expected: str, actual: str) -> float:
    """Edits per character, case and white space ignored."""
    one, other = ("".join(text.split()).lower() for text in (expected, actual))
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1] / len(one)


def test_character_error_counts_edits() -> None:
    assert character_error("Ab c", "a B C") == 0.0
    assert character_error("abcd", "abxd") == 0.25
    assert character_error("abcd", "acd") == 0.25
    assert character_error("abcd", "") == 1.0


@needs_reader
def test_real_pages_are_read_with_less_than_one_error_in_ten(corpora: Path) -> None:
    pages = []
    for name in TRUTH:
        with Image.open(corpora / "handwriting" / name) as image:
            pages.append(make_page(image))
    texts = read_pictures(tuple(pages))

    for text, (name, truth) in zip(texts, TRUTH.items(), strict=True):
        error = character_error(truth, text)
        print(f"{name}: character error {error:.1%}")
        assert error < 0.10
        assert [bool(line.strip()) for line in text.split("\n")] == [
            bool(line.strip()) for line in truth.strip().split("\n")
        ], "the same lines in the same paragraphs"


@needs_reader
def test_a_drawn_page_is_read_and_a_blank_one_is_empty() -> None:
    blank = Image.new("L", (900, 1200), 255)
    drawn = blank.copy()
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(48)
    pen.text((80, 100), "Buy bread and milk", fill=0, font=font)
    pen.text((80, 170), "before Friday", fill=0, font=font)
    pen.text((80, 600), "Call the plumber", fill=0, font=font)

    assert read_pictures((make_page(drawn), make_page(blank))) == (
        "Buy bread and milk\nbefore Friday\n\nCall the plumber",
        "",
    )


def word(text: str, left: float, top: float, *, width: float = 100, height: float = 40) -> Word:
    return Word(text, left, left + width, top, top + height)


def test_words_on_one_line_are_read_from_the_left() -> None:
    words = [word("third", 400, 108), word("first", 0, 92), word("second", 200, 100)]

    assert arrange_words(words) == "first second third"


def test_lines_are_read_from_the_top_and_far_ones_are_paragraphs() -> None:
    words = [word("d", 0, 400), word("b", 0, 50), word("a", 0, 0), word("c", 0, 100)]

    assert arrange_words(words) == "a\nb\nc\n\nd"


def test_wide_lines_of_a_generous_writer_are_one_paragraph() -> None:
    words = [word(letter, 0, 90 * index) for index, letter in enumerate("abcd")]

    assert arrange_words(words) == "a\nb\nc\nd"


def test_lines_that_touch_stay_apart() -> None:
    words = [word("below", 0, 30, width=300), word("above", 0, 0, width=300)]

    assert arrange_words(words) == "above\nbelow"


BOXES = st.tuples(st.floats(0, 1000), st.floats(0, 1000), st.floats(1, 300), st.floats(1, 100))


@given(st.lists(BOXES, max_size=25))
def test_no_word_is_lost_or_doubled(boxes: list[tuple[float, float, float, float]]) -> None:
    words = [
        Word(f"w{number}", left, left + width, top, top + height)
        for number, (left, top, width, height) in enumerate(boxes)
    ]

    assert sorted(arrange_words(words).split()) == sorted(word.text for word in words)


@pytest.mark.parametrize(
    ("text", "pieces", "expected"),
    [
        ("one two", [("one", 0.9), ("two", 0.4)], "one two (?)"),
        ("one two", [("one", 0.4), ("two", 0.9)], "one (?) two"),
        ("the the", [("the", 0.9), ("the", 0.1)], "the the (?)"),
        ("見本で", [("見", 0.9), ("本", 0.2), ("で", 0.3)], "見本で (?)"),
        ("one two", [], "one two"),
        ("one two", [("other", 0.1)], "one two"),
        ("", [("one", 0.1)], ""),
    ],
)
def test_only_unsure_words_are_marked(
    text: str, pieces: list[tuple[str, float]], expected: str
) -> None:
    assert mark_unsure(text, pieces) == expected

"""What a response says, and that any answer can be drawn."""

import hashlib
import math
import re
import subprocess
import sys
import threading
import time
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any, cast

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkchat.devices import DEVICES
from inkchat.domain import Device, ErrorResponse
from inkchat.reply import answer as answer_module
from inkchat.reply import draw_error, draw_response
from inkchat.reply.answer import make_answer
from inkchat.reply.flow import Block
from inkchat.reply.fonts import SMALLEST_PT
from inkchat.reply.furniture import Imprint
from inkchat.reply.limits import ANSWER_LINES, NAMED_SIGNS, TITLE_CHARACTERS
from inkchat.reply.ornament import EmptyLine
from inkchat.reply.pages import PageFiller
from inkchat.reply.parts import make_transcript
from inkchat.reply.prose import Prose
from inkchat.reply.sheet import draw_pages
from inkchat.reply.typography import Type, make_typography
from tests.reply.answers import (
    CODE,
    CODED,
    ERROR,
    ESSAY,
    HEAD,
    LETTER,
    NESTED,
    RESPONSES,
    SCRIPTS,
    make_response,
)
from tests.reply.markdown import MARKDOWN
from tests.reply.reading import (
    find_ink_in_margins,
    list_words,
    open_pdf,
    read_pages_with_pdfium,
    read_with_pdfium,
    read_with_pypdf,
    squeeze,
)

RM2 = DEVICES["remarkable-2"]

# Everything


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", RESPONSES)
def test_nothing_stands_in_the_margins_of_any_device(name: str, device: str) -> None:
    target = DEVICES[device]
    pdf = draw_response(RESPONSES[name], target)

    assert find_ink_in_margins(pdf, target) == []
    box = open_pdf(pdf).pages[0].mediabox
    assert (float(box.width), float(box.height)) == (
        target.page_width_pt,
        target.page_height_pt,
    )


@pytest.mark.parametrize("name", RESPONSES)
def test_the_same_values_give_the_same_bytes(name: str) -> None:
    assert draw_response(RESPONSES[name], RM2) == draw_response(RESPONSES[name], RM2)


@pytest.mark.parametrize("name", ["letter", "essay", "table-and-code"])
def test_both_readers_find_the_words_in_their_order(name: str) -> None:
    response = RESPONSES[name]
    pdf = draw_response(response, RM2)
    answer = re.sub(r"\]\([^)]*\)|[*#>|`]|\d+\.\s|-{3}|^python", " ", response.answer, flags=re.M)
    expected = [word for word in list_words(answer) if not word.isdigit()]

    for read in (read_with_pypdf, read_with_pdfium):
        text = squeeze(read(pdf))
        place = 0
        for word in expected:
            # Within reach of the word before it; a footer may stand between them.
            place = text.find(word, place, place + 100) + len(word)
            assert place >= len(word), word


def test_no_letter_is_smaller_than_the_smallest() -> None:
    for response in RESPONSES.values():
        for device in DEVICES.values():
            sizes = _list_sizes(draw_response(response, device))
            assert min(sizes) >= SMALLEST_PT
            assert max(sizes) <= 25


@pytest.mark.parametrize("device", DEVICES.values(), ids=lambda device: device.name)
def test_all_that_is_to_be_read_is_large_enough(device: Device) -> None:
    typography = make_typography(device)
    furniture = {typography.label, typography.furniture, typography.choice}
    types = [getattr(typography, field.name) for field in fields(typography)]
    to_be_read = [t for t in types if isinstance(t, Type) and t not in furniture]

    assert len(to_be_read) >= 8
    assert min(t.size_pt for t in [*to_be_read, *typography.headings.values()]) >= 11
    inline_code = draw_response(replace(LETTER, answer="Some `code` in it.", transcript=""), device)
    assert [] == [s for s in _list_sizes(inline_code) if typography.choice.size_pt < s < 11]


def _list_sizes(pdf: bytes) -> list[float]:
    sizes: list[float] = []
    for page in open_pdf(pdf).pages:
        contents = page.get_contents()
        assert contents is not None
        sizes += [float(size) for size in re.findall(rb"/F\S+ ([\d.]+) Tf", contents.get_data())]
    return sizes


def test_all_fonts_are_embedded() -> None:
    reader = open_pdf(draw_response(SCRIPTS, RM2))

    for page in reader.pages:
        fonts = cast(Any, page)["/Resources"]["/Font"].values()
        descendants = [font["/DescendantFonts"][0] for font in fonts]
        assert descendants
        for descendant in descendants:
            assert {"/FontFile2", "/FontFile3"} & set(descendant["/FontDescriptor"])


def test_everything_is_page_content() -> None:
    reader = open_pdf(draw_response(NESTED, RM2))

    assert all("/Annots" not in page for page in reader.pages)
    assert "/AcroForm" not in reader.root_object


def test_several_threads_draw_the_same_bytes_as_one() -> None:
    # Fewer than all answers, so that the threads meet in the fonts and not in the queue.
    chosen = [RESPONSES[name] for name in ("scripts", "table-and-code", "nested", "offline")]
    alone = [draw_response(response, RM2) for response in chosen]
    drawn: dict[int, list[bytes]] = {}
    barrier = threading.Barrier(4)

    def draw(number: int) -> None:
        barrier.wait(10)
        rotated = [*range(number, 4), *range(number)] * 8
        drawn[number] = [b""] * 32
        for place, index in enumerate(rotated):
            drawn[number][place] = draw_response(chosen[index], RM2)

    threads = [threading.Thread(target=draw, args=(number,)) for number in range(4)]
    interval_seconds = sys.getswitchinterval()
    # So often that two threads do meet while they cut glyphs out of the same font.
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        sys.setswitchinterval(interval_seconds)

    assert sorted(drawn) == [0, 1, 2, 3]
    for number, pdfs in drawn.items():
        rotated = [*range(number, 4), *range(number)] * 8
        assert all(alone[index] == pdf for index, pdf in zip(rotated, pdfs, strict=True))


_COLD = """
import hashlib, sys, threading
from inkchat.devices import DEVICES
from inkchat.reply import draw_response
from tests.reply.answers import SCRIPTS
sys.setswitchinterval(1e-6)
barrier, drawn = threading.Barrier(4), []
def draw():
    barrier.wait(10)
    drawn.append(hashlib.sha256(draw_response(SCRIPTS, DEVICES["remarkable-2"])).hexdigest())
threads = [threading.Thread(target=draw) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(*sorted(drawn))
"""


def test_threads_that_meet_at_the_first_page_load_each_font_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _COLD], check=True, capture_output=True, text=True, timeout=60
    )

    expected = hashlib.sha256(draw_response(SCRIPTS, RM2)).hexdigest()
    assert done.stdout.split() == [expected] * 4


# Furniture and metadata


def test_the_metadata_tells_where_a_returned_page_belongs() -> None:
    info: Any = open_pdf(draw_response(replace(ESSAY, title="A title"), RM2)).metadata

    assert info["/InkchatConversation"] == HEAD.conversation_id
    assert info["/InkchatExchange"] == "2"
    assert info.title == "A title · exchange 2"
    assert info.author == "inkchat"
    assert info.subject == "Answer to a handwritten note"
    assert info["/Keywords"] == f"inkchat, {HEAD.conversation_id}"
    assert info.creation_date == HEAD.written_at


@pytest.mark.parametrize(
    ("told", "written"),
    [("de", "de"), ("pt-BR", "pt-BR"), ("", "en"), ("not a tag", "en"), ("\x00", "en")],
)
def test_the_language_is_told_to_readers(told: str, written: str) -> None:
    reader = open_pdf(draw_response(make_response("Text.", language=told), RM2))

    assert cast(Any, reader.root_object)["/Lang"] == written


def test_every_heading_is_in_the_outline() -> None:
    answer = "## One *two*\n\ntext\n\n#### Deep `code`\n\n# Top\n\n## Last\n"
    reader = open_pdf(draw_response(make_response(answer), RM2))

    assert _list_outline(reader.outline) == [
        (0, "One two"),
        (1, "Deep code"),
        (0, "Top"),
        (1, "Last"),
    ]


def _list_outline(entries: object, level: int = 0) -> list[tuple[int, str]]:
    listed: list[tuple[int, str]] = []
    assert isinstance(entries, list)
    for entry in entries:
        if isinstance(entry, list):
            listed += _list_outline(entry, level + 1)
        else:
            listed.append((level, entry.title))
    return listed


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("colophon", ["", "inkchat", "claude-sonnet-5-5 · 2,352 tokens · $0.0123"])
def test_the_code_can_be_read_in_one_piece_on_every_page(device: str, colophon: str) -> None:
    response = replace(ESSAY, head=CODED, colophon=colophon)
    for pdf in (draw_response(response, DEVICES[device]), draw_error(ERROR, DEVICES[device])):
        pages = read_pages_with_pdfium(pdf)
        assert len(pages) == len(open_pdf(pdf).pages)
        for text, page in zip(pages, open_pdf(pdf).pages, strict=True):
            assert CODE in text.split()
            assert CODE in page.extract_text().split()
        assert find_ink_in_margins(pdf, DEVICES[device]) == []


def test_the_code_is_large_letterspaced_and_in_the_place_of_the_id() -> None:
    contents = open_pdf(draw_response(replace(ESSAY, head=CODED), RM2)).pages[1].get_contents()
    assert contents is not None
    drawn = contents.get_data()
    spaced = re.findall(rb"([\d.]+) Tc.*?/F\S+ ([\d.]+) Tf", drawn, flags=re.S)

    assert [(1.16, 11.6)] == [
        (float(space), float(size)) for space, size in spaced if space != b"0"
    ]
    text = read_pages_with_pdfium(draw_response(replace(ESSAY, head=CODED), RM2))[1]
    assert HEAD.conversation_id not in text


@pytest.mark.parametrize("code", ["W" * 300, "a\nb", "\x00", "😀" * 9, " "])
def test_any_code_stays_within_the_page(code: str) -> None:
    device = DEVICES["supernote-nomad"]
    pdf = draw_response(replace(ESSAY, head=replace(HEAD, code=code)), device)

    assert find_ink_in_margins(pdf, device) == []
    assert "exchange 2" in read_with_pdfium(pdf)


@pytest.mark.parametrize("device", ["remarkable-2", "supernote-nomad"])
def test_long_names_are_shortened_and_do_not_collide(device: str) -> None:
    head = replace(HEAD, conversation_id="conv_" + "W" * 300, exchange_number=123456)
    response = make_response("Text.", head=head, colophon="Modellname " * 60 + "中" * 40)
    pdf = draw_response(response, DEVICES[device])

    assert find_ink_in_margins(pdf, DEVICES[device]) == []
    text = read_with_pdfium(pdf)
    assert "WW… exchange 123456" in text
    assert "1 / 1" in text
    assert text.count("…") == 2


def test_the_date_is_in_english_and_in_its_own_zone() -> None:
    summer = datetime(2026, 7, 1, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    pdf = draw_response(make_response("x", head=replace(HEAD, written_at=summer)), RM2)

    assert "1 JULY 2026 · WEDNESDAY, 00:05" in read_with_pdfium(pdf)


def test_a_long_title_is_shortened_and_an_empty_one_is_the_name_of_the_note() -> None:
    long = open_pdf(draw_response(make_response("x", "word " * 100), RM2))
    empty = open_pdf(draw_response(make_response("x", " \n"), RM2))

    assert long.metadata is not None
    assert long.metadata.title is not None
    assert len(long.metadata.title) <= TITLE_CHARACTERS + len(" · exchange 2")
    assert "word… · exchange" in long.metadata.title
    assert len(long.pages) <= 2
    assert empty.metadata is not None
    assert empty.metadata.title == "sky.pdf · exchange 2"


# Parts


def test_a_heading_that_repeats_the_title_is_drawn_once() -> None:
    text = read_with_pdfium(draw_response(make_response("# The Sky\n\nBlue.", "The sky"), RM2))

    assert text.casefold().count("the sky") == 1


def test_remarks_stand_before_the_answer() -> None:
    text = read_with_pdfium(draw_response(RESPONSES["offline"], RM2))

    assert text.index("No AI answered") < text.index("Page 3 was left out") < text.index("How to")


def test_what_was_read_stands_at_the_end_line_by_line() -> None:
    response = make_response("Answer.", transcript="- one\n# two\n\n<b>three</b>")
    text = read_with_pdfium(draw_response(response, RM2)).replace("\r", "")
    without = read_with_pdfium(draw_response(make_response("Answer.", transcript=" \n"), RM2))

    assert "WHAT I READ\n- one\n# two\n<b>three</b>" in text
    assert "WHAT I READ" not in without


def test_what_was_read_stands_first_where_it_is_the_main_thing() -> None:
    text = read_with_pdfium(draw_response(RESPONSES["offline"], RM2))

    assert text.index("No AI answered") < text.index("Milk, bread") < text.index("How to connect")


@pytest.mark.parametrize("end", ["\n> ", "\n>\n> ", " \n> "])
def test_the_word_for_what_a_quotation_is_stands_above_it(end: str) -> None:
    response = make_response(f"> [!WARNING]{end}Mind the gap.\n\n[!NOTE] of a text")
    text = read_with_pdfium(draw_response(response, RM2))

    assert re.search(r"Warning\s+Mind the gap\.\s+\[!NOTE\] of a text", text)


def test_links_are_numbered_and_their_addresses_stand_below() -> None:
    answer = (
        "[One](http://one.example), [again](http://one.example), ![A heron](heron.png 'Grey'), "
        "<http://bare.example>, a note[^n].\n\n[^n]: Its text.\n[^lost]: Never mentioned.\n\n"
        "[unused]: http://unused.example 'Title'\n"
    )
    text = read_with_pypdf(draw_response(make_response(answer), RM2))

    assert squeeze("One1, again1, [picture: A heron]2, http://bare.example, a note3") in squeeze(
        text
    )
    notes = squeeze(text.partition("NOTES")[2])
    assert notes.startswith(squeeze("1 http://one.example 2 heron.png (Grey) 3 Its text."))
    assert squeeze("lost: Never mentioned") in notes
    assert squeeze("[unused]: http://unused.example 'Title'") in notes
    assert text.count("http://bare.example") == 1


def test_html_and_the_source_of_formulas_are_in_the_text() -> None:
    answer = (
        "<script>x()</script> and <b>bold</b> and $a_1*b_2*c$ and \\(x \\alpha\\)\n\n$$\ny^2\n$$\n"
    )
    text = read_with_pdfium(draw_response(make_response(answer), RM2))

    for part in ("<script>x()</script>", "<b>bold</b>", "a_1*b_2*c", "x \\alpha", "y^2"):
        assert part in text.replace("\r\n", " ")


def test_cells_beyond_the_header_are_not_lost() -> None:
    answer = "> | a | b |\n> |---|---|\n> | c | d | extra | cells |\n"
    text = read_with_pdfium(draw_response(make_response(answer), RM2))

    assert "extra" in text
    assert "cells" in text


def test_the_header_is_repeated_where_a_table_goes_on() -> None:
    rows = "".join(f"| {number} | value {number} |\n" for number in range(80))
    pages = open_pdf(draw_response(make_response(f"| Heading | b |\n|--|--|\n{rows}"), RM2)).pages
    texts = [page.extract_text() for page in pages]
    with_rows = [text for text in texts if "value" in text]

    assert len(with_rows) >= 3
    assert all("Heading" in text for text in with_rows)


def test_a_row_taller_than_a_page_goes_on_over_pages() -> None:
    words = " ".join(f"w{number}" for number in range(1500))
    answer = f"| a | b |\n|---|---|\n| x | {words} |\n| y | z |\n"
    pdf = draw_response(make_response(answer), RM2)

    assert find_ink_in_margins(pdf, RM2) == []
    assert squeeze(words) in re.sub("ab(?=w)", "", squeeze(_drop_footers(read_with_pdfium(pdf))))


def _drop_footers(text: str) -> str:
    """And what stands at the head of a page, the title again."""
    furniture = rf"{HEAD.conversation_id}.*|{re.escape(ESSAY.colophon)}|^(An answer|Title)\s*$"
    return re.sub(furniture, "", text, flags=re.M)


def test_a_character_that_no_font_has_is_copied_as_it_was_written() -> None:
    text = read_with_pdfium(draw_response(make_response("A 🧿 and 鿿, \x07, \ud800."), RM2))

    assert "A 🧿 and 鿿" in text
    assert text.count("\ufffd") == 2


def _find_box(pdf: bytes, word: str) -> tuple[float, float, float, float]:
    """Of its first place on the first page: left, bottom, right, top in points."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0].get_textpage()
        start, count = page.search(word, match_case=True).get_next()
        boxes = [page.get_charbox(number) for number in range(start, start + count)]
        left, bottom, right, top = zip(*boxes, strict=True)
        return min(left), min(bottom), max(right), max(top)
    finally:
        document.close()


def test_a_footnote_in_a_list_leaves_no_bullet() -> None:
    answer = "Said[^1].\n\n- one\n- [^1]: Meant so.\n- two\n"
    text = read_with_pdfium(draw_response(make_response(answer), RM2))

    assert 2 == text.count("•")
    assert re.search(r"1\s+Meant so\.", text)
    nested = "Said[^1].\n\n1. one\n2. [^1]: Meant.\n\n   and more\n\n[^x]: unused\n"
    text = read_with_pdfium(draw_response(make_response(nested), RM2))
    assert re.search(r"2\.\s+and more", text)
    assert re.search(r"1\s+Meant\.", text)


def test_footnotes_are_as_small_as_the_addresses_beside_them() -> None:
    answer = "See[^1] and [there](https://example.org/a).\n\n[^1]: A remark, *stressed*.\n"
    blocks = make_answer(answer, "", make_typography(RM2))
    (remark,) = [block.setting for block in blocks if block.plain.startswith("A remark")]

    assert isinstance(remark, Prose)
    assert make_typography(RM2).notes == remark.type_


def test_raised_and_lowered_letters_are_drawn_and_other_tags_are_text() -> None:
    answer = "Water is H<sub>2</sub>O, x<sup>2n</sup>, <sup>open, and <b>bold</b> <sup></sup>."
    pdf = draw_response(make_response(answer), RM2)
    text = " ".join(read_with_pdfium(pdf).split())

    assert "H2O, x2n, <sup>open, and <b>bold</b> <sup></sup>." in text
    assert _find_box(pdf, "2O")[1] < _find_box(pdf, "H2")[3]
    assert _find_box(pdf, "2n")[1] > _find_box(pdf, "x2")[1] + 2


def test_the_number_of_a_footnote_stands_where_its_text_begins() -> None:
    answer = "See[^1] and[^2].\n\n[^1]: הערה\n\n    > - ציטוט\n\n[^2]: A remark.\n"
    pdf = draw_response(make_response(answer), RM2)
    hebrew, quoted = _find_box(pdf, "הערה"), _find_box(pdf, "ציטוט")
    right_x = RM2.page_width_pt - make_typography(RM2).right_pt

    assert right_x - 25 < hebrew[2] < right_x - 10
    assert quoted[2] < hebrew[2] - 14
    assert _find_box(pdf, "remark")[0] < 100


def test_a_transcript_from_right_to_left_begins_at_the_right_in_all_its_lines() -> None:
    pdf = draw_response(make_response("x", transcript="שלום\nRobert Miller"), RM2)

    assert _find_box(pdf, "Miller")[2] > RM2.page_width_pt - make_typography(RM2).right_pt - 3


def test_a_number_and_the_quotation_behind_it_share_a_line() -> None:
    pdf = draw_response(make_response("7. > Said\n   > - nested\n\n8. > Other\n"), RM2)

    for number, word in (("7.", "Said"), ("8.", "Other")):
        assert math.isclose(_find_box(pdf, number)[1], _find_box(pdf, word)[1], abs_tol=0.5)


def test_a_number_and_the_code_behind_it_share_a_line() -> None:
    answer = "7. ```\n   name\n   ```\n8. ```sh\n   run\n   ```\n"
    pdf = draw_response(make_response(answer), RM2)

    for number, word in (("7.", "name"), ("8.", "sh")):
        assert math.isclose(_find_box(pdf, number)[1], _find_box(pdf, word)[1], abs_tol=0.5)


def test_no_gap_shows_where_a_long_paragraph_is_cut() -> None:
    types = make_typography(RM2)
    answer = f"> {'word ' * 4_000}\n\nnext"
    blocks = make_answer(answer, "", types)
    pages = PageFiller(types).fill(blocks)

    assert len(blocks) > 4
    for page in pages:
        for above, below in pairwise(placed for placed in page if placed.block.bars):
            assert math.isclose(above.top_pt + above.height_pt, below.top_pt)
    assert blocks[-2].after_pt == types.gap_pt
    transcript = make_transcript("a\n\n" + "word " * 4_000, "", types)
    assert 1 == sum(block.before_pt > 0 for block in transcript[1:])


def test_a_list_keeps_its_numbers() -> None:
    answer = "3. three\n4. four\n7. seven\n\ntext\n\n1. one\n1. two\n"
    text = read_with_pdfium(draw_response(make_response(answer), RM2)).replace("\r", "")

    assert "3. three\n4. four\n7. seven" in text.replace(".three", ". three")
    assert "1. one\n2. two" in text


# Errors


@pytest.mark.parametrize("device", DEVICES)
def test_an_error_is_one_page_with_all_it_has_to_say(device: str) -> None:
    pdf = draw_error(ERROR, DEVICES[device])
    text = squeeze(read_with_pdfium(pdf))

    # The smallest hold less than four sentences and a box below them.
    assert len(open_pdf(pdf).pages) <= (1 if DEVICES[device].page_width_pt > 310 else 2)
    assert find_ink_in_margins(pdf, DEVICES[device]) == []
    for part in (ERROR.title, ERROR.what_happened, ERROR.next_step, ERROR.what_becomes_of_the_note):
        assert squeeze(part) in text
    assert squeeze(HEAD.note_name) in text


def test_an_error_can_be_about_anything() -> None:
    nasty = "\x00\ud800 <b> &amp; " + "x" * 10_000 + "\n" * 500
    head = replace(HEAD, note_name="a\nb\t\udcff.pdf" + "n" * 400)
    pdf = draw_error(ErrorResponse(head, nasty, nasty, nasty, ""), RM2)

    assert find_ink_in_margins(pdf, RM2) == []


# Hostile answers

HOSTILE = {
    "a word of 100,000 letters": "a" * 100_000,
    "the same within bold": "x **" + "a" * 100_000 + "** y",
    "100,000 line breaks": "a" + "<br>" * 100_000 + "b",
    "lines that end by a tag": "a<br>" * 80_000,
    "10,000 quotations": ">" * 10_000 + " deep",
    "10,000 lists": "- " * 10_000 + "deep",
    "lists indented ever more": "\n".join(" " * (2 * n) + f"- item{n}" for n in range(700)),
    "a table of 5,000 rows": "| a | b |\n|---|---|\n" + "| one | two |\n" * 5000,
    "a table of 300 columns": "|" + "a|" * 300 + "\n|" + "-|" * 300 + "\n|" + "b|" * 300,
    "brackets": "[" * 19_000,
    "footnote marks": "[^a" * 6_000 + "\n\n[^a]: x",
    "formulas": "$$a\n\n" * 5_000,
    "emoji": "😀" * 20_000,
    "combining marks": "a" + "\u0301" * 20_000,
    "marks on what no font has": "\U000f0000" + "\u0301" * 20_000,
    "a table of 240,000 cells": f"{'|a' * 240}|\n{'|-' * 240}|\n" + f"{'|x' * 240}|\n" * 1_000,
    "130,000 characters that no font has": "".join(map(chr, range(0xF0000, 0x10FFFE))),
    "words that no font has": " ".join(map(chr, range(0xF0000, 0x10FFFE))),
    "blank lines": "\n" * 200_000 + "end",
    "spaces": "x" + " " * 200_000 + "y",
    "every control character": "".join(map(chr, range(0x100))) + "\ud800\udfff",
    "line breaks": "a  \n" * 9_000,
    "headings": "# a\n" * 3_000,
    "one megabyte": "Lorem ipsum dolor sit amet. " * 40_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_answer_is_drawn_in_bounded_time(name: str) -> None:
    start = time.process_time()
    pdf = draw_response(make_response(HOSTILE[name]), RM2)

    assert time.process_time() - start < 12
    assert len(open_pdf(pdf).pages) >= 1


@pytest.mark.parametrize("name", ["10,000 quotations", "10,000 lists", "lists indented ever more"])
def test_what_lies_too_deep_is_drawn_as_text(name: str) -> None:
    text = squeeze(read_with_pdfium(draw_response(make_response(HOSTILE[name]), RM2)))

    assert "deep" in text or "item699" in text


def test_so_many_characters_that_no_font_has_are_named_the_same_in_every_drawing() -> None:
    answer = "".join(map(chr, range(0xF0000, 0xF0000 + NAMED_SIGNS + 20)))
    pdf = draw_response(make_response(answer), RM2)
    text = read_with_pdfium(pdf)

    assert NAMED_SIGNS == sum("\U000f0000" <= character for character in text)
    assert 20 == text.count("\ufffd")
    assert pdf == draw_response(make_response(answer), RM2)


def test_what_is_left_out_is_said() -> None:
    answer = "line\n\n" * ANSWER_LINES
    text = read_with_pdfium(draw_response(make_response(answer), RM2)[:])
    flat = " ".join(text.split())

    assert "This answer is longer than is drawn here: its last 30,0" in flat
    assert f"inkchat show {HEAD.conversation_id}" in flat


# Faults


class _Refusing(EmptyLine):
    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803 - reportlab's name
        raise ValueError("no")


def test_a_block_that_cannot_be_set_is_drawn_as_text(caplog: pytest.LogCaptureFixture) -> None:
    typography = make_typography(RM2)
    blocks = [Block(_Refusing(10), "its\x07 own\twords"), Block(EmptyLine(10), "")]
    pages = PageFiller(typography).fill(blocks)
    imprint = Imprint(
        HEAD.conversation_id, "", HEAD.written_at, 2, "Title · exchange 2", "en", "Subject", ""
    )
    pdf = draw_pages(pages, typography, imprint)

    assert "own words" in read_with_pdfium(pdf)
    assert "ValueError" in caplog.text
    assert "own" not in caplog.text


def test_an_answer_that_cannot_be_read_is_drawn_as_text(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: str) -> None:
        raise RecursionError

    # No answer is known that does this, and the next release of the parser may have one.
    monkeypatch.setattr(answer_module, "parse_markdown", fail)
    pdf = draw_response(make_response("# Its *own* words"), RM2)

    assert "# Its *own* words" in read_with_pdfium(pdf)
    assert "RecursionError" in caplog.text
    assert "own" not in caplog.text


# Any answer


@settings(max_examples=200)
@given(MARKDOWN)
def test_any_markdown_is_drawn_with_all_its_words(answer: str) -> None:
    pdf = draw_response(make_response(answer, "Title"), DEVICES["supernote-nomad"])
    text = squeeze(_drop_footers(read_with_pdfium(pdf)))

    readable = answer.replace("&amp;", "&")
    missing = [word for word in list_words(readable) if word not in text and not word.isdigit()]
    assert missing == []


@settings(max_examples=100)
@given(st.one_of(st.text(max_size=300), MARKDOWN))
def test_any_text_is_drawn_within_the_margins(text: str) -> None:
    device = DEVICES["supernote-nomad"]
    pdf = draw_response(make_response(text, text, transcript=text, remarks=(text,)), device)

    assert find_ink_in_margins(pdf, device) == []


@settings(max_examples=40)
@given(MARKDOWN, st.datetimes(timezones=st.just(UTC)))
def test_any_markdown_gives_the_same_bytes_twice(answer: str, moment: datetime) -> None:
    response = make_response(answer, head=replace(HEAD, written_at=moment))

    assert draw_response(response, RM2) == draw_response(response, RM2)

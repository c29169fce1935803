"""Pages of the note in its answer, and parts of them."""

import io
import random
import re
import time
import zlib
from dataclasses import replace
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium_c
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from inkchat.devices import DEVICES
from inkchat.domain import Device, Note, NoteKind, NotePicture, Page, Reply, Response
from inkchat.models.prompt import extend_system
from inkchat.reply import draw_response, letters
from inkchat.reply.limits import NOTE_PAGES, NOTE_PICTURES, NOTE_PICTURES_BYTES
from inkchat.reply.note_address import PagePart, find_pages, read_note_address
from inkchat.reply.typography import make_typography
from tests.golden import render_pages
from tests.reply.answers import CODED, HEAD, make_response
from tests.reply.reading import find_ink_in_margins, open_pdf, read_with_pdfium, squeeze

RM2 = DEVICES["remarkable-2"]
PALMA = DEVICES["boox-palma"]


def save(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def draw_quarters(*greys: int, width_px: int = 600, height_px: int = 800) -> bytes:
    """A page with a grey in each quarter, row by row."""
    image = Image.new("L", (2, 2))
    image.putdata(greys)
    return save(image.resize((width_px, height_px), Image.Resampling.NEAREST))


QUARTERS = draw_quarters(0, 255, 85, 170)
PICTURES = (NotePicture(1, QUARTERS), NotePicture(2, draw_quarters(255, 255, 255, 0)))


def show(answer: str, device: Device = RM2, pictures: tuple[NotePicture, ...] = PICTURES) -> bytes:
    return draw_response(replace(make_response(answer, head=CODED), pictures=pictures), device)


def list_shown(pdf: bytes) -> list[tuple[int, tuple[float, float, float, float]]]:
    """Each picture's page, from 0, and its edges: left, bottom, right, top, in points."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [
            (number, thing.get_bounds())
            for number, page in enumerate(document)
            for thing in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE])
        ]
    finally:
        document.close()


def render_shown(pdf: bytes) -> list[Image.Image]:
    """Each picture as it is seen, 4 pixels to a point."""
    pages = render_pages(pdf, 4.0)
    found = []
    for number, (left, bottom, right, top) in list_shown(pdf):
        height_pt = pages[number].height / 4
        edges = (left, height_pt - top, right, height_pt - bottom)
        x, y, end_x, end_y = (round(4 * edge) for edge in edges)
        found.append(pages[number].crop((x, y, end_x, end_y)).convert("L"))
    return found


def read_greys(picture: Image.Image) -> list[int]:
    """In the middle of each quarter, row by row."""
    w, h = picture.size
    return [picture.tobytes()[h * y // 4 * w + w * x // 4] for y in (1, 3) for x in (1, 3)]


# Addresses


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("note:2", PagePart(2)),
        ("NOTE:page-2", PagePart(2)),
        (" note:Page 2 ", PagePart(2)),
        ("note://2/", PagePart(2)),
        ("note:p2", PagePart(2)),
        ("note:2#xywh=percent:10,40,50,30", PagePart(2, 0.1, 0.4, 0.6, 0.7)),
        ("note:2 # xywh = percent: 10.0, 40 , 50.00 ,30", PagePart(2, 0.1, 0.4, 0.6, 0.7)),
        ("note:2#xywh=10%,40%,50%,30%", PagePart(2, 0.1, 0.4, 0.6, 0.7)),
        ("note:2#xywh=percent:-10,50,30,500", PagePart(2, 0.0, 0.5, 0.2, 1.0)),
        ("note:2#xywh=percent:10,40,50", None),
        ("note:2#xywh=percent:10,40,0,30", None),
        ("note:2#xywh=percent:10,40,1.9,30", None),
        ("note:2#xywh=percent:100,40,50,30", None),
        ("note:2#xywh=percent:10,40,-50,30", None),
        ("note:2#xywh=percent:nan,40,50,30", None),
        ("note:2#xywh=pixel:10,40,50,30", None),
        ("note:2#t=10", None),
        ("note:", None),
        ("note:two", None),
        ("note:999999", None),
        ("note:-2", PagePart(2)),
        ("https://example.org/note:2", None),
        ("", None),
    ],
)
def test_an_address_is_read_as_it_is_meant(address: str, expected: PagePart | None) -> None:
    got = read_note_address(address)

    rounded = got and PagePart(
        got.page, *(round(s, 6) for s in (got.left, got.top, got.right, got.bottom))
    )
    assert expected == rounded


@given(st.text(st.sampled_from("note:NOTE/#page-_xywh=percent:,.%0123456789 \n"), max_size=80))
def test_any_address_is_a_part_of_a_page_or_nothing(address: str) -> None:
    got = read_note_address(address)

    assert got is None or (0 <= got.left < got.right <= 1 and 0 <= got.top < got.bottom <= 1)
    assert got is None or got.page in find_pages(f"![a](<{address}>)")


def test_many_blanks_in_an_address_take_no_time() -> None:
    blanks = " " * 9_000
    began = time.process_time()

    assert read_note_address(f"note:1#xywh=percent:1{blanks},{blanks}x") is None
    assert time.process_time() - began < 0.5


def test_pages_are_found_however_they_are_named_in_the_answer() -> None:
    answer = (
        "![a](note:3) and ![b](<note:page 1#xywh=percent:0, 0, 9, 9>), ![c](NOTE://3)\n\n"
        "![d][e]; please note:7 and note: 8\n\n[e]: note:p12\n"
    )

    assert [3, 1, 12] == find_pages(answer)


def test_what_models_are_told_to_write_is_understood() -> None:
    told = re.findall(r"^!\[[^\]]+\]\((.+)\)$", extend_system(""), re.MULTILINE)

    assert [PagePart(2), PagePart(2, 0.1, 0.4, 0.6, 0.7)] == [
        read_note_address(address) for address in told
    ]


# What is taken of the note


def make_note(pages: int) -> Note:
    return Note(
        NoteKind.PDF,
        tuple(Page(n, "", b"png %d" % n, 3, 4, f"f{n}") for n in range(1, pages + 1)),
    )


def write_answer(
    note: Note, answer: str, *, is_command: bool = False, model: str = "m"
) -> Response:
    reply = Reply("T", "", answer, "en", "P", model)
    return letters.write_answer(HEAD, note, reply, is_command=is_command)


def test_only_pages_that_the_answer_names_are_taken() -> None:
    note = replace(make_note(3), pages=(*make_note(3).pages, Page(4, "typed", None, 0, 0, "f4")))

    taken = write_answer(note, "![a](note:3) ![b](note:1) ![c](note:4) ![d](note:9) ![e](note:3)")

    assert (NotePicture(3, b"png 3"), NotePicture(1, b"png 1")) == taken.pictures
    assert () == write_answer(note, "Nothing of it.").pictures


def test_no_more_pages_are_taken_than_the_limit() -> None:
    answer = "".join(f"![a](note:{n})\n\n" for n in range(1, 21))

    taken = write_answer(make_note(20), answer).pictures

    assert list(range(1, NOTE_PAGES + 1)) == [picture.page for picture in taken]


@pytest.mark.parametrize("said", [{"is_command": True}, {"model": ""}])
def test_what_inkchat_quotes_of_another_note_shows_nothing_of_this_one(
    said: dict[str, object],
) -> None:
    assert () == write_answer(make_note(2), "![a](note:1)", **said).pictures  # type: ignore[arg-type]


# What is drawn


def test_a_whole_page_is_drawn_with_its_greys_and_its_description() -> None:
    pdf = show("Look:\n\n![Four *fields*](note:1)\n\nThat was it.")

    (picture,) = render_shown(pdf)
    assert [0, 255, 85, 170] == read_greys(picture)
    assert abs(picture.width / picture.height - 600 / 800) < 0.01
    assert "Look Four fields That was it".replace(" ", "") in squeeze(read_with_pdfium(pdf))
    assert "picture" not in read_with_pdfium(pdf)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("0,0,50,50", [0, 0, 0, 0]),
        ("50,50,50,50", [170, 170, 170, 170]),
        ("25,25,50,50", [0, 255, 85, 170]),
        ("0, 50, 50, 50", [85, 85, 85, 85]),
        ("50,-20,70,70", [255, 255, 255, 255]),
    ],
)
def test_a_part_is_that_part(part: str, expected: list[int]) -> None:
    (picture,) = render_shown(show(f"![A field](note:1#xywh=percent:{part})"))

    assert expected == read_greys(picture)


@pytest.mark.parametrize("device", [RM2, PALMA], ids=lambda device: device.name)
def test_it_is_no_larger_than_it_was_written_nor_than_half_a_page(device: Device) -> None:
    typography = make_typography(device)
    part, page = list_shown(show("![a](note:1#xywh=percent:0,0,20,10)\n\n![b](note:1)", device))

    left, _, right, _ = part[1]
    assert abs(0.2 * device.page_width_pt - (right - left)) < 0.1
    left, bottom, right, top = page[1]
    assert right - left <= typography.text_width_pt + 0.1
    assert abs(0.45 * typography.text_height_pt - (top - bottom)) < 0.1


def test_the_empty_margins_of_a_page_are_not_drawn() -> None:
    # A quarter of its page, and 4 % of the page's width on two sides of it.
    _, corner = list_shown(show("![a](note:1)\n\n![b](note:2)"))

    left, bottom, right, top = corner[1]
    assert abs(0.54 * 600 / (0.53 * 800) - (right - left) / (top - bottom)) < 0.01


def test_an_empty_page_is_drawn_as_it_is() -> None:
    blank = (NotePicture(1, draw_quarters(255, 255, 255, 255)),)
    ((_, (left, bottom, right, top)),) = list_shown(show("![a](note:1)", pictures=blank))

    assert abs(600 / 800 - (right - left) / (top - bottom)) < 0.01


def test_a_wide_part_is_as_wide_as_the_text() -> None:
    ((_, (left, _, right, _)),) = list_shown(show("![a](note:1#xywh=percent:0,0,100,20)"))

    assert abs(make_typography(RM2).text_width_pt - (right - left)) < 0.1


def test_it_is_grey_and_no_finer_than_the_screen() -> None:
    large = NotePicture(1, draw_quarters(0, 255, 85, 170, width_px=1568, height_px=1568))
    pdf = show("![a](note:1)", pictures=(large,))

    ((_, (left, _, right, _)),) = list_shown(pdf)
    (image,) = open_pdf(pdf).pages[0].images
    stream: Any = image.indirect_reference and image.indirect_reference.get_object()
    assert ("/DeviceGray", 4, "/FlateDecode") == (
        stream["/ColorSpace"],
        stream["/BitsPerComponent"],
        stream["/Filter"],
    )
    assert abs((right - left) * RM2.resolution_dpi / 72 - stream["/Width"]) <= 1


def test_a_page_of_handwriting_adds_less_than_100_kilobytes() -> None:
    image = Image.new("L", (1176, 1568), 255)
    pen = ImageDraw.Draw(image)
    chance = random.Random(5)
    for y in range(60, 1500, 48):
        points = [(x, y + chance.randint(-16, 16)) for x in range(60, 1100, 9)]
        pen.line(points, fill=0, width=3)
    written = (NotePicture(1, save(image)),)

    assert len(show("![a](note:1)", pictures=written)) - len(show("a", pictures=())) < 100_000


def test_the_same_part_is_in_the_file_once() -> None:
    once = "![a](note:1#xywh=percent:0,0,50,50)\n\n"
    pdf = show(f"{once}{once}- {once}> {once}")

    assert 4 == len(list_shown(pdf))
    names = {image.name for page in open_pdf(pdf).pages for image in page.images}
    assert 1 == len(names)


def test_the_same_answer_gives_the_same_bytes() -> None:
    answer = "![a](note:2) and ![b](note:1) and ![c](note:1#xywh=percent:5,5,50,50)"

    assert zlib.crc32(show(answer)) == zlib.crc32(show(answer))


# Where it stands


@pytest.mark.parametrize(
    "answer",
    [
        "Before ![the fields](note:1), after.",
        "Before **![the fields](note:1)**, after.",
        "Before *[![the fields](note:1)]()*, after.",
        "Before ![the fields](note:1)\nafter.",
        "|Before|\n|-|\n|![the fields](note:1)|\n\nafter.",
        "# Before ![the fields](note:1)\n\nafter",
        "Before\n\n![the fields](note:1) after.",
    ],
)
def test_one_among_words_is_named_there_and_shown_below(answer: str) -> None:
    pdf = show(answer)

    assert 1 == len(list_shown(pdf))
    text = read_with_pdfium(pdf)
    assert "[picture: the fields]" in text.replace("\r\n", " ")
    assert 2 == squeeze(text).count("thefields")
    assert "NOTES" not in text


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("One\n![two](note:1)\nthree", "Onetwothree"),
        ("One: ![two](note:1)", "Onetwo"),
        (
            "One\\\n![two](note:1#xywh=0,0,9,9) ![three](note:2#xywh=0,0,9,9)\n\nfour",
            "Onetwothreefour",
        ),
        ("- One\n- ![two](note:1)\n- three", "Onetwothree"),
        ("> ![one](note:1)\n\ntwo", "onetwo"),
        ("One[^1]\n\n[^1]: ![two](note:1)", "NOTES1two"),
        ("Term\n: ![one](note:1)\n\ntwo", "Termonetwo"),
        ("One\n\n![two][p]\n\n[p]: note:1", "Onetwo"),
        ('One\n\n![two](note:1 "three")', "Onetwothree"),
        ("One\n\n![two $x^2$ and ![three](note:2)](note:1)\n\nfour", "picturethreefour"),
    ],
)
def test_one_with_a_line_of_its_own_stands_there(answer: str, expected: str) -> None:
    pdf = show(answer)

    assert list_shown(pdf)
    assert expected in squeeze(read_with_pdfium(pdf))


def test_a_picture_stands_on_the_page_of_the_words_before_it_and_of_its_description() -> None:
    smaller = 0
    for lines in range(1, 26):
        pdf = show("A line.\n\n" * lines + "It looks so: ![Fields](note:1)\n\nNext.")
        ((page, (_, bottom, _, top)),) = list_shown(pdf)
        text = open_pdf(pdf).pages[page].extract_text()

        assert "It looks so" in text
        assert "Fields" in text
        height_pt = 0.45 * make_typography(RM2).text_height_pt
        smaller += top - bottom < height_pt - 1
        assert top - bottom > 0.66 * height_pt
    assert smaller


def test_a_long_description_is_a_paragraph_below() -> None:
    words = " ".join(f"word{n}" for n in range(900))
    pdf = show(f"![{words}](note:1)", PALMA)

    assert 1 == len(list_shown(pdf))
    assert set(words.split()) <= set(read_with_pdfium(pdf).split())


@pytest.mark.parametrize("device", DEVICES.values(), ids=lambda device: device.name)
def test_pictures_keep_the_margins_of_every_screen(device: Device) -> None:
    answer = (
        "Lead: ![All](note:1)\n\n- a\n  - b\n    - ![Wide](note:1#xywh=percent:0,0,100,20)\n\n"
        "> > ![שלום](note:1#xywh=percent:0,0,10,100)\n\n" + "Filling. " * 60 + "\n\n![Last](note:2)"
    )
    response = replace(make_response(answer, head=CODED), pictures=PICTURES)
    pdf = draw_response(response, device)

    assert 4 == len(list_shown(pdf))
    assert [] == find_ink_in_margins(pdf, device)


def test_below_words_from_right_to_left_it_stands_at_the_right() -> None:
    typography = make_typography(RM2)
    ((_, (_, _, right, _)),) = list_shown(show("![שלום](note:1)"))

    assert abs(typography.width_pt - typography.right_pt - right) < 0.1


# What cannot be shown


@pytest.mark.parametrize(
    "address",
    ["note:9", "note:two", "note:1#xywh=percent:1,2", "note:1#xywh=percent:0,0,0,0", "note:1#t=3"],
)
def test_what_is_not_there_is_named_without_an_address(address: str) -> None:
    text = read_with_pdfium(show(f"See ![a heron]({address})."))

    assert "See [picture: a heron]." in text
    assert "NOTES" not in text


def test_a_link_to_a_page_is_its_words() -> None:
    text = read_with_pdfium(show("See [the second sketch](note:2)."))

    assert "See the second sketch." in text
    assert "NOTES" not in text


def test_any_other_address_stands_among_the_notes() -> None:
    pdf = show("See ![a heron](https://example.org/heron.png).")

    assert [] == list_shown(pdf)
    assert "example.org/heron.png" in read_with_pdfium(pdf)


def test_without_its_note_an_answer_names_the_picture() -> None:
    assert "[picture: a heron]" in read_with_pdfium(show("![a heron](note:1)", pictures=()))


@pytest.mark.parametrize(
    "png",
    [b"", b"no picture", QUARTERS[:200], QUARTERS[:60] + b"\0" * 40 + QUARTERS[100:]],
    ids=["empty", "other", "cut", "damaged"],
)
def test_a_broken_picture_is_named(png: bytes) -> None:
    text = read_with_pdfium(show("![a heron](note:1)", pictures=(NotePicture(1, png),)))

    assert "[picture: a heron]" in text


def test_a_huge_picture_is_never_decoded() -> None:
    bomb = save(Image.new("1", (2_100, 2_100), 1))

    text = read_with_pdfium(show("![a heron](note:1)", pictures=(NotePicture(1, bomb),)))

    assert "[picture: a heron]" in text


def test_so_many_are_shown_and_the_others_named() -> None:
    answer = "".join(f"![n{n}](note:1#xywh=percent:{n % 50},0,50,9)\n\n" for n in range(60))
    pdf = show(answer)

    assert NOTE_PICTURES == len(list_shown(pdf))
    text = squeeze(read_with_pdfium(pdf))
    assert all(f"n{n}" in text for n in range(60))
    assert "picturen59" in text


def test_no_more_is_shown_than_a_page_may_weigh() -> None:
    """Noise is what compresses worst."""
    noise = Image.frombytes("L", (1_170, 1_560), random.Random(5).randbytes(1_170 * 1_560))
    answer = "".join(f"![n{n}](note:1#xywh=percent:0,{n},100,60)\n\n" for n in range(40))

    pdf = show(answer, DEVICES["remarkable-paper-pro"], (NotePicture(1, save(noise)),))

    assert 5 < len(list_shown(pdf)) < 40
    assert len(pdf) < 1.1 * NOTE_PICTURES_BYTES
    assert "[picture: n39]" in read_with_pdfium(pdf)


def test_the_address_of_a_picture_is_not_told_where_it_is_defined_apart() -> None:
    pdf = show("![a heron][h] and [a link][l]\n\n[h]: note:1\n[l]: https://heron.example\n")

    assert 1 == len(list_shown(pdf))
    text = read_with_pdfium(pdf)
    assert "note:1" not in text
    assert "https://heron.example" in text


_ALT = st.text(st.sampled_from("ab *_`$[]!()\n^é"), max_size=20)
_ADDRESS = st.sampled_from(
    (
        "note:1",
        "note:2#xywh=percent:10,10,5,80",
        "note:1#xywh=percent: 0, 0, 100, 3",
        "note:7",
        "note:1#xywh=percent:99,99,1,1",
        "<note:page 2>",
        "http://a.b",
    )
)
_IMAGE = st.builds("![{}]({})".format, _ALT, _ADDRESS)
_AROUND = st.sampled_from(
    (" ", "\n", "\n\n", "- ", "> ", "# ", "|", "\n|a|b|\n|-|-|\n|", "word ", "*", "[^1]: ", "\n: ")
)


@given(st.lists(st.one_of(_IMAGE, _AROUND), max_size=12).map("".join))
def test_pictures_anywhere_are_drawn(answer: str) -> None:
    pdf = show(answer)

    assert len(list_shown(pdf)) <= answer.count("![")
    assert [] == find_ink_in_margins(pdf, RM2)

"""What stands above and below the column of text."""

import io
import re
from dataclasses import replace
from typing import Any, cast

import cv2
import numpy as np
import pikepdf
import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from inkchat.devices import DEVICES
from inkchat.domain import Device, PlaceKind, Response, Side
from inkchat.reply import draw_digest, draw_error, draw_response
from inkchat.reply.fonts import Face
from inkchat.reply.furniture import fit_runs
from inkchat.reply.qr import can_be_coded, compute_check, write_payload
from inkchat.reply.response import draw
from inkchat.reply.runs import measure_runs
from inkchat.reply.typography import make_typography
from tests.golden import render_pages
from tests.reply.answers import CODE, CODED, ERROR, ESSAY, HEAD, make_response
from tests.reply.digests import GARDEN
from tests.reply.reading import (
    find_ink_in_margins,
    open_pdf,
    read_pages_with_pdfium,
    read_with_pdfium,
    squeeze,
)

RM2 = DEVICES["remarkable-2"]
PAYLOAD = re.compile(r"(INK:[0-9A-Z]+:(E?\d+|D):\d+):([0-9A-Z]{2})")
DIFFERENT = pytest.mark.parametrize(
    "device",
    [
        DEVICES[name]
        for name in (
            "remarkable-2",
            "remarkable-paper-pro",
            "remarkable-paper-pro-move",
            "supernote-nomad",
            "boox-palma",
        )
    ],
    ids=lambda device: device.name,
)
BOTH_HANDS = [
    replace(device, hand=hand, toolbar=toolbar, toolbar_depth_pt=40.0)
    for device in (RM2, DEVICES["boox-palma"])
    for hand in (Side.LEFT, Side.RIGHT)
    for toolbar in (Side.LEFT, Side.RIGHT, Side.TOP)
]


def read_symbols(pdf: bytes, dpi: int = 226) -> list[list[zxingcpp.Barcode]]:
    """What the QR codes of each page say, where they are read from a picture of it."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [
            zxingcpp.read_barcodes(page.render(scale=dpi / 72, grayscale=True).to_pil())
            for page in document
        ]
    finally:
        document.close()


# QR codes


@DIFFERENT
def test_two_symbols_of_every_page_say_where_it_belongs(device: Device) -> None:
    check_symbols(draw_response(replace(ESSAY, head=CODED), device), "2")
    check_symbols(draw_error(ERROR, device), "E2")


def test_two_symbols_of_every_page_say_that_it_is_of_a_digest() -> None:
    check_symbols(draw_digest(GARDEN, RM2), "D")


def check_symbols(pdf: bytes, exchange: str) -> None:
    pages = read_symbols(pdf)

    assert pages
    for number, symbols in enumerate(pages, start=1):
        expected = write_payload(CODE, exchange, number)
        assert [expected, expected] == [symbol.text for symbol in symbols]


@DIFFERENT
def test_programs_of_others_read_the_symbols(device: Device) -> None:
    pdf = draw_response(make_response("One line.", head=CODED), device)
    picture = np.asarray(render_pages(pdf, 226 / 72)[0])

    _, texts, _, _ = cv2.QRCodeDetector().detectAndDecodeMulti(picture)

    payload = write_payload(CODE, "2", 1)
    assert [payload, payload] == list(texts)


@pytest.mark.parametrize("device", BOTH_HANDS)
def test_the_symbols_stand_in_opposite_corners_where_their_places_are(device: Device) -> None:
    drawn = draw(replace(ESSAY, head=CODED), device)
    places = [place for place in drawn.places if place.kind is PlaceKind.CODE]
    pages = read_symbols(drawn.pdf)

    assert find_ink_in_margins(drawn.pdf, device) == []
    assert 2 * len(pages) == len(places)
    for number, symbols in enumerate(pages, start=1):
        found = sorted(
            (symbol.position.top_left.y * 72 / 226, symbol.position.top_left.x * 72 / 226)
            for symbol in symbols
        )
        kept = sorted((place.top_pt, place.left_pt) for place in places if place.page == number)
        for (top_pt, left_pt), corner in zip(kept, found, strict=True):
            assert pytest.approx((top_pt, left_pt), abs=1.5) == corner
        (upper_pt, right_pt), (lower_pt, left_pt) = kept
        assert upper_pt < device.page_height_pt / 3 < lower_pt
        assert left_pt < right_pt


@DIFFERENT
def test_a_symbol_is_12_to_15_mm_wide_with_nothing_near_it(device: Device) -> None:
    drawn = draw(replace(ESSAY, head=CODED), device)
    scale = 4.0
    document = pypdfium2.PdfDocument(drawn.pdf)
    pages = [page.render(scale=scale, grayscale=True).to_pil() for page in document]
    document.close()

    for place in drawn.places:
        if place.kind is PlaceKind.CODE:
            assert 12 <= place.width_pt / 72 * 25.4 <= 15
            quiet_pt = 4 * place.width_pt / 21
            around = (
                place.left_pt - quiet_pt,
                place.top_pt - quiet_pt,
                place.left_pt + place.width_pt + quiet_pt,
                place.top_pt + place.height_pt + quiet_pt,
            )
            picture = pages[place.page - 1].crop(tuple(round(edge * scale) for edge in around))
            margin = round(quiet_pt * scale) - 2
            inner = (margin, margin, picture.width - margin, picture.height - margin)
            picture.paste(255, inner)
            assert (255, 255) == picture.getextrema()


def test_what_a_symbol_says_fits_the_smallest_one() -> None:
    assert len(write_payload(CODE, "E99", 99)) <= 20
    assert len(write_payload(CODE, "999", 9)) <= 20


@given(st.from_regex(r"[0-9A-Z]{6}", fullmatch=True), st.integers(1, 10**6), st.integers(1, 10**4))
def test_the_checksum_is_of_all_before_it(code: str, exchange: int, page: int) -> None:
    payload = write_payload(code, str(exchange), page)
    found = PAYLOAD.fullmatch(payload)

    assert found
    assert compute_check(found[1]) == found[3]


def test_one_changed_sign_changes_the_checksum() -> None:
    text = f"INK:{CODE}:2:1"
    changed = [text[:place] + "7" + text[place + 1 :] for place in range(4, 10)]

    assert "INK:H4KM7P:2:1:S5" == write_payload(CODE, "2", 1)
    assert compute_check(text) not in {compute_check(other) for other in changed if other != text}


@pytest.mark.parametrize("code", ["", "W" * 300, "a\nb", "\x00", "😀" * 9, " ", "abc"])
def test_without_a_short_code_there_is_no_symbol(code: str) -> None:
    drawn = draw(make_response("Text.", head=replace(HEAD, code=code)), RM2)

    assert not can_be_coded(code)
    assert [[]] == read_symbols(drawn.pdf)
    assert PlaceKind.CODE not in {place.kind for place in drawn.places}


def test_a_symbol_is_in_the_file_once_for_both_corners() -> None:
    page = cast(Any, open_pdf(draw_response(replace(ESSAY, head=CODED), RM2)).pages[0])
    contents = page.get_contents()
    assert contents is not None
    symbols = [name for name in page["/Resources"]["/XObject"] if "INK" in name]

    assert 1 == len(symbols)
    assert 2 == contents.get_data().count(symbols[0].encode() + b" Do")


# Head and foot


def test_the_first_page_says_when_and_whose() -> None:
    response = make_response("Text.", head=replace(CODED, user="Zoë"))
    first = read_pages_with_pdfium(draw_response(response, RM2))[0]

    assert "20 NOVEMBER 2026 · FRIDAY, 14:05 · ZOË" in first
    assert "exchange 2" in first


@pytest.mark.parametrize("user", ["", "me"])
def test_nobody_in_particular_is_not_named(user: str) -> None:
    response = make_response("Text.", head=replace(CODED, user=user))

    assert "14:05\r\n" in read_with_pdfium(draw_response(response, RM2))


def test_the_head_takes_as_many_lines_as_it_needs() -> None:
    device = DEVICES["boox-palma"]
    response = make_response("Text.", head=replace(CODED, user="Anna-Maria " * 30))
    pdf = draw_response(response, device)

    assert find_ink_in_margins(pdf, device) == []
    assert squeeze("14:05 ANNA-MARIA") in squeeze(read_with_pdfium(pdf))
    assert "…" in read_with_pdfium(pdf)


def test_further_pages_say_the_title_again() -> None:
    response = replace(ESSAY, head=CODED, title="Of bees")
    texts = read_pages_with_pdfium(draw_response(response, RM2))

    assert len(texts) >= 3
    assert [1] * len(texts) == [text.count("Of bees") for text in texts]
    assert [True] + [False] * (len(texts) - 1) == ["NOVEMBER" in text for text in texts]


@DIFFERENT
def test_a_tall_sign_in_the_title_stays_within_the_band(device: Device) -> None:
    pdf = draw_response(replace(ESSAY, head=CODED, title="Of 𝄞 and 𝄞𝄫"), device)

    assert [] == find_ink_in_margins(pdf, device)
    assert len(read_pages_with_pdfium(pdf)) > 1


@DIFFERENT
def test_who_answered_and_what_it_cost_stands_on_the_last_page(device: Device) -> None:
    response = replace(ESSAY, head=CODED, colophon="claude-sonnet-5-5 · 2,352 tokens · $0.0123")
    texts = [squeeze(text) for text in read_pages_with_pdfium(draw_response(response, device))]

    told = [squeeze(response.colophon) in text for text in texts]
    assert [False] * (len(texts) - 1) + [True] == told


@DIFFERENT
def test_every_page_has_the_code_the_exchange_and_its_number(device: Device) -> None:
    texts = read_pages_with_pdfium(draw_response(replace(ESSAY, head=CODED), device))

    for number, text in enumerate(texts, start=1):
        assert CODE in text.split()
        assert "exchange 2" in text
        assert f"{number} / {len(texts)}" in text


def find_exchange(pdf: bytes) -> set[tuple[float, float]]:
    """Where the words “exchange 2” stand on all pages but the last: left and lower edge."""
    document = pypdfium2.PdfDocument(pdf)
    places = set()
    try:
        for number in range(len(document) - 1):
            text = document[number].get_textpage()
            found = text.search("exchange 2").get_next()
            assert found
            left, bottom = text.get_charbox(found[0], loose=True)[:2]
            places.add((round(left, 1), round(bottom, 1)))
    finally:
        document.close()
    return places


def test_the_foot_has_one_form_however_wide_the_number_of_the_page() -> None:
    device = DEVICES["boox-palma"]
    for words in (1000, 1400):
        response = make_response("Word after word. " * words, head=CODED)
        pdf = draw_response(response, device)

        assert 10 < len(open_pdf(pdf).pages) < 100
        assert 1 == len(find_exchange(pdf))


@pytest.mark.parametrize("smallest_pt", [7.5, 9.0, 11.0])
def test_the_short_code_is_the_last_to_be_shortened(smallest_pt: float) -> None:
    device = replace(
        DEVICES["boox-palma"], page_width_pt=180.0, page_height_pt=300.0, smallest_pt=smallest_pt
    )
    head = replace(CODED, exchange_number=123456)
    pdf = draw_response(make_response("Text.", head=head, colophon="model " * 90), device)
    text = read_pages_with_pdfium(pdf)[-1]

    assert CODE in text.split()
    assert "…" in text
    assert find_ink_in_margins(pdf, device) == []


def test_an_error_says_which_file_it_is_about() -> None:
    text = read_with_pdfium(draw_error(ERROR, RM2))

    assert "20 NOVEMBER 2026 · FRIDAY, 14:05 · sky.pdf" in text


@settings(max_examples=60)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60), st.integers(1, 10**9))
def test_any_names_stay_within_the_bands(code: str, user: str, colophon: str, number: int) -> None:
    device = DEVICES["boox-palma"]
    head = replace(HEAD, code=code, user=user, exchange_number=number)
    pdf = draw_response(Response(head, user, "Text.", "", "en", colophon), device)

    assert find_ink_in_margins(pdf, device) == []


def test_a_screen_without_room_for_the_codes_has_none() -> None:
    device = replace(RM2, page_width_pt=170.0, page_height_pt=170.0)
    drawn = draw(make_response("Some text. " * 30, head=CODED), device)

    assert 0 == make_typography(device).code_pt
    assert PlaceKind.CODE not in {place.kind for place in drawn.places}
    assert CODE in read_with_pdfium(drawn.pdf)


# The file


@DIFFERENT
def test_another_program_finds_nothing_wrong_with_the_file(device: Device) -> None:
    for pdf in (draw_response(replace(ESSAY, head=CODED), device), draw_error(ERROR, device)):
        with pikepdf.open(io.BytesIO(pdf)) as document:
            assert [] == document.check_pdf_syntax()


def test_a_page_is_small_and_five_are_not_five_times_as_large() -> None:
    short = draw_response(make_response("Yes.", head=CODED, transcript="Is it?"), RM2)
    long = draw_response(replace(ESSAY, head=CODED, answer=2 * (ESSAY.answer + "\n\n")), RM2)

    assert len(open_pdf(long).pages) >= 5
    assert len(short) <= 60_000
    assert len(long) <= 120_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Review of the retry decorator", "Review of the retry…"),
        ("Review of the garden in May", "Review of the garden…"),
        ("A Donaudampfschifffahrtsgesellschaft", "A Donaudampfschiff…"),
    ],
)
def test_what_is_too_long_ends_behind_a_whole_word(text: str, expected: str) -> None:
    room_pt = measure_runs(fit_runs("Review of the garden…", Face.SANS, 8, 1000), 8)

    fitted = fit_runs(text, Face.SANS, 8, room_pt)

    assert expected == "".join(run.text for run in fitted)
    assert measure_runs(fitted, 8) <= room_pt

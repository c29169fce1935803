"""Room to write back, and where it is."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkchat.devices import DEVICES
from inkchat.domain import Device, Drawn, PageKind, Place, PlaceKind, Ruling, Side
from inkchat.reply.reply_area import CHOICES
from inkchat.reply.response import draw
from inkchat.reply.typography import make_typography
from tests.golden import render_pages
from tests.reply.answers import CODED, ERROR, ESSAY, make_response
from tests.reply.reading import find_ink_in_margins, open_pdf, read_pages_with_pdfium

RM2 = DEVICES["remarkable-2"]
NAMES = (
    "remarkable-2",
    "remarkable-paper-pro",
    "remarkable-paper-pro-move",
    "supernote-nomad",
    "boox-palma",
)
DIFFERENT = pytest.mark.parametrize(
    "device", [DEVICES[name] for name in NAMES], ids=lambda device: device.name
)
SCALE = 4.0
MM = 72 / 25.4
SHORT = make_response("Yes.", "Is it Friday?", head=CODED)


def list_places(drawn: Drawn, *kinds: PlaceKind) -> list[Place]:
    return [place for place in drawn.places if place.kind in kinds]


def crop(pages: list[Image.Image], place: Place, inset_pt: float = 0.0) -> Image.Image:
    """What is drawn there, or `inset_pt` within it."""
    left, top, right, bottom = (
        round(edge * SCALE)
        for edge in (
            place.left_pt + inset_pt,
            place.top_pt + inset_pt,
            place.left_pt + place.width_pt - inset_pt,
            place.top_pt + place.height_pt - inset_pt,
        )
    )
    return pages[place.page - 1].crop((left, top, right, bottom))


def get_grey(picture: Image.Image, x: int, y: int) -> int:
    return picture.crop((x, y, x + 1, y + 1)).tobytes()[0]


def is_white(picture: Image.Image) -> bool:
    return (255, 255) == picture.getextrema()


# The boxes


@DIFFERENT
def test_the_boxes_are_where_their_places_say(device: Device) -> None:
    drawn = draw(replace(ESSAY, head=CODED), device)
    pages = render_pages(drawn.pdf, SCALE)
    boxes = list_places(drawn, *CHOICES)

    assert list(CHOICES) == [box.kind for box in boxes]
    for box in boxes:
        outline = crop(pages, box)
        middle = outline.width // 2
        edges = [
            (middle, 1),
            (middle, outline.height - 3),
            (1, middle),
            (outline.width - 3, middle),
        ]
        assert [True] * 4 == [get_grey(outline, *edge) < 60 for edge in edges]
        assert is_white(crop(pages, box, 2.4))
        outside = replace(
            box,
            left_pt=box.left_pt - 2,
            top_pt=box.top_pt - 2,
            width_pt=box.width_pt + 4,
            height_pt=box.height_pt + 4,
        )
        ring = crop(pages, outside)
        ring.paste(255, (6, 6, ring.width - 6, ring.height - 6))
        assert is_white(ring)


@DIFFERENT
def test_each_word_stands_beside_its_box(device: Device) -> None:
    for hand in (Side.LEFT, Side.RIGHT):
        drawn = draw(SHORT, replace(device, hand=hand))
        page = read_pages_with_pdfium(drawn.pdf)[-1]
        lines = [line.strip() for line in page.splitlines()]
        rows: dict[float, list[Place]] = {}
        for box in list_places(drawn, *CHOICES):
            rows.setdefault(box.top_pt, []).append(box)

        for row in rows.values():
            assert " ".join(box.kind for box in row) in lines


@DIFFERENT
@pytest.mark.parametrize("hand", [Side.LEFT, Side.RIGHT])
def test_a_box_is_5_mm_wide_and_apart_from_the_others(device: Device, hand: Side) -> None:
    boxes = list_places(draw(SHORT, replace(device, hand=hand)), *CHOICES)

    for number, box in enumerate(boxes):
        assert min(box.width_pt, box.height_pt) >= 5 * MM
        for other in boxes[:number]:
            beside_pt = abs(box.left_pt - other.left_pt) - box.width_pt
            below_pt = abs(box.top_pt - other.top_pt) - box.height_pt
            assert max(beside_pt, below_pt) >= 3 * MM
    assert len({box.top_pt for box in boxes}) == (1 if device.page_width_pt > 350 else 2)


def test_for_the_left_hand_the_boxes_stand_at_the_right_behind_their_words() -> None:
    right = list_places(draw(SHORT, RM2), *CHOICES)
    left = list_places(draw(SHORT, replace(RM2, hand=Side.LEFT)), *CHOICES)

    assert [box.kind for box in right] == [box.kind for box in left]
    typography = make_typography(RM2)
    right_pt = left[-1].left_pt + left[-1].width_pt
    assert pytest.approx(typography.left_pt, abs=0.02) == right[0].left_pt
    assert pytest.approx(typography.width_pt - typography.right_pt, abs=0.02) == right_pt


# The room


@DIFFERENT
def test_at_least_a_third_of_a_page_is_free(device: Device) -> None:
    for paragraphs in range(1, 9):
        answer = "A paragraph of a few words, that fills a line or two of it.\n\n" * paragraphs
        drawn = draw(make_response(answer, head=CODED), device)
        rooms = list_places(drawn, PlaceKind.REPLY)
        first_box_pt = list_places(drawn, *CHOICES)[0].top_pt
        lowest = rooms[-1]
        begin_pt = min(lowest.top_pt, first_box_pt - 20) if len(rooms) == 1 else lowest.top_pt

        page_pt = device.page_height_pt
        if device.page_width_pt < 360:
            typography = make_typography(device)
            page_pt -= typography.head_pt + typography.footer_pt
        assert lowest.top_pt + lowest.height_pt - begin_pt >= page_pt / 3 - 5
        assert len(open_pdf(drawn.pdf).pages) == lowest.page


@DIFFERENT
@pytest.mark.parametrize("ruling", list(Ruling))
def test_the_room_is_ruled_as_the_device_has_it(device: Device, ruling: Ruling) -> None:
    drawn = draw(SHORT, replace(device, ruling=ruling))
    (room,) = list_places(drawn, PlaceKind.REPLY)
    picture = crop(render_pages(drawn.pdf, SCALE), replace(room, height_pt=room.height_pt - 1))
    rows = Counter(
        is_white(picture.crop((0, y, picture.width, y + 1))) for y in range(picture.height)
    )

    assert find_ink_in_margins(drawn.pdf, device) == []
    if ruling is Ruling.BLANK:
        assert 0 == rows[False]
    elif ruling is Ruling.GRID:
        assert is_white(picture.crop((0, 0, picture.width, 4)))
        if device.shows_grey:
            assert rows[False] > 0.8 * picture.height
    else:
        assert 0 < rows[False] < 0.25 * picture.height


@pytest.mark.parametrize("name", NAMES)
def test_lines_to_write_on_are_8_to_9_mm_apart(name: str) -> None:
    drawn = draw(SHORT, replace(DEVICES[name], ruling=Ruling.LINES, shows_grey=True))
    (room,) = list_places(drawn, PlaceKind.REPLY)
    picture = crop(render_pages(drawn.pdf, SCALE), replace(room, height_pt=room.height_pt + 2))
    inked = [
        y / SCALE
        for y in range(1, picture.height)
        if get_grey(picture, 40, y) < 230 <= get_grey(picture, 40, y - 1)
    ]
    steps_mm = {round((after - before) / MM, 1) for before, after in itertools.pairwise(inked)}

    assert len(inked) >= 4
    assert min(steps_mm) >= 7.9
    assert max(steps_mm) <= 9.1
    assert pytest.approx(room.height_pt, abs=1.5) == inked[-1]
    assert 8 * MM - 1 <= inked[0] <= 18 * MM


def test_no_grey_is_used_where_the_screen_shows_none() -> None:
    for ruling in Ruling:
        drawn = draw(SHORT, replace(RM2, shows_grey=False, ruling=ruling))
        contents = open_pdf(drawn.pdf).pages[0].get_contents()
        assert contents is not None
        colours = {
            tuple(words[:-1])
            for words in (line.split() for line in contents.get_data().split(b"\n"))
            if words and words[-1] in (b"rg", b"RG", b"g", b"G")
        }

        assert {(b"0", b"0", b"0")} == colours


def test_what_is_left_of_a_page_is_never_left_empty() -> None:
    answer = "A paragraph of one line.\n\n"
    spans = []
    for paragraphs in range(1, 25):
        drawn = draw(make_response(answer * paragraphs, head=CODED), RM2)
        rooms = list_places(drawn, PlaceKind.REPLY)
        boxes = list_places(drawn, *CHOICES)
        spans.append(len(rooms))

        assert 1 == len({box.page for box in boxes})
        assert rooms[0].page == boxes[0].page
        assert [rooms[0].page + number for number in range(len(rooms))] == [r.page for r in rooms]
        assert min(room.height_pt for room in rooms) >= 2 * 8 * MM - 1
    assert {1, 2} == set(spans)


def test_all_of_it_is_page_content() -> None:
    reader = open_pdf(draw(SHORT, RM2).pdf)

    assert "/AcroForm" not in reader.root_object
    assert all("/Annots" not in page for page in reader.pages)


@pytest.mark.parametrize("name", ["kobo-libra-2", "kobo-libra-colour", *NAMES])
def test_an_answer_of_one_line_takes_one_page(name: str) -> None:
    title, read = "The capital of Burkina Faso", "capital of Burkina Faso?"
    drawn = draw(make_response("Yes.", title, head=CODED, transcript=read), DEVICES[name])

    assert 1 == len(open_pdf(drawn.pdf).pages)


def test_what_needs_no_room_gets_no_page_for_it() -> None:
    boxes = set()
    for lines in range(8, 20):
        answer = make_response("A line.\n\n" * lines, head=CODED)
        drawn = draw(replace(answer, needs_room=False), RM2)
        pages = read_pages_with_pdfium(drawn.pdf)

        assert "A line." in pages[-1]
        boxes.add(len(list_places(drawn, *CHOICES)))
    assert {0, 5} == boxes


# Errors


@DIFFERENT
def test_an_error_has_one_box_to_try_again(device: Device) -> None:
    drawn = draw(ERROR, device)
    pages = render_pages(drawn.pdf, SCALE)
    (box,) = list_places(drawn, *CHOICES)

    assert PageKind.ERROR is drawn.kind
    assert PlaceKind.TRY_AGAIN is box.kind
    assert is_white(crop(pages, box, 2.4))
    assert not is_white(crop(pages, box))


def list_errors(device: Device) -> Iterator[Drawn]:
    """Of more and more words, until they do not fit on one page."""
    step = round(device.page_width_pt * device.page_height_pt / 20_000)
    for words in range(step, 16 * step, step):
        error = replace(ERROR, next_step="Wait.", what_becomes_of_the_note="Word " * words)
        yield draw(error, device)


@DIFFERENT
@pytest.mark.parametrize("hand", [Side.LEFT, Side.RIGHT])
def test_what_is_too_low_to_write_in_is_not_ruled(device: Device, hand: Side) -> None:
    heights = []
    for drawn in list_errors(replace(device, hand=hand)):
        assert 1 == len(list_places(drawn, PlaceKind.TRY_AGAIN))
        heights.append(sum(room.height_pt for room in list_places(drawn, PlaceKind.REPLY)))

    assert 0.0 in heights
    assert min(filter(None, heights)) >= 4 * 8 * MM - 0.1


@DIFFERENT
def test_the_box_of_an_error_never_stands_alone_on_a_page(device: Device) -> None:
    pages = set()
    for drawn in list_errors(device):
        (box,) = list_places(drawn, PlaceKind.TRY_AGAIN)
        pages.add(box.page)

        assert "Word" in read_pages_with_pdfium(drawn.pdf)[box.page - 1]
        assert box.page == 1 or find_ink_in_margins(drawn.pdf, device) == []
    assert {1, 2} == pages


# Any answer


@settings(max_examples=40)
@given(st.text(max_size=400), st.sampled_from(NAMES), st.sampled_from(list(Ruling)))
def test_places_lie_on_their_pages_and_not_over_each_other(
    answer: str, name: str, ruling: Ruling
) -> None:
    device = replace(DEVICES[name], ruling=ruling)
    drawn = draw(make_response(answer, transcript=answer, head=CODED), device)
    pages = len(open_pdf(drawn.pdf).pages)

    assert 5 == len(list_places(drawn, *CHOICES))
    assert 2 * pages == len(list_places(drawn, PlaceKind.CODE))
    for number, place in enumerate(drawn.places):
        assert 1 <= place.page <= pages
        assert min(place.left_pt, place.top_pt, place.width_pt, place.height_pt) > 0
        assert place.left_pt + place.width_pt <= device.page_width_pt
        assert place.top_pt + place.height_pt <= device.page_height_pt
        for other in drawn.places[:number]:
            assert place.page != other.page or not overlap(place, other)


def overlap(one: Place, other: Place) -> bool:
    return (
        one.left_pt < other.left_pt + other.width_pt
        and other.left_pt < one.left_pt + one.width_pt
        and one.top_pt < other.top_pt + other.height_pt
        and other.top_pt < one.top_pt + one.height_pt
    )


def test_the_same_values_give_the_same_places() -> None:
    assert draw(ESSAY, RM2) == draw(ESSAY, RM2)

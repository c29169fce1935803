"""The measures of a page, for every screen there may be."""

import re
from dataclasses import fields, replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.devices import DEVICES
from inkchat.domain import Device, Side
from inkchat.reply import draw_response
from inkchat.reply.fonts import Face, measure_text
from inkchat.reply.typography import BLACK, Type, Typography, make_typography
from tests.reply.answers import GOLDEN, make_response
from tests.reply.reading import open_pdf

RM2 = DEVICES["remarkable-2"]
EVERY_DEVICE = pytest.mark.parametrize("device", DEVICES.values(), ids=lambda device: device.name)
TEXT = (
    "Sunlight is a mixture of all colours. On its way through the air it meets molecules far "
    "smaller than its wavelength, and these scatter it, but not evenly."
)


def count_characters(typography: Typography) -> float:
    """In a full line of the body."""
    letter_pt = measure_text(TEXT, Face.SERIF, typography.body.size_pt) / len(TEXT)
    return typography.text_width_pt / letter_pt


def list_types(typography: Typography) -> list[Type]:
    values = [getattr(typography, field.name) for field in fields(typography)]
    return [*typography.headings.values(), *(each for each in values if isinstance(each, Type))]


@EVERY_DEVICE
def test_a_line_has_45_to_75_characters_where_the_screen_is_wide(device: Device) -> None:
    characters = count_characters(make_typography(device))

    assert 75 >= characters
    assert characters >= (45 if device.page_width_pt > 300 else 30)


@EVERY_DEVICE
def test_nothing_is_smaller_than_the_device_shows(device: Device) -> None:
    largest = replace(device, smallest_pt=9.5)

    assert min(type_.size_pt for type_ in list_types(make_typography(device))) >= device.smallest_pt
    assert min(type_.size_pt for type_ in list_types(make_typography(largest))) >= 9.5


_HIDDEN = re.compile(rb"3 Tr .*? 0 Tr", re.DOTALL)
_TYPE = re.compile(rb"/\S+ ([\d.]+) Tf")
_LETTER = re.compile(rb"q ([\d.]+) 0 0 [\d.]+ \S+ \S+ cm /g\d+ Do")


def list_sizes(pdf: bytes) -> tuple[set[float], set[float]]:
    """The sizes of type that is seen: of words, and of letters in formulas."""
    words, letters = set(), set()
    for page in open_pdf(pdf).pages:
        contents = page.get_contents()
        assert contents is not None
        words |= set(_TYPE.findall(_HIDDEN.sub(b"", contents.get_data())))
        for name, form in cast(Any, page)["/Resources"].get("/XObject", {}).items():
            if "formula" in name:
                letters |= set(_LETTER.findall(form.get_object().get_data()))
    # The font of formulas has 1000 units.
    return {float(size) for size in words}, {1000 * float(scale) for scale in letters}


@pytest.mark.parametrize("smallest_pt", [7.0, 8.0, 9.0])
@pytest.mark.parametrize("name", ["boox-palma", "remarkable-2"])
def test_no_type_on_a_page_is_smaller_than_the_device_shows(name: str, smallest_pt: float) -> None:
    device = replace(DEVICES[name], smallest_pt=smallest_pt)
    words: set[float] = set()
    letters: set[float] = set()
    for answer in ("formulas", "footnotes", "symbols", "scripts", "wide-table", "chart"):
        sizes = list_sizes(draw_response(GOLDEN[answer], device))
        words |= sizes[0]
        letters |= sizes[1]
    raised = "H<sub>2</sub>O [a](https://example.org), x<sup>2→Ω</sup>, $x^{y^{z}}$"
    words |= list_sizes(draw_response(make_response(raised), device))[0]

    assert min(words) >= max(7.5, smallest_pt)
    assert pytest.approx(smallest_pt, abs=0.05) == min(letters)


@EVERY_DEVICE
def test_the_column_is_a_whole_number_of_lines(device: Device) -> None:
    typography = make_typography(device)
    lines = typography.text_height_pt / typography.body.leading_pt

    assert pytest.approx(round(lines), abs=0.01) == lines
    assert lines >= 15


@EVERY_DEVICE
def test_headings_rise_from_the_text_to_the_title(device: Device) -> None:
    typography = make_typography(device)
    sizes = [typography.headings[level].size_pt for level in range(1, 5)]

    assert sorted(sizes, reverse=True) == sizes
    assert typography.title.size_pt > sizes[0] > typography.body.size_pt
    assert len({(t.face, t.size_pt) for t in typography.headings.values()}) == 6


def test_a_phone_has_proportions_of_its_own() -> None:
    phone = make_typography(DEVICES["boox-palma"])
    tablet = make_typography(RM2)

    assert phone.title.size_pt / phone.body.size_pt < tablet.title.size_pt / tablet.body.size_pt
    assert phone.left_pt / phone.width_pt < tablet.left_pt / tablet.width_pt
    assert phone.is_narrow
    assert not tablet.is_narrow


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT, Side.TOP])
@pytest.mark.parametrize("name", ["remarkable-2", "boox-palma"])
def test_the_toolbar_has_its_strip_and_a_little_more(name: str, side: Side) -> None:
    device = replace(DEVICES[name], toolbar=side, toolbar_depth_pt=45.0)
    typography = make_typography(device)
    margins = {
        Side.LEFT: typography.left_pt,
        Side.RIGHT: typography.right_pt,
        Side.TOP: typography.head_pt,
    }

    assert margins[side] >= 50
    assert min(margins.values()) >= (40 if name == "remarkable-2" else 12)


def test_words_are_parted_only_where_the_device_says_so() -> None:
    assert "" == make_typography(RM2, "de").hyphenation_language
    assert "de" == make_typography(replace(RM2, hyphenates=True), "de").hyphenation_language


def test_lines_to_write_on_are_grey_only_where_grey_is_seen() -> None:
    assert BLACK != make_typography(replace(RM2, shows_grey=True)).line_colour
    assert BLACK == make_typography(replace(RM2, shows_grey=False)).line_colour


@EVERY_DEVICE
def test_without_codes_the_column_is_higher(device: Device) -> None:
    with_codes, without = make_typography(device), make_typography(device, has_codes=False)

    assert 0 == without.code_pt
    assert without.top_pt < with_codes.top_pt - 10
    assert without.text_height_pt >= with_codes.text_height_pt + without.body.leading_pt


def test_the_same_device_is_measured_once() -> None:
    assert make_typography(RM2) is make_typography(replace(RM2))


@given(
    st.floats(160, 1500),
    st.floats(160, 1500),
    st.sampled_from([72, 150, 226, 300, 400]),
    st.sampled_from(list(Side)),
    st.floats(0, 0.25),
    st.floats(5, 12),
)
def test_any_screen_has_a_column(
    width_pt: float, height_pt: float, dpi: int, toolbar: Side, depth: float, smallest_pt: float
) -> None:
    side_pt = height_pt if toolbar is Side.TOP else width_pt
    device = Device("a", "A", width_pt, height_pt, dpi, False, toolbar, depth * side_pt)
    typography = make_typography(replace(device, smallest_pt=smallest_pt))

    assert typography.text_width_pt >= 60
    assert typography.text_height_pt > 1.9 * typography.body.leading_pt
    assert count_characters(typography) <= 76
    assert 0 == typography.code_pt or 12 <= typography.code_pt / 72 * 25.4 <= 15.1
    assert min(typography.left_pt, typography.right_pt, typography.bottom_pt) > 0

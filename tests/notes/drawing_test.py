"""What of a page counts as ink."""

import pytest
from PIL import Image

from inkchat.notes.drawing import INK_BELOW_GREY, draw_page


@pytest.mark.parametrize(
    ("grey", "expected"), [(0, True), (INK_BELOW_GREY - 1, True), (INK_BELOW_GREY, False)]
)
def test_one_dark_pixel_is_ink_and_a_pale_page_is_none(grey: int, expected: bool) -> None:
    page = Image.new("L", (40, 30), 255)
    page.putpixel((39, 29), grey)

    assert expected == draw_page(1, page, "").has_ink

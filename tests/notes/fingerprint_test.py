"""What is kept with a page must stay what it is: pages are known again by it."""

import hashlib

import pytest
from PIL import Image

from inkchat.notes.fingerprint import fingerprint, fingerprint_picture


@pytest.mark.parametrize("height_px", [1, 63, 64, 65, 200])
def test_a_picture_is_told_by_its_size_its_pixels_and_its_text(height_px: int) -> None:
    picture = Image.linear_gradient("L").resize((37, height_px))

    expected = fingerprint(b"37 %d" % height_px, picture.tobytes(), "Ä".encode())
    assert expected == fingerprint_picture(picture, "Ä")


def test_each_part_stands_behind_its_length() -> None:
    assert hashlib.sha256(b"2:ab1:c").hexdigest() == fingerprint(b"ab", b"c")
    assert fingerprint(b"ab", b"c") != fingerprint(b"a", b"bc")

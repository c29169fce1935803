import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkchat.inbox.names import NOTE_SUFFIXES
from inkchat.inbox.whole import looks_whole
from tests.inbox.staging import PDF


def ask(path: Path, content: bytes, suffix: str) -> bool:
    path.write_bytes(content)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return looks_whole(descriptor, suffix, len(content))
    finally:
        os.close(descriptor)


def draw_picture(form: str, **options: object) -> bytes:
    # Noise, so that the file has a body whose loss can be noticed.
    picture = Image.frombytes("L", (80, 60), os.urandom(80 * 60))
    stream = io.BytesIO()
    picture.save(stream, form, **options)
    return stream.getvalue()


WHOLE = {
    ".pdf": PDF,
    ".png": draw_picture("PNG"),
    ".jpg": draw_picture("JPEG"),
    ".jpeg": draw_picture("JPEG", progressive=True),
    ".tif": draw_picture("TIFF"),
    ".tiff": draw_picture("TIFF", big_tiff=True),
    ".webp": draw_picture("WEBP", lossless=True),
    ".txt": b"hello",
    ".md": "# Gr\u00fc\u00dfe\n".encode(),
    ".markdown": "one zero ends this\n".encode("utf-16-le"),
}


def test_every_kind_of_note_is_judged() -> None:
    assert set(WHOLE) == NOTE_SUFFIXES


@pytest.mark.parametrize("suffix", sorted(WHOLE))
def test_a_finished_file_looks_whole(tmp_path: Path, suffix: str) -> None:
    assert ask(tmp_path / "x", WHOLE[suffix], suffix)


@pytest.mark.parametrize("suffix", sorted(WHOLE))
def test_an_empty_file_does_not(tmp_path: Path, suffix: str) -> None:
    assert not ask(tmp_path / "x", b"", suffix)


@pytest.mark.parametrize("suffix", sorted(WHOLE))
def test_a_file_that_was_given_its_length_before_its_content_does_not(
    tmp_path: Path, suffix: str
) -> None:
    # Pillow puts a TIFF's directory first; most writers put it last.
    begun = WHOLE[suffix][: 8 if suffix in (".tif", ".tiff") else len(WHOLE[suffix]) // 2]

    assert not ask(tmp_path / "x", begun + bytes(70_000), suffix)
    assert not ask(tmp_path / "x", bytes(70_000), suffix)


@pytest.mark.parametrize("suffix", [".pdf", ".png", ".jpg", ".jpeg", ".webp"])
def test_the_first_part_of_a_file_does_not(tmp_path: Path, suffix: str) -> None:
    whole = WHOLE[suffix]

    for length in (1, 5, 11, 13, len(whole) // 3, len(whole) // 2, len(whole) - 10):
        assert not ask(tmp_path / "x", whole[:length], suffix)


def test_a_tiff_without_its_directory_does_not(tmp_path: Path) -> None:
    pixels = bytes(4000)
    header = b"MM\x00*" + (8 + len(pixels)).to_bytes(4, "big")
    directory = (2).to_bytes(2, "big") + bytes(2 * 12 + 4)

    assert ask(tmp_path / "x", header + pixels + directory, ".tif")
    assert not ask(tmp_path / "x", header + pixels + directory[:8], ".tif")
    assert not ask(tmp_path / "x", header + pixels, ".tif")


def test_what_stands_behind_the_end_mark_is_tolerated(tmp_path: Path) -> None:
    assert ask(tmp_path / "x", PDF + b"\r\n" + b" " * 900, ".pdf")
    assert ask(tmp_path / "x", WHOLE[".jpg"] + bytes(40_000), ".jpg")
    assert ask(tmp_path / "x", WHOLE[".png"] + b"\n" * 100, ".png")


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=64), st.sampled_from(sorted(NOTE_SUFFIXES)), st.integers(0, 2**40))
def test_any_bytes_get_an_answer(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str, claimed_bytes: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        assert looks_whole(descriptor, suffix, claimed_bytes) in (True, False)
    finally:
        os.close(descriptor)

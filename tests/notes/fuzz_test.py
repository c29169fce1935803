"""Whatever the bytes are, they end as a Note or as words.

The functions are called without the sandbox, for speed and so that a failure shows its traceback;
only what may abort the process, PDFium, is called in it.
"""

import contextlib
import io
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from inkchat.config import Limits
from inkchat.domain import Note
from inkchat.errors import NoteError
from inkchat.notes import open_note
from inkchat.notes.reading import read_note
from tests.notes import hostile
from tests.notes.picture_test import draw, save

SUFFIXES = st.sampled_from([".pdf", ".png", ".jpg", ".tif", ".webp", ".txt", ".md", ""])
MAGIC = st.sampled_from(
    [b"", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"II*\0", b"RIFF\0\0\0\0WEBP"]
)
PDF = hostile.honest_pdf(contents=(hostile.typed("Hello"), hostile.INK))
PICTURES = [
    save(draw(), "PNG"),
    save(draw("RGB"), "JPEG", exif=Image.Exif()),
    save(draw(), "TIFF", save_all=True, append_images=[draw()]),
    save(draw(), "WEBP", lossless=True),
]


def mutate(file: bytes, changes: list[tuple[int, int]], kept: float) -> bytes:
    changed = bytearray(file)
    for position, byte in changes:
        changed[position % len(changed)] = byte
    return bytes(changed[: max(1, int(len(changed) * kept))])


CHANGES = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=12)
KEPT = st.one_of(st.just(1.0), st.floats(0, 1))


def check(note: Note) -> None:
    assert note.pages
    for page in note.pages:
        page.text.encode("utf-8")
        assert page.picture is not None or page.text
        if page.picture is not None:
            with Image.open(io.BytesIO(page.picture)) as picture:
                assert picture.size == (page.width_px, page.height_px)
                assert max(picture.size) <= 1568


def read(file: Path, content: bytes, suffix: str) -> None:
    file.write_bytes(content)
    with contextlib.suppress(NoteError):
        check(read_note(str(file), "note" + suffix, suffix, 40, 60.0, 1568))


@given(content=st.binary(min_size=1, max_size=300), suffix=SUFFIXES)
@settings(deadline=None, max_examples=150)
@example(content=b"\xff\xfe\0\xd8", suffix=".txt")
def test_random_bytes_are_a_note_or_words(content: bytes, suffix: str, tmp_path: Path) -> None:
    read(tmp_path / "file", content, suffix)


@given(text=st.text(st.characters(codec="utf-8"), max_size=200))
@settings(deadline=None)
def test_any_text_is_a_note_or_words(text: str, tmp_path: Path) -> None:
    read(tmp_path / "file", text.encode() or b" ", ".md")


@given(picture=st.sampled_from(PICTURES), changes=CHANGES, kept=KEPT)
@settings(deadline=None, max_examples=200)
def test_mutated_pictures_are_a_note_or_words(
    picture: bytes, changes: list[tuple[int, int]], kept: float, tmp_path: Path
) -> None:
    read(tmp_path / "file", mutate(picture, changes, kept), ".png")


@given(magic=MAGIC, content=st.binary(max_size=300), suffix=SUFFIXES)
@settings(deadline=None, max_examples=60)
def test_what_begins_like_a_known_kind_is_a_note_or_words(
    magic: bytes, content: bytes, suffix: str, tmp_path: Path
) -> None:
    open_in_sandbox(tmp_path / "file", magic + content or b"x", suffix)


@given(changes=CHANGES, kept=KEPT)
@settings(deadline=None, max_examples=80)
def test_mutated_pdfs_are_a_note_or_words(
    changes: list[tuple[int, int]], kept: float, tmp_path: Path
) -> None:
    open_in_sandbox(tmp_path / "file", mutate(PDF, changes, kept), ".pdf")


def open_in_sandbox(file: Path, content: bytes, suffix: str) -> None:
    file.write_bytes(content)
    with contextlib.suppress(NoteError):
        check(open_note(file, "note" + suffix, suffix, Limits()))

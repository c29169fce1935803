import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from inkchat.config import Limits
from inkchat.domain import NoteKind
from inkchat.errors import (
    DamagedFile,
    EmptyFile,
    NoteError,
    OversizedFile,
    Retry,
    UnsupportedFile,
)
from inkchat.notes import open_note
from tests.notes import hostile
from tests.notes.conftest import Open


def test_typed_text_is_one_page_without_a_picture(open_file: Open) -> None:
    note = open_file("Grüße\r\nan alle\n".encode(), "note.md")

    (page,) = note.pages
    assert note.kind is NoteKind.TEXT
    assert (page.number, page.text, page.picture) == (1, "Grüße\nan alle", None)
    assert (page.width_px, page.height_px, len(page.fingerprint)) == (0, 0, 64)


@pytest.mark.parametrize(
    "content",
    [
        "Grüße".encode(),
        "Grüße".encode("utf-8-sig"),
        "Grüße".encode("utf-16"),
        b"\xfe\xff" + "Grüße".encode("utf-16-be"),
        "Grüße".encode("latin-1"),
    ],
)
@pytest.mark.parametrize("suffix", ["txt", "md", "markdown", "TXT"])
def test_text_is_read_in_the_usual_encodings(content: bytes, suffix: str, open_file: Open) -> None:
    assert open_file(content, f"note.{suffix}").text == "Grüße"


def test_controls_and_noncharacters_are_taken_out_of_text(open_file: Open) -> None:
    content = "a\x1b[31mb\u2028c\ufffed\te\x85f".encode()

    assert open_file(content, "note.txt").text == "a[31mb\ncd\te\nf"


def test_text_may_speak_of_pdf(open_file: Open) -> None:
    assert open_file(b"A file begins with %PDF-1.7.", "note.txt").kind is NoteKind.TEXT


def test_a_pdf_named_as_text_is_a_pdf(open_file: Open) -> None:
    assert open_file(hostile.honest_pdf(), "note.txt").kind is NoteKind.PDF


def test_a_pdf_may_begin_a_little_late(open_file: Open) -> None:
    assert open_file(b"\r\n" * 20 + hostile.honest_pdf(), "note.pdf").kind is NoteKind.PDF


@pytest.mark.parametrize("content", [b"\n \t\r\n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_text_without_a_letter_is_empty(content: bytes, open_file: Open) -> None:
    with pytest.raises(EmptyFile):
        open_file(content, "note.txt")


@pytest.mark.parametrize("content", [b"abc\0def", b"\x7fELF\1\2\3\0\0", bytes(5000)])
def test_binary_content_named_as_text_is_refused(content: bytes, open_file: Open) -> None:
    with pytest.raises(UnsupportedFile, match="is named as text"):
        open_file(content, "note.txt")


def test_a_zero_byte_far_down_is_seen_too(open_file: Open) -> None:
    with pytest.raises(UnsupportedFile, match="zero bytes"):
        open_file(b"a" * 10_000 + b"\0", "note.txt")


@pytest.mark.parametrize("character", ["a", "é", "日"])
def test_long_text_is_refused_by_its_characters(character: str, open_file: Open) -> None:
    assert len(open_file((character * 200_000).encode(), "note.txt").text) == 200_000

    with pytest.raises(OversizedFile, match="more than 200,000 characters"):
        open_file((character * 200_001).encode(), "note.txt")


def test_a_file_over_the_limit_is_refused_unread(open_file: Open) -> None:
    with pytest.raises(OversizedFile, match="is 2 MB, and at most 1 MB are opened"):
        open_file(bytes(2_000_000), "big.pdf", Limits(max_file_mb=1))


@pytest.mark.parametrize("name", ["x.pdf", "x.png", "x.txt", "x"])
def test_an_empty_file_is_called_empty(name: str, open_file: Open) -> None:
    with pytest.raises(EmptyFile, match="no content at all"):
        open_file(b"", name)


def zip_file() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a", "b")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "error", "words"),
    [
        (b"Dear diary", "x.pdf", UnsupportedFile, "seems to be plain text.*ends in .txt"),
        (b"<html></html>", "x.html", UnsupportedFile, "seems to be plain text"),
        (zip_file(), "x.pdf", UnsupportedFile, "ZIP archive.*as PDF"),
        (b"GIF89a...", "x.gif", UnsupportedFile, "GIF.*JPEG or PNG"),
        (b"\0\0\0\x18ftypheic\0\0", "x.heic", UnsupportedFile, "HEIC.*as JPEG"),
        (b"\0\0\0\x18ftypavif\0\0", "x.png", UnsupportedFile, "AVIF"),
        (b"\0\0\0\x18ftypisom\0\0", "x.mp4", UnsupportedFile, "video"),
        (b"BM\0\0\1\1", "x.bmp", UnsupportedFile, "BMP"),
        (b"noteSN_FILE_VER_20230015\0", "x.note", UnsupportedFile, "Supernote.*export"),
        (b"reMarkable .lines file, version=6", "x.rm", UnsupportedFile, "reMarkable.*export"),
        (b"%!PS-Adobe-3.0", "x.ps", UnsupportedFile, "PostScript"),
        (bytes(3000), "x.pdf", DamagedFile, "named as a PDF, but there is no PDF in it"),
        (b"\1\2\3", "x.xyz", UnsupportedFile, "not known here"),
        (b"%PDF-1.7\ngarbage", "x.pdf", DamagedFile, "damaged or cut off"),
        (b"\x89PNG\r\n\x1a\ngarbage", "x.png", DamagedFile, "damaged or cut off"),
    ],
)
def test_what_cannot_be_read_is_said_with_the_next_step(
    content: bytes, name: str, error: type[NoteError], words: str, open_file: Open
) -> None:
    with pytest.raises(error, match=words) as caught:
        open_file(content, name)

    assert f"“{name}”" in caught.value.what_happened
    assert caught.value.retry is Retry.NEVER


def test_text_that_begins_like_a_picture_is_still_text(open_file: Open) -> None:
    assert open_file(b"BMW or MZ?", "note.txt").text == "BMW or MZ?"


def test_a_name_stands_in_a_sentence_on_one_line_and_short(open_file: Open) -> None:
    with pytest.raises(EmptyFile) as caught:
        open_file(b"", "a\n\x1b[2J" + "long" * 60 + " page 7.pdf")

    said = caught.value.what_happened
    assert said.isprintable()
    assert said.startswith("“a··[2Jlong")
    assert " page 7.pdf”" in said
    assert len(said) < 100


@pytest.mark.parametrize("kind", ["folder", "fifo", "socket"])
def test_what_is_no_regular_file_is_refused_unopened(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        os.mknod(path, 0o140600)

    with pytest.raises(UnsupportedFile, match="not a regular file"):
        open_note(path, "x.pdf", ".pdf", Limits())


def test_the_program_itself_loads_no_parser() -> None:
    script = (
        "import sys; from pathlib import Path; from inkchat.config import Limits;"
        "from inkchat.notes import open_note;"
        "print(len(open_note(Path(sys.argv[1]), 'a.pdf', '.pdf', Limits()).pages));"
        "print(sorted({'PIL', 'pypdf', 'pypdfium2', 'pypdfium2_raw'} & set(sys.modules)))"
    )
    sample = Path(__file__).parents[2] / "inbox" / "sample-note.pdf"

    done = subprocess.run(
        [sys.executable, "-c", script, str(sample)], capture_output=True, text=True, check=True
    )

    assert done.stdout == "1\n[]\n"


def test_a_relative_path_is_meant_from_where_the_program_is_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "note.txt").write_text("here")
    monkeypatch.chdir(tmp_path)

    assert open_note(Path("note.txt"), "note.txt", ".txt", Limits()).text == "here"

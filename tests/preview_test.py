"""`inkchat preview` as people meet it who write profiles and prompts."""

import json
import subprocess
from pathlib import Path

import pypdf
import pytest
from PIL import Image

from inkchat.devices import TABLETS
from inkchat.reply.sample import make_sample, split_title
from tests import program
from tests.house import read_pdf

LONG = "# Many\n\n" + "A paragraph of some length, to fill the page with words. " * 120
PALMA = TABLETS["boox-palma"]


def call(folder: Path, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return program.call_in_bytes("inkchat", *words, cwd=folder, stdin=stdin)


def preview(folder: Path, *words: str, stdin: bytes = b"") -> str:
    """What was said, where all went well."""
    ran = call(folder, "preview", *words, stdin=stdin)
    assert 0 == ran.returncode, ran.stderr.decode()
    return ran.stdout.decode()


def refuse(folder: Path, *words: str, stdin: bytes = b"") -> str:
    """What was said, where nothing was drawn."""
    before = sorted(folder.iterdir())
    ran = call(folder, "preview", *words, stdin=stdin)
    assert ran.returncode in (1, 2), ran.stderr.decode()
    assert b"" == ran.stdout
    assert before == sorted(folder.iterdir())
    return ran.stderr.decode().strip().splitlines()[-1]


def measure(pdf: Path) -> list[float]:
    return [round(float(side), 1) for side in pypdf.PdfReader(pdf).pages[0].mediabox[2:]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a text, and without any configuration."""
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "note.md").write_text("# The *sky*\n\nIt is **blue**.\n")
    return folder


def test_a_text_becomes_a_pdf_beside_which_nothing_is_made(folder: Path) -> None:
    said = preview(folder, "note.md", "--device", "boox-palma")

    assert "→ note.pdf: 1 page of 197.8 × 395.5 pt for Boox Palma, " in said
    assert ["note.md", "note.pdf"] == sorted(path.name for path in folder.iterdir())
    assert [197.8, 395.5] == measure(folder / "note.pdf")
    text = read_pdf(folder / "note.pdf")
    assert 1 == text.count("The sky")
    assert "It is blue." in text


def test_without_a_device_the_page_is_for_that_of_the_first_watch(folder: Path) -> None:
    preview(folder, "note.md")
    (folder / "config.yaml").write_text(
        "devices: {mine: {like: boox-palma, width_px: 900}}\n"
        "watch: [{inbox: a, device: mine}, {inbox: b}]\n"
    )
    preview(folder, "note.md", "--output", "mine.pdf")
    preview(folder, "note.md", "--output", "two.pdf", "--device", "remarkable-2")

    assert [447.3, 596.4] == measure(folder / "note.pdf")
    assert [216.0, 395.5] == measure(folder / "mine.pdf")
    assert [447.3, 596.4] == measure(folder / "two.pdf")


@pytest.mark.parametrize(
    ("device", "size_px", "mode"),
    [("remarkable-2", (1404, 1872), "L"), ("remarkable-paper-pro-move", (954, 1696), "RGB")],
)
def test_a_picture_is_what_the_screen_shows_dot_for_dot(
    device: str, size_px: tuple[int, int], mode: str, folder: Path
) -> None:
    preview(folder, "note.md", "--device", device, "--output", "sky.png")

    with Image.open(folder / "sky.png") as picture:
        assert (size_px, mode) == (picture.size, picture.mode)
        assert (0, 255) == picture.convert("L").getextrema()


def test_several_pages_are_numbered_pictures(folder: Path) -> None:
    (folder / "long.md").write_text(LONG)
    preview(folder, "long.md", "--device", "boox-palma")
    pages = len(pypdf.PdfReader(folder / "long.pdf").pages)

    said = preview(folder, "long.md", "--device", "boox-palma", "--output", "page.png")

    assert pages > 2
    assert {f"page-{number}.png" for number in range(1, pages + 1)} == {
        path.name for path in folder.glob("*.png")
    }
    assert f"→ page-1.png … page-{pages}.png: {pages} pages of" in said


def test_what_was_written_is_said_in_json(folder: Path) -> None:
    told = json.loads(
        preview(folder, "note.md", "--device", "boox-palma", "--output", "sky.png", "--json")
    )

    assert {
        "device": "boox-palma",
        "pages": 1,
        "page_pt": [197.8, 395.5],
        "page_px": [824, 1648],
        "files": [{"file": "sky.png", "size_bytes": (folder / "sky.png").stat().st_size}],
    } == told


def test_the_same_text_gives_the_same_bytes(folder: Path) -> None:
    for name in ("one.pdf", "two.pdf"):
        preview(folder, "note.md", "--output", name)

    assert (folder / "one.pdf").read_bytes() == (folder / "two.pdf").read_bytes()


def test_standard_input_is_drawn(folder: Path) -> None:
    preview(folder, "-", stdin="Only a line: ä.".encode())

    assert "Only a line: ä." in read_pdf(folder / "preview.pdf")


def test_a_file_that_is_there_is_written_over_only_when_told(folder: Path) -> None:
    (folder / "note.pdf").write_bytes(b"theirs")

    assert "add `--force` to write over it." in refuse(folder, "note.md")
    assert b"theirs" == (folder / "note.pdf").read_bytes()
    preview(folder, "note.md", "--force")
    assert [447.3, 596.4] == measure(folder / "note.pdf")


def test_no_page_is_written_where_one_of_them_would_be_written_over(folder: Path) -> None:
    (folder / "long.md").write_text(LONG)
    (folder / "page-2.png").write_bytes(b"theirs")

    said = refuse(folder, "long.md", "--device", "boox-palma", "--output", "page.png")

    assert "page-2.png is there already." in said


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("absent.md",), "absent.md cannot be read: No such file or directory."),
        ((".",), ". cannot be read: Is a directory."),
        (("note.md", "--device", "boox-palmo"), "Did you mean “boox-palma”?"),
        (("note.md", "--device", ""), "`inkchat devices` lists all."),
        (("note.md", "--output", "note.doc"), "note.doc is neither a .pdf nor a .png"),
        (("note.md", "--output", "absent/note.pdf"), "could not be written: No such file"),
        (("binary.md",), "binary.md is not text in UTF-8. Give a Markdown file."),
        (("nul.md",), "nul.md is not text in UTF-8."),
        (("large.md",), "large.md has more than 4 MB, which no answer has."),
        (("text.pdf", "--force"), "text.pdf is what is to be drawn"),
        (("note.md", "--output", "inbox/note.pdf"), "it would be taken for a note"),
        (("note.md", "--output", "eink_sessions.pdf", "--force"), "is inkchat’s own"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(
    words: tuple[str, ...], expected: str, folder: Path
) -> None:
    (folder / "config.yaml").write_text("database: eink_sessions.pdf\n")
    (folder / "inbox").mkdir()
    (folder / "binary.md").write_bytes(b"\xff\xfe\x00")
    (folder / "nul.md").write_bytes(b"a\0b")
    (folder / "text.pdf").write_text("# Text under a PDF's name")
    (folder / "large.md").write_bytes(b"a" * 4_000_001)

    assert expected in refuse(folder, *words)


def test_a_broken_configuration_is_said_with_its_line(folder: Path) -> None:
    (folder / "config.yaml").write_text("wokers: 3\n")

    assert "config.yaml, line 1: the key “wokers” is not known." in refuse(folder, "note.md")


@pytest.mark.parametrize(
    ("answer", "title", "text"),
    [
        ("# The *very* blue `sky`\n\nText", "The very blue sky", "\nText"),
        ("Two\nlines\n===\nText", "Two lines", "Text"),
        ("\r\n\r\n### Third level ###\r\nText", "Third level", "Text"),
        ("Text first\n\n# A heading\n", "", "Text first\n\n# A heading\n"),
        ("```\n# no heading\n```\n", "", "```\n# no heading\n```\n"),
        ("", "", ""),
        ("#\n\nText", "", "#\n\nText"),
        (f"# {'long ' * 40}", "", f"# {'long ' * 40}"),
    ],
)
def test_the_heading_at_the_beginning_is_the_title(answer: str, title: str, text: str) -> None:
    assert (title, text) == split_title(answer)


def test_a_text_without_a_heading_is_called_by_its_name() -> None:
    titles = [make_sample("Text", name, "en", PALMA).title for name in ("my.prompt.md", ".md")]

    assert ["my.prompt", ".md"] == titles

"""What each code of a font stands for, as both readers take it."""

from inkchat.reply.glyphs import Glyph
from inkchat.reply.unicode_map import write_unicode_map


def make_glyph(text: str) -> Glyph:
    return Glyph(((1, 0, 0),), text, 500, is_plain=True)


def show(*codes_and_texts: tuple[int, str]) -> list[str]:
    """The lines of the map that say something of a code."""
    written = write_unicode_map({code: make_glyph(text) for code, text in codes_and_texts})
    _, _, body = written.decode("ascii").partition("endcodespacerange\n")
    return body.partition("\nendcmap")[0].split("\n")


def test_a_row_of_characters_with_their_own_codes_is_told_at_once() -> None:
    assert [
        "2 beginbfrange",
        "<0000> <00ff> <0000>",
        "<0400> <04ff> <0400>",
        "endbfrange",
    ] == show((0x41, "A"), (0x62, "b"), (0x43F, "п"))


def test_no_row_is_told_at_once_in_which_a_code_stands_for_something_else() -> None:
    assert [
        "1 beginbfrange",
        "<0400> <04ff> <0400>",
        "endbfrange",
        "3 beginbfchar",
        "<0000> <>",
        "<0041> <0041>",
        "<0800> <00660069>",
        "endbfchar",
    ] == show((0, ""), (0x41, "A"), (0x43F, "п"), (0x800, "fi"))


def test_a_sign_beyond_the_first_plane_is_written_as_two_halves() -> None:
    assert "<0800> <d83ddc4d>" in show((0x800, "\U0001f44d"))


def test_no_section_has_more_lines_than_it_may() -> None:
    lines = show(*((0x800 + number, "fi") for number in range(250)))

    assert ["100 beginbfchar", "100 beginbfchar", "50 beginbfchar"] == [
        line for line in lines if "begin" in line
    ]
    assert 250 == sum(line.startswith("<") for line in lines)

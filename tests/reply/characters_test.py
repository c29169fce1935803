"""Which characters of any text reach a page, and in what pieces a font is chosen for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.reply.characters import clean_text, cut_to_limits, split_signs


@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष क्\u200cष", "क्\u200dष क्\u200cष"),
        ("ශ්\u200dරී", "ශ්\u200dරී"),
        ("a\u200db\u200cc", "abc"),
        ("\u200cم\u200c \u200cم", "م م"),
        ("م\u200c\u200cم", "مم"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("❤\ufe0f\u200d🔥", "❤\u200d🔥"),
        ("👨\u200d x 👩\u200c👧", "👨 x 👩👧"),
    ],
)
def test_joiners_stay_between_letters_that_they_change(written: str, drawn: str) -> None:
    assert drawn == clean_text(written)


@pytest.mark.parametrize(
    "mark", "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2069"
)
def test_nothing_stays_that_turns_text_round(mark: str) -> None:
    assert "send 100 to אב" == clean_text(f"send {mark}100{mark} to אב")


@pytest.mark.parametrize("control", ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\ud800"])
def test_a_control_character_shows_as_a_replacement(control: str) -> None:
    assert "a\ufffdb" == clean_text(f"a{control}b")


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("ab", ["a", "b"]),
        ("x\u0305\u0323y", ["x\u0323\u0305", "y"]),
        ("שָׁלוֹם", ["שָׁ", "ל", "וֹ", "ם"]),
        ("👨\u200d👩\u200d👧👍🏽!", ["👨\u200d👩\u200d👧", "👍🏽", "!"]),
        ("🇩🇪🇫🇷🇩", ["🇩🇪", "🇫🇷", "🇩"]),
        ("1\u20e3", ["1\u20e3"]),
        ("", []),
    ],
)
def test_a_letter_with_its_marks_is_one_sign(text: str, signs: list[str]) -> None:
    assert signs == split_signs(clean_text(text))


@given(st.text())
def test_signs_are_the_text_and_of_bounded_length(text: str) -> None:
    signs = split_signs(text + "\u0301" * 100)

    assert text + "\u0301" * 100 == "".join(signs)
    assert max(map(len, signs)) <= 32


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\nc", ("a\nb", 2)),
        ("a<br>b<BR />c", ("a<br>b", 7)),
        ("a\nb", ("a\nb", 0)),
        ("a" * 25, ("a" * 20, 5)),
    ],
)
def test_lines_end_where_they_are_drawn_to_end(text: str, expected: tuple[str, int]) -> None:
    assert expected == cut_to_limits(text, 20, 2)

"""In which order text of both directions is drawn, judged by another implementation."""

import sys
from unicodedata import bidirectional

from bidi import get_display
from hypothesis import given, settings
from hypothesis import strategies as st

from inkchat.reply.bidi import find_direction, find_levels, has_rtl, order_levels, order_runs
from inkchat.reply.fonts import Face
from inkchat.reply.runs import Run

_LETTERS = "abcאבגדابجدهو"
_OTHERS = "0123٠١٢۳ .,:/+-%$()[]{}«»!?\u0301\u05b4\u064e\u200d_é中"
_TEXT = st.text(st.sampled_from(_LETTERS + _OTHERS), max_size=30)


def _list_levels(text: str, is_rtl: bool) -> list[int]:
    levels = find_levels(text, is_rtl)
    end = len(text.rstrip(" "))
    return [*levels[:end], *[int(is_rtl)] * (len(text) - end)]


@settings(max_examples=2000)
@given(_TEXT.filter(lambda text: "\u200d" not in text), st.booleans())
def test_the_order_is_that_of_the_unicode_algorithm(text: str, is_rtl: bool) -> None:
    levels = _list_levels(text, is_rtl)
    shown = "".join(text[number] for number in order_levels(levels))

    assert get_display(text, base_dir="R" if is_rtl else "L") == shown


@given(_TEXT, st.booleans())
def test_runs_keep_all_their_letters(text: str, is_rtl: bool) -> None:
    runs = [Run(Face.SERIF, 1.0, text[:5]), Run(Face.SANS, 0.9, text[5:])]
    ordered = order_runs(runs, is_rtl)

    for run in runs:
        own = [part for part, _ in ordered if part.face is run.face]
        assert sorted(run.text) == sorted("".join(part.text for part in own))


def test_a_joiner_within_a_word_is_no_end_of_it() -> None:
    assert [1] * 7 == find_levels("می\u200cخواهم"[:7], True)


def test_a_sentence_with_both_directions_is_drawn_from_left_to_right() -> None:
    run = Run(Face.SERIF, 1.0, "say שלום 12 עולם now")

    assert [("say ", False), (" עולם", True), ("12", False), ("שלום ", True), (" now", False)] == [
        (part.text, is_rtl) for part, is_rtl in order_runs([run])
    ]


def test_the_first_letter_tells_the_direction() -> None:
    told = {"(1) שלום abc": True, "1. abc שלום": False, "رسالة": True, "12 — 3": None, "": None}

    assert told == {text: find_direction(text) for text in told}


def test_text_from_left_to_right_is_left_alone() -> None:
    run = Run(Face.SERIF, 1.0, "Käse, 中文 and кириллица")

    assert [(run, False)] == order_runs([run])


def test_every_character_that_is_read_from_right_to_left_is_known() -> None:
    characters = [chr(code) for code in range(sys.maxunicode + 1) if code != 0x200F]
    missed = [
        character
        for character in characters
        if bidirectional(character) in ("R", "AL", "AN") and not has_rtl(character)
    ]

    assert missed == []


def test_brackets_nested_without_end_take_no_more_time() -> None:
    text = "א" + "(" * 3000 + "b" + ")" * 3000

    assert len(text) == len(find_levels(text, True))

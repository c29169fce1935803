"""The chain from what a model wrote to an answer, and its growth on the way."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.models.answer import (
    Answer,
    GrowingAnswer,
    clean,
    is_whole,
    parse_answer,
    shorten,
)

OBJECT = {"title": "T", "transcript": "I wrote", "answer": "You **read**.", "language": "en"}
EXPECTED = Answer("T", "I wrote", "You **read**.", "en")
TEXTS = st.text(max_size=200)
OBJECTS = st.fixed_dictionaries(
    {"title": TEXTS, "transcript": TEXTS, "answer": TEXTS, "language": TEXTS}
)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(OBJECT),
        json.dumps(OBJECT, indent=2),
        f"\n\n{json.dumps(OBJECT)}\n",
        f"```json\n{json.dumps(OBJECT, indent=1)}\n```",
        f"```\n{json.dumps(OBJECT)}\n```\nI hope this helps!",
        f"Here you are {{as asked}}:\n\n{json.dumps(OBJECT)}\n\nDone.",
        f"{json.dumps(OBJECT)}{json.dumps(OBJECT)}",
        f"<think>Is it {{}}? </think>\n{json.dumps(OBJECT)}",
        "<title>T</title><transcript>I wrote</transcript>\n"
        "<answer>You **read**.</answer><language>en</language>",
    ],
)
def test_every_form_of_the_answer_is_read(text: str) -> None:
    assert parse_answer(text) == EXPECTED


def test_real_line_breaks_in_strings_are_taken() -> None:
    parsed = parse_answer('{"title": "T", "transcript": "", "answer": "one\ntwo", "language": ""}')

    assert parsed == Answer("T", "", "one\ntwo", "")


def test_missing_parts_are_made_up_for() -> None:
    assert parse_answer('{"answer": "## Fjords\\nare deep."}') == Answer(
        "Fjords", "", "## Fjords\nare deep.", ""
    )


def test_parts_of_the_wrong_kind_are_left_out() -> None:
    text = '{"answer": "A", "title": ["x"], "transcript": {"a": 1}, "language": 7}'
    assert parse_answer(text) == Answer("A", "", "A", "")


@pytest.mark.parametrize("language", ["English", "e", "en_US", "../../x", "<b>", "en-" + "x" * 99])
def test_a_language_that_is_none_is_dropped(language: str) -> None:
    parsed = parse_answer(json.dumps(OBJECT | {"language": language}))

    assert parsed is not None
    assert parsed.language == ""


@pytest.mark.parametrize(
    "text", ["", " \n", '{"answer": ""}', '{"answer": "\\u0000 "}', "<answer>"]
)
def test_nothing_is_nothing(text: str) -> None:
    assert parse_answer(text) is None


def test_an_answer_that_was_cut_off_is_kept() -> None:
    whole = json.dumps(OBJECT)
    for end in range(whole.index("You **") + 1, len(whole)):
        parsed = parse_answer(whole[:end], is_cut=True)
        assert parsed is not None
        assert EXPECTED.answer.startswith(parsed.answer)
        assert parsed.transcript == "I wrote"


def test_a_cut_before_the_answer_leaves_nothing_to_show() -> None:
    whole = json.dumps(OBJECT)
    for end in range(1, whole.index("You **")):
        assert parse_answer(whole[:end], is_cut=True) is None


def test_an_answer_about_tags_keeps_them() -> None:
    parsed = parse_answer("<answer>Close it with </answer> at the end.</answer>")

    assert parsed is not None
    assert parsed.answer == "Close it with </answer> at the end."


@given(TEXTS | st.text(alphabet='{}[]"\\:,`<>answer/tk \n\ud800\x00', max_size=300))
def test_whatever_a_model_writes_is_an_answer_or_nothing(text: str) -> None:
    for is_cut in (False, True):
        parsed = parse_answer(text, is_cut=is_cut)
        if parsed is not None:
            assert parsed.answer.strip()
            for part in (parsed.title, parsed.transcript, parsed.answer, parsed.language):
                part.encode("utf-8")
                assert "\x00" not in part
            assert len(parsed.title) <= 60
            assert "\n" not in parsed.title


@given(OBJECTS, st.booleans())
def test_json_comes_through_unharmed(parts: dict[str, str], ascii_only: bool) -> None:
    parsed = parse_answer(json.dumps(parts, ensure_ascii=ascii_only))
    if parsed is None:
        assert clean(parts["answer"]) == ""
    else:
        assert parsed.answer == clean(parts["answer"])
        assert parsed.transcript == clean(parts["transcript"])


@pytest.mark.parametrize(
    "hostile", ["{" * 200_000, '{"a":' * 100_000, "[" * 200_000, "```" * 90_000]
)
def test_a_hostile_text_takes_no_time(hostile: str) -> None:
    started_at = time.perf_counter()
    parse_answer(hostile)
    parse_answer(hostile, is_cut=True)

    assert time.perf_counter() - started_at < 2.0


def test_only_one_whole_object_counts_as_whole() -> None:
    assert is_whole(f" {json.dumps(OBJECT)} ")
    assert not is_whole(json.dumps(OBJECT)[:-1])
    assert not is_whole('{"answer": " "}')
    assert not is_whole("words")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short", "short"),
        ("two\n  lines", "two lines"),
        ("x" * 99, "x" * 59 + "…"),
        ("word " * 20, "word word word word word word word word word word word…"),
    ],
)
def test_a_title_is_cut_between_words(text: str, expected: str) -> None:
    assert shorten(text) == expected


def grow(text: str, size: int) -> list[str]:
    pieces: list[str] = []
    growing = GrowingAnswer(pieces.append)
    for start in range(0, len(text), size):
        growing.add(text[start : start + size])
    assert growing.text == text
    parsed = parse_answer(growing.text)
    if parsed is not None:
        growing.finish(parsed.answer)
    return pieces


@given(OBJECTS, st.integers(1, 50), st.booleans())
def test_the_pieces_are_the_answer(parts: dict[str, str], size: int, ascii_only: bool) -> None:
    pieces = grow(json.dumps(parts, ensure_ascii=ascii_only), size)

    assert "".join(pieces) == clean(parts["answer"])


@given(TEXTS, st.integers(1, 50))
def test_a_text_without_form_is_handed_on_once_it_is_known(text: str, size: int) -> None:
    parsed = parse_answer(text)

    assert "".join(grow(text, size)) == (parsed.answer if parsed else "")


def test_an_answer_that_is_replaced_is_not_mixed() -> None:
    text = '{"answer": "' + "first " * 40 + '", "answer": "second"}'
    shown = "".join(grow(text, 7))

    assert shown.startswith("first first")
    assert "second" not in shown


def test_growing_is_not_quadratic() -> None:
    text = json.dumps({"answer": "word \\ \n ü " * 40_000})
    started_at = time.perf_counter()
    pieces = grow(text, 4)

    assert time.perf_counter() - started_at < 6.0
    assert len(pieces) > 50

"""Who signed a note."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.conversations import read_signature

SIGNED = [
    ("Why is the sky blue?\n— Anna", "Anna"),
    ("Why?\n\n– Anna Maria\n\n", "Anna Maria"),
    ("Why?\n―Jean-Luc O’Neil.", "Jean-Luc O’Neil"),
    ("Why?\n-- Zoë", "Zoë"),
    ("Why?\n*— J. R. Smith*", "J. R. Smith"),
    ("- milk\n- bread\n\nWhere?\n— 李雷", "李雷"),
    ("— Anna", "Anna"),
]

NOT_SIGNED = [
    "",
    "Why is the sky blue?",
    "Why — Anna",
    "Why?\n- Anna",
    "Why?\n— thanks",
    "– Milk\n– Bread",
    "Why?\n— With many thanks to you",
    "Why?\n— Room 101",
    "Why?\n—",
    "Why?\n— ...",
    f"Why?\n— A{'n' * 40}a",
    "Why?\n> — Oscar Wilde",
    "Why?\n— Anna\nAnd why green?",
    "```\nx\n— Anna\n```",
    "```\nx\n— Anna",
]


@pytest.mark.parametrize(("text", "name"), SIGNED)
def test_the_last_line_behind_a_dash_signs_the_note(text: str, name: str) -> None:
    assert name == read_signature(text, ())


@pytest.mark.parametrize("text", NOT_SIGNED)
def test_anything_else_signs_nothing(text: str) -> None:
    assert "" == read_signature(text, ())


@pytest.mark.parametrize("line", ["— ANNA", "- anna", "- milk\n- Anna", "-- anna."])
def test_a_participant_is_known_behind_any_dash_and_in_any_case(line: str) -> None:
    assert "Anna" == read_signature(f"Why?\n{line}", ("Bob", "Anna"))


def test_a_participant_may_be_called_anything() -> None:
    assert "team 7 of all" == read_signature("Why?\n— Team 7 of all", ("team 7 of all",))


LINES = st.lists(st.text(max_size=15) | st.sampled_from(["— Anna", "- bob", "```"]))


@given(lines=LINES)
def test_any_text_is_read_without_harm_and_a_name_reads_as_itself(lines: list[str]) -> None:
    name = read_signature("\n".join(lines), ("Bob",))

    if name:
        assert name == read_signature(f"— {name}", ("Bob",))


@given(lines=LINES)
def test_a_block_of_code_is_signed_by_nobody(lines: list[str]) -> None:
    inside = [line for line in lines if "```" not in line and "~~~" not in line]

    assert "" == read_signature("\n".join(["```", *inside, "— Anna", "```"]), ("Anna",))

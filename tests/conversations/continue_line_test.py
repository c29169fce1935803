"""The line in a note that says which conversation it goes on with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.conversations import find_continue_line, find_unknown_code, remove_continue_line
from inkchat.domain import Marks, Note, NoteKind, Page

ID = "conv_20261120_140509_1f2e3d4c"


def typed(*texts: str) -> Note:
    return Note(NoteKind.TEXT, tuple(Page(n, t, None, 0, 0, "") for n, t in enumerate(texts, 1)))


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("continue: H4KM7P", "H4KM7P"),
        ("Continue: h4k m7p.", "H4KM7P"),
        ("- **continue** – H4K-M7P", "H4KM7P"),
        ("continue = “H4KM7P”", "H4KM7P"),
        ("continue: h4 km7p", "H4KM7P"),
        ("continue: HKM 479", "HKM479"),
        (f"continue: {ID}", ID),
        (f"continue: {ID.replace('_', ' ')}", ID),
        (f"`continue: {ID.upper()}`", ID),
    ],
)
def test_a_line_of_its_own_names_the_conversation(line: str, name: str) -> None:
    text = f"Dear tablet,\n{line}\n\nhow does bread rise?"

    assert name == find_continue_line(text)
    assert "Dear tablet,\n\nhow does bread rise?" == remove_continue_line(typed(text)).text


@pytest.mark.parametrize(
    "line",
    [
        "continue H4KM7P",
        "continue: with the second draft",
        "continue:",
        "Please continue: H4KM7P",
        "continue: H4KM7P and then stop",
        "> continue: H4KM7P",
        "~~continue: H4KM7P~~",
        "```\ncontinue: H4KM7P\n```",
        "continue: H4KM7O",
        "continue: part 43",
        "continue – draft 3",
        "continue - H4 KM7P",
        f"continue: {ID} or {ID[:-1]}5",
        f"continue: {ID} and then stop",
    ],
)
def test_what_only_looks_like_such_a_line_names_nothing(line: str) -> None:
    note = typed(f"Hello.\n{line}")

    assert find_continue_line(note.text) is None
    assert note == remove_continue_line(note)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("continue: H4K M7O", "H4K M7O"),
        ("continue: H4KM7O\nWhy?", "H4KM7O"),
        ("continue: H4KM7O\ncontinue: H4KM7P", None),
        (f"continue: {ID[:-1]}\nWhy?", ID[:-1]),
        (f"continue: {ID} and then stop", None),
        ("continue: conv layers of 3", None),
        (f"continue: {ID}0000", None),
        ("continue: page 3", None),
        ("continue: part 43", None),
        ("continue: slowly", None),
        ("continue: H4KM7P", None),
        ("", None),
    ],
)
def test_a_code_that_cannot_be_one_is_told_as_it_was_written(text: str, code: str | None) -> None:
    assert code == find_unknown_code(text)


def test_the_line_is_taken_out_of_the_page_it_stands_on() -> None:
    removed = remove_continue_line(typed("First.", "continue: H4KM7P\nSecond.", "Third."))

    assert ["First.", "Second.", "Third."] == [page.text for page in removed.pages]


def test_a_page_that_inkchat_drew_is_left_alone() -> None:
    page = Page(1, "continue: H4KM7P", None, 0, 0, "")
    note = Note(NoteKind.PDF, (page,), Marks(ID, 1))

    assert note == remove_continue_line(note)


LINES = st.text(max_size=20) | st.sampled_from(["continue: H4KM7P", "continue: H4KM7O", "```"])


@given(lines=st.lists(LINES, max_size=50))
def test_any_text_is_read_without_harm_and_a_name_reads_as_itself(lines: list[str]) -> None:
    text = "\n".join(lines)

    name = find_continue_line(text)

    if name is None:
        assert typed(text) == remove_continue_line(typed(text))
    else:
        assert name == find_continue_line(f"continue: {name}")
        assert len(remove_continue_line(typed(text)).text) < len(text)
    assert find_unknown_code(text) in (None, "H4KM7O")


@given(inside=st.lists(LINES.filter(lambda line: "```" not in line and "~~~" not in line)))
def test_a_block_of_code_is_what_the_note_is_about(inside: list[str]) -> None:
    assert find_continue_line("\n".join(["```", *inside, "```"])) is None

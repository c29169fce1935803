"""What the model is told of a conversation."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from inkchat.conversations.memory import (
    MAX_HISTORY_CHARACTERS,
    build_request,
    recall_turns,
)
from inkchat.domain import Note, NoteKind, Page, Role, Turn
from inkchat.store import ConversationState, Exchange
from tests.conversations.routing_test import make_drop


def exchange(number: int, asked: str = "", said: str = "Said.", **more: str) -> Exchange:
    return Exchange(
        exchange_id=f"ex_{number:08x}",
        sequence_number=number,
        input_file=f"{number}.pdf",
        input_type="pdf",
        response_text=said,
        processing_time=1.0,
        tokens_used=10,
        created_at="2026-11-20T00:00:00+00:00",
        transcript=asked,
        provider=more.get("provider", "OpenAI"),
        outcome=more.get("outcome", "answered"),
    )


def test_exchanges_become_turns_in_their_order() -> None:
    turns = recall_turns([exchange(1, "One?", "First."), exchange(2, "Two?", "Second.")])

    assert (
        Turn(Role.USER, "One?"),
        Turn(Role.ASSISTANT, "First."),
        Turn(Role.USER, "Two?"),
        Turn(Role.ASSISTANT, "Second."),
    ) == turns


def test_an_exchange_without_a_transcript_is_named_by_its_file() -> None:
    (asked, _) = recall_turns([exchange(1)])

    assert "1.pdf" in asked.text


def test_failures_are_forgotten_and_offline_keeps_only_the_note() -> None:
    turns = recall_turns(
        [
            exchange(1, "One?", "It is damaged.", outcome="failed"),
            exchange(2, "Two?", "No AI answered.", provider="Offline"),
            exchange(3, "Three?", "Third."),
        ]
    )

    assert ["Two?", "Three?", "Third."] == [turn.text for turn in turns]


def test_the_summary_stands_before_the_oldest_turn() -> None:
    turns = recall_turns([exchange(1, "One?")], summary="They spoke of cats.")

    assert turns[0].role is Role.USER
    assert turns[0].text.startswith("What was said before, in short: They spoke of cats.")
    assert turns[0].text.endswith("One?")


@given(lengths=st.lists(st.integers(0, 60_000), max_size=12))
def test_the_newest_that_fit_are_remembered(lengths: list[int]) -> None:
    said = [exchange(n, f"{n}?", f"{n}" + "x" * length) for n, length in enumerate(lengths)]

    turns = recall_turns(said)

    total = sum(len(turn.text) for turn in turns)
    assert total <= MAX_HISTORY_CHARACTERS or len(turns) == 2
    assert [turn.text for turn in turns if turn.role is Role.USER] == [
        f"{n}?" for n in range(len(lengths) - len(turns) // 2, len(lengths))
    ]
    if lengths:
        assert turns[-1].text == said[-1].response_text


def test_the_system_text_and_the_history_hold_no_date() -> None:
    state = ConversationState("conv_x", "ada", "2026", "2026", 1, "active", [exchange(1, "One?")])
    note = Note(NoteKind.TEXT, (Page(1, "Two?", None, 0, 0, ""),))

    requests = [
        build_request("Be kind.", state, note, make_drop(), datetime(2026, 11, day, 9, tzinfo=UTC))
        for day in (20, 21)
    ]

    assert requests[0].system == requests[1].system == "Be kind."
    assert requests[0].history == requests[1].history
    assert "Friday, 20 November 2026" in requests[0].instruction
    assert "note.pdf" in requests[0].instruction

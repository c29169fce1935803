"""What the model is told of a conversation."""

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from inkchat.conversations.memory import MOST_EXTRACT_TOKENS, build_request, recall_turns
from inkchat.domain import CacheLife, Note, NoteKind, Page, Request, Role, Turn
from inkchat.models.turns import arrange
from inkchat.store.recollections import Recollection
from inkchat.tokens import estimate_tokens
from tests.conversations.histories import make_drop, recollect, recollections, remember

NOTE = Note(NoteKind.TEXT, (Page(1, "Two?", None, 0, 0, ""),))
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LABELS_TOKENS = 60
"""The sentences of ours before a summary and an extract."""

budgets = st.integers(1, 4000)


def count_tokens(turns: Sequence[Turn]) -> int:
    return sum(estimate_tokens(turn.text) for turn in turns)


def build(recollection: Recollection, memory_tokens: int = 4000) -> Request:
    return build_request(
        "Be kind.", recollection, NOTE, make_drop(), NOW, memory_tokens=memory_tokens
    )


def test_exchanges_become_turns_in_their_order_each_note_under_its_heading() -> None:
    turns = recall_turns(
        recollect(remember(1, "One?", "First."), remember(2, "Two?", "Second.")), 4000
    )

    assert (
        Turn(Role.USER, "[Note 1, “1.pdf”, 2026-11-20]\nOne?"),
        Turn(Role.ASSISTANT, "First."),
        Turn(Role.USER, "[Note 2, “2.pdf”, 2026-11-20]\nTwo?"),
        Turn(Role.ASSISTANT, "Second."),
    ) == turns


def test_an_exchange_without_a_transcript_is_named_by_its_file() -> None:
    (asked, _) = recall_turns(recollect(remember(1)), 4000)

    assert asked.text.endswith("\n(A note in the file “1.pdf”.)")


def test_what_only_offline_answered_keeps_the_note_and_not_our_words() -> None:
    turns = recall_turns(
        recollect(remember(1, "One?", "No AI.", "Offline"), remember(2, "Two?", "Second.")), 4000
    )

    assert ["One?", "Two?", "Second."] == [
        turn.text.partition("\n")[2] or turn.text for turn in turns
    ]


def test_the_summary_stands_before_the_oldest_turn() -> None:
    turns = recall_turns(recollect(remember(3, "Three?"), summary="They spoke of cats."), 4000)

    assert (Role.USER, Role.ASSISTANT) == tuple(turn.role for turn in turns)
    assert turns[0].text.startswith(
        "What was said before, in short: They spoke of cats.\n\n[Note 3"
    )


def test_a_summary_without_any_turn_after_it_is_told_all_the_same() -> None:
    turns = recall_turns(recollect(summary="They spoke of cats.", covers=3), 4000)

    assert (Turn(Role.USER, "What was said before, in short: They spoke of cats."),) == turns


def test_without_room_for_words_the_summary_and_an_extract_are_told() -> None:
    (turn,) = recall_turns(
        recollect(remember(4, "Four?", "Fourth.", title="Cats"), summary="Dogs."), 0
    )

    assert Role.USER is turn.role
    assert "Dogs." in turn.text
    assert "- Note 4, “Cats”: Fourth." in turn.text
    assert "Four?" not in turn.text


def test_what_does_not_fit_is_told_by_its_first_words_and_only_so() -> None:
    said = [remember(n, f"asked{n} " + "x" * 350, f"answered{n}") for n in range(1, 7)]

    turns = recall_turns(recollect(*said[2:], left_out=tuple(said[:2])), 260)

    assert ["[Note 5", "[Note 6"] == [
        turn.text[turn.text.index("[Note") :][:7] for turn in turns if turn.role is Role.USER
    ]
    for number in (1, 2, 3, 4):
        assert 1 == turns[0].text.count(f"- Note {number}: answered{number}")
        assert f"asked{number}" not in turns[0].text


@given(recollection=recollections(), memory_tokens=budgets)
def test_any_history_begins_with_the_user_and_its_roles_alternate(
    recollection: Recollection, memory_tokens: int
) -> None:
    arranged = arrange(build(recollection, memory_tokens))

    expected = [Role.USER, Role.ASSISTANT] * (len(arranged.turns) // 2)
    assert expected == [turn.role for turn in arranged.turns]
    assert all(turn.text.strip() for turn in arranged.turns)


@given(recollection=recollections(), memory_tokens=st.integers(100, 4000))
def test_no_history_is_longer_than_its_budget(
    recollection: Recollection, memory_tokens: int
) -> None:
    turns = recall_turns(recollection, memory_tokens)

    told = sum("[Note " in turn.text for turn in turns)
    most = (2 if told == 1 else 1) * memory_tokens
    before = estimate_tokens(recollection.summary) + MOST_EXTRACT_TOKENS + LABELS_TOKENS
    assert most + before >= count_tokens(turns)


@given(recollection=recollections(), memory_tokens=budgets)
def test_the_newest_exchange_is_always_told(recollection: Recollection, memory_tokens: int) -> None:
    turns = recall_turns(recollection, memory_tokens)

    if recollection.recent:
        newest = recollection.recent[-1]
        last_asked = next(turn for turn in reversed(turns) if turn.role is Role.USER)
        assert f"[Note {newest.number}, " in last_asked.text


@given(recollection=recollections(), memory_tokens=st.integers(0, 4000))
def test_no_answer_is_told_twice(recollection: Recollection, memory_tokens: int) -> None:
    told = "\n".join(turn.text for turn in recall_turns(recollection, memory_tokens))

    for exchange in (*recollection.left_out, *recollection.recent):
        assert 1 >= told.count(f"answered{exchange.number}.")
        assert 1 >= told.count(f"asked{exchange.number}.")


@given(recollection=recollections(), memory_tokens=st.integers(0, 4000))
def test_the_same_history_gives_the_same_bytes(
    recollection: Recollection, memory_tokens: int
) -> None:
    assert build(recollection, memory_tokens) == build(recollection, memory_tokens)


def test_a_newest_exchange_that_is_far_too_long_is_cut_at_its_end() -> None:
    asked, answered = "Asked? " * 3000, "Answered. " * 3000

    turns = recall_turns(recollect(remember(1, asked, answered)), 500)

    assert 950 <= count_tokens(turns) <= 1000
    assert turns[0].text.startswith("[Note 1, “1.pdf”, 2026-11-20]\nAsked? Asked?")
    assert turns[1].text.startswith("Answered. Answered.")
    assert turns[0].text.endswith("Asked?…")
    assert turns[1].text.endswith("Answered.…")


def test_a_short_note_leaves_its_room_to_a_long_answer() -> None:
    turns = recall_turns(recollect(remember(1, "One?", "Answered. " * 3000)), 500)

    assert turns[0].text.endswith("\nOne?")
    assert 950 <= count_tokens(turns) <= 1000


def test_the_system_text_and_the_history_hold_no_date_of_today() -> None:
    recollection = recollect(remember(1, "One?"))
    requests = [
        build_request(
            "Be kind.",
            recollection,
            NOTE,
            make_drop(),
            datetime(2026, 12, day, 9, tzinfo=UTC),
            memory_tokens=4000,
        )
        for day in (4, 5)
    ]

    assert requests[0].system == requests[1].system == "Be kind."
    assert requests[0].history == requests[1].history
    assert "Friday, 4 December 2026" in requests[0].instruction
    assert "note.pdf" in requests[0].instruction


def test_a_hint_ends_the_instruction_and_the_cache_is_asked_for_as_told() -> None:
    drop = make_drop(conversation_id="conv_20261120_090000_0badcafe")

    request = build_request(
        "", recollect(), NOTE, drop, NOW, memory_tokens=1, cache=CacheLife.LONG, hint="Be brief."
    )

    assert request.instruction.endswith(" Read it and answer it. Be brief.")
    assert CacheLife.LONG is request.cache


def test_the_key_for_the_cache_tells_conversations_apart_and_nothing_of_them() -> None:
    ids = ("conv_20261120_090000_0badcafe", "conv_20261120_090000_0badcaff")

    keys = [
        build_request("", recollect(), NOTE, drop, NOW, memory_tokens=1).cache_key
        for drop in (make_drop(conversation_id=each) for each in (*ids, ids[0]))
    ]

    assert keys[0] == keys[2] != keys[1]
    assert all(32 == len(key) and set(key) <= set("0123456789abcdef") for key in keys)
    assert "" == build_request("", recollect(), NOTE, make_drop(), NOW, memory_tokens=1).cache_key

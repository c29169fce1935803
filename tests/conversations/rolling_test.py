"""A conversation that grows, note by note, over a real database: what each request tells of it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from inkchat.conversations import MOST_FOLDED_TOKENS, extract_summary, plan_summary
from inkchat.conversations.memory import recall_turns
from inkchat.domain import Turn
from inkchat.store.conversation import Home
from inkchat.store.conversation_rows import insert_conversation, insert_exchange
from inkchat.store.database import Database
from inkchat.store.recollections import Recollection, Recollections, Remembered
from tests.conversations.histories import exchanges

MEMORY_TOKENS = 600


@contextmanager
def open_conversation() -> Iterator[tuple[Database, str]]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "ink.db")
        with database.write() as connection:
            conversation_id = insert_conversation(connection, Home("ada"))
        yield database, conversation_id
        database.close()


def store_exchange(database: Database, conversation_id: str, said: Remembered) -> None:
    values = {
        "transcript": said.asked,
        "response_text": said.answered,
        "input_file": said.input_file,
        "provider": said.provider,
        "title": said.title,
    }
    with database.write() as connection:
        insert_exchange(connection, conversation_id, values)


def fold(recollections: Recollections, conversation_id: str, *, in_words: bool) -> bool:
    """Make a summary if it is time; True if one was made."""
    read = recollections.read(conversation_id, besides_drop_id=None, most_tokens=MOST_FOLDED_TOKENS)
    plan = plan_summary(read, MEMORY_TOKENS)
    if plan is None:
        return False
    summary = extract_summary(plan) if in_words else f"All up to {plan.covers}."
    assert recollections.keep_summary(conversation_id, summary, plan.covers)
    return True


def check_told(recollection: Recollection, turns: tuple[Turn, ...], newest: int) -> None:
    """Each exchange is covered, told or counted; none of them twice."""
    told = "\n".join(turn.text for turn in turns)
    for number in range(1, newest + 1):
        is_told = f"[Note {number}, " in told
        assert is_told is (number > recollection.covers)
        if not is_told:
            assert f"asked{number}." not in told
            assert f"answered{number}." not in told


@settings(max_examples=25)
@given(
    said=st.integers(3, 14).flatmap(
        lambda count: st.tuples(*(exchanges(number) for number in range(1, count + 1)))
    )
)
def test_each_exchange_is_told_or_covered_and_the_beginning_stays_until_a_summary(
    said: tuple[Remembered, ...],
) -> None:
    with open_conversation() as (database, conversation_id):
        recollections = Recollections(database)
        before: tuple[Turn, ...] = ()
        for number, exchange in enumerate(said, start=1):
            store_exchange(database, conversation_id, exchange)
            was_folded = fold(recollections, conversation_id, in_words=False)
            recollection = recollections.read(
                conversation_id, besides_drop_id=None, most_tokens=MEMORY_TOKENS
            )
            turns = recall_turns(recollection, MEMORY_TOKENS)

            check_told(recollection, turns, number)
            assert was_folded or before == turns[: len(before)]
            before = turns


def test_summaries_are_as_rare_as_half_of_the_budget_allows() -> None:
    with open_conversation() as (database, conversation_id):
        recollections = Recollections(database)
        folded = []
        for number in range(1, 31):
            said = Remembered(number, "x" * 150, "y" * 150, "n.pdf", "OpenAI", "", "")
            store_exchange(database, conversation_id, said)
            if fold(recollections, conversation_id, in_words=True):
                folded.append(number)
        recollection = recollections.read(
            conversation_id, besides_drop_id=None, most_tokens=MEMORY_TOKENS
        )

    assert [7, 11, 15, 19, 23, 27] == folded
    assert 24 == recollection.covers
    assert [25, 26, 27, 28, 29, 30] == [exchange.number for exchange in recollection.recent]

"""What is read of a conversation to be told again, and how its summary is kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inkchat.domain import DropState
from inkchat.store.conversation import Home
from inkchat.store.conversation_rows import insert_conversation, insert_exchange
from inkchat.store.database import Database
from inkchat.store.drop_rows import insert_drop
from inkchat.store.recollections import Recollection, Recollections, Remembered
from inkchat.store.sessions import SessionManager
from inkchat.tokens import estimate_tokens

LONG = "x" * 350
"""A hundred tokens."""


class Talk:
    """One conversation in a database of its own."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.recollections = Recollections(self.database)
        with self.database.write() as connection:
            self.id = insert_conversation(connection, Home("ada"))

    def say(self, count: int = 1, **values: Any) -> None:
        usual = {"transcript": LONG, "response_text": LONG, "input_file": "note.pdf"}
        with self.database.write() as connection:
            for _ in range(count):
                insert_exchange(connection, self.id, usual | values)

    def read(self, most_tokens: int = 10_000, besides_drop_id: int | None = None) -> Recollection:
        return self.recollections.read(
            self.id, besides_drop_id=besides_drop_id, most_tokens=most_tokens
        )


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    talk = Talk(tmp_path / "ink.db")
    yield talk
    talk.database.close()


def list_numbers(exchanges: tuple[Remembered, ...]) -> list[int]:
    return [exchange.number for exchange in exchanges]


def test_an_exchange_is_read_with_all_that_is_told_of_it(talk: Talk) -> None:
    talk.say(
        transcript=" One?\n",
        response_text="First.\n",
        input_file="one.pdf",
        provider="OpenAI",
        title="On one",
    )
    stored = SessionManager.sharing(talk.database).get_conversation(talk.id)

    assert stored is not None
    expected = Remembered(
        1, "One?", "First.", "one.pdf", "OpenAI", "On one", stored.exchanges[0].created_at
    )
    assert Recollection("", 0, (expected,), (), 0) == talk.read()


def test_a_conversation_that_is_not_there_is_not_remembered(talk: Talk) -> None:
    found = talk.recollections.read("conv_x", besides_drop_id=None, most_tokens=1)

    assert Recollection("", 0, (), (), 0) == found


def test_the_newest_are_read_as_far_as_they_fit(talk: Talk) -> None:
    talk.say(5)
    each = 2 * estimate_tokens(LONG)

    assert [4, 5] == list_numbers(talk.read(2 * each).recent)
    assert [5] == list_numbers(talk.read(2 * each - 1).recent)
    assert [5] == list_numbers(talk.read(0).recent)


def test_after_the_first_that_does_not_fit_no_older_one_is_told(talk: Talk) -> None:
    talk.say(transcript="Short?", response_text="Yes.")
    talk.say(transcript=LONG * 10)
    talk.say(transcript="Short?", response_text="Yes.")

    recollection = talk.read(500)

    assert [3] == list_numbers(recollection.recent)
    assert [1, 2] == list_numbers(recollection.left_out)


def test_of_what_is_left_out_head_and_tail_are_read_and_the_rest_is_counted(talk: Talk) -> None:
    talk.say(20)

    recollection = talk.read(0)

    assert [1, 2, 3, 4, 16, 17, 18, 19] == list_numbers(recollection.left_out)
    assert 19 == recollection.left_out_count


@pytest.mark.parametrize("count", range(10))
def test_of_a_few_that_are_left_out_none_is_read_twice(talk: Talk, count: int) -> None:
    talk.say(count + 1)

    recollection = talk.read(0)

    expected = [n for n in range(1, count + 1) if n <= 4 or n > count - 4]
    assert expected == list_numbers(recollection.left_out)
    assert count == recollection.left_out_count


def test_failures_and_empty_answers_are_not_remembered(talk: Talk) -> None:
    talk.say(outcome="failed")
    talk.say(response_text=" \n\t")
    talk.say(response_text="")
    talk.say(response_text=None)
    talk.say(transcript=None, response_text="Yes.")

    recollection = talk.read()

    assert [5] == list_numbers(recollection.recent)
    assert "" == recollection.recent[0].asked


def test_the_drop_that_is_asked_again_does_not_stand_before_itself(talk: Talk) -> None:
    talk.say(drop_id=1, provider="Offline")
    talk.say(drop_id=2)
    talk.say()

    assert [2, 3] == list_numbers(talk.read(besides_drop_id=1).recent)
    assert [1, 2, 3] == list_numbers(talk.read(besides_drop_id=None).recent)


@pytest.mark.parametrize(("outcome", "told"), [("answered", [2]), ("failed", [1])])
def test_what_offline_answered_is_told_until_a_model_has_answered_it(
    outcome: str, told: list[int], talk: Talk
) -> None:
    talk.say(drop_id=1, provider="Offline")
    talk.say(drop_id=1, provider="OpenAI", outcome=outcome)
    with talk.database.write() as connection:
        insert_drop(
            connection,
            DropState.DELIVERED,
            watch="inbox",
            thread="",
            name="note.pdf",
            suffix=".pdf",
            size_bytes=1,
            conversation_id=talk.id,
            exchange_number=2,
        )

    assert told == list_numbers(talk.read().recent)


def test_the_words_of_offline_take_no_room_since_they_are_not_told(talk: Talk) -> None:
    talk.say(3, response_text=LONG * 100, provider="Offline")

    assert 3 == len(talk.read(3 * estimate_tokens(LONG)).recent)


def test_what_the_summary_covers_is_not_read(talk: Talk) -> None:
    talk.say(9)
    assert talk.recollections.keep_summary(talk.id, "They spoke of cats.", 7)

    recollection = talk.read(0)

    assert "They spoke of cats." == recollection.summary
    assert 7 == recollection.covers
    assert [9] == list_numbers(recollection.recent)
    assert [8] == list_numbers(recollection.left_out)


def test_a_summary_only_goes_forward(talk: Talk) -> None:
    talk.say(9)

    kept = [
        talk.recollections.keep_summary(talk.id, f"Up to {covers}.", covers)
        for covers in (5, 3, 5, 6)
    ]

    assert [True, False, False, True] == kept
    assert ("Up to 6.", 6) == (talk.read().summary, talk.read().covers)


def test_a_summary_of_one_conversation_is_not_another_ones(talk: Talk) -> None:
    with talk.database.write() as connection:
        other = insert_conversation(connection, Home("ada"))

    talk.recollections.keep_summary(other, "Elsewhere.", 5)

    assert ("", 0) == (talk.read().summary, talk.read().covers)


def test_a_summary_outlives_the_process(talk: Talk) -> None:
    talk.recollections.keep_summary(talk.id, "They spoke of \ud800cats.", 2)
    talk.database.close()

    again = Database(talk.database.path)
    found = Recollections(again).read(talk.id, besides_drop_id=None, most_tokens=1)
    again.close()

    assert 2 == found.covers
    assert found.summary.startswith("They spoke of ")


def test_of_a_long_conversation_only_a_few_rows_are_fetched(talk: Talk) -> None:
    talk.say(1000)
    fetched: list[bytes] = []

    def fetch(text: bytes) -> str:
        fetched.append(text)
        return text.decode()

    with talk.database.read() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.text_factory = fetch
    recollection = talk.read(3 * 2 * estimate_tokens(LONG))

    assert 3 == len(recollection.recent)
    assert 997 == recollection.left_out_count
    assert 11 <= fetched.count(LONG.encode()) // 2 <= 13

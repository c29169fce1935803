"""Search: what was said is found by its words, by whom it was said to, whoever wrote the row."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.store import Store
from inkchat.store.conversation_rows import insert_exchange
from inkchat.store.search import MOST_WORDS, write_query


def say(store: Store, answer: str, user: str = "ada") -> str:
    conversation_id = store.sessions.create_conversation(user)
    store.sessions.add_exchange(conversation_id, "n.pdf", "pdf", answer, 1.0, 1)
    return conversation_id


def check(store: Store) -> None:
    """Raises if the words are not those of the rows."""
    with store._database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO exchange_words (exchange_words, rank) VALUES ('integrity-check', 1)"
        )


def find(store: Store, words: str, user: str = "ada", besides: str = "") -> list[str]:
    return [hit.conversation_id for hit in store.search.find(words, user, 10, besides)]


def test_what_fits_best_comes_first(store: Store) -> None:
    of_light = say(store, "Light is scattered by the air.")
    of_both = say(store, "Light and sound: light is fast.")
    say(store, "Of bread and butter.")

    assert [of_both, of_light] == find(store, "How fast is LIGHT?")


def test_nobody_finds_what_is_another_user_s(store: Store) -> None:
    own = say(store, "A secret of ada.")
    say(store, "A secret of grace.", "grace")
    store.sessions.add_exchange(
        store.sessions.create_conversation(), "n", "pdf", "A secret.", 1.0, 1
    )

    assert [own] == find(store, "secret")


def test_the_conversation_one_is_in_is_left_out(store: Store) -> None:
    here, there = say(store, "Of light."), say(store, "Of light.")

    assert [there] == find(store, "light", besides=here)


def test_letters_are_found_with_and_without_their_marks(store: Store) -> None:
    said = say(store, "Grüße aus Ångström, Straße 5")

    for words in ("gruße", "ANGSTROM", "Ångström", "straße"):
        assert [said] == find(store, words), words


def test_a_passage_shows_where_the_words_stand(store: Store) -> None:
    filler = "one two three four five six seven eight nine ten " * 10
    say(store, f"{filler} the needle lies here {filler}")

    (hit,) = store.search.find("needle", "ada", 1)

    assert "needle lies here" in hit.passage
    assert hit.passage.startswith("…")
    assert hit.passage.endswith("…")
    assert len(hit.passage.split()) < 30


def test_short_words_count_only_where_there_are_no_others() -> None:
    assert '"needle"' == write_query("a needle in it")
    assert {'"in"', '"it"'} == set(write_query("in it, in it").split(" OR "))


def test_of_a_page_of_words_the_longest_are_taken() -> None:
    words = [f"word{'x' * number}" for number in range(40)]

    query = write_query(" ".join(words))

    assert {f'"{word}"' for word in words[-MOST_WORDS:]} == set(query.split(" OR "))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE exchanges SET response_text = 'Now of gold.'",
        "UPDATE exchanges SET title = 'Gold', response_text = ''",
        "DELETE FROM exchanges; INSERT INTO exchanges (exchange_id, conversation_id, "
        "sequence_number, response_text) SELECT 'ex_2', conversation_id, 1, 'Gold.' "
        "FROM conversations",
    ],
)
def test_the_words_follow_the_rows_whoever_writes_them(
    change: str, store: Store, tmp_path: Path
) -> None:
    said = say(store, "Of silver.")
    other = sqlite3.connect(tmp_path / "ink.db")
    other.executescript(change)
    other.close()

    assert [said] == find(store, "gold")
    assert [] == find(store, "silver")
    check(store)


def test_what_offline_advises_is_neither_found_nor_quoted(store: Store) -> None:
    conversation_id = store.sessions.create_conversation("ada")
    with store._database.write() as connection:
        insert_exchange(
            connection,
            conversation_id,
            {
                "provider": "Offline",
                "title": "Kites",
                "transcript": "Where does the kite fly?",
                "response_text": "No model is connected: put an advice about a kite here.",
            },
        )

    assert [] == find(store, "advice model")
    (hit,) = store.search.find("advice kite model fly", "ada", 5)
    assert "Where does the kite fly?" == hit.passage
    check(store)
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE exchanges SET provider = 'OpenAI'")
    assert [conversation_id] == find(store, "advice")
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE exchanges SET provider = 'Offline'")
    assert [] == find(store, "advice")
    with store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM exchanges")
    check(store)


@given(
    words=st.text(max_size=60) | st.sampled_from(['" OR *', "NEAR(a b)", "title:x", "-^(", "\0"])
)
def test_any_text_is_a_safe_query(words: str, store: Store) -> None:
    find(store, words)


@given(words=st.lists(st.text("abcXYZäß", min_size=3, max_size=8), min_size=1, max_size=5))
def test_what_was_said_is_found_by_each_of_its_words(words: list[str], store: Store) -> None:
    said = say(store, " ".join(words))

    for word in words:
        found = [hit.conversation_id for hit in store.search.find(word, "ada", 10_000)]
        assert said in found

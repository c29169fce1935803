"""Search: what was said is found by its words, by whom it was said to, whoever wrote the row."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.store import Store
from inkchat.store.conversation_rows import insert_exchange
from inkchat.store.m004_words_in_arrears import MOST_IN_ARREARS, take_up_words
from inkchat.store.search_lists import MOST_LISTED
from inkchat.store.search_ranking import MOST_WORDS, Place, read_terms


def say(store: Store, answer: str, user: str = "ada") -> str:
    conversation_id = store.sessions.create_conversation(user)
    store.sessions.add_exchange(conversation_id, "n.pdf", "pdf", answer, 1.0, 1)
    return conversation_id


def check(store: Store) -> None:
    """Raises if the words are not those of the rows."""
    with store._database.write() as connection:
        take_up_words(connection)
        connection.exec_driver_sql(
            "INSERT INTO exchange_words (exchange_words, rank) VALUES ('integrity-check', 1)"
        )


def find(store: Store, words: str, user: str = "ada", besides: str = "") -> list[str]:
    return [hit.conversation_id for hit in store.search.find(words, user, 10, besides)]


def read_words(text: str) -> list[str]:
    return [" ".join(term.folded) for term in read_terms(text)]


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


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("любой ёжик", "ЛЮБОЙ"),
        ("любой ёжик", "Ёжик"),
        ("καλημέρα", "ΚΑΛΗΜΈΡΑ"),
        ("한국어 문장", "한국어"),
        ("हिन्दी में", "हिन्दी"),
        ("İstanbul", "İstanbul"),
        ("cafe\u0301s", "cafés"),
        ("cafés", "cafe\u0301s"),
        ("snake_case", "snake_case"),
    ],
)
def test_words_of_other_scripts_are_found(said: str, words: str, store: Store) -> None:
    conversation_id = say(store, said)

    (hit,) = store.search.find(words, "ada", 10)

    assert conversation_id == hit.conversation_id
    assert hit.marks


def test_a_passage_shows_where_the_words_stand(store: Store) -> None:
    filler = "one two three four five six seven eight nine ten " * 10
    say(store, f"{filler} the needle lies here {filler}")

    (hit,) = store.search.find("needle", "ada", 1)

    assert "needle lies here" in hit.passage
    assert hit.passage.startswith("…")
    assert hit.passage.endswith("…")
    assert len(hit.passage.split()) < 30


def test_short_words_count_only_where_there_are_no_others() -> None:
    assert ["needle"] == read_words("a Needle in it")
    assert ["in", "it"] == read_words("in it, in it")


def test_of_a_page_of_words_the_longest_are_taken() -> None:
    words = [f"word{'x' * number}" for number in range(40)]

    assert words[-MOST_WORDS:] == read_words(" ".join(words))


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
@pytest.mark.parametrize("is_taken_up", [True, False])
def test_the_words_follow_the_rows_whoever_writes_them(
    is_taken_up: bool, change: str, store: Store, tmp_path: Path
) -> None:
    said = say(store, "Of silver.")
    if is_taken_up:
        check(store)
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


def test_what_has_all_the_words_comes_before_what_has_some_of_them(store: Store) -> None:
    of_all = say(store, "Bread, and after much else that has nothing to do with it: yeast.")
    of_one = say(store, "Yeast, yeast, yeast.")

    assert [of_all, of_one] == find(store, "bread yeast")


def test_a_title_counts_more_than_an_answer(store: Store) -> None:
    by_title = say(store, "It is a fungus of one cell.")
    in_answers = [say(store, f"Yeast is a fungus of one cell {number}.") for number in range(3)]
    with store._database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE exchanges SET title = 'Yeast' WHERE conversation_id = ?", (by_title,)
        )

    assert [by_title, *reversed(in_answers)] == find(store, "yeast")


def test_a_title_that_was_edited_is_found_and_the_old_one_is_not(store: Store) -> None:
    said = say(store, "A fungus of one cell.")
    store.sessions.edit(said, title="How bread rises")
    (hit,) = store.search.find("BREAD", "ada", 5)
    store.sessions.edit(said, title="Moulds")

    assert (said, 1, "How bread rises", Place.CONVERSATION_TITLE) == (
        hit.conversation_id,
        hit.number,
        hit.passage,
        hit.place,
    )
    assert [(4, 9)] == list(hit.marks)
    assert [] == find(store, "bread")
    assert [said] == find(store, "moulds")


def test_a_hit_says_where_it_is(store: Store) -> None:
    said = say(store, "Light, and “light” again.")
    store.sessions.edit(said, title="Physics")
    conversation = store.sessions.get_conversation(said)

    (hit,) = store.search.find("light", "ada", 5)

    assert conversation is not None
    assert (conversation.code, "Physics", Place.ANSWER) == (
        hit.code,
        hit.conversation_title,
        hit.place,
    )
    assert ["Light", "light"] == [hit.passage[begin:end] for begin, end in hit.marks]


@pytest.mark.parametrize("marks", ['""', "“”", "„“"])
def test_a_phrase_in_quotation_marks_is_found_as_one(marks: str, store: Store) -> None:
    said = say(store, "A black\nhole: nothing comes out.")
    say(store, "A hole in a black sock.")

    assert [said] == find(store, f"{marks[0]}Black hole{marks[1]}")
    assert 2 == len(find(store, "black hole"))


@pytest.mark.parametrize("outcome", ["command", "failed"])
def test_commands_and_failures_are_not_found(outcome: str, store: Store) -> None:
    said = say(store, "Of silver.")
    with store._database.write() as connection:
        insert_exchange(connection, said, {"outcome": outcome, "response_text": "Of gold."})

    assert [] == find(store, "gold")
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE exchanges SET outcome = 'answered'")
    assert [said] == find(store, "gold")
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE exchanges SET outcome = ?", (outcome,))
    assert [] == find(store, "gold silver")
    check(store)


def test_without_a_user_it_is_found_whoever_it_belongs_to(store: Store) -> None:
    said = {say(store, "A secret.", user) for user in ("ada", "grace", "")}
    of_nobody = store.sessions.create_conversation()
    store.sessions.add_exchange(of_nobody, "n", "pdf", "A secret.", 1.0, 1)

    found = [hit.conversation_id for hit in store.search.find("secret", None, 10)]

    assert said | {of_nobody} == set(found)
    assert 4 == len(found)
    assert 1 == len(find(store, "secret", ""))


def test_what_passes_to_another_user_is_found_by_that_one_alone(store: Store) -> None:
    said = say(store, "A secret.")
    store.sessions.edit(said, title="Whispers")
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE conversations SET user_id = 'grace'")

    assert [] == find(store, "secret whispers")
    assert [said] == find(store, "secret", "grace")
    assert [said] == find(store, "whispers", "grace")
    check(store)


def test_the_words_of_a_user_s_name_find_nothing(store: Store) -> None:
    say(store, "Of light.")

    for words in ("ada", "616461", "u616461", "owner"):
        assert [] == find(store, words), words


def test_a_conversation_that_is_gone_is_not_found(store: Store, tmp_path: Path) -> None:
    store.sessions.edit(say(store, "Of silver."), title="Gold")
    other = sqlite3.connect(tmp_path / "ink.db")
    # Not as inkchat does it: in any order.
    other.executescript("DELETE FROM conversations; DELETE FROM exchanges")
    other.close()
    say(store, "Of tin.", "grace")

    assert [] == find(store, "silver gold tin")
    check(store)


def test_what_is_old_is_found_among_many_that_are_alike(store: Store) -> None:
    oldest = say(store, "Common words, and zanzibar.")
    conversation_id = store.sessions.create_conversation("ada")
    with store._database.write() as connection:
        for number in range(MOST_LISTED + 200):
            text = {"response_text": f"Common words, and the number {number}."}
            insert_exchange(connection, conversation_id, text)

    by_rare = store.search.find("zanzibar", "ada", 5)
    by_both = store.search.find("common zanzibar", "ada", 5)
    by_common = store.search.find("common", "ada", 5)

    assert [oldest] == [hit.conversation_id for hit in by_rare]
    assert oldest == by_both[0].conversation_id
    assert 5 == len(by_both)
    # Of equals the newest.
    assert [MOST_LISTED + 200 - step for step in range(5)] == [hit.number for hit in by_common]


def test_a_row_that_comes_without_its_number_is_found_too(store: Store, tmp_path: Path) -> None:
    said = say(store, "Of silver.")
    other = sqlite3.connect(tmp_path / "ink.db")
    other.execute(
        "INSERT INTO exchanges (exchange_id, conversation_id, sequence_number, response_text) "
        "VALUES ('ex_2', ?, 2, 'Of gold.')",
        (said,),
    )
    other.commit()
    other.close()
    store.sessions.add_exchange(said, "n", "pdf", "Of tin.", 1.0, 1)

    assert [2] == [hit.number for hit in store.search.find("gold", "ada", 5)]
    assert [said] == find(store, "tin")
    check(store)


_WORDS = st.lists(st.sampled_from(["light", "bread", "Grüße", "of", "ada"]), max_size=4)


@given(own=_WORDS, others=_WORDS, title=_WORDS, words=_WORDS)
def test_no_words_find_what_is_another_user_s(
    own: list[str], others: list[str], title: list[str], words: list[str], store: Store
) -> None:
    mine = say(store, " ".join(own), "ada")
    store.sessions.edit(say(store, " ".join(others), "eve"), title=" ".join(title))

    found = store.search.find(" ".join(words), "ada", 10_000)

    assert {"ada"} >= {store.sessions.get_user(hit.conversation_id) for hit in found}
    looked_for = {term.folded[0] for term in read_terms(" ".join(words))}
    said = {term.folded[0] for term in read_terms(" ".join(own))}
    if looked_for & said:
        assert mine in {hit.conversation_id for hit in found}


def list_in_arrears(store: Store) -> list[int]:
    with store._database.read() as connection:
        statement = (
            "SELECT search_id FROM exchanges "
            "WHERE search_id > (SELECT taken_up_to FROM search_progress)"
        )
        return list(connection.exec_driver_sql(statement).scalars())


@pytest.mark.parametrize("with_number", [True, False])
def test_words_wait_until_they_are_many_or_looked_for(with_number: bool, store: Store) -> None:
    said = say(store, "Of silver.")
    counts = []
    for number in range(2, 2 * MOST_IN_ARREARS + 2):
        if with_number:
            store.sessions.add_exchange(said, "n", "pdf", f"Of {number}.", 1.0, 1)
        else:
            with store._database.write() as connection:
                connection.exec_driver_sql(
                    "INSERT INTO exchanges (exchange_id, conversation_id, response_text) "
                    "VALUES (?, ?, ?)",
                    (f"ex_{number}", said, f"Of {number}."),
                )
        counts.append(len(list_in_arrears(store)))

    assert [*range(2, MOST_IN_ARREARS), *range(MOST_IN_ARREARS), 0, 1] == counts
    assert [said] == find(store, str(2 * MOST_IN_ARREARS + 1))
    assert [] == list_in_arrears(store)
    check(store)


_CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 40), st.sampled_from(["gold", "tin"])),
        st.tuples(
            st.sampled_from(["remove", "change", "fail", "give", "forget"]),
            st.integers(0, 80),
            st.sampled_from(["gold", "tin"]),
        ),
        st.tuples(st.just("search"), st.just(0), st.just("")),
    ),
    max_size=12,
)


@given(changes=_CHANGES)
def test_whatever_is_changed_in_whatever_order_all_that_is_there_is_found(
    changes: list[tuple[str, int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("arrears")
    store = Store(folder / "ink.db", folder)
    ids = [store.sessions.create_conversation("ada") for _ in range(3)]
    statements = {
        "remove": "DELETE FROM exchanges WHERE search_id >= :number AND :word != ''",
        "change": "UPDATE exchanges SET title = :word WHERE search_id % 7 = :number % 7",
        "fail": "UPDATE exchanges SET outcome = 'failed' WHERE search_id = :number + 1",
        "give": "UPDATE conversations SET user_id = :word WHERE rowid = :number % 3 + 1",
        "forget": "DELETE FROM exchanges WHERE search_id = :number AND :word != ''",
    }
    for what, number, word in changes:
        if what == "add":
            for each in range(number):
                store.sessions.add_exchange(ids[each % 3], "n", "pdf", f"Of {word}.", 1.0, 1)
        elif what == "search":
            store.search.find("gold", "ada", 5)
        else:
            with store._database.write() as connection:
                connection.exec_driver_sql(statements[what], {"number": number, "word": word})

    there = {}
    with store._database.read() as connection:
        for user in ("ada", "gold", "tin"):
            statement = (
                "SELECT conversation_id, sequence_number FROM exchanges "
                "JOIN conversations USING (conversation_id) WHERE user_id = ? "
                "AND outcome = 'answered' AND (response_text LIKE '%gold%' "
                "OR exchanges.title = 'gold')"
            )
            there[user] = sorted(map(tuple, connection.exec_driver_sql(statement, (user,))))
    found = {
        user: sorted(
            (hit.conversation_id, hit.number) for hit in store.search.find("gold", user, 500)
        )
        for user in there
    }
    check(store)
    store.close()
    shutil.rmtree(folder)
    assert there == found

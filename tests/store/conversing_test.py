"""A conversation of several turns: its history, its line, its figures, and what may be edited."""

import re
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat import SessionManager
from inkchat.domain import Drop, NoteKind, Usage
from inkchat.errors import DamagedFile
from inkchat.store import Answered, Store, UnknownConversation
from tests.store.drops import (
    REPLY,
    arrive,
    envelope,
    get_state,
    write_answer,
    write_error,
)
from tests.store.seed_schema import CONVERSATION, make_seed_database

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
JSON_OBJECTS = st.dictionaries(st.text(), JSON_VALUES, max_size=5)


def say(store: Store, conversation_id: str, asked: str, answered: str = "Because.") -> str:
    return store.sessions.add_exchange(conversation_id, asked, "text", answered, 0.5, 10)


def answer_note(store: Store, folder: Path, drop: Drop, answered: Answered) -> Drop:
    asking = store.ledger.begin_asking(drop)
    return store.ledger.answer(asking, answered, envelope(folder), write_answer)


def converse(store: Store, folder: Path) -> str:
    """Two answers, a command and a failure in one thread; its id."""
    drops = [arrive(store, folder, number, thread="t") for number in range(1, 5)]
    told = replace(REPLY, transcript="Why?", answer="So.", usage=Usage(40, 30), model="gpt-4")
    answers = (
        Answered(NoteKind.PDF, told, 1.0, author="Grace"),
        Answered(NoteKind.TEXT, replace(REPLY, answer="Help."), 0.1, is_command=True),
    )
    for drop, answered in zip(drops, answers, strict=False):
        answer_note(store, folder, drop, answered)
    store.ledger.fail(drops[2], DamagedFile("a", "b"), envelope(folder), write_error)
    unread = replace(REPLY, transcript="", answer="A cat.", usage=Usage(5, 5), model="")
    answer_note(store, folder, drops[3], Answered(NoteKind.IMAGE, unread, 1.0))
    return drops[0].conversation_id or ""


# History


def test_the_history_is_messages_in_openai_form(store: Store) -> None:
    conversation_id = store.sessions.create_conversation("ada")
    assert [] == store.sessions.get_message_history(conversation_id)
    say(store, conversation_id, "Why?", "So.")
    say(store, conversation_id, "And?", "Thus.")

    assert [
        {"role": "user", "content": "Why?"},
        {"role": "assistant", "content": "So."},
        {"role": "user", "content": "And?"},
        {"role": "assistant", "content": "Thus."},
    ] == store.sessions.get_message_history(conversation_id)


def test_the_history_tells_what_was_read_and_neither_commands_nor_failures(
    store: Store, tmp_path: Path
) -> None:
    history = store.sessions.get_message_history(converse(store, tmp_path))

    assert ["Why?", "So.", "4.pdf", "A cat."] == [message["content"] for message in history]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (None, ["a", "A", "b", "B"]),
        (0, []),
        (-3, []),
        (1, ["B"]),
        (3, ["A", "b", "B"]),
        (4, ["a", "A", "b", "B"]),
        (99, ["a", "A", "b", "B"]),
    ],
)
def test_a_limit_takes_the_newest_messages_and_the_system_prompt_stays(
    limit: int | None, expected: list[str], store: Store
) -> None:
    conversation_id = store.sessions.create_conversation("ada", system_prompt="Be brief.")
    say(store, conversation_id, "a", "A")
    say(store, conversation_id, "b", "B")

    first, *messages = store.sessions.get_message_history(conversation_id, limit=limit)

    assert {"role": "system", "content": "Be brief."} == first
    assert expected == [message["content"] for message in messages]


# In one line


def test_the_summary_is_one_line_of_turns_duration_and_how_it_began(
    store: Store, tmp_path: Path
) -> None:
    conversation_id = converse(store, tmp_path)
    store.sessions.edit(conversation_id, model="claude")
    with store._database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE conversations SET created_at = '2026-01-01T10:00:00.000000+00:00', "
            "last_activity = '2026-01-01T11:01:01.000000+01:00'"
        )

    summary = store.sessions.get_summary(conversation_id)

    assert "Session with claude: 4 turns over 61 s. It began with: “Why?”" == summary


def test_the_summary_names_who_answered_last_where_no_model_is_set(
    store: Store, tmp_path: Path
) -> None:
    assert store.sessions.get_summary(converse(store, tmp_path)).startswith("Session with OpenAI:")


def test_a_long_beginning_is_cut_and_stays_on_the_line(store: Store) -> None:
    conversation_id = store.sessions.create_conversation()
    say(store, conversation_id, "one\ntwo\t" + "x" * 300)

    line = store.sessions.get_summary(conversation_id)

    assert line.endswith("“one two " + "x" * 92 + "…”")
    assert 1 == len(line.splitlines())


def test_a_conversation_without_a_word_has_a_summary_too(store: Store) -> None:
    conversation_id = store.sessions.create_conversation()
    code = get_state(store, conversation_id).code

    assert f"Session {code}: nothing was said." == store.sessions.get_summary(conversation_id)


@pytest.mark.parametrize("question", ["get_message_history", "get_summary", "edit"])
def test_what_is_unknown_is_said_in_words(question: str, store: Store) -> None:
    ask: Any = getattr(store.sessions, question)

    with pytest.raises(UnknownConversation, match="conv_nowhere not found") as caught:
        ask("conv_nowhere")

    assert isinstance(caught.value, ValueError)


# Figures


def test_the_statistics_are_of_one_user_or_of_all(store: Store, tmp_path: Path) -> None:
    converse(store, tmp_path)
    hers = store.sessions.create_conversation("grace")
    say(store, hers, "Why?")
    store.sessions.end_conversation(hers)
    sessions = SessionManager(tmp_path / "ink.db", max_conversations=5, max_exchanges=7)
    of_all, adas, nobodys = (sessions.get_statistics(user) for user in (None, "ada", "nobody"))
    sessions.close()

    assert {
        "active_conversations": 1,
        "ended_conversations": 1,
        "max_conversations": 5,
        "total_exchanges": 3,
        "total_turns": 6,
        "max_exchanges": 7,
        "tokens_used": 90,
    } == of_all
    assert (1, 0, 2, 80) == (
        adas["active_conversations"],
        adas["ended_conversations"],
        adas["total_exchanges"],
        adas["tokens_used"],
    )
    assert (0, 0, 0, 0, 0) == (
        nobodys["active_conversations"],
        nobodys["ended_conversations"],
        nobodys["total_exchanges"],
        nobodys["total_turns"],
        nobodys["tokens_used"],
    )


def test_an_empty_store_has_statistics(store: Store) -> None:
    statistics = store.sessions.get_statistics()

    assert (0, 0, None, None) == (
        statistics["active_conversations"],
        statistics["tokens_used"],
        statistics["max_conversations"],
        statistics["max_exchanges"],
    )


# Editing


def test_what_a_conversation_is_asked_with_is_its_own(store: Store) -> None:
    made = {"title": "Light", "provider": "Ollama", "model": "m", "system_prompt": "Be brief."}
    conversation_id = store.sessions.create_conversation("ada", **made, metadata={"a": [1]})
    other = store.sessions.create_conversation("ada")
    state = get_state(store, conversation_id)
    assert (made, {"a": [1]}) == ({key: getattr(state, key) for key in made}, state.metadata)

    changed = {key: f"{value} II" for key, value in made.items()}
    store.sessions.edit(conversation_id, **changed, metadata={"b": None})
    store.sessions.edit(conversation_id)
    store.sessions.edit(conversation_id, title="")

    state = get_state(store, conversation_id)
    assert changed | {"title": ""} == {key: getattr(state, key) for key in made}
    assert {"b": None} == state.metadata
    assert ("", "", "", "", {}) == (
        get_state(store, other).title,
        get_state(store, other).provider,
        get_state(store, other).model,
        get_state(store, other).system_prompt,
        get_state(store, other).metadata,
    )


@pytest.mark.parametrize("column", ["user_id", "conversation_id", "status", "code", "nonsense"])
def test_nothing_else_can_be_edited(column: str, store: Store) -> None:
    conversation_id = store.sessions.create_conversation("ada")
    before = get_state(store, conversation_id)

    with pytest.raises(TypeError, match=column):
        store.sessions.edit(conversation_id, title="New", **{column: "grace"})

    assert before == get_state(store, conversation_id)


def test_a_title_of_a_persons_own_stands(store: Store, tmp_path: Path) -> None:
    drop = arrive(store, tmp_path, 1, thread="t")
    store.sessions.edit(drop.conversation_id or "", title="Mine")

    answer_note(store, tmp_path, drop, Answered(NoteKind.PDF, REPLY, 1.0))

    assert "Mine" == get_state(store, drop.conversation_id).title


def test_a_command_gives_no_title_and_is_no_answer(store: Store, tmp_path: Path) -> None:
    drop = arrive(store, tmp_path, 1, thread="t")

    answer_note(store, tmp_path, drop, Answered(NoteKind.TEXT, REPLY, 1.0, is_command=True))

    state = get_state(store, drop.conversation_id)
    assert ("", 1, "command") == (state.title, state.total_exchanges, state.exchanges[0].outcome)


def test_who_wrote_is_kept_and_listed_once(store: Store, tmp_path: Path) -> None:
    state = get_state(store, converse(store, tmp_path))

    assert ["Grace", "", "", ""] == [exchange.author for exchange in state.exchanges]
    assert ("Grace", "ada") == state.participants


# Metadata


@given(metadata=JSON_OBJECTS, more=JSON_OBJECTS)
def test_any_json_is_kept_as_metadata(
    metadata: dict[str, Any], more: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    sessions = SessionManager(tmp_path_factory.getbasetemp() / "any-json.db")
    try:
        conversation_id = sessions.create_conversation(metadata=metadata)
        sessions.add_exchange(conversation_id, "n", "text", "Said.", 0.0, 0, more)
        made = sessions.get_conversation(conversation_id)
        sessions.edit(conversation_id, metadata=more)
        edited = sessions.get_conversation(conversation_id)
    finally:
        sessions.close()

    assert made is not None
    assert edited is not None
    assert (metadata, more) == (made.metadata, made.exchanges[0].metadata)
    assert more == edited.metadata


def test_what_is_no_json_is_refused_before_anything_is_kept(store: Store) -> None:
    conversation_id = store.sessions.create_conversation("ada")

    with pytest.raises(TypeError, match="JSON"):
        store.sessions.add_exchange(conversation_id, "n", "text", "x", 0.0, 0, {"a": object()})
    with pytest.raises(TypeError, match="JSON"):
        store.sessions.create_conversation("ada", metadata={"a": object()})

    assert 0 == get_state(store, conversation_id).total_exchanges
    assert 1 == len(store.sessions.list_active_conversations())


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ([1, 2], TypeError),
        ([], TypeError),
        ("x", TypeError),
        ("", TypeError),
        ({"a": {1, 2}}, TypeError),
        ({"a": float("nan")}, ValueError),
        ({"a": [float("inf")]}, ValueError),
    ],
)
def test_metadata_that_is_no_json_object_is_refused_alike_everywhere(
    metadata: Any, error: type[Exception], store: Store
) -> None:
    kept = store.sessions.create_conversation("ada", metadata={"a": 1})

    for keep in (
        lambda: store.sessions.create_conversation("ada", metadata=metadata),
        lambda: store.sessions.add_exchange(kept, "n", "text", "x", 0.0, 0, metadata),
        lambda: store.sessions.edit(kept, metadata=metadata),
    ):
        with pytest.raises(error, match=r"^metadata must be a JSON object"):
            keep()

    state = get_state(store, kept)
    assert ({"a": 1}, 0) == (state.metadata, state.total_exchanges)
    assert 1 == len(store.sessions.list_active_conversations())


def test_a_title_that_is_no_text_is_refused(store: Store) -> None:
    kept = store.sessions.create_conversation("ada", title="Kept")

    with pytest.raises(TypeError, match="title is a text"):
        store.sessions.edit(kept, title={"a": 1})

    assert "Kept" == get_state(store, kept).title


def test_what_an_answer_carries_is_in_its_metadata(store: Store, tmp_path: Path) -> None:
    drop = arrive(store, tmp_path, 1, thread="t")
    reply = replace(REPLY, remarks=("Page 3 was left out.",))
    answered = Answered(NoteKind.PDF, reply, 1.0, metadata={"pages": [1, 2], "ü": None})

    answer_note(store, tmp_path, drop, answered)

    (exchange,) = get_state(store, drop.conversation_id).exchanges
    assert {
        "pages": [1, 2],
        "ü": None,
        "remarks": ["Page 3 was left out."],
    } == exchange.metadata


# In pages


def make_many(store: Store, count: int) -> None:
    """Every third of grace, every fifth ended, and three of each moment."""
    with store._database.write() as connection:
        connection.exec_driver_sql(
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1) "
            "INSERT INTO conversations (conversation_id, code, user_id, last_activity, status, "
            "total_exchanges) SELECT printf('conv_%06d', i), i, iif(i % 3, 'ada', 'grace'), "
            "printf('2026-01-01T00:00:00.%06d+00:00', i / 3), iif(i % 5, 'active', 'ended'), 1 "
            "FROM n",
            (count,),
        )


@pytest.mark.parametrize("page", [1, 7, 50, 1000])
def test_active_conversations_come_in_pages_each_once_and_in_order(page: int, store: Store) -> None:
    make_many(store, 200)
    seen: list[str] = []
    while True:
        rows = store.sessions.list_active_conversations(page, seen[-1] if seen else None)
        assert len(rows) <= page
        if not rows:
            break
        seen += [row["conversation_id"] for row in rows]

    everything = [row["conversation_id"] for row in store.sessions.list_active_conversations()]
    newest_first = [f"conv_{number:06d}" for number in reversed(range(200)) if number % 5]
    assert newest_first == seen == everything


def test_what_is_said_meanwhile_makes_no_page_repeat_itself(store: Store) -> None:
    make_many(store, 60)
    first = [row["conversation_id"] for row in store.sessions.list_active_conversations(10)]
    say(store, "conv_000001", "And?")

    rest = [
        row["conversation_id"] for row in store.sessions.list_active_conversations(after=first[-1])
    ]

    assert set() == set(first) & set(rest)
    assert {f"conv_{n:06d}" for n in range(60) if n % 5} - {"conv_000001"} == {*first, *rest}


def test_the_list_of_conversations_is_of_one_user_and_active_if_so_asked(store: Store) -> None:
    make_many(store, 60)
    store.sessions.create_conversation("grace")

    def list_ids(**which: Any) -> set[int]:
        first = store.sessions.list_conversations(9, **which)
        rest = store.sessions.list_conversations(99, after=first[-1].conversation_id, **which)
        ids = [state.conversation_id for state in (*first, *rest)]
        assert len(set(ids)) == len(ids)
        return {int(conversation_id.removeprefix("conv_")) for conversation_id in ids}

    assert set(range(60)) == list_ids()
    assert set(range(0, 60, 3)) == list_ids(user="grace")
    assert {n for n in range(0, 60, 3) if n % 5} == list_ids(user="grace", active_only=True)
    assert [] == store.sessions.list_conversations(9, user="nobody")


def test_a_page_behind_what_is_unknown_is_refused(store: Store) -> None:
    with pytest.raises(UnknownConversation, match="conv_nowhere"):
        store.sessions.list_active_conversations(5, "conv_nowhere")


def test_every_conversation_of_an_older_database_is_on_a_page(tmp_path: Path) -> None:
    """The plain schema let a conversation be without a time."""
    path = tmp_path / "plain.db"
    make_seed_database(path)
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO conversations (conversation_id) VALUES ('conv_more'), ('conv_most')"
    )
    connection.commit()
    connection.close()
    sessions = SessionManager(path)
    seen: list[str] = []
    while rows := sessions.list_active_conversations(1, seen[-1] if seen else None):
        seen += [row["conversation_id"] for row in rows]
    sessions.close()

    assert [CONVERSATION[0], "conv_most", "conv_more", "conv_bare"] == seen


def test_ids_and_codes_of_many_conversations_are_all_different(store: Store) -> None:
    ids = [store.sessions.create_conversation("ada") for _ in range(50)]

    states = [get_state(store, conversation_id) for conversation_id in ids]

    assert 50 == len({state.code for state in states}) == len(set(ids))
    assert all(re.fullmatch(r"conv_\d{8}_\d{6}_[0-9a-f]{8}", each) for each in ids)

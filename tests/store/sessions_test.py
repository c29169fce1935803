"""SessionManager: every method, parameter, return value and id form it promises."""

import inspect
import json
import multiprocessing
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat import ConversationState, Exchange, SessionManager
from inkchat.errors import StoreError
from inkchat.store import migrations
from inkchat.store.names import MAX_NAME_BYTES
from tests.store.seed_schema import CONVERSATION, EXCHANGES, make_seed_database


@pytest.fixture
def sessions(tmp_path: Path) -> Any:
    manager = SessionManager(tmp_path / "eink_sessions.db")
    yield manager
    manager.close()


def add(sessions: SessionManager, conversation_id: str, answer: str = "Because.") -> str:
    return sessions.add_exchange(conversation_id, "note.pdf", "pdf", answer, 2.5, 150)


def test_the_signatures_are_those_that_were_asked_for() -> None:
    nothing = inspect.Parameter.empty
    expected: dict[str, dict[str, object]] = {
        "__init__": {"self": nothing, "db_path": "eink_sessions.db"},
        "setup_database": {"self": nothing},
        "create_conversation": {"self": nothing, "user_id": None},
        "add_exchange": {
            "self": nothing,
            "conversation_id": nothing,
            "input_file": nothing,
            "input_type": nothing,
            "response_text": nothing,
            "processing_time": nothing,
            "tokens_used": nothing,
            "metadata": None,
        },
        "get_conversation": {"self": nothing, "conversation_id": nothing},
        "update_context_summary": {
            "self": nothing,
            "conversation_id": nothing,
            "summary": nothing,
        },
        "generate_session_filename": {
            "self": nothing,
            "conversation_id": nothing,
            "exchange_number": nothing,
            "original_filename": nothing,
            "is_error": False,
        },
        "get_conversation_context": {
            "self": nothing,
            "conversation_id": nothing,
            "max_exchanges": 3,
        },
        "list_active_conversations": {"self": nothing},
    }

    for name, parameters in expected.items():
        found = list(inspect.signature(getattr(SessionManager, name)).parameters.values())
        asked_for, added = found[: len(parameters)], found[len(parameters) :]
        assert list(parameters.items()) == [(p.name, p.default) for p in asked_for]
        # What was added leaves every call of before as it was.
        assert [] == [p.name for p in added if p.default is nothing]


def test_the_parent_folder_is_made(tmp_path: Path) -> None:
    manager = SessionManager(str(tmp_path / "deep" / "down" / "eink_sessions.db"))
    manager.close()

    assert (tmp_path / "deep" / "down" / "eink_sessions.db").is_file()
    assert manager.db_path == tmp_path / "deep" / "down" / "eink_sessions.db"


def test_ids_have_their_promised_form(sessions: SessionManager) -> None:
    before = datetime.now().replace(microsecond=0)
    conversation_id = sessions.create_conversation(user_id="ada")
    exchange_id = add(sessions, conversation_id)

    match = re.fullmatch(r"conv_(\d{8}_\d{6})_[0-9a-f]{8}", conversation_id)
    assert match
    assert before <= datetime.strptime(match[1], "%Y%m%d_%H%M%S") <= datetime.now()
    assert re.fullmatch(r"ex_[0-9a-f]{8}", exchange_id)


def test_a_conversation_comes_back_as_it_was_told(sessions: SessionManager) -> None:
    conversation_id = sessions.create_conversation(user_id="ada")
    metadata = {"model": "gpt-4", "nested": {"list": [1, None, "ü"]}}
    exchange_id = sessions.add_exchange(
        conversation_id=conversation_id,
        input_file="document.pdf",
        input_type="pdf",
        response_text="This document discusses…",
        processing_time=2.5,
        tokens_used=150,
        metadata=metadata,
    )
    sessions.update_context_summary(conversation_id, "About a document.")

    state = sessions.get_conversation(conversation_id)

    assert isinstance(state, ConversationState)
    assert ("ada", "active", 1, "About a document.", {}) == (
        state.user_id,
        state.status,
        state.total_exchanges,
        state.context_summary,
        state.metadata,
    )
    (exchange,) = state.exchanges
    assert isinstance(exchange, Exchange)
    assert (exchange_id, 1, "document.pdf", "pdf", "This document discusses…", 2.5, 150) == (
        exchange.exchange_id,
        exchange.sequence_number,
        exchange.input_file,
        exchange.input_type,
        exchange.response_text,
        exchange.processing_time,
        exchange.tokens_used,
    )
    assert metadata == exchange.metadata
    assert state.last_activity == exchange.created_at


def test_an_unknown_conversation_is_none_or_a_value_error(sessions: SessionManager) -> None:
    assert sessions.get_conversation("conv_nowhere") is None
    assert "" == sessions.get_conversation_context("conv_nowhere")
    with pytest.raises(ValueError, match="conv_nowhere not found"):
        add(sessions, "conv_nowhere")


def test_the_context_is_the_summary_and_the_newest_exchanges(sessions: SessionManager) -> None:
    conversation_id = sessions.create_conversation()
    assert "" == sessions.get_conversation_context(conversation_id)
    for number in range(1, 6):
        add(sessions, conversation_id, f"Answer {number}. " + "x" * 200)
    sessions.update_context_summary(conversation_id, "Five answers.")

    context = sessions.get_conversation_context(conversation_id, max_exchanges=2)

    expected = [
        "Context: Five answers.",
        f"Recent exchanges from conversation {conversation_id}:",
        "Exchange #4: pdf -> " + ("Answer 4. " + "x" * 200)[:100] + "...",
        "Exchange #5: pdf -> " + ("Answer 5. " + "x" * 200)[:100] + "...",
    ]
    assert expected == context.splitlines()
    assert 5 == len(sessions.get_conversation_context(conversation_id).splitlines())


def test_active_conversations_are_listed_the_newest_activity_first(
    sessions: SessionManager,
) -> None:
    first = sessions.create_conversation("ada")
    second = sessions.create_conversation()
    add(sessions, first)

    listed = sessions.list_active_conversations()

    assert [first, second] == [row["conversation_id"] for row in listed]
    assert {
        "conversation_id",
        "user_id",
        "created_at",
        "last_activity",
        "total_exchanges",
    } == set(listed[0])
    assert ("ada", 1) == (listed[0]["user_id"], listed[0]["total_exchanges"])


def test_file_names_have_the_promised_form(sessions: SessionManager) -> None:
    name = sessions.generate_session_filename("conv_id", 1, "inbox/input.pdf")
    error = sessions.generate_session_filename("conv_id", 12, "basename.png", is_error=True)

    assert "RESPONSE_conv_id_ex001_input.pdf" == name
    assert "ERROR_conv_id_ex012_basename.pdf" == error


@given(original=st.text(max_size=400))
def test_any_note_name_gives_a_name_a_file_system_takes(
    original: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = SessionManager.generate_session_filename(
        SessionManager.__new__(SessionManager), "conv_id", 1, original
    )

    assert re.fullmatch(r"RESPONSE_conv_id_ex001_[^/\0]*\.pdf", name, re.DOTALL)
    assert len(name.encode()) <= MAX_NAME_BYTES
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(b"")
    path.unlink()


@given(text=st.text())
def test_any_text_can_be_kept(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    manager = SessionManager(tmp_path_factory.getbasetemp() / "any-text.db")
    try:
        conversation_id = manager.create_conversation()
        manager.add_exchange(conversation_id, "n", "text", text, 0.0, 0, {"text": text})
        state = manager.get_conversation(conversation_id)
    finally:
        manager.close()

    assert state is not None
    kept = state.exchanges[0]
    assert text == kept.metadata["text"]
    if text.isascii() or text.encode("utf-8", "ignore").decode() == text:
        assert text == kept.response_text


def test_a_lone_surrogate_does_not_lose_the_answer(sessions: SessionManager) -> None:
    conversation_id = sessions.create_conversation()
    add(sessions, conversation_id, json.loads('"paid \\ud800 answer"'))

    state = sessions.get_conversation(conversation_id)

    assert state is not None
    assert re.fullmatch("paid \ufffd+ answer", state.exchanges[0].response_text)


def test_a_plain_database_opens_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "eink_sessions.db"
    make_seed_database(path)

    manager = SessionManager(path)
    state = manager.get_conversation(CONVERSATION[0])
    bare = manager.get_conversation("conv_bare")
    manager.add_exchange(CONVERSATION[0], "more.pdf", "pdf", "More.", 1.0, 10)
    manager.close()

    assert state is not None
    assert CONVERSATION[:4] == (
        state.conversation_id,
        state.user_id,
        state.created_at,
        state.last_activity,
    )
    assert (2, "active", "They talk about light.") == (
        state.total_exchanges,
        state.status,
        state.context_summary,
    )
    assert {"device": "remarkable"} == state.metadata
    assert [row[0] for row in EXCHANGES] == [e.exchange_id for e in state.exchanges]
    assert bare is not None
    assert {"ex_twin0001", "ex_twin0002"} == {e.exchange_id for e in bare.exchanges}
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT exchange_id, conversation_id, sequence_number, input_file, input_type, "
        "response_text, processing_time, tokens_used, created_at, metadata FROM exchanges "
        "WHERE exchange_id LIKE 'ex_0000000_' ORDER BY 1"
    ).fetchall()
    orphans = connection.execute(
        "SELECT count(*) FROM exchanges WHERE exchange_id = 'ex_orphan01'"
    ).fetchone()[0]
    newest = connection.execute("SELECT max(sequence_number) FROM exchanges").fetchone()[0]
    connection.close()
    assert list(EXCHANGES) == rows
    assert (1, 3) == (orphans, newest)


def test_opening_twice_migrates_once(tmp_path: Path) -> None:
    make_seed_database(tmp_path / "a.db")
    for _ in range(2):
        manager = SessionManager(tmp_path / "a.db")
        manager.setup_database()
        manager.close()

    connection = sqlite3.connect(tmp_path / "a.db")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    count = connection.execute("SELECT count(*) FROM exchanges").fetchone()[0]
    connection.close()
    assert (migrations.NEWEST, 5) == (version, count)


def test_sequence_numbers_never_collide_between_threads(sessions: SessionManager) -> None:
    conversation_id = sessions.create_conversation()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: add(sessions, conversation_id, f"Answer {n}"), range(80)))

    state = sessions.get_conversation(conversation_id)
    assert state is not None
    assert list(range(1, 81)) == [e.sequence_number for e in state.exchanges]
    assert 80 == state.total_exchanges


def _add_many(path: Path, conversation_id: str) -> None:
    manager = SessionManager(path)
    for number in range(15):
        add(manager, conversation_id, f"Answer {number}")
    manager.close()


def test_sequence_numbers_never_collide_between_processes(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    manager = SessionManager(path)
    conversation_id = manager.create_conversation()

    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_add_many, args=(path, conversation_id)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    state = manager.get_conversation(conversation_id)
    manager.close()

    assert [0, 0, 0] == [writer.exitcode for writer in writers]
    assert state is not None
    assert list(range(1, 46)) == [e.sequence_number for e in state.exchanges]


def test_two_processes_may_open_a_plain_database_at_once(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    make_seed_database(path)

    context = multiprocessing.get_context("spawn")
    openers = [context.Process(target=_add_many, args=(path, CONVERSATION[0])) for _ in range(3)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()

    assert [0, 0, 0] == [opener.exitcode for opener in openers]
    manager = SessionManager(path)
    state = manager.get_conversation(CONVERSATION[0])
    manager.close()
    assert state is not None
    assert list(range(1, 48)) == [e.sequence_number for e in state.exchanges]


def test_what_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "eink_sessions.db"
    path.write_bytes(b"This is a letter, not a database. " * 100)

    with pytest.raises(StoreError, match="damaged or is not a database"):
        SessionManager(path)

    assert path.read_bytes() == b"This is a letter, not a database. " * 100


def test_a_database_from_a_newer_inkchat_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "eink_sessions.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()

    with pytest.raises(StoreError, match="newer inkchat"):
        SessionManager(path)


def test_a_folder_that_cannot_be_made_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreError, match=r"folder of the database .* cannot be made"):
        SessionManager(tmp_path / "file" / "eink_sessions.db")


def test_commits_are_durable(sessions: SessionManager) -> None:
    with sessions._database.read() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()

    assert ("wal", 2) == (mode, synchronous)

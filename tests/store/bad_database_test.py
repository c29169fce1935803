"""A database that cannot be used: said with the next step, and never replaced by a new one."""

import multiprocessing
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from inkchat.errors import ExitCode, StoreError
from inkchat.store import SessionManager, Store
from inkchat.store import database as database_module


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with a conversation in it, that nobody has open."""
    path = tmp_path / "eink_sessions.db"
    store = open_store(path)
    conversation_id = store.sessions.create_conversation("ada", title="Kept")
    store.sessions.add_exchange(conversation_id, "a.txt", "text", "Because.", 1.0, 1)
    store.close()
    copy = tmp_path / ".inkchat" / "drops" / "ab" / f"ab{'0' * 62}"
    copy.parent.mkdir(parents=True)
    copy.write_text("A note")
    return path


def open_store(path: Path) -> Store:
    return Store(path, path.parent / ".inkchat")


def _cut_in_half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _cut_within_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


def _fill_with_zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _spoil_the_pages(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _put_anothers_there(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE drops (of_water)")


def _make_newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("spoil", "said", "next_step"),
    [
        (_cut_in_half, "damaged", "inkchat restore FILE --replace"),
        (_cut_within_the_header, "damaged", "inkchat restore FILE --replace"),
        (_fill_with_zeros, "is not a database", "inkchat restore FILE --replace"),
        (_spoil_the_pages, "damaged", "inkchat restore FILE --replace"),
        (_empty, "is empty, although notes were kept", "inkchat restore FILE --replace"),
        (_put_anothers_there, "is not as inkchat writes it", "name another file"),
        (_make_newer, "written by a newer inkchat", "Update inkchat"),
    ],
)
def test_what_cannot_be_used_is_said_and_left_as_it_is(
    path: Path, spoil: Callable[[Path], None], said: str, next_step: str
) -> None:
    spoil(path)
    before = path.read_bytes()

    with pytest.raises(StoreError) as raised:
        open_store(path)

    assert said in raised.value.what_happened
    assert next_step in raised.value.next_step
    assert str(path) in raised.value.what_happened
    assert ExitCode.STORE == raised.value.exit_code
    # Of another program's, SQLite notes in the header that it may have a log from now on.
    assert before[100:] == path.read_bytes()[100:]


def test_a_page_that_is_damaged_is_said_when_it_is_met(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        (page,) = database.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'exchanges'"
        ).fetchone()
        # Folded into the file, so that this is what is read.
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    store = open_store(path)
    (state,) = store.sessions.list_conversations(5)

    with pytest.raises(StoreError, match="damaged or is not a database"):
        store.sessions.get_conversation(state.conversation_id)

    assert "Kept" == state.title
    store.close()


@pytest.mark.parametrize("is_gone", [True, False])
def test_a_log_whose_database_is_gone_is_not_thrown_away(path: Path, *, is_gone: bool) -> None:
    store = open_store(path)
    store.sessions.create_conversation("ada", title="In the log alone")
    log = path.with_name("eink_sessions.db-wal")
    kept = log.read_bytes()
    store.close()
    log.write_bytes(kept)
    if is_gone:
        path.unlink()
    else:
        path.write_bytes(b"")

    with pytest.raises(StoreError, match=r"its log eink_sessions\.db-wal is still there"):
        SessionManager(path)

    assert kept == log.read_bytes()
    assert is_gone is not path.exists()


def test_a_database_that_was_removed_on_purpose_is_begun_anew(path: Path) -> None:
    path.unlink()

    store = open_store(path)

    assert [] == store.sessions.list_conversations(5)
    store.close()


def test_an_empty_file_that_never_held_a_note_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "eink_sessions.db"
    path.touch()

    store = open_store(path)

    assert store.sessions.create_conversation("ada")
    store.close()


def test_a_database_that_another_program_locks_is_said_after_a_while(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_SECONDS", 0.1)
    store = open_store(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreError, match="was locked by another program") as raised:
            store.sessions.create_conversation("ada")
        (state,) = store.sessions.list_conversations(5)

    assert "Close the program that holds it" in raised.value.next_step
    assert "Kept" == state.title
    assert store.sessions.create_conversation("ada")
    store.close()


def test_a_database_that_sqlite_may_only_read_is_read_and_said_when_it_is_written(
    path: Path,
) -> None:
    content = bytearray(path.read_bytes())
    # The write version of the file format: one that this SQLite does not know.
    content[18] = 3
    path.write_bytes(content)
    store = open_store(path)

    with pytest.raises(StoreError, match="lies on a read-only medium or may not be") as raised:
        store.sessions.create_conversation("ada")

    assert "Let this user write the file and its folder" in raised.value.next_step
    assert 1 == len(store.sessions.list_conversations(5))
    store.close()


def test_a_folder_in_its_place_is_said(tmp_path: Path) -> None:
    path = tmp_path / "eink_sessions.db"
    path.mkdir()

    with pytest.raises(StoreError, match=r"eink_sessions\.db is a folder\.") as raised:
        open_store(path)

    assert "`database:`" in raised.value.next_step


def test_advice_never_makes_room_for_a_new_database(path: Path) -> None:
    _cut_in_half(path)

    with pytest.raises(StoreError) as raised:
        open_store(path)

    assert "Move it away" not in raised.value.next_step
    assert "keeps the damaged one beside it" in raised.value.next_step


def _add_many(path: Path, conversation_id: str) -> None:
    store = open_store(path)
    for number in range(30):
        store.sessions.add_exchange(conversation_id, f"{number}.txt", "text", "So.", 1.0, 1)
    store.close()


def test_two_processes_that_write_at_once_lose_nothing(path: Path) -> None:
    store = open_store(path)
    (state,) = store.sessions.list_conversations(5)
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=_add_many, args=(path, state.conversation_id)) for _ in range(2)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    conversation = store.sessions.get_conversation(state.conversation_id)
    assert [0, 0] == [writer.exitcode for writer in writers]
    assert conversation is not None
    assert list(range(1, 62)) == [each.sequence_number for each in conversation.exchanges]
    store.close()

"""What is purged is gone, from every table and every byte; what is not is still there."""

import fcntl
import json
import os
import pty
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from inkchat.archive import purging
from inkchat.cli import main
from inkchat.domain import DropState, Usage
from inkchat.inbox.claim import take_snapshot
from inkchat.inbox.intake import Intake
from inkchat.inbox.scan import Listing, list_inbox
from inkchat.store import Home, PlannedCall, Purpose, SessionManager, Store
from inkchat.store import purges as purges_module
from tests.archive.stored import Household
from tests.inbox.staging import find
from tests.store.drops import REPLY

LONG_AGO = datetime.now(UTC) - timedelta(days=400)


@pytest.fixture(autouse=True)
def look_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "LOOK_AGAIN_SECONDS", 0.0)


def query(household: Household, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(household.database)) as database:
        return database.execute(statement).fetchall()


def count(household: Household, table: str) -> int:
    ((number,),) = query(household, f"SELECT count(*) FROM {table}")
    return int(number)


def purge_one(household: Household, conversation_id: str | None) -> purging.Purged:
    plan = purging.plan_one(household.store, conversation_id or "")
    return purging.purge(household.store, [household.watch], plan)


def make_old(household: Household, conversation_id: str | None, days: float = 400) -> None:
    then = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")
    with closing(sqlite3.connect(household.database)) as database, database:
        database.execute(
            "UPDATE conversations SET last_activity = ? WHERE conversation_id = ?",
            (then, conversation_id),
        )


def list_with(folder: Path, secret: str) -> list[str]:
    """Files below `folder` in whose name or bytes it stands, in whatever case."""
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file()
        and (
            secret.lower() in path.name.lower()
            or secret.lower().encode() in path.read_bytes().lower()
        )
    ]


def test_purge_leaves_no_byte_of_what_was_said_and_all_of_the_rest(household: Household) -> None:
    kept = household.answer("kept.txt", "Bluebell?", "Hyacinthoides.")
    said = household.answer("zanzibar.txt", "Of zanzibar?", "The zanzibar of zanzibars.")
    household.store.sessions.edit(said.conversation_id or "", title="Mine: zanzibar")
    household.store.sessions.update_context_summary(said.conversation_id or "", "zanzibar again")
    # In segments of their own, as it is after months.
    for number in range(40):
        household.answer(f"{number}.txt", f"Filling {number}?", f"Filled {number}.")
    (household.folder / "inbox" / "zanzibar.txt").unlink()
    assert [] != list_with(household.folder, "zanzibar")

    purged = purge_one(household, said.conversation_id)

    assert (1, 1, 1, "") == (purged.conversations, purged.exchanges, purged.copies, purged.remark)
    assert [] == list_with(household.folder, "zanzibar")
    assert [] == query(household, "SELECT * FROM exchange_words WHERE exchange_words = 'zanzibar'")
    assert [] == query(household, "PRAGMA foreign_key_check")
    assert [("ok",)] == query(household, "PRAGMA integrity_check")
    (found,) = household.store.search.find("Hyacinthoides", "ada", 5)
    assert kept.conversation_id == found.conversation_id
    assert household.copy_of(kept).exists()
    assert 41 == len(household.store.sessions.list_conversations(100))


def test_what_is_removed_by_days_leaves_no_byte_either(household: Household) -> None:
    said = household.answer("zanzibar.txt", "Of zanzibar?", "The zanzibar.")
    for number in range(60):
        household.answer(f"{number}.txt", f"Filling {number}?", "Filled. " * 50)
    make_old(household, said.conversation_id)
    (household.folder / "inbox" / "zanzibar.txt").unlink()

    purging.purge_older(household.store, [household.watch], 365)

    assert [] == list_with(household.folder, "zanzibar")
    assert 60 == len(household.store.sessions.list_conversations(200))


def test_the_database_is_small_afterwards(household: Household) -> None:
    for number in range(30):
        drop = household.answer(f"{number}.txt", f"Why {number}? " * 1000, "Because. " * 1000)
        make_old(household, drop.conversation_id)
    before = household.database.stat().st_size

    plan = purging.plan_before(household.store, LONG_AGO + timedelta(days=1))
    purged = purging.purge(household.store, [household.watch], plan)

    assert (30, "") == (purged.conversations, purged.remark)
    assert household.database.stat().st_size < before / 2
    assert [(0,)] == query(household, "PRAGMA freelist_count")
    assert 0 == (household.folder / "eink_sessions.db-wal").stat().st_size


def test_a_reader_keeps_the_database_large_and_is_named(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkchat.store.compaction.PATIENCE_SECONDS", 0.05)
    said = household.answer("a.txt", "Why?")
    with closing(sqlite3.connect(household.database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM drops").fetchone()

        purged = purge_one(household, said.conversation_id)

    assert 1 == purged.conversations
    assert "could not be made smaller" in purged.remark


def test_a_note_whose_file_still_lies_in_the_inbox_is_known_and_says_nothing(
    household: Household,
) -> None:
    said = household.answer("why.txt", "Why is the sky blue?")

    purge_one(household, said.conversation_id)
    touched = household.receive("why.txt", "Why is the sky blue?", touched=1)
    elsewhere = household.receive("copy.txt", "Why is the sky blue?")

    assert said.id == touched.id
    assert (DropState.DELIVERED, None, "purged") == (
        touched.state,
        touched.conversation_id,
        touched.reason_code,
    )
    assert DropState.DUPLICATE == elsewhere.state
    assert {("", "why.txt"): "s1", ("", "copy.txt"): "s0"} == (
        household.store.arrivals.known_signatures("inbox")
    )
    assert 0 == count(household, "responses") == count(household, "exchanges")


def test_the_private_copy_of_a_note_that_is_only_known_is_gone(household: Household) -> None:
    said = household.answer("why.txt", "Why is the sky blue?")

    purge_one(household, said.conversation_id)

    assert not household.copy_of(said).exists()
    assert [] == list_with(household.store.private_folder, "sky")


def test_a_note_that_lies_there_under_another_name_alone_is_known_by_that(
    household: Household,
) -> None:
    said = household.answer("why.txt", "Why?")
    household.save("copy.txt", "Why?")
    household.receive("copy.txt", "Why?")
    (household.folder / "inbox" / "why.txt").unlink()

    purge_one(household, said.conversation_id)

    assert [(said.id, "copy.txt", "delivered", None)] == query(
        household, "SELECT id, name, state, duplicate_of FROM drops WHERE name != ''"
    )
    assert {("", "copy.txt"): "s0"} == household.store.arrivals.known_signatures("inbox")
    assert said.id == household.receive("copy.txt", "Why?", touched=1).id


def test_nothing_is_left_of_a_note_whose_file_is_gone(household: Household) -> None:
    said = household.answer("why.txt", "Why?")
    household.answer("later.txt", "And then?")
    (household.folder / "inbox" / "why.txt").unlink()

    purge_one(household, said.conversation_id)

    assert [("later.txt",)] == query(household, "SELECT name FROM drops")
    assert [("later.txt",)] == query(household, "SELECT name FROM sightings")


def test_what_was_left_of_a_note_goes_with_the_next_purge_after_its_file(
    household: Household,
) -> None:
    said = household.answer("why.txt", "Why?")
    household.answer("later.txt", "And then?")
    purge_one(household, said.conversation_id)
    (household.folder / "inbox" / "why.txt").unlink()

    purge_one(household, None)

    assert [("later.txt",)] == query(household, "SELECT name FROM drops")


def test_the_number_of_the_newest_note_is_not_given_again(household: Household) -> None:
    said = household.answer("why.txt", "Why?")
    (household.folder / "inbox" / "why.txt").unlink()

    purge_one(household, said.conversation_id)

    assert [(said.id, "", None)] == query(household, "SELECT id, name, content_hash FROM drops")
    assert said.id < household.receive("new.txt", "New?").id


def test_an_inbox_that_is_away_may_hold_every_file(household: Household) -> None:
    said = household.answer("why.txt", "Why?")
    (household.folder / "inbox").rename(household.folder / "unmounted")

    purge_one(household, said.conversation_id)

    assert said.id == household.receive("why.txt", "Why?", touched=1).id


def test_our_own_page_in_an_inbox_goes_with_its_file(household: Household) -> None:
    said = household.answer("why.txt", "Why?")
    for name in ("here.pdf", "gone.pdf"):
        # The content of the page as `stored` made it up.
        assert DropState.IGNORED == household.receive(name, f"page of {said.id}").state
    household.save("here.pdf", "")
    household.answer("later.txt", "And then?")

    purge_one(household, said.conversation_id)

    assert [("here.pdf",)] == query(household, "SELECT name FROM drops WHERE state = 'ignored'")
    assert [] == list_with(household.store.private_folder, f"page of {said.id}")


def test_calls_stay_for_the_budgets_and_name_nobody(household: Household) -> None:
    drop = household.begin("why.txt", "Why?")
    call = PlannedCall(
        "ada", "inbox", drop.id, drop.conversation_id, Purpose.ANSWER, "OpenAI", "m", 10, 10, 0.5
    )
    drop = household.store.ledger.begin_asking(drop, call)
    household.store.ledger.lose_call(drop, Usage(7, 3))
    with closing(sqlite3.connect(household.database)) as database, database:
        database.execute("UPDATE drops SET state = 'failed', content_hash = NULL")
        database.execute("UPDATE calls SET request_id = 'req_1'")

    purge_one(household, drop.conversation_id)

    assert [("ada", None, None, "", 7)] == query(
        household, "SELECT user_id, drop_id, conversation_id, request_id, input_tokens FROM calls"
    )


@pytest.mark.parametrize("state", ["received", "asking", "answered", "waiting", "held"])
def test_a_conversation_with_an_open_note_is_spared_and_named(
    household: Household, state: str
) -> None:
    drop = household.begin("why.txt", "Why?")
    with closing(sqlite3.connect(household.database)) as database, database:
        database.execute("UPDATE drops SET state = ?", (state,))
    make_old(household, drop.conversation_id)

    plan = purging.plan_before(household.store, LONG_AGO + timedelta(days=1))
    purging.purge(household.store, [household.watch], plan)

    assert ((), [drop.conversation_id]) == (
        plan.doomed,
        [each.conversation_id for each in plan.spared],
    )
    assert household.store.sessions.get_conversation(drop.conversation_id or "") is not None


def test_what_is_written_on_between_plan_and_purge_is_spared(household: Household) -> None:
    first, second = (household.answer(f"{n}.txt", f"{n}?", thread=f"t{n}") for n in (1, 2))
    for drop in (first, second):
        make_old(household, drop.conversation_id)
    plan = purging.plan_before(household.store, LONG_AGO + timedelta(days=1))
    household.receive("more.txt", "More?", thread="t1")
    make_old(household, second.conversation_id, days=1)

    purged = purging.purge(household.store, [household.watch], plan)

    assert 2 == len(plan.doomed)
    assert 0 == purged.conversations
    assert 2 == count(household, "exchanges")


def test_a_copy_that_another_note_or_an_attachment_names_stays(household: Household) -> None:
    said = household.answer("a.txt", "The same?", thread="one")
    other = household.answer("b.txt", "The same?", thread="two")
    attached = household.answer("c.txt", "Attached?", thread="three")
    with closing(sqlite3.connect(household.database)) as database, database:
        database.execute(
            "INSERT INTO attachments VALUES (?, 0, '', 'c.txt', 'c.txt', ?, 9)",
            (other.conversation_id, attached.content_hash),
        )

    purge_one(household, said.conversation_id)
    purge_one(household, attached.conversation_id)

    assert household.copy_of(other).exists()
    assert household.copy_of(attached).exists()
    purge_one(household, other.conversation_id)
    assert not household.copy_of(other).exists()
    assert not household.copy_of(attached).exists()


def test_the_age_of_a_copy_that_was_named_does_not_matter(household: Household) -> None:
    said = household.answer("a.txt", "Why?", thread="one")
    copy = household.copy_of(said)
    # As a restore leaves it, or an import of the same file.
    os.utime(copy, (time.time() + 1000, time.time() + 1000))

    purged = purge_one(household, said.conversation_id)

    assert (1, False) == (purged.copies, copy.exists())


def test_the_copy_of_a_note_on_its_way_in_is_left_to_it(household: Household) -> None:
    said = household.answer("a.txt", "Why?", thread="one")
    household.save("b.txt", "Why?", thread="two")
    snapshot = take_snapshot(
        find(household.folder / "inbox", "b.txt"), household.store.private_folder
    )
    assert snapshot is not None

    with snapshot:
        assert 0 == purge_one(household, said.conversation_id).copies
        assert "Why?" == snapshot.path.read_text()
    # It did not come in after all, and what was to be removed is not forgotten.
    assert 1 == purge_one(household, None).copies
    assert not snapshot.path.exists()


def test_a_purge_between_the_copy_of_a_note_and_its_row_takes_nothing_from_it(
    household: Household,
) -> None:
    said = household.answer("a.txt", "Why?", thread="one")
    household.save("b.txt", "Why?", thread="two")

    def purge_at(point: str) -> None:
        if point == "copied":
            purge_one(household, said.conversation_id)

    intake = Intake(
        household.watch, household.store, 0.0, lambda name: None, lambda name: False, purge_at
    )
    received = intake.claim(find(household.folder / "inbox", "b.txt"))

    assert received is not None
    assert "Why?" == household.copy_of(received.drop).read_text()
    assert 1 == count(household, "drops WHERE state = 'received'")


def test_copies_that_a_crash_left_are_swept_by_the_next_purge(household: Household) -> None:
    stray, young = (household.copy_of(household.receive(n, n)) for n in ("old.txt", "new.txt"))
    with closing(sqlite3.connect(household.database)) as database, database:
        database.execute("DELETE FROM sightings")
        database.execute("DELETE FROM drops")
    before = time.time() - 2 * 86400
    os.utime(stray, (before, before))

    purge_one(household, None)

    assert (False, True) == (stray.exists(), young.exists())


def test_copies_stay_where_another_database_keeps_its_own(household: Household) -> None:
    said = household.answer("a.txt", "Why?")
    Store(household.folder / "other.db", household.store.private_folder).close()

    purged = purge_one(household, said.conversation_id)

    assert household.copy_of(said).exists()
    assert "other.db keeps its own" in purged.remark


def make_long(household: Household, number: int) -> str:
    conversation_id = household.store.sessions.create_conversation("ada", title="Long")
    for each in range(number):
        household.store.sessions.add_exchange(
            conversation_id, "a.txt", "text", f"Answer {each}", 1.0, 1
        )
    make_old(household, conversation_id)
    return conversation_id


def test_a_purge_that_is_stopped_leaves_each_conversation_whole_or_not_at_all(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purges_module, "EXCHANGES_AT_ONCE", 10)
    for number in (25, 6, 3, 4):
        make_long(household, number)
    plan = purging.plan_before(household.store, LONG_AGO + timedelta(days=1))
    sizes = []
    for allowed in (1, 1, 1):
        asked = iter([False] * allowed)
        purging.purge(
            household.store,
            [household.watch],
            plan,
            is_stopping=partial(next, asked, True),
        )
        sizes.append(
            [
                total
                for total, there in query(
                    household,
                    "SELECT total_exchanges, (SELECT count(*) FROM exchanges AS e "
                    "WHERE e.conversation_id = c.conversation_id) FROM conversations AS c",
                )
                if total == there
            ]
        )

    assert [[6, 3, 4], [4], []] == sizes
    assert 0 == count(household, "conversations") == count(household, "exchanges")


def test_words_that_a_purge_was_cut_off_from_are_removed_by_the_next(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        household.answer(f"{number}.txt", f"Filling {number}?", "Filled. " * 50)
    said = household.answer("zanzibar.txt", "Of zanzibar?", "The zanzibar.")
    household.answer("more.txt", "More?", "Filled. " * 50)
    (household.folder / "inbox" / "zanzibar.txt").unlink()

    def cut_off(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(purges_module.Purges, "merge_words", cut_off)
        with pytest.raises(RuntimeError):
            purge_one(household, said.conversation_id)
    assert [] != list_with(household.folder, "zanzibar")
    purging.purge_older(household.store, [household.watch], 365)

    assert [] == list_with(household.folder, "zanzibar")
    assert 0 == count(household, "purge_marks WHERE kind IN ('words', 'copy', 'room')")


def test_copies_that_a_purge_was_cut_off_from_are_removed_by_the_next(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = household.answer("a.txt", "Why?")

    def cut_off(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(purges_module.Purges, "discard_copies", cut_off)
        with pytest.raises(RuntimeError):
            purge_one(household, said.conversation_id)
    assert household.copy_of(said).exists()

    assert 1 == purge_one(household, None).copies
    assert not household.copy_of(said).exists()


def test_pages_that_were_given_back_long_before_hold_nothing_either(household: Household) -> None:
    # Its page’s content is let go once it is delivered: pages of the file that nobody overwrites.
    said = household.answer("zanzibar.txt", "Of it?", "The zanzibar of it all. " * 3000)
    for number in range(60):
        household.answer(f"{number}.txt", f"Filling {number}?", "Filled. " * 4000)
    for drop in household.store.ledger.list_drops((DropState.DELIVERED,), 100):
        (household.folder / "inbox" / drop.name).unlink()
    make_old(household, said.conversation_id)
    # In one piece, but for a few pages.
    with closing(sqlite3.connect(household.database, isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("CREATE TABLE once (said)")
        database.execute("INSERT INTO once VALUES (?)", ("zanzibar " * 5000,))
        database.execute("DROP TABLE once")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = household.database.stat().st_size

    purging.purge_older(household.store, [household.watch], 365)

    assert [] == list_with(household.folder, "zanzibar")
    assert 60 == len(household.store.sessions.list_conversations(200))
    assert abs(household.database.stat().st_size - before) < before / 10


def test_no_row_that_goes_is_left_in_a_page_of_its_own(household: Household) -> None:
    conversation_id = household.store.sessions.create_conversation("ada")
    household.store.sessions.add_exchange(
        conversation_id, "a.txt", "text", "the zanzibar of all " * 5000, 1.0, 1
    )

    household.store.purges.remove([conversation_id], None, lambda *_: True, lambda _: None)

    # Before any page is used again, and in the words of `search` it stands apart.
    with closing(sqlite3.connect(household.database)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert [] == list_with(household.folder, "the zanzibar of all")


@pytest.mark.parametrize(
    ("days", "believed"),
    [
        ([1, 2, 1], [True, True, True]),
        # Years ahead for one start, or for some on one day.
        ([3000], [False]),
        ([1, 3000, 3000.1, 2, 3000], [True, False, False, True, False]),
        # It was off for long, and the clock goes on as clocks do.
        ([100, 101, 102], [False, True, True]),
        ([100, 200, 201], [False, False, True]),
        # Once a week.
        ([0, 7, 14, 21, 28], [True, False, True, False, True]),
    ],
)
def test_a_clock_that_is_far_ahead_is_believed_when_it_is_so_a_day_later(
    household: Household, days: list[float], believed: list[bool]
) -> None:
    household.answer("a.txt", "Why?")
    begun = datetime.now(UTC)

    assert believed == [
        household.store.purges.believe_clock(begun + timedelta(days=each), timedelta(days=2))
        for each in days
    ]


def test_notes_that_were_answered_by_a_clock_that_was_wrong_are_no_proof_of_it(
    household: Household,
) -> None:
    ahead = datetime.now(UTC) + timedelta(days=3000)
    believe = household.store.purges.believe_clock
    household.answer("a.txt", "Why?")
    assert believe(datetime.now(UTC), timedelta(days=2))
    assert not believe(ahead, timedelta(days=2))
    household.answer("b.txt", "Now?")
    with closing(sqlite3.connect(household.database)) as database, database:
        database.execute("UPDATE conversations SET last_activity = ?", (ahead.isoformat(),))

    assert not believe(ahead + timedelta(hours=1), timedelta(days=2))


def test_a_file_that_is_away_while_the_inbox_is_listed_is_not_forgotten(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = household.answer("why.txt", "Why?")
    path = household.folder / "inbox" / "why.txt"

    def list_without(folder: Path) -> Listing:
        path.rename(household.folder / "held")
        try:
            return list_inbox(folder)
        finally:
            (household.folder / "held").rename(path)

    monkeypatch.setattr(purging, "list_inbox", list_without)
    purge_one(household, said.conversation_id)

    assert said.id == household.receive("why.txt", "Why?", touched=1).id


def test_a_failed_note_that_was_purged_waits_for_nobody(household: Household) -> None:
    drop = household.begin("why.txt", "Why?")
    with closing(sqlite3.connect(household.database)) as database, database:
        database.execute("UPDATE drops SET state = 'failed', reason = 'Broken.'")
    purge_one(household, drop.conversation_id)
    os.chdir(household.folder)

    retried = CliRunner().invoke(main, ["retry", str(drop.id)])
    shown = CliRunner().invoke(main, ["status", "--json"])

    assert 2 == retried.exit_code
    assert f"The conversation of note {drop.id} was removed for good" in retried.stderr
    facts = json.loads(shown.stdout)
    assert [] == facts["failed"] == facts["unsettled"] == facts["ignored"]


def test_the_last_day_of_the_calendar_is_a_date_too(household: Household) -> None:
    household.answer("a.txt", "Why?")

    shown = invoke(household, "--before", "9999-12-31", "--json")

    assert 1 == len(json.loads(shown.stdout)["conversations"])


@pytest.mark.parametrize("hours", [-12, 0, 12])
def test_the_ends_of_the_calendar_are_moments_anywhere(household: Household, hours: int) -> None:
    household.answer("a.txt", "Why?")
    zone = timezone(timedelta(hours=hours))

    first, last = (
        purging.plan_before(household.store, end.replace(tzinfo=zone))
        for end in (datetime.min, datetime.max)
    )

    assert (0, 1) == (len(first.doomed), len(last.doomed))
    assert 1 == purging.purge(household.store, [household.watch], last).conversations


def test_more_days_than_the_calendar_has_remove_nothing(household: Household) -> None:
    household.answer("a.txt", "Why?")

    purging.purge_older(household.store, [household.watch], 4_000_000)

    assert 1 == count(household, "conversations")


def test_what_killed_processes_left_half_made_is_swept_when_nobody_is_at_it(
    household: Household,
) -> None:
    private = household.store.private_folder
    names = (
        "replies/1.tmp",
        ".sent-a/message.txt",
        "restoring-a/drops/ab/c",
        "drops/ab/.attachment-a",
    )
    for name in names:
        (private / name).parent.mkdir(parents=True, exist_ok=True)
        (private / name).write_text("zanzibar")

    with (private / names[-1]).open("rb") as maker:
        fcntl.flock(maker, fcntl.LOCK_EX)
        purge_one(household, None)
        assert 4 == len(list_with(private, "zanzibar"))
    before = time.time() - 2 * 86400
    for name in ("replies/1.tmp", ".sent-a", "restoring-a"):
        os.utime(private / name, (before, before))
    purge_one(household, None)

    assert [] == list_with(private, "zanzibar")
    assert not (private / ".sent-a").exists()


def test_paid_answers_of_a_restore_that_was_cut_off_are_not_swept(household: Household) -> None:
    kept = household.store.private_folder / "restoring-a" / "replies" / "1.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    os.utime(kept.parent.parent, (1, 1))

    purge_one(household, None)

    assert kept.exists()


def test_everything_that_names_a_conversation_goes_with_it(household: Household) -> None:
    said = household.answer("a.txt", "Why?", thread="one")
    after = household.store.ledger.begin_anew(
        household.begin("b.txt", "And?", thread="one"), Home("ada", "inbox", "one")
    )
    with closing(sqlite3.connect(household.database)) as database, database:
        database.execute(
            "INSERT INTO thread_links VALUES ('ada', 'inbox', 'x', ?, '')", (said.conversation_id,)
        )
        database.execute(
            "INSERT INTO document_pages VALUES (?, 'f', 'inbox', '', 'd', 1, ?)",
            (said.conversation_id, said.id),
        )
    household.store.kept_replies.keep(said.id, REPLY)

    purge_one(household, said.conversation_id)

    for table in ("thread_links", "document_pages", "attachments", "responses"):
        assert 0 == count(household, table)
    assert [("",)] == query(
        household,
        f"SELECT follows FROM conversations WHERE conversation_id = '{after.conversation_id}'",
    )
    assert household.store.kept_replies.find(said.id) is None


def invoke(household: Household, *words: str) -> Result:
    os.chdir(household.folder)
    return CliRunner().invoke(main, ["purge", *words])


def test_without_a_word_of_consent_all_is_shown_and_nothing_removed(household: Household) -> None:
    said = household.answer("a.txt", "Why?", "Because of it.")
    code = household.store.sessions.list_conversations(1)[0].code

    ran = invoke(household, "--conversation", code)

    assert 2 == ran.exit_code
    assert (
        "To be removed for good: 1 conversation, 1 exchange, 1 private file (4 bytes), "
        "and what is known of 1 page.\n" in ran.stdout
    )
    assert f"  {code}  " in ran.stdout
    assert "On Because of it." in ran.stdout
    assert "Pages in the outbox and files in the inbox stay" in ran.stdout
    assert "Nothing was removed. Add --yes" in ran.stderr
    assert household.store.sessions.get_conversation(said.conversation_id or "") is not None


@pytest.mark.parametrize(("word", "left"), [("y", 0), ("n", 1)])
def test_at_a_terminal_it_is_asked(household: Household, word: str, left: int) -> None:
    household.answer("a.txt", "Why?")
    ours, theirs = pty.openpty()
    os.write(ours, f"{word}\n".encode())
    words = ("purge", "--before", "2100-01-01")

    ran = subprocess.run(
        [sys.executable, "-m", "inkchat", *words],
        cwd=household.folder,
        stdin=theirs,
        capture_output=True,
        text=True,
    )

    os.close(ours)
    os.close(theirs)
    assert 0 == ran.returncode, ran.stderr
    assert "Remove for good? [y/N]" in ran.stdout
    assert left == count(household, "conversations")


def test_one_that_waits_is_spared_with_a_code_that_says_so(household: Household) -> None:
    waiting = household.begin("a.txt", "Waits?")

    ran = invoke(household, "--conversation", waiting.conversation_id or "", "--yes")

    assert 1 == ran.exit_code
    assert "`inkchat status` tells what they wait for." in ran.stdout


def test_with_yes_it_is_removed_and_said(household: Household) -> None:
    old = household.answer("a.txt", "Why?", thread="one")
    make_old(household, old.conversation_id)
    household.answer("b.txt", "And?", thread="two")
    waiting = household.begin("c.txt", "Waits?", thread="three")
    make_old(household, waiting.conversation_id)

    ran = invoke(household, "--before", "2026-01-01", "--yes")

    assert 0 == ran.exit_code, ran.output
    assert "Spared, because a note in them is still to be answered" in ran.stdout
    assert "Removed 1 conversation, 1 exchange and 1 private file (4 bytes).\n" in ran.stdout
    assert [("two",), ("three",)] == query(household, "SELECT thread FROM conversations")


def test_the_date_is_a_day_of_this_machines_calendar_or_a_time(household: Household) -> None:
    drop = household.answer("a.txt", "Why?")
    midnight = datetime(2026, 2, 3).astimezone()
    for then in (midnight - timedelta(seconds=1), midnight + timedelta(seconds=1)):
        make_old(household, drop.conversation_id, (datetime.now(UTC) - then) / timedelta(days=1))
        shown = invoke(household, "--before", "2026-02-03", "--json")
        assert (1 if then < midnight else 0) == len(json.loads(shown.stdout)["conversations"])
    later = invoke(household, "--before", "2026-02-03T00:00:02", "--json")

    assert 1 == len(json.loads(later.stdout)["conversations"])
    assert 2 == invoke(household, "--before", "yesterday").exit_code
    assert "write it as 2026-11-01" in invoke(household, "--before", "yesterday").stderr


def test_a_date_in_the_future_is_remarked_upon(household: Household) -> None:
    household.answer("a.txt", "Why?")

    remark = "The date lies in the future: every conversation is older."
    assert invoke(household, "--before", "2100-01-01").stdout.startswith(f"{remark}\nTo be")
    assert "There is nothing to remove.\n" == invoke(household, "--before", "2020-01-01").stdout


def test_json_tells_what_was_removed(household: Household) -> None:
    said = household.answer("a.txt", "Why?")

    facts = json.loads(
        invoke(household, "--conversation", said.conversation_id or "", "--yes", "--json").stdout
    )

    assert [said.conversation_id] == [each["conversation_id"] for each in facts["conversations"]]
    assert (1, 1, 1, 4) == tuple(
        facts[key] for key in ("exchanges", "responses", "private_files", "private_bytes")
    )
    assert 1 == facts["removed"]["conversations"]


@pytest.mark.parametrize("words", [(), ("--before", "2026-01-01", "--conversation", "x")])
def test_either_a_date_or_a_conversation_is_named(
    household: Household, words: tuple[str, ...]
) -> None:
    assert 2 == invoke(household, *words, "--yes").exit_code


def test_an_unknown_conversation_is_refused(household: Household) -> None:
    ran = invoke(household, "--conversation", "conv_nowhere", "--yes")

    assert 2 == ran.exit_code
    assert "not found" in ran.stderr


def test_others_write_while_a_purge_removes(household: Household) -> None:
    for number in range(60):
        drop = household.answer(f"{number}.txt", f"{number}?", thread=f"t{number}")
        make_old(household, drop.conversation_id)
    done = threading.Event()
    written: list[str] = []

    def write() -> None:
        sessions = SessionManager(household.database)
        try:
            while not done.is_set():
                conversation_id = sessions.create_conversation("bob")
                sessions.add_exchange(conversation_id, "n.txt", "text", "kept", 1.0, 1)
                written.append(conversation_id)
                time.sleep(0.01)
        finally:
            sessions.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        plan = purging.plan_before(household.store, LONG_AGO + timedelta(days=1))
        purged = purging.purge(household.store, [household.watch], plan)
    finally:
        done.set()
        writer.join()

    assert 60 == purged.conversations
    assert len(written) == count(household, "exchanges") == count(household, "conversations")
    assert len(written) > 0
    assert [("ok",)] == query(household, "PRAGMA integrity_check")

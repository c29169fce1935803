"""Pauses: one finds out whether a provider answers again, and the others wait for it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import event

from inkchat.domain import NoteKind
from inkchat.errors import RateLimited, Unreachable, WrongKey
from inkchat.store import Answered, Pause, PlannedCall, Purpose, Store
from tests.store.drops import HOME, ONCE, REPLY, arrive, due, envelope, write_answer

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
DOWN = Unreachable("It is down.", "Wait.", provider="OpenAI")
BUSY = RateLimited("It is busy.", "Wait.", provider="OpenAI")
LEASE_SECONDS = 60.0
SECOND = timedelta(seconds=1)


def test_who_is_not_paused_is_asked_without_a_write(store: Store) -> None:
    statements: list[str] = []
    event.listen(
        store._database._engine,
        "before_cursor_execute",
        lambda _c, _u, statement, *_: statements.append(statement),
    )

    assert store.pauses.enter("k", NOW, LEASE_SECONDS) is None
    assert store.pauses.find("k") is None
    store.pauses.end("k")
    store.pauses.end_all()

    assert 4 == len(statements)
    assert all(statement.startswith("SELECT") for statement in statements)


def test_a_pause_holds_until_it_is_over(store: Store) -> None:
    store.pauses.begin("k", DOWN, LATER, NOW)

    expected = Pause("OpenAI", "unreachable", "It is down.", "Wait.", 1, NOW, LATER)
    assert expected == store.pauses.enter("k", NOW, LEASE_SECONDS)
    assert expected == store.pauses.find("k")
    assert store.pauses.enter("other", NOW, LEASE_SECONDS) is None


def test_when_it_is_over_one_is_let_through_at_a_time(store: Store) -> None:
    store.pauses.begin("k", DOWN, LATER, NOW)

    assert store.pauses.enter("k", LATER, LEASE_SECONDS) is None
    second = store.pauses.enter("k", LATER, LEASE_SECONDS)
    assert second is not None
    assert LATER + timedelta(seconds=LEASE_SECONDS) == second.until
    assert store.pauses.enter("k", second.until, LEASE_SECONDS) is None


def test_the_same_failure_again_is_counted_and_another_begins_anew(store: Store) -> None:
    store.pauses.begin("k", DOWN, LATER, NOW)
    store.pauses.begin("k", DOWN, LATER, LATER)
    again = store.pauses.find("k")
    store.pauses.begin("k", WrongKey("No.", "Mend it.", provider="OpenAI"), LATER, LATER)
    other = store.pauses.find("k")

    assert again is not None
    assert (2, NOW) == (again.tries, again.since)
    assert other is not None
    assert (1, LATER, "wrong-key") == (other.tries, other.since, other.code)


def test_its_end_hurries_those_that_wait_for_that_provider(store: Store, tmp_path: Path) -> None:
    ours, theirs, own = (arrive(store, tmp_path, number) for number in range(3))
    hour = datetime.now(UTC) + timedelta(hours=1)
    store.ledger.wait(ours, hour, DOWN, ONCE, "OpenAI")
    store.ledger.wait(theirs, hour, DOWN, ONCE, "Ollama")
    store.ledger.wait(own, hour, DOWN, ONCE)
    store.pauses.begin("k", DOWN, LATER, NOW)
    store.pauses.begin("k of before", DOWN, LATER, NOW)
    store.pauses.begin("l", Unreachable("Down.", "Wait.", provider="Ollama"), LATER, NOW)

    store.pauses.end("k")
    assert [ours.id] == due(store)
    assert ["Ollama"] == [pause.provider for pause in store.pauses.list_all()]
    store.pauses.end_all()

    assert [] == store.pauses.list_all()


def test_a_failure_that_was_on_its_way_neither_shortens_a_pause_nor_is_a_try(store: Store) -> None:
    asked_for = store.pauses.begin("k", BUSY, LATER, NOW)

    for error in (BUSY, DOWN):
        in_force = store.pauses.begin("k", error, NOW + 4 * SECOND, NOW + SECOND)
        assert asked_for == in_force == store.pauses.find("k")


def test_a_failure_that_was_on_its_way_may_lengthen_a_pause(store: Store) -> None:
    store.pauses.begin("k", BUSY, NOW + 4 * SECOND, NOW)

    longer = store.pauses.begin("k", BUSY, LATER - SECOND, NOW + SECOND)
    other = store.pauses.begin("k", DOWN, LATER, NOW + 2 * SECOND)

    assert (LATER - SECOND, 1, NOW) == (longer.until, longer.tries, longer.since)
    assert (LATER, 1, "unreachable") == (other.until, other.tries, other.code)
    assert other == store.pauses.find("k")


def test_who_finds_out_for_all_says_how_long_the_next_pause_is(store: Store) -> None:
    store.pauses.begin("k", BUSY, LATER, NOW)
    store.pauses.enter("k", LATER, LEASE_SECONDS)

    found_out = store.pauses.begin("k", BUSY, LATER + 9 * SECOND, LATER + SECOND, is_probe=True)

    assert (LATER + 9 * SECOND, 2, NOW) == (found_out.until, found_out.tries, found_out.since)


def test_a_pause_that_a_wrong_clock_wrote_is_over(store: Store) -> None:
    store.pauses.begin("k", BUSY, NOW + timedelta(days=999), NOW)

    assert store.pauses.enter("k", NOW, LEASE_SECONDS) is None
    leased = store.pauses.enter("k", NOW, LEASE_SECONDS)

    assert leased is not None
    assert NOW + timedelta(seconds=LEASE_SECONDS) == leased.until


def test_what_was_over_a_day_ago_is_forgotten(store: Store) -> None:
    store.pauses.begin("old", BUSY, LATER, NOW)
    store.pauses.begin("k", BUSY, LATER + timedelta(days=1), LATER + timedelta(hours=23))
    assert store.pauses.find("old") is not None

    store.pauses.begin("k", BUSY, LATER + timedelta(days=2), LATER + timedelta(days=1, seconds=1))

    assert store.pauses.find("old") is None
    assert store.pauses.find("k") is not None


def test_an_answer_ends_pauses_of_old_keys_and_none_that_came_meanwhile(
    store: Store, tmp_path: Path
) -> None:
    drop = store.ledger.route(arrive(store, tmp_path, 1), None, HOME)
    before = datetime.now(UTC)
    store.pauses.begin("k of before", DOWN, before + timedelta(hours=1), before)
    planned = PlannedCall(
        "ada", "inbox", drop.id, drop.conversation_id, Purpose.ANSWER, "OpenAI", "m", 9, 9, None
    )
    asking = store.ledger.begin_asking(drop, planned)
    meanwhile = datetime.now(UTC)
    busy = store.pauses.begin("k", BUSY, meanwhile + timedelta(hours=1), meanwhile)

    store.ledger.answer(
        asking, Answered(NoteKind.PDF, REPLY, 1.0), envelope(tmp_path), write_answer
    )

    assert [busy] == store.pauses.list_all()

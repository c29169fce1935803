"""Pauses: one finds out whether a provider answers again, and the others wait for it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import event

from inkchat.errors import Unreachable, WrongKey
from inkchat.store import Pause, Store
from tests.store.drops import ONCE, arrive, due

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
DOWN = Unreachable("It is down.", "Wait.", provider="OpenAI")
LEASE_SECONDS = 60.0


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
    store.pauses.begin("l", DOWN, LATER, NOW)

    store.pauses.end("k")
    assert [ours.id] == due(store)
    assert store.pauses.find("k") is None
    assert store.pauses.find("l") is not None
    store.pauses.end_all()

    assert store.pauses.find("l") is None

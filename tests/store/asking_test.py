"""The ledger and the calls: what is paid is known for each way that asking can end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inkchat.config import Allowance, Budget, Ceiling
from inkchat.domain import Drop, DropState, NoteKind, Reply, Usage
from inkchat.errors import AnswerLost, AnswerRefused, BudgetReached, DeliveryError, InDoubt
from inkchat.store import Answered, Grouping, PlannedCall, Purpose, Store, UsageRow
from tests.store.drops import (
    HOME,
    ONCE,
    REPLY,
    answer,
    arrive,
    deliver,
    due,
    envelope,
    write_answer,
    write_error,
)

PAID = replace(
    REPLY,
    usage=Usage(800, 40, 500, 90),
    cost_usd=0.02,
    first_token_seconds=0.5,
    request_id="req-1",
)
NO_MONEY = Budget(total=Allowance(day=Ceiling(usd=0.0)))


def receive(store: Store, folder: Path, number: int = 1) -> Drop:
    return store.ledger.route(arrive(store, folder, number), None, HOME)


def plan(drop: Drop, purpose: Purpose = Purpose.ANSWER) -> PlannedCall:
    return PlannedCall(
        "ada", drop.watch, drop.id, drop.conversation_id, purpose, "OpenAI", "m", 900, 100, 0.05
    )


def begin(store: Store, drop: Drop) -> Drop:
    return store.ledger.begin_asking(drop, plan(drop))


def record(store: Store, folder: Path, drop: Drop, reply: Reply = PAID) -> Drop:
    return store.ledger.answer(
        drop, Answered(NoteKind.PDF, reply, 1.5), envelope(folder), write_answer
    )


def calls(store: Store) -> list[tuple[Any, ...]]:
    """(purpose, state, input tokens, cost) of each call."""
    with store._database.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT purpose, state, input_tokens, cost_usd FROM calls ORDER BY id"
        )
        return [tuple(row) for row in rows]


def total(store: Store) -> UsageRow:
    (row,) = store.calls.report(Grouping.USER)
    return row


def test_an_answer_settles_its_call(store: Store, tmp_path: Path) -> None:
    drop = begin(store, receive(store, tmp_path))
    assert [("answer", "open", 900, 0.05)] == calls(store)

    answered = record(store, tmp_path, drop)

    assert [("answer", "done", 800, 0.02)] == calls(store)
    assert (500, 0) == (total(store).cached_tokens, total(store).calls_estimated)
    state = store.sessions.get_conversation(answered.conversation_id or "")
    assert state is not None
    exchange = state.exchanges[0]
    assert (90, 0.02, 0.5) == (
        exchange.cache_written_tokens,
        exchange.cost_usd,
        exchange.first_token_seconds,
    )
    assert 0.9 == store.calibrations.factor("OpenAI", "m")


def test_a_call_beyond_the_budget_is_not_begun(store: Store, tmp_path: Path) -> None:
    drop = receive(store, tmp_path)

    with pytest.raises(BudgetReached):
        store.ledger.begin_asking(drop, plan(drop), NO_MONEY)

    assert drop == store.ledger.get(drop.id)
    assert [] == calls(store)


def test_an_answered_drop_is_not_paid_for_again(store: Store, tmp_path: Path) -> None:
    drop = begin(store, receive(store, tmp_path))
    record(store, tmp_path, drop)

    with pytest.raises(RuntimeError, match="not to be asked"):
        begin(store, drop)

    assert 1 == total(store).calls


def test_offline_takes_no_call(store: Store, tmp_path: Path) -> None:
    drop = store.ledger.begin_asking(receive(store, tmp_path))
    record(store, tmp_path, drop, replace(REPLY, provider="Offline"))

    assert [] == calls(store)


def test_what_nobody_reserved_is_counted_when_it_is_answered(store: Store, tmp_path: Path) -> None:
    record(store, tmp_path, store.ledger.begin_asking(receive(store, tmp_path)))

    assert [("answer", "done", 800, 0.02)] == calls(store)
    assert "ada" == total(store).key


def test_what_was_refused_unpaid_leaves_nothing(store: Store, tmp_path: Path) -> None:
    drop = begin(store, receive(store, tmp_path))

    given_back = store.ledger.give_back(drop)

    assert (DropState.RECEIVED, 1) == (given_back.state, given_back.calls)
    assert [] == calls(store)
    assert 2 == begin(store, given_back).calls


@pytest.mark.parametrize("ending", ["count_cut", "lose_call", "wait", "hold", "fail"])
def test_what_may_have_been_paid_stays_with_its_estimate(
    ending: str, store: Store, tmp_path: Path
) -> None:
    drop = begin(store, receive(store, tmp_path))
    lost = AnswerLost("It broke off.", "Wait.", provider="OpenAI")
    refused = AnswerRefused("It declined.", "Ask otherwise.", provider="OpenAI")
    doubt = InDoubt("It was cut off.", "Retry.", provider="")
    match ending:
        case "count_cut":
            store.ledger.count_cut(drop)
        case "lose_call":
            store.ledger.lose_call(drop)
        case "wait":
            store.ledger.wait(drop, datetime.now(UTC), lost, ONCE)
        case "hold":
            store.ledger.hold(drop, doubt, envelope(tmp_path), write_error)
        case _:
            store.ledger.fail(drop, refused, envelope(tmp_path), write_error)

    assert [("answer", "lost", 900, 0.05)] == calls(store)


def test_a_reply_that_is_recorded_late_settles_the_call_it_came_by(
    store: Store, tmp_path: Path
) -> None:
    drop = store.ledger.count_cut(begin(store, receive(store, tmp_path)))
    record(store, tmp_path, drop)

    assert [("answer", "done", 800, 0.02)] == calls(store)


def test_a_call_that_was_lost_is_not_settled_by_the_next(store: Store, tmp_path: Path) -> None:
    drop = begin(store, store.ledger.count_cut(begin(store, receive(store, tmp_path))))
    record(store, tmp_path, drop)

    assert [("answer", "lost", 900, 0.05), ("answer", "done", 800, 0.02)] == calls(store)


def test_a_repair_is_a_call_of_its_own(store: Store, tmp_path: Path) -> None:
    drop = begin(store, receive(store, tmp_path))
    store.ledger.lose_call(drop)
    repairing = store.ledger.begin_repair(drop)
    asking = store.ledger.begin_asking(repairing, plan(drop, Purpose.REPAIR))
    answered = record(store, tmp_path, asking)

    assert [("answer", "lost", 900, 0.05), ("repair", "done", 800, 0.02)] == calls(store)
    assert (1, 2) == (answered.repairs, answered.calls)


def test_a_note_is_handed_over_to_the_provider_it_names(store: Store, tmp_path: Path) -> None:
    drop = begin(store, receive(store, tmp_path))

    handed = store.ledger.hand_over(drop, PAID, provider_name="Anthropic Claude")
    record(store, tmp_path, begin(store, handed))

    assert (DropState.RECEIVED, "Anthropic Claude") == (handed.state, handed.asked_provider)
    assert [("hand-over", "done", 800, 0.02), ("answer", "done", 800, 0.02)] == calls(store)
    assert "Anthropic Claude" == store.ledger.get(drop.id).asked_provider


def test_a_note_stays_where_it_is_if_the_conversation_it_names_is_gone(
    store: Store, tmp_path: Path
) -> None:
    drop = begin(store, receive(store, tmp_path))

    handed = store.ledger.hand_over(drop, PAID, conversation_id="conv_purged", home=HOME)

    assert DropState.RECEIVED is handed.state
    assert drop.conversation_id == handed.conversation_id


def test_whom_a_typed_note_names_is_kept(store: Store, tmp_path: Path) -> None:
    drop = store.ledger.name_provider(receive(store, tmp_path), "Ollama")

    assert (DropState.RECEIVED, "Ollama") == (drop.state, drop.asked_provider)


# Budgets that hold, and let go


def reached(until: datetime) -> BudgetReached:
    return BudgetReached("It is used up.", "Wait.", provider="OpenAI", until=until)


def test_a_drop_is_held_until_the_period_turns(store: Store, tmp_path: Path) -> None:
    midnight = datetime.now(UTC) + timedelta(hours=3)
    drop = receive(store, tmp_path)
    store.ledger.hold_for_budget(drop, reached(midnight))

    held = store.ledger.get(drop.id)
    assert (DropState.HELD, "budget-reached", midnight) == (
        held.state,
        held.reason_code,
        held.held_until,
    )
    assert [] == due(store)
    assert [] == store.outgoing.list_undelivered(drop.id)
    assert 0 == store.ledger.release_held(midnight - timedelta(seconds=1))
    assert 1 == store.ledger.release_held(midnight)
    released = store.ledger.get(drop.id)

    assert (DropState.RECEIVED, 0, None, None, "") == (
        released.state,
        released.attempts,
        released.failing_since,
        released.held_until,
        released.reason,
    )
    assert [drop.id] == due(store)


def test_a_raised_budget_lets_go_what_it_held_and_nothing_else(
    store: Store, tmp_path: Path
) -> None:
    of_budget, in_doubt = receive(store, tmp_path, 1), receive(store, tmp_path, 2)
    store.ledger.hold_for_budget(of_budget, reached(datetime.now(UTC) + timedelta(days=9)))
    doubt = InDoubt("It was cut off.", "Retry.", provider="")
    store.ledger.hold(in_doubt, doubt, envelope(tmp_path), write_error)

    assert 1 == store.ledger.release_budget_holds()
    assert 0 == store.ledger.release_budget_holds()

    assert DropState.RECEIVED is store.ledger.get(of_budget.id).state
    assert DropState.HELD is store.ledger.get(in_doubt.id).state


def test_a_page_that_cannot_be_delivered_does_not_hold_the_note_for_good(
    store: Store, tmp_path: Path
) -> None:
    drop = receive(store, tmp_path)
    store.ledger.hold_for_budget(drop, reached(datetime.now(UTC)))
    full = DeliveryError("The outbox is full.", "Free some.")
    held = store.ledger.get(drop.id)
    store.ledger.wait(held, datetime.now(UTC) + timedelta(hours=1), full, ONCE)

    assert 1 == store.ledger.release_held(datetime.now(UTC))
    assert [drop.id] == due(store)
    assert store.ledger.get(drop.id).failing_since is None


def test_the_trouble_of_a_budget_ends_when_nothing_is_held_any_more(
    store: Store, tmp_path: Path
) -> None:
    error = reached(datetime.now(UTC))
    first, second, third = (receive(store, tmp_path, number) for number in (1, 2, 3))
    for drop in (first, second):
        store.ledger.hold_for_budget(drop, error)
        store.troubles.begin(drop, error, envelope(tmp_path), write_error)

    record(store, tmp_path, begin(store, third))
    assert ["budget-reached"] == [trouble.code for trouble in store.troubles.list_open()]
    store.ledger.release_held(datetime.now(UTC))
    record(store, tmp_path, begin(store, first))

    assert [] == store.troubles.list_open()


def in_one_conversation(store: Store, folder: Path) -> tuple[Drop, Drop]:
    first, second = (arrive(store, folder, number, thread="t") for number in (1, 2))
    return first, second


def test_what_a_budget_holds_is_not_overtaken_in_its_conversation(
    store: Store, tmp_path: Path
) -> None:
    first, second = in_one_conversation(store, tmp_path)
    other = arrive(store, tmp_path, 3)
    store.ledger.hold_for_budget(first, reached(datetime.now(UTC) + timedelta(days=9)))

    assert [other.id] == due(store)
    assert not store.ledger.has_its_turn(second, ["inbox"])
    assert store.ledger.has_its_turn(second, ["another"])
    assert 1 == store.ledger.release_budget_holds()
    deliver(store, record(store, tmp_path, begin(store, store.ledger.get(first.id))))

    assert [second.id, other.id] == due(store)


def test_what_a_person_must_let_go_keeps_no_other_note_waiting(
    store: Store, tmp_path: Path
) -> None:
    first, second = in_one_conversation(store, tmp_path)
    doubt = InDoubt("It was cut off.", "Retry.", provider="")
    store.ledger.hold(first, doubt, envelope(tmp_path), write_error)

    assert store.ledger.has_its_turn(second, ["inbox"])


# Notes that only Offline has answered


def answer_offline(store: Store, folder: Path, number: int) -> Drop:
    drop = store.ledger.begin_asking(receive(store, folder, number))
    offline = replace(REPLY, provider="Offline", model="")
    return deliver(store, record(store, folder, drop, offline))


def test_what_offline_answered_can_be_given_to_a_model(store: Store, tmp_path: Path) -> None:
    deliver(store, answer(store, tmp_path, arrive(store, tmp_path, 1)))
    offline, later = (answer_offline(store, tmp_path, number) for number in (2, 3))
    assert [offline, later] == store.ledger.list_offline_answered(["inbox"], 5)
    assert [offline] == store.ledger.list_offline_answered(["inbox"], 1)
    assert [] == store.ledger.list_offline_answered(["other"], 5)

    assert store.ledger.give_to_model(offline.id)
    assert not store.ledger.give_to_model(offline.id)
    given = store.ledger.get(offline.id)
    assert (DropState.RECEIVED, True, 0) == (given.state, given.wants_model, given.calls)
    assert [offline.id] == due(store)
    answered = record(store, tmp_path, begin(store, given))

    assert (2, False) == (answered.exchange_number, answered.wants_model)
    deliver(store, answered)
    assert [later] == store.ledger.list_offline_answered(["inbox"], 5)
    assert not store.ledger.give_to_model(offline.id)


def test_what_a_model_answered_is_not_given_away(store: Store, tmp_path: Path) -> None:
    drop = deliver(store, answer(store, tmp_path, arrive(store, tmp_path, 1)))

    assert not store.ledger.give_to_model(drop.id)
    assert not store.ledger.give_to_model(99)


def test_what_is_answered_and_held_on_its_way_to_a_model_keeps_no_other_note_waiting(
    store: Store, tmp_path: Path
) -> None:
    offline = answer_offline(store, tmp_path, 1)
    assert store.ledger.give_to_model(offline.id)
    later = store.ledger.route(arrive(store, tmp_path, 2), offline.conversation_id, HOME)
    assert not store.ledger.has_its_turn(later, ["inbox"])

    store.ledger.hold_for_budget(offline, reached(datetime.now(UTC) + timedelta(days=9)))

    assert store.ledger.has_its_turn(later, ["inbox"])


def test_other_notes_that_wait_in_a_conversation_are_counted(store: Store, tmp_path: Path) -> None:
    first, second, third = (arrive(store, tmp_path, n, thread="t") for n in (1, 2, 3))
    arrive(store, tmp_path, 4)
    conversation_id = first.conversation_id or ""
    assert 2 == store.ledger.count_waiting_in(conversation_id, second.id)

    deliver(store, answer(store, tmp_path, first))

    assert 1 == store.ledger.count_waiting_in(conversation_id, third.id)

"""Calls and budgets: what may have been paid is counted, and no ceiling is passed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from inkchat.config import Allowance, Budget, Ceiling
from inkchat.domain import Usage
from inkchat.errors import BudgetReached, BudgetReserved
from inkchat.store import Grouping, PlannedCall, Purpose, Store
from inkchat.store.call_rows import (
    finish_call,
    forget_call_of_drop,
    lose_call_of_drop,
    reserve_call,
)

NOON = datetime(2026, 11, 21, 12).astimezone()
TODAY = NOON.date()
PLANNED = PlannedCall("ada", "inbox", None, None, Purpose.ANSWER, "OpenAI", "m", 900, 100, 0.05)


@contextmanager
def written(store: Store) -> Iterator[Connection]:
    with store._database.write() as connection:
        yield connection


def reserve(
    store: Store, planned: PlannedCall, budget: Budget | None = None, now: datetime = NOON
) -> int:
    with written(store) as connection:
        return reserve_call(connection, planned, budget or Budget(), now)


def finish(store: Store, call_id: int, usage: Usage, cost_usd: float | None) -> None:
    store.calls.finish(call_id, usage, cost_usd, 2.0, 0.5, "req-1")


def day(usd: float | None = None, tokens: int | None = None) -> Allowance:
    return Allowance(day=Ceiling(usd, tokens))


def refusal(store: Store, planned: PlannedCall, budget: Budget) -> BudgetReached:
    with pytest.raises(BudgetReached) as caught:
        reserve(store, planned, budget)
    return caught.value


def test_a_call_counts_by_its_estimate_until_it_is_known(store: Store) -> None:
    done, lost, forgotten = (reserve(store, PLANNED) for _ in range(3))
    assert 3000 == store.calls.spent("ada", TODAY, TODAY).tokens

    finish(store, done, Usage(400, 50, 300, 20), 0.01)
    store.calls.lose(lost)
    store.calls.forget(forgotten)

    spent = store.calls.spent(None, TODAY, TODAY)
    assert 450 + 1000 == spent.tokens
    assert pytest.approx(0.06) == spent.usd
    (row,) = store.calls.report(Grouping.DAY)
    assert (str(TODAY), 2, 1300, 300, 150, 0, 1) == (
        row.key,
        row.calls,
        row.input_tokens,
        row.cached_tokens,
        row.output_tokens,
        row.calls_of_unknown_cost,
        row.calls_estimated,
    )


def test_what_is_done_stays_done(store: Store) -> None:
    call_id = reserve(store, PLANNED)
    finish(store, call_id, Usage(400, 50), 0.01)

    finish(store, call_id, Usage(1, 1), 9.0)
    store.calls.lose(call_id)
    store.calls.forget(call_id)

    (row,) = store.calls.report(Grouping.PROVIDER)
    assert ("OpenAI", 400, 0.01, 0) == (
        row.key,
        row.input_tokens,
        row.cost_usd,
        row.calls_estimated,
    )


def test_an_estimate_stands_where_the_provider_counts_nothing(store: Store) -> None:
    finish(store, reserve(store, PLANNED), Usage(), None)

    (row,) = store.calls.report(Grouping.DAY)

    assert (900, 100, 0.05, 1) == (
        row.input_tokens,
        row.output_tokens,
        row.cost_usd,
        row.calls_estimated,
    )


def test_an_unknown_price_is_unknown_and_not_nothing(store: Store) -> None:
    finish(store, reserve(store, replace(PLANNED, cost_usd=None)), Usage(10, 10), None)
    finish(store, reserve(store, PLANNED), Usage(10, 10), 0.5)

    (row,) = store.calls.report(Grouping.MONTH)

    assert (2, 1, 0.5) == (row.calls, row.calls_of_unknown_cost, row.cost_usd)


def test_a_count_that_no_price_fits_leaves_the_estimate_of_the_cost(store: Store) -> None:
    finish(store, reserve(store, PLANNED), Usage(100, 10, cached_tokens=300), None)

    (row,) = store.calls.report(Grouping.DAY)

    assert (100, 0.05, 0, 1) == (
        row.input_tokens,
        row.cost_usd,
        row.calls_of_unknown_cost,
        row.calls_estimated,
    )
    assert 0.05 == store.calls.spent("ada", TODAY, TODAY).usd


@pytest.mark.parametrize("by", Grouping)
def test_calls_of_unknown_cost_are_counted(by: Grouping, store: Store) -> None:
    for cost_usd in (None, None, 0.5):
        reserve(store, replace(PLANNED, cost_usd=cost_usd))

    (row,) = store.calls.report(by)

    assert (3, 2) == (row.calls, row.calls_of_unknown_cost)
    assert type(row.calls_of_unknown_cost) is int


def test_a_server_may_claim_any_number_of_tokens(store: Store) -> None:
    for _ in range(3):
        finish(store, reserve(store, PLANNED), Usage(2**63 - 1, 2**63 - 1), None)
    finish(store, reserve(store, PLANNED), Usage(-5, 10), None)

    assert 6 * 10**12 + 10 == store.calls.spent(None, TODAY, TODAY).tokens


def test_a_user_s_budget_is_said_with_what_is_spent(store: Store) -> None:
    finish(store, reserve(store, PLANNED), Usage(10, 10), 0.97)
    budget = Budget(per_user=day(usd=1.0))

    error = refusal(store, PLANNED, budget)

    assert (
        "Today’s budget of $1.00 for ada does not suffice: $0.97 are spent, and this note would "
        "take about $0.05."
    ) == error.what_happened
    assert (
        "Raise `budget` in config.yaml, or wait: the note goes on by itself on 22 November."
    ) == error.next_step
    assert ("OpenAI", datetime(2026, 11, 22).astimezone()) == (error.provider, error.until)
    assert error.until.tzinfo is not None
    reserve(store, replace(PLANNED, user="grace"), budget)


def test_tokens_and_the_whole_month_are_said_too(store: Store) -> None:
    begun = reserve(store, replace(PLANNED, user="grace", input_tokens=98_900, output_tokens=0))
    store.calls.lose(begun)
    budget = Budget(total=Allowance(month=Ceiling(tokens=99_000)))

    error = refusal(store, PLANNED, budget)

    assert (
        "This month’s budget of 99,000 tokens does not suffice: 98,900 tokens are spent, and this "
        "note would take about 1,000 tokens."
    ) == error.what_happened
    assert "on 1 December." in error.next_step
    assert datetime(2026, 12, 1).astimezone() == error.until


def test_of_several_ceilings_the_one_that_turns_last_is_said(store: Store) -> None:
    budget = Budget(
        total=Allowance(day=Ceiling(tokens=10), month=Ceiling(tokens=20)),
        per_user=day(tokens=10),
    )

    assert datetime(2026, 12, 1).astimezone() == refusal(store, PLANNED, budget).until


def test_what_is_more_than_the_whole_budget_is_said_so(store: Store) -> None:
    error = refusal(store, PLANNED, Budget(users={"ada": day(usd=0.01)}))

    assert "is too small" in error.what_happened
    assert (
        "Raise `budget` in config.yaml: this note alone takes more than the whole budget."
    ) == error.next_step


def test_a_call_without_a_price_takes_nothing_of_a_budget_in_money(store: Store) -> None:
    budget = Budget(total=day(usd=0.01))

    reserve(store, replace(PLANNED, cost_usd=None), budget)

    assert "is too small" in refusal(store, PLANNED, budget).what_happened


def test_a_new_day_begins_with_nothing_spent_and_a_month_goes_on(store: Store) -> None:
    tomorrow = NOON + timedelta(days=1)
    budget = Budget(total=day(tokens=1000))
    store.calls.lose(reserve(store, PLANNED, budget))

    store.calls.lose(reserve(store, PLANNED, budget, tomorrow))

    by_month = Budget(total=Allowance(month=Ceiling(tokens=2500)))
    with pytest.raises(BudgetReached):
        reserve(store, PLANNED, by_month, tomorrow)
    reserve(store, PLANNED, by_month, NOON + timedelta(days=10))


def test_what_is_only_reserved_is_waited_for_and_not_held_against_a_note(store: Store) -> None:
    budget = Budget(total=day(tokens=1500))
    begun = reserve(store, PLANNED, budget)

    with pytest.raises(BudgetReserved):
        reserve(store, PLANNED, budget)
    finish(store, begun, Usage(300, 100), 0.01)
    reserve(store, PLANNED, budget)


def test_what_is_reserved_for_hours_is_counted_as_spent(store: Store) -> None:
    budget = Budget(total=day(tokens=1500))
    reserve(store, PLANNED, budget, NOON - timedelta(hours=2, seconds=1))

    assert "1,000 tokens are spent" in refusal(store, PLANNED, budget).what_happened
    (spending,) = store.calls.measure(budget, [], TODAY)
    assert 1000 == spending.spent.tokens


def test_a_call_cut_off_long_ago_that_no_drop_tells_of_is_lost(store: Store) -> None:
    reserve(store, PLANNED)
    reserve(store, replace(PLANNED, drop_id=7))
    reserve(store, PLANNED, now=NOON + timedelta(minutes=20))

    store.calls.lose_cut_off(NOON + timedelta(minutes=10))

    with written(store) as connection:
        states = connection.exec_driver_sql("SELECT state FROM calls ORDER BY id").fetchall()
    assert ["lost", "open", "open"] == [state for (state,) in states]


def test_usage_is_added_up_in_five_ways(store: Store) -> None:
    plans = [
        PLANNED,
        replace(PLANNED, user="grace", provider="Ollama", cost_usd=0.5),
        replace(PLANNED, conversation_id="conv_1", cost_usd=0.1),
    ]
    for number, planned in enumerate(plans):
        reserve(store, planned, now=NOON + timedelta(days=number * 9))

    keys = {by: [row.key for row in store.calls.report(by)] for by in Grouping}

    assert {
        Grouping.DAY: ["2026-11-21", "2026-11-30", "2026-12-09"],
        Grouping.MONTH: ["2026-11", "2026-12"],
        Grouping.PROVIDER: ["Ollama", "OpenAI"],
        Grouping.USER: ["grace", "ada"],
        Grouping.CONVERSATION: ["", "conv_1"],
    } == keys
    since, until = date(2026, 11, 22), date(2026, 12, 1)
    assert ["2026-11-30"] == [r.key for r in store.calls.report(Grouping.DAY, since, until)]
    assert [] == store.calls.report(Grouping.DAY, since, until, "ada")


def test_a_drop_has_one_open_call_at_most(store: Store) -> None:
    of_drop = replace(PLANNED, drop_id=7)
    reserve(store, of_drop)
    reserve(store, of_drop)
    reserve(store, replace(PLANNED, drop_id=8))

    with written(store) as connection:
        states = connection.exec_driver_sql(
            "SELECT drop_id, state FROM calls ORDER BY id"
        ).fetchall()

    assert [(7, "lost"), (7, "open"), (8, "open")] == [tuple(state) for state in states]


def test_many_at_once_do_not_spend_the_same_dollar(store: Store) -> None:
    budget = Budget(total=day(usd=0.5))
    reserved: list[int] = []

    def work() -> None:
        for _ in range(5):
            try:
                reserved.append(store.calls.reserve(PLANNED, budget))
            except BudgetReserved:
                return

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 10 == len(reserved)


@dataclass
class _Known:
    """A call as an account book would have it."""

    user: str
    day: date
    usd: float
    tokens: int
    is_open: bool = True


USERS = ("ada", "grace", "mary")
# Halves and quarters add up without a rounding.
dollars = st.none() | st.integers(0, 40).map(lambda quarters: quarters / 4)
ceilings = st.builds(
    Ceiling,
    usd=st.none() | st.integers(0, 20).map(float),
    tokens=st.none() | st.integers(0, 2000),
)
allowances = st.builds(Allowance, day=ceilings, month=ceilings)
budgets = st.builds(
    Budget,
    total=allowances,
    per_user=allowances,
    users=st.dictionaries(st.sampled_from(USERS), allowances, max_size=2),
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "reserve", "finish", "forget", "lose"]),
        st.sampled_from(USERS),
        st.integers(0, 500),
        dollars,
        st.integers(0, 3),
    ),
    max_size=25,
)


@given(budget=budgets, steps=steps)
def test_no_reservation_passes_a_ceiling(
    budget: Budget, steps: list[tuple[str, str, int, float | None, int]], store: Store
) -> None:
    with written(store) as connection:
        connection.exec_driver_sql("DELETE FROM calls")
        book: dict[int, _Known] = {}
        for step, user, tokens, usd, number in steps:
            now = NOON + timedelta(days=number * 4)
            if step == "reserve":
                planned = replace(
                    PLANNED,
                    user=user,
                    drop_id=None,
                    input_tokens=tokens,
                    output_tokens=1,
                    cost_usd=usd,
                )
                wanted = _Known(user, now.date(), usd or 0.0, tokens + 1)
                fits = _fits([*book.values(), wanted], budget, user, now.date())
                try:
                    call_id = reserve_call(connection, planned, budget, now)
                except (BudgetReached, BudgetReserved):
                    assert not fits
                else:
                    assert fits
                    book[call_id] = wanted
                continue
            open_ids = [i for i, known in book.items() if known.is_open]
            if not open_ids:
                continue
            call_id = open_ids[number % len(open_ids)]
            if step == "finish":
                finish_call(
                    connection,
                    call_id,
                    Usage(tokens, 3),
                    usd,
                    first_token_seconds=None,
                    request_id="",
                )
                known = book[call_id]
                cost_usd = known.usd if usd is None else usd
                book[call_id] = _Known(known.user, known.day, cost_usd, tokens + 3, False)
            else:
                connection.exec_driver_sql("UPDATE calls SET drop_id = 1 WHERE id = ?", (call_id,))
                (forget_call_of_drop if step == "forget" else lose_call_of_drop)(connection, 1)
                if step == "forget":
                    del book[call_id]
                else:
                    book[call_id].is_open = False


def _fits(calls: list[_Known], budget: Budget, user: str, today: date) -> bool:
    """Whether what these calls take lies below each ceiling that holds for the user today."""

    def is_kept(ceiling: Ceiling, counted: list[_Known]) -> bool:
        return (ceiling.usd is None or sum(c.usd for c in counted) <= ceiling.usd) and (
            ceiling.tokens is None or sum(c.tokens for c in counted) <= ceiling.tokens
        )

    own = [call for call in calls if call.user == user]
    return all(
        is_kept(allowance.day, [c for c in counted if c.day == today])
        and is_kept(
            allowance.month,
            [c for c in counted if c.day.replace(day=1) == today.replace(day=1) and c.day <= today],
        )
        for allowance, counted in ((budget.total, calls), (budget.of(user), own))
    )


def test_a_reservation_outlives_the_store_it_was_made_with(tmp_path: Path) -> None:
    for tokens in (1000, 2000):
        store = Store(tmp_path / "a.db", tmp_path / "p")
        store.calls.reserve(PLANNED, Budget())
        today = datetime.now().date()
        assert tokens == store.calls.spent("ada", today - timedelta(days=1), today).tokens
        store.close()

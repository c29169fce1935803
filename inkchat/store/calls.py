"""Calls to providers: each that was or may have been paid, from before it is made.

A call is reserved by its estimate in the transaction that checks the budgets, so that many
workers at once cannot spend the same dollar. It becomes `done` with what the provider counted,
or stays `lost` with its estimate; what was refused unpaid is deleted.
"""

from datetime import UTC, date, datetime

from sqlalchemy import delete, update

from inkchat.config import Budget
from inkchat.domain import Usage
from inkchat.store.budgets import Spending, Spent, measure, sum_spent
from inkchat.store.call_rows import CallState, PlannedCall, finish_call, reserve_call
from inkchat.store.database import Database
from inkchat.store.tables import calls
from inkchat.store.usage import Grouping, UsageRow, add_up
from inkchat.store.values import write_time


class Calls:
    """The table `calls`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reserve(self, planned: PlannedCall, budget: Budget) -> int:
        """Before bytes leave for a provider: the call's id. Raises BudgetReached."""
        with self._database.write() as connection:
            return reserve_call(connection, planned, budget, datetime.now(UTC))

    def finish(
        self,
        call_id: int,
        usage: Usage,
        cost_usd: float | None,
        seconds: float,
        first_token_seconds: float | None,
        request_id: str,
    ) -> None:
        """The provider answered; an estimate stands where it counted nothing."""
        with self._database.write() as connection:
            finish_call(
                connection,
                call_id,
                usage,
                cost_usd,
                seconds=seconds,
                first_token_seconds=first_token_seconds,
                request_id=request_id,
            )

    def forget(self, call_id: int) -> None:
        """Nothing was asked, or it was refused before any work: nothing is paid."""
        with self._database.write() as connection:
            connection.execute(
                delete(calls).where(calls.c.id == call_id, calls.c.state == CallState.OPEN)
            )

    def lose(self, call_id: int) -> None:
        """It may have been paid: it stays, with its estimate."""
        with self._database.write() as connection:
            connection.execute(
                update(calls)
                .where(calls.c.id == call_id, calls.c.state == CallState.OPEN)
                .values(state=CallState.LOST)
            )

    def lose_cut_off(self, before: datetime) -> None:
        """Those that belong to no drop and were begun so long ago that nobody is at them."""
        c = calls.c
        with self._database.write() as connection:
            connection.execute(
                update(calls)
                .where(c.drop_id.is_(None), c.state == CallState.OPEN, c.at < write_time(before))
                .values(state=CallState.LOST)
            )

    def spent(self, user: str | None, since: date, until: date) -> Spent:
        """By one user or, with None, by all; both days included."""
        with self._database.read() as connection:
            return sum_spent(connection, user, since, until, datetime.now(UTC))

    def measure(self, budget: Budget, users: list[str], today: date) -> list[Spending]:
        """What is spent of each ceiling that is set: in all, then by each of `users`."""
        now = datetime.now(UTC)
        with self._database.read() as connection:
            spendings = measure(connection, budget.total, None, today, now)
            for user in users:
                spendings += measure(connection, budget.of(user), user, today, now)
        return spendings

    def report(
        self,
        by: Grouping,
        since: date | None = None,
        until: date | None = None,
        user: str | None = None,
        conversation_id: str | None = None,
    ) -> list[UsageRow]:
        """Days and months in their order; of the others what took the most first."""
        with self._database.read() as connection:
            return add_up(connection, by, since, until, user, conversation_id)

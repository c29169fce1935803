"""Budgets: what is spent of them, and the words when a call would go beyond one."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import Connection, and_, case, func, select

from inkchat.config import Allowance, Budget, Ceiling
from inkchat.errors import BudgetReached, BudgetReserved
from inkchat.store.tables import calls
from inkchat.store.values import write_time

_ROUNDING_USD = 1e-9
"""A sum of fractions may be this much off; nobody's budget is that fine."""
LONGEST_CALL = timedelta(hours=2)
"""What is open for longer was cut off, or goes on so long that no note is to wait for its end."""


class Period(StrEnum):
    """What a ceiling is for, by this machine's calendar."""

    DAY = "day"
    MONTH = "month"

    def begins(self, today: date) -> date:
        return today if self is Period.DAY else today.replace(day=1)

    def turns_at(self, today: date) -> datetime:
        """Midnight, local, with time zone."""
        if self is Period.DAY:
            following = today + timedelta(days=1)
        else:
            following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        return datetime.combine(following, time.min).astimezone()


@dataclass(frozen=True, slots=True)
class Spent:
    """What calls took: those that are done, and by estimate those that are open or lost."""

    usd: float
    """Of the calls whose price is known."""
    tokens: int
    """Input and output."""
    reserved_usd: float = 0.0
    """The part of `usd` that calls on their way may take."""
    reserved_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Spending:
    """What is spent of one ceiling in the present period."""

    user: str | None
    """None: of all users together."""
    period: Period
    ceiling: Ceiling
    spent: Spent


@dataclass(frozen=True, slots=True)
class Demand:
    """What somebody wants to spend, and for what, such as `note`."""

    provider: str
    noun: str
    usd: float
    tokens: int


def sum_spent(
    connection: Connection, user: str | None, since: date, until: date, now: datetime
) -> Spent:
    """By one user or, with None, by all; both days included."""
    c = calls.c
    tokens = c.input_tokens + c.output_tokens
    is_open = and_(c.state == "open", c.at >= write_time(now - LONGEST_CALL))
    statement = select(
        func.coalesce(func.sum(c.cost_usd), 0.0),
        func.coalesce(func.sum(tokens), 0),
        func.coalesce(func.sum(case((is_open, c.cost_usd), else_=0.0)), 0.0),
        func.coalesce(func.sum(case((is_open, tokens), else_=0)), 0),
    ).where(c.day.between(since.isoformat(), until.isoformat()))
    if user is not None:
        statement = statement.where(c.user_id == user)
    return Spent(*connection.execute(statement).one())


def measure(
    connection: Connection, allowance: Allowance, user: str | None, today: date, now: datetime
) -> list[Spending]:
    """What is spent of each ceiling that is set; `user` as in `sum_spent`."""
    ceilings = {Period.DAY: allowance.day, Period.MONTH: allowance.month}
    return [
        Spending(
            user, period, ceiling, sum_spent(connection, user, period.begins(today), today, now)
        )
        for period, ceiling in ceilings.items()
        if ceiling != Ceiling()
    ]


def demand_of_budget(
    connection: Connection, demand: Demand, budget: Budget, user: str, now: datetime
) -> None:
    """Raises BudgetReached, of several ceilings for the one that turns last.

    BudgetReserved where calls on their way may leave enough after all: most take less than is
    reserved for them.
    """
    today = now.astimezone().date()
    spendings = (
        *measure(connection, budget.total, None, today, now),
        *measure(connection, budget.of(user), user, today, now),
    )
    refusals = [
        error
        for spending in map(_leave_out_reserved, spendings)
        if (error := _refuse(spending, demand, today)) is not None
    ]
    if refusals:
        raise max(refusals, key=lambda error: error.until)
    if any(_refuse(spending, demand, today) for spending in spendings):
        raise BudgetReserved(
            "What is left of the budget may be taken by notes that are being answered now.",
            f"Nothing needs to be done: the {demand.noun} goes on when they are done.",
            provider=demand.provider,
        )


def _leave_out_reserved(spending: Spending) -> Spending:
    spent = spending.spent
    certain = Spent(spent.usd - spent.reserved_usd, spent.tokens - spent.reserved_tokens)
    return replace(spending, spent=certain)


def _refuse(spending: Spending, demand: Demand, today: date) -> BudgetReached | None:
    ceiling, spent = spending.ceiling, spending.spent
    if ceiling.usd is not None and spent.usd + demand.usd > ceiling.usd + _ROUNDING_USD:
        most, used, wanted = map(show_usd, (ceiling.usd, spent.usd, demand.usd))
        is_hopeless = demand.usd > ceiling.usd
    elif ceiling.tokens is not None and spent.tokens + demand.tokens > ceiling.tokens:
        most, used, wanted = map(show_tokens, (ceiling.tokens, spent.tokens, demand.tokens))
        is_hopeless = demand.tokens > ceiling.tokens
    else:
        return None
    until = spending.period.turns_at(today)
    whose = f" for {spending.user}" if spending.user else ""
    what = f"{name_period(spending.period)} budget of {most}{whose}"
    if is_hopeless:
        return BudgetReached(
            f"{what} is too small: {used} are spent, and this {demand.noun} alone would take "
            f"about {wanted}.",
            f"Raise `budget` in config.yaml: this {demand.noun} alone takes more than the whole "
            "budget.",
            provider=demand.provider,
            until=until,
        )
    return BudgetReached(
        f"{what} does not suffice: {used} are spent, and this {demand.noun} would take "
        f"about {wanted}.",
        f"Raise `budget` in config.yaml, or wait: the {demand.noun} goes on by itself "
        f"on {until.day} {until:%B}.",
        provider=demand.provider,
        until=until,
    )


def name_period(period: Period) -> str:
    return "Today’s" if period is Period.DAY else "This month’s"


def show_usd(usd: float) -> str:
    """Such as `$1,234.50`; below a dollar with up to four places, as a note costs cents."""
    if 0 < usd < 0.0001:
        return "less than $0.0001"
    if usd >= 1:
        return f"${usd:,.2f}"
    whole, _, places = f"{usd:.4f}".partition(".")
    return f"${whole}.{places.rstrip('0'):0<2}"


def show_tokens(tokens: int) -> str:
    return f"{tokens:,} tokens"

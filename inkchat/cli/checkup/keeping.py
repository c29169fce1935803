"""The database, who is using it, and what is spent of the budgets in it."""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from inkchat.cli.checkup.finding import Finding, Grade

if TYPE_CHECKING:
    from inkchat.config import Settings
    from inkchat.store import Spending, Store


def check_database(settings: "Settings") -> Finding:
    """Reads it whole; a file that is not there yet is not made."""
    from inkchat.store.health import find_faults
    from inkchat.store.obstacles import ADVICE, find_obstacle, say_obstacle

    path = settings.database
    if not path.exists():
        if os.access(path.parent, os.W_OK):
            return Finding(
                Grade.OK, "Database", f"{path} is made by the first command that needs it."
            )
        return Finding(
            Grade.WRONG,
            "Database",
            f"{path} is not there, and this user cannot make it.",
            "Create its folder, or name another path with `database:` in config.yaml.",
        )
    if obstacle := find_obstacle(path):
        return Finding(Grade.WRONG, "Database", f"{path} {obstacle}.", say_obstacle(obstacle))
    faults = find_faults(path)
    if faults:
        return Finding(
            Grade.WRONG,
            "Database",
            f"{path} cannot be relied on: {'; '.join(faults)}.",
            "Stop inkchat. If it is locked or cannot be written, mend that. If it is damaged, "
            f"{ADVICE}",
        )
    return Finding(Grade.OK, "Database", f"{path} is sound and can be written.")


def check_service(store: "Store") -> Finding:
    from inkchat.store import SERVICE

    if store.locks.is_held(SERVICE):
        return Finding(Grade.OK, "Service", "inkchat is running on this database.")
    return Finding(Grade.OK, "Service", "inkchat is not running; `inkchat run` starts it.")


def check_budgets(settings: "Settings", store: "Store") -> Iterator[Finding]:
    """What is left of every ceiling, by this machine's calendar."""
    users = sorted({watch.user for watch in settings.watches} | set(settings.budget.users))
    spendings = store.calls.measure(settings.budget, users, datetime.now().astimezone().date())
    for spending in spendings:
        yield _grade_spending(spending)
    if not spendings:
        yield Finding(
            Grade.OK, "Budget", "None is set; `inkchat config set budget.day.usd 2` sets one."
        )


def _grade_spending(spending: "Spending") -> Finding:
    from inkchat.store.budgets import show_tokens, show_usd

    ceiling, spent = spending.ceiling, spending.spent
    subject = f"Budget of a {spending.period}" + (f" for {spending.user}" if spending.user else "")
    parts, is_used_up = [], False
    if ceiling.usd is not None:
        parts.append(f"{show_usd(spent.usd)} of {show_usd(ceiling.usd)}")
        is_used_up = spent.usd >= ceiling.usd
    if ceiling.tokens is not None:
        parts.append(f"{spent.tokens:,} of {show_tokens(ceiling.tokens)}")
        is_used_up = is_used_up or spent.tokens >= ceiling.tokens
    text = f"{' and '.join(parts)} spent, {_show_left(spending)} left."
    if is_used_up:
        return Finding(
            Grade.WARNING,
            subject,
            f"{text} Notes are held until the {spending.period} turns.",
            "Wait, or raise `budget` in config.yaml.",
        )
    return Finding(Grade.OK, subject, text)


def _show_left(spending: "Spending") -> str:
    from inkchat.store.budgets import show_tokens, show_usd

    ceiling, spent, left = spending.ceiling, spending.spent, []
    if ceiling.usd is not None:
        left.append(show_usd(max(ceiling.usd - spent.usd, 0.0)))
    if ceiling.tokens is not None:
        left.append(show_tokens(max(ceiling.tokens - spent.tokens, 0)))
    return " and ".join(left)

"""`inkchat usage`: what the calls to models took, and what is left of the budgets."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say

if TYPE_CHECKING:
    from inkchat.config import Settings
    from inkchat.store import Spending, Store, UsageRow

GROUPINGS = ("day", "month", "provider", "user", "conversation")
_DATE = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.option("--by", type=click.Choice(GROUPINGS), default="day", show_default=True)
@click.option("--since", type=_DATE, metavar="DATE", help="Such as 2026-11-01; included.")
@click.option("--until", type=_DATE, metavar="DATE", help="Included as well.")
@click.option("--user", help="Only what this user took.")
@common_options
def usage(by: str, since: datetime | None, until: datetime | None, user: str | None) -> None:
    """Show what the calls to models took: tokens and money."""
    from inkchat.store import Grouping

    with open_store() as (source, store):
        rows = store.calls.report(
            Grouping(by),
            since.date() if since else None,
            until.date() if until else None,
            user,
        )
        budgets = _measure_budgets(source.current(), store, user)
    if get_common().as_json:
        facts = {
            "by": by,
            "rows": [_describe(row) for row in rows],
            "total": _describe(add_up(rows)),
            "budgets": [asdict(spending) for spending in budgets],
        }
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        lines = write_table(by, rows) if rows else ["No calls to a model in this time."]
        if budgets:
            lines += ["", *map(_write_budget, budgets)]
        say("\n".join(lines))


def _measure_budgets(
    settings: "Settings", store: "Store", user: str | None
) -> "Sequence[Spending]":
    """In all, then for each user that a watch or the budget names."""
    users = {watch.user for watch in settings.watches} | set(settings.budget.users)
    asked_for = sorted(users) if user is None else [user]
    return store.calls.measure(settings.budget, asked_for, date.today())  # noqa: DTZ011


def add_up(rows: "Sequence[UsageRow]") -> "UsageRow":
    """All rows in one, with the key `total`."""
    from inkchat.store import UsageRow

    return UsageRow(
        key="total",
        calls=sum(row.calls for row in rows),
        input_tokens=sum(row.input_tokens for row in rows),
        cached_tokens=sum(row.cached_tokens for row in rows),
        output_tokens=sum(row.output_tokens for row in rows),
        cost_usd=sum(row.cost_usd for row in rows),
        calls_of_unknown_cost=sum(row.calls_of_unknown_cost for row in rows),
        calls_estimated=sum(row.calls_estimated for row in rows),
    )


def write_table(by: str, rows: "Sequence[UsageRow]") -> list[str]:
    """Lines for people; the last column, of sentences, is the only one that is ragged."""
    total = add_up(rows)
    head = [by, "calls", "input", "of it cached", "output", "cost"]
    cells = [head, *map(_write_row, (*rows, total))]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head) - 1)]
    lines = [_align(row, widths) for row in cells]
    lines.insert(-1, "─" * max(map(len, lines)))
    if total.calls_estimated:
        lines += ["", f"~ {_count_calls(total.calls_estimated)} by estimate: {_WHY_ESTIMATED}"]
    return lines


_WHY_ESTIMATED = "at work now, cut off, or not counted by the provider."


def _align(row: list[str], widths: list[int]) -> str:
    numbers = (f"{cell:>{width}}" for cell, width in zip(row[1:-1], widths[1:], strict=True))
    return "  ".join((f"{row[0]:<{widths[0]}}", *numbers, row[-1]))


def _write_row(row: "UsageRow") -> list[str]:
    mark = "~" if row.calls_estimated else ""
    return [
        row.key or "(none)",
        f"{row.calls:,}",
        f"{mark}{row.input_tokens:,}",
        f"{row.cached_tokens:,}",
        f"{mark}{row.output_tokens:,}",
        write_cost(row),
    ]


def write_cost(row: "UsageRow") -> str:
    """Such as `$0.0123`, `~$0.0123 + 3 calls of unknown price` or `unknown`."""
    if row.calls_of_unknown_cost == row.calls:
        return "unknown"
    amount = f"${row.cost_usd:,.4f}" if row.cost_usd >= 0.0001 or not row.cost_usd else "<$0.0001"
    known = f"~{amount}" if row.calls_estimated else amount
    if not row.calls_of_unknown_cost:
        return known
    return f"{known} + {_count_calls(row.calls_of_unknown_cost)} of unknown price"


def _count_calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count:,} calls"


def _write_budget(spending: "Spending") -> str:
    """Such as `This month for ada: $3.1200 of $20.00, and 52,000 of 1,000,000 tokens.`"""
    when = "Today" if spending.period == "day" else "This month"
    whose = f" for {spending.user}" if spending.user is not None else " in all"
    ceiling, spent = spending.ceiling, spending.spent
    parts = []
    if ceiling.usd is not None:
        parts.append(f"${spent.usd:,.4f} of ${ceiling.usd:,.2f}")
    if ceiling.tokens is not None:
        parts.append(f"{spent.tokens:,} of {ceiling.tokens:,} tokens")
    return f"{when}{whose}: {' and '.join(parts)}."


def _describe(row: "UsageRow") -> dict[str, Any]:
    """A cost of which nothing is known is null, never 0."""
    facts = asdict(row)
    if row.calls and row.calls_of_unknown_cost == row.calls:
        facts["cost_usd"] = None
    return facts

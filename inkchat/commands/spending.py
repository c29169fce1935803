"""The page `usage`: what calls to models took, of one user alone."""

from collections.abc import Sequence
from datetime import date

from inkchat.commands.order import Order, Outcome
from inkchat.commands.phrases import count, join_parts, load, write_table
from inkchat.conversations import escape_line
from inkchat.store import ConversationState, Grouping, Period, Spending, Store, UsageRow
from inkchat.store.budgets import show_tokens, show_usd

_UNKNOWN = "unknown"


def tell_usage(store: Store, order: Order) -> Outcome:
    user = order.watch.user
    today = date.today()  # noqa: DTZ011  (budgets go by this machine's calendar)
    conversation = load(store, order.conversation_id)
    month = today.replace(day=1)
    rows = (
        ("here", _find_row(store, conversation, user)),
        ("today", _first(store.calls.report(Grouping.DAY, today, today, user))),
        ("month", _first(store.calls.report(Grouping.MONTH, month, today, user))),
    )
    table = write_table(
        ("", "Calls", "Tokens", "Cost"), [(name, *_write_row(row)) for name, row in rows], "lrrr"
    )
    is_estimated = any(row is not None and row.calls_estimated for _, row in rows)
    return Outcome(
        "What was used",
        join_parts(
            table,
            "~ in part by estimate: at work now, cut off, or not counted by the provider."
            if is_estimated
            else "",
            "\n".join(f"- {_write_budget(each)}" for each in _measure(store, order, today)),
        ),
    )


def write_spent(store: Store, conversation: ConversationState, user: str) -> str:
    """What one conversation took, such as `1,200 tokens, $0.0123`, as Markdown."""
    row = _find_row(store, conversation, user)
    if row is not None:
        _, tokens, cost = _write_row(row)
        known = "cost unknown" if cost == _UNKNOWN else cost
        return f"{tokens} tokens, {known}"
    # From before calls were recorded, or brought in from elsewhere.
    tokens_used = sum(exchange.tokens_used or 0 for exchange in conversation.exchanges)
    return f"{show_tokens(tokens_used)}, cost unknown" if tokens_used else "nothing"


def _find_row(store: Store, conversation: ConversationState, user: str) -> UsageRow | None:
    of_this = conversation.conversation_id
    return _first(store.calls.report(Grouping.CONVERSATION, user=user, conversation_id=of_this))


def _first(rows: Sequence[UsageRow]) -> UsageRow | None:
    return rows[0] if rows else None


def _write_row(row: UsageRow | None) -> tuple[str, str, str]:
    if row is None:
        return "0", "0", "–"
    mark = "~" if row.calls_estimated else ""
    tokens = f"{mark}{row.input_tokens + row.output_tokens:,}"
    return f"{row.calls:,}", escape_line(tokens), _write_cost(row, mark)


def _write_cost(row: UsageRow, mark: str) -> str:
    """What is not known is said, and never nothing."""
    if row.calls_of_unknown_cost == row.calls:
        return _UNKNOWN
    known = escape_line(f"{mark}{show_usd(row.cost_usd)}")
    if not row.calls_of_unknown_cost:
        return known
    return f"{known} + {count(row.calls_of_unknown_cost, 'call')} of unknown cost"


def _measure(store: Store, order: Order, today: date) -> list[Spending]:
    """Of the user, and for an admin of all together."""
    spendings = store.calls.measure(order.settings.budget, [order.watch.user], today)
    return [each for each in spendings if each.user is not None or order.is_admins]


def _write_budget(spending: Spending) -> str:
    """Such as `Your budget for today: $0.25 of $1.00 spent, $0.75 left.`, as Markdown."""
    period = "today" if spending.period is Period.DAY else "this month"
    whose = "The budget of all" if spending.user is None else "Your budget"
    ceiling, spent = spending.ceiling, spending.spent
    parts = []
    if ceiling.usd is not None:
        left = show_usd(max(ceiling.usd - spent.usd, 0.0))
        parts.append(f"{show_usd(spent.usd)} of {show_usd(ceiling.usd)} spent, {left} left")
    if ceiling.tokens is not None:
        rest = max(ceiling.tokens - spent.tokens, 0)
        parts.append(f"{spent.tokens:,} of {show_tokens(ceiling.tokens)} used, {rest:,} left")
    return escape_line(f"{whose} for {period}: {'; '.join(parts)}.")

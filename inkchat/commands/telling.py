"""The pages `session info` and `summary`: what is known of a conversation."""

from collections import Counter
from pathlib import PurePath

from inkchat.commands.order import Order, Outcome
from inkchat.commands.phrases import (
    count,
    join_parts,
    load,
    write_day,
    write_duration,
    write_facts,
    write_moment,
    write_title,
)
from inkchat.commands.spending import write_spent
from inkchat.config import AUTO, read_thread_provider
from inkchat.conversations import escape_line, quote_block
from inkchat.domain import CommandKind
from inkchat.errors import ConfigError
from inkchat.inbox.names import restore_name
from inkchat.store import ConversationState, Exchange, Store
from inkchat.store.conversation import ACTIVE

MOST_LISTED = 30
"""Exchanges in a summary."""
_MOST_PROMPT_CHARACTERS = 160


def tell_info(store: Store, order: Order) -> Outcome:
    conversation = load(store, order.conversation_id)
    facts = (
        ("Title", write_title(conversation.title)),
        ("Code", f"{conversation.code}; “continue: {conversation.code}” leads here"),
        ("Who answers", _say_who_answers(conversation, order)),
        ("Remembered", _say_remembered(conversation, order.settings.memory_tokens)),
        ("Who writes", _list_participants(conversation, order.watch.user)),
        ("Exchanges", _say_exchanges(conversation, order.settings.max_exchanges)),
        ("Spent", write_spent(store, conversation, order.watch.user)),
        ("Begun", write_moment(conversation.created_at)),
        ("Last note", write_moment(conversation.last_activity)),
        ("Status", _say_status(conversation)),
        ("Where", _say_where(conversation)),
        ("Begins anew", _say_timeout(order.watch.conversation_timeout_seconds)),
        ("Files kept", str(len(store.attachments.list_of(order.conversation_id)) or "")),
        ("Follows", _say_follows(store, conversation, order.watch.user)),
        ("Id", escape_line(conversation.conversation_id)),
    )
    return Outcome("About this conversation", write_facts(facts))


def tell_summary(store: Store, order: Order) -> Outcome:
    conversation = load(store, order.conversation_id)
    said = [exchange for exchange in conversation.exchanges if exchange.outcome != "command"]
    newest = said[-MOST_LISTED:]
    left_out = len(said) - len(newest)
    remembered = quote_block(conversation.context_summary)
    return Outcome(
        "Summary of this conversation",
        join_parts(
            escape_line(store.sessions.get_summary(order.conversation_id)),
            f"**What is remembered of its beginning:**\n\n{remembered}" if remembered else "",
            f"**The newest {MOST_LISTED} of {count(len(said), 'exchange')}:**" if left_out else "",
            "\n".join(map(_write_exchange, newest)),
        ),
    )


def _write_exchange(exchange: Exchange) -> str:
    by = f", by {escape_line(exchange.author)}" if exchange.author else ""
    failed = ", not answered" if exchange.outcome == "failed" else ""
    title = write_title(exchange.title or PurePath(exchange.input_file or "").name)
    return f"- {exchange.sequence_number} · {write_day(exchange.created_at)} · {title}{by}{failed}"


def _say_status(conversation: ConversationState) -> str:
    """Nothing of what is as usual."""
    if conversation.status == ACTIVE:
        return ""
    if not conversation.end_reason:
        return escape_line(conversation.status)
    return f"ended {write_moment(conversation.ended_at)} ({conversation.end_reason})"


def _say_exchanges(conversation: ConversationState, most: int | None) -> str:
    total = f"{conversation.total_exchanges:,}"
    return total if most is None else f"{total} of at most {most:,}"


def _say_who_answers(conversation: ConversationState, order: Order) -> str:
    who = f"{conversation.provider}, as said here" if conversation.provider else _say_usual(order)
    parts = [who]
    if conversation.model:
        parts.append(f"model {escape_line(conversation.model)}")
    if conversation.system_prompt:
        prompt = " ".join(conversation.system_prompt.split())
        cut = "…" if len(prompt) > _MOST_PROMPT_CHARACTERS else ""
        parts.append(f"told: “{escape_line(prompt[:_MOST_PROMPT_CHARACTERS])}{cut}”")
    return "; ".join(parts)


def _say_usual(order: Order) -> str:
    """Who answers where the conversation names nobody."""
    thread = restore_name(order.drop.thread)
    try:
        of_thread = read_thread_provider(order.watch.inbox, thread) if thread else None
    except ConfigError:
        return "not known: the inkchat.yaml of this folder cannot be used"
    if of_thread is not None:
        return f"{of_thread}, by the inkchat.yaml of this folder"
    if order.watch.provider:
        return f"{order.watch.provider}, as configured for this inbox"
    active = order.settings.active_provider
    return "whoever is found (auto)" if active == AUTO else f"{active}, as configured"


def _list_participants(conversation: ConversationState, user: str) -> str:
    known = Counter(
        exchange.author or conversation.user_id or user for exchange in conversation.exchanges
    )
    return ", ".join(f"{escape_line(name)} ({number:,})" for name, number in known.items())


def _say_remembered(conversation: ConversationState, memory_tokens: int) -> str:
    cleared = _find_clearing(conversation)
    first = 1
    parts = []
    if cleared is not None:
        first = int(cleared.metadata["cleared_through"]) + 1
        parts.append(f"nothing from before {write_moment(cleared.created_at)}, when it was cleared")
    if conversation.context_summary:
        parts.append(f"a summary of exchanges {first} to {conversation.summary_covers}")
    parts.append(f"the newest in full, up to about {memory_tokens:,} tokens")
    return "; ".join(parts)


def _find_clearing(conversation: ConversationState) -> Exchange | None:
    """The newest exchange that cleared the memory."""
    return next(
        (
            exchange
            for exchange in reversed(conversation.exchanges)
            if exchange.metadata.get("command") == CommandKind.CLEAR_SESSION
            and "cleared_through" in exchange.metadata
        ),
        None,
    )


def _say_where(conversation: ConversationState) -> str:
    if conversation.document:
        part = f", page {escape_line(conversation.section)}" if conversation.section else ""
        return f"the document “{escape_line(conversation.document)}”{part}"
    if conversation.thread:
        return f"the folder “{escape_line(conversation.thread)}”"
    return "the inbox itself: each note saved there begins a conversation"


def _say_timeout(seconds: float | None) -> str:
    return "" if seconds is None else f"after {write_duration(seconds)} without a note"


def _say_follows(store: Store, conversation: ConversationState, user: str) -> str:
    before = store.sessions.get_header(conversation.follows) if conversation.follows else None
    if before is None or before.user_id not in (None, user):
        return ""
    return f"{write_title(before.title)} ({before.code})"

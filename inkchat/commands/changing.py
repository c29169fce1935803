"""Commands that change a conversation, or which one goes on, and the pages that say so."""

import re
from dataclasses import replace

from inkchat import models
from inkchat.commands.order import Order, Outcome
from inkchat.commands.phrases import (
    count,
    join_parts,
    load,
    write_moment,
    write_name,
    write_title,
)
from inkchat.config import AUTO, ProviderName, Settings
from inkchat.conversations import escape_line, quote_block
from inkchat.errors import ProviderError
from inkchat.store import ConversationState, Store, UnknownConversation


def clear_memory(store: Store, order: Order) -> Outcome:
    """The next notes are told nothing from before; nothing is deleted."""
    cleared = store.recollections.clear(order.conversation_id)
    conversation = load(store, order.conversation_id)
    metadata: dict[str, object] = {"cleared_through": conversation.summary_covers}
    if cleared:
        metadata["cleared_summary"] = cleared
    return Outcome(
        "The memory begins anew",
        join_parts(
            "From the next note on, the model is told nothing of what was said here before.",
            f"Nothing is deleted: all {count(conversation.total_exchanges, 'exchange')} are kept, "
            "and “summary” and “search” still find them.",
        ),
        metadata,
    )


def end_conversation(store: Store, order: Order) -> Outcome:
    line = store.sessions.end_conversation(order.conversation_id, summarize=True)
    conversation = load(store, order.conversation_id)
    return Outcome(
        "This conversation has ended",
        join_parts(
            escape_line(line),
            quote_block(conversation.context_summary),
            f"Writing on one of its pages, or “continue: {conversation.code}” in a note, takes it "
            f"up again.{_say_next(conversation)}",
        ),
    )


def tell_of_begin(store: Store, order: Order) -> Outcome:
    """It has begun already, when the note was bound to it."""
    conversation = load(store, order.conversation_id)
    before = _find_before(store, conversation, order.watch.user)
    return Outcome(
        "A new conversation begins",
        join_parts(
            f"Its code is **{conversation.code}**. Nothing is remembered in it from before."
            f"{_say_next_here(conversation)}",
            f"The one before was {write_name(before)}; it has ended and is kept. "
            f"“continue: {before.code}”, or a page of it, takes it up again."
            if before
            else "",
        ),
    )


def tell_of_return(store: Store, order: Order) -> Outcome:
    """The note is bound to it already, if it is there."""
    try:
        meant = store.sessions.find(order.command.argument, order.watch.user)
    except UnknownConversation as error:
        return _tell_unknown(store, error, order)
    conversation = load(store, meant)
    before = [exchange for exchange in conversation.exchanges if exchange.outcome == "answered"]
    return Outcome(
        "A conversation goes on",
        join_parts(
            f"**{write_title(conversation.title)}** ({conversation.code}), with "
            f"{count(len(before), 'answered note')} since {write_moment(conversation.created_at)}."
            f"{_say_next_here(conversation)}",
            escape_line(store.sessions.get_summary(meant)),
            quote_block(conversation.context_summary),
        ),
    )


def choose_provider(store: Store, order: Order) -> Outcome:
    """From now on, in this conversation. With the model that is configured for the provider."""
    argument = order.command.argument
    name = None if argument == AUTO else ProviderName(argument)
    store.sessions.edit(order.conversation_id, provider=name or "", model="")
    if name is None:
        return Outcome(
            "Who answers is as configured",
            "From the next note on, whoever is configured answers in this conversation; "
            "“session info” tells who that is.",
        )
    return Outcome(
        f"{name} answers here",
        join_parts(
            f"From the next note on, **{name}** answers in this conversation.",
            _say_if_connected(order.settings, name),
            "“provider: auto” alone on a page brings back what is configured. The same line with a "
            "note below it names a provider for that note alone.",
        ),
    )


def _say_if_connected(settings: Settings, name: ProviderName) -> str:
    provider = settings.providers[name]
    if name is ProviderName.OFFLINE:
        return "Offline asks no model: it keeps notes, and tells what it can read of them."
    if name in (ProviderName.OLLAMA, ProviderName.COMPATIBLE) and not provider.model:
        # Which one the server has is asked for when there is a note for it.
        provider = replace(provider, model="any")
    try:
        models.connect(provider)
    except ProviderError as error:
        # What stands between backticks on a terminal stands between quotation marks on paper.
        why = escape_line(re.sub(r"`([^`]*)`", r"“\1”", str(error)))
        return f"**It is not connected yet.** {why} Until then notes wait here."
    return "It is set up; whether it answers, the next note will tell."


def _find_before(
    store: Store, conversation: ConversationState, user: str
) -> ConversationState | None:
    before = store.sessions.get_header(conversation.follows) if conversation.follows else None
    return before if before is not None and before.user_id in (None, user) else None


def _tell_unknown(store: Store, error: UnknownConversation, order: Order) -> Outcome:
    given = escape_line(order.command.argument)
    near = " or ".join(f"**{escape_line(each)}**" for each in error.nearest)
    return Outcome(
        "This conversation is not known",
        join_parts(
            f"None of your conversations has the code or id “{given}”.",
            f"Did you mean {near}?" if near else "",
            "The code stands at the foot of each page; “search” finds others.",
        ),
    )


def _say_next(conversation: ConversationState) -> str:
    if conversation.document:
        return " The next note on this document begins a new one."
    return " The next note in this folder begins a new one." if conversation.thread else ""


def _say_next_here(conversation: ConversationState) -> str:
    """Where the next note must be to go on in it."""
    if conversation.document:
        return " Notes on this document go on in it."
    if conversation.thread:
        return " Notes in this folder go on in it."
    return " Write on this page to go on in it."

"""Commands that change a conversation, or which one goes on, and the pages that say so."""

import re
from dataclasses import replace

from inkchat import models
from inkchat.commands.order import Order, Outcome, note_command
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
from inkchat.domain import Command
from inkchat.errors import ProviderError
from inkchat.store import ConversationState, Store, UnknownConversation
from inkchat.store.conversation import ACTIVE

_IN_THIS_FOLDER = "Notes in this folder go on in it."
_ON_THIS_PAGE = "Write on this page to go on in it."


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
            "up again. A note that is saved elsewhere goes on in the conversation that is active "
            "there, or begins a new one.",
        ),
    )


def tell_of_begin(store: Store, order: Order) -> Outcome:
    """It has begun already, when the note was bound to it."""
    conversation = load(store, order.conversation_id)
    memory = "" if order.watch.recall else " Nothing is remembered in it from before."
    return Outcome(
        "A new conversation begins",
        join_parts(
            f"Its code is **{conversation.code}**.{memory} {_say_home(conversation, order)}",
            _say_before(store, conversation, order.watch.user),
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
            f" {_IN_THIS_FOLDER if order.drop.thread else _ON_THIS_PAGE}",
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
            "“provider: auto” alone on a page takes it back. Above a note, such a line is for that "
            "note alone.",
        ),
    )


def say_too_late(command: Command) -> Outcome:
    """The page of a command that changes something and is not carried out any more."""
    words = ": ".join(filter(None, (command.kind.value, command.argument)))
    return Outcome(
        "This came too late",
        f"“{escape_line(words)}” was read only now, long after it was written: before, no model "
        "could read it. It changes something, and so it was not carried out. Write it again if it "
        "is still meant.",
        {**note_command(command), "too_late": True},
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


def _say_before(store: Store, conversation: ConversationState, user: str) -> str:
    before = store.sessions.get_header(conversation.follows) if conversation.follows else None
    if before is None or before.user_id not in (None, user):
        return ""
    # A thread that went on in a conversation from elsewhere lets go of it, and it is not ended.
    is_active = before.status == ACTIVE
    return (
        f"The one before was {write_name(before)}; "
        f"{'it has not ended' if is_active else 'it has ended and is kept'}. "
        f"“continue: {before.code}”, or a page of it, "
        f"{'goes on with it' if is_active else 'takes it up again'}."
    )


def _tell_unknown(store: Store, error: UnknownConversation, order: Order) -> Outcome:
    given = escape_line(order.command.argument)
    near = " or ".join(f"**{escape_line(each)}**" for each in error.nearest)
    return Outcome(
        "This conversation is not known",
        join_parts(
            f"None of your conversations has the code or id “{given}”.",
            f"Did you mean {near}?" if near else "",
            "The code stands at the foot of each page; “search” finds others. If this was meant as "
            "a note, add a line to it.",
        ),
    )


def _say_home(conversation: ConversationState, order: Order) -> str:
    """Where the next note must be to go on in a conversation that has just begun."""
    document, thread = conversation.document, conversation.thread
    if thread:
        if conversation.watch != order.watch.name:
            inbox = escape_line(conversation.watch)
            return (
                f"Notes in the folder “{escape_line(thread)}” of the inbox “{inbox}” go on in it."
            )
        if order.watch.split_thread(order.drop.thread)[0] == thread:
            return _IN_THIS_FOLDER
        return f"Notes in the folder “{escape_line(thread)}” go on in it."
    # The command's own file is no document to write on; a path is of a file outside any inbox.
    if document in ("", order.drop.document, order.drop.name) or set(document) & set("/\\"):
        return _ON_THIS_PAGE
    page = f"page {escape_line(conversation.section)} of " if conversation.section else ""
    return f"Notes on {page}the document “{escape_line(document)}” go on in it."

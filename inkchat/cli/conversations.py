"""`inkchat list` and `inkchat show`: the conversations there are, and what was said in one."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say, show_time

if TYPE_CHECKING:
    from inkchat.store import Attachment, ConversationState, Exchange, Store

_ALL = 2**31
"""Messages: more than any conversation has. Stands for --messages without a number."""


@click.command("list")
@click.option(
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(min=1),
    help="How many at most.",
)
@click.option("--user", metavar="NAME", help="Only this user’s.")
@click.option("--active", is_flag=True, help="Only those that have not ended.")
@click.option("--after", metavar="ID", help="Go on behind this one: the last of the page before.")
@common_options
def list_conversations(limit: int, user: str | None, after: str | None, *, active: bool) -> None:
    """List conversations, the most recently active first.

    A line gives the short code, the id, the last note’s time, the number of exchanges, the title
    and, in brackets, the thread.
    """
    with open_store() as (_, store):
        behind = store.sessions.find(after) if after is not None else None
        found = store.sessions.list_conversations(
            limit, user=user, active_only=active, after=behind
        )
    if get_common().as_json:
        rows = [asdict(conversation) for conversation in found]
        for row in rows:
            del row["exchanges"]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for conversation in found:
        say(_write_line(conversation))
    if not found:
        click.echo(_say_none(is_narrowed=bool(user or active or after)))
    elif len(found) == limit:
        click.echo(f"Older ones: `inkchat list --after {found[-1].code}`.", err=True)


@click.command()
@click.argument("conversation_id", metavar="ID")
@click.option(
    "--messages",
    type=click.IntRange(min=0),
    is_flag=False,
    flag_value=_ALL,
    metavar="[N]",
    help="Print what was said, or its newest N messages, as JSON in OpenAI’s form.",
)
@common_options
def show(conversation_id: str, messages: int | None) -> None:
    """Show what was said in a conversation.

    ID is its short code, its id or a part of that.
    """
    with open_store() as (_, store):
        found = store.sessions.find(conversation_id)
        if messages is not None:
            history = store.sessions.get_message_history(found, messages)
            click.echo(json.dumps(history, indent=2, ensure_ascii=False))
            return
        conversation = _load(store, found)
        attachments = store.attachments.list_of(found)
        summary = store.sessions.get_summary(found)
    if get_common().as_json:
        facts: dict[str, Any] = asdict(conversation)
        facts["participants"] = conversation.participants
        facts["attachments"] = [asdict(attachment) for attachment in attachments]
        facts["summary"] = summary
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        say(_write_out(conversation, attachments, summary))


def _load(store: "Store", conversation_id: str) -> "ConversationState":
    from inkchat.store import UnknownConversation

    conversation = store.sessions.get_conversation(conversation_id)
    if conversation is None:
        raise UnknownConversation(conversation_id)
    return conversation


def _write_line(conversation: "ConversationState") -> str:
    title = " ".join(conversation.title.split()) or "(without a title)"
    thread = f"  [{conversation.thread}]" if conversation.thread else ""
    ended = f"  ({conversation.status})" if conversation.status != "active" else ""
    return (
        f"{conversation.code:<6}  {conversation.conversation_id}  "
        f"{show_time(conversation.last_activity)}  {conversation.total_exchanges:>3}  "
        f"{title}{thread}{ended}"
    )


def _say_none(*, is_narrowed: bool) -> str:
    if is_narrowed:
        return "No conversations like that."
    return "No conversations yet. Save a note into the inbox, or `inkchat ask FILE`."


def _write_out(
    conversation: "ConversationState", attachments: "list[Attachment]", summary: str
) -> str:
    title = conversation.title or "(without a title)"
    lines = [f"{title}  {conversation.code}  {conversation.conversation_id}", summary]
    if conversation.end_reason:
        lines.append(f"Ended {show_time(conversation.ended_at)} ({conversation.end_reason}).")
    if len(conversation.participants) > 1:
        lines.append(f"Written by {', '.join(conversation.participants)}.")
    brought = [
        attachment.file_name for attachment in attachments if attachment.position is not None
    ]
    if brought:
        lines.append(f"Attached: {', '.join(brought)}.")
    for exchange in conversation.exchanges:
        lines += _write_exchange(exchange)
    return "\n".join(lines)


def _write_exchange(exchange: "Exchange") -> list[str]:
    from inkchat.archive.exporting import list_remarks

    by = f" by {exchange.author}" if exchange.author else ""
    outcome = "" if exchange.outcome == "answered" else f" ({exchange.outcome})"
    lines = [
        "",
        f"── {exchange.sequence_number}. {exchange.input_file}{by}, "
        f"{show_time(exchange.created_at)}, {_say_who(exchange)}{outcome}",
    ]
    for remark in list_remarks(exchange):
        lines += ["", remark]
    if exchange.transcript:
        lines += ["", *(f"> {line}" for line in exchange.transcript.splitlines())]
    return [*lines, "", exchange.response_text or ""]


def _say_who(exchange: "Exchange") -> str:
    from inkchat.reply.letters import say_cost

    who = exchange.model or exchange.provider or "inkchat"
    if not exchange.input_tokens:
        return who
    return f"{who}, {exchange.tokens_used:,} tokens, {say_cost(exchange.cost_usd)}"

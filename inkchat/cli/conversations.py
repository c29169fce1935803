"""`inkchat list` and `inkchat show`: the conversations there are, and what was said in one."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say, show_time

if TYPE_CHECKING:
    from inkchat.store import ConversationState


@click.command("list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1))
@common_options
def list_conversations(limit: int) -> None:
    """List conversations, the most recently active first."""
    with open_store() as (_, store):
        found = store.sessions.list_conversations(limit)
        if get_common().as_json:
            rows = [asdict(conversation) for conversation in found]
            for row in rows:
                del row["exchanges"]
            click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
            return
        for conversation in found:
            title = conversation.title or "(without a title)"
            thread = f"  [{conversation.thread}]" if conversation.thread else ""
            say(
                f"{conversation.conversation_id}  {show_time(conversation.last_activity)}  "
                f"{conversation.total_exchanges:>3}  {title}{thread}"
            )
        if not found:
            click.echo("No conversations yet. Save a note into the inbox, or `inkchat ask FILE`.")


@click.command()
@click.argument("conversation_id", metavar="ID")
@common_options
def show(conversation_id: str) -> None:
    """Show what was said in a conversation; a part of its ID is enough."""
    from inkchat.store import UnknownConversation

    with open_store() as (_, store):
        conversation = store.sessions.get_conversation(store.sessions.find(conversation_id))
        if conversation is None:
            raise UnknownConversation(conversation_id)
        if get_common().as_json:
            click.echo(json.dumps(asdict(conversation), indent=2, ensure_ascii=False))
            return
        say(_write_out(conversation))


def _write_out(conversation: "ConversationState") -> str:
    from inkchat.reply.letters import say_cost

    lines = [f"{conversation.title or '(without a title)'}  {conversation.conversation_id}"]
    for exchange in conversation.exchanges:
        who = exchange.model or exchange.provider or "inkchat"
        if exchange.input_tokens:
            who += f", {exchange.tokens_used:,} tokens, {say_cost(exchange.cost_usd)}"
        lines += [
            "",
            f"── {exchange.sequence_number}. {exchange.input_file}, "
            f"{show_time(exchange.created_at)}, {who}"
            + (" (failed)" if exchange.outcome == "failed" else ""),
        ]
        for remark in exchange.metadata.get("remarks", ()):
            lines += ["", remark]
        if exchange.transcript:
            lines += ["", *(f"> {line}" for line in exchange.transcript.splitlines())]
        lines += ["", exchange.response_text or ""]
    return "\n".join(lines)

"""What the model is told: who it is, what was said before, and the note in hand.

Earlier notes are given as the text that was read from them, never as pictures again: a page
costs a model a thousand tokens and more, its transcript a few hundred.
"""

from collections.abc import Sequence
from datetime import datetime

from inkchat.config import ProviderName
from inkchat.domain import Drop, Note, Request, Role, Turn
from inkchat.store import ConversationState, Exchange

MAX_HISTORY_CHARACTERS = 120_000
"""About 35,000 tokens of any European language: fits the smallest of today's windows."""


def build_request(
    system: str, conversation: ConversationState, note: Note, drop: Drop, now: datetime
) -> Request:
    """The same conversation gives the same bytes, but for the instruction that ends it."""
    return Request(
        system=system,
        history=recall_turns(conversation.exchanges, conversation.context_summary),
        note=note,
        instruction=write_instruction(note, drop, now),
    )


def recall_turns(exchanges: Sequence[Exchange], summary: str = "") -> tuple[Turn, ...]:
    """The newest exchanges that fit, the oldest first.

    Notes that could not be answered are left out: there is nothing in them to remember. Of
    those that only Offline has answered the note stays, but not our words about it.
    """
    turns: list[Turn] = []
    room = MAX_HISTORY_CHARACTERS
    for exchange in reversed(exchanges):
        if exchange.outcome != "answered" or not (exchange.response_text or "").strip():
            continue
        asked = exchange.transcript or f"(A note in the file {exchange.input_file}.)"
        room -= len(asked) + len(exchange.response_text)
        if room < 0 and turns:
            break
        if exchange.provider != ProviderName.OFFLINE:
            turns.append(Turn(Role.ASSISTANT, exchange.response_text))
        turns.append(Turn(Role.USER, asked))
    turns.reverse()
    if summary and turns:
        first = turns[0]
        turns[0] = Turn(Role.USER, f"What was said before, in short: {summary}\n\n{first.text}")
    return tuple(turns)


def write_instruction(note: Note, drop: Drop, now: datetime) -> str:
    """Stands after the pages: what they are and what day it is."""
    count = len(note.pages)
    pages = "1 page" if count == 1 else f"{count} pages"
    return (
        f"This is a new note of {pages}, written on {now:%A, %-d %B %Y, %H:%M} "
        f"and saved as “{drop.name}”. Read it and answer it."
    )

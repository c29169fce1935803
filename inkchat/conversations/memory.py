"""What the model is told: who it is, what was said before, and the note in hand.

Earlier notes are given as the text that was read from them, never as pictures again: a page
costs a model two thousand tokens, its transcript a few hundred. What is older still stands in
a summary. From one note to the next the history only grows at its end, until the summary is
taken further: so a vendor’s cache finds the beginning that it knows.
"""

import hashlib
from datetime import datetime

from inkchat.conversations.excerpts import (
    shorten_exchange,
    split_newest,
    write_answered,
    write_asked,
    write_extract,
)
from inkchat.domain import CacheLife, Drop, Note, Request, Role, Turn
from inkchat.store.recollections import Recollection, Remembered

MOST_EXTRACT_TOKENS = 300
_CACHE_KEY_DIGITS = 32


def build_request(
    system: str,
    recollection: Recollection,
    note: Note,
    drop: Drop,
    now: datetime,
    *,
    memory_tokens: int,
    max_messages: int | None = None,
    author: str = "",
    cache: CacheLife = CacheLife.OFF,
    hint: str = "",
) -> Request:
    """The same recollection gives the same bytes, but for the instruction that ends it.

    `memory_tokens` is for what is told word for word, estimated; 0 tells the summary alone. Of
    that at most the newest `max_messages`, a note and its answer being two. `author` is who
    wrote the note, if it is somebody else than the user; `hint` is a sentence of ours.
    """
    instruction = write_instruction(note, drop, now, author)
    return Request(
        system=system,
        history=recall_turns(recollection, memory_tokens, max_messages),
        note=note,
        instruction=f"{instruction} {hint}" if hint else instruction,
        cache=cache,
        cache_key=_make_cache_key(drop.conversation_id) if drop.conversation_id else "",
    )


def recall_turns(
    recollection: Recollection, memory_tokens: int, max_messages: int | None = None
) -> tuple[Turn, ...]:
    """The summary, and the newest exchanges that fit, the oldest first.

    At least the newest is told, shortened if it alone is twice too long. Of those that only
    Offline has answered the note is told, but not our words about it.
    """
    most_exchanges = None if max_messages is None else max_messages // 2
    older, told = _split(recollection.recent, memory_tokens, most_exchanges)
    turns: list[Turn] = []
    for exchange in told:
        turns.append(Turn(Role.USER, write_asked(exchange)))
        answered = write_answered(exchange)
        if answered:
            turns.append(Turn(Role.ASSISTANT, answered))
    beginning = _write_beginning(recollection, older)
    if beginning:
        text = f"{beginning}\n\n{turns.pop(0).text}" if turns else beginning
        turns.insert(0, Turn(Role.USER, text))
    return tuple(turns)


def write_instruction(note: Note, drop: Drop, now: datetime, author: str = "") -> str:
    """Stands after the pages: what they are, who wrote them and what day it is."""
    count = len(note.pages)
    pages = "1 page" if count == 1 else f"{count} pages"
    by = f" by {author}" if author else ""
    instruction = (
        f"This is a new note of {pages}, written{by} on {now:%A, %-d %B %Y, %H:%M} "
        f"and saved as “{drop.name}”. Read it and answer it."
    )
    if not note.known_pages:
        return instruction
    numbers = ", ".join(str(page.number) for page in note.pages)
    which = f"page {numbers}" if count == 1 else f"pages {numbers}"
    return (
        f"{instruction} It is {which} of a document; its other pages are as they were when they "
        "were answered, and are not shown again."
    )


def _split(
    recent: tuple[Remembered, ...], memory_tokens: int, most_exchanges: int | None
) -> tuple[tuple[Remembered, ...], tuple[Remembered, ...]]:
    """What is told only by an extract, and what is told word for word."""
    if memory_tokens <= 0:
        return recent, ()
    older, told = split_newest(recent, memory_tokens, most_exchanges)
    if len(told) == 1:
        told = (shorten_exchange(told[0], 2 * memory_tokens),)
    return older, told


def _write_beginning(recollection: Recollection, older: tuple[Remembered, ...]) -> str:
    """The summary, and an extract of what is neither in it nor told word for word."""
    parts = []
    if recollection.summary.strip():
        parts.append(f"What was said before, in short: {recollection.summary.strip()}")
    extract = write_extract(
        recollection.left_out + older,
        recollection.left_out_count + len(older),
        MOST_EXTRACT_TOKENS,
    )
    if extract:
        parts.append(f"Of the notes after that only the first words are given:\n{extract}")
    return "\n\n".join(parts)


def _make_cache_key(conversation_id: str) -> str:
    """Vendors are told which requests belong together, and nothing else of the conversation."""
    return hashlib.sha256(conversation_id.encode()).hexdigest()[:_CACHE_KEY_DIGITS]

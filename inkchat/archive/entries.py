"""Exchanges as the entries of a session log, `[sender, message, timestamp]`, and back.

What an exchange would be told as by itself is not kept anywhere. Where a log that was brought in
tells it differently (other senders, odd times, several messages in a row), its entries are kept
with the exchange, and told again as they were.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

from inkchat.domain import NoteKind
from inkchat.store import ConversationState, Exchange
from inkchat.store.values import make_storable, read_time, write_time

Entry = list[Any]
"""Sender, message, and usually a timestamp: `["You", "Why?", "[2025-03-01 10:15:00]"]`."""

KEPT = "session_log"
"""Key in the metadata of exchanges and conversations, for what only a session log has."""
PERSON, MODEL = "You", "AI"
STAMP = "[%Y-%m-%d %H:%M:%S]"

FIRST_YEAR, LAST_YEAR = 1970, 2200
"""Of times that are brought in."""

_LONGEST_CALL = timedelta(days=1)
_PART = "\n\n"


def are_entries(value: Any) -> TypeGuard[list[Entry]]:
    """Whether it is a list of lists that begin with a sender and a message."""
    return isinstance(value, list) and all(
        isinstance(entry, list)
        and len(entry) >= 2
        and isinstance(entry[0], str)
        and isinstance(entry[1], str)
        for entry in value
    )


def list_entries(exchange: Exchange) -> list[Entry]:
    """As the exchange stands in a log: as it did in the one it came with, or in two messages."""
    kept = get_metadata(exchange).get(KEPT)
    return kept if are_entries(kept) else _tell(exchange)


def _tell(exchange: Exchange) -> list[Entry]:
    ended = read_time(exchange.created_at)
    begun = _find_begin(ended, exchange.processing_time or 0.0)
    asked = exchange.transcript or exchange.input_file or ""
    return [
        [PERSON, asked, _stamp(begun)],
        [MODEL, exchange.response_text or "", _stamp(ended)],
    ]


def _find_begin(ended: datetime | None, seconds: float) -> datetime | None:
    if ended is None or not 0 < seconds <= _LONGEST_CALL.total_seconds():
        return ended
    try:
        return ended - timedelta(seconds=seconds)
    except OverflowError:
        return ended


def keep_entries(exchange: Exchange, entries: list[Entry]) -> Exchange:
    """With the entries in its metadata, if they are not what it would be told as anyway."""
    if _tell(exchange) == entries:
        return exchange
    return replace(exchange, metadata=get_metadata(exchange) | {KEPT: entries})


def get_metadata(of: Exchange | ConversationState) -> dict[str, Any]:
    """Its metadata; databases of old may hold any JSON there."""
    metadata: Any = of.metadata
    return metadata if isinstance(metadata, dict) else {}


def list_history(outcome: str, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """What of it a model was told: nothing of what failed or was a command."""
    roles = {PERSON: "user", MODEL: "model"}
    return [
        {"role": roles[entry[0]], "parts": [entry[1]]}
        for entry in entries
        if outcome == "answered" and entry[0] in roles
    ]


def read_asked(entries: Iterable[Entry]) -> str:
    return make_storable(_PART.join(entry[1] for entry in entries if entry[0] != MODEL))


def read_answered(entries: Iterable[Entry]) -> str:
    return make_storable(_PART.join(entry[1] for entry in entries if entry[0] == MODEL))


def group_entries(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Into exchanges: what one person said in a row, and what was answered to it."""
    groups: list[list[Entry]] = []
    for entry in entries:
        last = groups[-1][-1][0] if groups else None
        if last is None or (entry[0] != MODEL and entry[0] != last):
            groups.append([])
        groups[-1].append(entry)
    return groups


def make_exchange(
    entries: Sequence[Entry], conversation_id: str, number: int, file_name: str, otherwise: datetime
) -> Exchange:
    """From entries of which nothing more is known; `otherwise` is its time where they have none."""
    ended = next(filter(None, map(read_stamp, reversed(entries))), otherwise)
    people = [entry for entry in entries if entry[0] != MODEL]
    begun = (read_stamp(people[-1]) if people else None) or ended
    took = ended - begun
    sender = people[0][0] if people else PERSON
    return Exchange(
        exchange_id=make_exchange_id(conversation_id, number),
        sequence_number=number,
        input_file=make_storable(file_name),
        input_type=NoteKind.TEXT,
        response_text=read_answered(entries),
        processing_time=took.total_seconds() if timedelta() < took <= _LONGEST_CALL else 0.0,
        tokens_used=0,
        created_at=write_time(ended),
        transcript=read_asked(entries),
        provider=MODEL,
        author="" if sender == PERSON else make_storable(sender),
    )


def make_exchange_id(conversation_id: str, number: int) -> str:
    """The same wherever the conversation is brought in."""
    return f"ex_{hash_short(f'{conversation_id} {number}')}"


def number_next(conversation: ConversationState | None, told: Sequence[Exchange]) -> int:
    numbers = [exchange.sequence_number or 0 for exchange in told]
    if conversation is not None:
        numbers.append(conversation.total_exchanges)
    return max(numbers, default=0) + 1


def read_stamp(entry: Entry) -> datetime | None:
    """Its time, which is this machine's local time; None where it has none that can be."""
    stamp = entry[2] if len(entry) > 2 else None
    return read_local_form(stamp.strip(), STAMP) if isinstance(stamp, str) else None


def read_local_form(text: str, form: str) -> datetime | None:
    """A time of this machine's clock, written in that form; None for what can be none."""
    try:
        moment = datetime.strptime(text, form).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if is_likely(moment) else None


def is_likely(moment: datetime) -> bool:
    """Whether something may have been said then."""
    return FIRST_YEAR <= moment.year <= LAST_YEAR


def hash_short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _stamp(moment: datetime | None) -> str:
    try:
        return moment.astimezone().strftime(STAMP) if moment else ""
    except (ValueError, OverflowError):
        return ""

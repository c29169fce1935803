"""A session log as exchanges: which of its messages belong together, and when they were said."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from inkchat.archive.entries import (
    Entry,
    group_entries,
    hash_short,
    is_likely,
    keep_entries,
    list_entries,
    make_exchange,
    read_local_form,
    read_stamp,
)
from inkchat.archive.own_section import count_entries, read_exchange
from inkchat.archive.session_log import CHAT_LOG, ENDING, SessionLog, UnusableLog
from inkchat.store import ConversationState, Exchange
from inkchat.store.values import read_time

_TIME_IN_NAME = re.compile(r"Session_([0-9]{8}_[0-9]{6})")
_TIME_FORM = "%Y%m%d_%H%M%S"
_NO_TIME = "19700101_000000"
_LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Part:
    """Entries of one exchange, and what our own section says of it."""

    entries: list[Entry]
    record: dict[str, Any] | None


def split_log(log: SessionLog, records: Sequence[dict[str, Any]]) -> Iterator[Part]:
    """Into exchanges, as our own section says, and behind what it tells of as is usual."""
    done = 0
    for record in records:
        count = count_entries(record)
        if done + count > len(log.chat_log):
            raise UnusableLog(
                f"Its “{CHAT_LOG}” has fewer messages than its exchanges.",
                "It was changed by hand or cut off; export the conversation again.",
            )
        yield Part(log.chat_log[done : done + count], record)
        done += count
    for group in group_entries(log.chat_log[done:]):
        yield Part(group, None)


def find_rest(
    here: ConversationState, parts: Sequence[Part], known: int
) -> tuple[Part | None, list[Part]]:
    """What stands behind `known` entries, and the part that the last known exchange is begun of."""
    last = here.exchanges[-1] if here.exchanges else None
    last_begins = known - len(list_entries(last)) if last else known
    ids = {exchange.exchange_id for exchange in here.exchanges}
    completing = None
    rest: list[Part] = []
    ends = 0
    for part in parts:
        begins, ends = ends, ends + len(part.entries)
        if begins >= known:
            if part.entries or (part.record or {}).get("exchange_id") not in ids:
                rest.append(part)
        elif ends > known and begins == last_begins:
            completing = part
        elif ends > known:
            rest += [Part(group, None) for group in group_entries(part.entries[known - begins :])]
    return completing, rest


def read_parts(
    log: SessionLog,
    parts: Sequence[Part],
    conversation_id: str,
    number: int,
    otherwise: datetime,
) -> list[Exchange]:
    told: list[Exchange] = []
    for part in parts:
        if part.record is None:
            exchange = make_exchange(
                part.entries, conversation_id, number, f"{log.name}{ENDING}", otherwise
            )
        else:
            exchange = read_exchange(part.record, part.entries, conversation_id, number)
        told.append(keep_entries(exchange, part.entries))
        number = exchange.sequence_number + 1
        otherwise = read_time(exchange.created_at) or otherwise
    return told


def make_id(log: SessionLog, user: str) -> str:
    """The same for the same session and user, however often it is brought in."""
    in_name = _TIME_IN_NAME.match(log.name)
    first = next(filter(None, map(read_stamp, log.chat_log)), None)
    otherwise = first.astimezone().strftime(_TIME_FORM) if first else _NO_TIME
    when = in_name[1] if in_name else otherwise
    return f"conv_{when}_{hash_short(user + log.name)}"


def find_beginning(log: SessionLog) -> datetime:
    """By the session’s name, else by its first message that has a time, else by its file."""
    in_name = _TIME_IN_NAME.match(log.name)
    named = read_local_form(in_name[1], _TIME_FORM) if in_name else None
    first = named or next(filter(None, map(read_stamp, log.chat_log)), None)
    return first or _read_clock(log.modified_at)


def _read_clock(seconds: float) -> datetime:
    """A file may carry any time."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return _LONG_AGO
    return moment if is_likely(moment) else _LONG_AGO


def find_latest(stored: str | None, told: Sequence[Exchange]) -> str | None:
    times = [time for time in (stored, *(exchange.created_at for exchange in told)) if time]
    return max(times, key=lambda time: read_time(time) or _LONG_AGO, default=None)

"""What the key `inkchat` of a session log holds: all that the plain format has no place for.

Not whose conversation it is, nor where it was at home: whoever brings it in decides that. A value
that is as usual is left out.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

from inkchat.archive.entries import (
    FIRST_YEAR,
    KEPT,
    LAST_YEAR,
    Entry,
    is_likely,
    list_entries,
    make_exchange_id,
    read_answered,
    read_asked,
)
from inkchat.archive.session_log import OWN, UnusableLog, check_count
from inkchat.store import ConversationState, Exchange
from inkchat.store.values import make_storable, read_time

FORM = 1
"""Raised when an older inkchat could no longer read it."""
USUAL_ENTRIES = 2
"""Of an exchange in `chat_log`."""
LARGEST_NUMBER = 10**9
"""Of exchanges and tokens: sums of them fit everywhere."""
LARGEST_FLOAT = 10**300
"""Of those written without a point."""
MOST_METADATA = 1_000_000
"""Characters, as JSON: they are read whenever their row is."""

# What each value is, and what it usually is.
_OF_CONVERSATION: Mapping[str, tuple[type, Any]] = {
    "code": (str, ""),
    "title": (str, None),
    "created_at": (datetime, None),
    "last_activity": (datetime, None),
    "status": (str, None),
    "ended_at": (datetime, None),
    "end_reason": (str, ""),
    "follows": (str, ""),
    "provider": (str, ""),
    "model": (str, ""),
    "system_prompt": (str, ""),
    "context_summary": (str, ""),
    "summary_covers": (int, 0),
}
_OF_EXCHANGE: Mapping[str, tuple[type, Any]] = {
    "exchange_id": (str, None),
    "input_file": (str, ""),
    "input_type": (str, ""),
    "created_at": (datetime, None),
    "processing_time": (float, 0.0),
    "outcome": (str, "answered"),
    "title": (str, ""),
    "author": (str, ""),
    "language": (str, ""),
    "provider": (str, ""),
    "model": (str, ""),
    "tokens_used": (int, 0),
    "input_tokens": (int, None),
    "cached_tokens": (int, None),
    "cache_written_tokens": (int, None),
    "output_tokens": (int, None),
    "cost_usd": (float, None),
    "first_token_seconds": (float, None),
}
_OUTCOMES = ("answered", "failed", "command")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def write_section(conversation: ConversationState, name: str) -> dict[str, Any]:
    """`name` is the session's, as its file is called."""
    return {
        "form": FORM,
        "conversation_id": conversation.conversation_id,
        "name": name,
        **_write_values(conversation, _OF_CONVERSATION),
        **_write_metadata(conversation.metadata),
        "exchanges": [_write_exchange(exchange) for exchange in conversation.exchanges],
    }


def _write_exchange(exchange: Exchange) -> dict[str, Any]:
    entries = list_entries(exchange)
    texts = {
        "transcript": (exchange.transcript, read_asked(entries)),
        "response_text": (exchange.response_text or "", read_answered(entries)),
    }
    return {
        **_write_values(exchange, {"sequence_number": (int, None)}),
        **({"messages": len(entries)} if len(entries) != USUAL_ENTRIES else {}),
        **_write_values(exchange, _OF_EXCHANGE),
        **{key: kept for key, (kept, told) in texts.items() if kept != told},
        **_write_metadata(exchange.metadata),
    }


def _write_values(of: object, fields: Mapping[str, tuple[type, Any]]) -> dict[str, Any]:
    values = {
        key: _tell_time(value) if kind is datetime else _make_finite(value)
        for key, (kind, _) in fields.items()
        for value in [getattr(of, key)]
    }
    return {k: v for k, v in values.items() if v is not None and v != fields[k][1]}


def _tell_time(stored: str | None) -> str | None:
    """Rows of old may hold what is none, and would not be brought in again."""
    moment = read_time(stored)
    return stored if moment and is_likely(moment) else None


def _write_metadata(metadata: Any) -> dict[str, Any]:
    told = metadata.items() if isinstance(metadata, dict) else ()
    metadata = {key: _make_finite(value) for key, value in told if key != KEPT}
    return {"metadata": metadata} if metadata else {}


def _make_finite(value: Any) -> Any:
    """What JSON has no number for is left empty."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _make_finite(inner) for key, inner in value.items()}
    return [_make_finite(inner) for inner in value] if isinstance(value, list) else value


def read_section(section: Mapping[str, Any]) -> dict[str, Any]:
    """Its values, checked: `conversation_id`, `name`, `exchanges`, `metadata` and columns.

    Of the exchanges nothing is read yet. Raises UnusableLog.
    """
    form = section.get("form")
    if type(form) is int and form > FORM:
        raise UnusableLog(
            f"It was written by a newer inkchat (form {form}, this one knows {FORM}).",
            "Update inkchat, and try again.",
        )
    conversation_id, told = section.get("conversation_id"), section.get("exchanges")
    if form != FORM or not isinstance(conversation_id, str) or not _ID.fullmatch(conversation_id):
        _refuse("conversation_id" if form == FORM else "form")
    if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
        _refuse("exchanges")
    check_count(len(told), "exchanges")
    return {
        **_read_values(section, _OF_CONVERSATION),
        "conversation_id": conversation_id,
        "name": _read_value("name", section.get("name", ""), str),
        "metadata": _read_metadata(section),
        "exchanges": told,
    }


def count_entries(record: Mapping[str, Any]) -> int:
    """How many entries of the chat log are of this exchange."""
    count: int = _read_value("messages", record.get("messages", USUAL_ENTRIES), int)
    return count if count >= 0 else _refuse("messages")


def read_exchange(
    record: Mapping[str, Any], entries: Sequence[Entry], conversation_id: str, number: int
) -> Exchange:
    """`number` is the least that it may have. Raises UnusableLog."""
    texts = {"transcript": read_asked(entries), "response_text": read_answered(entries)}
    told = _read_value("sequence_number", record.get("sequence_number", number), int)
    values: dict[str, Any] = {
        **_read_values(record, _OF_EXCHANGE),
        **{key: _read_value(key, record.get(key, told), str) for key, told in texts.items()},
    }
    if values["outcome"] not in _OUTCOMES:
        _refuse("outcome")
    if not values["exchange_id"]:
        values["exchange_id"] = make_exchange_id(conversation_id, number)
    values = {k: make_storable(v) if isinstance(v, str) else v for k, v in values.items()}
    return Exchange(
        **values,
        sequence_number=max(told, number),
        metadata=_read_metadata(record),
    )


def _read_metadata(record: Mapping[str, Any]) -> dict[str, Any]:
    metadata = record.get("metadata", {})
    if not isinstance(metadata, dict):
        _refuse("metadata")
    if len(json.dumps(metadata)) > MOST_METADATA:
        _refuse("metadata", f"has more than {MOST_METADATA:,} characters")
    return {key: value for key, value in metadata.items() if key != KEPT}


def _read_values(
    record: Mapping[str, Any], fields: Mapping[str, tuple[type, Any]]
) -> dict[str, Any]:
    return {
        key: _read_value(key, record[key], kind) if key in record else usual
        for key, (kind, usual) in fields.items()
    }


def _read_value(key: str, value: Any, kind: type) -> Any:
    match value:
        case bool():
            _refuse(key)
        case str() if kind is str:
            return value
        case str() if kind is datetime:
            return _read_time(key, value)
        case float() if kind is float:
            return value
        case int() if kind is int and abs(value) > LARGEST_NUMBER:
            _refuse(key, f"is larger than {LARGEST_NUMBER:,}")
        case int() if kind in (int, float) and abs(value) < LARGEST_FLOAT:
            return kind(value)
    return _refuse(key)


def _read_time(key: str, text: str) -> str:
    moment = read_time(text)
    if moment is None:
        _refuse(key)
    if not is_likely(moment):
        _refuse(key, f"lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return text


def _refuse(key: str, why: str = "is not what it should be") -> NoReturn:
    raise UnusableLog(
        f"Its “{OWN}” key cannot be read: “{key}” {why}.",
        "Export the conversation again; or take that key out, and it is read as a plain session.",
    )

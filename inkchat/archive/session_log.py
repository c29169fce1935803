"""The file of one session: what it must be to be read.

    {"chat_log": [[sender, message, timestamp], …],
     "conversation_history": [{"role": "user" or "model", "parts": [message]}, …],
     "attached_files": {index: {"file_path": …, "file_name": …, "file_content": base64}},
     "inkchat": {…}}

The last is ours, and need not be there. Nothing in a file is a path or a program: names, texts
and times are data, whatever they look like.
"""

import base64
import binascii
import hashlib
import json
import math
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from inkchat.archive.entries import Entry, are_entries
from inkchat.errors import InkchatError

CHAT_LOG, HISTORY, FILES, OWN = "chat_log", "conversation_history", "attached_files", "inkchat"
ENDING = ".json"

MOST_BYTES = 100_000_000
MOST_MESSAGES = 100_000
"""And as many exchanges and files."""
MOST_DEPTH = 100
"""Lists and objects in one another."""


class UnusableLog(InkchatError):
    """The file is no session log, or none that can be read."""

    title = "This file cannot be brought in"


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """An entry of `attached_files`."""

    key: str
    entry: dict[str, Any]
    """As it stands in the file."""
    content: bytes | None
    """None where the entry has none."""
    content_hash: str = ""
    """SHA-256 of the content, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class SessionLog:
    """What stands in the file."""

    name: str
    """Of the file, without its ending."""
    modified_at: float
    """Of the file, in seconds since 1970."""
    chat_log: list[Entry]
    history: list[Any] | None
    """None where the file has no such key."""
    files: tuple[AttachedFile, ...] | None
    """None where the file has no such key."""
    own: dict[str, Any] | None
    """What stands behind the key that is ours."""
    others: dict[str, Any] = field(default_factory=dict)
    """What stands behind keys that nobody knows."""


def read_session_log(path: Path) -> SessionLog:
    """Raises UnusableLog, with the reason and what to do."""
    content, modified_at = _read_file(path)
    data = _parse(content)
    if not isinstance(data, dict) or CHAT_LOG not in data:
        raise UnusableLog(
            f"It is JSON, but no session: it has no “{CHAT_LOG}”.",
            f"Name files that `inkchat export` or mychat wrote, such as Session_20250301_101500"
            f"{ENDING}.",
        )
    told = data[CHAT_LOG]
    if isinstance(told, list):
        check_count(len(told), "messages")
    if not are_entries(told):
        _refuse_shape(CHAT_LOG, "a list of [sender, message, timestamp]")
    history = data.get(HISTORY, [])
    if not isinstance(history, list):
        _refuse_shape(HISTORY, "a list")
    own = data.get(OWN)
    if OWN in data and not isinstance(own, dict):
        _refuse_shape(OWN, "an object")
    return SessionLog(
        name=path.name.removesuffix(ENDING),
        modified_at=modified_at,
        chat_log=told,
        history=data.get(HISTORY),
        files=_read_files(data[FILES]) if FILES in data else None,
        own=own,
        others={k: v for k, v in data.items() if k not in (CHAT_LOG, HISTORY, FILES, OWN)},
    )


def check_count(count: int, what: str) -> None:
    """Of anything in a log; a person’s is far below. Raises UnusableLog."""
    if count > MOST_MESSAGES:
        raise UnusableLog(
            f"It has {count:,} {what}; up to {MOST_MESSAGES:,} are read.",
            "Divide it into several sessions, and try again.",
        )


def _refuse_shape(key: str, what: str) -> NoReturn:
    raise UnusableLog(
        f"Its “{key}” is not {what}.", "Export the session again, or correct it in the file."
    )


def _read_file(path: Path) -> tuple[bytes, float]:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnusableLog("It is not a file.", "Name session files, or their folder.")
        if status.st_size > MOST_BYTES:
            _refuse_size(status.st_size)
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnusableLog(
            f"It cannot be read: {error.strerror}.",
            "Check its name, and that this user may read it.",
        ) from error
    if len(content) > MOST_BYTES:
        _refuse_size(len(content))
    if not content.strip(b"\0 \t\r\n"):
        raise UnusableLog(
            "It holds nothing but zero bytes, as after a power cut." if content else "It is empty.",
            "Take the file from a backup.",
        )
    return content, status.st_mtime


def _refuse_size(size_bytes: int) -> NoReturn:
    raise UnusableLog(
        f"It has {size_bytes / 1e6:,.0f} MB; files of up to {MOST_BYTES / 1e6:,.0f} MB are read.",
        f"Take large files out of its “{FILES}”, and try again.",
    )


def _parse(content: bytes) -> Any:
    try:
        data = json.loads(
            content,
            object_pairs_hook=_read_object,
            parse_constant=_refuse_number,
            parse_float=_read_float,
        )
        if _is_too_deep(data):
            raise RecursionError
    except RecursionError as error:
        raise UnusableLog(
            f"Its lists and objects are nested more than {MOST_DEPTH} deep.",
            "No session is; check where the file comes from.",
        ) from error
    except json.JSONDecodeError as error:
        raise UnusableLog(
            f"It is not JSON (line {error.lineno}: {error.msg}).",
            "It may have been cut off; take the file from a backup.",
        ) from error
    except ValueError as error:
        raise UnusableLog(
            "It is not JSON that can be read: its text is not UTF-8, or a number is too long.",
            "Save it as UTF-8, or take the file from a backup.",
        ) from error
    return data


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    known = dict(pairs)
    if len(known) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        double = next(name for name, count in counts.items() if count > 1)
        raise UnusableLog(
            f"It is not clear what it says: “{double[:40]}” stands twice in one object.",
            "Remove one of the two.",
        )
    return known


def _read_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse_number(text)
    return number


def _refuse_number(text: str) -> NoReturn:
    raise UnusableLog(f"It is not JSON: {text[:40]} is no number.", "Correct it in the file.")


def _is_too_deep(data: Any) -> bool:
    level = [data]
    for _ in range(MOST_DEPTH):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += value.values()
            elif isinstance(value, list):
                inner += value
        level = [value for value in inner if isinstance(value, dict | list)]
        if not level:
            return False
    return True


def _read_files(files: Any) -> tuple[AttachedFile, ...]:
    if not isinstance(files, dict) or not all(isinstance(f, dict) for f in files.values()):
        _refuse_shape(FILES, "an object of objects")
    check_count(len(files), "attached files")
    return tuple(_read_attached(key, entry) for key, entry in files.items())


def _read_attached(key: str, entry: dict[str, Any]) -> AttachedFile:
    content = _decode(key, entry.get("file_content"))
    return AttachedFile(
        key, entry, content, "" if content is None else hashlib.sha256(content).hexdigest()
    )


def _decode(key: str, encoded: Any) -> bytes | None:
    if encoded is None:
        return None
    try:
        if not isinstance(encoded, str):
            raise binascii.Error
        return base64.b64decode("".join(encoded.split()), validate=True)
    except ValueError as error:
        raise UnusableLog(
            f"The content of its attached file {key[:40]} is not base64.",
            f"Correct it, or take it out of “{FILES}”.",
        ) from error

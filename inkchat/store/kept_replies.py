"""Paid answers that the database did not take: a full disk, a lock, a fault of ours.

Each lies in a file of its own until it is recorded. It is looked for before a provider is asked.
"""

import json
import logging
import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from inkchat.domain import Reply, Stop, Usage
from inkchat.folders import sync_folder

log = logging.getLogger(__name__)

_TEXTS = ("title", "transcript", "answer", "language", "provider", "model", "request_id")


class KeptReplies:
    """One file for each drop, named by its number."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, drop_id: int, reply: Reply) -> None:
        """Durably; raises OSError if that cannot be."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = self._folder / f"{drop_id}.tmp"
        with temporary.open("w", encoding="ascii") as file:
            json.dump(asdict(reply), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path(drop_id))
        sync_folder(self._folder)

    def find(self, drop_id: int) -> Reply | None:
        """None also where the file cannot be read: then the answer is lost, and not the note."""
        try:
            return _read(json.loads(self._path(drop_id).read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, TypeError, ValueError, LookupError, AttributeError, RecursionError):
            log.warning("The kept answer %s cannot be read.", self._path(drop_id))
            return None

    def forget(self, drop_id: int) -> None:
        """It is recorded."""
        self._path(drop_id).unlink(missing_ok=True)

    def _path(self, drop_id: int) -> Path:
        return self._folder / f"{drop_id}.json"


def _read(data: Any) -> Reply:
    """Raises whatever comes of what is none."""
    usage = Usage(**data.pop("usage"))
    stop, remarks = Stop(data.pop("stop")), data.pop("remarks")
    reply = Reply(usage=usage, stop=stop, remarks=tuple(remarks), **data)
    texts = [getattr(reply, name) for name in _TEXTS]
    counts = [getattr(usage, field.name) for field in fields(usage)]
    numbers = [each for each in (reply.cost_usd, reply.first_token_seconds) if each is not None]
    if not (
        all(isinstance(text, str) for text in (*texts, *remarks))
        and isinstance(remarks, list)
        and all(type(count) is int for count in counts)
        and all(type(number) in (int, float) for number in numbers)
    ):
        raise TypeError
    return reply

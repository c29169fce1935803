"""Paid answers that the database did not take: a full disk, a lock, a fault of ours.

Each lies in a file of its own until it is recorded. It is looked for before a provider is asked.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path

from inkchat.domain import Reply, Stop, Usage


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
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def find(self, drop_id: int) -> Reply | None:
        try:
            data = json.loads(self._path(drop_id).read_text("ascii"))
        except FileNotFoundError:
            return None
        usage, stop, remarks = data.pop("usage"), data.pop("stop"), data.pop("remarks")
        return Reply(usage=Usage(**usage), stop=Stop(stop), remarks=tuple(remarks), **data)

    def forget(self, drop_id: int) -> None:
        """It is recorded."""
        self._path(drop_id).unlink(missing_ok=True)

    def _path(self, drop_id: int) -> Path:
        return self._folder / f"{drop_id}.json"

"""The files that are kept with a conversation: rows, and the private copies they name."""

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, insert, select

from inkchat.domain import DropState
from inkchat.errors import StoreError
from inkchat.folders import make_folder, sync_folder
from inkchat.store.database import Database
from inkchat.store.tables import attachments, drops
from inkchat.store.values import make_storable

COPIES = "drops"
"""Folder of the private copies, each `<first two of hash>/<hash>`, as notes are copied too."""

_c = attachments.c


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a conversation: one that was brought in with it, or one of its notes."""

    file_name: str
    file_path: str
    """As it was told; data, and never a path to open."""
    content_hash: str
    """SHA-256 in hexadecimal; names the private copy."""
    size_bytes: int
    key: str = ""
    """By which a session log knows it; empty for a note."""
    position: int | None = None
    """Among those that were brought in, from 0; None for a note."""


class Attachments:
    """The table `attachments`, the notes in `drops`, and the private copies of both."""

    def __init__(self, database: Database, private_folder: Path) -> None:
        self._database = database
        self._copies = private_folder / COPIES

    def list_of(self, conversation_id: str) -> list[Attachment]:
        """What was brought in, in its order; then the notes, in the order of their exchanges."""
        with self._database.read() as connection:
            brought = [
                Attachment(
                    file_name=row.file_name,
                    file_path=row.file_path,
                    content_hash=row.content_hash,
                    size_bytes=row.size_bytes,
                    key=row.key,
                    position=row.position,
                )
                for row in connection.execute(
                    select(attachments)
                    .where(_c.conversation_id == conversation_id)
                    .order_by(_c.position)
                )
            ]
            return brought + _list_notes(connection, conversation_id)

    def read(self, attachment: Attachment) -> bytes | None:
        """Its bytes; None if the private copy is gone or is no longer what was kept."""
        try:
            content = self._path(attachment.content_hash).read_bytes()
        except OSError:
            return None
        is_whole = hashlib.sha256(content).hexdigest() == attachment.content_hash
        return content if is_whole else None

    def keep(self, content: bytes) -> str:
        """Make a private copy, durably; return its hash. Raises StoreError."""
        content_hash = hashlib.sha256(content).hexdigest()
        path = self._path(content_hash)
        is_there = self.read(Attachment("", "", content_hash, len(content))) is not None
        try:
            if is_there:
                # Young again: a purge sweeps copies that nothing ever named and that are old.
                os.utime(path)
                return content_hash
            make_folder(path.parent)
            _write_durably(path, content)
        except OSError as error:
            raise StoreError(
                f"No private copy could be made under {self._copies}: {error.strerror}.",
                "Free some space, or let this user write there, and try again.",
            ) from error
        return content_hash

    def _path(self, content_hash: str) -> Path:
        return self._copies / content_hash[:2] / content_hash


def insert_attachments(
    connection: Connection, conversation_id: str, files: Sequence[Attachment]
) -> None:
    """Inside a transaction that does more; each has its position."""
    rows = [
        {
            "conversation_id": conversation_id,
            "position": file.position,
            "key": make_storable(file.key),
            "file_name": make_storable(file.file_name),
            "file_path": make_storable(file.file_path),
            "content_hash": file.content_hash,
            "size_bytes": file.size_bytes,
        }
        for file in files
    ]
    if rows:
        connection.execute(insert(attachments), rows)


def _list_notes(connection: Connection, conversation_id: str) -> list[Attachment]:
    rows = connection.execute(
        select(drops)
        .where(
            drops.c.conversation_id == conversation_id,
            drops.c.exchange_number.is_not(None),
            drops.c.content_hash.is_not(None),
            drops.c.state.not_in([DropState.IGNORED, DropState.DUPLICATE]),
        )
        .order_by(drops.c.exchange_number, drops.c.id)
    )
    return [
        Attachment(
            file_name=row.name,
            file_path=f"{row.thread}/{row.name}" if row.thread else row.name,
            content_hash=row.content_hash,
            size_bytes=row.size_bytes,
        )
        for row in rows
    ]


def _write_durably(path: Path, content: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=".attachment-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            # Held until it is whole: what is swept was left by a process that is gone.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    sync_folder(path.parent)

"""Puts all that inkchat keeps into one file, while the service goes on."""

import os
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from inkchat import __version__
from inkchat.archive import bundle
from inkchat.archive.bundle import Manifest
from inkchat.archive.output import check_target
from inkchat.errors import ExitCode, InkchatError
from inkchat.folders import sync_folder
from inkchat.store import Store

Tell = Callable[[str, int, int], None]
"""Is told what is being done, and how much of how much."""


class BackupFailed(InkchatError):
    """No backup was made; what lay under its name is as it was."""

    title = "The backup could not be made"


class BackupRefused(BackupFailed):
    """No backup can be made under this name."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True, slots=True)
class _Member:
    """A file that goes into the archive."""

    path: Path
    name: str
    size_bytes: int


def make_backup(
    store: Store,
    file: Path,
    config: Path,
    *,
    replace: bool = False,
    tell: Tell = lambda what, done, total: None,
) -> Manifest:
    """Write `file`, durably and at once whole; compressed if its name ends in .gz or .tgz.

    `config` is never written over. Raises OutputForbidden, OutputTaken, BackupRefused,
    BackupFailed and StoreError.
    """
    database, private_folder = store.sessions.db_path, store.private_folder
    check_target(file, database, private_folder, config, force=replace)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as name:
            folder = Path(name)
            database = folder / bundle.DATABASE
            store.backups.copy_to(database, lambda done, total: tell("Database", done, total))
            archive, manifest = _write_archive(store, database, file.name, tell)
            _publish(archive, file, replace=replace)
    except OSError as error:
        raise BackupFailed(
            f"The backup {file} could not be written: {error.strerror or error}.",
            "Check that its folder is there, that this user may write there, and that there is "
            "room.",
        ) from error
    return manifest


def _write_archive(store: Store, database: Path, name: str, tell: Tell) -> tuple[Path, Manifest]:
    inventory = store.backups.take_inventory_of(database)
    copies = _list_copies(store, inventory.copies, tell)
    replies = [
        _Member(path, bundle.name_reply(drop_id), path.stat().st_size)
        for drop_id in inventory.reply_drops
        if (path := store.private_folder / "replies" / f"{drop_id}.json").is_file()
    ]
    manifest = Manifest(
        kind=bundle.KIND,
        version=bundle.VERSION,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        inkchat=__version__,
        form=inventory.form,
        database_bytes=database.stat().st_size,
        database_sha256=bundle.hash_file(database),
        conversations=inventory.conversations,
        copies=len(copies),
        copies_bytes=sum(copy.size_bytes for copy in copies),
        copies_missing=len(inventory.copies) - len(copies),
        replies=len(replies),
        replies_bytes=sum(reply.size_bytes for reply in replies),
    )
    manifest_file = database.with_name(bundle.MANIFEST)
    manifest_file.write_bytes(bundle.write_manifest(manifest))
    members = [
        _Member(manifest_file, bundle.MANIFEST, manifest_file.stat().st_size),
        _Member(database, bundle.DATABASE, manifest.database_bytes),
        *replies,
        *copies,
    ]
    archive = database.with_name("archive")
    _pack(archive, members, is_compressed=name.endswith((".gz", ".tgz")), tell=tell)
    return archive, manifest


def _list_copies(store: Store, hashes: Sequence[str], tell: Tell) -> list[_Member]:
    """Those that are there and whole."""
    copies: list[_Member] = []
    for number, content_hash in enumerate(hashes, start=1):
        tell("Checking", number, len(hashes))
        path = store.private_folder / "drops" / content_hash[:2] / content_hash
        if _is_whole(path, content_hash):
            copies.append(_Member(path, bundle.name_copy(content_hash), path.stat().st_size))
    return copies


def _is_whole(path: Path, content_hash: str) -> bool:
    """One that is gone or rotten would be refused when it is brought back."""
    try:
        return bundle.hash_file(path) == content_hash
    except OSError:
        return False


def _pack(archive: Path, members: list[_Member], *, is_compressed: bool, tell: Tell) -> None:
    mode: Literal["w:gz", "w:"] = "w:gz" if is_compressed else "w:"
    descriptor = os.open(archive, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode=mode) as tar:
            for number, member in enumerate(members, start=1):
                tell("Packing", number, len(members))
                _add(tar, member)
        file.flush()
        os.fsync(file.fileno())


def _add(tar: tarfile.TarFile, member: _Member) -> None:
    info = tarfile.TarInfo(member.name)
    info.size, info.mode = member.size_bytes, 0o600
    try:
        with member.path.open("rb") as content:
            status = os.fstat(content.fileno())
            if status.st_size != member.size_bytes:
                raise FileNotFoundError
            info.mtime = int(status.st_mtime)
            tar.addfile(info, content)
    except FileNotFoundError as error:
        raise BackupFailed(
            "A file was removed or replaced while it was being put aside.",
            "Start the backup again.",
        ) from error


def _publish(archive: Path, file: Path, *, replace: bool) -> None:
    if replace:
        archive.replace(file)
    else:
        try:
            os.link(archive, file)
        except FileExistsError as error:
            raise BackupRefused(
                f"{file} was written by somebody else meanwhile.", "Name another file."
            ) from error
        except OSError:
            # No hard links on this file system.
            archive.rename(file)
    sync_folder(file.parent)

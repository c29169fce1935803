"""Takes a backup apart, believing nothing that stands in it."""

import hashlib
import os
import shutil
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from inkchat.archive import bundle
from inkchat.archive.backup import Tell
from inkchat.archive.bundle import Manifest
from inkchat.archive.wording import say_size
from inkchat.errors import ExitCode, InkchatError
from inkchat.store.backups import take_inventory
from inkchat.store.replacing import check_form


class RestoreFailed(InkchatError):
    """Nothing was brought back; the database there was, if any, is as it was."""

    title = "The backup could not be restored"


class RestoreRefused(RestoreFailed):
    """What the command line says cannot be done."""

    exit_code = ExitCode.USAGE


class _Header(tarfile.TarInfo):
    """tarfile reads what stands before a member whole, however long, and before it is seen."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        is_short = self.type == tarfile.XHDTYPE and self.size <= bundle.LARGEST_HEADER_BYTES
        if self.type in _READ_WHOLE and not is_short:
            raise ValueError("it has headers that no backup has")
        member: tarfile.TarInfo = super()._proc_member(tar)  # type: ignore[misc]
        return member

    def _refuse_sparse(self, *_: object) -> None:
        raise ValueError("it holds a file with holes")

    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _refuse_sparse


_READ_WHOLE = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.GNUTYPE_SPARSE,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)


@dataclass(slots=True)
class _Unpacked:
    """What has come out of the archive so far."""

    names: set[str] = field(default_factory=set)
    database_sha256: str = ""
    copies: int = 0
    copies_bytes: int = 0
    replies: int = 0
    replies_bytes: int = 0


def look_at(file: Path) -> None:
    """Raises what `unpack` raises for a file that does not even begin like a backup."""
    with tarfile.open(file, _find_mode(file), tarinfo=_Header) as tar:
        _read_manifest(tar)


def unpack(file: Path, staging: Path, tell: Tell) -> Manifest:
    """Take out all that the archive holds, and check each part of it.

    Below `staging` lie then the database, `drops/` and `replies/`. Raises ValueError for what
    is no whole backup, RestoreFailed, StoreError, OSError, and what tarfile and gzip raise.
    """
    unpacked = _Unpacked()
    with tarfile.open(file, _find_mode(file), tarinfo=_Header) as tar:
        manifest = _read_manifest(tar)
        _check_room(manifest, staging)
        total = 1 + manifest.copies + manifest.replies
        for number, info in enumerate(iter(tar.next, None), start=1):
            _take_out(tar, info, manifest, staging, unpacked)
            # Otherwise the archive remembers each, and there may be very many.
            tar.members = []  # type: ignore[attr-defined]
            tell("Checking", min(number, total), total)
    _check_complete(manifest, unpacked)
    _check_database(staging, manifest)
    return manifest


def _find_mode(file: Path) -> Literal["r:gz", "r:"]:
    with file.open("rb") as content:
        return "r:gz" if content.read(2) == b"\x1f\x8b" else "r:"


def _read_manifest(tar: tarfile.TarFile) -> Manifest:
    info = tar.next()
    if info is None or info.name != bundle.MANIFEST or not info.isreg():
        raise ValueError("it does not begin with a manifest")
    if info.size > bundle.LARGEST_MANIFEST_BYTES:
        raise ValueError("its manifest is too large")
    return bundle.read_manifest(_open(tar, info).read())


def _check_room(manifest: Manifest, staging: Path) -> None:
    needed = manifest.database_bytes + manifest.copies_bytes + manifest.replies_bytes
    free = shutil.disk_usage(staging).free
    if needed > free:
        raise RestoreFailed(
            f"What the backup holds takes {say_size(needed)}, and {say_size(free)} are free.",
            "Free some space and try again.",
        )


def _open(tar: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(info)
    if content is None:
        raise ValueError(f"{info.name!r} is not a file")
    return content


def _take_out(
    tar: tarfile.TarFile,
    info: tarfile.TarInfo,
    manifest: Manifest,
    staging: Path,
    unpacked: _Unpacked,
) -> None:
    name = info.name
    if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or info.issparse():
        raise ValueError(f"{name!r} is not a plain file")
    if name in unpacked.names:
        raise ValueError(f"{name!r} is in it twice")
    unpacked.names.add(name)
    content_hash = bundle.read_copy_name(name)
    if name == bundle.DATABASE:
        _check_size(name, info.size, manifest.database_bytes)
        unpacked.database_sha256 = _write(_open(tar, info), staging / bundle.DATABASE)
    elif content_hash is not None:
        unpacked.copies += 1
        unpacked.copies_bytes += info.size
        _check_size(name, unpacked.copies_bytes, manifest.copies_bytes)
        target = staging / "drops" / content_hash[:2] / content_hash
        if _write(_open(tar, info), target) != content_hash:
            raise ValueError(f"{name!r} is damaged")
    elif bundle.read_reply_name(name) is not None:
        unpacked.replies += 1
        unpacked.replies_bytes += info.size
        _check_size(name, unpacked.replies_bytes, manifest.replies_bytes)
        _check_size(name, info.size, bundle.LARGEST_REPLY_BYTES)
        _write(_open(tar, info), staging / "replies" / name.rpartition("/")[2])
    else:
        raise ValueError(f"{name!r} does not belong in it")


def _check_size(name: str, size_bytes: int, most_bytes: int) -> None:
    if size_bytes > most_bytes:
        raise ValueError(f"{name!r} is larger than its manifest says")


def _write(content: IO[bytes], target: Path) -> str:
    """Durably; return the SHA-256."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := content.read(bundle.CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _check_complete(manifest: Manifest, unpacked: _Unpacked) -> None:
    if unpacked.database_sha256 != manifest.database_sha256:
        raise ValueError("its database is missing or damaged")
    found = (unpacked.copies, unpacked.copies_bytes, unpacked.replies, unpacked.replies_bytes)
    told = (manifest.copies, manifest.copies_bytes, manifest.replies, manifest.replies_bytes)
    if found != told:
        raise ValueError("it is not complete")


def _check_database(staging: Path, manifest: Manifest) -> None:
    try:
        form = take_inventory(staging / bundle.DATABASE).form
    except ValueError as error:
        raise ValueError(f"its database is damaged: {error}") from error
    if form != manifest.form:
        raise ValueError("its manifest is not of its database")
    check_form(staging / bundle.DATABASE)

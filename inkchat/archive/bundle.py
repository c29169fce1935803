"""The form of a backup: a tar archive with a manifest, the database, and the files it names."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

MANIFEST = "manifest.json"
DATABASE = "eink_sessions.db"
KIND = "inkchat backup"
VERSION = 1
LARGEST_MANIFEST_BYTES = 64 * 1024
LARGEST_HEADER_BYTES = 64 * 1024
LARGEST_REPLY_BYTES = 16 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024

_COPY = re.compile(r"inkchat/drops/([0-9a-f]{2})/(\1[0-9a-f]{62})")
_REPLY = re.compile(r"inkchat/replies/([1-9][0-9]{0,18})\.json")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the archive holds; stands first in it."""

    kind: str
    version: int
    made_at: str
    """UTC, ISO 8601."""
    inkchat: str
    """The version that made it."""
    form: int
    """Of the database."""
    database_bytes: int
    database_sha256: str
    conversations: int
    copies: int
    copies_bytes: int
    copies_missing: int
    """Private copies that were gone or damaged when the backup was made."""
    replies: int
    replies_bytes: int


def write_manifest(manifest: Manifest) -> bytes:
    return json.dumps(asdict(manifest), indent=2).encode() + b"\n"


def read_manifest(content: bytes) -> Manifest:
    """Raises ValueError for what is none, or of another version."""
    data = json.loads(content)
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise ValueError("it is not of inkchat")
    if data.get("version") != VERSION:
        raise ValueError(
            f"it is of version {data.get('version')}, and this inkchat reads {VERSION}"
        )
    try:
        manifest = Manifest(**data)
    except TypeError as error:
        raise ValueError("its manifest is not complete") from error
    for name, kind in Manifest.__annotations__.items():
        value = getattr(manifest, name)
        if type(value) is not kind or (kind is int and value < 0):
            raise ValueError(f"its manifest has no usable {name}")
    return manifest


def name_copy(content_hash: str) -> str:
    return f"inkchat/drops/{content_hash[:2]}/{content_hash}"


def name_reply(drop_id: int) -> str:
    return f"inkchat/replies/{drop_id}.json"


def read_copy_name(member: str) -> str | None:
    """The content hash, if it is the name of a private copy."""
    match = _COPY.fullmatch(member)
    return match[2] if match else None


def read_reply_name(member: str) -> int | None:
    """The drop's number, if it is the name of a kept reply."""
    match = _REPLY.fullmatch(member)
    return int(match[1]) if match else None


def hash_file(path: Path) -> str:
    """SHA-256 in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

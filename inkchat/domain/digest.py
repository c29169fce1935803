"""A whole conversation as one document."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """One exchange of a conversation, as a digest tells it."""

    number: int
    title: str
    """May be empty."""
    note_name: str
    written_at: datetime | None
    """With time zone; None where it is not known."""
    author: str
    """Who wrote the note; empty for the conversation's user."""
    transcript: str
    answer: str
    """Markdown; of a failed exchange, what went wrong."""
    colophon: str
    remarks: tuple[str, ...] = ()
    is_failed: bool = False


@dataclass(frozen=True, slots=True)
class Digest:
    """A whole conversation to be drawn, for reading on the device."""

    conversation_id: str
    code: str
    title: str
    written_at: datetime
    """When the digest was made, with time zone."""
    entries: tuple[DigestEntry, ...]
    summary: str = ""
    """What is remembered of the conversation's beginning; may be empty."""
    attachments: tuple[str, ...] = ()
    """Names of the files that are kept with the conversation."""

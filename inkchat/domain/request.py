"""What a provider is asked."""

from dataclasses import dataclass
from enum import StrEnum

from inkchat.domain.note import Note


class Role(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier turn of a conversation, as text, in no vendor's form."""

    role: Role
    text: str


class CacheLife(StrEnum):
    """How long a vendor is asked to keep the beginning of a request."""

    OFF = "off"
    SHORT = "5m"
    LONG = "1h"


@dataclass(frozen=True, slots=True)
class Request:
    """What a provider is asked: who it is, what was said before, and the new note."""

    system: str
    """Byte-stable for a conversation: no date, no counter."""
    history: tuple[Turn, ...]
    """Oldest first. Neighbours may have one role: a note that no model answered has no reply."""
    note: Note
    instruction: str
    """Stands after the note's pages: what to do with them, the date, the file's name."""
    cache: CacheLife = CacheLife.OFF
    """For all that stands before the new note."""
    cache_key: str = ""
    """The same for the requests of a conversation, and meaningless to anybody else."""

"""A file on its way, and where it is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DropState(StrEnum):
    """Where a drop is on its way; the word stands in `drops.state`."""

    RECEIVED = "received"
    ASKING = "asking"
    """Committed before bytes leave for the model; after a crash it is not known if it worked."""
    ANSWERED = "answered"
    """The page's content is stored: drawing and delivering never call the model again."""
    DELIVERED = "delivered"
    WAITING = "waiting"
    """Tried again by itself at `not_before`."""
    HELD = "held"
    """Not tried again until a person says so."""
    FAILED = "failed"
    """An ERROR response was delivered."""
    DUPLICATE = "duplicate"
    IGNORED = "ignored"

    @property
    def is_final(self) -> bool:
        return self in FINAL_STATES


FINAL_STATES = frozenset(
    {DropState.DELIVERED, DropState.FAILED, DropState.DUPLICATE, DropState.IGNORED}
)


@dataclass(frozen=True, slots=True)
class Drop:
    """A row of the ledger."""

    id: int
    watch: str
    thread: str
    """Folder below the inbox, with `/`; empty for the inbox itself."""
    name: str
    """File name as seen, bytes that are not UTF-8 written as `\\xNN`."""
    content_hash: str | None
    """SHA-256 in hexadecimal; None for what was ignored without being read."""
    suffix: str
    """Of the name, in lower case, such as `.pdf`."""
    size_bytes: int
    state: DropState
    reason: str
    """Why it is ignored, waiting, held or failed, in words."""
    reason_code: str
    conversation_id: str | None
    exchange_number: int | None
    calls: int
    """Times a provider was called, or may have been."""
    cuts: int
    """Of these, calls that inkchat did not live to see the end of."""
    attempts: int
    """Tries in a row that failed in the way `reason_code` says."""
    waiting_for: str
    """Display name of the provider that must be mended; empty if that is not the trouble."""
    failing_since: datetime | None
    """When the first of `attempts` was."""
    not_before: datetime | None
    received_at: datetime
    updated_at: datetime
    asked_provider: str = ""
    """Display name of the provider that the note itself names; empty if it names none."""
    wants_model: bool = False
    """Offline has answered it before; this time only a model will do."""
    held_until: datetime | None = None
    """When a budget's period turns; None where only a person can let it go."""
    repairs: int = 0
    """Times the model was told what was wrong with its answer to this note."""
    document: str = ""
    """By what a file is known that comes back: its name, or its path outside of any inbox."""
    may_be_command: bool = False
    """It is short and typed, and not looked at yet: a command waits for no other note."""
    is_placed: bool = False
    """What it says itself of where it belongs was obeyed, and is not obeyed again."""

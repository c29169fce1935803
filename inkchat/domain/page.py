"""What goes to the outbox: an answer or an ERROR, and where it can be written on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PageKind(StrEnum):
    """What kind of page goes to the outbox, by the prefix of its name."""

    RESPONSE = "RESPONSE"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands around the text on every page of a response."""

    conversation_id: str
    exchange_number: int
    note_name: str
    """Name of the file that is answered."""
    written_at: datetime
    """With time zone; printed as the local date and time it holds."""
    code: str = ""
    """The conversation's short code, as it can be written by hand; may be empty."""
    user: str = ""
    """Whose conversation it is; may be empty."""


class PlaceKind(StrEnum):
    """What ink in a place of a page means."""

    REPLY = "reply"
    """The room to write back."""
    MORE = "more"
    SHORTER = "shorter"
    SIMPLER = "simpler"
    TRY_AGAIN = "try again"
    NEW_TOPIC = "new topic"
    CODE = "code"
    """A QR code: ink there means nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a drawn page that is found again when the page comes back written on."""

    kind: PlaceKind
    page: int
    """From 1."""
    left_pt: float
    """From the page's left edge."""
    top_pt: float
    """From the page's upper edge."""
    width_pt: float
    height_pt: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A response as it is delivered."""

    pdf: bytes
    places: tuple[Place, ...] = ()
    kind: PageKind = PageKind.RESPONSE


@dataclass(frozen=True, slots=True)
class NotePicture:
    """A page of the note that is answered, for an answer that shows it or a part of it."""

    page: int
    """As in the file, from 1."""
    png: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """An answer to be drawn."""

    head: Letterhead
    title: str
    answer: str
    """Markdown, from a model: data, never markup of ours."""
    transcript: str
    language: str
    colophon: str
    """Who answered, such as `claude-sonnet-5-5 · 2,352 tokens`."""
    remarks: tuple[str, ...] = ()
    """Sentences that stand before the answer, such as that no AI answered."""
    leads_with_transcript: bool = False
    """What was read is the main thing: it stands before the answer, not behind it."""
    needs_room: bool = True
    """Whether it is worth a page more to write back on."""
    pictures: tuple[NotePicture, ...] = ()
    """Of the pages that the answer names."""


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """A failure to be drawn, in whole sentences."""

    head: Letterhead
    title: str
    what_happened: str
    next_step: str
    what_becomes_of_the_note: str

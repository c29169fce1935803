"""The nouns of inkchat as frozen values; `docs/architecture.md` says what each word means."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

OnText = Callable[[str], None]
"""Is called with each further piece of the answer's text as it arrives."""


class NoteKind(StrEnum):
    """What a note was; the word stands in `exchanges.input_type`."""

    PDF = "pdf"
    IMAGE = "image"
    TEXT = "text"


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


class ConversationPer(StrEnum):
    """What a file that comes back under its name has a conversation for."""

    DOCUMENT = "document"
    PAGE = "page"


class Side(StrEnum):
    """Of a screen."""

    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    NONE = "none"


class Ruling(StrEnum):
    """What the room to write back is filled with."""

    LINES = "lines"
    DOTS = "dots"
    GRID = "grid"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Device:
    """A tablet's screen, as far as a page must know it."""

    name: str
    label: str
    page_width_pt: float
    page_height_pt: float
    resolution_dpi: int
    has_colour: bool
    toolbar: Side = Side.LEFT
    """Where the tablet's own tools may lie over the page."""
    toolbar_depth_pt: float = 40.0
    hand: Side = Side.RIGHT
    """With which one writes: LEFT or RIGHT."""
    smallest_pt: float = 7.5
    """Of type that can be read on it."""
    shows_grey: bool = True
    """Whether a light grey is seen as one, and not as scattered dots."""
    ruling: Ruling = Ruling.LINES
    hyphenates: bool = False
    """Whether long words are parted at the end of a line."""

    @property
    def width_px(self) -> int:
        return round(self.page_width_pt * self.resolution_dpi / 72)

    @property
    def height_px(self) -> int:
        return round(self.page_height_pt * self.resolution_dpi / 72)


def _fold(name: str) -> str:
    """As names are compared: macOS writes an accent as a sign of its own."""
    return unicodedata.normalize("NFC", name).casefold()


@dataclass(frozen=True, slots=True)
class Watch:
    """One inbox, its outbox, and who and what stands behind it."""

    name: str
    """Identifies the watch in the ledger, also when its folder is moved."""
    inbox: Path
    outbox: Path
    user: str
    device: Device
    """Its tablet, as the configuration has it set up."""
    provider: str = ""
    """Display name of who answers here; empty means: whoever is active."""
    conversation_timeout_seconds: float | None = None
    """After so long without a note, the next one in a thread begins a conversation anew."""
    conversation_per: ConversationPer = ConversationPer.DOCUMENT
    recall: bool = False
    """Whether a model is told what fits of the user's other conversations."""
    participants: tuple[str, ...] = ()
    """People who write here: a subfolder of a thread that bears such a name is theirs."""

    def split_thread(self, folder: str) -> tuple[str, str]:
        """The thread that a folder below the inbox belongs to, and whose subfolder it is.

        The name is empty where it is nobody's in particular.
        """
        named = {_fold(name): name for name in self.participants}
        whose = ""
        thread, _, last = folder.rpartition("/")
        while thread and _fold(last) in named:
            folder, whose = thread, whose or named[_fold(last)]
            thread, _, last = folder.rpartition("/")
        return folder, whose


@dataclass(frozen=True, slots=True)
class Marks:
    """What inkchat left in a response's metadata: where a returned page belongs."""

    conversation_id: str
    exchange_number: int | None
    """None in a digest, which is of the whole conversation."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a note: a picture, typed text, or both."""

    number: int
    """As in the file, from 1."""
    text: str
    """The text layer, or the whole text of a typed note; empty where there is none."""
    picture: bytes | None
    """Grey PNG with 16 levels, long edge usually 1568 px; None for a typed note."""
    width_px: int
    height_px: int
    """Of the picture; 0 where there is none."""
    fingerprint: str
    """SHA-256 over the picture's pixels and the text, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a drop contains."""

    kind: NoteKind
    pages: tuple[Page, ...]
    marks: Marks | None = None
    remarks: tuple[str, ...] = ()
    """Sentences the person should read, such as which pages were left out."""
    known_pages: int = 0
    """Pages of the document that were answered before and are left out."""

    @property
    def text(self) -> str:
        """All typed text, pages parted by a blank line."""
        return "\n\n".join(page.text for page in self.pages if page.text)


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


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; `input_tokens` includes both kinds of cached ones."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    """Read from the vendor's cache."""
    cache_written_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens


class Stop(StrEnum):
    """Why the model stopped; a refusal is an error and not here."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the note read and answered."""

    title: str
    transcript: str
    """What was read from the note, Markdown or plain."""
    answer: str
    """Markdown."""
    language: str
    """BCP 47 tag of the answer, such as `en` or `pt-BR`; empty if not told."""
    provider: str
    """Display name, such as `Anthropic Claude`."""
    model: str
    """As the provider named it in its reply; empty for Offline."""
    usage: Usage = Usage()
    stop: Stop = Stop.COMPLETE
    request_id: str = ""
    remarks: tuple[str, ...] = ()
    """Sentences of ours, not the model's, that the person should read before the answer."""
    cost_usd: float | None = None
    """None where no price is known."""
    first_token_seconds: float | None = None
    """From sending the request to the first piece of text; None where nothing was streamed."""


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


class CommandKind(StrEnum):
    """What a note may ask of inkchat itself, by the words it is written with."""

    HELP = "help"
    SESSION_INFO = "session info"
    CLEAR_SESSION = "clear session"
    NEW_SESSION = "new session"
    END_SESSION = "end session"
    ALL_SESSIONS = "all sessions"
    SUMMARY = "summary"
    SEARCH = "search"
    PROVIDER = "provider"
    CONTINUE = "continue"
    USAGE = "usage"

    @property
    def waits_its_turn(self) -> bool:
        """Whether it would change what is done with notes that came before it."""
        return self in (CommandKind.CLEAR_SESSION, CommandKind.PROVIDER)

    @property
    def changes_something(self) -> bool:
        """Whether carrying it out twice is not the same as once, or comes too late."""
        return self in _CHANGING


_CHANGING = frozenset(
    {
        CommandKind.CLEAR_SESSION,
        CommandKind.NEW_SESSION,
        CommandKind.END_SESSION,
        CommandKind.PROVIDER,
        CommandKind.CONTINUE,
    }
)


@dataclass(frozen=True, slots=True)
class Command:
    """A note that is only a command."""

    kind: CommandKind
    argument: str = ""
    """What stands after the word: what to search for, whom to ask, which conversation."""


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

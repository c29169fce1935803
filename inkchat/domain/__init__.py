"""The nouns of inkchat as frozen values; `docs/architecture.md` says what each word means."""

from inkchat.domain.answer import OnText, Reply, Stop, Usage
from inkchat.domain.command import Command, CommandKind
from inkchat.domain.device import Device, Ruling, Side
from inkchat.domain.digest import Digest, DigestEntry
from inkchat.domain.drop import FINAL_STATES, Drop, DropState
from inkchat.domain.note import Marks, Note, NoteKind, Page
from inkchat.domain.page import (
    Drawn,
    ErrorResponse,
    Letterhead,
    NotePicture,
    PageKind,
    Place,
    PlaceKind,
    Response,
)
from inkchat.domain.request import CacheLife, Request, Role, Turn
from inkchat.domain.watch import ConversationPer, Watch

__all__ = [
    "FINAL_STATES",
    "CacheLife",
    "Command",
    "CommandKind",
    "ConversationPer",
    "Device",
    "Digest",
    "DigestEntry",
    "Drawn",
    "Drop",
    "DropState",
    "ErrorResponse",
    "Letterhead",
    "Marks",
    "Note",
    "NoteKind",
    "NotePicture",
    "OnText",
    "Page",
    "PageKind",
    "Place",
    "PlaceKind",
    "Reply",
    "Request",
    "Response",
    "Role",
    "Ruling",
    "Side",
    "Stop",
    "Turn",
    "Usage",
    "Watch",
]

"""What a drop contains."""

from dataclasses import dataclass
from enum import StrEnum


class NoteKind(StrEnum):
    """What a note was; the word stands in `exchanges.input_type`."""

    PDF = "pdf"
    IMAGE = "image"
    TEXT = "text"


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

"""What a file is, told by its first bytes: a name can say anything.

The suffix decides in one case only: plain text has no mark of its own, and a program or a web
page is not a note because it can be read as text.
"""

from enum import StrEnum

from inkchat.errors import DamagedFile, NoteError, UnsupportedFile
from inkchat.notes.names import quote

HEAD_BYTES = 4096
PDF_HEADER_WITHIN_BYTES = 1024
"""Readers look for `%PDF-` this far (ISO 32000-1, annex H.3, note 13)."""
TEXT_SUFFIXES = (".txt", ".md", ".markdown")


class FileKind(StrEnum):
    """What can be read; of a picture, the name of Pillow's decoder."""

    PDF = "PDF"
    PNG = "PNG"
    JPEG = "JPEG"
    TIFF = "TIFF"
    WEBP = "WEBP"
    TEXT = "text"


_AS_PDF = "Export the note as PDF, and save that."
_AS_PICTURE = "Save the picture as JPEG or PNG, and drop that."
_FOREIGN: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"GIF8", "a GIF picture", _AS_PICTURE),
    (0, b"BM", "a BMP picture", _AS_PICTURE),
    (0, b"8BPS", "a Photoshop picture", _AS_PICTURE),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 picture", _AS_PICTURE),
    (4, b"ftyphei", "a HEIC photo", "On the phone, share the photo as JPEG, and drop that."),
    (4, b"ftyphev", "a HEIC photo", "On the phone, share the photo as JPEG, and drop that."),
    (4, b"ftypmif1", "a HEIC photo", "On the phone, share the photo as JPEG, and drop that."),
    (4, b"ftypavif", "an AVIF picture", _AS_PICTURE),
    (4, b"ftyp", "a video", "Save a page of handwriting, as PDF or as a picture."),
    (0, b"noteSN_FILE", "a Supernote notebook", "On the Supernote, export the note as PDF."),
    (0, b"markSN_FILE", "a Supernote mark file", "On the Supernote, export the PDF with its ink."),
    (0, b"reMarkable .lines", "a reMarkable page", "On the reMarkable, export the note as PDF."),
    (0, b"PK\x03\x04", "a ZIP archive or an office document", _AS_PDF),
    (0, b"PK\x05\x06", "an empty ZIP archive", _AS_PDF),
    (0, b"\x1f\x8b", "a gzip archive", _AS_PDF),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _AS_PDF),
    (0, b"Rar!", "a RAR archive", _AS_PDF),
    (0, b"\xd0\xcf\x11\xe0", "an older Office document", _AS_PDF),
    (0, b"{\\rtf", "a rich text document", _AS_PDF),
    (0, b"%!PS", "a PostScript file", _AS_PDF),
    (0, b"SQLite format 3\0", "a database", _AS_PDF),
    (0, b"\x7fELF", "a program", _AS_PDF),
    (0, b"MZ", "a program", _AS_PDF),
)


def tell_kind(head: bytes, name: str, suffix: str) -> FileKind:
    """What to read the file as. Raises UnsupportedFile or DamagedFile where it cannot be read."""
    picture = _tell_picture(head)
    if picture is not None:
        return picture
    if suffix.lower() in TEXT_SUFFIXES:
        # A text may speak of %PDF- further down.
        return FileKind.PDF if head.startswith(b"%PDF-") else _expect_text(head, name)
    if b"%PDF-" in head[:PDF_HEADER_WITHIN_BYTES]:
        return FileKind.PDF
    raise _explain(head, name, suffix)


def _tell_picture(head: bytes) -> FileKind | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.PNG
    if head.startswith(b"\xff\xd8\xff"):
        return FileKind.JPEG
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return FileKind.TIFF
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return FileKind.WEBP
    return None


def _expect_text(head: bytes, name: str) -> FileKind:
    if _looks_like_text(head):
        return FileKind.TEXT
    what, next_step = _name_foreign(head) or ("no text", "Save it as text in UTF-8.")
    raise UnsupportedFile(f"{quote(name)} is named as text, but it seems to be {what}.", next_step)


def _explain(head: bytes, name: str, suffix: str) -> NoteError:
    foreign = _name_foreign(head)
    if foreign is not None:
        what, next_step = foreign
        return UnsupportedFile(
            f"{quote(name)} seems to be {what}, which cannot be read.", next_step
        )
    if _looks_like_text(head):
        return UnsupportedFile(
            f"{quote(name)} seems to be plain text, which its name does not say.",
            "If it is a note, rename it so that it ends in .txt or .md.",
        )
    if suffix.lower() == ".pdf":
        return DamagedFile(
            f"{quote(name)} is named as a PDF, but there is no PDF in it.",
            "Export the note again; the file was probably not written to its end.",
        )
    return UnsupportedFile(
        f"{quote(name)} is of a kind that is not known here.",
        "Save the note as PDF, PNG, JPEG, TIFF, WebP, text or Markdown.",
    )


def _name_foreign(head: bytes) -> tuple[str, str] | None:
    for offset, magic, what, next_step in _FOREIGN:
        # Two letters are no proof: a text can begin with BM or MZ.
        if head.startswith(magic, offset) and (len(magic) > 2 or not _looks_like_text(head)):
            return what, next_step
    return None


def _looks_like_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True  # UTF-16, where every other byte may be zero
    # Tab, line feed, form feed, carriage return and escape are found in honest text.
    return not any(byte < 32 and byte not in b"\t\n\f\r\x1b" for byte in head)

"""Which names are never notes, and why.

A sync program, a browser or an editor writes under a name of its own and renames when it is
done. The rule that holds without knowing them all: only certain endings are read, and what
begins with `.` or `~` is passed over. The tables below hold the rest and the words for it.
Conflict copies are notes: they hold other bytes, and equal bytes are found by their hash.
"""

import re
import unicodedata
from pathlib import PurePath

NOTE_SUFFIXES = frozenset(
    {".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".txt", ".md", ".markdown"}
)

DOCUMENT_SUFFIXES = frozenset({".pdf", ".txt", ".md", ".markdown"})

_HIDDEN = {
    ".syncthing.": "is a file that Syncthing has not finished",
    ".goutputstream-": "is a file that a GNOME program has not finished",
    ".nfs": "is a deleted file that an NFS client still holds open",
    ".fuse_hidden": "is a deleted file that a FUSE program still holds open",
    ".smbdelete": "is a deleted file that an SMB client still holds open",
    ".~lock.": "is a lock of LibreOffice",
    "._": "holds what macOS keeps beside a file",
    ".": "is hidden: its name begins with a dot",
    "~syncthing~": "is a file that Syncthing has not finished",
    "~$": "is a lock of Microsoft Office",
    "~": "is temporary: its name begins with a tilde",
}
"""By beginning; the first that fits gives the reason."""

_UNFINISHED = {
    ".part": "is a transfer that has not finished",
    ".partial": "is a transfer that has not finished",
    ".filepart": "is a transfer that has not finished",
    ".crdownload": "is a download that has not finished",
    ".opdownload": "is a download that has not finished",
    ".download": "is a download that has not finished",
    ".!sync": "is a transfer that Resilio Sync has not finished",
    ".icloud": "stands for a file that is still in iCloud",
    ".mega": "is a transfer that MEGA has not finished",
    ".ctmp": "is a temporary file of a sync program",
    ".tmp": "is a temporary file",
    ".temp": "is a temporary file",
    ".kate-swp": "is a swap file of an editor",
    ".swp": "is a swap file of an editor",
    ".swo": "is a swap file of an editor",
    ".swx": "is a swap file of an editor",
    "~": "is an editor’s backup",
}
"""By ending, in lower case."""

_INSIDE = (
    (".unison", "is a transfer that Unison has not finished"),
    (".~", "is a temporary file of a sync program"),
)
"""By what stands anywhere in the name, in lower case."""

_BOOKKEEPING = {
    "inkchat.yaml": "holds the settings of its thread",
    "desktop.ini": "belongs to Windows Explorer",
    "thumbs.db": "belongs to Windows Explorer",
    "icon\r": "belongs to the macOS Finder",
    "@eadir": "belongs to a Synology server",
    "#recycle": "is a network server’s waste bin",
    "$recycle.bin": "is the waste bin of Windows",
    "system volume information": "belongs to Windows",
    "__macosx": "holds what macOS keeps beside files",
    "lost+found": "belongs to the file system",
}
"""By the whole name, in lower case."""

_HIDDEN_STARTS, _UNFINISHED_ENDS = tuple(_HIDDEN), tuple(_UNFINISHED)

_RCLONE_CONFLICT = re.compile(r"\.conflict\d+\Z")
"""`rclone bisync` marks a conflict copy behind the ending: note.pdf.conflict1."""


def why_passed_over(name: str) -> str | None:
    """Why this one name, of a file or folder, belongs to some program's own doings; else None."""
    lower = name.lower()
    if lower in _BOOKKEEPING:
        return _BOOKKEEPING[lower]
    # Tuples first: twenty thousand names are in none of the tables.
    if lower.startswith(_HIDDEN_STARTS):
        return next(why for start, why in _HIDDEN.items() if lower.startswith(start))
    if lower.endswith(_UNFINISHED_ENDS):
        return next(why for end, why in _UNFINISHED.items() if lower.endswith(end))
    for part, why in _INSIDE:
        if part in lower:
            return why
    return None


def note_suffix(name: str) -> str:
    """The ending that says what is in the file, in lower case, such as `.pdf`, or empty.

    Trailing dots and spaces are looked through, since Windows drops them on the way.
    """
    plain = _RCLONE_CONFLICT.sub("", name.rstrip(" ."))
    dot = plain.rfind(".")
    return plain[dot:].lower() if dot > 0 else ""


def find_document(name: str, suffix: str) -> str:
    """The name by which a file is known when it comes back; empty for one that never does.

    Pictures are named by a camera or a tablet, which begin anew with `IMG_0001` and the like.
    """
    return name if suffix in DOCUMENT_SUFFIXES else ""


def why_unread(name: str) -> str | None:
    """Why a file of this name is not of a kind that inkchat reads; else None."""
    suffix = note_suffix(name)
    if suffix in NOTE_SUFFIXES:
        return None
    kind = f"“{show_name(suffix)}”" if suffix else "a file without an ending"
    return f"{kind} is not a kind of file inkchat reads"


def why_never_a_note(relative: PurePath | str) -> str | None:
    """Why a file at this path below the inbox is never a note, in words; None if it may be one."""
    parts = PurePath(relative).parts
    for part in parts:
        if (reason := why_passed_over(part)) is not None:
            return f"“{show_name(part)}” {reason}"
    return why_unread(parts[-1]) if parts else "a file without a name is not a note"


_SHORT_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_JOINERS = "\u200c\u200d"
"""Invisible, but Persian words and composed emoji are spelt with them."""


def show_name(name: str) -> str:
    """A file name as printable text: safe in a log, a terminal, the database and on a page.

    Bytes that are not UTF-8 become `\\xNN`, control and direction characters `\\n` or `\\uNNNN`,
    and a backslash two of them, so that different names stay different.
    """
    if name.isprintable() and "\\" not in name:
        return name
    return "".join(map(_show_character, name))


def _show_character(character: str) -> str:
    code = ord(character)
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if 0xDC80 <= code <= 0xDCFF:  # how Python carries a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if (
        character.isprintable()
        or character in _JOINERS
        or unicodedata.category(character) == "Zs"  # a space of another width does no harm
    ):
        return character
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


_ESCAPE = re.compile(r"\\(\\|[nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
_PLAIN = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t"}


def restore_name(shown: str) -> str:
    """The name that `show_name` has shown so, as the file system knows it."""
    return _ESCAPE.sub(_restore_character, shown)


def _restore_character(match: re.Match[str]) -> str:
    escape = match[1]
    if escape in _PLAIN:
        return _PLAIN[escape]
    code = int(escape[1:], 16)
    return chr(code + 0xDC00) if escape[0] == "x" else chr(code)

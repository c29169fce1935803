"""Where a child begins: look at what the file is, and hand it to the module that reads that.

The modules that load heavy libraries are imported only here inside, in the child: its server has
them loaded already, and the program, which imports this module for its name, never does.
"""

from pathlib import Path

from inkchat.domain import Note, NoteKind
from inkchat.errors import EmptyFile
from inkchat.notes.kinds import HEAD_BYTES, FileKind, tell_kind
from inkchat.notes.names import quote


def read_note(
    path: str,
    name: str,
    suffix: str,
    max_pages: int,
    max_picture_megapixels: float,
    long_edge_px: int,
) -> Note:
    """The note in the file. Raises NoteError for what can never become one."""
    file = Path(path)
    with file.open("rb") as opened:
        kind = tell_kind(opened.read(HEAD_BYTES), name, suffix)
    if kind is FileKind.TEXT:
        from inkchat.notes.text import read_text

        return Note(NoteKind.TEXT, (read_text(file, name),))
    if kind is FileKind.PDF:
        from inkchat.notes.pdf import read_pdf

        note, has_ink = read_pdf(file, name, max_pages, long_edge_px)
    else:
        from inkchat.notes.picture import read_picture

        note, has_ink = read_picture(
            file, name, kind, max_pages, max_picture_megapixels, long_edge_px
        )
    if not has_ink and not note.text:
        raise EmptyFile(
            f"Nothing was found on {quote(name)}: it has no dark stroke and no text.",
            "Write on it, with a black pen if it was a light one, and save it again.",
        )
    return note

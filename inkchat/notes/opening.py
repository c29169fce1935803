"""The program's side of opening a note: it judges the file's size and how the child ended.

Nothing here reads the file. pypdfium2 and Pillow are loaded by the child's server alone.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from inkchat import sandbox
from inkchat.domain import Note
from inkchat.errors import (
    CostlyFile,
    DamagedFile,
    EmptyFile,
    NoteError,
    OversizedFile,
    UnsupportedFile,
)
from inkchat.notes.names import quote
from inkchat.notes.reading import read_note

if TYPE_CHECKING:  # the server loads this module too, and needs no configuration
    from inkchat.config import Limits

LONG_EDGE_PX = 1568
"""What the vendors' models see without scaling it down."""

PRELOAD = ("inkchat.notes.pdf", "inkchat.notes.picture", "inkchat.notes.text")
"""What every child needs; a name is enough, since these are not to be loaded here."""


def warm_up() -> None:
    """Start what opens notes, so that the first one is not slow; returns at once."""
    sandbox.warm_up(PRELOAD)


def open_note(
    path: Path,
    name: str,
    suffix: str,
    limits: "Limits",
    long_edge_px: int = LONG_EDGE_PX,
) -> Note:
    """The pages of the file at `path`, which the person knows as `name`.

    `suffix` is a hint, such as `.pdf`; what is in the file decides. No side of a picture is
    longer than `long_edge_px`.
    Raises NoteError for a file that will never become a note.
    """
    _check_size(path, name, limits)
    try:
        return sandbox.run_in_child(
            read_note,
            # The server's working directory is that of the program's start.
            str(path.absolute()),
            name,
            suffix,
            limits.max_pages,
            limits.max_picture_megapixels,
            long_edge_px,
            limits=sandbox.ChildLimits(
                limits.memory_mb, limits.processor_seconds, limits.wall_seconds
            ),
            preload=PRELOAD,
        )
    except sandbox.ChildFailed as failure:
        raise _judge(failure, name, limits) from failure


def _check_size(path: Path, name: str, limits: "Limits") -> None:
    if not path.is_file():
        raise UnsupportedFile(
            f"{quote(name)} is not a regular file.", "Save the note itself here, as a PDF file."
        )
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise EmptyFile(
            f"{quote(name)} has no content at all.",
            "Export the note again; if it stays empty, look whether the tablet finished syncing.",
        )
    if size_bytes > limits.max_file_mb * 1e6:
        raise OversizedFile(
            f"{quote(name)} is {size_bytes / 1e6:,.0f} MB, and at most "
            f"{limits.max_file_mb:g} MB are opened.",
            "Export fewer pages at a time, or raise max_file_mb under limits in config.yaml.",
        )


def _judge(failure: sandbox.ChildFailed, name: str, limits: "Limits") -> NoteError:
    match failure.reason:
        case sandbox.FailureReason.MEMORY:
            spent, key = f"it needed more than {limits.memory_mb} MB of memory", "memory_mb"
        case sandbox.FailureReason.PROCESSOR:
            seconds = limits.processor_seconds
            spent, key = f"it used more than {seconds} s of processor time", "processor_seconds"
        case sandbox.FailureReason.WALL:
            spent, key = f"it took more than {limits.wall_seconds:g} s", "wall_seconds"
        case sandbox.FailureReason.CRASH:
            return DamagedFile(
                f"Opening {quote(name)} broke off: the file is damaged, or made so that it "
                f"needs more than {limits.memory_mb} MB of memory.",
                "Export the note again, as a new file, and with fewer pages if it is a long one.",
            )
    return CostlyFile(
        f"Opening {quote(name)} was stopped, because {spent}.",
        f"Export it again with fewer pages, or raise {key} under limits in config.yaml.",
    )

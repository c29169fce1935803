from pathlib import PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkchat.inbox.names import (
    NOTE_SUFFIXES,
    note_suffix,
    restore_name,
    show_name,
    why_never_a_note,
    why_passed_over,
)

IN_FLIGHT = [
    ".syncthing.note.pdf.tmp",
    ".syncthing.0f343b0931126a20f133d67c2b018a3b.tmp",
    "~syncthing~note.pdf.tmp",
    ".note.pdf.~1a2b3c4d",
    "note.pdf.part",
    "note.pdf.ocTransferId123456.part",
    "note.pdf~",
    "~$note.pdf",
    ".~lock.note.pdf#",
    "note.pdf.filepart",
    "note.pdf.crdownload",
    "note.unison.pdf",
    ".unison.note.pdf.4f2.unison.tmp",
    "csync_timedif.ctmp",
    ".note.pdf.swp",
    "note.pdf.swp",
    "note.~1.pdf",
    "note.pdf.kate-swp",
    "desktop.ini",
    "Thumbs.db",
    ".DS_Store",
    ".htaccess",
    "Icon\r",
    ".dropbox",
    ".dropbox.attr",
    "note.pdf.partial",
    "note.pdf.0badcafe.partial",
    ".note.pdf.Xa93Bk",
    "._note.pdf",
    ".smbdeleteAAA0001",
    ".nfs000000000123",
    ".fuse_hidden0000000100000001",
    "note.pdf.opdownload",
    "note.pdf.download",
    ".goutputstream-A1B2C3",
    "note.tmp",
    "note.TEMP",
    ".sync.ffs_db",
    ".symform",
    ".apdisk",
    "note.pdf.!Sync",
    ".note.pdf.icloud",
    ".getxfer.123.mega",
    ".pdf",
    "~.pdf",
]

FOLDERS_OF_PROGRAMS = [
    ".stfolder",
    ".stversions",
    ".dropbox.cache",
    ".tmp.drivedownload",
    ".tmp.driveupload",
    ".rsync-partial",
    ".~tmp~",
    ".sync",
    ".Trash-1000",
    ".Trashes",
    ".Spotlight-V100",
    ".fseventsd",
    ".TemporaryItems",
    "@eaDir",
    "#recycle",
    "__MACOSX",
    "$RECYCLE.BIN",
    "System Volume Information",
    "lost+found",
    "note.pdf.download",
]

NOTES = [
    "note.pdf",
    "Note.PDF",
    "a.b.c.md",
    "-rf.pdf",
    "line\nbreak.pdf",
    "caf\u00e9.pdf",
    "cafe\u0301.pdf",
    "\udcff\udcfe.pdf",
    "trailing.pdf.",
    "trailing.pdf ",
    " .pdf",
    "..pdf.pdf".lstrip("."),
    "x" * 251 + ".pdf",
    "\u202efdp.pdf",
    "RESPONSE_conv_20261120_101500_0a1b2c3d_ex001.pdf",
    # Conflict copies hold other bytes.
    "note.sync-conflict-20261120-101500-ABCDEF7.pdf",
    "note (conflicted copy 2026-11-20 101500).pdf",
    "note (c\u00f2pia en conflicte 2026-11-20 101500).pdf",
    "note_conflict-20261120-101500.pdf",
    "note (Ada's conflicted copy 2026-11-20).pdf",
    "note (Ada\u2019s conflicted copy 2026-11-20).pdf",
    "note (Case Conflict 1).pdf",
    "note (Selective Sync Conflict).pdf",
    "note-DESKTOP-2.pdf",
    "note (1).pdf",
    "note.pdf.conflict1",
    "note (SFConflict ada 2026-Nov-20-10-15-00).pdf",
]


@pytest.mark.parametrize("name", IN_FLIGHT, ids=ascii)
def test_a_name_in_flight_is_never_a_note_and_the_reason_is_a_sentence(name: str) -> None:
    reason = why_never_a_note(name)

    assert reason is not None
    assert show_name(name) in reason
    assert why_passed_over(name) is not None


@pytest.mark.parametrize("folder", FOLDERS_OF_PROGRAMS)
def test_what_lies_in_a_folder_of_a_program_is_never_a_note(folder: str) -> None:
    assert why_never_a_note(PurePath("thread", folder, "note.pdf")) is not None


@pytest.mark.parametrize("name", NOTES, ids=ascii)
def test_a_saved_name_may_be_a_note(name: str) -> None:
    assert why_never_a_note(name) is None
    assert why_never_a_note(PurePath("a thread", name)) is None


@pytest.mark.parametrize("name", ["note.docx", "note", "note.pdf.exe", "note.heic", "archive.zip"])
def test_another_kind_of_file_is_named_in_the_reason(name: str) -> None:
    reason = why_never_a_note(name)

    assert reason is not None
    assert reason.endswith("is not a kind of file inkchat reads")
    assert why_passed_over(name) is None


def test_a_conflict_copy_of_rclone_keeps_its_kind() -> None:
    assert note_suffix("note.pdf.conflict12") == ".pdf"


def test_the_name_of_a_plain_file_is_shown_as_it_is() -> None:
    assert show_name("Einkaufsliste für Ötzi – 買い物.pdf") == "Einkaufsliste für Ötzi – 買い物.pdf"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb.pdf", "a\\nb.pdf"),
        ("a\x1b[2Jb.pdf", "a\\u001b[2Jb.pdf"),
        ("\u202efdp.exe", "\\u202efdp.exe"),
        ("\u2066x", "\\u2066x"),
        ("\udcff\udc80.pdf", "\\xff\\x80.pdf"),
        ("back\\slash", "back\\\\slash"),
        ("line\u2028separator", "line\\u2028separator"),
    ],
)
def test_a_hostile_name_is_shown_as_escapes(name: str, shown: str) -> None:
    assert show_name(name) == shown


FILE_NAMES = st.binary(min_size=1, max_size=40).map(lambda b: b.decode("utf-8", "surrogateescape"))


@settings(deadline=None, max_examples=300)
@given(FILE_NAMES | st.text(max_size=40))
def test_every_shown_name_can_be_stored_and_cannot_steer_a_terminal(name: str) -> None:
    shown = show_name(name)

    shown.encode("utf-8")
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in shown)
    assert not set(shown) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
    )


@settings(deadline=None, max_examples=300)
@given(FILE_NAMES, FILE_NAMES)
def test_different_names_are_shown_differently(one: str, other: str) -> None:
    assert (show_name(one) == show_name(other)) == (one == other)


@settings(deadline=None, max_examples=300)
@given(FILE_NAMES)
def test_any_bytes_as_a_name_are_judged(name: str) -> None:
    reason = why_never_a_note(name)

    assert reason is not None or note_suffix(name) in NOTE_SUFFIXES


@settings(deadline=None, max_examples=300)
@given(FILE_NAMES)
def test_a_shown_name_can_be_restored(name: str) -> None:
    assert name == restore_name(show_name(name))

"""Ids and file names: their forms are a promise to people, scripts and older databases."""

import re
import secrets
import unicodedata
import uuid
from datetime import datetime
from pathlib import PurePath

LONG_PATTERN = "{prefix}_{conversation_id}_ex{number:03d}_{note}"

MAX_NAME_BYTES = 240
"""ext4 takes 255; the rest is room for what sync programs put around a name."""

CODE_LENGTH = 6
CODE_LETTERS = "ACDEFHJKMNPRTUWXY"
CODE_DIGITS = "3479"
"""Signs that nobody takes for each other by hand: no 0 and O, 1, I and L, 2 and Z, 5 and S, 6 and
G, 8 and B, 9 and Q, U and V."""

_MEANT = str.maketrans("VQ", "U9")
"""What such a sign may be read as, where only one of a pair is used."""
_BETWEEN = re.compile(r"[\s\-\u2010-\u2015.]+")

_NOT_IN_A_NAME = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


def new_conversation_id(now: datetime) -> str:
    """`conv_YYYYMMDD_HHMMSS_xxxxxxxx`, by this machine's clock on the wall."""
    return f"conv_{now:%Y%m%d_%H%M%S}_{uuid.uuid4().hex[:8]}"


def new_exchange_id() -> str:
    return f"ex_{uuid.uuid4().hex[:8]}"


def new_code() -> str:
    """A short code with a digit and a letter in it, so that it is no word."""
    while True:
        code = "".join(secrets.choice(CODE_LETTERS + CODE_DIGITS) for _ in range(CODE_LENGTH))
        if is_code(code):
            return code


def read_code(text: str) -> str | None:
    """The short code that a person means, however it is spaced or cased; None if it is none."""
    code = _BETWEEN.sub("", text.strip()).upper().translate(_MEANT)
    return code if is_code(code) else None


def is_code(text: str) -> bool:
    signs = set(text)
    return (
        len(text) == CODE_LENGTH
        and signs <= set(CODE_LETTERS + CODE_DIGITS)
        and bool(signs & set(CODE_DIGITS))
        and bool(signs & set(CODE_LETTERS))
    )


def name_response(
    pattern: str, prefix: str, conversation_id: str, number: int, note_name: str, copy: int = 1
) -> str:
    """The PDF's file name; `copy` above 1 tells apart pages that would share a name.

    The note's own name may be anything, so what a file system or a sync program trips over is
    taken out of it, and it is shortened where the whole would not fit.
    """
    ending = f"_{copy}.pdf" if copy > 1 else ".pdf"

    def fill(note: str) -> str:
        return pattern.format(
            prefix=prefix, conversation_id=conversation_id, number=number, note=note
        )

    note = _make_safe(PurePath(note_name).stem)
    room = MAX_NAME_BYTES - len((fill("") + ending).encode())
    note = note.encode()[: max(room, 0)].decode(errors="ignore").strip()
    return f"{fill(note)}{ending}"


def _make_safe(stem: str) -> str:
    printable = "".join(
        "_" if unicodedata.category(character) in ("Cf", "Cs", "Co", "Cn") else character
        for character in stem
    )
    return _NOT_IN_A_NAME.sub("_", printable)

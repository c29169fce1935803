"""Typed notes, and what any text must be freed of before it goes on."""

import codecs
import re
from pathlib import Path

from inkchat.domain import Page
from inkchat.errors import EmptyFile, OversizedFile, UnsupportedFile
from inkchat.notes.fingerprint import fingerprint
from inkchat.notes.names import quote

TEXT_MAX_CHARACTERS = 200_000
"""Of a whole note: some 50,000 tokens, or a hundred full pages."""
_UTF_8_MAX_BYTES = 4
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls, and noncharacters: PDFium writes U+FFFE for a hyphen at the end of a line.
_UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")


def read_text(file: Path, name: str) -> Page:
    """A typed note is one page without a picture."""
    with file.open("rb") as opened:
        content = opened.read(TEXT_MAX_CHARACTERS * _UTF_8_MAX_BYTES + 1)
    text = clean(_decode(content, name))
    if len(text) > TEXT_MAX_CHARACTERS or len(content) > TEXT_MAX_CHARACTERS * _UTF_8_MAX_BYTES:
        raise OversizedFile(
            f"{quote(name)} has more than {TEXT_MAX_CHARACTERS:,} characters.",
            "Split it into several notes.",
        )
    if not text:
        raise EmptyFile(f"{quote(name)} has no text in it.", "Write something and save it again.")
    return Page(1, text, None, 0, 0, fingerprint(text.encode()))


def clean(text: str) -> str:
    """Lines ended by `\\n`, without control characters, halves of surrogates and outer space."""
    return _UNWANTED.sub("", _LINE_END.sub("\n", text)).strip()


def _decode(content: bytes, name: str) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    if b"\0" in content:
        raise UnsupportedFile(
            f"{quote(name)} is named as text, but there are zero bytes in it.",
            "Save it as text in UTF-8.",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Windows' superset of Latin-1, as browsers read it; it has five gaps.
        return content.decode("cp1252", "replace")

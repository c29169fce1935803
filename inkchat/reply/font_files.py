"""A font file of the machine: what it is called and which characters it has.

Only the few tables are read that tell it; a broken file has no fonts.
"""

import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import uharfbuzz as hb

_MOST_FACES = 64
"""In one file."""
_MOST_TABLES = 256
_MOST_TABLE_BYTES = 8 * 2**20
_COLOURED = frozenset({"CBDT", "COLR", "sbix", "SVG "})
"""Fonts of pictures: their letters are drawn by something else than outlines, or not at all."""
_NEEDED = frozenset({"cmap", "maxp", "head", "hhea", "hmtx", "name"})
_RESTRICTED, _BITMAPS_ONLY = 0x0002, 0x0200
"""What the maker of a font allows to be embedded: nothing, or nothing that has outlines."""
BROKEN = (OSError, ValueError, LookupError, RuntimeError, struct.error, hb.HarfBuzzError)
"""What reading a broken font raises."""


@dataclass(frozen=True, slots=True)
class SystemFace:
    """A font of the machine."""

    path: str
    number: int
    """Of the font in a collection."""
    family: str
    weight: int
    """400 is regular, 700 is bold."""
    is_italic: bool

    @property
    def value(self) -> str:
        """Its name in reportlab; its number tells it from others of the same name."""
        family = "".join(letter for letter in self.family if letter.isascii() and letter.isalnum())
        number = crc32(f"{self.number} {self.path}".encode("utf-8", "surrogateescape"))
        return f"system-{family[:40]}-{self.weight}-{number:08x}"


@dataclass(frozen=True, slots=True)
class Tables:
    """Where in its file a font's tables lie."""

    path: str
    places: dict[str, tuple[int, int]]
    """First byte and length by name."""

    @property
    def tags(self) -> frozenset[str]:
        return frozenset(self.places)

    def read_characters(self) -> hb.Set:
        with Path(self.path).open("rb", buffering=0) as file:
            count = _read_table(file.fileno(), self.places, "maxp")
            table = _read_table(file.fileno(), self.places, "cmap")
        # A font of these two is all that HarfBuzz needs for it.
        head = struct.pack(">L4H", 0x00010000, 2, 32, 1, 0)
        head += struct.pack(">4s3L", b"cmap", 0, 44 + len(count), len(table))
        head += struct.pack(">4s3L", b"maxp", 0, 44, len(count))
        return hb.Face(hb.Blob(head + count + table)).unicodes


def read_file(path: str) -> Iterator[tuple[SystemFace, Tables]]:
    """The fonts in it that can be shown; none if it is broken."""
    try:
        # A pipe by the name of a font would be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            for number, start in enumerate(_list_starts(descriptor)):
                found = _read_face(descriptor, path, number, start)
                if found is not None:
                    yield found
    except BROKEN:
        return
    finally:
        os.close(descriptor)


def _list_starts(descriptor: int) -> list[int]:
    """Where the tables of each font are listed."""
    head = os.pread(descriptor, 12 + 4 * _MOST_FACES, 0)
    if head[:4] != b"ttcf":
        return [0]
    count = min(_MOST_FACES, struct.unpack_from(">L", head, 8)[0])
    return list(struct.unpack_from(f">{count}L", head, 12))


def _read_face(
    descriptor: int, path: str, number: int, start: int
) -> tuple[SystemFace, Tables] | None:
    head = os.pread(descriptor, 12 + 16 * _MOST_TABLES, start)
    if head[:4] not in (b"\x00\x01\x00\x00", b"OTTO", b"true"):
        return None
    places: dict[str, tuple[int, int]] = {}
    for entry in range(min(_MOST_TABLES, struct.unpack_from(">H", head, 4)[0])):
        tag, _, place, length = struct.unpack_from(">4s3L", head, 12 + 16 * entry)
        places[tag.decode("latin-1")] = (place, length)
    has_outlines = "glyf" in places or "CFF " in places
    if not has_outlines or not _COLOURED.isdisjoint(places) or _NEEDED - set(places):
        return None
    about = _read_table(descriptor, places, "OS/2") if "OS/2" in places else b""
    permission = int.from_bytes(about[8:10], "big")
    if permission & 0xF == _RESTRICTED or permission & _BITMAPS_ONLY:
        return None
    weight = int.from_bytes(about[4:6], "big") or 400
    is_italic = bool(int.from_bytes(about[62:64], "big") & 1)
    family = _read_family(_read_table(descriptor, places, "name"))
    if "lastresort" in family.lower().replace(" ", "") or "blank" in family.lower():
        return None
    face = SystemFace(path, number, family, min(1000, weight), is_italic)
    return face, Tables(path, places)


def _read_table(descriptor: int, places: dict[str, tuple[int, int]], tag: str) -> bytes:
    place, length = places[tag]
    if length > _MOST_TABLE_BYTES:
        raise ValueError(f"its table {tag} is too large")
    return os.pread(descriptor, length, place)


def _read_family(table: bytes) -> str:
    """Its name in English, where that is given, without its style."""
    count, strings = struct.unpack_from(">HH", table, 2)
    best: tuple[int, str] = (9, "")
    for number in range(count):
        platform, _, language, kind, length, place = struct.unpack_from(
            ">6H", table, 6 + 12 * number
        )
        if kind not in (1, 16):
            continue
        is_english = (platform, language) in ((3, 0x409), (1, 0), (0, 0))
        raw = table[strings + place : strings + place + length]
        text = raw.decode("latin-1" if platform == 1 else "utf-16-be", "replace")
        best = min(best, (2 * (not is_english) + (kind == 1), text))
    return " ".join(best[1].split())[:80]

"""The fonts of the machine, for what the packaged ones lack: above all Chinese, Japanese, Korean.

They are looked for where the XDG Base Directory Specification and fontconfig have them, when a
character is met that needs one, and once in the life of a process.
"""

import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

import uharfbuzz as hb

from inkchat.reply.cutting import cut_out
from inkchat.reply.font_files import BROKEN, SystemFace, Tables, read_file
from inkchat.reply.font_folders import list_folders
from inkchat.reply.limits import NAMED_SIGNS
from inkchat.reply.postscript import read_cids

_SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
_MOST_FILES = 20_000
_DEEPEST = 8
"""Folders within folders."""


class Wish(NamedTuple):
    """What a font of the machine is to look like."""

    is_serif: bool
    is_bold: bool
    is_italic: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What decides about fonts of the machine within one document."""

    folders: tuple[str, ...] | None = None
    """Where they lie; None where the machine has them."""
    language: str = ""
    """`ja`, `zh-hans`, `zh-hant` or `ko`: which forms Han characters have."""
    named: set[str] | None = field(default=None, compare=False)
    """What no font has and was named; None outside a document, where all is named."""

    def may_name(self, sign: str) -> bool:
        """Whether a character that no font has still gets a frame with its name."""
        if self.named is None or sign in self.named:
            return True
        if len(self.named) >= NAMED_SIGNS:
            return False
        self.named.add(sign)
        return True


_ANYWHERE = Surroundings()
_surroundings = ContextVar("surroundings", default=_ANYWHERE)


@contextmanager
def surround(language: str = "", folders: Sequence[str] | None = None) -> Iterator[None]:
    """Within it Han characters have the forms of `language`, one of those `find_han` gives."""
    given = get_surroundings().folders if folders is None else tuple(folders)
    token = _surroundings.set(Surroundings(given, language, set()))
    try:
        yield
    finally:
        _surroundings.reset(token)


def get_surroundings() -> Surroundings:
    """With its folders."""
    now = _surroundings.get()
    return now if now.folders is not None else Surroundings(list_folders(), now.language, now.named)


def find_han(language: str, text: str) -> str:
    """Whose forms Han characters have: those of the language, or of what stands among them."""
    tag = language.lower().replace("_", "-")
    primary = tag.partition("-")[0]
    if primary in ("ja", "ko"):
        return primary
    if primary == "zh":
        is_traditional = any(part in ("hant", "tw", "hk", "mo") for part in tag.split("-")[1:])
        return "zh-hant" if is_traditional else "zh-hans"
    if text.isascii():
        return "zh-hans"
    if _KANA.search(text):
        return "ja"
    return "ko" if _HANGUL.search(text) else "zh-hans"


_KANA = re.compile("[\u3041-\u30ff]")
_HANGUL = re.compile("[\u1100-\u11ff\uac00-\ud7a3]")


def find_face(cluster: str, wish: Wish, around: Surroundings) -> SystemFace | None:
    """The font for a character with its marks: the same on the same machine."""
    han = around.language or "zh-hans" if _is_east_asian(ord(cluster[0])) else ""
    catalogue = _open_catalogue(around.folders or ())
    if ord(cluster[0]) in catalogue.missing:
        return None
    for entry in catalogue.sort(wish, han):
        if entry.shows(cluster):
            return entry.face
    if len(cluster) == 1:
        catalogue.missing.add(ord(cluster))
    return None


def _is_east_asian(code: int) -> bool:
    return (
        0x1100 <= code < 0x1200
        or 0x2E80 <= code < 0xA4D0
        or 0xA960 <= code < 0xA980
        or 0xAC00 <= code < 0xD800
        or 0xF900 <= code < 0xFB00
        or 0xFE30 <= code < 0xFE50
        or 0xFF00 <= code < 0xFFF0
        or 0x1B000 <= code < 0x1B170
        or 0x20000 <= code < 0x40000
    )


_HAN_FAMILIES = {
    "ja": ("jp", "japanese", "ipa", "takao", "vl gothic", "migu", "sazanami", "kochi", "m+"),
    "zh-hans": ("sc", "cn", "wenquanyi", "wqy", "fandol", "simsun", "yahei", "droid sans fallback"),
    "zh-hant": ("tc", "hk", "tw", "ar pl", "ukai", "uming", "mingliu", "jhenghei"),
    "ko": ("kr", "nanum", "baekmuk", "un", "malgun", "batang", "d2coding"),
}
"""Words and beginnings of the names of fonts that have the forms of a language."""
_SERIFS = ("serif", "mincho", "song", "ming", "batang", "myeongjo", "myungjo", "uming", "roman")
_GOOD_FAMILIES = ("noto sans", "noto serif", "dejavu sans", "dejavu serif", "free")
"""What is taken first for any other script, since it has more than letters alone."""


@dataclass(eq=False)
class Entry:
    """A font of the catalogue."""

    face: SystemFace
    tables: Tables

    @cached_property
    def is_serif(self) -> bool:
        return any(word in self.face.family.lower() for word in _SERIFS)

    @cached_property
    def _family(self) -> str:
        return self.face.family.lower()

    def rank(self, wish: Wish, han: str) -> tuple[object, ...]:
        """The less the better."""
        family, face = self._family, self.face
        if han:
            preferred = _find_form(family, han)
        else:
            good = (place for place, name in enumerate(_GOOD_FAMILIES) if family.startswith(name))
            preferred = next(good, len(_GOOD_FAMILIES)) // 2
        return (
            face.is_italic != wish.is_italic,
            preferred,
            "mono" in family,
            self.is_serif != wish.is_serif,
            abs(face.weight - (700 if wish.is_bold else 400)),
            # Of equal ones the name decides and not the order in which a folder lists them.
            (family, face.path, face.number),
        )

    def shows(self, cluster: str) -> bool:
        """Whether it has all of it, as outlines that can be taken out of it."""
        try:
            has_all = all(ord(character) in self._characters for character in cluster)
            return has_all and self._can_be_cut(ord(cluster[0]))
        except BROKEN:
            return False

    @cached_property
    def _characters(self) -> hb.Set:
        return self.tables.read_characters()

    def _can_be_cut(self, code: int) -> bool:
        font = hb.Font(self._whole)
        glyph = font.get_nominal_glyph(code)
        if not glyph:
            return False
        extents = font.get_glyph_extents(glyph)
        return self._is_whole and extents is not None and bool(extents.width and extents.height)

    @cached_property
    def _whole(self) -> hb.Face:
        return hb.Face(hb.Blob.from_file_path(self.face.path), self.face.number)

    @cached_property
    def _is_whole(self) -> bool:
        """Something is cut out of it on trial: a document must not fail of a broken font."""
        if "CFF " in self.tables.places:
            read_cids(self._whole.reference_table("CFF ").data)
        cut, _ = cut_out(self._whole, [0, 1])
        return len(cut.blob.data) > 0


def _find_form(family: str, han: str) -> int:
    """Which of the families that have the forms of `han` it is; beyond all where it is none."""
    words, names = family.split(), _HAN_FAMILIES[han]
    for place, name in enumerate(names):
        if name in words or (len(name) > 2 and family.startswith(name)):
            return place
    return len(names)


@dataclass(slots=True)
class Catalogue:
    """The fonts below some folders."""

    entries: Sequence[Entry]
    missing: set[int] = field(default_factory=set)
    """Characters that were looked for in vain, so that none is looked for twice."""
    _sorted: dict[tuple[Wish, str], list[Entry]] = field(default_factory=dict)

    def sort(self, wish: Wish, han: str) -> Sequence[Entry]:
        """The best first."""
        key = (wish, han)
        if key not in self._sorted:
            self._sorted[key] = sorted(self.entries, key=lambda entry: entry.rank(wish, han))
        return self._sorted[key]


_opening = threading.Lock()


def _open_catalogue(folders: tuple[str, ...]) -> Catalogue:
    with _opening:
        return _read_catalogue(folders)


@lru_cache(maxsize=4)
def _read_catalogue(folders: tuple[str, ...]) -> Catalogue:
    found: dict[tuple[str, int, bool, frozenset[str]], Entry] = {}
    for path in _list_files(folders):
        for face, tables in read_file(path):
            # A font may lie in several folders, and the first is the person's own.
            key = (face.family, face.weight, face.is_italic, tables.tags)
            found.setdefault(key, Entry(face, tables))
    return Catalogue(list(found.values()))


def _list_files(folders: Sequence[str]) -> Iterator[str]:
    """In an order that does not depend on the file system."""
    seen: set[tuple[int, int]] = set()
    waiting = [(folder, 0) for folder in reversed(folders)]
    count = 0
    while waiting and count < _MOST_FILES:
        folder, depth = waiting.pop()
        try:
            there = os.stat(folder)  # noqa: PTH116 - a hundred folders are looked at while one waits
            if (there.st_dev, there.st_ino) in seen:
                continue
            seen.add((there.st_dev, there.st_ino))
            with os.scandir(folder) as scanned:
                items = sorted(scanned, key=lambda item: item.name)
        except OSError:
            continue
        for item in items:
            if item.name.lower().endswith(_SUFFIXES):
                count += 1
                yield item.path
        if depth < _DEEPEST:
            folders_within = [item.path for item in items if _is_folder(item)]
            waiting += [(path, depth + 1) for path in reversed(folders_within)]


def _is_folder(item: "os.DirEntry[str]") -> bool:
    try:
        return item.is_dir()
    except OSError:
        return False

"""Fonts with PostScript outlines: by which number a document knows each of their glyphs.

A table of the kind CFF may name its glyphs by numbers of its own, which are kept when glyphs are
cut out of it (Adobe Technical Note 5176, chapters 4, 7, 9 and 13).
"""

from itertools import pairwise

_CHARSET, _CHARSTRINGS, _REGISTRY = 15, 17, 1230


def read_cids(table: bytes) -> list[int] | None:
    """By glyph, its number in the font; None where glyphs have names and no numbers.

    Raises ValueError or IndexError where the table is broken.
    """
    _, place = _read_index(table, table[2])
    tops, _ = _read_index(table, place)
    entries = _read_dictionary(tops[0])
    if _REGISTRY not in entries:
        return None
    count = int.from_bytes(table[entries[_CHARSTRINGS] :][:2], "big")
    place = entries.get(_CHARSET, 0)
    if place <= 2:
        return list(range(count))
    return _read_charset(table, place, count)


def _read_charset(table: bytes, place: int, count: int) -> list[int]:
    kind, cids = table[place], [0]
    place += 1
    width = 2 + (0, 1, 2)[kind]
    while len(cids) < count:
        first = int.from_bytes(table[place : place + 2], "big")
        following = int.from_bytes(table[place + 2 : place + width], "big")
        cids += range(first, first + following + 1)
        place += width
        if place > len(table):
            raise ValueError("the table ends within its charset")
    return cids[:count]


def _read_index(table: bytes, place: int) -> tuple[list[bytes], int]:
    """What an index holds, and where it ends."""
    count = int.from_bytes(table[place : place + 2], "big")
    if count == 0:
        return [], place + 2
    width = table[place + 2]
    ends = [
        int.from_bytes(table[place + 3 + number * width :][:width], "big")
        for number in range(count + 1)
    ]
    base = place + 2 + (count + 1) * width
    held = [table[base + start : base + end] for start, end in pairwise(ends)]
    return held, base + ends[-1]


def _read_dictionary(data: bytes) -> dict[int, int]:
    """The last operand of each operator, if it is whole; operators of two bytes from 1200 on."""
    entries: dict[int, int] = {}
    operand, place = 0, 0
    while place < len(data):
        first = data[place]
        place += 1
        if first == 12:
            entries[1200 + data[place]] = operand
            place += 1
        elif first <= 21:
            entries[first] = operand
        elif first == 30:
            while data[place] & 0x0F != 0x0F:
                place += 1
            place += 1
        elif first in (28, 29):
            width = 2 if first == 28 else 4
            operand = int.from_bytes(data[place : place + width], "big", signed=True)
            place += width
        elif first <= 246:
            operand = first - 139
        elif first <= 254:
            positive = first <= 250
            far = (first - (247 if positive else 251)) * 256 + data[place] + 108
            operand = far if positive else -far
            place += 1
    return entries

"""A font file with TrueType outlines: its tables taken apart and put together again.

The tables are those of the OpenType specification.
"""

import struct
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

Point = tuple[int, int, bool]
"""x, y, and whether it lies on the curve or draws it near."""
Metric = tuple[int, int]
"""How far a glyph goes on, and where its outline begins at the left."""

_ON_CURVE = 0x01
_SHORT, _SAME = (0x02, 0x04), (0x10, 0x20)
_SUM = 0xB1B0AFBA
"""What all of a font adds up to."""


def read_tables(font: bytes) -> dict[str, bytes]:
    tables = {}
    for number in range(struct.unpack_from(">H", font, 4)[0]):
        tag, _, place, length = struct.unpack_from(">4s3L", font, 12 + 16 * number)
        tables[tag.decode("latin-1")] = font[place : place + length]
    return tables


def read_glyphs(tables: Mapping[str, bytes]) -> list[bytes]:
    count = struct.unpack_from(">H", tables["maxp"], 4)[0]
    is_long = struct.unpack_from(">h", tables["head"], 50)[0]
    form, unit = ("L", 1) if is_long else ("H", 2)
    places = [place * unit for place in struct.unpack_from(f">{count + 1}{form}", tables["loca"])]
    return [tables["glyf"][start:end] for start, end in pairwise(places)]


def read_metrics(tables: Mapping[str, bytes], count: int) -> list[Metric]:
    long = struct.unpack_from(">H", tables["hhea"], 34)[0]
    metrics = [struct.unpack_from(">Hh", tables["hmtx"], 4 * number) for number in range(long)]
    lefts = struct.unpack_from(f">{count - long}h", tables["hmtx"], 4 * long)
    return [(metric[0], metric[1]) for metric in metrics] + [
        (metrics[-1][0], left) for left in lefts
    ]


def fit(length: int) -> int:
    """What of it a font can say."""
    return max(-0x8000, min(0x7FFF, length))


def write_outline(contours: Sequence[Sequence[Point]]) -> bytes:
    """A glyph; empty if nothing is drawn."""
    points = [point for contour in contours for point in contour]
    if not points:
        return b""
    box = [
        *(min(point[axis] for point in points) for axis in (0, 1)),
        *(max(point[axis] for point in points) for axis in (0, 1)),
    ]
    ends = [end - 1 for end in accumulate(len(contour) for contour in contours if contour)]
    written = struct.pack(f">h4h{len(ends)}HH", len(ends), *map(fit, box), *ends, 0)
    flags, moves = bytearray(), [bytearray(), bytearray()]
    for before, after in pairwise([(0, 0, True), *points]):
        flag = _ON_CURVE if after[2] else 0
        for axis in (0, 1):
            step = after[axis] - before[axis]
            if step == 0:
                flag |= _SAME[axis]
            elif abs(step) < 0x100:
                flag |= _SHORT[axis] | (_SAME[axis] if step > 0 else 0)
                moves[axis].append(abs(step))
            else:
                moves[axis] += struct.pack(">h", fit(step))
        flags.append(flag)
    return written + bytes(flags) + bytes(moves[0]) + bytes(moves[1])


def write_tables(
    tables: Mapping[str, bytes], glyphs: Sequence[bytes], metrics: Sequence[Metric]
) -> bytes:
    """A font file with these glyphs in place of those that `tables` have."""
    padded = [glyph + bytes(-len(glyph) % 4) for glyph in glyphs]
    ends = [0, *accumulate(map(len, padded))]
    head = tables["head"]
    return _put_together(
        {
            **tables,
            "hhea": tables["hhea"][:34] + struct.pack(">H", len(glyphs)),
            "hmtx": b"".join(
                struct.pack(">Hh", min(0xFFFF, advance), fit(left)) for advance, left in metrics
            ),
            "glyf": b"".join(padded),
            "loca": struct.pack(f">{len(ends)}L", *ends),
            "head": head[:8] + bytes(4) + head[12:50] + struct.pack(">h", 1) + head[52:],
        }
    )


def _put_together(tables: Mapping[str, bytes]) -> bytes:
    count = len(tables)
    largest = 1 << (count.bit_length() - 1)
    written = struct.pack(
        ">L4H", 0x00010000, count, 16 * largest, largest.bit_length() - 1, 16 * (count - largest)
    )
    place = 12 + 16 * count
    bodies = []
    head = 0
    for tag, table in sorted(tables.items()):
        if tag == "head":
            head = place
        padded = table + bytes(-len(table) % 4)
        written += struct.pack(">4s3L", tag.encode("latin-1"), _add_up(padded), place, len(table))
        bodies.append(padded)
        place += len(padded)
    font = written + b"".join(bodies)
    adjustment = (_SUM - _add_up(font)) & 0xFFFFFFFF
    return font[: head + 8] + struct.pack(">L", adjustment) + font[head + 12 :]


def _add_up(data: bytes) -> int:
    total: int = sum(struct.unpack(f">{len(data) // 4}L", data))
    return total & 0xFFFFFFFF

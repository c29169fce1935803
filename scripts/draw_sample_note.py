"""Draws `inbox/sample-note.pdf`: a page in handwriting that belongs to nobody.

    python scripts/draw_sample_note.py [FILE]

The letters are pen strokes defined below, each written a little differently every time. Nothing
depends on the machine, on a font or on a library, so the file comes out the same, byte for byte.
"""

import math
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

LINES = (
    "Why is the sky blue, and",
    "why are sunsets red?",
    "Violet light scatters even",
    "more, so why is the sky",
    "not violet? Please explain",
    "it simply, in a few lines.",
)
SAMPLE_NOTE = Path(__file__).parents[1] / "inbox" / "sample-note.pdf"

# The screen of a reMarkable 2, 1404 × 1872 px at 226 dpi.
PAGE_WIDTH_PT, PAGE_HEIGHT_PT = 1404 / 226 * 72, 1872 / 226 * 72
SEED = 20
X_HEIGHT_PT = 13.0
LINE_PITCH_PT = 42.0
LEFT_MARGIN_PT = 44.0
FIRST_BASELINE_PT = PAGE_HEIGHT_PT - 96.0
PEN_WIDTH_PT = 1.5
STEP_PT = 1.0
SLANT = 0.13
DOT_PITCH_PT = 14.2  # five millimetres
DOT_GREY = 0.78

Point = tuple[float, float]
Stroke = list[Point]

GLYPHS = {
    # Points the pen passes through, `|` where it is lifted, a point given twice where it turns
    # sharply. The baseline is 0, the height of an x is 1.
    "a": (
        ".84,.8 .52,1 .14,.74 .08,.28 .32,0 .64,.16 .84,.58 .89,.96 .89,.96 .86,.4 .92,.06 1.05,.08"
    ),
    "b": ".14,1.95 .12,1 .13,.03 .13,.03 .16,.5 .42,.94 .76,.86 .86,.48 .68,.07 .38,-.02 .14,.14",
    "c": ".78,.82 .5,1 .16,.76 .08,.36 .3,.01 .6,.02 .84,.2",
    "d": (
        ".82,.78 .5,.98 .14,.7 .08,.27 .32,0 .63,.15 "
        ".84,.6 .92,1.95 .92,1.95 .86,.5 .92,.05 1.04,.07"
    ),
    "e": ".1,.46 .48,.5 .8,.64 .72,.92 .45,1.01 .16,.74 .1,.32 .34,.01 .64,.03 .9,.22",
    "f": ".84,1.8 .64,1.98 .42,1.78 .35,1 .34,.02 | .04,.95 .36,.97 .7,1.01",
    "g": (
        ".84,.82 .5,1 .14,.72 .1,.3 .34,.06 .66,.2 .84,.58 "
        ".9,.97 .9,.97 .88,0 .78,-.6 .46,-.82 .12,-.62"
    ),
    "h": ".14,1.95 .12,1 .12,0 .12,0 .18,.56 .45,.96 .72,.84 .78,.45 .79,.08 .92,.04",
    "i": ".13,.97 .11,.4 .16,.06 .3,.05 | .16,1.42 .19,1.47",
    "k": ".14,1.95 .12,1 .11,0 | .74,.98 .42,.64 .14,.43 .14,.43 .42,.36 .84,.02",
    "l": ".15,1.95 .12,.7 .16,.08 .32,.05",
    "m": (
        ".1,.97 .11,.5 .1,0 .1,0 .16,.58 .38,.96 .57,.82 .6,.45 "
        ".6,0 .6,0 .66,.58 .9,.96 1.1,.8 1.12,.4 1.14,.06 1.26,.05"
    ),
    "n": ".1,.97 .11,.5 .1,0 .1,0 .17,.58 .43,.96 .69,.83 .75,.42 .77,.07 .9,.05",
    "o": ".52,1 .18,.82 .08,.42 .28,.03 .62,.04 .85,.46 .72,.9 .44,1.01",
    "p": ".12,.97 .12,.2 .1,-.86 .1,-.86 .14,.48 .4,.95 .74,.87 .85,.48 .66,.07 .38,.01 .14,.18",
    "r": ".12,.97 .12,.5 .11,0 .11,0 .18,.58 .4,.9 .66,.94",
    "s": ".7,.84 .46,1 .18,.84 .28,.58 .57,.42 .67,.18 .42,0 .08,.12",
    "t": ".36,1.58 .33,.7 .37,.12 .54,0 .74,.12 | .03,1.02 .36,1.04 .72,1.08",
    "u": ".1,.97 .09,.42 .24,.05 .5,.06 .72,.4 .79,.97 .79,.97 .78,.34 .84,.05 .97,.08",
    "v": ".05,.97 .24,.48 .42,.02 .42,.02 .6,.48 .8,1.01",
    "w": (
        ".05,.97 .16,.48 .32,.02 .32,.02 .48,.4 .6,.82 "
        ".6,.82 .72,.4 .87,.02 .87,.02 1.02,.48 1.16,1.01"
    ),
    "x": ".08,.96 .4,.5 .82,.02 | .78,.98 .42,.5 .06,.01",
    "y": ".08,.97 .13,.5 .34,.12 .62,.28 .82,.97 .82,.97 .74,.25 .54,-.52 .28,-.84 .02,-.72",
    "P": ".13,1.84 .12,.9 .11,0 | .02,1.74 .5,1.92 .96,1.62 .8,1.1 .42,.9 .13,.9",
    "V": ".02,1.86 .28,.95 .55,.02 .55,.02 .82,.95 1.12,1.88",
    "W": (
        ".02,1.86 .2,.95 .4,.02 .4,.02 .6,.7 .78,1.3 "
        ".78,1.3 .95,.7 1.14,.02 1.14,.02 1.34,.95 1.54,1.88"
    ),
    ",": ".14,.1 .19,.05 .15,-.18 .02,-.34",
    ".": ".1,.06 .14,.03",
    "?": ".08,1.48 .28,1.86 .66,1.82 .76,1.42 .5,1.02 .38,.76 .37,.46 | .37,.05 .41,.02",
}
LETTER_GAP = 0.2
WORD_GAP = 0.82
TUCKED_IN = {"f": 0.22, "r": 0.1, "t": 0.08, "P": 0.12, "V": 0.25}
"""How far the next letter moves under an arm that sticks out."""


@dataclass
class Hand:
    """What changes from letter to letter: nobody writes the same one twice."""

    dice: random.Random

    def waver(self, amount: float) -> float:
        """Mostly small, never beyond ±`amount`."""
        # Only random() is promised to give the same numbers in every version of Python.
        return (self.dice.random() + self.dice.random() - 1) * amount

    def write(self, line: str, x_pt: float, baseline_pt: float) -> Iterator[Stroke]:
        """The strokes of a line, in points on the page."""
        drift = 0.0
        climb = 0.004 + self.waver(0.006)
        start_pt = x_pt
        for character in line:
            drift = 0.75 * drift + self.waver(0.1)
            if character == " ":
                x_pt += (WORD_GAP + self.waver(0.16)) * X_HEIGHT_PT
                continue
            y_pt = baseline_pt + drift * X_HEIGHT_PT + (x_pt - start_pt) * climb
            strokes = self.vary(parse(GLYPHS[character]))
            yield from ([place(point, x_pt, y_pt) for point in stroke] for stroke in strokes)
            width = max(x for stroke in strokes for x, _ in stroke)
            gap = LETTER_GAP - TUCKED_IN.get(character, 0) + self.waver(0.09)
            x_pt += (width + gap) * X_HEIGHT_PT

    def vary(self, strokes: list[Stroke]) -> list[Stroke]:
        wide, tall = 1 + self.waver(0.13), 1 + self.waver(0.12)
        lean = SLANT + self.waver(0.1)
        varied = []
        for stroke in strokes:
            moved: Stroke = []
            for i, (x, y) in enumerate(stroke):
                if i and stroke[i - 1] == (x, y):
                    moved.append(moved[-1])
                    continue
                x, y = x * wide + self.waver(0.055), y * tall + self.waver(0.055)
                moved.append((x + y * lean, y))
            varied.append(moved)
        return varied


def parse(glyph: str) -> list[Stroke]:
    def point(pair: str) -> Point:
        x, y = pair.split(",")
        return float(x), float(y)

    return [[point(pair) for pair in stroke.split()] for stroke in glyph.split("|")]


def place(point: Point, x_pt: float, y_pt: float) -> Point:
    return x_pt + point[0] * X_HEIGHT_PT, y_pt + point[1] * X_HEIGHT_PT


def smooth(stroke: Stroke) -> list[Point]:
    """A Catmull-Rom curve through the points, close enough together to be drawn as lines."""
    ends = [stroke[0], *stroke, stroke[-1]]
    curve = [stroke[0]]
    for around in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        xs, ys = zip(*around, strict=True)
        steps = math.ceil(math.dist(around[1], around[2]) / STEP_PT)
        curve += [(blend(*xs, i / steps), blend(*ys, i / steps)) for i in range(1, steps + 1)]
    return curve


def blend(a: float, b: float, c: float, d: float, t: float) -> float:
    """The way from `b` to `c`, with `a` before it and `d` after."""
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )


def ink(curve: list[Point], hand: Hand) -> Iterator[str]:
    """PDF operators; the pen presses less where it is set down and where it leaves the page."""
    pressure = 1 + hand.waver(0.1)
    last = len(curve) - 2

    def press(piece: int) -> float:
        if last < 3:
            return 1.15  # a dot
        return min(1.0, 0.82 + 0.09 * piece, 0.66 + 0.12 * (last - piece))

    for width, pieces in groupby(range(last + 1), press):
        through = list(pieces)
        points = curve[through[0] : through[-1] + 2]
        path = " l ".join(f"{x:.2f} {y:.2f}" for x, y in points).replace("l", "m", 1)
        yield f"{PEN_WIDTH_PT * pressure * width:.2f} w {path} l S"


def dots() -> Iterator[str]:
    """Dotted paper: lines of dashes without length, of which the round caps remain."""
    yield f"{DOT_GREY} G 1 J 1.1 w [0.01 {DOT_PITCH_PT - 0.01:.2f}] 0 d"
    for row in range(1, int(PAGE_HEIGHT_PT / DOT_PITCH_PT) + 1):
        y_pt = PAGE_HEIGHT_PT - row * DOT_PITCH_PT
        yield f"{DOT_PITCH_PT:.2f} {y_pt:.2f} m {PAGE_WIDTH_PT:.2f} {y_pt:.2f} l S"
    yield "[] 0 d"


def draw_page() -> bytes:
    hand = Hand(random.Random(SEED))
    operators = [*dots(), "0.08 G 1 J 1 j"]
    for number, line in enumerate(LINES):
        baseline_pt = FIRST_BASELINE_PT - number * LINE_PITCH_PT + hand.waver(2.0)
        for stroke in hand.write(line, LEFT_MARGIN_PT + hand.waver(4.0), baseline_pt):
            operators += ink(smooth(stroke), hand)
    return "\n".join(operators).encode("ascii")


def wrap_in_pdf(content: bytes) -> bytes:
    """The whole file; uncompressed, since zlib's output differs from build to build."""
    box = f"[0 0 {PAGE_WIDTH_PT:.2f} {PAGE_HEIGHT_PT:.2f}]".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox " + box + b" /Resources << >> /Contents 4 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    )
    file = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    file += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    file += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(file)


def main() -> None:
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE_NOTE
    file.write_bytes(wrap_in_pdf(draw_page()))


if __name__ == "__main__":
    main()

"""The foot of every page, beside its QR code.

There stand the short code to be copied by hand, or else the id; the exchange; the page's number;
and on the last page who answered and what it cost. What finds no room in the lowest line stands
above it, in one form on all pages of a document. The short code is the last to be shortened.
"""

from dataclasses import dataclass, field, replace

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.characters import join_lines
from inkchat.reply.contents import ANCHOR
from inkchat.reply.fonts import Face
from inkchat.reply.furniture import Imprint, find_code_room, fit_runs, join_parts
from inkchat.reply.runs import Run, draw_runs, measure_runs
from inkchat.reply.typography import Typography

_GAP_PT, _NARROW_GAP_PT = 10.0, 7.0
"""Between two pieces of the foot."""
_LETTERSPACE = 0.1
"""Of the short code's size, after each of its letters: more would part them for who reads text."""
_ABOVE_CODE_PT = 3.0
"""More space for the line above the short code, which is taller than what it stands among."""
_FINGER_PT = 18.0
"""How far around its words a link in the foot can be tapped."""


@dataclass(frozen=True, slots=True)
class _Words:
    """A piece of the foot."""

    runs: list[Run]
    size_pt: float
    space_pt: float = 0.0
    """After each letter."""

    @property
    def width_pt(self) -> float:
        letters = sum(len(run.text) for run in self.runs)
        return measure_runs(self.runs, self.size_pt) + self.space_pt * max(letters - 1, 0)


@dataclass(slots=True)
class _Line:
    """`x` is where the next piece would begin, and `right_x` where the last may end."""

    y: float
    x: float
    right_x: float
    gap_pt: float
    pieces: list[tuple[float, _Words]] = field(default_factory=list)

    def add(self, words: _Words) -> bool:
        """Whether there was room."""
        if self.pieces and self.x + words.width_pt > self.right_x:
            return False
        self.pieces.append((self.x, words))
        self.x += words.width_pt + self.gap_pt
        return True

    def add_last(self, words: _Words, widest_pt: float) -> bool:
        """The same at the right, if there was room for `widest_pt`."""
        if self.pieces and self.x + widest_pt > self.right_x:
            return False
        self.pieces.append((self.right_x - words.width_pt, words))
        self.right_x -= widest_pt + self.gap_pt
        return True


def draw_footer(
    canvas: Canvas, typography: Typography, imprint: Imprint, number: int, total: int
) -> None:
    """The foot of page `number`."""
    colophon, leads_back = _word_colophon(imprint, number, total)
    foot = _Foot(typography, find_code_room(typography, imprint), has_code=bool(imprint.code))
    foot.add_name(imprint, total)
    foot.add_folio(number, total)
    foot.add_place(imprint.place)
    words = foot.add_colophon(colophon)
    # From above, since programs read a page in the order it is drawn in.
    for line in reversed(foot.lines):
        for x, piece in line.pieces:
            draw_runs(canvas, x, line.y, piece.runs, piece.size_pt, piece.space_pt)
            if leads_back and piece in words:
                right = x + piece.width_pt + _FINGER_PT
                area = (x - _FINGER_PT, 0.0, right, line.y + _FINGER_PT)
                canvas.linkAbsolute("", ANCHOR, area, Border="[0 0 0]")


def _word_colophon(imprint: Imprint, number: int, total: int) -> tuple[str, bool]:
    """What stands there on page `number`, and whether a tap on it leads to the contents."""
    contents_page = imprint.contents_page
    if contents_page is not None and number > contents_page:
        return f"Contents on page {contents_page}", True
    return imprint.colophon if number == total else "", False


class _Foot:
    """Its lines, the lowest first; what is added first has the better place."""

    def __init__(self, typography: Typography, code_pt: float, *, has_code: bool) -> None:
        self._typography = typography
        self._size_pt = typography.furniture.size_pt
        self._left_x = typography.left_pt + code_pt
        self._right_x = typography.width_pt - typography.right_pt
        self._gap_pt = _NARROW_GAP_PT if typography.is_narrow else _GAP_PT
        self._above_pt = _ABOVE_CODE_PT if has_code else 0.0
        self.lines: list[_Line] = []

    @property
    def _room_pt(self) -> float:
        return self._right_x - self._left_x

    def _start_line(self) -> _Line:
        raised_pt = len(self.lines) * self._typography.furniture.leading_pt
        y = self._typography.footer_pt + raised_pt + (self._above_pt if self.lines else 0.0)
        self.lines.append(_Line(y, self._left_x, self._right_x, self._gap_pt))
        return self.lines[-1]

    def add_name(self, imprint: Imprint, total: int) -> None:
        """The code in letters to be copied by hand, or else the id.

        What must be shortened anyway leaves room for what stands beside it.
        """
        name = self._set_name(imprint, self._room_pt)
        if any("…" in run.text for run in name.runs):
            beside = (self._set(imprint.place), self._set(f"{total} / {total}"))
            used_pt = sum(words.width_pt + self._gap_pt for words in beside)
            name = self._set_name(imprint, self._room_pt - used_pt)
        self._start_line().add(name)

    def _set_name(self, imprint: Imprint, room_pt: float) -> _Words:
        code = join_lines(imprint.code)
        if not code:
            runs = fit_runs(
                join_lines(imprint.conversation_id), Face.SANS_BOLD, self._size_pt, room_pt
            )
            return _Words(runs, self._size_pt)
        type_ = self._typography.mark
        name = _Words(fit_runs(code, type_.face, type_.size_pt, room_pt), type_.size_pt)
        spaced = replace(name, space_pt=round(_LETTERSPACE * type_.size_pt, 2))
        # What no font has is drawn as many letters, each of which would be spaced.
        return spaced if code.isascii() and spaced.width_pt <= room_pt else name

    def _set(self, text: str) -> _Words:
        runs = fit_runs(text, Face.SANS, self._size_pt, self._room_pt)
        return _Words(runs, self._size_pt)

    def add_folio(self, number: int, total: int) -> None:
        widest_pt = self._set(f"{total} / {total}").width_pt
        folio = self._set(f"{number} / {total}")
        if not self.lines[0].add_last(folio, widest_pt):
            self._start_line().add_last(folio, widest_pt)

    def add_place(self, text: str) -> None:
        place = self._set(text)
        if not any(line.add(place) for line in self.lines):
            self._start_line().add(place)

    def add_colophon(self, text: str) -> list[_Words]:
        """In one of the lines that there are, or in lines of its own; gives what was added."""
        parts = join_parts(text.split(" · "), self._typography, self._room_pt)
        words = [_Words(runs, self._size_pt) for runs in parts if runs]
        last = self._count_room() - 1
        if len(words) > last + 1:
            rest = ["".join(run.text for run in piece.runs) for piece in words[last:]]
            words[last:] = [self._set(" · ".join(rest))]
        if len(words) != 1 or not self.lines[-1].add(words[0]):
            for piece in reversed(words):
                self._start_line().add(piece)
        return words

    def _count_room(self) -> int:
        """How many more lines there may be below the column of text; at least one."""
        types = self._typography
        height_pt = types.bottom_pt - types.footer_pt - self._above_pt - self._size_pt
        return max(1, 1 + int(height_pt / types.furniture.leading_pt) - len(self.lines))

"""Text in runs that one font each can draw: chosen for each character, measured and written.

reportlab has no fallback between fonts. What the packaged fonts lack is looked for among the fonts
of the machine; a character that none has is drawn as its name in a frame.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple, cast

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.bidi import has_rtl, order_runs
from inkchat.reply.characters import REPLACEMENT, split_signs
from inkchat.reply.font_files import SystemFace
from inkchat.reply.fonts import LARGEST_LEAST_PT, AnyFace, Face, load_font
from inkchat.reply.objects import write
from inkchat.reply.system_fonts import Surroundings, Wish, find_face, get_surroundings

_X_HEIGHTS = {"serif": 0.475, "sans": 0.536, "code": 0.52, "world": 0.527}
"""Of the size; measured in the fonts. The fonts of signs are made to stand beside the sans."""
_FIRST_CASELESS = 0x590
"""Behind the letters of Europe, from Hebrew on."""
_CASELESS_SCALE = 1.08
"""What has no capitals would else look smaller than Latin text, of which they are a part."""
_HAN_SCALE = 0.94
"""Of the size: Han characters fill their square, and would look larger than Latin letters."""

# Source Serif's italics have Latin only; emphasis in Greek or Cyrillic is kept by an oblique sans.
_LETTERS: dict[Face, tuple[Face, ...]] = {
    Face.SERIF: (Face.SANS, Face.WORLD, Face.CODE),
    Face.SERIF_BOLD: (Face.SANS_BOLD, Face.WORLD_BOLD, Face.CODE_BOLD),
    Face.SERIF_ITALIC: (Face.SANS_ITALIC, Face.SERIF, Face.WORLD_ITALIC, Face.CODE),
    Face.SERIF_BOLD_ITALIC: (
        Face.SANS_BOLD_ITALIC,
        Face.SERIF_BOLD,
        Face.WORLD_BOLD_ITALIC,
        Face.CODE_BOLD,
    ),
    Face.SANS: (Face.SERIF, Face.WORLD, Face.CODE),
    Face.SANS_BOLD: (Face.SERIF_BOLD, Face.WORLD_BOLD, Face.CODE_BOLD),
    Face.SANS_ITALIC: (Face.SERIF, Face.WORLD_ITALIC, Face.CODE),
    Face.SANS_BOLD_ITALIC: (Face.SERIF_BOLD, Face.WORLD_BOLD_ITALIC, Face.CODE_BOLD),
    Face.CODE: (Face.SANS, Face.SERIF, Face.WORLD),
    Face.CODE_BOLD: (Face.SANS_BOLD, Face.SERIF_BOLD, Face.WORLD_BOLD),
}
"""Where a letter is looked for that a face lacks."""
_SIGNS = (Face.PICTURES, Face.SIGNS, Face.MATH, Face.MUSIC)


class Run(NamedTuple):
    """Text that one font can draw."""

    face: AnyFace
    scale: float
    """Of the size around it, so that letters of different fonts look equally large."""
    text: str


def split_runs(text: str, face: Face) -> list[Run]:
    """`text`, which must be clean, in runs that one font each can draw."""
    if text.isascii() or not load_font(face).missing.search(text):
        return [Run(face, 1.0, text)] if text else []
    around = get_surroundings()
    chosen = [run for sign in split_signs(text) for run in _choose_font(sign, face, around)]
    if any(run.face is Face.NAMES for run in chosen):
        chosen = list(_limit_names(chosen, face, around))
    return list(_join_runs(_fill_gaps(chosen, face)))


def _limit_names(runs: Sequence[Run], face: Face, around: Surroundings) -> Iterator[Run]:
    """Makes replacement marks of what is beyond the names that a document has."""
    for run in runs:
        if run.face is Face.NAMES and not around.may_name(run.text):
            yield from _choose_font(REPLACEMENT, face, around)
        else:
            yield run


def _fill_gaps(runs: Sequence[Run], face: Face) -> Iterator[Run]:
    """Gives blanks, and stops between letters of another script, to the font beside them.

    Beside Arabic and Hebrew so do digits and signs: all numbers of a text look alike.

    So a sentence is one run, which programs that read the page need to find its order; and PDFium
    passes over a run of blanks alone.
    """
    place = 0
    is_code = face in (Face.CODE, Face.CODE_BOLD)
    for is_neutral, group in groupby(runs, key=lambda run: _is_neutral(run, face)):
        members = list(group)
        end = place + len(members)
        around = [*runs[max(0, place - 1) : place], *runs[end : end + 1]]
        place = end
        if is_neutral and around:
            letters = "".join(run.text for run in members)
            rtl = [] if is_code else [run for run in around if has_rtl(run.text)]
            beside = (rtl or around)[0]
            is_between = bool(rtl) or (len(around) == 2 and beside[:2] == around[1][:2])
            # Of blanks, a frame is drawn for all but the plain one.
            is_named = beside.face is Face.NAMES and letters.strip(" ")
            if (letters.isspace() or is_between) and not is_named:
                has = load_font(beside.face).characters
                if all(ord(character) in has for character in letters):
                    yield beside._replace(text=letters)
                    continue
        yield from members


def _is_neutral(run: Run, face: Face) -> bool:
    return run.face is face and not run.text[0].isalpha()


def _join_runs(runs: Iterable[Run]) -> Iterator[Run]:
    for (face, scale), group in groupby(runs, key=lambda run: run[:2]):
        yield Run(face, scale, "".join(run.text for run in group))


@lru_cache(maxsize=16384)
def _choose_font(sign: str, face: Face, around: Surroundings) -> tuple[Run, ...]:
    """A character with its marks in one font, or in several where no font has them all."""
    if not sign.strip("\u200c\u200d"):
        return ()
    found = _find_font(sign, face, around)
    if found is not None:
        return (found,)
    base, marks = sign[0], sign[1:]
    if not marks or unicodedata.category(base)[0] != "L":
        return (Run(Face.NAMES, 1.0, sign),)
    runs = [*_choose_font(base, face, around)]
    for mark in marks:
        # What cannot be seen anyway needs no frame.
        if mark not in "\u200c\u200d":
            runs += _choose_font(mark, face, around)
    return tuple(runs)


def _find_font(sign: str, face: Face, around: Surroundings) -> Run | None:
    codes = [ord(character) for character in sign if character not in "\u200c\u200d"]
    for candidate in (face, *_list_fallbacks(sign[0], face)):
        if all(code in load_font(candidate).characters for code in codes):
            return Run(candidate, _match_height(face, candidate, codes[0]), sign)
    if unicodedata.category(sign[0]) in ("Co", "Cn", "Cs", "Cc"):
        # What has no meaning to all has none in a font of the machine.
        return None
    words = face.split("-")
    wish = Wish("serif" in words, "bold" in words, "italic" in words)
    found = find_face("".join(map(chr, codes)), wish, around) if codes else None
    return Run(found, _scale_system(face, found, codes[0]), sign) if found else None


def _list_fallbacks(character: str, face: Face) -> tuple[Face, ...]:
    """The fonts that are likely to have it first: none is loaded in vain."""
    letters = _LETTERS[face]
    is_sign = unicodedata.category(character)[0] == "S" or "\u2190" <= character <= "\u2bff"
    return (*letters[:1], *_SIGNS, *letters[1:]) if is_sign else (*letters, *_SIGNS)


def _match_height(face: Face, other: Face, code: int) -> float:
    if face is other:
        return 1.0
    height = _X_HEIGHTS.get(other.split("-")[1], _X_HEIGHTS["sans"])
    scale = _X_HEIGHTS[face.split("-")[1]] / height
    is_caseless = code >= _FIRST_CASELESS and other.startswith(Face.WORLD)
    return round(scale * (_CASELESS_SCALE if is_caseless else 1.0), 2)


def _scale_system(face: Face, other: SystemFace, code: int) -> float:
    height = _X_HEIGHTS[face.split("-")[1]]
    if code >= 0x1100:
        return round(_HAN_SCALE * height / _X_HEIGHTS["serif"], 2)
    own = load_font(other).metrics.x_height / 1000
    return round(min(1.1, max(0.8, height / own)), 2) if own > 0 else 1.0


def scale_size(size_pt: float, run: Run) -> float:
    """The size in points at which `run` stands among text of `size_pt`."""
    if run.scale == 1.0:
        return size_pt
    return max(min(size_pt, LARGEST_LEAST_PT), round(size_pt * run.scale, 2))


def measure_runs(runs: Sequence[Run], size_pt: float) -> float:
    """Width in points."""
    return sum(
        load_font(run.face).measure(run.text, scale_size(size_pt, run), is_rtl=is_rtl)
        for run, is_rtl in _order(runs)
    )


def _order(runs: Sequence[Run]) -> Sequence[tuple[Run, bool]]:
    """From left to right, each with whether it is read the other way."""
    if any(has_rtl(run.text) for run in runs):
        return order_runs(runs)
    return [(run, False) for run in runs]


def draw_runs(
    canvas: Canvas, x: float, y: float, runs: Sequence[Run], size_pt: float, space_pt: float = 0.0
) -> None:
    """One line of type that begins at x on the baseline y, `space_pt` between its letters."""
    parts = [f"BT 1 0 0 1 {x:.2f} {y:.2f} Tm"]
    if space_pt:
        parts.append(f"{space_pt:.2f} Tc")
    parts += [write_run(canvas, run, size_pt, is_rtl=is_rtl) for run, is_rtl in _order(runs)]
    if space_pt:
        # Else it would hold for the rest of the page.
        parts.append("0 Tc")
    parts.append("ET")
    write(canvas, " ".join(parts))


def write_run(canvas: Canvas, run: Run, size_pt: float, *, is_rtl: bool = False) -> str:
    """The operators that show `run` among text of `size_pt`, from the current point on."""
    typeface = load_font(run.face)
    document = cast(Any, canvas)._doc
    actual_pt = scale_size(size_pt, run)
    name = typeface.open_in(document).internal_name
    shown = typeface.write_text(document, run.text, actual_pt, is_rtl=is_rtl)
    return f"/{name} {actual_pt:g} Tf {shown}"


def has_all(text: str, face: Face) -> bool:
    """Whether `face` by itself has every character of `text`."""
    return text.isascii() or not load_font(face).missing.search(text)

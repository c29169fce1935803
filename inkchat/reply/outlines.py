"""A formula as outlines: in a PDF one form object, however often it is shown.

So is each of its letters, since a document shows the same ones in many formulas. On top lies the
source, invisible, to be found and copied.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from reportlab.pdfbase.pdfdoc import PDFDictionary
from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.fonts import Face
from inkchat.reply.objects import add_form, draw_form
from inkchat.reply.runs import measure_runs, split_runs, write_run

_ROOM_PT = 1.0
"""Around the outlines, so that no rounding cuts them."""
_LETTERS = "formula-letters"
"""What all formulas of a document choose their letters from."""
_HIDDEN_PT = 8.0
"""Size of the invisible source, before it is made as wide as the formula."""


class Letter(NamedTuple):
    """A glyph of the font of formulas, in units of the font."""

    number: int
    path: str
    box: tuple[int, int, int, int]
    """Around it: left, bottom, right, top."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Something drawn, with the left end of its baseline at 0, 0; lengths in points."""

    operators: str
    letters: frozenset[Letter]
    """The operators call the one with the number 1 `/g1`."""
    width_pt: float
    ascent_pt: float
    descent_pt: float


def join_outlines(outlines: Sequence[Outline]) -> Outline:
    """Side by side."""
    if len(outlines) == 1:
        return outlines[0]
    x, operators = 0.0, []
    for outline in outlines:
        operators.append(f"q 1 0 0 1 {x:.2f} 0 cm {outline.operators} Q")
        x += outline.width_pt
    return Outline(
        "\n".join(operators),
        frozenset[Letter]().union(*(outline.letters for outline in outlines)),
        x,
        max(outline.ascent_pt for outline in outlines),
        max(outline.descent_pt for outline in outlines),
    )


def draw_outline(canvas: Canvas, outline: Outline, x: float, y: float) -> None:
    """With the left end of its baseline at x, y; the same outline is written only once."""
    document = cast(Any, canvas)._doc
    names: dict[str, str] = document.__dict__.setdefault("inkchat_formulas", {})
    name = names.get(outline.operators)
    if name is None:
        name = names[outline.operators] = f"formula{len(names) + 1}"
        _add_formula(document, outline, document.getXObjectName(name))
    draw_form(canvas, name, round(x, 2), round(y, 2))


def _add_formula(document: Any, outline: Outline, name: str) -> None:
    left, bottom = -_ROOM_PT, -outline.descent_pt - _ROOM_PT
    right, top = outline.width_pt + _ROOM_PT, outline.ascent_pt + _ROOM_PT
    for letter in sorted(outline.letters):
        _add_letter(document, letter)
    box = [round(edge, 2) for edge in (left, bottom, right, top)]
    number, _ = document.idToObjectNumberAndVersion.get(_LETTERS, (0, 0))
    resources = f"{number} 0 R" if number else "<< >>"
    add_form(document, outline.operators, box, name, resources)


def _add_letter(document: Any, letter: Letter) -> None:
    """A form of its own, since a document shows the same letters in many formulas."""
    kept = document.idToObject.get(_LETTERS)
    if kept is None:
        kept = PDFDictionary({"XObject": PDFDictionary()})
        document.Reference(kept, _LETTERS)
    letters = kept.dict["XObject"].dict
    if f"g{letter.number}" not in letters:
        name = f"{_LETTERS}{letter.number}"
        letters[f"g{letter.number}"] = add_form(document, letter.path, letter.box, name)


def write_hidden(canvas: Canvas, text: str, width_pt: float) -> str:
    """Operators that show `text` invisibly, as wide as what it stands for.

    They stand within a text object, and leave all but the font as it was.
    """
    runs = split_runs(" ".join(text.split()), Face.SERIF)
    natural_pt = measure_runs(runs, _HIDDEN_PT)
    if not natural_pt:
        return ""
    shown = " ".join(write_run(canvas, run, _HIDDEN_PT) for run in runs)
    return f"3 Tr {100 * width_pt / natural_pt:.2f} Tz {shown} 100 Tz 0 Tr"

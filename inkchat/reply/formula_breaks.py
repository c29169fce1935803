"""Where a formula may be broken: at the ends of its lines, before relations and signs."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element

from inkchat.reply.signs import CLOSING, OPENING, RELATIONS, SIGNS, find_base, is_operand

_WIDE_SPACE_EM = 0.75
"""As ziamath has it: TeX's \\quad."""


def split_lines(parts: Sequence[Element]) -> list[list[Element]]:
    """At the ends of lines that the formula has; those of an aligned table are among them."""
    if len(parts) == 1 and parts[0].tag == "mtable" and parts[0].get("displaystyle") == "true":
        return [[part for cell in row for part in cell] for row in parts[0]]
    return _split(parts, lambda part: part.get("linebreak") == "newline", keeps=False)


def split_clauses(parts: Sequence[Element]) -> list[list[Element]]:
    """At wide spaces, such as that before a condition."""
    return _split(parts, _is_wide_space, keeps=False)


def split_relations(parts: Sequence[Element]) -> list[list[Element]]:
    """Before each relation."""
    return _split(parts, lambda part: part.text in RELATIONS, keeps=True)


def split_terms(parts: Sequence[Element]) -> list[list[Element]]:
    """Before each sign between terms."""
    return _split(parts, lambda part: part.text in SIGNS, keeps=True)


def split_inline(parts: Sequence[Element]) -> list[list[Element]]:
    """Behind each relation and each sign: so a line of text ends with it."""
    pieces = [term for relation in split_relations(parts) for term in split_terms(relation)]
    for piece, following in pairwise(pieces):
        if len(following) > 1:
            piece.append(following.pop(0))
    return pieces


def _is_wide_space(part: Element) -> bool:
    width = part.get("width", "") if part.tag == "mspace" else ""
    return width.endswith("em") and float(width[:-2]) >= _WIDE_SPACE_EM


def _split(
    parts: Sequence[Element], is_break: Callable[[Element], bool], *, keeps: bool
) -> list[list[Element]]:
    """At the parts that are breaks, outside brackets; each stays with what follows, or goes."""
    pieces: list[list[Element]] = [[]]
    depth = 0
    for part in parts:
        if is_break(part) and depth <= 0 and (not keeps or is_operand(pieces[-1])):
            pieces.append([part] if keeps else [])
            continue
        pieces[-1].append(part)
        # A bracket may have an exponent.
        mark = find_base(part)
        depth += (mark.text in OPENING) - (mark.text in CLOSING)
    return [piece for piece in pieces if piece]

"""Where a formula may be broken: at the ends of its lines, before relations and signs."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element

from inkchat.reply.signs import BARS, CLOSING, OPENING, RELATIONS, SIGNS, find_base, is_operand

_WIDE_SPACE_EM = 0.75
"""As ziamath has it: TeX's \\quad."""


def split_lines(parts: Sequence[Element]) -> list[list[Element]]:
    """At the ends of lines that the formula has; those of an aligned table are among them."""
    if len(parts) == 1 and parts[0].tag == "mtable" and parts[0].get("displaystyle") == "true":
        return [list(_join_cells(row)) for row in parts[0]]
    return _split(parts, lambda part: part.get("linebreak") == "newline", keeps=False)


def _join_cells(row: Element) -> Iterator[Element]:
    """A wide space parts what is aligned by itself, such as a remark, from what is before it."""
    for number, cell in enumerate(row):
        if number and number % 2 == 0:
            yield Element("mspace", {"width": f"{_WIDE_SPACE_EM}em"})
        yield from cell


def split_clauses(parts: Sequence[Element]) -> list[list[Element]]:
    """At wide spaces, such as that before a condition; an arrow between two stays with the last."""
    clauses = _split(parts, _is_wide_space, keeps=False)
    for number in reversed(range(len(clauses) - 1)):
        signs = [part for part in clauses[number] if not is_blank(part)]
        if len(signs) == 1 and signs[0].text in RELATIONS:
            clauses[number : number + 2] = [clauses[number] + clauses[number + 1]]
    return clauses


def is_blank(part: Element) -> bool:
    """Whether it is nothing but space."""
    return all(leaf.tag == "mspace" for leaf in part.iter() if len(leaf) == 0)


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
    # Of an odd number of bars, one is no bracket.
    marks = [find_base(part).text for part in parts]
    bars = {bar for bar in BARS if marks.count(bar) % 2 == 0}
    opened: set[str | None] = set()
    for part, mark in zip(parts, marks, strict=True):
        if is_break(part) and depth <= 0 and (not keeps or is_operand(pieces[-1])):
            pieces.append([part] if keeps else [])
            continue
        pieces[-1].append(part)
        depth += (mark in OPENING) - (mark in CLOSING)
        if mark in bars:
            depth += -1 if mark in opened else 1
            opened ^= {mark}
    return [piece for piece in pieces if piece]

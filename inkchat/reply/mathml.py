"""A formula in MathML: made fit for ziamath, and parted where a line may end."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element, SubElement


class UnsettableError(ValueError):
    """The formula has something that would be lost; it is to be shown as its source."""


_ROWS = frozenset({"math", "mrow", "mtd", "mstyle", "msqrt", "mpadded", "mphantom", "menclose"})
_SCRIPTED = frozenset({"msub", "msup", "msubsup", "mover", "munder", "munderover"})
_LARGE = frozenset("∑∏∐∫∬∭∮∯⋃⋂⋁⋀⨁⨂⨀")
_LIMITS = frozenset({"sup", "inf", *"∑∏∐⋃⋂⋁⋀⨁⨂⨀"})
"""What has its limits below and above it in a display."""
_UNDER_OVER = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
_VARIANTS = {"double": "double", "struck": "", "sans": "sans", "serif": "", "monospace": "mono"}
"""What ziamath calls the words of MathML."""
_ENTITY = re.compile(r"&#x([0-9A-Fa-f]{1,6});")
_ESCAPED = re.compile(r"\\([%_&#${}])")
_SLASH = "\u29f8"
"""What stands for a negation that has no sign of its own, beside what it should strike."""
_STRAY = ("\\", "&", "#", "$")
_RELATIONS: frozenset[str | None] = frozenset("=≠<>≤≥⩽⩾≈≡∼≃≅∝→←↔⇒⇐⇔⟹⟸⟺⟶⟵↦⟼∈∉⊂⊆⊃⊇≪≫≔≜≐≍≺≻⪯⪰⊢⊨∣")
_SIGNS: frozenset[str | None] = frozenset("+−±∓∪∩∧∨⊕⊗∖⧵")
_OPENING: frozenset[str | None] = frozenset("([{⟨⌊⌈")
_CLOSING: frozenset[str | None] = frozenset(")]}⟩⌋⌉")
_WIDE_SPACE_EM = 1.0
_PRODUCTS: frozenset[str | None] = frozenset("×÷∘⋅")


def tidy_formula(element: Element, *, is_display: bool) -> None:
    """Makes of `element` what ziamath sets well."""
    is_small = element.tag == "mfrac" or element.tag in _SCRIPTED
    for number, child in enumerate(element):
        tidy_formula(child, is_display=is_display and not is_small)
        if child.tag == "mrow" and len(child) == 1 and not child.attrib and child[0].tag != "mo":
            # ziamath sets whatever is in a row twice: the work doubles with each of them.
            element[number] = child[0]
    if element.tag in ("mi", "mo") and len(element):
        # Such as `\\mathop{…}`: ziamath would show nothing of it.
        element.tag, element.attrib = "mrow", {}
    if element.tag in ("mi", "mo", "mn", "mtext"):
        element.text = _read_text(element)
        _tidy_symbol(element)
        _tidy_variant(element)
    if len(element) == 0 and not element.text and element.tag in ("mrow", "mtd", "mi"):
        # Without anything in it its height would be taken for 9999.
        element.tag, element.attrib = ("mtd" if element.tag == "mtd" else "mrow"), {}
        SubElement(element, "mspace", {"width": "0"})
    element.attrib.pop("mathsize", None)
    if element.tag == "mtable":
        _tidy_table(element)
    elif element.tag == "mover" and element.get("accent") == "true" and element[1].text == "\u0302":
        # The narrow hat, which is no wider over a wide letter.
        element[1].text = "ˆ"
        element[1].set("stretchy", "false")
    elif element.tag in _UNDER_OVER and is_display and element[0].text in _LIMITS:
        element.tag = _UNDER_OVER[element.tag]
    _tidy_binomials(element)
    if element.tag in _ROWS:
        _tidy_row(element)


def _read_text(element: Element) -> str:
    text = element.text or ""
    if element.tag == "mtext":
        text = _ESCAPED.sub(r"\1", text).replace("~", "\u00a0")
        text = text.replace("``", "“").replace("''", "”").replace("`", "‘").replace("'", "’")
        text = text.replace("---", "—").replace("--", "–").replace("-", "\u2010")
        if "\\" in text:
            raise UnsettableError
    elif text.startswith("\\") or text in _STRAY:
        raise UnsettableError
    text = _ENTITY.sub(lambda found: chr(int(found[1], 16)), text)
    if text == _SLASH:
        raise UnsettableError
    if element.tag == "mi" and text in ("⟨", "⟩"):
        element.set("stretchy", "false")
    return text


def _tidy_symbol(element: Element) -> None:
    text = element.text
    if element.tag == "mo" and text == "-":
        element.text = "−"
    elif text in ("↑", "↓") and "stretchy" not in element.attrib:
        element.set("stretchy", "false")
    elif element.tag == "mo" and text == "^":
        element.text = "\u0302"
    elif element.tag == "mo" and text == "~" and "stretchy" not in element.attrib:
        element.text = "\u0303"
    elif text in _RELATIONS or text in _SIGNS:
        element.tag = "mo"
    elif text in _LARGE:
        # ziamath would make them as high as what stands beside them.
        element.set("stretchy", "false")
    elif text in ("∂", "∇", "∀", "∃"):
        element.set("lspace", "0")
        element.set("rspace", "0")


def _tidy_variant(element: Element) -> None:
    variant = element.get("mathvariant")
    if variant is not None:
        words = [_VARIANTS.get(word, word) for word in variant.split("-")]
        if words == ["bold"]:
            # Else ziamath would slant a letter that stands alone.
            words = ["bold", "normal"]
        element.set("mathvariant", " ".join(filter(None, words)))


def _tidy_row(row: Element) -> None:
    """Sees to the space between what stands in `row`."""
    for number, part in enumerate(row):
        if part.tag == "mo":
            _space_operator(part, _is_operand(row[max(0, number - 1) : number]), len(row) > 1)
    for number in reversed(range(len(row))):
        part, following = row[number], row[number + 1 : number + 2]
        is_scripted = part.tag in _SCRIPTED
        base = part[0] if is_scripted else part
        if is_scripted and base.text in _RELATIONS:
            for place in (number + 1, number):
                row.insert(place, Element("mspace", {"width": "0.2em"}))
        elif base.tag == "mo" or (is_scripted and base.tag == "mi"):
            # Behind a function; where it is an identifier by itself, ziamath sees to it.
            is_function = len(base.text or "") > 1 and base.text != "mod"
            if is_function and following and following[0].tag not in ("mo", "mspace"):
                row.insert(number + 1, Element("mspace", {"width": "0.12em"}))


def _space_operator(operator: Element, is_between: bool, has_neighbours: bool) -> None:
    """`is_between` two things stands what has something before it."""
    text = operator.text
    if text in _RELATIONS or text == "mod":
        form, left, right = "infix", "thickmathspace", "thickmathspace"
    elif text in _SIGNS or (text in _PRODUCTS and is_between):
        form, left, right = "infix", "mediummathspace", "mediummathspace"
    elif text == "!":
        form, left, right = "postfix", "0", "0"
    elif text == "," and has_neighbours:
        form, left, right = "infix", "0", "thinmathspace"
    else:
        return
    if text in _SIGNS and not is_between:
        form, left, right = "prefix", "0", "0"
    operator.set("form", form)
    operator.attrib.setdefault("lspace", left)
    operator.attrib.setdefault("rspace", right)


def _tidy_table(element: Element) -> None:
    if len(element.get("rowlines", "").split()) >= max(2, len(element)):
        raise UnsettableError
    is_aligned = element.get("displaystyle") == "true"
    element.set("columnspacing", "0em 1em" if is_aligned else "0.6em")
    element.set("rowspacing", "0.3em" if is_aligned else "0.12em")
    for row in element:
        if len(row):
            # As high as a letter, so that the rows of a matrix are evenly apart.
            SubElement(row[0], "mspace", {"width": "0", "height": "0.54em", "depth": "0.17em"})


def _tidy_binomials(element: Element) -> None:
    """Lets the brackets of a binomial grow with what they enclose."""
    for number in range(len(element) - 2):
        first, middle, last = element[number : number + 3]
        if (
            middle.tag == "mfrac"
            and middle.get("linethickness") == "0"
            and "minsize" in last.attrib
        ):
            row = Element("mrow")
            for bracket in (first, last):
                bracket.attrib.clear()
                bracket.set("stretchy", "true")
                bracket.set("fence", "true")
            first.set("form", "prefix")
            last.set("form", "postfix")
            row.extend((first, middle, last))
            element[number : number + 3] = [row]
            return _tidy_binomials(element)
    return None


def unwrap_parts(math: Element) -> list[Element]:
    parts = list(math)
    while len(parts) == 1 and parts[0].tag in ("mrow", "mstyle") and len(parts[0]):
        around = parts[0]
        parts = list(around)
        for part in parts:
            for name, value in around.attrib.items():
                part.attrib.setdefault(name, value)
    return parts


def count_settings(element: Element, times: int, most: int) -> int:
    """How often ziamath sets a letter of `element`."""
    if len(element) == 0:
        return times * max(1, len(element.text or ""))
    if element.tag in ("math", "mrow", "mtd", "mpadded", "mphantom", "msqrt", "mstyle"):
        times *= 2
    if times > most:
        return times
    return sum(count_settings(child, times, most) for child in element)


# Where a formula may be broken


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
    return _split(parts, lambda part: part.text in _RELATIONS, keeps=True)


def split_terms(parts: Sequence[Element]) -> list[list[Element]]:
    """Before each sign between terms."""
    return _split(parts, lambda part: part.text in _SIGNS, keeps=True)


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
        if is_break(part) and depth <= 0 and (not keeps or _is_operand(pieces[-1])):
            pieces.append([part] if keeps else [])
            continue
        pieces[-1].append(part)
        # A bracket may have an exponent.
        mark = part[0] if part.tag in _SCRIPTED else part
        depth += (mark.text in _OPENING) - (mark.text in _CLOSING)
    return [piece for piece in pieces if piece]


def _is_operand(piece: list[Element]) -> bool:
    """Whether a sign behind `piece` stands between two things, and is not one of a number."""
    if not piece:
        return False
    text = piece[-1].text or ""
    return text not in _RELATIONS and text not in _SIGNS and text not in _OPENING

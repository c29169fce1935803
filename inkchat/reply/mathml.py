"""A formula in MathML: made fit for ziamath, and parted where a line may end."""

import re
from xml.etree.ElementTree import Element, SubElement

from inkchat.reply.signs import (
    LARGE,
    RELATIONS,
    SCRIPTED,
    SIGNS,
)
from inkchat.reply.spacing import space_row, tell_width


class UnsettableError(ValueError):
    """The formula has something that would be lost; it is to be shown as its source."""


_ROWS = frozenset({"math", "mrow", "mtd", "mstyle", "msqrt", "mpadded", "mphantom", "menclose"})
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
_MATRIX_PAD, _BOX_PAD = "0.16em", "0.15em"


def tidy_formula(element: Element, *, is_display: bool) -> None:
    """Makes of `element` what ziamath sets well."""
    if element.tag == "mspace":
        tell_width(element)
    _group_matrices(element)
    is_small = element.tag == "mfrac" or element.tag in SCRIPTED
    for number, child in enumerate(element):
        tidy_formula(child, is_display=is_display and not is_small)
        if child.tag == "mrow" and len(child) == 1 and not child.attrib and child[0].tag != "mo":
            # ziamath sets whatever is in a row twice: the work doubles with each of them.
            element[number] = child[0]
    if element.tag in ("mi", "mo") and len(element):
        # Such as `\\mathop{…}`: ziamath would show nothing of it.
        is_word = len("".join(element.itertext())) > 1
        element.tag, element.attrib = "mrow", {"movablelimits": "true"} if is_word else {}
    if element.tag in ("mi", "mo", "mn", "mtext"):
        element.text = _read_text(element)
        _tidy_symbol(element)
        _tidy_variant(element)
    if len(element) == 0 and not element.text and element.tag in ("mrow", "mtd", "mi"):
        # Without anything in it its height would be taken for 9999.
        element.tag, element.attrib = ("mtd" if element.tag == "mtd" else "mrow"), {}
        SubElement(element, "mspace", {"width": "0"})
    element.attrib.pop("mathsize", None)
    _tidy_form(element, is_display=is_display)
    _tidy_binomials(element)
    if element.tag in _ROWS:
        _narrow_modulus(element)
        space_row(element, is_display=is_display)


def _tidy_form(element: Element, *, is_display: bool) -> None:
    """What is special about a table, an accent, a box, a sum or a fraction."""
    if element.tag == "mtable":
        _tidy_table(element)
    elif element.tag == "mover" and element.get("accent") == "true" and element[1].text == "\u0302":
        # The narrow hat, which is no wider over a wide letter.
        element[1].text = "ˆ"
        element[1].set("stretchy", "false")
    elif element.tag in _UNDER_OVER and is_display and _has_limits(element[0]):
        element.tag = _UNDER_OVER[element.tag]
    elif element.tag == "menclose" and "box" in element.get("notation", ""):
        for place in (len(element), 0):
            element.insert(place, Element("mspace", {"width": _BOX_PAD}))
    elif element.tag == "mfrac":
        for child in element:
            if child.get("scriptlevel") == "0":
                # Of a continued fraction, which has room around each bar.
                child.set("displaystyle", "true")
                element.set("displaystyle", "true")


def _has_limits(base: Element) -> bool:
    """Whether scripts of it stand below and above it in a display."""
    return base.text in _LIMITS or (base.tag == "mrow" and "movablelimits" in base.attrib)


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
    elif text in RELATIONS or text in SIGNS:
        element.tag = "mo"
    elif text in LARGE:
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


def _group_matrices(element: Element) -> None:
    """Makes one thing of a matrix with its brackets: they are as high as it, and so its exponent.

    latex2mathml puts them beside what else there is, even into a script's place.
    """
    for number in reversed(range(1, len(element) - 1)):
        if element[number].tag != "mtable":
            continue
        before, table, behind = parts = element[number - 1 : number + 2]
        if not before.tag == behind.tag == "mo":
            continue
        before.set("form", "prefix")
        behind.set("form", "postfix")
        for bracket in (before, behind):
            bracket.set("fence", "true")
            bracket.set("stretchy", "true")
        if table.find("mtr/mtd[@columnalign]") is None:
            pads = [Element("mspace", {"width": _MATRIX_PAD}) for _ in range(2)]
            parts = [before, pads[0], table, pads[1], behind]
        if element.tag == "mrow" and len(element) == 3:
            element[:] = parts
            return
        row = Element("mrow")
        row.extend(parts)
        element[number - 1 : number + 2] = [row]


def _narrow_modulus(row: Element) -> None:
    """Keeps the brackets around `mod n` from growing with what stands before them."""
    for number, part in enumerate(row):
        if part.text == "mod" and number and row[number - 1].text == "(":
            closing = (other for other in row[number:] if other.text == ")")
            for bracket in (row[number - 1], *closing):
                bracket.attrib.setdefault("stretchy", "false")


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

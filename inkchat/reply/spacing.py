"""The space between what stands in a row of a formula, as TeX has it.

ziamath has a table of its own for operators, and spaces functions and scripts by what they are
drawn of; here its parts are told which space they have.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element

from inkchat.reply.signs import (
    BARS,
    BESIDE,
    CLOSING,
    INTEGRALS,
    LARGE,
    OPENING,
    PRODUCTS,
    RELATIONS,
    SCRIPTED,
    SIGNS,
    find_base,
    is_operand,
)

_EM = 0.75
"""What ziamath takes for one is 4/3 of it: it reckons in pixels where we have points."""
_THIN_EM, _MEDIUM_EM, _THICK_EM = 3 / 18, 4 / 18, 5 / 18
"""After a comma, around signs, around relations."""
_BRACKET_EM = 0.1
"""Between what leans out at its top or its middle and a bracket."""
_FRACTION_EM = -0.1
"""Between a fraction and an operator, where ziamath has almost twice TeX's \\nulldelimiterspace."""
_SCRIPT_EM = 0.05
"""Behind a script: TeX's \\scriptspace."""
_PRIMES = frozenset("′″‴")
_LETTER_EM = "0.1em"
"""So low that a script's height follows from its own rule, and not from what it is of."""


def write_em(width_em: float) -> str:
    """A width of so many em, for ziamath."""
    return f"{_EM * width_em:.4g}em"


def tell_width(space: Element) -> None:
    """Makes the width of a space that was written in LaTeX what it says."""
    width = space.get("width", "")
    if width.endswith("em"):
        space.set("width", write_em(float(width[:-2])))


def space_row(row: Element, *, is_display: bool) -> None:
    """Sees to the space between what stands in `row`, and to how high its scripts stand."""
    for part in row:
        _make_function(part, is_display=is_display)
    for number, part in enumerate(row):
        if part.tag == "mo":
            _space_operator(part, is_operand(row[max(0, number - 1) : number]), len(row) > 1)
    for number in reversed(range(len(row))):
        part = row[number]
        if part.tag in BESIDE and _stands_high(part[0]):
            row.insert(number, part[0])
            part[0] = Element("mspace", {"width": "0", "height": _LETTER_EM})
        elif part.tag in BESIDE and part[0].tag in ("mrow", "mo"):
            _lower_script(part)
    parts = list(_insert_spaces(list(row)))
    row[:] = parts


def trim_edges(parts: Sequence[Element]) -> None:
    """Takes from a formula the space before or behind it, which a relation at its end has."""
    for part, side in ((parts[0], "lspace"), (parts[-1], "rspace")):
        if part.tag == "mo" and part.text in RELATIONS:
            part.set(side, "0em")


def _make_function(part: Element, *, is_display: bool) -> None:
    """Makes of a function such as sin what ziamath sets upright without space of its own."""
    base = find_base(part)
    # What may have limits below it in a display is known by its tag.
    is_fixed = base.tag == "mo" and (is_display or part.tag not in BESIDE)
    if (_is_function(base) and not is_fixed) or (base.tag == "mi" and base.text == "mod"):
        base.tag = "mn"
        base.set("mathvariant", "normal")


def _is_function(element: Element) -> bool:
    text = element.text or ""
    is_word = len(text) > 1 and text.replace("\u2009", "").replace(" ", "").isalpha()
    is_upright = element.tag == "mn" and element.get("mathvariant") == "normal"
    return is_word and text != "mod" and (element.tag in ("mi", "mo") or is_upright)


def _is_named(base: Element) -> bool:
    """Whether it is a function, by its letters or because it was said to be one."""
    return _is_function(base) or (base.tag == "mrow" and "movablelimits" in base.attrib)


def _space_operator(operator: Element, is_between: bool, has_neighbours: bool) -> None:
    """`is_between` two things stands what has something before it."""
    text = operator.text
    form, left_em, right_em = "infix", 0.0, 0.0
    if text in RELATIONS or text == "mod":
        left_em = right_em = _THICK_EM
    elif text in SIGNS or (text in PRODUCTS and is_between):
        left_em = right_em = _MEDIUM_EM
    elif text == "!":
        form = "postfix"
    elif text == "," and has_neighbours:
        right_em = _THIN_EM
    else:
        return
    if not is_between and (text in SIGNS or text == "mod"):
        form, left_em, right_em = "prefix", 0.0, right_em if text == "mod" else 0.0
    operator.set("form", form)
    operator.attrib.setdefault("lspace", write_em(left_em))
    operator.attrib.setdefault("rspace", write_em(right_em))


def _stands_high(base: Element) -> bool:
    """Whether it is a bracket of the usual size, higher than a letter: its scripts are not."""
    is_bracket = base.tag == "mo" and (base.text in CLOSING or base.text in BARS)
    return is_bracket and base.get("stretchy") == "false" and "minsize" not in base.attrib


def _lower_script(part: Element) -> None:
    """By as much below the top of a large bracket as the font says."""
    if part.tag != "msub" and part[-1].tag in ("mi", "mn"):
        script = Element("mrow")
        script.extend((part[-1], Element("mspace", {"width": "0"})))
        part[-1] = script


def _insert_spaces(parts: list[Element]) -> Iterator[Element]:
    for part, following in pairwise(parts):
        around_em = _THICK_EM if _is_raised_relation(part) else 0.0
        if around_em:
            yield _make_space(around_em)
        yield part
        gap_em = around_em or _find_gap(part, following)
        if gap_em:
            yield _make_space(gap_em)
    if parts:
        yield parts[-1]


def _make_space(width_em: float) -> Element:
    return Element("mspace", {"width": write_em(width_em)})


def _is_raised_relation(part: Element) -> bool:
    return part.tag in SCRIPTED and part[0].text in RELATIONS


def _find_gap(part: Element, following: Element) -> float:
    """In em; what operators have by themselves is not in it."""
    if following.tag == "mspace" or _is_raised_relation(following):
        return 0.0
    base, next_base = find_base(part), find_base(following)
    leads = base.text in INTEGRALS or (base.text in LARGE and part.tag in BESIDE)
    is_long = part.tag == "msup" and part[1].tag == "mrow"
    if _opens(following):
        if _closes_tall(part) and _is_tall(following):
            return _THIN_EM
        is_tall = part.tag in ("mfrac", "msub", "msup", "msubsup") and _is_tall(following)
        is_near = leads or is_long or is_tall
        return _BRACKET_EM if is_near else 0.0
    leads = leads or _is_named(base)
    if following.tag == "mfrac":
        # ziamath has a space before it.
        return _BRACKET_EM if leads else _FRACTION_EM if part.tag == "mo" else 0.0
    is_led = next_base.text in LARGE or _is_named(next_base)
    if part.tag == "mfrac" and following.tag == "mo":
        return _FRACTION_EM / 2 if is_led else _FRACTION_EM
    if next_base.tag == "mo" and not is_led:
        return 0.0
    is_thing = part.tag not in ("mo", "mspace") or part.text in CLOSING
    if leads or (is_led and is_thing) or _closes_tall(part):
        return _THIN_EM
    is_raised = part.tag in ("msup", "msubsup") and part[-1].text not in _PRIMES
    return _SCRIPT_EM if is_raised else 0.0


def _opens(part: Element) -> bool:
    """Whether it begins with a bracket."""
    first = part[0] if part.tag == "mrow" and len(part) else part
    return first.text in OPENING


def _is_tall(part: Element) -> bool:
    """Whether it is or begins with a bracket that grows."""
    first = part[0] if part.tag == "mrow" and len(part) else part
    return first.get("stretchy") != "false"


def _closes_tall(part: Element) -> bool:
    """Whether it ends with a bracket that grows."""
    last = part[-1] if part.tag == "mrow" and len(part) else part
    return last.get("fence") == "true" and (last.text in CLOSING or last.text in BARS)

"""LaTeX to MathML, in the form that ziamath sets without losing anything.

latex2mathml and ziamath pass over much in silence: an unknown environment, a comment, a drawn line
in a matrix. What would be lost is refused here, so that the reader gets the source instead. Nothing
of it is a program: macros are refused too, since they can grow without bound.
"""

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from inkchat.reply.limits import FORMULA_CHARACTERS, FORMULA_EFFORT, FORMULA_NESTING
from inkchat.reply.mathml import UnsettableError, count_settings, tidy_formula, unwrap_parts
from inkchat.reply.spacing import trim_edges


@dataclass(frozen=True, slots=True)
class Equation:
    """A formula as MathML; its elements are shared, so never changed."""

    parts: tuple[Element, ...]
    """What stands side by side, or below each other where a `mspace` breaks the line."""
    tag: str = ""
    """The number that was given to it, as LaTeX."""


_REFUSED = re.compile(
    r"\\(?:re|provide)?newcommand|\\(?:def|gdef|edef|let|DeclareMathOperator|newenvironment)(?![a-zA-Z])"
    r"|\\(?:href|class|style|unicode|verb|require|input|include|htmlClass|hdashline|cline)(?![a-zA-Z])"
    r"|\\begin\{array\}\s*\{\||\\begin\{array\}\s*\{[^{}]*\|(?:\||\})|\\begin\{array\}\s*\{[^{}]*\}\s*\\hline"
    r"|\\math(?!bb|bf|cal|frak|it|rm|scr|sf|tt|normal|ring|bin|close|inner|op|ord|punct|rel|strut"
    r"|clap|llap|rlap|choice)[a-z]+"
)
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([a-zA-Z]+\*?)\}(?:\{\d+\})?")
_WRAPPERS = {"equation", "displaymath", "math", "gather", "multline"}
"""Environments that say only: this is a formula; lines in them stand below each other."""
_ALIGNED = {"align", "aligned", "alignat", "alignedat", "flalign", "split"}
_COLUMNS = {"eqnarray": "rcl", "gathered": "c"}
_KNOWN = {"matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix", "cases"}
_RENAMED = (
    (re.compile(r"\\(?:nonumber|notag|displaylimits|allowbreak|relax)(?![a-zA-Z])"), " "),
    (re.compile(r"\\label\s*\{[^{}]*\}"), " "),
    (re.compile(r"(\\\\)\s*\[-?[\d.]+\s*[a-z]{2}\]"), r"\1"),
    (re.compile(r"\\(?:mathds|mathbbm|Bbb)(?![a-zA-Z])"), r"\\mathbb"),
    (re.compile(r"\\tfrac(?![a-zA-Z])"), r"\\tfrac "),
    # Two upright letters in a row are taken for one command's name otherwise.
    (re.compile(r"\\mathrm\{"), r"\\mathrm {"),
    (re.compile(r"\\arg(?![a-zA-Z])"), r"\\operatorname{arg}"),
    (re.compile(r":\s*="), "≔"),
    (re.compile(r"\|\|"), "‖"),
    (re.compile(r"\\not\s*="), r"\\neq "),
    (re.compile(r"\\not\s*<"), r"\\nless "),
    (re.compile(r"\\not\s*>"), r"\\ngtr "),
    (re.compile(r"\\left\s*<"), r"\\left\\langle "),
    (re.compile(r"\\right\s*>"), r"\\right\\rangle "),
)
_TAG = re.compile(r"\\tag\*?\s*\{([^{}]*)\}")
_TEXT_WITH_FORMULA = re.compile(r"\\(?:text|textrm|mbox)\s*(\{[^{}]*\$[^{}]*\})")
_TEXT_WITH_BRACES = re.compile(r"\\(?:text[a-z]*|[hm]box|tag\*?)\s*\{[^{}]*(?<!\\)\{")
_OPERATOR_NAME = re.compile(r"\\operatorname\s*(\*?)\s*(?:\{([^{}]*)\})?")
_COMMENT = re.compile(r"\\.|%", re.DOTALL)


def read_equation(source: str, *, is_display: bool) -> Equation:
    """`source`, the LaTeX without its marks, as MathML.

    Raises `UnsettableError` and, for what is no formula, whatever latex2mathml raises.
    """
    from latex2mathml.converter import Converter

    if len(source) > FORMULA_CHARACTERS or _measure_nesting(source) > FORMULA_NESTING:
        raise UnsettableError
    source, tag = _take_tag(source)
    source = _rewrite(source)
    math = Converter(display="block" if is_display else "inline").convert_to_element(source)
    tidy_formula(math, is_display=is_display)
    parts = unwrap_parts(math)
    most = FORMULA_EFFORT * max(len(source), 30)
    if not parts or count_settings(math, 1, most) > most:
        raise UnsettableError
    trim_edges(parts)
    return Equation(tuple(parts), tag)


def _measure_nesting(source: str) -> int:
    depth = deepest = 0
    for mark in re.findall(r"\\[{}]|\\begin\b|\\end\b|\\left\b|\\right\b|[{}]", source):
        if mark in ("{", r"\begin", r"\left"):
            depth += 1
            deepest = max(deepest, depth)
        elif mark in ("}", r"\end", r"\right"):
            depth -= 1
    return deepest


def _take_tag(source: str) -> tuple[str, str]:
    tags = _TAG.findall(source)
    if len(tags) > 1:
        raise UnsettableError
    if not tags:
        return source, ""
    return _TAG.sub(" ", source), rf"\text{{({tags[0]})}}"


def _rewrite(source: str) -> str:
    """`source` in the words that latex2mathml knows."""
    for pattern, replacement in _RENAMED:
        source = pattern.sub(replacement, source)
    if _REFUSED.search(source):
        raise UnsettableError
    source = _OPERATOR_NAME.sub(_space_operator_name, source)
    source = _TEXT_WITH_FORMULA.sub(r"\\hbox\1", source)
    if _TEXT_WITH_BRACES.search(source):
        raise UnsettableError
    # latex2mathml takes the rest of the line for a comment.
    source = _COMMENT.sub(lambda found: r"\%" if found[0] == "%" else found[0], source)
    return _ENVIRONMENT.sub(_rename_environment, source).strip()


def _space_operator_name(found: re.Match[str]) -> str:
    # latex2mathml takes letters only, and leaves out plain spaces.
    name = re.sub(r"\\[,;: !]|[~ \s]", "\u2009", found[2] or "")
    if not re.fullmatch(r"[a-zA-Z\s]+", name):
        raise UnsettableError
    return rf"\operatorname{found[1]}{{{name}}}"


def _rename_environment(found: re.Match[str]) -> str:
    edge, name = found[1], found[2].removesuffix("*")
    if name in _WRAPPERS:
        return " "
    if name in _ALIGNED:
        return rf"\{edge}{{align*}}"
    if name in _COLUMNS:
        return rf"\{edge}{{array}}" + (f"{{{_COLUMNS[name]}}}" if edge == "begin" else "")
    if name == "dcases":
        return rf"\{edge}{{cases}}"
    if name == "array" or name in _KNOWN:
        return found[0]
    raise UnsettableError

"""Where Markdown has a formula: between dollars or backslashed brackets, if it is none of money.

A dollar is also money and a variable of a shell, and `\\[1\\]` a bracket that was to be kept. As
with pandoc no blank follows the first dollar or precedes the last, and no digit follows the last;
beyond that, what reads as prose is prose. Each formula's token has its bare LaTeX as content, and
as `meta["written"]` what stood in the answer.
"""

import re
from collections.abc import Sequence
from copy import copy

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from inkchat.reply.limits import FORMULA_CHARACTERS, FORMULA_LINES, FORMULAS, FORMULAS_CHARACTERS

_CLOSING = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}
_DISPLAYED = ("$$", r"\[")
_ENVIRONMENT = re.compile(
    r"\\begin(\{(?:align|alignat|displaymath|eqnarray|equation|flalign|gather|multline)\*?\})"
)
"""What is a formula on its own line without any other marks."""
_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_]{3,}(?![^\W\d_])")
_MARKS = re.compile(r"[\\^_=<>+{}|*/]")
_CURRENCIES = frozenset("ACHRSUNTZ")
"""Letters before the dollar of a country: R$, A$, US$, NZ$."""
_PUNCTUATION = re.compile(r"[.,;:!?]")
_ENDS_OPEN = re.compile(r"[-=+*/<>.,:;(&|]\Z")


def find_formulas(parser: MarkdownIt) -> None:
    """Makes `parser` give tokens `math_inline` and `math_block`."""
    interrupted: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    parser.block.ruler.before("fence", "math_block", _read_block, interrupted)
    parser.inline.ruler.before("escape", "math_inline", _read_inline)
    parser.core.ruler.after("inline", "math_display", _part_paragraphs)
    parser.core.ruler.after("math_display", "math_limits", _keep_limits)


# Within a paragraph


def _read_inline(state: StateInline, silent: bool) -> bool:
    found = _find_inline(state.src, state.pos, state.posMax)
    if found is None:
        return False
    marks, end = found
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content = state.src[state.pos + len(marks) : end - len(marks)]
        token.markup = marks
        token.meta = {"written": state.src[state.pos : end]}
    state.pos = end
    return True


def _find_inline(text: str, start: int, last: int) -> tuple[str, int] | None:
    """The marks of the formula that begins at `start`, and where it ends behind them."""
    marks = text[start : start + 2]
    if marks not in _CLOSING:
        marks = marks[:1]
    if marks not in _CLOSING:
        return None
    first = start + len(marks)
    end = _find_closing(text, _CLOSING[marks], first, min(last, first + FORMULA_CHARACTERS + 1))
    if end < 0:
        return None
    content = text[first:end]
    if not content.strip() or "`" in content or content.count("{") != content.count("}"):
        return None
    behind = end + len(marks)
    if marks == "$":
        is_formula = _is_between_dollars(
            content, text[start - 1 : start], text[behind : behind + 2]
        )
    else:
        is_formula = marks == "$$" or _is_between_brackets(content, marks)
    return (marks, behind) if is_formula else None


def _find_closing(text: str, closing: str, start: int, last: int) -> int:
    while True:
        end = text.find(closing, start, last)
        if end < 0 or closing[0] == "\\" or not _is_escaped(text, end):
            return end
        start = end + 1


def _is_escaped(text: str, place: int) -> bool:
    backslashes = 0
    while text[place - 1 - backslashes : place - backslashes] == "\\":
        backslashes += 1
    return backslashes % 2 == 1


def _is_between_dollars(content: str, before: str, following: str) -> bool:
    behind = following[:1]
    if content[-1] in _CURRENCIES and re.match(r"[\s\u00a0]\d", following):
        # As in `$12 (R$ 60)`: the second dollar is money too.
        return False
    if content[0].isspace() or content[-1].isspace() or re.match(r"[A-Za-z0-9$]", before):
        return False
    if behind.isdigit() or behind == "$":
        return False
    if behind.isalpha() and _ENDS_OPEN.search(content):
        # Of a shell or a program: `$HOME/$USER`.
        return False
    if "\\" in content:
        return True
    words = len(_WORD.findall(content))
    has_blanks = " " in content or "\n" in content
    return not has_blanks or words < (1 if content[0].isdigit() else 2)


def _is_between_brackets(content: str, marks: str) -> bool:
    if _MARKS.search(content):
        return True
    if marks == r"\[" and content[0] != " " and content[0] != "\n":
        return False
    return not _WORD.search(content) or len(content.split()) == 1


# On lines of its own


def _read_block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    if state.is_code_block(first):
        return False
    start = state.bMarks[first] + state.tShift[first]
    marks = state.src[start : start + 2]
    closing = _CLOSING[marks] if marks in _DISPLAYED else ""
    if found := _ENVIRONMENT.match(state.src, start):
        marks, closing = found[0], rf"\end{found[1]}"
    if not closing:
        return False
    lines: list[str] = []
    for line in range(first, min(last, first + FORMULA_LINES)):
        if line > first and not state.isEmpty(line) and state.sCount[line] < state.blkIndent:
            return False
        lines.append(state.getLines(line, line + 1, state.blkIndent, False))
        offset = len(lines[0]) - len(lines[0].lstrip()) + len(marks) if line == first else 0
        end = _find_closing(lines[-1], closing, offset, len(lines[-1]))
        if end >= 0:
            rest = lines[-1][end + len(closing) :].strip()
            written = "\n".join(lines).strip()
            return _push_block(state, marks, written, rest, (first, line + 1), silent)
    return False


def _push_block(
    state: StateBlock,
    marks: str,
    written: str,
    rest: str,
    place: tuple[int, int],
    silent: bool,
) -> bool:
    """`rest` is what stands behind the closing mark."""
    if rest and not _PUNCTUATION.fullmatch(rest):
        return False
    content = written.removesuffix(rest).rstrip()
    if marks in _DISPLAYED:
        content = content[2:-2]
    if not content.strip() or (marks == r"\[" and not _is_between_brackets(content, marks)):
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        token.block = True
        token.content = content.strip() + rest
        token.markup = marks
        token.meta = {"written": written}
        token.map = list(place)
        state.line = place[1]
    return True


def _part_paragraphs(state: StateCore) -> None:
    """Takes formulas between marks of a display out of the paragraphs they stand in."""
    tokens: list[Token] = []
    for number, token in enumerate(state.tokens):
        opening = state.tokens[number - 1] if number else None
        if opening is None or opening.type != "paragraph_open" or not _has_display(token):
            tokens.append(token)
            continue
        tokens.pop()
        tokens += _part_paragraph(opening, token, state.tokens[number + 1])
        # The paragraph's end, which comes next, is dropped with the mark that is left here.
        tokens.append(Token("math_parted", "", 0))
    state.tokens = [
        token
        for number, token in enumerate(tokens)
        if token.type != "math_parted" and not (number and tokens[number - 1].type == "math_parted")
    ]


def _has_display(token: Token) -> bool:
    return token.type == "inline" and any(_is_display(child) for child in token.children or ())


def _is_display(child: Token) -> bool:
    return child.type == "math_inline" and child.markup in _DISPLAYED and child.level == 0


def _part_paragraph(opening: Token, inline: Token, closing: Token) -> list[Token]:
    tokens: list[Token] = []
    rest, children = inline.content, list[Token]()
    for child in inline.children or ():
        if not _is_display(child):
            children.append(child)
            continue
        before, _, rest = rest.partition(child.meta["written"])
        tokens += _make_paragraph(opening, inline, closing, children, before)
        children = []
        block = Token("math_block", "math", 0, content=child.content.strip(), markup=child.markup)
        block.map, block.level, block.meta = inline.map, opening.level, dict(child.meta)
        tokens.append(block)
    if len(children) == 1 and _PUNCTUATION.fullmatch(rest.strip()):
        tokens[-1].content += rest.strip()
        tokens[-1].meta["written"] += rest.strip()
        return tokens
    return tokens + _make_paragraph(opening, inline, closing, children, rest)


def _make_paragraph(
    opening: Token, inline: Token, closing: Token, children: Sequence[Token], content: str
) -> list[Token]:
    while children and children[0].type == "softbreak":
        children = children[1:]
    while children and children[-1].type == "softbreak":
        children = children[:-1]
    if not content.strip():
        return []
    part = copy(inline)
    part.content, part.children = content.strip(), list(children)
    return [opening, part, closing]


def _keep_limits(state: StateCore) -> None:
    """Makes text of the formulas that are beyond what is drawn of an answer."""
    seen: set[str] = set()
    characters = 0
    for token in state.tokens:
        is_fence = token.type == "fence" and token.info.strip() == "math"
        for formula in [token] if is_fence or token.type == "math_block" else token.children or ():
            if formula.type not in ("math_inline", "math_block", "fence"):
                continue
            if formula.content in seen:
                continue
            characters += len(formula.content)
            if len(seen) < FORMULAS and characters <= FORMULAS_CHARACTERS:
                seen.add(formula.content)
            elif is_fence:
                formula.info = "latex"
            else:
                is_inline = formula.type == "math_inline"
                formula.type = "text" if is_inline else "code_block"
                formula.content = formula.meta["written"]

"""Markdown to tokens, in bounded time and without losing a word.

CommonMark, with what models also write: tables, strikethrough, footnotes, definition lists, and
formulas. HTML stays text. Addresses stay as they were written, since
nothing here is ever followed.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from inkchat.reply.characters import join_lines
from inkchat.reply.dollars import find_formulas
from inkchat.reply.limits import NESTING, SPAN_CHARACTERS, SPAN_EFFORT, TITLE_CHARACTERS

_LOOSE_PICTURE = re.compile(
    r"!\[([^\[\]\n]{0,300})\]\([ \t]{0,9}(note:[^()<>\"'\n]{1,120})\)", re.IGNORECASE
)
"""With blanks in its address, with which CommonMark knows no picture."""
_ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]", re.IGNORECASE)
"""GitHub's word for what a quotation is."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """An answer as tokens, beside the lines they came from."""

    tokens: tuple[Token, ...]
    lines: tuple[str, ...]
    references: dict[str, dict[str, Any]]
    """Link definitions by label, used or not."""

    def read_source(self, token: Token) -> str:
        """The lines of the answer that `token` was made from."""
        if not token.map:
            return ""
        return "\n".join(self.lines[token.map[0] : token.map[1]])


class _PaperMarkdown(MarkdownIt):
    def normalizeLink(self, url: str) -> str:  # noqa: N802 - markdown-it's name
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 - markdown-it's name
        return link

    def validateLink(self, url: str) -> bool:  # noqa: N802 - markdown-it's name
        # Its scheme is of no harm on paper, and a refused link would show its brackets.
        return True


def parse_markdown(text: str) -> Parsed:
    """`text`, which must be clean, as tokens."""
    env: dict[str, Any] = {}
    tokens = _make_parser().parse(text, env)
    return Parsed(tuple(tokens), tuple(text.split("\n")), env.get("references", {}))


def read_title(text: str) -> str:
    """`text` on one line without its marks; models put some into titles too."""
    line = join_lines(text)[: 4 * TITLE_CHARACTERS]
    return join_lines("".join(map(read_words, _make_parser().parseInline(line, {})))) or line


def read_words(token: Token) -> str:
    """The words of an inline token, without their markup."""
    parts = (
        child.content or " " * (child.type in {"softbreak", "hardbreak"})
        for child in token.children or []
    )
    return join_lines("".join(parts))


@cache
def _make_parser() -> MarkdownIt:
    # Parsing keeps its state in the call, so one parser serves all threads.
    parser = _PaperMarkdown("commonmark", {"html": False, "maxNesting": NESTING})
    parser.enable(["table", "strikethrough"])
    parser.use(footnote_plugin, inline=False, move_to_end=False)
    parser.use(deflist_plugin)
    find_formulas(parser)
    parser.inline.ruler.before("image", "note_picture", _read_loose_picture)
    parser.core.ruler.at("inline", _read_spans)
    parser.core.ruler.push("alerts", _read_alerts)
    return parser


def _read_loose_picture(state: StateInline, silent: bool) -> bool:
    found = _LOOSE_PICTURE.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        token = state.push("image", "img", 0)
        token.attrs = {"src": found[2].strip(), "alt": ""}
        token.content = found[1]
        token.children = []
        state.md.inline.parse(found[1], state.md, state.env, token.children)
    state.pos = found.end()
    return True


def _read_spans(state: StateCore) -> None:
    effort = 0
    for token in state.tokens:
        if token.type != "inline":
            continue
        text = token.content
        # For each bracket that opens, the rest of the text may be searched for the one that closes.
        effort += 300 + len(text) * (1 + text.count("["))
        if effort > SPAN_EFFORT or len(text) > SPAN_CHARACTERS:
            token.children = [Token("text", "", 0, content=text)]
        else:
            token.children = []
            state.md.inline.parse(text, state.md, state.env, token.children)


def _read_alerts(state: StateCore) -> None:
    """Makes a word in bold on its own line of what begins a quotation as a warning."""
    for opening, _, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        first, *rest = inline.children or [opening]
        found = _ALERT.fullmatch(first.content)
        if opening.type == "blockquote_open" and found:
            word = Token("text", "", 0, content=found[1].capitalize(), level=1)
            bold = [Token("strong_open", "strong", 1), word, Token("strong_close", "strong", -1)]
            end = [Token("hardbreak", "br", 0)] if rest and rest[0].type == "softbreak" else []
            inline.children = [*bold, *end, *rest[len(end) :]]

"""Reads a note, or a file's name, that is nothing but a command to inkchat itself.

The whole text is one command, whatever case, bullets, Markdown, punctuation and blank lines are
around it, and whoever signed it. With anything else in it, it is a note:

- `help`, `session info` and their like stand alone. A question mark makes a note of those that
  change something.
- What has an argument is one line: with another below or above it, it is a line of a note.
- `provider` needs the name of a provider, or `auto`.
- `continue` needs a short code or an id, and nothing else; behind a colon what looks like one, so
  that a code written wrong is told to be unknown.
- `search: …` looks for all that stands behind the colon. Without one, `search` and up to four
  words that make no sentence: no full stop, question or exclamation mark, no “is” or “can”.
"""

import re
import unicodedata

from inkchat.config import AUTO, find_provider
from inkchat.conversations.continue_line import read_conversation_name, read_wrong_name
from inkchat.conversations.own_line import is_fence, strip_decoration
from inkchat.conversations.signature import drop_signature
from inkchat.domain import Command, CommandKind

_MOST_CHARACTERS = 400
"""Of a text that may be a command, with all the blank lines around it."""
_MOST_LINES = 3
"""On which the words of one without an argument may stand, as large handwriting breaks them."""
_MOST_SEARCHED = 72
"""Characters: one line of 80 with the word before them."""
_MOST_SEARCHED_WORDS = 4
"""Without a colon."""

_PLAIN = {
    kind.value.replace(" ", ""): kind
    for kind in CommandKind
    if kind not in (CommandKind.SEARCH, CommandKind.PROVIDER, CommandKind.CONTINUE)
}
"""Commands without an argument, by their letters alone."""
_BETWEEN = re.compile(r"[\s_\-\u2010-\u2015]+")
_WITH_ARGUMENT = re.compile(
    r"(search|provider|continue)(?:\s*([:=])\s*|\s+[-\u2010-\u2015]\s+|\s+)(\S.*)", re.IGNORECASE
)
_QUOTATION = re.compile("[“”„]")
_SENTENCE_END = re.compile(r"[.!?…。！？]")
_VERBS = frozenset(
    re.findall(
        r"\w+",
        "is are was were be been am do does did has have had can could will would shall should may "
        "might must isn aren wasn weren don doesn didn hasn haven won couldn wouldn shouldn",
    )
)
"""Make a sentence of the words after “search”."""

_SUFFIXES = re.compile(r"(?:\.(?:pdf|png|jpe?g|tiff?|webp|txt|md|markdown))+\s*$", re.IGNORECASE)
_DATE = r"\d{4}[-_.]?\d{2}[-_.]?\d{2}(?:[ T_-]+\d{2}[-_.:h]?\d{2}(?:[-_.:]?\d{2})?)?"
_ADDED_BEHIND = re.compile(
    rf"(?:\s*\(\d{{1,4}}\)|[\s_-]+{_DATE}|[\s_-]+copy(?:[\s_-]+\d+)?)\s*$", re.IGNORECASE
)
_ADDED_BEFORE = re.compile(rf"^\s*{_DATE}[\s_-]+")
_COUNTED = re.compile(r"[\s_-]*\d{1,3}$")
_LONGEST_NAME = 255


def read_command(text: str, participants: tuple[str, ...] = ()) -> Command | None:
    """The command that `text` is; None if it is a note.

    `participants` are names that may stand behind a single hyphen as who signed it.
    """
    if len(text) > _MOST_CHARACTERS:
        return None
    told = [line for line in text.splitlines() if re.search(r"\w", line) or is_fence(line)]
    lines = drop_signature(told, participants)
    if not 1 <= len(lines) <= _MOST_LINES or any(map(is_fence, lines)):
        return None
    bare = " ".join(map(strip_decoration, lines)).lstrip("/\\ ")
    plain = _read_plain(bare)
    if plain is not None:
        return plain
    match = _WITH_ARGUMENT.fullmatch(bare)
    if match is None or len(lines) > 1:
        return None
    kind = CommandKind(match[1].lower())
    return _read_search(match, lines[0]) if kind is CommandKind.SEARCH else _read_named(kind, match)


def read_command_from_name(name: str) -> Command | None:
    """The command that the name of a file is which holds nothing else, as `session_info (2).pdf`.

    Dates, counts and the word “copy” that programs add to a name are passed over.
    """
    if len(name) > _LONGEST_NAME:
        return None
    stem = _SUFFIXES.sub("", unicodedata.normalize("NFKC", name).strip())
    short = _ADDED_BEFORE.sub("", stem)
    while (shorter := _ADDED_BEHIND.sub("", short)) != short:
        short = shorter
    tried = (_read_stem(short), _read_stem(stem), _read_plain(_COUNTED.sub("", short)))
    return next((command for command in tried if command is not None), None)


def _read_stem(stem: str) -> Command | None:
    words = strip_decoration(_BETWEEN.sub(" ", stem))
    plain = _read_plain(words)
    match = _WITH_ARGUMENT.fullmatch(words)
    if plain is not None or match is None:
        return plain
    kind, argument = CommandKind(match[1].lower()), " ".join(match[3].split())
    if kind is CommandKind.SEARCH:
        return _make_search(argument)
    # In a name a hyphen may part the groups of a code, and is no separator.
    name = _name_provider(argument)
    if kind is CommandKind.CONTINUE:
        name = read_conversation_name(argument)
    return Command(kind, name) if name else None


def _read_plain(bare: str) -> Command | None:
    kind = _PLAIN.get(_BETWEEN.sub("", bare.rstrip("?!.,;:… ")).lower())
    if kind is None or (kind.changes_something and "?" in bare):
        return None
    return Command(kind)


def _read_search(match: re.Match[str], line: str) -> Command | None:
    argument = _read_searched(line) or " ".join(match[3].split())
    words = argument.casefold().split()
    if not match[2] and (
        len(words) > _MOST_SEARCHED_WORDS
        or _VERBS & set(words)
        or _SENTENCE_END.search(argument)
        or _SENTENCE_END.search(line.rstrip("*_` \t")[-1:])
    ):
        return None
    return _make_search(argument)


def _make_search(argument: str) -> Command | None:
    if len(argument) > _MOST_SEARCHED or not re.search(r"\w", argument):
        return None
    return Command(CommandKind.SEARCH, argument)


def _read_searched(line: str) -> str:
    """What is looked for, with its phrases in quotation marks; empty where these are not pairs."""
    quoted = _QUOTATION.sub('"', strip_decoration(line, keeps_quotation=True))
    match = _WITH_ARGUMENT.fullmatch(quoted.lstrip("/\\ "))
    return " ".join(match[3].split()) if match and match[3].count('"') % 2 == 0 else ""


def _read_named(kind: CommandKind, match: re.Match[str]) -> Command | None:
    argument, is_marked = " ".join(match[3].split()), match[2] is not None
    if kind is CommandKind.PROVIDER:
        name = _name_provider(argument)
    else:
        name = read_conversation_name(argument, spaced_freely=is_marked)
        if name is None and is_marked:
            name = read_wrong_name(argument)
    return Command(kind, name) if name else None


def _name_provider(text: str) -> str | None:
    """The display name of a provider, or `auto`."""
    return AUTO if text.casefold() == AUTO else find_provider(text)

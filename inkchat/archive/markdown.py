"""A conversation as a Markdown document for people.

What notes and models wrote stays what it is, but for what would take the rest of the document
with it: headings move below ours, code that was left open is closed, HTML is shown, and pictures
of the note, which is not there, are named.
"""

import re
from collections.abc import Sequence

from inkchat.archive.exporting import list_remarks, read_local, say_who
from inkchat.store import Attachment, ConversationState, Exchange

_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~]|^[-+=])")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_HEADING = re.compile(r"( {0,3})(#{1,6})(?=[ \t]|$)")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_TAG = re.compile(r"^((?:[ \t]|[-*+>][ \t]?|\d{1,9}[.)][ \t])*)<(?=[A-Za-z/!?])(?!https?:)")
_OF_NOTE = re.compile(r"!\[([^\[\]]{0,500})\]\( {0,9}<?note:[^()]{0,200}\)", re.IGNORECASE)

_MARKUP = re.compile(r"(?:[#>*+\-_`|~\s]|\d+[.)]\s|\[[ xX]\]\s)+")
_NAME_CHARACTERS = 60
_OUR_LEVELS = 2
_MOST_LEVELS = 6
_OUTCOMES = {"failed": "This note was not answered.", "command": "inkchat carried this out."}


def write_markdown(conversation: ConversationState, files: Sequence[Attachment]) -> str:
    """Title, who and when, every exchange, and the names of the files that are kept with it."""
    parts = [
        f"# {_write_inline(conversation.title) or 'Without a title'}",
        _write_facts(conversation),
    ]
    if conversation.context_summary:
        parts += ["## What is remembered of the beginning", _bound(conversation.context_summary)]
    for exchange in conversation.exchanges:
        parts += _write_exchange(exchange)
    if files:
        names = "\n".join(f"- {_write_inline(file.file_name)}" for file in files)
        parts += ["## Files", names]
    return "\n\n".join(parts) + "\n"


def _write_facts(conversation: ConversationState) -> str:
    facts = [f"Conversation {conversation.code}", conversation.conversation_id]
    if conversation.participants:
        facts.append(", ".join(map(_write_inline, conversation.participants)))
    times = [_write_time(conversation.created_at), _write_time(conversation.last_activity)]
    facts.append(" – ".join(dict.fromkeys(time for time in times if time)))
    return " · ".join(fact for fact in facts if fact)


def _write_exchange(exchange: Exchange) -> list[str]:
    title = _write_inline(_name(exchange))
    facts = [exchange.author, exchange.input_file or "", _write_time(exchange.created_at)]
    parts = [
        f"## {exchange.sequence_number}. {title}".rstrip(),
        " · ".join(_write_inline(fact) for fact in (*facts, say_who(exchange)) if fact),
    ]
    if exchange.transcript:
        parts.append("\n".join(f"> {line}".rstrip() for line in _split(exchange.transcript)))
    remarks = [_OUTCOMES.get(exchange.outcome, ""), *list_remarks(exchange)]
    parts += [f"*{_write_inline(remark)}*" for remark in remarks if remark.strip()]
    if exchange.response_text:
        parts.append(_bound(exchange.response_text))
    return parts


def _name(exchange: Exchange) -> str:
    """Its title, or else the first words of the note or of the answer, as a digest names it."""
    title = " ".join((exchange.title or "").split())
    if title:
        return title
    for text in (exchange.transcript, exchange.response_text):
        beginning = " ".join((text or "")[: 8 * _NAME_CHARACTERS].split())
        found = _MARKUP.match(beginning)
        if words := beginning[found.end() :] if found else beginning:
            return _shorten(words)
    return exchange.input_file or ""


def _shorten(words: str) -> str:
    if len(words) <= _NAME_CHARACTERS:
        return words
    whole = words[:_NAME_CHARACTERS].rpartition(" ")[0] or words[: _NAME_CHARACTERS - 1]
    return whole.rstrip(".,:;?!–-") + "…"


def _bound(markdown: str) -> str:
    """Markdown that leaves alone what stands around it."""
    lines: list[str] = []
    fence = ""
    for line in _split(markdown):
        found = _FENCE.fullmatch(line)
        if fence:
            if found and found[1].startswith(fence) and not found[2].strip():
                fence = ""
            lines.append(line)
        elif found and not (found[1][0] == "`" and "`" in found[2]):
            fence = found[1]
            lines.append(line)
        else:
            if lines and lines[-1].strip() and _UNDERLINE.fullmatch(line):
                # Under a text it would make that a heading.
                line = line.replace("=", r"\=", 1) if "=" in line else f"\n{line}"
            line = _OF_NOTE.sub(_name_picture, line)
            lines.append(_TAG.sub(r"\1&lt;", _HEADING.sub(_lower, line)))
    if fence:
        lines.append(fence)
    return "\n".join(lines).strip("\n")


def _name_picture(found: re.Match[str]) -> str:
    """As the page does where it cannot show one; no bracket of it begins an address."""
    return rf"\[picture: {found[1]}\]" if found[1].strip() else r"\[picture\]"


def _lower(heading: re.Match[str]) -> str:
    return heading[1] + "#" * min(len(heading[2]) + _OUR_LEVELS, _MOST_LEVELS)


def _split(text: str) -> list[str]:
    return [_CONTROL.sub("\ufffd", line) for line in _LINE_END.split(text)]


def _write_inline(text: str) -> str:
    """On one line, and as it is: no sign of it means anything."""
    return _SPECIAL.sub(r"\\\1", _CONTROL.sub("\ufffd", " ".join(text.split())))


def _write_time(stored: str | None) -> str:
    moment = read_local(stored)
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""

"""What Offline can add to a note: where the same was spoken of before."""

import re
from collections.abc import Sequence
from dataclasses import replace

from inkchat.conversations import escape_line
from inkchat.domain import Reply
from inkchat.store import Hit

MOST_HITS = 5
_TELLING_LETTERS = 4
"""Shorter words, such as “the” and “was”, stand in every note."""
_HEADING = "## From your earlier notes"


def pick_telling_words(text: str) -> str:
    """The words of `text` that a search may go by."""
    words = re.findall(r"\w+", text)
    return " ".join(word for word in words if len(word) >= _TELLING_LETTERS)


def add_related(reply: Reply, hits: Sequence[Hit]) -> Reply:
    """The reply with what was found in earlier conversations, quoted with date and title."""
    if not hits:
        return reply
    quoted = [
        f"- **{escape_line(hit.title) or 'Without a title'}** ({hit.created_at[:10]}, "
        f"`{hit.conversation_id}`, exchange {hit.number}): {escape_line(hit.passage)}"
        for hit in hits
    ]
    return replace(reply, answer="\n".join((_HEADING, "", *quoted, "", reply.answer)))

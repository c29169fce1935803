"""What several pages say in the same words."""

from collections.abc import Iterable, Sequence

from inkchat.conversations import escape_line
from inkchat.reply.dates import format_short_day
from inkchat.store import ConversationState, Store, UnknownConversation
from inkchat.store.values import read_time

MOST_TITLE_CHARACTERS = 80


def load(store: Store, conversation_id: str) -> ConversationState:
    """With its exchanges. Raises UnknownConversation."""
    conversation = store.sessions.get_conversation(conversation_id)
    if conversation is None:
        raise UnknownConversation(conversation_id)
    return conversation


def write_title(title: str) -> str:
    """As Markdown, on one line; words of ours where there is none."""
    line = " ".join(title.split())
    if len(line) > MOST_TITLE_CHARACTERS:
        line = f"{line[:MOST_TITLE_CHARACTERS].rstrip()}…"
    return escape_line(line) or "(without a title)"


def write_name(conversation: ConversationState) -> str:
    """Such as `“Fjords” (H4KM7P)`, as Markdown."""
    return f"“{write_title(conversation.title)}” ({conversation.code})"


def write_moment(stored: str | None) -> str:
    """Such as `20 Nov 2026, 14:05`, on this machine’s clock; a dash where there is none."""
    moment = read_time(stored)
    return f"{write_day(stored)}, {moment.astimezone():%H:%M}" if moment else "–"


def write_day(stored: str | None) -> str:
    """Such as `20 Nov 2026`, not to be parted at the end of a line."""
    moment = read_time(stored)
    if moment is None:
        return "–"
    return format_short_day(moment.astimezone()).replace(" ", "\N{NO-BREAK SPACE}")


def write_duration(seconds: float) -> str:
    """Such as `2 days`, `1 hour 30 minutes` or `45 seconds`."""
    parts = []
    left = round(seconds)
    for size, noun in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        number, left = divmod(left, size)
        if number:
            parts.append(count(number, noun))
    return " ".join(parts[:2]) or "0 seconds"


def count(number: int, noun: str) -> str:
    """Such as `1 note` or `1,200 notes`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def write_facts(facts: Iterable[tuple[str, str]]) -> str:
    """A list; those of which there is nothing to say are left out."""
    return "\n".join(f"- **{name}:** {fact}" for name, fact in facts if fact)


def write_table(head: Sequence[str], rows: Iterable[Sequence[str]], alignments: str = "") -> str:
    """`alignments` has an `r` for each column whose cells end at the right."""
    rule = ["--:" if sign == "r" else "---" for sign in alignments.ljust(len(head))]
    lines = [head, rule, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def join_parts(*parts: str) -> str:
    """Paragraphs, without the empty ones."""
    return "\n\n".join(part for part in parts if part)

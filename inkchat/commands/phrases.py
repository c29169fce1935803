"""What several pages say in the same words."""

from collections.abc import Iterable, Sequence

from inkchat.conversations import escape_line
from inkchat.store import ConversationState, Store, UnknownConversation
from inkchat.store.database import read_time

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
    """A stored time on this machine’s clock, to the minute; a dash where there is none."""
    moment = read_time(stored)
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else "–"


def write_day(stored: str | None) -> str:
    return write_moment(stored)[:10]


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


def write_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def join_parts(*parts: str) -> str:
    """Paragraphs, without the empty ones."""
    return "\n\n".join(part for part in parts if part)

"""A conversation as it is told to others, where it is at home, and what cannot be done with it."""

from dataclasses import dataclass, field
from typing import Any

from inkchat.errors import ExitCode, InkchatError

ACTIVE = "active"
ENDED = "ended"
COMMAND = "command"
"""Outcome of an exchange in which inkchat itself did what the note said."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One note and its reply; the first nine fields are those of the plain schema."""

    exchange_id: str
    sequence_number: int
    input_file: str
    input_type: str
    response_text: str
    processing_time: float
    """Seconds."""
    tokens_used: int
    created_at: str
    metadata: dict[str, Any] = field(default_factory=dict)
    outcome: str = "answered"
    """`answered`, `failed`, or `command` where inkchat itself did what the note said."""
    title: str = ""
    transcript: str = ""
    language: str = ""
    provider: str = ""
    model: str = ""
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    """None where no price is known."""
    cache_written_tokens: int | None = None
    first_token_seconds: float | None = None
    author: str = ""
    """Who wrote the note; empty where nobody else than the conversation's user is known."""


@dataclass(frozen=True, slots=True)
class ConversationState:
    """A conversation with all its exchanges, in order."""

    conversation_id: str
    user_id: str | None
    created_at: str
    last_activity: str
    total_exchanges: int
    status: str
    exchanges: list[Exchange]
    context_summary: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    watch: str = ""
    thread: str = ""
    summary_covers: int = 0
    """Number of the last exchange that `context_summary` tells of."""
    code: str = ""
    """Short code: 6 characters, unambiguous by hand."""
    provider: str = ""
    """Display name of who answers in it; empty means: as configured."""
    model: str = ""
    """Asked in the place of the provider's configured one; empty means: that one."""
    system_prompt: str = ""
    """In the place of the provider's configured one; empty means: that one."""
    document: str = ""
    section: str = ""
    ended_at: str | None = None
    end_reason: str = ""
    """One of `EndReason`; empty while it is active."""
    follows: str = ""
    """Id of the conversation in whose place it was begun."""

    @property
    def participants(self) -> tuple[str, ...]:
        """Who wrote in it, in the order in which they first did."""
        known = (exchange.author or self.user_id or "" for exchange in self.exchanges)
        return tuple(dict.fromkeys(name for name in known if name))


@dataclass(frozen=True, slots=True)
class Home:
    """What a conversation belongs to: what arrives there goes on in it."""

    user_id: str | None
    watch: str = ""
    thread: str = ""
    """Folder below the inbox."""
    document: str = ""
    section: str = ""


class UnknownConversation(InkchatError, ValueError):
    """No conversation has this id or code, or several may be meant; `nearest` are such ids."""

    title = "The conversation is not known"
    exit_code = ExitCode.USAGE

    def __init__(
        self, given: str, nearest: tuple[str, ...] = (), *, is_ambiguous: bool = False
    ) -> None:
        """`is_ambiguous`: what was given is a part of each of the `nearest`."""
        what_happened = f"Conversation {given} not found."
        next_step = "`inkchat list` shows the conversations there are."
        if is_ambiguous:
            what_happened = (
                f"Several conversations have “{given}” in their id: {', '.join(nearest)}."
            )
            next_step = "Give one of them whole, or its short code."
        elif nearest:
            next_step = f"Did you mean {' or '.join(nearest)}?"
        elif not given.strip():
            what_happened = "No conversation is named: its id is empty."
        super().__init__(what_happened, next_step)
        self.nearest = nearest


class ConversationFull(InkchatError, ValueError):
    """It has as many exchanges as the configuration allows."""

    title = "The conversation is full"
    exit_code = ExitCode.USAGE

    def __init__(self, code: str, most: int) -> None:
        super().__init__(
            f"Conversation {code} has {most} {'exchange' if most == 1 else 'exchanges'}, the most "
            "that `max_exchanges` allows.",
            BEGIN_ANEW,
        )


BEGIN_ANEW = (
    "To begin a new one, save an empty note with the name “new session” into the same folder, or "
    "any note outside of it."
)

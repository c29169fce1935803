"""A note that asks something of inkchat itself."""

from dataclasses import dataclass
from enum import StrEnum


class CommandKind(StrEnum):
    """What a note may ask of inkchat itself, by the words it is written with."""

    HELP = "help"
    SESSION_INFO = "session info"
    CLEAR_SESSION = "clear session"
    NEW_SESSION = "new session"
    END_SESSION = "end session"
    ALL_SESSIONS = "all sessions"
    SUMMARY = "summary"
    SEARCH = "search"
    PROVIDER = "provider"
    CONTINUE = "continue"
    USAGE = "usage"

    @property
    def waits_its_turn(self) -> bool:
        """Whether it would change what is done with notes that came before it."""
        return self in (CommandKind.CLEAR_SESSION, CommandKind.PROVIDER)

    @property
    def changes_something(self) -> bool:
        """Whether carrying it out twice is not the same as once, or comes too late."""
        return self in _CHANGING


_CHANGING = frozenset(
    {
        CommandKind.CLEAR_SESSION,
        CommandKind.NEW_SESSION,
        CommandKind.END_SESSION,
        CommandKind.PROVIDER,
        CommandKind.CONTINUE,
    }
)


@dataclass(frozen=True, slots=True)
class Command:
    """A note that is only a command."""

    kind: CommandKind
    argument: str = ""
    """What stands after the word: what to search for, whom to ask, which conversation."""

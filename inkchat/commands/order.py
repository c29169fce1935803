"""A command on its way, and what came of it."""

from dataclasses import dataclass, field
from typing import Any

from inkchat.config import Settings
from inkchat.domain import Command, Drop, Watch


@dataclass(frozen=True, slots=True)
class Order:
    """A command, whose it is, and which conversation it is about."""

    command: Command
    drop: Drop
    watch: Watch
    settings: Settings
    conversation_id: str

    @property
    def is_admins(self) -> bool:
        return self.watch.user in self.settings.admins


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the page says of a command that was carried out."""

    title: str
    answer: str
    """Markdown of ours; what others wrote is escaped in it."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """Is kept with the exchange; `command` is always there."""


def note_command(command: Command) -> dict[str, Any]:
    """As it is kept with the exchange."""
    kept = {"command": command.kind.value}
    return {**kept, "argument": str(command.argument)} if command.argument else kept

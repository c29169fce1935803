"""An inbox that is watched, and what belongs to it."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from inkchat.domain.device import Device


class ConversationPer(StrEnum):
    """What a file that comes back under its name has a conversation for."""

    DOCUMENT = "document"
    PAGE = "page"


def _fold(name: str) -> str:
    """As names are compared: macOS writes an accent as a sign of its own."""
    return unicodedata.normalize("NFC", name).casefold()


@dataclass(frozen=True, slots=True)
class Watch:
    """One inbox, its outbox, and who and what stands behind it."""

    name: str
    """Identifies the watch in the ledger, also when its folder is moved."""
    inbox: Path
    outbox: Path
    user: str
    device: Device
    """Its tablet, as the configuration has it set up."""
    provider: str = ""
    """Display name of who answers here; empty means: whoever is active."""
    conversation_timeout_seconds: float | None = None
    """After so long without a note, the next one in a thread begins a conversation anew."""
    conversation_per: ConversationPer = ConversationPer.DOCUMENT
    recall: bool = False
    """Whether a model is told what fits of the user's other conversations."""
    participants: tuple[str, ...] = ()
    """People who write here: a subfolder of a thread that bears such a name is theirs."""

    def split_thread(self, folder: str) -> tuple[str, str]:
        """The thread that a folder below the inbox belongs to, and whose subfolder it is.

        The name is empty where it is nobody's in particular.
        """
        named = {_fold(name): name for name in self.participants}
        whose = ""
        thread, _, last = folder.rpartition("/")
        while thread and _fold(last) in named:
            folder, whose = thread, whose or named[_fold(last)]
            thread, _, last = folder.rpartition("/")
        return folder, whose

"""What inkchat keeps: a SQLite file that a person can open and understand.

`Store` opens it once for everybody; `SessionManager` is its public face.
"""

from pathlib import Path

from inkchat.store.arrivals import Arrival, Arrivals, Received
from inkchat.store.database import Database
from inkchat.store.kept_replies import KeptReplies
from inkchat.store.ledger import Ledger, Tries
from inkchat.store.locks import SERVICE, Locks
from inkchat.store.outgoing import Content, Envelope, Outgoing, OutgoingResponses, WriteContent
from inkchat.store.sessions import (
    ConversationState,
    Exchange,
    SessionManager,
    UnknownConversation,
)
from inkchat.store.troubles import Trouble, Troubles

__all__ = [
    "SERVICE",
    "Arrival",
    "Content",
    "ConversationState",
    "Envelope",
    "Exchange",
    "Outgoing",
    "Received",
    "SessionManager",
    "Store",
    "Tries",
    "Trouble",
    "UnknownConversation",
    "WriteContent",
]


class Store:
    """The open database and the locks beside it."""

    def __init__(self, database: Path, private_folder: Path) -> None:
        """Raises StoreError."""
        self.private_folder = private_folder
        self._database = Database(database)
        self.sessions = SessionManager.sharing(self._database)
        self.arrivals = Arrivals(self._database)
        self.ledger = Ledger(self._database)
        self.outgoing = OutgoingResponses(self._database)
        self.troubles = Troubles(self._database)
        self.kept_replies = KeptReplies(private_folder / "replies")
        self.locks = Locks(private_folder / f"{database.name}.locks")

    def close(self) -> None:
        self.locks.close()
        self._database.close()

"""What inkchat keeps: a SQLite file that a person can open and understand.

`Store` opens it once for everybody; `SessionManager` is its public face.
"""

from pathlib import Path

from inkchat.errors import StoreError
from inkchat.store.arrivals import Arrival, Arrivals, Received
from inkchat.store.attachments import Attachment, Attachments
from inkchat.store.backups import Backups
from inkchat.store.budgets import Period, Spending, Spent
from inkchat.store.calibrations import Calibrations
from inkchat.store.call_rows import PlannedCall, Purpose
from inkchat.store.calls import Calls
from inkchat.store.content import Content
from inkchat.store.conversation import (
    BEGIN_ANEW,
    ConversationFull,
    ConversationState,
    Exchange,
    Home,
    UnknownConversation,
)
from inkchat.store.database import Database
from inkchat.store.documents import Documents
from inkchat.store.endings import EndReason
from inkchat.store.holds import Tries
from inkchat.store.imports import Imports
from inkchat.store.kept_replies import KeptReplies
from inkchat.store.ledger import Answered, Ledger
from inkchat.store.locks import SERVICE, Locks
from inkchat.store.outgoing import Envelope, Outgoing, OutgoingResponses, WriteContent
from inkchat.store.pauses import Pause, Pauses
from inkchat.store.purge_questions import Doomed
from inkchat.store.purges import Purges
from inkchat.store.recollections import Recollection, Recollections, Remembered
from inkchat.store.replacing import finish_replacing
from inkchat.store.search import Hit, Search
from inkchat.store.sessions import SessionManager
from inkchat.store.troubles import Trouble, Troubles
from inkchat.store.usage import Grouping, UsageRow

__all__ = [
    "BEGIN_ANEW",
    "SERVICE",
    "Answered",
    "Arrival",
    "Attachment",
    "Content",
    "ConversationFull",
    "ConversationState",
    "Doomed",
    "EndReason",
    "Envelope",
    "Exchange",
    "Grouping",
    "Hit",
    "Home",
    "Outgoing",
    "Pause",
    "Period",
    "PlannedCall",
    "Purpose",
    "Received",
    "Recollection",
    "Remembered",
    "SessionManager",
    "Spending",
    "Spent",
    "Store",
    "Tries",
    "Trouble",
    "UnknownConversation",
    "UsageRow",
    "WriteContent",
]


class Store:
    """The open database and the locks beside it."""

    def __init__(self, database: Path, private_folder: Path) -> None:
        """Raises StoreError."""
        finish_replacing(database, private_folder)
        _refuse_emptied(database, private_folder)
        self.private_folder = private_folder
        self._database = Database(database)
        self.sessions = SessionManager.sharing(self._database)
        self.arrivals = Arrivals(self._database)
        self.documents = Documents(self._database)
        self.attachments = Attachments(self._database, private_folder)
        self.imports = Imports(self._database)
        self.ledger = Ledger(self._database)
        self.outgoing = OutgoingResponses(self._database)
        self.troubles = Troubles(self._database)
        self.calls = Calls(self._database)
        self.calibrations = Calibrations(self._database)
        self.pauses = Pauses(self._database)
        self.search = Search(self._database)
        self.recollections = Recollections(self._database)
        self.purges = Purges(self._database)
        self.backups = Backups(self._database)
        self.kept_replies = KeptReplies(private_folder / "replies")
        self.locks = Locks(private_folder / f"{database.name}.locks")

    def close(self) -> None:
        self.locks.close()
        self._database.close()


def _refuse_emptied(database: Path, private_folder: Path) -> None:
    """SQLite takes a file without a byte for a new database, whatever was in it."""
    try:
        is_empty = database.stat().st_size == 0
    except OSError:
        return
    if is_empty and any(private_folder.glob("drops/??/*")):
        raise StoreError(
            f"The database {database} is empty, although notes were kept in it.",
            "Restore a backup with `inkchat restore FILE --replace`; to begin anew, move the "
            "empty file away.",
        )

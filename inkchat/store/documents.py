"""Which pages of a document were answered before, by what is on them."""

from collections.abc import Sequence

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from inkchat.domain import Drop, Page
from inkchat.store.database import Database
from inkchat.store.tables import document_pages

_c = document_pages.c


class Documents:
    """The table `document_pages`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_known_fingerprints(self, drop: Drop) -> frozenset[str]:
        """Of pages of the drop's document that other drops brought and a model has answered.

        In whatever conversation: a new one about the document is not paid for from its beginning.
        """
        statement = select(_c.fingerprint).where(
            _c.watch == drop.watch,
            _c.thread == drop.thread,
            _c.document == drop.document,
            _c.drop_id != drop.id,
        )
        with self._database.read() as connection:
            return frozenset(connection.execute(statement).scalars())


def note_pages(connection: Connection, drop: Drop, pages: Sequence[Page]) -> None:
    """They are answered: when the document comes back, only what is new is asked about."""
    if not drop.document or not pages:
        return
    connection.execute(
        upsert(document_pages).on_conflict_do_nothing(),
        [
            {
                "conversation_id": drop.conversation_id,
                "fingerprint": page.fingerprint,
                "watch": drop.watch,
                "thread": drop.thread,
                "document": drop.document,
                "number": page.number,
                "drop_id": drop.id,
            }
            for page in pages
        ],
    )

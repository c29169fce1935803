"""The room that removed rows took in the database: given back, with nothing left in it."""

import sqlite3
import time
from contextlib import suppress

from inkchat.store.database import BREATH_SECONDS, Database

PATIENCE_SECONDS = 5.0
"""With others who use the file, before making it smaller is given up."""
OVERWRITTEN_AT_ONCE = 500
"""Pages in one transaction."""
WORTH_COMPACTING = 0.1
"""Share of empty pages from which on the file is worth being written anew."""


def compact(database: Database, *, always: bool) -> str:
    """Give back the room that removed rows took; what kept it from that, as a sentence.

    Empty if nothing did. Without `always` the file is written anew only where more than
    `WORTH_COMPACTING` of it is empty; else its empty pages are overwritten. Either way
    nothing is left in it of what was removed.
    """
    try:
        with database.alone(PATIENCE_SECONDS) as alone:
            # What `_overwrite_empty` lets go is empty already.
            alone.execute("PRAGMA secure_delete = OFF")
            pages, empty = (
                alone.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count")
            )
            if always or empty > pages * WORTH_COMPACTING:
                alone.execute("VACUUM")
            else:
                _overwrite_empty(alone)
            is_hindered = alone.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.Error as error:
        return f"The database could not be made smaller: {error}."
    if is_hindered:
        return "The database could not be made smaller: another program is reading it."
    return ""


def fold_log(database: Database) -> None:
    """Into the file of the database, if nobody reads it just now."""
    with suppress(sqlite3.Error), database.alone(PATIENCE_SECONDS) as alone:
        alone.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _overwrite_empty(alone: sqlite3.Connection) -> None:
    """Pages that were given back unwritten: taken with zeros in them, and let go.

    The last time there may be fewer than are taken, and the file grows by a few.
    """
    alone.execute(_EMPTY_ROOM)
    (page_bytes,) = alone.execute("PRAGMA page_size").fetchone()
    (empty,) = alone.execute("PRAGMA freelist_count").fetchone()
    for number in range(empty // OVERWRITTEN_AT_ONCE + 1):
        (left,) = alone.execute("PRAGMA freelist_count").fetchone()
        pages = min(left, OVERWRITTEN_AT_ONCE) + 1
        alone.execute(_FILL_ROOM, (str(number), pages * page_bytes))
        time.sleep(BREATH_SECONDS)
    alone.execute(_EMPTY_ROOM)


_FILL_ROOM = "INSERT INTO purge_marks (kind, subject, room) VALUES ('room', ?, zeroblob(?))"
_EMPTY_ROOM = "DELETE FROM purge_marks WHERE kind = 'room'"

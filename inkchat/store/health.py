"""Whether a database file is sound and can be written, without changing what is in it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

_PATIENCE_SECONDS = 5.0
_FAULTS_TOLD = 3


def find_faults(database: Path) -> list[str]:
    """In SQLite's words, the first few; none for a sound file, or for one that is not there.

    Reads the whole file once.
    """
    if not database.exists():
        return []
    try:
        with closing(
            sqlite3.connect(
                f"file:{quote(str(database))}?mode=rw",
                uri=True,
                timeout=_PATIENCE_SECONDS,
                isolation_level=None,
            )
        ) as connection:
            rows = connection.execute(f"PRAGMA quick_check({_FAULTS_TOLD})").fetchall()
            # Takes the lock of a writer, and gives it back.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        return [str(error)]
    return [str(row[0]) for row in rows if row[0] != "ok"]

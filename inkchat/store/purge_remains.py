"""What purges leave behind: copies that nothing names any more, and words in the file."""

import time
from collections.abc import Callable, Collection

from inkchat.store.compaction import compact, fold_log
from inkchat.store.database import BREATH_SECONDS, Database
from inkchat.store.purge_marks import COPY, WORDS, list_marks, remove_marks
from inkchat.store.purged_drops import in_chunks, select_named

COPIES_AT_ONCE = 500
INDEX_PAGES_AT_ONCE = 500
MOST_STEPS_BESIDES = 20
"""Of merging, beyond what the size of the index explains."""


class PurgeRemains:
    """Does what purges have written down as still to be done; a part of `Purges`."""

    _database: Database

    def discard_copies(
        self, strays: Collection[str], discard: Callable[[str], int | None]
    ) -> tuple[int, int]:
        """Give to `discard` each hash that nothing names, of `strays` and of purges until now.

        It returns the bytes that it removed, or None if it could not; then it is given it
        again by the next purge. Returns how many it removed, and bytes. Meanwhile no row comes
        to name one: the lock is held that it needs.
        """
        with self._database.read() as connection:
            hashes = sorted({*strays, *list_marks(connection, COPY)})
        sizes: list[int] = []
        for some in in_chunks(hashes, COPIES_AT_ONCE):
            with self._database.write(erasing=True) as connection:
                named: set[str] = set()
                for statement in select_named(some):
                    named.update(row.content_hash for row in connection.execute(statement))
                freed = {each: discard(each) for each in some if each not in named}
                done = [each for each in some if each in named or freed[each] is not None]
                remove_marks(connection, COPY, done)
            sizes += [size for size in freed.values() if size]
            time.sleep(BREATH_SECONDS)
        return len(sizes), sum(sizes)

    def erase_words(self, *, always_compact: bool, is_stopping: Callable[[], bool]) -> str:
        """Leave no removed word in the file; what kept it from that, or nothing, as a sentence.

        Does nothing where no purge has left it to do. Without `always_compact` the file is made
        small only where more than a tenth of it is empty.
        """
        with self._database.read() as connection:
            marks = list_marks(connection, WORDS)
        if not marks or is_stopping():
            return ""
        self.merge_words()
        if is_stopping():
            return ""
        remark = compact(self._database, always=always_compact)
        if not remark:
            with self._database.write() as connection:
                remove_marks(connection, WORDS, marks)
            fold_log(self._database)
        return remark

    def merge_words(self) -> None:
        """Leave no removed word in the indexes of `search`; in many short transactions."""
        with self._database.read() as connection:
            tables = connection.exec_driver_sql(_FIND_INDEXES).scalars().all()
            sizes = {
                table: connection.exec_driver_sql(
                    f'SELECT count(*) FROM "{table}_data"'  # noqa: S608
                ).scalar_one()
                for table in tables
            }
        for table, pages in sizes.items():
            # The first lines up all segments, the others go on with what it began; what is
            # written meanwhile may go on for ever, and holds nothing that was removed.
            steps = 0
            while self._merge(table, INDEX_PAGES_AT_ONCE if steps else -INDEX_PAGES_AT_ONCE):
                steps += 1
                if steps > MOST_STEPS_BESIDES + 4 * pages / INDEX_PAGES_AT_ONCE:
                    break
                time.sleep(BREATH_SECONDS)

    def _merge(self, table: str, pages: int) -> bool:
        with self._database.write(erasing=True) as connection:
            before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
            connection.exec_driver_sql(
                f'INSERT INTO "{table}" ("{table}", rank) VALUES (\'merge\', {pages})'  # noqa: S608
            )
            after = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
        # One change is the command itself.
        return bool(after - before >= 2)


_FIND_INDEXES = "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'"

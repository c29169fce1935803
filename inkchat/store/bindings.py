"""Which conversation a drop is bound to, and whom it asks for."""

from datetime import timedelta

from sqlalchemy import Connection, or_, update

from inkchat.domain import Drop, DropState
from inkchat.store.conversation import Home
from inkchat.store.conversation_rows import forget_if_empty, is_there
from inkchat.store.database import Database
from inkchat.store.drop_rows import UNFINISHED, change_drop, get_drop
from inkchat.store.homes import begin_at, find_home, find_or_begin, link_thread, reopen
from inkchat.store.tables import calls, drops
from inkchat.store.values import write_time

SAME_MOMENT = timedelta(seconds=1)


class Bindings:
    """Changes what `drops` says of a drop's place; a part of `Ledger`."""

    _database: Database

    def route(
        self,
        drop: Drop,
        conversation_id: str | None,
        home: Home,
        idle_seconds: float | None = None,
        *,
        link: bool = False,
        take_up: bool = True,
        is_placed: bool = False,
    ) -> Drop:
        """Bind a drop to a conversation, or to the one at `home`, which is begun if need be.

        One that had ended goes on. One that was begun for this drop alone, before it was known
        where it belongs, is taken back. With `link` the thread of `home` goes on there too.
        Without `take_up` an ended one stays so. `is_placed` is for good: the drop is not moved
        by its own words again.
        """
        with self._database.write() as connection:
            # It may have been purged since it was found.
            if conversation_id is None or not is_there(connection, conversation_id):
                conversation_id = find_or_begin(connection, home, idle_seconds)
            elif take_up:
                reopen(connection, conversation_id)
            if link and home.thread and find_home(connection, home) != conversation_id:
                link_thread(connection, home, conversation_id)
            move_drop(connection, drop, conversation_id, is_placed=is_placed)
            return get_drop(connection, drop.id)

    def begin_anew(self, drop: Drop, home: Home, before: str | None = None) -> Drop:
        """Bind a drop, for good, to a new conversation at `home`; the one before ends.

        What came after it, and was not asked about yet, belongs to the new one too.
        """
        with self._database.write() as connection:
            conversation_id = begin_at(connection, home, before)
            if home.thread and drop.conversation_id is not None:
                c = drops.c
                connection.execute(
                    update(drops)
                    .where(
                        c.conversation_id == drop.conversation_id,
                        c.id > drop.id,
                        c.watch == drop.watch,
                        or_(
                            c.thread == home.thread,
                            c.thread.startswith(f"{home.thread}/", autoescape=True),
                        ),
                        c.state.in_((DropState.RECEIVED, DropState.WAITING)),
                        c.calls == 0,
                    )
                    .values(conversation_id=conversation_id)
                )
            move_drop(connection, drop, conversation_id, is_placed=True)
            return get_drop(connection, drop.id)

    def take_for_note(self, drop: Drop) -> Drop:
        """It was looked at and is no command: it has its turn after the notes before it."""
        if not drop.may_be_command:
            return drop
        with self._database.write() as connection:
            change_drop(connection, drop.id, UNFINISHED, may_be_command=0)
            return get_drop(connection, drop.id)

    def name_provider(self, drop: Drop, provider_name: str) -> Drop:
        """The note itself says who is to answer it."""
        with self._database.write() as connection:
            change_drop(connection, drop.id, UNFINISHED, asked_provider=provider_name)
            return get_drop(connection, drop.id)


def move_drop(
    connection: Connection, drop: Drop, conversation_id: str, *, is_placed: bool = False
) -> None:
    """`is_placed`: it is not moved by its own words again."""
    change_drop(
        connection,
        drop.id,
        UNFINISHED,
        conversation_id=conversation_id,
        is_placed=int(is_placed or drop.is_placed),
    )
    if drop.conversation_id is not None and drop.conversation_id != conversation_id:
        # What it took to read the note is counted where the note ends up.
        connection.execute(
            update(calls)
            .where(calls.c.drop_id == drop.id, calls.c.conversation_id == drop.conversation_id)
            .values(conversation_id=conversation_id)
        )
        # Begun in the same transaction as the drop, and so a little before it.
        begun_after = write_time(drop.received_at - SAME_MOMENT)
        forget_if_empty(connection, drop.conversation_id, begun_after)

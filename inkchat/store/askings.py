"""Drops that are being asked about: from before their calls until an answer, or none, came."""

from datetime import UTC, datetime

from sqlalchemy import Connection

from inkchat.config import Budget
from inkchat.domain import Drop, DropState, Reply, Usage
from inkchat.store.bindings import move_drop
from inkchat.store.call_rows import (
    PlannedCall,
    Purpose,
    find_open_call,
    finish_call,
    forget_call_of_drop,
    lose_call_of_drop,
    reserve_call,
)
from inkchat.store.conversation import Home
from inkchat.store.conversation_rows import is_there
from inkchat.store.database import Database
from inkchat.store.drop_rows import change_drop, get_drop
from inkchat.store.homes import find_home, link_thread, reopen
from inkchat.store.tables import drops

NO_BUDGET = Budget()
"""Nothing is limited."""
NO_USAGE = Usage()
"""Nobody said what was used."""


class Askings:
    """Changes a drop together with its calls, as long as it has no answer; a part of `Ledger`."""

    _database: Database

    def count_cut(self, drop: Drop) -> Drop:
        """A drop was found `asking`: its call was cut off, and may have been paid for."""
        with self._database.write() as connection:
            lose_call_of_drop(connection, drop.id)
            change_drop(
                connection,
                drop.id,
                (DropState.ASKING,),
                state=DropState.RECEIVED,
                cuts=drop.cuts + 1,
            )
            return get_drop(connection, drop.id)

    def begin_asking(
        self, drop: Drop, planned: PlannedCall | None = None, budget: Budget = NO_BUDGET
    ) -> Drop:
        """Before bytes leave for a provider: the call is reserved, if it is one that costs.

        Also for a further call of a drop that is being asked about. Raises BudgetReached, and
        then nothing has changed.
        """
        with self._database.write() as connection:
            taken = change_drop(
                connection,
                drop.id,
                (DropState.RECEIVED, DropState.WAITING, DropState.ASKING),
                state=DropState.ASKING,
                calls=drops.c.calls + 1,
                not_before=None,
            )
            if planned is not None:
                if not taken:
                    raise RuntimeError(f"drop {drop.id} is not to be asked about any more")
                reserve_call(connection, planned, budget, datetime.now(UTC))
            return get_drop(connection, drop.id)

    def begin_repair(self, drop: Drop) -> Drop:
        """The model is about to be told what was wrong with its answer."""
        with self._database.write() as connection:
            change_drop(
                connection,
                drop.id,
                (DropState.RECEIVED, DropState.WAITING, DropState.ASKING),
                repairs=drops.c.repairs + 1,
            )
            return get_drop(connection, drop.id)

    def give_back(self, drop: Drop) -> Drop:
        """The call was refused before any work: nothing is paid, and the drop may be asked anew."""
        with self._database.write() as connection:
            forget_call_of_drop(connection, drop.id)
            change_drop(connection, drop.id, (DropState.ASKING,), state=DropState.RECEIVED)
            return get_drop(connection, drop.id)

    def lose_call(self, drop: Drop, usage: Usage = NO_USAGE, cost_usd: float | None = None) -> None:
        """The call left nothing that can be used, and was paid: `usage`, if it was told."""
        with self._database.write() as connection:
            call_id = find_open_call(connection, drop.id)
            if call_id is not None and usage.total_tokens > 0:
                finish_call(
                    connection,
                    call_id,
                    usage,
                    cost_usd,
                    first_token_seconds=None,
                    request_id="",
                )
            lose_call_of_drop(connection, drop.id)

    def hand_over(
        self,
        drop: Drop,
        reply: Reply,
        *,
        provider_name: str = "",
        conversation_id: str = "",
        home: Home | None = None,
    ) -> Drop:
        """The note was read, in `reply`, and names another provider or another conversation.

        It is to be asked about anew. `home` is given with a conversation: if it is a thread, that
        goes on there too.
        """
        with self._database.write() as connection:
            call_id = find_open_call(connection, drop.id)
            if call_id is not None:
                finish_call(
                    connection,
                    call_id,
                    reply.usage,
                    reply.cost_usd,
                    first_token_seconds=reply.first_token_seconds,
                    request_id=reply.request_id,
                    purpose=Purpose.HAND_OVER,
                )
            change_drop(
                connection,
                drop.id,
                (DropState.ASKING,),
                state=DropState.RECEIVED,
                asked_provider=provider_name or drop.asked_provider,
            )
            if home is not None:
                _go_on_in(connection, drop, conversation_id, home)
            return get_drop(connection, drop.id)


def _go_on_in(connection: Connection, drop: Drop, conversation_id: str, home: Home) -> None:
    # It may have been purged since it was found.
    if not is_there(connection, conversation_id):
        return
    reopen(connection, conversation_id)
    if home.thread and find_home(connection, home) != conversation_id:
        link_thread(connection, home, conversation_id)
    move_drop(connection, drop, conversation_id, is_placed=True)

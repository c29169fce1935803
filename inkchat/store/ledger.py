"""The ledger of drops: how far each has come, and what is due.

Each method that changes something is one arrow of the state diagram and one durable transaction.
An arrow is only taken from the states it may start in, so that a method called twice, or by two
processes, does its work once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    exists,
    func,
    select,
    update,
)

from inkchat.config import Budget
from inkchat.domain import Drop, DropState, NoteKind, Page, Reply, Usage
from inkchat.errors import BudgetReached, InkchatError
from inkchat.store.calls import (
    PlannedCall,
    Purpose,
    find_open_call,
    finish_call,
    forget_call_of_drop,
    lose_call_of_drop,
    reserve_call,
    settle_call_of_drop,
)
from inkchat.store.conversation_rows import (
    COMMAND,
    Home,
    forget_if_empty,
    insert_exchange,
    is_there,
)
from inkchat.store.database import make_storable, write_time
from inkchat.store.documents import note_pages
from inkchat.store.drop_rows import (
    UNFINISHED,
    change_drop,
    get_drop,
    is_held,
    is_unfinished,
)
from inkchat.store.homes import begin_at, find_home, find_or_begin, link_thread, reopen
from inkchat.store.outgoing import (
    Envelope,
    WriteContent,
    insert_notice,
    insert_response,
    mark_delivered,
)
from inkchat.store.pauses import end_pauses_before
from inkchat.store.questions import Questions, is_answered_offline
from inkchat.store.tables import conversations, drops, exchanges
from inkchat.store.troubles import end_troubles

NO_BUDGET = Budget()
"""Nothing is limited."""
NO_USAGE = Usage()
"""Nobody said what was used."""

SAME_MOMENT = timedelta(seconds=1)

LARGEST_INTEGER = 2**63 - 1
"""That SQLite keeps; a server may claim any number of tokens."""


@dataclass(frozen=True, slots=True)
class Tries:
    """How often in a row a drop failed in one way, and since when."""

    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """What is recorded of a note that was answered."""

    kind: NoteKind
    reply: Reply
    processing_seconds: float = 0.0
    author: str = ""
    """Who wrote the note, where it is somebody else than the watch's user."""
    pages: tuple[Page, ...] = ()
    """The pages of a document that are known from now on."""
    is_command: bool = False
    """It was carried out by inkchat, and is not remembered as something said."""
    is_repeatable: bool = False
    """The same file, saved again later, is to be carried out again."""
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Ledger(Questions):
    """The table `drops`, and what is committed together with a change of it."""

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

    def route(
        self,
        drop: Drop,
        conversation_id: str | None,
        home: Home,
        idle_seconds: float | None = None,
        *,
        link: bool = False,
    ) -> Drop:
        """Bind a drop to a conversation, or to the one at `home`, which is begun if need be.

        One that had ended goes on. One that was begun for this drop alone, before it was known
        where it belongs, is taken back. With `link` the thread of `home` goes on there too.
        """
        with self._database.write() as connection:
            # It may have been purged since it was found.
            if conversation_id is None or not is_there(connection, conversation_id):
                conversation_id = find_or_begin(connection, home, idle_seconds)
            else:
                reopen(connection, conversation_id)
            if link and home.thread and find_home(connection, home) != conversation_id:
                link_thread(connection, home, conversation_id)
            self._move(connection, drop, conversation_id)
            return get_drop(connection, drop.id)

    def begin_anew(self, drop: Drop, home: Home) -> Drop:
        """Bind a drop to a new conversation at `home`; the one before ends.

        What came after it, and was not asked about yet, belongs to the new one too.
        """
        with self._database.write() as connection:
            conversation_id = begin_at(connection, home)
            if home.thread and drop.conversation_id is not None:
                c = drops.c
                connection.execute(
                    update(drops)
                    .where(
                        c.conversation_id == drop.conversation_id,
                        c.id > drop.id,
                        c.watch == drop.watch,
                        c.thread == drop.thread,
                        c.state.in_((DropState.RECEIVED, DropState.WAITING)),
                        c.calls == 0,
                    )
                    .values(conversation_id=conversation_id)
                )
            self._move(connection, drop, conversation_id)
            return get_drop(connection, drop.id)

    def _move(self, connection: Connection, drop: Drop, conversation_id: str) -> None:
        change_drop(connection, drop.id, UNFINISHED, conversation_id=conversation_id)
        if drop.conversation_id is not None and drop.conversation_id != conversation_id:
            # Begun in the same transaction as the drop, and so a little before it.
            begun_after = write_time(drop.received_at - SAME_MOMENT)
            forget_if_empty(connection, drop.conversation_id, begun_after)

    def take_for_note(self, drop: Drop) -> Drop:
        """It was looked at and is no command: it has its turn after the notes before it."""
        if not drop.may_be_command:
            return drop
        with self._database.write() as connection:
            change_drop(connection, drop.id, UNFINISHED, may_be_command=0)
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

    def name_provider(self, drop: Drop, provider_name: str) -> Drop:
        """The note itself says who is to answer it."""
        with self._database.write() as connection:
            change_drop(connection, drop.id, UNFINISHED, asked_provider=provider_name)
            return get_drop(connection, drop.id)

    def hand_over(
        self, drop: Drop, reply: Reply, *, provider_name: str = "", conversation_id: str = ""
    ) -> Drop:
        """The note was read, in `reply`, and names another provider or another conversation.

        It is to be asked about anew.
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
            if conversation_id and is_there(connection, conversation_id):
                reopen(connection, conversation_id)
                self._move(connection, drop, conversation_id)
            return get_drop(connection, drop.id)

    def answer(
        self, drop: Drop, answered: Answered, envelope: Envelope, write_content: WriteContent
    ) -> Drop:
        """The whole reply, durable before anything is drawn: exchange, title and response."""
        reply = answered.reply
        values = {
            "input_type": answered.kind,
            "response_text": reply.answer,
            "processing_time": answered.processing_seconds,
            "tokens_used": _bound(reply.usage.total_tokens),
            "outcome": COMMAND if answered.is_command else "answered",
            "title": reply.title,
            "transcript": reply.transcript,
            "language": reply.language,
            "provider": reply.provider,
            "model": reply.model,
            "input_tokens": _bound(reply.usage.input_tokens),
            "cached_tokens": _bound(reply.usage.cached_tokens),
            "output_tokens": _bound(reply.usage.output_tokens),
            "request_id": reply.request_id,
            "cache_written_tokens": _bound(reply.usage.cache_written_tokens),
            "cost_usd": reply.cost_usd,
            "first_token_seconds": reply.first_token_seconds,
            "author": answered.author,
            "metadata": json.dumps(
                dict(answered.metadata) | ({"remarks": reply.remarks} if reply.remarks else {})
            ),
        }
        with self._database.write() as connection:
            asked_at = settle_call_of_drop(connection, drop, reply, answered.processing_seconds)
            self._record(connection, drop, values, envelope, write_content)
            if answered.is_repeatable:
                # Never the other way: a message stays one, whatever it said.
                change_drop(connection, drop.id, (DropState.ANSWERED,), is_repeatable=1)
            if not answered.is_command:
                _keep_title(connection, drop, reply)
                note_pages(connection, drop, answered.pages)
            end_troubles(connection, drop.watch, reply.provider)
            if asked_at is not None:
                end_pauses_before(connection, reply.provider, asked_at)
            return get_drop(connection, drop.id)

    def fail(
        self, drop: Drop, error: InkchatError, envelope: Envelope, write_content: WriteContent
    ) -> Drop:
        """The drop will not be answered: an ERROR response takes its number."""
        values = {
            "input_type": drop.suffix.removeprefix(".") or "unknown",
            "response_text": str(error),
            "processing_time": 0.0,
            "tokens_used": 0,
            "outcome": "failed",
            "metadata": json.dumps({"code": error.code, "what_happened": error.what_happened}),
        }
        with self._database.write() as connection:
            lose_call_of_drop(connection, drop.id)
            self._record(connection, drop, values, envelope, write_content)
            change_drop(
                connection,
                drop.id,
                (DropState.ANSWERED,),
                reason=error.what_happened,
                reason_code=error.code,
            )
            return get_drop(connection, drop.id)

    def _record(
        self,
        connection: Connection,
        drop: Drop,
        values: dict[str, Any],
        envelope: Envelope,
        write_content: WriteContent,
    ) -> None:
        assert drop.conversation_id is not None  # noqa: S101  (every drop is routed before)
        _, number = insert_exchange(
            connection,
            drop.conversation_id,
            {**values, "input_file": drop.name, "drop_id": drop.id},
        )
        taken = change_drop(
            connection,
            drop.id,
            (DropState.RECEIVED, DropState.WAITING, DropState.ASKING),
            state=DropState.ANSWERED,
            exchange_number=number,
            attempts=0,
            failing_since=None,
            not_before=None,
            waiting_for="",
            wants_model=0,
            reason="",
            reason_code="",
        )
        if not taken:
            # Undoes the transaction: somebody else has answered this drop already.
            raise RuntimeError(f"drop {drop.id} was answered by somebody else meanwhile")
        insert_response(connection, drop, number, envelope, write_content)

    def wait(
        self,
        drop: Drop,
        until: datetime,
        error: InkchatError,
        tries: Tries,
        provider: str = "",
    ) -> None:
        """Try again at `until`.

        What is answered or held stays so, and only its way out is tried again. `provider` is
        the one that must be mended, if it is that.
        """
        stays = drop.state in (DropState.ANSWERED, DropState.HELD)
        with self._database.write() as connection:
            lose_call_of_drop(connection, drop.id)
            change_drop(
                connection,
                drop.id,
                (*UNFINISHED, DropState.HELD),
                state=drop.state if stays else DropState.WAITING,
                attempts=tries.count,
                failing_since=write_time(tries.since),
                not_before=write_time(until),
                waiting_for=provider,
                reason=error.what_happened,
                reason_code=error.code,
            )

    def hold(
        self,
        drop: Drop,
        error: InkchatError,
        envelope: Envelope,
        write_content: WriteContent,
        until: datetime | None = None,
    ) -> None:
        """Not tried again until a person says so, which a page tells them."""
        with self._database.write() as connection:
            _hold(connection, drop, error, until)
            insert_notice(connection, drop, error, envelope, write_content)

    def hold_for_budget(self, drop: Drop, error: BudgetReached) -> None:
        """Until the budget's period turns or it is raised; the trouble's page tells of it."""
        with self._database.write() as connection:
            _hold(connection, drop, error, error.until, waiting_for="")

    def release_held(self, now: datetime) -> int:
        """Let go what a budget held until now; how many drops."""
        return self._release(drops.c.held_until <= write_time(now))

    def release_budget_holds(self) -> int:
        """Let go all that a budget holds: it may have been raised; how many drops."""
        return self._release(drops.c.held_until.is_not(None))

    def _release(self, condition: ColumnElement[bool]) -> int:
        # Not by the reason: that may be why the page about it could not be delivered.
        which = and_(is_held(), condition)
        with self._database.read() as connection:
            # Asked often, and seldom true: a write would make others wait.
            if not connection.execute(select(exists().where(which))).scalar_one():
                return 0
        with self._database.write() as connection:
            return connection.execute(
                update(drops)
                .where(which)
                .values(
                    state=DropState.RECEIVED,
                    updated_at=write_time(),
                    held_until=None,
                    not_before=None,
                    attempts=0,
                    failing_since=None,
                    waiting_for="",
                    reason="",
                    reason_code="",
                )
            ).rowcount

    def finish(self, drop: Drop, response_id: int, sha256: str, size_bytes: int) -> Drop:
        """Its response lies in the outbox, durable."""
        with self._database.write() as connection:
            exchange = connection.execute(
                select(exchanges.c.outcome, exchanges.c.metadata).where(
                    exchanges.c.conversation_id == drop.conversation_id,
                    exchanges.c.sequence_number == drop.exchange_number,
                    exchanges.c.drop_id == drop.id,
                )
            ).one()
            mark_delivered(connection, response_id, sha256, size_bytes)
            # Not what the row says: that may be why the page could not be delivered at first.
            failure = json.loads(exchange.metadata) if exchange.outcome == "failed" else {}
            change_drop(
                connection,
                drop.id,
                (DropState.ANSWERED,),
                state=DropState.FAILED if failure else DropState.DELIVERED,
                not_before=None,
                attempts=0,
                failing_since=None,
                reason=failure.get("what_happened", ""),
                reason_code=failure.get("code", ""),
            )
            return get_drop(connection, drop.id)

    def retry(self, drop_id: int) -> bool:
        """Begin anew with a drop that failed, is held or waits; False if it is none of these."""
        with self._database.write() as connection:
            return change_drop(
                connection,
                drop_id,
                (DropState.FAILED, DropState.HELD, DropState.WAITING),
                state=DropState.RECEIVED,
                **_ANEW,
            )

    def give_to_model(self, drop_id: int) -> bool:
        """Have a drop that only Offline answered answered by a model; False if it is no such.

        The model's answer becomes a further exchange.
        """
        with self._database.write() as connection:
            is_such = connection.execute(
                select(exists().where(drops.c.id == drop_id, is_answered_offline()))
            ).scalar_one()
            return bool(is_such) and change_drop(
                connection,
                drop_id,
                (DropState.DELIVERED,),
                state=DropState.RECEIVED,
                **{**_ANEW, "wants_model": 1},
            )

    def hurry_waiting(self) -> None:
        """End all pauses: something was changed that may mend what waits, or its way out."""
        with self._database.write() as connection:
            connection.execute(update(drops).where(is_unfinished()).values(not_before=None))


_ANEW: dict[str, Any] = {
    "calls": 0,
    "cuts": 0,
    "attempts": 0,
    "repairs": 0,
    "failing_since": None,
    "not_before": None,
    "held_until": None,
    "waiting_for": "",
    "reason": "",
    "reason_code": "",
}


def _keep_title(connection: Connection, drop: Drop, reply: Reply) -> None:
    """Of the first reply that has one; a person's own stands."""
    connection.execute(
        update(conversations)
        .where(
            conversations.c.conversation_id == drop.conversation_id,
            func.coalesce(conversations.c.title, "") == "",
        )
        .values(title=make_storable(reply.title))
    )


def _hold(
    connection: Connection,
    drop: Drop,
    error: InkchatError,
    until: datetime | None,
    **values: Any,
) -> None:
    lose_call_of_drop(connection, drop.id)
    change_drop(
        connection,
        drop.id,
        UNFINISHED,
        state=DropState.HELD,
        not_before=None,
        held_until=write_time(until) if until else None,
        reason=error.what_happened,
        reason_code=error.code,
        **values,
    )


def _bound(tokens: int) -> int:
    return min(tokens, LARGEST_INTEGER)

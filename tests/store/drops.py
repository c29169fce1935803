"""Drops and what becomes of them, for the tests of the store."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from inkchat.devices import DEVICES
from inkchat.domain import Drop, ErrorResponse, Letterhead, NoteKind, Reply, Response, Watch
from inkchat.store import Answered, Arrival, ConversationState, Envelope, Home, Store, Tries
from inkchat.store.values import write_time

HASHES = [f"{n:064x}" for n in range(40)]
HOME = Home("ada")
ONCE = Tries(1, datetime.now(UTC))
REPLY = Reply("Title", "Read", "Answer", "en", "OpenAI", "m")


def watch(folder: Path, name: str = "inbox") -> Watch:
    return Watch(name, folder / "inbox", folder / "outbox", "ada", DEVICES["remarkable-2"])


def arrive(store: Store, folder: Path, number: int, name: str = "", thread: str = "") -> Drop:
    return store.arrivals.receive(
        Arrival(
            watch=watch(folder),
            thread=thread,
            name=name or f"{number}.pdf",
            suffix=".pdf",
            signature=f"s{number}",
            content_hash=HASHES[number],
            size_bytes=1,
        )
    ).drop


def envelope(folder: Path) -> Envelope:
    return Envelope(folder / "outbox", "remarkable-2", "{prefix}_{conversation_id}_ex{number:03d}")


def write_answer(head: Letterhead) -> Response:
    return Response(head, "Title", "Answer", "Read", "en", "m", ("A remark.",))


def write_error(head: Letterhead) -> ErrorResponse:
    return ErrorResponse(head, "Broken", "It is broken.", "Mend it.", "It waits.")


def answer(store: Store, folder: Path, drop: Drop) -> Drop:
    if drop.conversation_id is None:
        drop = store.ledger.route(drop, None, HOME)
    drop = store.ledger.begin_asking(drop)
    return store.ledger.answer(
        drop, Answered(NoteKind.PDF, REPLY, 1.0), envelope(folder), write_answer
    )


def make_idle(store: Store, conversation_id: str, seconds: float) -> None:
    """As if nothing had been said in it for so long."""
    before = write_time(datetime.now(UTC) - timedelta(seconds=seconds))
    with store._database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE conversations SET last_activity = ? WHERE conversation_id = ?",
            (before, conversation_id),
        )


def get_state(store: Store, conversation_id: str | None) -> ConversationState:
    state = store.sessions.get_conversation(conversation_id or "")
    assert state is not None
    return state


def deliver(store: Store, drop: Drop) -> Drop:
    (outgoing,) = store.outgoing.list_undelivered(drop.id)
    return store.ledger.finish(drop, outgoing.id, "f" * 64, 10)


def due(store: Store, now: datetime | None = None) -> list[int]:
    now = now or datetime.now(UTC)
    return [drop.id for drop in store.ledger.list_due(["inbox"], now, 100)]

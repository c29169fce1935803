"""Conversations with files and pages, made through the store alone."""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from inkchat.domain import Drop, Letterhead, NoteKind, Response, Watch
from inkchat.store import Answered, Arrival, Envelope, Home, Store
from tests.store.drops import REPLY, envelope, watch


@dataclass(frozen=True)
class Household:
    """A store, an inbox that is really there, and notes that went all the way."""

    folder: Path
    store: Store
    _closed: list[Store] = field(default_factory=list)

    def close(self) -> None:
        """Once, however often it is called."""
        if not self._closed:
            self.store.close()
            self._closed.append(self.store)

    @property
    def watch(self) -> Watch:
        return watch(self.folder)

    @property
    def database(self) -> Path:
        return self.store.sessions.db_path

    def copy_of(self, drop: Drop) -> Path:
        content_hash = drop.content_hash or ""
        return self.store.private_folder / "drops" / content_hash[:2] / content_hash

    def save(self, name: str, content: str, thread: str = "") -> Path:
        path = self.watch.inbox / thread / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def receive(self, name: str, content: str, thread: str = "", *, touched: int = 0) -> Drop:
        """As the intake does it: a private copy, then the row."""
        content_hash = hashlib.sha256(content.encode()).hexdigest()
        copy = self.store.private_folder / "drops" / content_hash[:2] / content_hash
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(content)
        arrival = Arrival(
            watch=self.watch,
            thread=thread,
            name=name,
            suffix=".txt",
            signature=f"s{touched}",
            content_hash=content_hash,
            size_bytes=len(content.encode()),
        )
        return self.store.arrivals.receive(arrival).drop

    def begin(self, name: str, content: str, thread: str = "") -> Drop:
        """A note that is received and has its conversation."""
        self.save(name, content, thread)
        drop = self.receive(name, content, thread)
        if drop.conversation_id is None:
            home = Home("ada", "inbox", thread)
            drop = self.store.ledger.route(drop, None, home)
        return drop

    def answer(self, name: str, content: str, said: str = "Because.", thread: str = "") -> Drop:
        """A note that was answered, with its page delivered."""
        drop = self.store.ledger.begin_asking(self.begin(name, content, thread))
        reply = replace(REPLY, title=f"On {said}", transcript=content, answer=said)

        def write(head: Letterhead) -> Response:
            return Response(head, reply.title, said, content, "en", "m", ())

        drop = self.store.ledger.answer(
            drop, Answered(NoteKind.TEXT, reply, 1.0), self.envelope, write
        )
        (outgoing,) = self.store.outgoing.list_undelivered(drop.id)
        sha256 = hashlib.sha256(f"page of {drop.id}".encode()).hexdigest()
        return self.store.ledger.finish(drop, outgoing.id, sha256, 10)

    @property
    def envelope(self) -> Envelope:
        return envelope(self.folder)

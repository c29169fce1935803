"""Two users, one store: notes that were answered, and commands that are carried out."""

from dataclasses import dataclass

from inkchat.commands import Commander, Outcome
from inkchat.config import Settings
from inkchat.domain import (
    Command,
    CommandKind,
    Drop,
    Letterhead,
    NoteKind,
    Reply,
    Response,
    Usage,
    Watch,
)
from inkchat.store import Answered, Arrival, Envelope, Home, Store
from inkchat.store.names import new_exchange_id

TWO_WATCHES = (
    "watch:\n"
    "  - {name: a, user: ada, inbox: inbox, outbox: outbox}\n"
    "  - {name: b, user: bob, inbox: inbox-b, outbox: outbox-b}\n"
)


@dataclass
class Desk:
    """Where notes are answered without a model, and commands are carried out."""

    store: Store
    settings: Settings

    def watch(self, user: str) -> Watch:
        return next(watch for watch in self.settings.watches if watch.user == user)

    def answer(
        self,
        transcript: str,
        answer: str = "Because.",
        *,
        title: str = "Title",
        user: str = "ada",
        thread: str = "physics",
        author: str = "",
        usage: Usage | None = None,
        cost_usd: float | None = None,
        outcome: Outcome | None = None,
    ) -> Drop:
        """A note of this user’s, answered by a model or, with `outcome`, carried out."""
        drop = self.route(user, thread)
        reply = Reply(
            title, transcript, answer, "en", "OpenAI", "m", usage or Usage(), cost_usd=cost_usd
        )
        return self.store.ledger.answer(
            self.store.ledger.begin_asking(drop),
            Answered(
                NoteKind.TEXT,
                reply,
                1.0,
                author=author,
                is_command=outcome is not None,
                metadata=outcome.metadata if outcome else {},
            ),
            Envelope(
                self.watch(user).outbox, "remarkable-2", "{prefix}_{conversation_id}_{number:03d}"
            ),
            lambda head: write_page(head, reply.title, reply.answer),
        )

    def route(self, user: str = "ada", thread: str = "physics") -> Drop:
        watch = self.watch(user)
        unique = new_exchange_id()
        drop = self.store.arrivals.receive(
            Arrival(watch, thread, "note.txt", ".txt", unique, unique, 1)
        ).drop
        return self.store.ledger.route(drop, None, Home(user, watch.name, thread))

    def order(
        self, kind: CommandKind, argument: str = "", *, user: str = "ada", thread: str = "physics"
    ) -> Outcome:
        """Carried out in the thread’s conversation, and not recorded."""
        return self.carry_out(Command(kind, argument), self.route(user, thread), user)

    def carry_out(self, command: Command, drop: Drop, user: str = "ada") -> Outcome:
        commander = Commander(self.store, lambda: self.settings)
        return commander.carry_out(command, drop, self.watch(user))


def write_page(head: Letterhead, title: str, answer: str) -> Response:
    return Response(head, title, answer, "", "en", "inkchat", needs_room=False)

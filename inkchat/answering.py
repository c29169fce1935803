"""From a note in its conversation to what is recorded of it: carried out, or asked about."""

import logging
from collections.abc import Callable
from dataclasses import replace

from inkchat import conversations
from inkchat.asking import Asker, Asking
from inkchat.commands import Commander, say_too_late
from inkchat.config import ProviderName, Settings
from inkchat.domain import Command, Drop, Note, OnText, Reply, Stop, Watch
from inkchat.routing import Routed, Router, find_author
from inkchat.store import BEGIN_ANEW, Answered, ConversationFull, Store

log = logging.getLogger(__name__)

TYPED = Reply(title="", transcript="", answer="", language="", provider="inkchat", model="")
"""A command that no model had to read."""


class Answerer:
    """Gets what a note is to be answered with; safe to use from several threads."""

    def __init__(
        self,
        store: Store,
        read_settings: Callable[[], Settings],
        asker: Asker,
        router: Router,
        pass_point: Callable[[str], None],
    ) -> None:
        self._store = store
        self._read_settings = read_settings
        self._asker = asker
        self._router = router
        self._commander = Commander(store, read_settings)
        self._pass_point = pass_point

    def answer(self, routed: Routed, on_text: OnText) -> Answered:
        """Not recorded yet; the drop may have been moved to another conversation meanwhile.

        Raises ProviderError, ConversationFull, StoreError and ConfigError.
        """
        if routed.command is not None:
            answered = self._carry_out(routed.drop, routed.note, routed.command)
        else:
            reply = self._store.kept_replies.find(routed.drop.id) or self._ask(routed, on_text)
            answered = self._understand(routed, reply)
        reply, drop = answered.reply, self._store.ledger.get(routed.drop.id)
        remarks = (*routed.remarks, *self._say_place(drop, answered), *reply.remarks)
        return replace(answered, reply=replace(reply, remarks=remarks))

    def _ask(self, routed: Routed, on_text: OnText) -> Reply:
        drop, note = routed.drop, routed.note
        self._check_room(drop)
        watch = self._router.find_watch(drop)
        asking = Asking(
            user=watch.user,
            author=_find_author(drop, watch, note),
            participants=watch.participants,
            recall=watch.recall,
            find_called=lambda given: self._router.find_called(given, watch),
            say_unknown=lambda given: self._router.say_unknown(given, watch),
            home=self._router.find_home(drop, watch),
        )
        return self._asker.ask(drop, note, asking, _listen_while_possible(on_text))

    def _understand(self, routed: Routed, reply: Reply) -> Answered:
        """What was read may turn out to be a command; else it is an answer to be remembered."""
        drop, note = self._store.ledger.get(routed.drop.id), routed.note
        watch = self._router.find_watch(drop)
        command = (
            conversations.read_command(reply.transcript, watch.participants)
            if _has_pictures(note)
            else None
        )
        is_known_from_now_on = reply.provider != ProviderName.OFFLINE and note.marks is None
        pages = note.pages if is_known_from_now_on else ()
        if command is not None:
            is_too_late = drop.wants_model and command.kind.changes_something
            if not is_too_late:
                drop = self._router.follow_command(drop, command)
            carried_out = self._carry_out(drop, note, command, reply, is_too_late=is_too_late)
            return replace(carried_out, pages=pages, paid=reply)
        author = _find_author(drop, watch, note, reply.transcript)
        return Answered(note.kind, reply, author=author, pages=pages, paid=reply)

    def _carry_out(
        self,
        drop: Drop,
        note: Note,
        command: Command,
        read: Reply = TYPED,
        *,
        is_too_late: bool = False,
    ) -> Answered:
        """`read` is the reply in which the command was read, if a model had to read it."""
        watch = self._router.find_watch(drop)
        if is_too_late:
            outcome = say_too_late(command)
        else:
            outcome = self._commander.carry_out(command, drop, watch)
        self._pass_point("obeyed")
        log.info("Drop %d is the command “%s”.", drop.id, command.kind)
        return Answered(
            note.kind,
            replace(
                read,
                title=outcome.title,
                transcript=f"{command.kind} {command.argument}".strip(),
                answer=outcome.answer,
                language="en",
                stop=Stop.COMPLETE,
                remarks=(),
            ),
            author=_find_author(drop, watch, note),
            is_command=True,
            is_repeatable=read is TYPED and not command.kind.changes_something,
            metadata=outcome.metadata,
        )

    def _check_room(self, drop: Drop) -> None:
        most = self._read_settings().max_exchanges
        if most is None or drop.wants_model:
            return
        header = self._store.sessions.get_header(drop.conversation_id or "")
        if (
            header is not None
            and self._store.sessions.count_answered(header.conversation_id) >= most
        ):
            raise ConversationFull(header.code, most)

    def _say_place(self, drop: Drop, answered: Answered) -> tuple[str, ...]:
        """That a conversation begins or is at its end, and how to go on."""
        if answered.is_command:
            return ()
        begin, most = self._router.say_begin(drop), self._read_settings().max_exchanges
        if most is None:
            return begin
        number = self._store.sessions.count_answered(drop.conversation_id or "") + 1
        if number < most:
            return begin
        return (
            *begin,
            f"This is exchange {number} of at most {most} in this conversation. {BEGIN_ANEW}",
        )


def _find_author(drop: Drop, watch: Watch, note: Note, transcript: str = "") -> str:
    typed = note.text if conversations.is_typed(note) else ""
    return find_author(drop, watch, typed) or find_author(
        drop, watch, transcript if _has_pictures(note) else ""
    )


def _has_pictures(note: Note) -> bool:
    """Whether only a model, or a program that reads, can say all that is written on it."""
    return any(page.picture is not None for page in note.pages)


def _listen_while_possible(on_text: OnText) -> OnText:
    """A listener that fails must not cost the answer: a closed terminal, a narrow encoding."""
    listens = True

    def pass_on(text: str) -> None:
        nonlocal listens
        if listens:
            try:
                on_text(text)
            except Exception as error:
                listens = False
                log.info("The answer is not shown any more (%s), and kept all the same.", error)

    return pass_on

"""READ FIRST: one drop, from its private copy to the page in the outbox.

    open ▶ route ▶ ask ▶ record ▶ draw ▶ deliver

Each step calls into one module. What must survive a crash is committed by the ledger before
the next step begins, so `advance` may be cut off anywhere and called again: it goes on where
the ledger says, and a paid answer is never asked for twice.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from inkchat import conversations, models, notes, outbox, reply
from inkchat.asking import Asker, Asking, Choose, Rememberer
from inkchat.commands import Commander
from inkchat.config import ProviderName, Settings
from inkchat.devices import DEVICES
from inkchat.domain import (
    Command,
    Device,
    Drop,
    DropState,
    ErrorResponse,
    Note,
    NoteKind,
    OnText,
    Page,
    Reply,
    Response,
    Stop,
)
from inkchat.errors import (
    ConfigError,
    DamagedFile,
    Defect,
    EmptyFile,
    InDoubt,
    InkchatError,
    MachineBusy,
    StoreError,
    Undrawable,
)
from inkchat.reply import letters
from inkchat.routing import Routed, Router, find_author
from inkchat.setbacks import Setbacks
from inkchat.store import Answered, ConversationFull, Envelope, Outgoing, Store

log = logging.getLogger(__name__)

CUTS_FORGIVEN = 1
"""A call that was cut off by a crash is repeated this often; then a person decides."""

KEEP_PATIENCE_SECONDS = 3600.0
KEEP_PAUSE_SECONDS = 2.0
"""While neither database nor disk takes an answer: a full disk is emptied by a person."""

OFFLINE_LOOKED_AT = 1000
"""Notes answered by Offline that are looked at in one go for one that a model may answer."""


BLANK_NOTE = Note(NoteKind.TEXT, (Page(1, "", None, 0, 0, ""),))

TYPED = Reply(title="", transcript="", answer="", language="", provider="inkchat", model="")
"""A command that no model had to read."""


class Pipeline:
    """Carries drops along their way; safe to use from several threads and processes."""

    def __init__(
        self,
        store: Store,
        read_settings: Callable[[], Settings],
        choose: Choose = models.choose,
        pass_point: Callable[[str], None] = lambda point: None,
    ) -> None:
        """`pass_point` is told the name of each point on the way; tests cut the power there."""
        self._store = store
        self._read_settings = read_settings
        self._pass_point = pass_point
        self._asker = Asker(store, read_settings, choose, self._open, pass_point)
        self._rememberer = Rememberer(store, read_settings, choose)
        self._router = Router(store, read_settings, pass_point)
        self._commander = Commander(store, read_settings)
        self._setbacks = Setbacks(store, self._address, pass_point)

    def advance(self, drop_id: int, on_text: OnText = lambda text: None) -> Drop | None:
        """Carry a drop as far as it goes now; None if somebody else is at it.

        Harmless at any moment and any number of times. Raises StoreError, and ConfigError if
        the drop's watch is configured no more.
        """
        if not self._store.locks.acquire(drop_id):
            return None
        try:
            return self._carry(self._store.ledger.get(drop_id), on_text)
        finally:
            self._store.locks.release(drop_id)

    def remember(self, drop: Drop) -> None:
        """When a response is delivered: keep the conversation's memory within its budget.

        Harmless at any moment; no answer waits for it. Raises StoreError and ConfigError.
        """
        if drop.state is DropState.DELIVERED:
            self._rememberer.remember(drop, self._router.find_watch(drop).user)

    def give_to_models(self, most: int) -> list[int]:
        """Let notes that only Offline has answered be asked about anew; return their numbers.

        At most `most` of them, and only those for which a model is connected now.
        """
        given: list[int] = []
        watches = [watch.name for watch in self._read_settings().watches]
        for drop in self._store.ledger.list_offline_answered(watches, OFFLINE_LOOKED_AT):
            if len(given) == most:
                break
            if self._asker.would_ask_model(drop) and self._store.ledger.give_to_model(drop.id):
                given.append(drop.id)
        return given

    def _carry(self, drop: Drop, on_text: OnText) -> Drop:
        if drop.state.is_final:
            return drop
        try:
            if drop.state is DropState.ASKING:
                drop = self._count_cut(drop)
            if drop.state not in (DropState.ANSWERED, DropState.HELD):
                routed = self._router.route(drop, self._open_or_read_name(drop))
                drop = routed.drop
                if not self._has_its_turn(drop):
                    return drop
                drop = self._answer(routed, on_text)
        except (StoreError, ConfigError):
            raise
        except InkchatError as error:
            drop = self._settle_failure(drop, error)
        except Exception as error:  # the edge: one note's fault must not stop the others
            log.exception("A fault in inkchat, met by drop %d.", drop.id)
            drop = self._settle_failure(drop, Defect(error))
        return self._deliver(drop)

    def _count_cut(self, drop: Drop) -> Drop:
        """It was being asked about when inkchat was killed; who knows whether it was answered?"""
        if self._store.kept_replies.find(drop.id) is not None:
            return drop
        drop = self._store.ledger.count_cut(drop)
        if drop.cuts > CUTS_FORGIVEN:
            raise InDoubt(
                "The answer to this note was cut off twice, and may have been paid for.",
                f"`inkchat retry {drop.id}` asks once more.",
                provider="",
            )
        return drop

    def _open(self, drop: Drop, long_edge_px: int = notes.LONG_EDGE_PX) -> Note:
        content_hash = drop.content_hash or ""
        path = self._store.private_folder / "drops" / content_hash[:2] / content_hash
        if not path.is_file():
            raise DamagedFile(
                "inkchat’s private copy of this note is gone.",
                "Save the note once more with a word added.",
            )
        try:
            limits = self._read_settings().limits
            return notes.open_note(path, drop.name, drop.suffix, limits, long_edge_px)
        except OSError as error:
            raise MachineBusy(
                f"The note could not be opened, because the system refused: {error.strerror}.",
                "Close other programs or free some memory.",
            ) from error

    def _open_or_read_name(self, drop: Drop) -> Note:
        """A file with nothing in it may be a command by its name, such as `help.txt`."""
        try:
            return self._open(drop)
        except EmptyFile:
            if conversations.read_command_from_name(drop.name) is None:
                raise
            return BLANK_NOTE

    def _answer(self, routed: Routed, on_text: OnText) -> Drop:
        drop, note = routed.drop, routed.note
        # Before anything is paid for: an answer without an address could not be recorded.
        envelope = self._address(drop)
        started = time.monotonic()
        if routed.command is not None:
            answered = self._carry_out(drop, note, routed.command)
        else:
            self._check_room(drop)
            reply = self._store.kept_replies.find(drop.id) or self._ask(routed, on_text)
            drop, answered = self._understand(routed, reply)
        answered = replace(answered, processing_seconds=time.monotonic() - started)

        def write_answer() -> Drop:
            current = self._store.ledger.get(drop.id)
            remarks = (*routed.remarks, *self._say_last(current, answered))
            reply = replace(answered.reply, remarks=(*remarks, *answered.reply.remarks))
            return self._store.ledger.answer(
                current,
                replace(answered, reply=reply),
                envelope,
                lambda head: letters.write_answer(head, note, reply),
            )

        drop = self._record(drop, answered.reply, write_answer)
        self._pass_point("answered")
        return drop

    def _ask(self, routed: Routed, on_text: OnText) -> Reply:
        drop, note = routed.drop, routed.note
        watch = self._router.find_watch(drop)
        asking = Asking(
            user=watch.user,
            author=find_author(drop, watch, note.text if conversations.is_typed(note) else ""),
            recall=watch.recall,
            find_called=lambda given: self._router.find_called(given, watch.user),
        )
        return self._asker.ask(drop, note, asking, _listen_while_possible(on_text))

    def _understand(self, routed: Routed, reply: Reply) -> tuple[Drop, Answered]:
        """What was read may turn out to be a command; else it is an answer to be remembered."""
        drop, note = self._store.ledger.get(routed.drop.id), routed.note
        watch = self._router.find_watch(drop)
        command = (
            None
            if conversations.is_typed(note)
            else conversations.read_command(reply.transcript, watch.participants)
        )
        if command is not None:
            drop = self._router.follow_command(drop, command)
            return drop, self._carry_out(drop, note, command, reply)
        is_known_from_now_on = reply.provider != ProviderName.OFFLINE and note.marks is None
        return drop, Answered(
            note.kind,
            reply,
            author=find_author(
                drop, watch, note.text if conversations.is_typed(note) else reply.transcript
            ),
            pages=note.pages if is_known_from_now_on else (),
        )

    def _carry_out(self, drop: Drop, note: Note, command: Command, read: Reply = TYPED) -> Answered:
        """`read` is the reply in which the command was read, if a model had to read it."""
        watch = self._router.find_watch(drop)
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
            author=find_author(drop, watch, ""),
            is_command=True,
            is_repeatable=read is TYPED and not command.kind.changes_something,
            metadata=outcome.metadata,
        )

    def _check_room(self, drop: Drop) -> None:
        most = self._read_settings().max_exchanges
        header = self._store.sessions.get_header(drop.conversation_id or "")
        if most is not None and header is not None and header.total_exchanges >= most:
            raise ConversationFull(header.code, most)

    def _say_last(self, drop: Drop, answered: Answered) -> tuple[str, ...]:
        """With the last exchange that a conversation may have, how to go on elsewhere."""
        most = self._read_settings().max_exchanges
        header = self._store.sessions.get_header(drop.conversation_id or "")
        if most is None or answered.is_command or header is None:
            return ()
        if header.total_exchanges + 1 < most:
            return ()
        return (
            f"This is exchange {header.total_exchanges + 1} of at most {most} in this "
            "conversation. To begin a new one, write “new session” on a page of it, or save a "
            "note by itself.",
        )

    def _record(self, drop: Drop, answer: Reply, write_answer: Callable[[], Drop]) -> Drop:
        """It is paid for and lies in memory only: into the database, or else into a file."""
        give_up_at = time.monotonic() + KEEP_PATIENCE_SECONDS
        while True:
            try:
                drop = write_answer()
            except Exception as error:
                log.error("The answer to drop %d is not recorded yet: %s", drop.id, error)
                try:
                    self._store.kept_replies.keep(drop.id, answer)
                except OSError:
                    if time.monotonic() > give_up_at:
                        raise
                    time.sleep(KEEP_PAUSE_SECONDS)
                else:
                    raise
            else:
                self._store.kept_replies.forget(drop.id)
                return drop

    def _deliver(self, drop: Drop) -> Drop:
        try:
            for response in self._store.outgoing.list_undelivered(drop.id):
                page = self._draw(response)
                self._pass_point("drawn")
                self._publish(drop, response, page)
                self._pass_point("published")
                drop = self._note_delivery(drop, response, page)
                self._pass_point("delivered")
        except (StoreError, ConfigError):
            raise
        except InkchatError as error:
            return self._setbacks.wait_for_delivery(drop, error)
        return drop

    def _draw(self, response: Outgoing) -> bytes:
        device = DEVICES[response.device]
        content = response.content
        try:
            return _make_page(content, device)
        except MachineBusy:
            raise
        except Exception as error:  # the edge again: whatever a model wrote must end on a page
            log.exception("A page of %s could not be drawn.", content.head.conversation_id)
            undrawable = Undrawable(content.head.conversation_id, error)
        return _make_page(
            letters.write_error(content.head, undrawable, letters.IS_ANSWERED), device
        )

    def _publish(self, drop: Drop, response: Outgoing, page: bytes) -> None:
        # Where the watch's outbox is now: it may have been corrected since the answer came.
        outbox_now = self._router.find_watch(drop).outbox
        if outbox_now != response.outbox:
            response = self._store.outgoing.readdress(response, outbox_now)
        while (
            outbox.publish_page(page, response.outbox, response.name) is outbox.Published.NAME_TAKEN
        ):
            log.warning("Another file lies in the outbox under the name %s.", response.name)
            response = self._store.outgoing.readdress(response, outbox_now, rename=True)

    def _note_delivery(self, drop: Drop, response: Outgoing, page: bytes) -> Drop:
        sha256, size_bytes = outbox.describe_page(page)
        if response.is_notice:
            self._store.outgoing.mark_delivered(response.id, sha256, size_bytes)
            return drop
        return self._store.ledger.finish(drop, response.id, sha256, size_bytes)

    def _settle_failure(self, drop: Drop, error: InkchatError) -> Drop:
        drop = self._router.route_failure(self._store.ledger.get(drop.id))
        return self._setbacks.settle(drop, error)

    # What the steps need to know

    def _has_its_turn(self, drop: Drop) -> bool:
        watches = [watch.name for watch in self._read_settings().watches]
        return self._store.ledger.has_its_turn(drop, watches)

    def _address(self, drop: Drop) -> Envelope:
        watch = self._router.find_watch(drop)
        return Envelope(watch.outbox, watch.device, self._read_settings().outbox_name)


def _make_page(content: Response | ErrorResponse, device: Device) -> bytes:
    try:
        return reply.make_page(content, device)
    except OSError as error:
        raise MachineBusy(
            f"A page could not be drawn, because the system refused: {error.strerror or error}.",
            "Close other programs or free some memory.",
        ) from error


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

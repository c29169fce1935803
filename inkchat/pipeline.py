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

from inkchat import conversations, models, notes
from inkchat.answering import Answerer
from inkchat.asking import Asker, Choose, Rememberer
from inkchat.config import Settings
from inkchat.delivery import Delivery
from inkchat.domain import Drop, DropState, Note, NoteKind, OnText, Page, Reply
from inkchat.errors import (
    ConfigError,
    DamagedFile,
    Defect,
    EmptyFile,
    InDoubt,
    InkchatError,
    MachineBusy,
    StoreError,
)
from inkchat.reply import letters
from inkchat.routing import Routed, Router
from inkchat.setbacks import Setbacks
from inkchat.store import Envelope, Store

log = logging.getLogger(__name__)

CUTS_FORGIVEN = 1
"""A call that was cut off by a crash is repeated this often; then a person decides."""

KEEP_PATIENCE_SECONDS = 3600.0
KEEP_PAUSE_SECONDS = 2.0
"""While neither database nor disk takes an answer: a full disk is emptied by a person."""

OFFLINE_LOOKED_AT = 1000
"""Notes answered by Offline that are looked at in one go for one that a model may answer."""


BLANK_NOTE = Note(NoteKind.TEXT, (Page(1, "", None, 0, 0, ""),))


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
        self._answerer = Answerer(store, read_settings, self._asker, self._router, pass_point)
        self._delivery = Delivery(store, self._router.find_watch, pass_point)
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
                if routed.command is None or routed.command.kind.waits_its_turn:
                    drop = self._store.ledger.take_for_note(drop)
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
        # Before anything is paid for: an answer without an address could not be recorded.
        envelope = self._address(routed.drop)
        started = time.monotonic()
        answered = self._answerer.answer(routed, on_text)
        answered = replace(answered, processing_seconds=time.monotonic() - started)

        # What was asked of inkchat need not be told back.
        shown = replace(answered.reply, transcript="") if answered.is_command else answered.reply

        def write_answer() -> Drop:
            return self._store.ledger.answer(
                self._store.ledger.get(routed.drop.id),
                answered,
                envelope,
                lambda head: letters.write_answer(
                    head, routed.note, shown, is_command=answered.is_command
                ),
            )

        drop = self._record(routed.drop, answered.paid, write_answer)
        self._pass_point("answered")
        if not answered.is_command:
            self._router.end_beyond(drop)
        return drop

    def _record(self, drop: Drop, paid: Reply | None, write_answer: Callable[[], Drop]) -> Drop:
        """It is paid for and lies in memory only: into the database, or else into a file."""
        give_up_at = time.monotonic() + KEEP_PATIENCE_SECONDS
        while True:
            try:
                drop = write_answer()
            except Exception as error:
                log.error("The answer to drop %d is not recorded yet: %s", drop.id, error)
                if paid is None:
                    raise
                try:
                    self._store.kept_replies.keep(drop.id, paid)
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
            return self._delivery.deliver(drop)
        except (StoreError, ConfigError):
            raise
        except InkchatError as error:
            return self._setbacks.wait_for_delivery(drop, error)

    def _settle_failure(self, drop: Drop, error: InkchatError) -> Drop:
        drop = self._router.route_failure(self._store.ledger.get(drop.id))
        return self._setbacks.settle(drop, error)

    # What the steps need to know

    def _has_its_turn(self, drop: Drop) -> bool:
        watches = [watch.name for watch in self._read_settings().watches]
        return self._store.ledger.has_its_turn(drop, watches)

    def _address(self, drop: Drop) -> Envelope:
        watch = self._router.find_watch(drop)
        return Envelope(watch.outbox, watch.device.name, self._read_settings().outbox_name)

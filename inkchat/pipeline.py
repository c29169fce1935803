"""READ FIRST: one drop, from its private copy to the page in the outbox.

    open ▶ route ▶ ask ▶ record ▶ draw ▶ deliver

Each step calls into one module. What must survive a crash is committed by the ledger before
the next step begins, so `advance` may be cut off anywhere and called again: it goes on where
the ledger says, and a paid answer is never asked for twice.
"""

import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from inkchat import conversations, models, notes, outbox, reply
from inkchat.asking import Asker, Choose, Paused, Rememberer
from inkchat.config import Settings
from inkchat.devices import DEVICES
from inkchat.domain import (
    Device,
    Drop,
    DropState,
    ErrorResponse,
    Note,
    OnText,
    Reply,
    Response,
    Watch,
)
from inkchat.errors import (
    AnswerLost,
    BudgetReached,
    BudgetReserved,
    ConfigError,
    DamagedFile,
    Defect,
    InDoubt,
    InkchatError,
    MachineBusy,
    Overloaded,
    ProviderError,
    RateLimited,
    Retry,
    StoreError,
    Undrawable,
    Unreachable,
)
from inkchat.reply import letters
from inkchat.store import Answered, Envelope, Home, Outgoing, Store, Tries, WriteContent

log = logging.getLogger(__name__)

CUTS_FORGIVEN = 1
"""A call that was cut off by a crash is repeated this often; then a person decides."""

PATIENCE_SAID_AFTER = 3
"""Tries after which a busy model is worth a page; a model that is down is said at once."""

KEEP_PATIENCE_SECONDS = 3600.0
KEEP_PAUSE_SECONDS = 2.0
"""While neither database nor disk takes an answer: a full disk is emptied by a person."""

DELIVERY_PAUSE_SECONDS = (2, 600)
"""Doubling from the first to the second while an outbox does not take a page."""


OFFLINE_LOOKED_AT = 1000
"""Notes answered by Offline that are looked at in one go for one that a model may answer."""


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
        self._jitter = random.Random()  # noqa: S311  (spreads retries, guards nothing)

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
            self._rememberer.remember(drop, self._watch(drop).user)

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
                note = self._open(drop)
                drop = self._route(drop, note)
                if not self._has_its_turn(drop):
                    return drop
                drop = self._answer(drop, note, on_text)
        except (StoreError, ConfigError):
            raise
        except InkchatError as error:
            drop = self._settle_failure(self._store.ledger.get(drop.id), error)
        except Exception as error:  # the edge: one note's fault must not stop the others
            log.exception("A fault in inkchat, met by drop %d.", drop.id)
            drop = self._settle_failure(self._store.ledger.get(drop.id), Defect(error))
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

    def _route(self, drop: Drop, note: Note | None) -> Drop:
        user = self._watch(drop).user
        conversation_id = conversations.find_conversation(
            drop, note.marks if note else None, user, self._find_owner
        )
        if conversation_id is not None and conversation_id == drop.conversation_id:
            return drop
        watch = self._watch(drop)
        home = Home(user, watch.name, watch.split_thread(drop.thread)[0])
        drop = self._store.ledger.route(drop, conversation_id, home)
        self._pass_point("routed")
        return drop

    def _answer(self, drop: Drop, note: Note, on_text: OnText) -> Drop:
        # Before anything is paid for: an answer without an address could not be recorded.
        envelope = self._address(drop)
        started = time.monotonic()
        answer = self._store.kept_replies.find(drop.id) or self._asker.ask(
            drop, note, self._watch(drop).user, _listen_while_possible(on_text)
        )
        seconds = time.monotonic() - started

        def write_answer() -> Drop:
            return self._store.ledger.answer(
                self._store.ledger.get(drop.id),
                Answered(note.kind, answer, seconds),
                envelope,
                lambda head: letters.write_answer(head, note, answer),
            )

        drop = self._record(drop, answer, write_answer)
        self._pass_point("answered")
        return drop

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
            return self._wait_for_delivery(drop, error)
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
        outbox_now = self._watch(drop).outbox
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

    # When a step fails

    def _settle_failure(self, drop: Drop, error: InkchatError) -> Drop:
        """Wait, hold or fail: the drop ends in a state that says what becomes of it."""
        pause = error if isinstance(error, Paused) else None
        error = pause.cause if pause else error
        log.warning("Drop %d (%s): %s", drop.id, error.code, error.what_happened)
        if drop.conversation_id is None:
            drop = self._route(drop, None)
        if isinstance(error, AnswerLost):
            drop = self._store.ledger.count_cut(drop)
        now = datetime.now(UTC)
        tries = _count_tries(drop, error, now, pause)
        until = models.next_try(error, tries.count, tries.since, now, self._jitter)
        if until is not None and pause is not None:
            until = pause.until
        if isinstance(error, BudgetReached):
            page = _write_error(error, letters.WAITS_FOR_BUDGET)
            self._store.troubles.begin(drop, error, self._address(drop), page)
            self._store.ledger.hold_for_budget(drop, error)
        elif isinstance(error, InDoubt):
            page = _write_error(error, letters.WAITS_FOR_YOU)
            self._store.ledger.hold(drop, error, self._address(drop), page)
        elif until is not None:
            self._wait(drop, until, error, tries)
        else:
            if error.retry is Retry.LATER:
                error.next_step = "It was tried several times, and is not tried again by itself."
            page = _write_error(error, letters.say_kept(drop.id))
            self._store.ledger.fail(drop, error, self._address(drop), page)
            self._pass_point("answered")
        return self._store.ledger.get(drop.id)

    def _wait(self, drop: Drop, until: datetime, error: InkchatError, tries: Tries) -> None:
        provider = error.provider if isinstance(error, ProviderError) else ""
        mends = error.retry is Retry.WHEN_MENDED or isinstance(error, Unreachable)
        goes_on_with_others = mends or isinstance(error, BudgetReserved)
        self._store.ledger.wait(drop, until, error, tries, provider if goes_on_with_others else "")
        self._pass_point("waiting")
        is_worth_a_page = (
            mends
            or isinstance(error, Overloaded)
            or (isinstance(error, RateLimited) and tries.count >= PATIENCE_SAID_AFTER)
        )
        if isinstance(error, ProviderError) and is_worth_a_page:
            passes_by_itself = isinstance(error, RateLimited)
            fate = letters.ASKED_FOR_A_DAY if passes_by_itself else letters.WAITS
            page = _write_error(error, fate)
            self._store.troubles.begin(drop, error, self._address(drop), page)

    def _wait_for_delivery(self, drop: Drop, error: InkchatError) -> Drop:
        """What is answered stays answered; only its way into the outbox is tried again."""
        log.warning("Drop %d (%s): %s", drop.id, error.code, error.what_happened)
        if drop.state in (DropState.ANSWERED, DropState.HELD):
            first, most = DELIVERY_PAUSE_SECONDS
            now = datetime.now(UTC)
            tries = _count_tries(drop, error, now)
            pause = timedelta(seconds=min(first * 2 ** min(tries.count - 1, 20), most))
            self._store.ledger.wait(drop, now + pause, error, tries)
        return self._store.ledger.get(drop.id)

    # What the steps need to know

    def _has_its_turn(self, drop: Drop) -> bool:
        watches = [watch.name for watch in self._read_settings().watches]
        return self._store.ledger.has_its_turn(drop, watches)

    def _find_owner(self, conversation_id: str) -> str | None:
        """Whose conversation it is; one that is nobody's is the only user's, if there is one."""
        owner = self._store.sessions.get_user(conversation_id)
        users = {watch.user for watch in self._read_settings().watches}
        return users.pop() if owner == "" and len(users) == 1 else owner

    def _watch(self, drop: Drop) -> Watch:
        watch = self._read_settings().watch(drop.watch)
        if watch is None:
            raise ConfigError(
                f"The watch “{drop.watch}” of a note is configured no more.",
                "Put it back into config.yaml, and the note goes on.",
            )
        return watch

    def _address(self, drop: Drop) -> Envelope:
        watch = self._watch(drop)
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


def _count_tries(
    drop: Drop, error: InkchatError, now: datetime, pause: Paused | None = None
) -> Tries:
    """With this one; another kind of failure begins to count anew.

    Where the provider is paused, its tries count: most notes wait without one of their own.

    But for answers that were lost: each may have been paid for, whatever failed in between.
    """
    if isinstance(error, AnswerLost):
        return Tries(drop.cuts, drop.failing_since or now)
    if pause is not None:
        since = drop.failing_since if drop.reason_code == error.code else None
        return Tries(pause.tries, since or now)
    if drop.reason_code != error.code or drop.failing_since is None:
        return Tries(1, now)
    return Tries(drop.attempts + 1, drop.failing_since)


def _write_error(error: InkchatError, fate: str) -> WriteContent:
    return lambda head: letters.write_error(head, error, fate)

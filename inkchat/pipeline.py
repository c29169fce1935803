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
    Request,
    Watch,
)
from inkchat.errors import (
    ConfigError,
    DamagedFile,
    Defect,
    InDoubt,
    InkchatError,
    MachineBusy,
    ProviderError,
    RateLimited,
    StoreError,
    Unreachable,
)
from inkchat.reply import letters
from inkchat.store import Content, Envelope, Outgoing, Store

log = logging.getLogger(__name__)

ASKED = "ask"
"""The watch of drops that were named on the command line; the first watch stands behind them."""

CUTS_FORGIVEN = 1
"""A call that was cut off by a crash is repeated this often; then a person decides."""

PATIENCE_SAID_AFTER = 3
"""Tries after which a busy model is worth a page; a model that is down is said at once."""

RECORD_PATIENCE_SECONDS = 3600.0
RECORD_PAUSE_SECONDS = 2.0
"""While the database does not take an answer: a full disk is emptied by a person."""

DELIVERY_PAUSE_SECONDS = (2, 600)
"""Doubling from the first to the second while an outbox does not take a page."""


class Pipeline:
    """Carries drops along their way; safe to use from several threads and processes."""

    def __init__(
        self,
        store: Store,
        read_settings: Callable[[], Settings],
        choose: Callable[[Settings], models.Choice] = models.choose,
        pass_point: Callable[[str], None] = lambda point: None,
    ) -> None:
        """`pass_point` is told the name of each point on the way; tests cut the power there."""
        self._store = store
        self._read_settings = read_settings
        self._choose = choose
        self._pass_point = pass_point
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

    def _carry(self, drop: Drop, on_text: OnText) -> Drop:
        if drop.state.is_final or drop.state is DropState.HELD:
            return drop
        try:
            if drop.state is not DropState.ANSWERED:
                note = self._open(drop)
                drop = self._route(drop, note)
                if not self._store.ledger.has_its_turn(drop.id):
                    return drop
                started = time.monotonic()
                answer = self._ask(drop, note, on_text)
                drop = self._record(drop, note, answer, time.monotonic() - started)
        except (StoreError, ConfigError):
            raise
        except InkchatError as error:
            drop = self._settle_failure(self._store.ledger.get(drop.id), error)
        except Exception as error:  # the edge: one note's fault must not stop the others
            log.exception("A fault in inkchat, met by drop %d.", drop.id)
            drop = self._settle_failure(self._store.ledger.get(drop.id), Defect(error))
        return self._deliver(drop)

    def _open(self, drop: Drop) -> Note:
        content_hash = drop.content_hash or ""
        path = self._store.private_folder / "drops" / content_hash[:2] / content_hash
        if not path.is_file():
            raise DamagedFile(
                "inkchat’s private copy of this note is gone.",
                "Save the note once more with a word added.",
            )
        try:
            return notes.open_note(path, drop.name, drop.suffix, self._read_settings().limits)
        except OSError as error:
            raise MachineBusy(
                f"The note could not be opened, because the system refused: {error.strerror}.",
                "Close other programs or free some memory.",
            ) from error

    def _route(self, drop: Drop, note: Note | None) -> Drop:
        user = self._watch(drop).user
        conversation_id = conversations.find_conversation(
            drop, note.marks if note else None, user, self._store.sessions.get_user
        )
        if conversation_id is not None and conversation_id == drop.conversation_id:
            return drop
        drop = self._store.ledger.route(drop, conversation_id, user)
        self._pass_point("routed")
        return drop

    def _ask(self, drop: Drop, note: Note, on_text: OnText) -> Reply:
        choice = self._choose(self._read_settings())
        if drop.state is DropState.ASKING and drop.cuts >= CUTS_FORGIVEN:
            raise InDoubt(
                "inkchat was cut off twice while this note was being answered, "
                "and the answer may have been paid for.",
                f"`inkchat retry {drop.id}` asks once more.",
                provider=choice.settings.name,
            )
        provider = models.connect(choice.settings)
        request = self._build_request(drop, note, choice)
        self._store.ledger.begin_asking(drop, choice.settings.name)
        self._pass_point("asking")
        answer = provider.complete(request, _listen_while_possible(on_text))
        self._pass_point("replied")
        return answer

    def _record(self, drop: Drop, note: Note, answer: Reply, seconds: float) -> Drop:
        """Keep the answer, and keep trying to: it is paid for, and lies in memory only."""
        envelope = self._address(drop)
        give_up_at = time.monotonic() + RECORD_PATIENCE_SECONDS
        while True:
            try:
                drop = self._store.ledger.answer(
                    drop,
                    note.kind,
                    answer,
                    seconds,
                    envelope,
                    lambda head: letters.write_answer(head, note, answer),
                )
            except StoreError as error:
                if time.monotonic() > give_up_at:
                    raise
                log.error("The answer to drop %d is not kept yet: %s", drop.id, error)
                time.sleep(RECORD_PAUSE_SECONDS)
            else:
                self._pass_point("answered")
                return drop

    def _deliver(self, drop: Drop) -> Drop:
        try:
            return self._deliver_all(drop)
        except StoreError:
            raise
        except InkchatError as error:
            return self._wait_for_delivery(drop, error)
        except Exception as error:  # the edge again: what is answered must not be lost
            log.exception("A page of drop %d could not be made.", drop.id)
            return self._wait_for_delivery(drop, Defect(error))

    def _deliver_all(self, drop: Drop) -> Drop:
        for response in self._store.outgoing.list_undelivered(drop.id):
            page = _draw(response.content, DEVICES[response.device])
            self._pass_point("drawn")
            self._publish(drop, response, page)
            self._pass_point("published")
            sha256, size_bytes = outbox.describe_page(page)
            if response.is_notice:
                self._store.outgoing.mark_delivered(response.id, sha256, size_bytes)
            else:
                drop = self._store.ledger.finish(drop, response.id, sha256, size_bytes)
            self._pass_point("delivered")
        return drop

    def _publish(self, drop: Drop, response: Outgoing, page: bytes) -> None:
        name = response.name
        while outbox.publish_page(page, response.outbox, name) is outbox.Published.NAME_TAKEN:
            log.warning("Another file lies in the outbox under the name %s.", name)
            name = self._store.outgoing.rename(response, drop)

    # When a step fails

    def _settle_failure(self, drop: Drop, error: InkchatError) -> Drop:
        """Wait, hold or fail: the drop ends in a state that says what becomes of it."""
        log.warning("Drop %d (%s): %s", drop.id, error.code, error.what_happened)
        if drop.conversation_id is None:
            drop = self._route(drop, None)
        if isinstance(error, InDoubt):
            self._store.ledger.hold(drop, error)
            self._say(drop, error, letters.WAITS_FOR_YOU)
        elif until := self._next_try(drop, error):
            self._wait(drop, until, error)
        else:
            self._store.ledger.fail(
                drop,
                None,
                error,
                self._address(drop),
                lambda head: letters.write_error(head, error, letters.IS_KEPT),
            )
            self._pass_point("answered")
        return self._store.ledger.get(drop.id)

    def _wait(self, drop: Drop, until: datetime, error: InkchatError) -> None:
        provider = error.provider if isinstance(error, ProviderError) else ""
        self._store.ledger.wait(drop, until, error, provider)
        self._pass_point("waiting")
        if isinstance(error, ProviderError) and _is_worth_a_page(drop, error):
            self._store.troubles.begin(
                drop,
                error,
                self._address(drop),
                lambda head: letters.write_error(head, error, letters.WAITS),
            )

    def _wait_for_delivery(self, drop: Drop, error: InkchatError) -> Drop:
        """What is answered stays answered; only its way into the outbox is tried again."""
        log.warning("Drop %d (%s): %s", drop.id, error.code, error.what_happened)
        first, most = DELIVERY_PAUSE_SECONDS
        pause = timedelta(seconds=min(first * 2 ** min(drop.attempts, 20), most))
        if drop.state is DropState.ANSWERED:
            self._store.ledger.wait(drop, datetime.now(UTC) + pause, error)
        return self._store.ledger.get(drop.id)

    def _next_try(self, drop: Drop, error: InkchatError) -> datetime | None:
        now = datetime.now(UTC)
        first = drop.first_tried_at or now
        return models.next_try(error, drop.attempts + 1, first, now, self._jitter)

    def _say(self, drop: Drop, error: InkchatError, fate: str) -> None:
        self._store.outgoing.add_notice(
            drop,
            self._address(drop),
            lambda head: letters.write_error(head, error, fate),
        )

    # What the steps need to know

    def _build_request(self, drop: Drop, note: Note, choice: models.Choice) -> Request:
        conversation = self._store.sessions.get_conversation(drop.conversation_id or "")
        assert conversation is not None  # noqa: S101  (every drop is routed before)
        return conversations.build_request(
            choice.settings.system_prompt,
            conversation,
            note,
            drop,
            datetime.now().astimezone(),
        )

    def _watch(self, drop: Drop) -> Watch:
        settings = self._read_settings()
        watch = settings.watches[0] if drop.watch == ASKED else settings.watch(drop.watch)
        if watch is None:
            raise ConfigError(
                f"The watch “{drop.watch}” of a note is configured no more.",
                "Put it back into config.yaml, and the note goes on.",
            )
        return watch

    def _address(self, drop: Drop) -> Envelope:
        watch = self._watch(drop)
        return Envelope(watch.outbox, watch.device, self._read_settings().outbox_name)


def _listen_while_possible(on_text: OnText) -> OnText:
    """A listener that fails must not cost the answer: a closed terminal, a broken pipe."""
    listens = True

    def pass_on(text: str) -> None:
        nonlocal listens
        if listens:
            try:
                on_text(text)
            except OSError:
                listens = False
                log.info("Nobody listens to the answer any more; it is kept all the same.")

    return pass_on


def _draw(content: Content, device: Device) -> bytes:
    if isinstance(content, ErrorResponse):
        return reply.draw_error(content, device)
    return reply.draw_response(content, device)


def _is_worth_a_page(drop: Drop, error: ProviderError) -> bool:
    """A busy model is told of only when it stays busy; all else at once."""
    if isinstance(error, RateLimited) and not isinstance(error, Unreachable):
        return drop.attempts >= PATIENCE_SAID_AFTER
    return True

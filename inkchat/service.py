"""The long-running process: it listens, looks, claims, and hands drops to the pipeline.

One thread, the caller's, runs the loop below; a pool of workers carries drops. The loop never
believes an event: it looks into the inboxes when the bell rings, when a file may have settled,
and every `SCAN_SECONDS` in any case.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta

from inkchat import models, outbox
from inkchat.config import ProviderName, Settings, SettingsSource
from inkchat.conversations import read_id_from_name
from inkchat.domain import Drop, DropState, Watch
from inkchat.errors import AlreadyRunning, ConfigError, InkchatError, StoreError
from inkchat.inbox import bell as bells
from inkchat.inbox import claim, scan, settle
from inkchat.pipeline import Pipeline
from inkchat.store import SERVICE, Arrival, Received, Store

log = logging.getLogger(__name__)

SCAN_SECONDS = 15.0
"""An event may be lost; no file waits longer than this for being seen."""

SUPERVISE_SECONDS = 2.0
"""A watched folder may be deleted, replaced or unmounted without an event; config.yaml edited."""

CLAIMS_PER_ROUND = 16
"""Between these the workers get what is due: ten thousand files must not delay the first."""

STOP_PATIENCE_SECONDS = 45.0
"""For answers on their way when told to stop; systemd kills after 90 seconds by default."""

REST_SECONDS = 5.0
"""For a drop that another process is at, or that met a fault."""

CHOICE_SECONDS = 20.0
"""How long the answer of `auto` to "is a local server there?" is believed."""

Tell = Callable[[Drop], None]
"""Is called with a drop that was received, and again with each state it has come to rest in."""


class Chooser:
    """Remembers which provider is active, so that not every note asks the local ports anew.

    A local server that `auto` found once is not given up for Offline when it goes away: the
    notes wait for it, as they do for a model that was named.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: tuple[Settings, float, models.Choice] | None = None

    def choose(self, settings: Settings) -> models.Choice:
        with self._lock:
            now = time.monotonic()
            if self._made is not None:
                for_settings, until, choice = self._made
                if for_settings is settings and now < until:
                    return choice
            choice = models.choose(settings)
            if self._made is not None and self._made[0] is settings:
                before = self._made[2]
                if choice.settings.name is ProviderName.OFFLINE:
                    choice = before
            self._made = (settings, now + CHOICE_SECONDS, choice)
            return choice


class _Inbox:
    """One watch's inbox: what was seen of it, and what is settling there."""

    def __init__(
        self,
        watch: Watch,
        store: Store,
        settle_seconds: float,
        pass_point: Callable[[str], None],
    ) -> None:
        self.watch = watch
        self._store = store
        self._pass_point = pass_point
        self._known = store.arrivals.known_signatures(watch.name)
        self._settling = settle.Settling(settle_seconds)
        self._said: frozenset[str] = frozenset()

    def find_ready(self) -> list[scan.Found]:
        """Look once; enter what will never be a note, return what has settled."""
        try:
            listing = scan.list_inbox(self.watch.inbox)
        except InkchatError as error:
            self._say({str(error)})
            self._settling.observe((), self._is_known)
            return []
        for oddity in listing.odd:
            self._ignore(oddity)
        ready = self._settling.observe(listing.found, self._is_known)
        waiting = {f"{found.name} waits: {why}." for found, why in self._settling.unreadable()}
        self._say(waiting | set(listing.unreadable))
        return ready

    def claim(self, found: scan.Found) -> Received | None:
        """Copy it into the private store and enter it; None if it changed meanwhile."""
        snapshot = claim.take_snapshot(found, self._store.private_folder)
        if snapshot is None:
            return None
        self._pass_point("copied")
        received = self._store.arrivals.receive(
            Arrival(
                watch=self.watch,
                thread=found.thread,
                name=found.name,
                suffix=found.suffix,
                signature=found.signature.text,
                content_hash=snapshot.content_hash,
                size_bytes=snapshot.size_bytes,
                claimed_conversation_id=read_id_from_name(found.name),
            )
        )
        self._known[found.thread, found.name] = found.signature.text
        return received

    def seconds_to_next_look(self) -> float | None:
        return self._settling.seconds_to_next_look()

    def _say(self, sentences: set[str]) -> None:
        """Log what is new: the same inbox is looked at every few seconds."""
        for sentence in sentences - self._said:
            log.warning("%s", sentence)
        self._said = frozenset(sentences)

    @property
    def is_waiting(self) -> bool:
        """Whether a file may be ready soon; one that cannot be read may never be."""
        return self._settling.count_pending() > len(self._settling.unreadable())

    @property
    def is_troubled(self) -> bool:
        return bool(self._said)

    def _is_known(self, found: scan.Found) -> bool:
        return self._known.get((found.thread, found.name)) == found.signature.text

    def _ignore(self, oddity: scan.Oddity) -> None:
        # Known by the reason and not by the signature: a film that grows is entered once.
        seen_as = f"ignored: {oddity.reason}"
        if self._known.get((oddity.thread, oddity.name)) == seen_as:
            return
        self._store.arrivals.ignore(
            Arrival(
                watch=self.watch,
                thread=oddity.thread,
                name=oddity.name,
                suffix="",
                signature=seen_as,
                content_hash=None,
                size_bytes=oddity.signature.size_bytes,
            ),
            oddity.reason,
        )
        self._known[oddity.thread, oddity.name] = seen_as
        log.info("%s is left alone: %s", oddity.name, oddity.reason)


class Service:
    """Watches all inboxes of a configuration until it is told to stop."""

    def __init__(
        self,
        source: SettingsSource,
        store: Store,
        tell: Tell = lambda drop: None,
        pass_point: Callable[[str], None] = lambda point: None,
    ) -> None:
        self._source = source
        self._store = store
        self._tell = tell
        self._pass_point = pass_point
        self._pipeline = Pipeline(store, source.current, Chooser().choose, pass_point)
        self._stopping = threading.Event()
        self._in_flight: dict[int, Future[None]] = {}
        self._resting: dict[int, float] = {}
        self._given_up: set[int] = set()
        self._failed: set[int] = set()
        self._guard = threading.Lock()
        self._inboxes: list[_Inbox] = []
        self._bell: bells.Bell | None = None
        self._once = False
        self._settings = source.current()
        self._workers: ThreadPoolExecutor | None = None

    def stop(self) -> None:
        """From any thread or a signal handler: begin no more drops, end the loop."""
        self._stopping.set()
        bell = self._bell
        if bell is not None:
            bell.ring()

    def run(self, *, once: bool = False) -> int:
        """Serve until `stop`; with `once`, until nothing is left that can be done now.

        Returns the number of drops that were still at work `STOP_PATIENCE_SECONDS` after
        `stop`. Raises AlreadyRunning, and with `once` StoreError.
        """
        self._once = once
        if not self._store.locks.acquire(SERVICE):
            raise AlreadyRunning(
                "Another inkchat is serving this database already.",
                "Stop it first, or give this one its own `database:`.",
            )
        try:
            claim.sweep_temporary(self._store.private_folder)
            while not self._serve(self._source.current()):
                log.info("The watches are set up anew.")
            with self._guard:
                at_work = list(self._in_flight.values())
            return len(wait(at_work, STOP_PATIENCE_SECONDS).not_done)
        finally:
            self._store.locks.release(SERVICE)

    @property
    def has_open_ends(self) -> bool:
        """Whether anything has not come to a good end: for the exit code of `--once`."""
        names = _name_watches(self._settings)
        return (
            bool(self._failed)
            or any(inbox.is_troubled for inbox in self._inboxes)
            or self._store.ledger.count_open(names) > 0
        )

    def _serve(self, settings: Settings) -> bool:
        """With one set of watches and workers; True when done, False when they changed."""
        self._inboxes = [
            _Inbox(watch, self._store, settings.settle_seconds, self._pass_point)
            for watch in settings.watches
        ]
        for watch in settings.watches:
            outbox.sweep_temporary(watch.outbox)
        self._settings = settings
        self._bell = bells.Bell([watch.inbox for watch in settings.watches])
        self._workers = ThreadPoolExecutor(settings.workers, thread_name_prefix="worker")
        try:
            return self._loop(self._bell)
        finally:
            with self._guard:
                # Those at work go on; whoever comes after them does not wait for them.
                self._workers.shutdown(wait=False)
                self._workers = None
                bell, self._bell = self._bell, None
            bell.close()

    def _loop(self, bell: bells.Bell) -> bool:
        supervise_at = scan_at = float("-inf")
        while not self._stopping.is_set():
            now = time.monotonic()
            try:
                if now >= supervise_at:
                    supervise_at = now + SUPERVISE_SECONDS
                    for sentence in bell.supervise():
                        log.warning("%s", sentence)
                    if self._configuration_changed():
                        return False
                if now >= scan_at or self._has_settled():
                    scan_at = now + SCAN_SECONDS
                    self._collect()
                self._dispatch()
                if self._once and self._is_idle():
                    return True
                pause = self._seconds_to_wait(supervise_at, scan_at)
            except StoreError as error:
                if self._once:
                    raise
                # A full disk, or a backup that locks the file: it passes, and so we stay.
                log.error("%s", error)
                pause = REST_SECONDS
            if bell.wait(pause):
                scan_at = float("-inf")
        return True

    def _configuration_changed(self) -> bool:
        """True if watches or workers must be set up anew; all else is read for each drop."""
        changed = self._source.refresh()
        if isinstance(changed, ConfigError):
            log.error("%s Until then the last good configuration stays in force.", changed)
        elif changed:
            log.info("config.yaml was changed; it is in force now.")
            self._store.ledger.hurry_waiting()
            return _set_up_by(self._source.current()) != _set_up_by(self._settings)
        return False

    def _collect(self) -> None:
        """Claim what has settled in the inboxes."""
        for inbox in self._inboxes:
            for number, found in enumerate(inbox.find_ready(), start=1):
                if self._stopping.is_set():
                    return
                try:
                    received = inbox.claim(found)
                except InkchatError as error:
                    if self._once:
                        raise
                    log.error("%s could not be taken in: %s", found.name, error)
                    continue
                if received is not None and received.is_new:
                    self._pass_point("received")
                    self._tell_of(received.drop)
                if number % CLAIMS_PER_ROUND == 0:
                    self._dispatch()

    def _has_settled(self) -> bool:
        return any(inbox.seconds_to_next_look() == 0.0 for inbox in self._inboxes)

    def _dispatch(self) -> None:
        """Give the free workers what is due; also called by a worker that has become free."""
        with self._guard:
            now = time.monotonic()
            self._resting = {i: until for i, until in self._resting.items() if until > now}
            busy = [*self._in_flight, *self._resting]
            free = self._settings.workers - len(self._in_flight)
            if free <= 0 or self._workers is None or self._stopping.is_set():
                return
            watches = _name_watches(self._settings)
            for drop in self._store.ledger.list_due(watches, datetime.now(UTC), free, busy):
                self._in_flight[drop.id] = self._workers.submit(self._work, drop.id)

    def _work(self, drop_id: int) -> None:
        try:
            drop = self._pipeline.advance(drop_id)
            if drop is None:
                self._rest(drop_id)
            else:
                self._tell_of(drop)
        except (StoreError, ConfigError) as error:
            log.error("Drop %d: %s", drop_id, error)
            self._give_up_for_now(drop_id)
        except Exception:  # the worker's edge: the service goes on whatever happens
            log.exception("A fault in inkchat, met by drop %d.", drop_id)
            self._give_up_for_now(drop_id)
        with self._guard:
            self._in_flight.pop(drop_id, None)
        try:
            self._dispatch()
        except StoreError as error:
            log.error("%s", error)  # the loop tries again
        with self._guard:
            if self._once and self._bell is not None:
                self._bell.ring()

    def _tell_of(self, drop: Drop) -> None:
        if drop.state is DropState.FAILED:
            self._failed.add(drop.id)
        try:
            self._tell(drop)
        except Exception as error:  # whoever listens must not stop what they listen to
            log.warning("What became of drop %d could not be told: %s", drop.id, error)

    def _rest(self, drop_id: int) -> None:
        with self._guard:
            self._resting[drop_id] = time.monotonic() + REST_SECONDS

    def _give_up_for_now(self, drop_id: int) -> None:
        self._rest(drop_id)
        with self._guard:
            self._given_up.add(drop_id)

    def _is_idle(self) -> bool:
        """Nothing is at work, on its way, or due, but for what met a fault in this run."""
        with self._guard:
            if self._in_flight:
                return False
            given_up = list(self._given_up)
        if any(inbox.is_waiting for inbox in self._inboxes):
            return False
        names = _name_watches(self._settings)
        return not self._store.ledger.list_due(names, datetime.now(UTC), 1, given_up)

    def _seconds_to_wait(self, *moments: float) -> float:
        """Until the earliest of `moments`, of a file's settling, and of a pause's end."""
        waits = [moment - time.monotonic() for moment in moments]
        looks = [inbox.seconds_to_next_look() for inbox in self._inboxes]
        waits += [seconds for seconds in looks if seconds is not None]
        due_at = self._store.ledger.next_due_at(_name_watches(self._settings))
        if due_at is not None:
            # A drop may be due and not be taken, while all workers are busy.
            waits.append(max((due_at - datetime.now(UTC)) / timedelta(seconds=1), 0.25))
        return max(min(waits), 0.0)


def _set_up_by(settings: Settings) -> tuple[object, ...]:
    """What the loop is set up by; all else is read anew for each drop."""
    return settings.watches, settings.workers, settings.settle_seconds


def _name_watches(settings: Settings) -> list[str]:
    return [watch.name for watch in settings.watches]

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

from inkchat import models, notes, outbox, reply
from inkchat.archive import leftovers, purging
from inkchat.config import Settings, SettingsSource
from inkchat.conversations import read_command_from_name, read_id_from_name
from inkchat.domain import Drop, DropState, OnText
from inkchat.errors import AlreadyRunning, ConfigError, InkchatError, StoreError
from inkchat.inbox import bell as bells
from inkchat.inbox import claim
from inkchat.inbox.intake import Intake
from inkchat.pipeline import Pipeline
from inkchat.store import SERVICE, Store

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

LONGEST_SIDE_CALL = timedelta(hours=1)
"""A call for a summary or a check that was begun before this is at work no more."""

PURGE_SECONDS = 86_400.0
"""From one look for conversations older than `keep_days` to the next."""

OFFERED_PER_SCAN = 4
"""Notes that only Offline answered are given to a model by and by: new ones come first."""

Tell = Callable[[Drop], None]
"""Is called with a drop that was received, and again with each state it has come to rest in."""

Listen = Callable[[int], OnText]
"""Is called with the number of a drop at work; what it gives is told the answer as it comes."""


class Service:
    """Watches all inboxes of a configuration until it is told to stop."""

    def __init__(
        self,
        source: SettingsSource,
        store: Store,
        tell: Tell = lambda drop: None,
        pass_point: Callable[[str], None] = lambda point: None,
        listen: Listen = lambda drop_id: lambda text: None,
    ) -> None:
        self._source = source
        self._listen = listen
        self._store = store
        self._tell = tell
        self._pass_point = pass_point
        self._pipeline = Pipeline(store, source.current, models.Chooser().choose, pass_point)
        self._stopping = threading.Event()
        self._in_flight: dict[int, Future[None]] = {}
        # One at a time, and beside the workers: no note waits for what is remembered of another.
        self._memory = ThreadPoolExecutor(1, thread_name_prefix="memory")
        self._remembering: list[tuple[str, Future[None]]] = []
        self._purging: Future[None] | None = None
        self._purge_at = float("-inf")
        self._change_is_due = False
        self._resting: dict[int, float] = {}
        self._given_up: set[int] = set()
        self._failed: set[int] = set()
        self._guard = threading.Lock()
        self._inboxes: list[Intake] = []
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

        Returns how many drops and summaries were still at work `STOP_PATIENCE_SECONDS` after
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
            leftovers.sweep_leftovers(self._store.private_folder)
            self._store.calls.lose_cut_off(datetime.now(UTC) - LONGEST_SIDE_CALL)
            # The budget may have been raised while nobody ran.
            self._store.ledger.release_budget_holds()
            while not self._serve(self._source.current()):
                log.info("The watches are set up anew.")
            # What is left of it when told to stop is taken up after the next answer.
            self._memory.shutdown(wait=False, cancel_futures=self._stopping.is_set())
            with self._guard:
                remembering = [future for _conversation_id, future in self._remembering]
                at_work = [*self._in_flight.values(), *remembering]
            if self._purging is not None and not self._purging.cancelled():
                # It is no note, ends soon after `stop`, and goes on at the next start.
                wait([self._purging], STOP_PATIENCE_SECONDS if self._stopping.is_set() else None)
            # `wait` would wait for what is cancelled.
            at_work = [future for future in at_work if not future.cancelled()]
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
            Intake(
                watch,
                self._store,
                settings.settle_seconds,
                read_id_from_name,
                lambda name: read_command_from_name(name) is not None,
                self._pass_point,
            )
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
                    self._log_remarks(bell.supervise())
                    if self._configuration_changed():
                        return False
                    self._purge_later(now)
                if now >= scan_at or self._has_settled():
                    scan_at = now + SCAN_SECONDS
                    self._collect()
                    self._let_go()
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

    def _log_remarks(self, remarks: list[str]) -> None:
        # Of an inbox that is not there the intake tells, and what to do about it.
        all_there = all(watch.inbox.is_dir() for watch in self._settings.watches)
        for remark in remarks:
            log.log(logging.WARNING if all_there else logging.INFO, "%s", remark)

    def _configuration_changed(self) -> bool:
        """True if watches or workers must be set up anew; all else is read for each drop."""
        changed = self._source.refresh()
        if isinstance(changed, ConfigError):
            log.error("%s Until then the last good configuration stays in force.", changed)
        elif changed:
            log.info("config.yaml was changed; it is in force now.")
            if self._source.current().database != self._settings.database:
                log.warning("The change of `database` wants a restart of inkchat.")
            self._change_is_due = True
        if self._change_is_due:
            self._store.pauses.end_all()
            self._store.ledger.hurry_waiting()
            self._store.ledger.release_budget_holds()
            # Only now: a change is told of once, and the database may not have taken it.
            self._change_is_due = False
        return _set_up_by(self._source.current()) != _set_up_by(self._settings)

    def _collect(self) -> None:
        """Claim what has settled in the inboxes."""
        for inbox in self._inboxes:
            ready = inbox.find_ready()
            if inbox.is_waiting:
                # While the file settles, what opens it and draws its answer can be made ready.
                notes.warm_up()
                reply.warm_up()
            for number, found in enumerate(ready, start=1):
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

    def _let_go(self) -> None:
        """What waited for a budget's period to turn or for a model, and what is idle by now."""
        self._store.ledger.release_held(datetime.now(UTC))
        for watch in self._source.current().watches:
            if watch.conversation_timeout_seconds is not None:
                self._store.sessions.end_idle(watch.conversation_timeout_seconds, watch.name)
        if self._source.current().answer_later:
            self._pipeline.give_to_models(OFFERED_PER_SCAN)

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
            drop = self._pipeline.advance(drop_id, self._listen(drop_id))
            if drop is None:
                self._rest(drop_id)
            else:
                self._tell_of(drop)
                self._remember_later(drop)
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

    def _remember_later(self, drop: Drop) -> None:
        """Once for each conversation, however many of its notes were answered meanwhile."""
        conversation_id = drop.conversation_id or ""
        with self._guard:
            for key, future in self._remembering:
                if key == conversation_id and not future.running() and not future.done():
                    return
            try:
                future = self._memory.submit(self._remember, drop)
                self._remembering.append((conversation_id, future))
            except RuntimeError:
                log.debug("Nothing is summed up any more: inkchat is about to stop.")

    def _remember(self, drop: Drop) -> None:
        try:
            self._pipeline.remember(drop)
        except (StoreError, ConfigError) as error:
            log.error("The memory of %s: %s", drop.conversation_id, error)
        except Exception:  # nobody waits for it, and the next answer brings it up again
            log.exception("A fault in inkchat, met by the memory of %s.", drop.conversation_id)
        with self._guard:
            self._remembering = [each for each in self._remembering if not each[1].done()]

    def _purge_later(self, now: float) -> None:
        """At the start and then once a day, beside the notes."""
        days = self._source.current().keep_days
        if days is None or now < self._purge_at:
            return
        self._purge_at = now + PURGE_SECONDS
        self._purging = self._memory.submit(self._purge, days)

    def _purge(self, days: int) -> None:
        try:
            purging.purge_older(
                self._store, self._source.current().watches, days, self._stopping.is_set
            )
        except StoreError as error:
            log.error("Old conversations are not removed today: %s", error)
        except Exception:  # nobody waits for it, and tomorrow it is tried again
            log.exception("A fault in inkchat, met by the removal of old conversations.")

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

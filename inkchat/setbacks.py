"""When a step fails: the drop waits, is held, or ends with an ERROR page that says why."""

import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from inkchat import models
from inkchat.asking import Paused
from inkchat.domain import Drop, DropState
from inkchat.errors import (
    AnswerLost,
    BudgetReached,
    BudgetReserved,
    InDoubt,
    InkchatError,
    Overloaded,
    ProviderError,
    RateLimited,
    Retry,
    Unreachable,
)
from inkchat.reply import letters
from inkchat.store import Envelope, Store, Tries, WriteContent

log = logging.getLogger(__name__)

PATIENCE_SAID_AFTER = 3
"""Tries after which a busy model is worth a page; a model that is down is said at once."""

DELIVERY_PAUSE_SECONDS = (2, 600)
"""Doubling from the first to the second while an outbox does not take a page."""


class Setbacks:
    """Settles what failed in a state that says what becomes of the drop."""

    def __init__(
        self,
        store: Store,
        address: Callable[[Drop], Envelope],
        pass_point: Callable[[str], None],
    ) -> None:
        self._store = store
        self._address = address
        self._pass_point = pass_point
        self._jitter = random.Random()  # noqa: S311  (spreads retries, guards nothing)

    def settle(self, drop: Drop, error: InkchatError) -> Drop:
        """Wait, hold or fail. The drop has its conversation already. Raises StoreError."""
        pause = error if isinstance(error, Paused) else None
        error = pause.cause if pause else error
        log.warning("Drop %d (%s): %s", drop.id, error.code, error.what_happened)
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

    def wait_for_delivery(self, drop: Drop, error: InkchatError) -> Drop:
        """What is answered stays answered; only its way into the outbox is tried again."""
        log.warning("Drop %d (%s): %s", drop.id, error.code, error.what_happened)
        if drop.state in (DropState.ANSWERED, DropState.HELD):
            first, most = DELIVERY_PAUSE_SECONDS
            now = datetime.now(UTC)
            tries = _count_tries(drop, error, now)
            pause = timedelta(seconds=min(first * 2 ** min(tries.count - 1, 20), most))
            self._store.ledger.wait(drop, now + pause, error, tries)
        return self._store.ledger.get(drop.id)


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

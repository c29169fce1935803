"""One call to a provider: reserved in the budget before it, settled or given back after it."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from inkchat import models
from inkchat.config import Budget, ProviderName, ProviderSettings
from inkchat.domain import Drop, OnText, Reply, Request, Usage
from inkchat.errors import (
    AnswerLost,
    NotConfigured,
    Overloaded,
    PriceUnknown,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    RequestRejected,
    RequestTooLarge,
    StoreError,
    UnknownModel,
    Unreachable,
    WrongKey,
)
from inkchat.store import Pause, PlannedCall, Purpose, Store

log = logging.getLogger(__name__)

EXPECTED_OUTPUT_TOKENS = 1500
"""Of a usual answer with its transcript: what is reserved in the budget before it is known."""

PROBE_SECONDS = 60.0
"""When a pause is over one note asks; so long the others wait for what it finds."""

_PAUSING = (NotConfigured, WrongKey, UnknownModel, QuotaExhausted, RateLimited, Unreachable)
"""What is the provider's state and not the note's: no other note needs to find it out again."""

_UNPAID = (*_PAUSING, RequestTooLarge, RequestRejected)
"""Refused before the model began to work."""


class Paused(ProviderError):
    """The provider is not to be asked before `until`; `cause` says why."""

    def __init__(self, cause: ProviderError, until: datetime, tries: int) -> None:
        """`tries` counts the calls in a row, of whatever notes, that met `cause`."""
        super().__init__(cause.what_happened, cause.next_step, provider=cause.provider)
        self.cause = cause
        self.until = until
        self.tries = tries


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose money it is, and how much of it may be spent."""

    user: str
    budget: Budget


class Caller:
    """Makes the calls of all drops; safe to use from several threads."""

    def __init__(self, store: Store, pass_point: Callable[[str], None]) -> None:
        self._store = store
        self._pass_point = pass_point
        self._jitter = random.Random()  # noqa: S311  (spreads retries, guards nothing)

    def call(
        self,
        drop: Drop,
        settings: ProviderSettings,
        request: Request,
        on_text: OnText,
        purpose: Purpose,
        payer: Payer,
    ) -> Reply:
        """Ask once. The drop is `asking` afterwards, or `received` if nothing was paid.

        Raises ProviderError; Paused where the provider is not to be asked now.
        """
        provider = models.connect(settings)
        key = models.identify(settings)
        was_paused = self._ask_leave(key)
        planned = self._plan(drop, settings, request, purpose, payer)
        self._store.ledger.begin_asking(drop, planned, payer.budget)
        self._pass_point("asking")
        try:
            reply = provider.complete(request, on_text)
        except ProviderError as error:
            raise self._settle(drop, settings, error, key, was_paused=was_paused) from error
        except Exception:
            self._store.ledger.lose_call(drop)
            raise
        self._pass_point("replied")
        if was_paused:
            self._end_pause(key)
        return reply

    def _end_pause(self, key: str) -> None:
        """Never at the cost of what the call brought: the next probe ends it as well."""
        try:
            self._store.pauses.end(key)
        except StoreError as error:
            log.warning("A pause is not ended yet: %s", error)

    def check_pause(self, settings: ProviderSettings) -> None:
        """Before work is done for a call that would not be made. Raises Paused."""
        pause = self._store.pauses.find(models.identify(settings))
        if pause is not None and pause.until > datetime.now(UTC):
            raise Paused(_restore(pause), pause.until, pause.tries)

    def _ask_leave(self, key: str) -> bool:
        """True if the provider was paused and this call finds out whether it still must be."""
        if self._store.pauses.find(key) is None:
            return False
        pause = self._store.pauses.enter(key, datetime.now(UTC), PROBE_SECONDS)
        if pause is not None:
            raise Paused(_restore(pause), pause.until, pause.tries)
        return True

    def _plan(
        self,
        drop: Drop,
        settings: ProviderSettings,
        request: Request,
        purpose: Purpose,
        payer: Payer,
    ) -> PlannedCall | None:
        """What the call will take, as far as that can be known; None where nothing is paid."""
        if settings.name is ProviderName.OFFLINE:
            return None
        return plan_call(
            self._store,
            settings,
            request,
            purpose,
            payer,
            drop.id,
            drop.watch,
            drop.conversation_id,
        )

    def _settle(
        self,
        drop: Drop,
        settings: ProviderSettings,
        error: ProviderError,
        key: str,
        *,
        was_paused: bool,
    ) -> ProviderError:
        """Give back what was not paid, and pause the provider if the fault is its own."""
        if isinstance(error, _UNPAID):
            self._store.ledger.give_back(drop)
        elif not isinstance(error, AnswerLost):
            # A lost answer keeps the drop `asking`: it is counted with those that were cut off.
            usage = Usage(error.input_tokens, error.output_tokens, error.cached_tokens)
            self._store.ledger.lose_call(drop, usage, models.price(settings, usage))
        if _is_of_the_provider(error):
            return self._pause(error, key, was_paused=was_paused)
        if was_paused:
            self._end_pause(key)
        return error

    def _pause(self, error: ProviderError, key: str, *, was_paused: bool) -> Paused:
        now = datetime.now(UTC)
        pause = self._store.pauses.find(key)
        same = pause is not None and pause.code == error.code
        tries = pause.tries + 1 if pause is not None and same else 1
        until = models.next_try(error, tries, now, now, self._jitter)
        assert until is not None  # noqa: S101  (patience counts from `now`)
        begun = self._store.pauses.begin(key, error, until, now, is_probe=was_paused)
        return Paused(error, begun.until, begun.tries)


def _is_of_the_provider(error: ProviderError) -> bool:
    """Whether other notes would meet it too.

    A server may fall over one note and serve the next, unless it says itself when to come again.
    """
    if isinstance(error, Overloaded):
        return error.retry_after_seconds is not None
    return isinstance(error, _PAUSING)


def make_side_call(
    store: Store, settings: ProviderSettings, request: Request, planned: PlannedCall, payer: Payer
) -> Reply:
    """A call that belongs to no drop, such as for a summary: reserved, made and settled.

    Raises ProviderError; also where the provider is paused, or the budget used up.
    """
    provider = models.connect(settings)
    pause = store.pauses.find(models.identify(settings))
    if pause is not None:
        raise Paused(_restore(pause), pause.until, pause.tries)
    call_id = store.calls.reserve(planned, payer.budget)
    started = time.monotonic()
    try:
        reply = provider.complete(request, lambda text: None)
    except _UNPAID:
        store.calls.forget(call_id)
        raise
    except BaseException:  # also Ctrl-C: what is left open would hold room in the budget
        store.calls.lose(call_id)
        raise
    store.calls.finish(
        call_id,
        reply.usage,
        reply.cost_usd,
        time.monotonic() - started,
        reply.first_token_seconds,
        reply.request_id,
    )
    return reply


def plan_call(
    store: Store,
    settings: ProviderSettings,
    request: Request,
    purpose: Purpose,
    payer: Payer,
    drop_id: int | None,
    watch: str,
    conversation_id: str | None,
) -> PlannedCall:
    """Raises PriceUnknown where a budget in money is set and no price is known."""
    model = settings.model or ""
    input_tokens = round(
        models.estimate_request(request, settings)
        * store.calibrations.factor(str(settings.name), model)
    )
    output_tokens = min(settings.max_output_tokens, EXPECTED_OUTPUT_TOKENS)
    cost_usd = models.price(settings, Usage(input_tokens, output_tokens))
    if cost_usd is None and _limits_money(payer) and not models.is_own_server(settings):
        raise PriceUnknown(
            f"The budget is in money, and no price is known for {settings.name}’s model “{model}”.",
            f"Write `price: {{input: 3, output: 15}}` under “{settings.name}” in config.yaml, with "
            "its dollars for a million tokens; or give the budget in `tokens`.",
            provider=settings.name,
        )
    return PlannedCall(
        user=payer.user,
        watch=watch,
        drop_id=drop_id,
        conversation_id=conversation_id,
        purpose=purpose,
        provider=settings.name,
        model=model,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cost_usd=cost_usd,
    )


def _limits_money(payer: Payer) -> bool:
    allowances = (payer.budget.total, payer.budget.of(payer.user))
    return any(
        ceiling.usd is not None
        for allowance in allowances
        for ceiling in (allowance.day, allowance.month)
    )


def _restore(pause: Pause) -> ProviderError:
    """The error that began the pause, as it was said then."""
    for kind in (*_PAUSING, Overloaded):
        error = kind(pause.what_happened, pause.next_step, provider=pause.provider)
        if error.code == pause.code:
            return error
    return Unreachable(pause.what_happened, pause.next_step, provider=pause.provider)

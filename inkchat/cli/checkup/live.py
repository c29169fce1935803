"""One tiny call to a provider, entered among all other calls."""

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from inkchat.config import ProviderSettings, Settings
from inkchat.domain import Note, NoteKind, Page, Request, Usage
from inkchat.errors import InkchatError

if TYPE_CHECKING:
    from inkchat.store import Store

MOST_OUTPUT_TOKENS = 1024
_QUESTION = "Answer with OK."


@dataclass(frozen=True, slots=True)
class Called:
    """What came of a call."""

    provider: str
    model: str
    error: str = ""
    """What happened and what to do; empty if it was answered."""
    answer: str = ""
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


def estimate_cost(settings: ProviderSettings) -> float | None:
    """The most that the call may take, in US dollars; None if unknown."""
    from inkchat import models

    bounded = _bound(settings)
    tokens = models.estimate_request(_make_request(bounded), bounded)
    usage = Usage(input_tokens=tokens, output_tokens=bounded.max_output_tokens)
    return models.price(bounded, usage)


def call(settings: Settings, provider: ProviderSettings, store: "Store") -> Called:
    """Ask once, within the budgets; raises StoreError only."""
    from inkchat import models
    from inkchat.asking.call import Payer, make_side_call, plan_call
    from inkchat.store import Purpose

    bounded = _bound(provider)
    request = _make_request(bounded)
    watch = settings.watches[0]
    payer = Payer(watch.user, settings.budget)
    started = time.monotonic()
    try:
        planned = plan_call(store, bounded, request, Purpose.CHECK, payer, None, watch.name, None)
        # A person asks: that outweighs a pause after earlier failures.
        store.pauses.end(models.identify(bounded))
        reply = make_side_call(store, bounded, request, planned, payer)
    except InkchatError as error:
        if error.exit_code != InkchatError.exit_code:
            raise
        return Called(provider.name, provider.model or "", error=str(error))
    return Called(
        provider.name,
        reply.model,
        answer=reply.answer.strip(),
        seconds=time.monotonic() - started,
        input_tokens=reply.usage.input_tokens,
        output_tokens=reply.usage.output_tokens,
        cost_usd=reply.cost_usd,
    )


def _bound(settings: ProviderSettings) -> ProviderSettings:
    most = min(settings.max_output_tokens, MOST_OUTPUT_TOKENS)
    return replace(settings, max_output_tokens=most)


def _make_request(settings: ProviderSettings) -> Request:
    page = Page(number=1, text=_QUESTION, picture=None, width_px=0, height_px=0, fingerprint="")
    return Request(
        system=settings.system_prompt,
        history=(),
        note=Note(NoteKind.TEXT, (page,)),
        instruction="The new note has 1 page, given as typed text.",
    )

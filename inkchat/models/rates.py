"""What the table of prices knows of a model, as plain numbers, looked up in a child process.

The table and the package around it take megabytes, and a service asks for a model or two: so it
is loaded in a child that sends these numbers back and ends.
"""

import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from inkchat import sandbox
from inkchat.domain import Usage

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

log = logging.getLogger(__name__)

_LIMITS = sandbox.ChildLimits(memory_mb=1024, processor_seconds=20, wall_seconds=60.0)
_turn = threading.Lock()
"""Notes that come together ask for the same model, and one child finds it for all."""
_QUARTER_MINUTES = 15
"""Prices that change in the course of a day do so at a full quarter of an hour."""
_COUNTED = 1_000_000
"""Prices are for so many tokens, and a single one would lose digits."""


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars for a call, and for one token of each kind in it."""

    above_tokens: int
    """They hold for all tokens of a call with more input tokens than this."""
    call_usd: float
    input_usd: float
    cached_usd: float
    written_usd: float
    """Into a cache of minutes, in the place of `input_usd`."""
    kept_usd: float
    """Into a cache of an hour."""
    output_usd: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of one vendor."""

    context_tokens: int | None
    rates: tuple[Rates, ...]
    """By `above_tokens`, the lowest first; empty where the table has no price."""
    varies_within_a_day: bool


def find_entry(model: str, provider_id: str | None, url: str | None) -> Entry | None:
    """What is known now; None for a model that the table does not have.

    `provider_id` is the vendor as the table calls it; without one, `url` is looked up among the
    vendors' addresses.
    """
    now = datetime.now(UTC)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    with _turn:
        entry = _look_up(model, provider_id, url, day)
        if entry is not None and entry.varies_within_a_day:
            quarter = now.replace(minute=now.minute // _QUARTER_MINUTES * _QUARTER_MINUTES)
            entry = _look_up(model, provider_id, url, quarter.replace(second=0, microsecond=0))
    return entry


def price_usage(rates: tuple[Rates, ...], usage: Usage, *, is_kept: bool) -> float | None:
    """US dollars; None for counts that do not add up. `is_kept`: in the cache for an hour."""
    fresh = usage.input_tokens - usage.cached_tokens - usage.cache_written_tokens
    holding = [each for each in rates if each.above_tokens < usage.input_tokens] or rates[:1]
    if fresh < 0 or not holding:
        return None
    held = holding[-1]
    return (
        held.call_usd
        + fresh * held.input_usd
        + usage.cached_tokens * held.cached_usd
        + usage.cache_written_tokens * (held.kept_usd if is_kept else held.written_usd)
        + usage.output_tokens * held.output_usd
    )


@lru_cache(maxsize=64)
def _look_up(
    model: str, provider_id: str | None, url: str | None, moment: datetime
) -> Entry | None:
    try:
        return sandbox.run_in_child(read_entry, model, provider_id, url, moment, limits=_LIMITS)
    except (OSError, sandbox.ChildFailed) as error:
        # A budget counts in dollars: rather spend the memory than not know the price.
        log.info("The table of prices is loaded here: %s", error)
        return read_entry(model, provider_id, url, moment)


def read_entry(
    model: str, provider_id: str | None, url: str | None, moment: datetime
) -> Entry | None:
    """The same out of the table in this process: where the child begins."""
    from genai_prices.data_snapshot import get_snapshot
    from genai_prices.types import ModelPrice, TimeOfDateConstraint

    try:
        provider, info = get_snapshot().find_provider_model(model, None, provider_id, url)
    except LookupError:
        return None
    conditional = [] if isinstance(info.prices, ModelPrice) else info.prices
    return Entry(
        info.context_window,
        _read_all_rates(info, provider, moment),
        any(isinstance(each.constraint, TimeOfDateConstraint) for each in conditional),
    )


def _read_all_rates(info: "ModelInfo", provider: "Provider", moment: datetime) -> tuple[Rates, ...]:
    try:
        starts = _list_starts(info, moment)
        return tuple(_read_rates(info, provider, start, moment) for start in starts)
    except (ValueError, IndexError) as error:  # an entry at odds with itself
        log.warning("The price of %s is not understood: %s", info.id, error)
        return ()


def _list_starts(info: "ModelInfo", moment: datetime) -> list[int]:
    """The numbers of input tokens above which another price holds, and 0."""
    from genai_prices.types import TieredPrices

    prices = vars(info.get_prices(moment)).values()
    tiered = [price for price in prices if isinstance(price, TieredPrices)]
    return sorted({0, *(tier.start for price in tiered for tier in price.tiers)})


def _read_rates(info: "ModelInfo", provider: "Provider", start: int, moment: datetime) -> Rates:
    """By pricing so many tokens of one kind as to be above `start`."""
    from genai_prices import Usage as TableUsage

    def calculate(**counts: int) -> float:
        usage = TableUsage(**counts)
        price = info.calc_price(usage, provider, genai_request_timestamp=moment)
        return float(price.total_price)

    # Every kind of input is priced by all that come in; so the smallest number serves for all.
    count = start + 1
    call = calculate()
    fresh = calculate(input_tokens=count)
    cached = calculate(input_tokens=count, cache_read_tokens=count)
    written = calculate(input_tokens=count, cache_write_tokens=count)
    kept = calculate(input_tokens=count, cache_write_tokens=count, cache_write_1h_tokens=count)
    answered = calculate(input_tokens=count, output_tokens=_COUNTED)
    return Rates(
        above_tokens=start,
        call_usd=call,
        input_usd=(fresh - call) / count,
        cached_usd=(cached - call) / count,
        written_usd=(written - call) / count,
        kept_usd=(kept - call) / count,
        output_usd=(answered - fresh) / _COUNTED,
    )

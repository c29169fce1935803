"""What a call costs and how much a model takes, by a table that comes with a package.

The table is read from the installed package and never fetched: nobody is told what is asked. It
is loaded when the first price is wanted, in some 0.1 s and 10 MB.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from inkchat.config import Price, ProviderName, ProviderSettings
from inkchat.domain import CacheLife, Usage
from inkchat.models.addresses import find_address

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

_IDS = {
    ProviderName.ANTHROPIC: "anthropic",
    ProviderName.OPENAI: "openai",
    ProviderName.GEMINI: "google",
    ProviderName.GROK: "x-ai",
}
"""As the table calls them."""
_WINDOWS = {
    # The smallest of each vendor's current models.
    ProviderName.ANTHROPIC: 200_000,
    ProviderName.OPENAI: 200_000,
    ProviderName.GEMINI: 1_000_000,
    ProviderName.GROK: 256_000,
}
_WINDOW = 32_768
"""For a model that nobody knows, often on a small machine."""


def price(
    settings: ProviderSettings,
    usage: Usage,
    model: str = "",
    cache: CacheLife = CacheLife.SHORT,
) -> float | None:
    """US dollars for one call; None where the price or the tokens are not known, never a guess.

    `model` is the one that answered, which may be a dated form of the one that was asked. `cache`
    is how long the vendor was asked to keep what it wrote into its cache.
    """
    if usage.total_tokens == 0:
        return None
    if settings.price is not None:
        return _multiply(settings.price, usage)
    found = _find(settings, model) or _find(settings)
    if found is None:
        return None
    from genai_prices import Usage as TableUsage

    provider, info = found
    lives = {"cache_write_1h_tokens": usage.cache_written_tokens}
    counted = TableUsage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_written_tokens,
        **(lives if cache is CacheLife.LONG else {}),
    )
    try:
        return float(info.calc_price(counted, provider).total_price)
    except ValueError:
        # A server's numbers that do not add up, such as more cached tokens than there are.
        return None


def find_window(settings: ProviderSettings) -> int:
    """How many tokens the model takes and gives in one call, as configured, known or likely."""
    if settings.context_tokens is not None:
        return settings.context_tokens
    if settings.name is ProviderName.OLLAMA and settings.num_ctx is not None:
        return settings.num_ctx
    found = _find(settings)
    known = found[1].context_window if found is not None else None
    return known or _WINDOWS.get(settings.name, _WINDOW)


def _multiply(price: Price, usage: Usage) -> float:
    cached_usd = price.input_usd if price.cached_usd is None else price.cached_usd
    cached = min(usage.cached_tokens, usage.input_tokens)
    dollars = (
        Decimal(str(price.input_usd)) * (usage.input_tokens - cached)
        + Decimal(str(cached_usd)) * cached
        + Decimal(str(price.output_usd)) * usage.output_tokens
    )
    return float(dollars / 1_000_000)


def _find(settings: ProviderSettings, model: str = "") -> "tuple[Provider, ModelInfo] | None":
    """The table's entry for the model, or for the configured one where none is given.

    A server that is no known vendor's has no price: the same name costs elsewhere what it costs.
    """
    model = model or settings.model or ""
    provider_id = _IDS.get(settings.name)
    # An address is looked up among those of the vendors.
    url = find_address(settings) if settings.name is ProviderName.COMPATIBLE else None
    if not model or (provider_id is None and not url):
        return None
    from genai_prices.data_snapshot import get_snapshot

    try:
        return get_snapshot().find_provider_model(model, None, provider_id, url)
    except LookupError:
        return None

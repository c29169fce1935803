"""What a call costs and how much a model takes, by a table that comes with a package.

The table is read from the installed package and never fetched: nobody is told what is asked. See
`rates` for how.
"""

import math
from decimal import Decimal

from inkchat.config import Price, ProviderName, ProviderSettings
from inkchat.domain import CacheLife, Usage
from inkchat.models import rates
from inkchat.models.addresses import find_address, is_own_server

_IDS = {
    ProviderName.ANTHROPIC: "anthropic",
    ProviderName.OPENAI: "openai",
    ProviderName.GEMINI: "google",
    ProviderName.GROK: "x-ai",
}
"""As the table calls them."""
_FREE_AT_HOME = (ProviderName.COMPATIBLE, ProviderName.OLLAMA)
"""On this machine they are models; what answers there for a vendor may pass the call on to it."""
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
    is how long the vendor was asked to keep what it wrote into its cache. Raises nothing, whatever
    the counts.
    """
    if settings.price is None and settings.name in _FREE_AT_HOME and is_own_server(settings):
        return 0.0
    if usage.total_tokens == 0:
        return None
    try:
        dollars = _multiply_out(settings, usage, model, cache)
    except ArithmeticError:  # counts beyond all numbers
        return None
    return dollars if dollars is not None and math.isfinite(dollars) else None


def find_window(settings: ProviderSettings) -> int:
    """How many tokens the model takes and gives in one call, as configured, known or likely."""
    if settings.context_tokens is not None:
        return settings.context_tokens
    if settings.name is ProviderName.OLLAMA and settings.num_ctx is not None:
        return settings.num_ctx
    found = _find(settings)
    known = found.context_tokens if found is not None else None
    return known or _WINDOWS.get(settings.name, _WINDOW)


def _multiply_out(
    settings: ProviderSettings, usage: Usage, model: str, cache: CacheLife
) -> float | None:
    if settings.price is not None:
        return _multiply(settings.price, usage)
    entry = _find(settings, model) or _find(settings)
    if entry is None:
        return None
    return rates.price_usage(entry.rates, usage, is_kept=cache is CacheLife.LONG)


def _multiply(price: Price, usage: Usage) -> float:
    cached_usd = price.input_usd if price.cached_usd is None else price.cached_usd
    cached = min(usage.cached_tokens, usage.input_tokens)
    dollars = (
        Decimal(str(price.input_usd)) * (usage.input_tokens - cached)
        + Decimal(str(cached_usd)) * cached
        + Decimal(str(price.output_usd)) * usage.output_tokens
    )
    return float(dollars / 1_000_000)


def _find(settings: ProviderSettings, model: str = "") -> rates.Entry | None:
    """The table's entry for the model, or for the configured one where none is given.

    A server that is no known vendor's has no price: the same name costs elsewhere what it costs.
    """
    model = model or settings.model or ""
    provider_id = _IDS.get(settings.name)
    # An address is looked up among those of the vendors.
    url = find_address(settings) if settings.name is ProviderName.COMPATIBLE else None
    if not model or (provider_id is None and not url):
        return None
    return rates.find_entry(model, provider_id, url)

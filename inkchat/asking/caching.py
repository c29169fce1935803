"""Whether a vendor is asked to keep the beginning of a request: writing it costs extra.

Notes come minutes or hours apart. What nobody reads again before it is forgotten is a loss, so
a cache is written only where another note of the conversation waits or has come just before.
"""

from inkchat.config import Caching, ProviderName, ProviderSettings
from inkchat.domain import CacheLife

_SHORT_SECONDS = 5 * 60
_LONG_SECONDS = 60 * 60
_OPENAI_SECONDS = 30 * 60
"""How long the vendors keep it at least, by their documentation."""


def choose_cache_life(
    settings: ProviderSettings, seconds_since_last: float | None, waiting_notes: int
) -> CacheLife:
    """`seconds_since_last` exchange of the conversation, None for its first; others that wait."""
    if settings.cache is Caching.OFF:
        return CacheLife.OFF
    if settings.cache is Caching.ON:
        return CacheLife.LONG
    since = float("inf") if seconds_since_last is None else seconds_since_last
    if settings.name is ProviderName.ANTHROPIC:
        if waiting_notes or since < _SHORT_SECONDS:
            return CacheLife.SHORT
        return CacheLife.LONG if since < _LONG_SECONDS else CacheLife.OFF
    if settings.name is ProviderName.OPENAI and (waiting_notes or since < _OPENAI_SECONDS):
        return CacheLife.SHORT
    return CacheLife.OFF

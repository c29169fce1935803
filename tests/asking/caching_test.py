"""A cache is written only where it will be read."""

import pytest

from inkchat.asking.caching import choose_cache_life
from inkchat.config import Caching, ProviderName, ProviderSettings
from inkchat.domain import CacheLife

OFF, SHORT, LONG = CacheLife.OFF, CacheLife.SHORT, CacheLife.LONG
CLAUDE, OPENAI = ProviderName.ANTHROPIC, ProviderName.OPENAI


@pytest.mark.parametrize(
    ("name", "seconds_since_last", "waiting_notes", "expected"),
    [
        (CLAUDE, None, 0, OFF),
        (CLAUDE, None, 1, SHORT),
        (CLAUDE, 60.0, 0, SHORT),
        (CLAUDE, 299.0, 0, SHORT),
        (CLAUDE, 301.0, 0, LONG),
        (CLAUDE, 3599.0, 0, LONG),
        (CLAUDE, 3601.0, 0, OFF),
        (CLAUDE, 86_400.0, 1, SHORT),
        (OPENAI, None, 0, OFF),
        (OPENAI, 1799.0, 0, SHORT),
        (OPENAI, 1801.0, 0, OFF),
        (OPENAI, None, 2, SHORT),
        (ProviderName.GEMINI, 60.0, 3, OFF),
        (ProviderName.GROK, 60.0, 3, OFF),
        (ProviderName.OLLAMA, 60.0, 3, OFF),
    ],
)
def test_auto_asks_for_it_where_another_note_is_near(
    name: ProviderName, seconds_since_last: float | None, waiting_notes: int, expected: CacheLife
) -> None:
    settings = ProviderSettings(name)

    assert expected is choose_cache_life(settings, seconds_since_last, waiting_notes)


@pytest.mark.parametrize(("caching", "expected"), [(Caching.ON, LONG), (Caching.OFF, OFF)])
def test_a_persons_word_holds(caching: Caching, expected: CacheLife) -> None:
    settings = ProviderSettings(CLAUDE, cache=caching)

    assert expected is choose_cache_life(settings, 60.0, 1)

"""Where words may be hyphenated, if `pyphen` is installed and has the language."""

from functools import cache, lru_cache
from typing import Protocol, cast

_SHORTEST = 6
"""Letters of a word that is hyphenated."""


class _Patterns(Protocol):
    def positions(self, word: str) -> list[int]: ...


def find_breaks(word: str, language: str) -> list[int]:
    """Before which letters of `word` a hyphen may stand, by its language such as `de` or `en-GB`.

    At least three letters stand before it and behind it.
    """
    if len(word) < _SHORTEST:
        return []
    return [place for place in _find_positions(word, language) if 3 <= place <= len(word) - 3]


@lru_cache(maxsize=4096)
def _find_positions(word: str, language: str) -> tuple[int, ...]:
    patterns = _load_patterns(language)
    return tuple(patterns.positions(word)) if patterns else ()


@cache
def _load_patterns(language: str) -> _Patterns | None:
    try:
        import pyphen
    except ImportError:
        return None
    known = pyphen.language_fallback(language.replace("-", "_"))
    return cast(_Patterns, pyphen.Pyphen(lang=known)) if known else None

"""Where words may be hyphenated, if `pyphen` is installed and has the language.

A word that no line holds is parted anyway, at the best place that can be found.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Protocol, cast

_SHORTEST = 6
"""Letters of a word that is hyphenated."""
_LONGEST = 100
"""Of one that is looked for among the patterns."""
_LEAST = 3
"""Letters before a hyphen, and behind it."""
_LETTERS = re.compile("[A-Za-z\u00c0-\u024f\u0370-\u052f\u1e00-\u1fff]{2,}")
"""Of Latin, Greek and Cyrillic, which have hyphens."""
_NO_WORD = re.compile(r"[\d\\@_<>{}~|]|[?&.:#=]\w|[a-z][A-Z]")
"""In an address, a number or a name in code, where a hyphen could be a part of it."""
_ONE_SOUND = re.compile("[cpstg]h|ck|qu", re.IGNORECASE)
"""Letters that are not parted from one another."""
_VOWELS = frozenset("aeiouyαεηιουωаеиоуыэюяіє")


class _Patterns(Protocol):
    def positions(self, word: str) -> list[int]: ...


def find_breaks(word: str, language: str) -> list[int]:
    """Before which letters of `word` a hyphen may stand, by its language such as `de` or `en-GB`.

    At least three letters stand before it and behind it.
    """
    if len(word) < _SHORTEST:
        return []
    return [
        place for place in _find_positions(word, language) if _LEAST <= place <= len(word) - _LEAST
    ]


def may_have_hyphens(text: str) -> bool:
    """Whether `text`, without blanks, is a word, and no address, number or name in code."""
    return not _NO_WORD.search(text)


def find_partings(text: str, language: str) -> tuple[set[int], ...]:
    """Before which letters of `text`, that must be parted, a hyphen may stand; the best first."""
    known: set[int] = set()
    syllables: set[int] = set()
    enough: set[int] = set()
    others: set[int] = set()
    for found in _LETTERS.finditer(text):
        start, word = found.start(), found[0]
        if language and len(word) <= _LONGEST:
            known.update(start + place for place in find_breaks(word, language))
        joined = {match.start() + 1 for match in _ONE_SOUND.finditer(word)}
        places = [place for place in range(_LEAST, len(word) - _LEAST + 1) if place not in joined]
        enough.update(start + place for place in places)
        syllables.update(start + place for place in places if _begins_syllable(word, place))
        others.update(range(start + 1, start + len(word)))
    return known, syllables, enough, others


def _begins_syllable(word: str, place: int) -> bool:
    """Whether a consonant stands there before a vowel: so it is in most languages."""
    return not _is_vowel(word[place]) and _is_vowel(word[place + 1])


def _is_vowel(letter: str) -> bool:
    return unicodedata.normalize("NFD", letter)[0].lower() in _VOWELS


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

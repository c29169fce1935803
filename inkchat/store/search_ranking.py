"""What is looked for, read from any text, and how well what was found fits."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log
from typing import Any

from sqlalchemy import Row

MOST_WORDS = 24
"""Of a query: a whole page of words would find everything."""
LONGEST_SHORT_WORD = 2
"""Letters of words that say little, and are looked for only where there are no others."""

_PHRASE = re.compile('["“”„]([^"“”„]*)["“”„]')
WORD = re.compile(r"[^\W_]+")

_TITLE_COUNTS, _TRANSCRIPT_COUNTS = 5.0, 1.5
"""As often as a word in an answer."""
_SATURATION, _BY_LENGTH = 1.2, 0.75
"""As in FTS5’s own bm25."""


class Place(StrEnum):
    """Where in an exchange most of the words stand."""

    CONVERSATION_TITLE = "title of the conversation"
    TITLE = "title"
    NOTE = "note"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or a phrase in quotation marks."""

    words: tuple[str, ...]
    """As they were given: FTS5 folds them in its own way."""
    folded: tuple[str, ...]

    @property
    def query(self) -> str:
        """In the language of FTS5."""
        return f'"{" ".join(self.words)}"'

    @property
    def letters(self) -> int:
        return sum(map(len, self.words))


@dataclass(frozen=True, slots=True)
class Candidate:
    row: Row[Any]
    counts: dict[Place, dict[Term, int]]
    """How often each term stands there."""
    length: int
    """In words."""

    @property
    def found(self) -> set[Term]:
        return {term for counts in self.counts.values() for term in counts}


def read_terms(words: str) -> list[Term]:
    """Phrases and words, each once; of many words the longest, which say the most."""
    words = unicodedata.normalize("NFC", words)
    found = [tuple(WORD.findall(phrase)) for phrase in _PHRASE.findall(words)]
    found += [(word,) for word in WORD.findall(_PHRASE.sub(" ", words))]
    terms = {folded: Term(one, folded) for one in found if (folded := tuple(map(fold, one)))}
    distinct = list(terms.values())
    long = [term for term in distinct if term.letters > LONGEST_SHORT_WORD] or distinct
    kept = sorted(long, key=lambda term: term.letters, reverse=True)[:MOST_WORDS]
    return [term for term in long if term in kept]


def fold(word: str) -> str:
    """Without case and marks."""
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFD", word.lower())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def split_words(said: str) -> list[str]:
    return [fold(word) for word in WORD.findall(unicodedata.normalize("NFC", said))]


def weigh(count: float, of_all: float) -> float:
    return log(1 + (max(of_all - count, 0) + 0.5) / (count + 0.5))


def count_terms(row: Row[Any], terms: Sequence[Term]) -> Candidate:
    words = {
        Place.CONVERSATION_TITLE: split_words(row.conversation_title or ""),
        Place.TITLE: split_words(row.title or ""),
        Place.NOTE: split_words(row.transcript or ""),
        Place.ANSWER: split_words(row.answer or ""),
    }
    counts = {place: _count_in(said, terms) for place, said in words.items()}
    return Candidate(row, counts, sum(map(len, words.values())))


def _count_in(words: list[str], terms: Sequence[Term]) -> dict[Term, int]:
    by_word = Counter(words)
    counts = {term: by_word[term.folded[0]] for term in terms}
    for term in terms:
        if len(term.folded) > 1 and counts[term]:
            counts[term] = f" {' '.join(words)} ".count(f" {' '.join(term.folded)} ")
    return {term: count for term, count in counts.items() if count}


def rank(candidates: Sequence[Candidate], weights: dict[Term, float]) -> list[Candidate]:
    mean = sum(candidate.length for candidate in candidates) / max(len(candidates), 1) or 1.0

    def fit(candidate: Candidate) -> tuple[bool, float, int]:
        found = candidate.found
        by_length = 1 - _BY_LENGTH + _BY_LENGTH * candidate.length / mean
        score = 0.0
        for term in found:
            count = _count_weighted(candidate, term)
            score += weights[term] * count / (count + _SATURATION * by_length)
        return len(found) == len(weights), score, candidate.row.search_id

    return sorted(candidates, key=fit, reverse=True)


def _count_weighted(candidate: Candidate, term: Term) -> float:
    in_place = {place: counts.get(term, 0) for place, counts in candidate.counts.items()}
    # The title of a conversation is mostly that of its first exchange: it counts once.
    in_titles = max(in_place[Place.TITLE], in_place[Place.CONVERSATION_TITLE])
    return (
        _TITLE_COUNTS * in_titles
        + _TRANSCRIPT_COUNTS * in_place[Place.NOTE]
        + in_place[Place.ANSWER]
    )

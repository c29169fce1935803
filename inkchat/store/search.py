"""Search: where in earlier conversations the same was spoken of, by words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log
from typing import Any

from sqlalchemy import Connection, Row, text

from inkchat.store.database import Database
from inkchat.store.search_lists import Lists

MOST_WORDS = 24
"""Of a query: a whole page of words would find everything."""
LONGEST_SHORT_WORD = 2
"""Letters of words that say little, and are looked for only where there are no others."""
PASSAGE_WORDS = 24
MOST_COMPARED = 80
"""Exchanges whose texts are read: those with the rarest of the words, or the newest."""

_PHRASE = re.compile('["“”„]([^"“”„]*)["“”„]')
_WORD = re.compile(r"[^\W_]+")

_TITLE_COUNTS, _TRANSCRIPT_COUNTS = 5.0, 1.5
"""As often as a word in an answer."""
_SATURATION, _BY_LENGTH = 1.2, 0.75
"""As in FTS5’s own bm25."""

_OPEN, _CLOSE = "\x02", "\x03"

_READ = """
    SELECT e.search_id, e.conversation_id, e.sequence_number, e.created_at, e.title, e.transcript,
        iif(e.provider = 'Offline', '', e.response_text) AS answer,
        c.code, c.title AS conversation_title
    FROM json_each(:ids) AS given
        CROSS JOIN exchanges AS e ON e.search_id = given.value
        CROSS JOIN conversations AS c ON c.conversation_id = e.conversation_id
    WHERE e.outcome = 'answered'
"""
_READ_OF_ALL, _READ_OF_USER = text(_READ), text(f"{_READ} AND c.user_id = :user")
_NUMBERS_IN = text("SELECT search_id FROM exchanges WHERE conversation_id = :conversation_id")
_CUT_OUT = text(
    """
    SELECT snippet(exchange_words, :column, :open, :close, '…', :words)
    FROM exchange_words WHERE exchange_words MATCH :query AND rowid = :search_id
    """
)


class Place(StrEnum):
    """Where in an exchange most of the words stand."""

    CONVERSATION_TITLE = "title of the conversation"
    TITLE = "title"
    NOTE = "note"
    ANSWER = "answer"


_COLUMNS = {Place.TITLE: 0, Place.NOTE: 1, Place.ANSWER: 2}


@dataclass(frozen=True, slots=True)
class Hit:
    """An exchange in which the words were found."""

    conversation_id: str
    number: int
    """Of the exchange in its conversation."""
    title: str
    """Of the exchange."""
    created_at: str
    passage: str
    """Where the words stand, with … where it was cut."""
    code: str = ""
    """Of the conversation."""
    conversation_title: str = ""
    place: Place = Place.ANSWER
    """Where the passage stands."""
    marks: tuple[tuple[int, int], ...] = ()
    """Beginning and end, in characters of the passage, of each word that was looked for."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or a phrase in quotation marks; folded, so that it is compared as FTS5 does."""

    words: tuple[str, ...]

    @property
    def query(self) -> str:
        """In the language of FTS5."""
        return f'"{" ".join(self.words)}"'

    @property
    def letters(self) -> int:
        return sum(map(len, self.words))


@dataclass(frozen=True, slots=True)
class _Candidate:
    row: Row[Any]
    counts: dict[Place, dict[Term, int]]
    """How often each term stands there."""
    length: int

    @property
    def found(self) -> set[Term]:
        return {term for counts in self.counts.values() for term in counts}


class Search:
    """The tables of words, which triggers keep in step with exchanges and titles.

    Exchanges with all the words come before those with some; within either, the most fitting
    come first by bm25, in which a rare word weighs more than a common one, and a word in a title
    as much as five in an answer. So that a search among a million exchanges takes no longer than
    a person notices, of a word that stands in more than `MOST_LISTED` of the user’s exchanges
    only the newest count, and its rarity is estimated from how close together they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(
        self, words: str, user: str | None, limit: int, besides_conversation: str = ""
    ) -> list[Hit]:
        """What was answered to this user with any of the words, the most fitting first.

        `words` may be any text; what stands in quotation marks is looked for as a phrase.
        What belongs to nobody or to another user is not found (None: whoever it belongs to), nor
        is what failed or was a command, and of what Offline answered only the title and what was
        read from the note.
        """
        terms = read_terms(words)
        if not terms or limit < 1:
            return []
        with self._database.read() as connection:
            besides = frozenset(
                connection.execute(_NUMBERS_IN, {"conversation_id": besides_conversation}).scalars()
                if besides_conversation
                else ()
            )
            lists = Lists(connection, user, besides)
            found = lists.list_newest([term.query for term in terms]) if lists.count else []
            first = lists.choose(found, max(MOST_COMPARED, limit)) if found else []
            candidates = _read(connection, first, user, terms)
            rarity = {listed.query: _weigh(listed.count, lists.count) for listed in found}
            weights = {term: rarity.get(term.query, 0.0) for term in terms}
            ranked = _rank(candidates, weights)[:limit]
            return [_make_hit(connection, candidate, terms) for candidate in ranked]


def read_terms(words: str) -> list[Term]:
    """Phrases and words, each once; of many words the longest, which say the most."""
    words = unicodedata.normalize("NFC", words)
    phrases = [Term(tuple(_WORD.findall(fold(one)))) for one in _PHRASE.findall(words)]
    single = [Term((word,)) for word in _WORD.findall(fold(_PHRASE.sub(" ", words)))]
    terms = list(dict.fromkeys(term for term in phrases + single if term.words))
    long = [t for t in terms if len(t.words) > 1 or len(t.words[0]) > LONGEST_SHORT_WORD] or terms
    kept = sorted(long, key=lambda term: term.letters, reverse=True)[:MOST_WORDS]
    return [term for term in long if term in kept]


def fold(words: str) -> str:
    """Without case and marks, as FTS5 folds them."""
    if words.isascii():
        return words.lower()
    parts = unicodedata.normalize("NFD", words.lower())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def _weigh(count: float, of_all: float) -> float:
    return log(1 + (max(of_all - count, 0) + 0.5) / (count + 0.5))


def _read(
    connection: Connection, numbers: Iterable[int], user: str | None, terms: Sequence[Term]
) -> list[_Candidate]:
    ids = f"[{','.join(map(str, numbers))}]"
    statement = _READ_OF_ALL if user is None else _READ_OF_USER
    rows = connection.execute(statement, {"ids": ids, "user": user} if user else {"ids": ids})
    return [_count_terms(row, terms) for row in rows]


def _count_terms(row: Row[Any], terms: Sequence[Term]) -> _Candidate:
    folded = {
        Place.CONVERSATION_TITLE: fold(row.conversation_title or ""),
        Place.TITLE: fold(row.title or ""),
        Place.NOTE: fold(row.transcript or ""),
        Place.ANSWER: fold(row.answer or ""),
    }
    counts = {place: _count_in(said, terms) for place, said in folded.items()}
    return _Candidate(row, counts, sum(map(len, folded.values())))


def _count_in(said: str, terms: Sequence[Term]) -> dict[Term, int]:
    words = _WORD.findall(said)
    by_word = Counter(words)
    counts = {term: by_word[term.words[0]] for term in terms}
    for term in terms:
        if len(term.words) > 1 and counts[term]:
            counts[term] = f" {' '.join(words)} ".count(f" {' '.join(term.words)} ")
    return {term: count for term, count in counts.items() if count}


def _rank(candidates: Sequence[_Candidate], weights: dict[Term, float]) -> list[_Candidate]:
    mean = sum(candidate.length for candidate in candidates) / max(len(candidates), 1) or 1.0

    def fit(candidate: _Candidate) -> tuple[bool, float, int]:
        found = candidate.found
        by_length = 1 - _BY_LENGTH + _BY_LENGTH * candidate.length / mean
        score = 0.0
        for term in found:
            count = _count_weighted(candidate, term)
            score += weights[term] * count / (count + _SATURATION * by_length)
        return len(found) == len(weights), score, candidate.row.search_id

    return sorted(candidates, key=fit, reverse=True)


def _count_weighted(candidate: _Candidate, term: Term) -> float:
    in_place = {place: counts.get(term, 0) for place, counts in candidate.counts.items()}
    # The title of a conversation is mostly that of its first exchange: it counts once.
    in_titles = max(in_place[Place.TITLE], in_place[Place.CONVERSATION_TITLE])
    return (
        _TITLE_COUNTS * in_titles
        + _TRANSCRIPT_COUNTS * in_place[Place.NOTE]
        + in_place[Place.ANSWER]
    )


def _make_hit(connection: Connection, candidate: _Candidate, terms: Sequence[Term]) -> Hit:
    row = candidate.row
    # Of equals the one that tells most.
    place = max(reversed(Place), key=lambda place: len(candidate.counts[place]))
    marked = _cut_out(connection, candidate, place, terms)
    passage, marks = _take_marks(marked)
    return Hit(
        conversation_id=row.conversation_id,
        number=row.sequence_number or 0,
        title=row.title or "",
        created_at=row.created_at or "",
        passage=passage,
        code=row.code or "",
        conversation_title=row.conversation_title or "",
        place=place,
        marks=marks,
    )


def _cut_out(
    connection: Connection, candidate: _Candidate, place: Place, terms: Sequence[Term]
) -> str:
    if place is Place.CONVERSATION_TITLE:
        return _mark_words(candidate.row.conversation_title, terms)
    there = candidate.counts[place]
    values = {
        "column": _COLUMNS[place] if there else -1,
        "open": _OPEN,
        "close": _CLOSE,
        "words": PASSAGE_WORDS,
        "query": " OR ".join(term.query for term in there or terms),
        "search_id": candidate.row.search_id,
    }
    return connection.execute(_CUT_OUT, values).scalar_one_or_none() or ""


def _mark_words(title: str, terms: Sequence[Term]) -> str:
    def mark(word: re.Match[str]) -> str:
        folded = fold(unicodedata.normalize("NFC", word[0]))
        is_meant = any(folded in term.words for term in terms)
        return f"{_OPEN}{word[0]}{_CLOSE}" if is_meant else word[0]

    return _WORD.sub(mark, title)


def _take_marks(marked: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The plain passage, and where the marks stood in it."""
    passage = ""
    marks = []
    for piece in re.split(f"({_OPEN}[^{_OPEN}{_CLOSE}]*{_CLOSE})", marked):
        plain = piece.replace(_OPEN, "").replace(_CLOSE, "")
        if len(piece) >= len(plain) + 2 and piece.startswith(_OPEN):
            marks.append((len(passage), len(passage) + len(plain)))
        passage += plain
    return passage, tuple(marks)

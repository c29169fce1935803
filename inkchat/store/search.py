"""Search: where in earlier conversations the same was spoken of, by words."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from inkchat.store.database import Database
from inkchat.store.m004_words_in_arrears import ARE_IN_ARREARS, take_up_words
from inkchat.store.search_lists import Lists
from inkchat.store.search_ranking import (
    WORD,
    Candidate,
    Place,
    Term,
    count_terms,
    fold,
    rank,
    read_terms,
    weigh,
)
from inkchat.store.values import make_storable

PASSAGE_WORDS = 24
MOST_COMPARED = 80
"""Exchanges whose texts are read: those with the rarest of the words, or the newest."""

_OPEN, _CLOSE = "\x02", "\x03"

_READ = """
    SELECT e.search_id, e.conversation_id, e.sequence_number, e.created_at, e.provider, e.title,
        e.transcript,
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
    provider: str = ""
    """Display name of who answered."""


class Search:
    """The tables of words, which triggers and each search keep in step with exchanges and titles.

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
        user = None if user is None else make_storable(user)
        self._take_up_words()
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
            rarity = {listed.query: weigh(listed.count, lists.count) for listed in found}
            weights = {term: rarity.get(term.query, 0.0) for term in terms}
            ranked = rank(candidates, weights)[:limit]
            return [_make_hit(connection, candidate, terms) for candidate in ranked]

    def _take_up_words(self) -> None:
        """Of exchanges that were written since; so whatever was said is found at once."""
        with self._database.read() as connection:
            if not connection.exec_driver_sql(ARE_IN_ARREARS).scalar_one():
                return
        with self._database.write() as connection:
            take_up_words(connection)


def _read(
    connection: Connection, numbers: Iterable[int], user: str | None, terms: Sequence[Term]
) -> list[Candidate]:
    ids = f"[{','.join(map(str, numbers))}]"
    statement = _READ_OF_ALL if user is None else _READ_OF_USER
    rows = connection.execute(
        statement, {"ids": ids} if user is None else {"ids": ids, "user": user}
    )
    return [count_terms(row, terms) for row in rows]


def _make_hit(connection: Connection, candidate: Candidate, terms: Sequence[Term]) -> Hit:
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
        provider=row.provider or "",
    )


def _cut_out(
    connection: Connection, candidate: Candidate, place: Place, terms: Sequence[Term]
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
        is_meant = any(fold(word[0]) in term.folded for term in terms)
        return f"{_OPEN}{word[0]}{_CLOSE}" if is_meant else word[0]

    return WORD.sub(mark, unicodedata.normalize("NFC", title))


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

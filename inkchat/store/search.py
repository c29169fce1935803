"""Search: where in earlier conversations the same was spoken of, by words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import text

from inkchat.store.database import Database

MOST_WORDS = 24
"""Of a query: a whole page of words would find everything."""
LONGEST_SHORT_WORD = 2
"""Letters of words that say little, and are looked for only where there are no others."""
PASSAGE_WORDS = 24

# The passage is cut out in a second step: in the first it would be cut out of every row found.
_FIND = text(
    """
    SELECT e.search_id, e.conversation_id, e.sequence_number, e.title, e.created_at
    FROM exchange_words
        JOIN exchanges AS e ON e.search_id = exchange_words.rowid
        JOIN conversations AS c ON c.conversation_id = e.conversation_id
    WHERE exchange_words MATCH :query AND c.user_id = :user AND e.outcome = 'answered'
        AND e.conversation_id != :besides
    ORDER BY bm25(exchange_words), e.search_id DESC
    LIMIT :limit
    """
)
_CUT_OUT = text(
    """
    SELECT snippet(exchange_words, -1, '', '', '…', :words)
    FROM exchange_words WHERE exchange_words MATCH :query AND rowid = :search_id
    """
)


@dataclass(frozen=True, slots=True)
class Hit:
    """An exchange in which the words were found."""

    conversation_id: str
    number: int
    """Of the exchange in its conversation."""
    title: str
    created_at: str
    passage: str
    """Where the words stand, with … where it was cut."""


class Search:
    """The table `exchange_words`, which triggers keep in step with `exchanges`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, words: str, user: str, limit: int, besides_conversation: str = "") -> list[Hit]:
        """What was answered to this user with any of the words, the most fitting first.

        `words` may be any text. What belongs to nobody or to another user is not found, and of
        what Offline answered only the title and what was read from the note.
        """
        query = write_query(words)
        if not query:
            return []
        values = {"query": query, "user": user, "besides": besides_conversation, "limit": limit}
        with self._database.read() as connection:
            rows = connection.execute(_FIND, values).all()
            passages = [
                connection.execute(
                    _CUT_OUT,
                    {"query": query, "search_id": row.search_id, "words": PASSAGE_WORDS},
                ).scalar_one()
                for row in rows
            ]
        return [
            Hit(
                conversation_id=row.conversation_id,
                number=row.sequence_number or 0,
                title=row.title or "",
                created_at=row.created_at or "",
                passage=passage or "",
            )
            for row, passage in zip(rows, passages, strict=True)
        ]


def write_query(words: str) -> str:
    """In the language of FTS5, any of the words; empty if there are none."""
    # Of many the longest: they say the most.
    found = sorted(_choose_words(re.findall(r"\w+", words)), key=len, reverse=True)
    return " OR ".join(f'"{word}"' for word in found[:MOST_WORDS])


def _choose_words(words: Iterable[str]) -> list[str]:
    """Each once, in their order; the short ones only where there are no others."""
    distinct = list({word.lower(): word for word in words}.values())
    return [word for word in distinct if len(word) > LONGEST_SHORT_WORD] or distinct

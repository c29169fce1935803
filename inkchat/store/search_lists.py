"""In which of a user’s exchanges a word stands: the newest, and about how many in all.

FTS5 walks through the exchanges with a word from the newest on, and through those with several
words as well, so that so many of them cost the same among a thousand and among a million. Its own
bm25 would count all of them for each word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest

from sqlalchemy import Connection, text

MOST_LISTED = 1_000
"""Exchanges with a word that are looked at, the newest; of rarer words these are all."""
LEAST_LISTED = 200
"""For a word of many, and for a phrase: each exchange with its words is looked through for it."""
MOST_LISTED_IN_ALL = 4_000
TITLES_SHARE = 10
"""For so many that are listed there may be one more that is found by a title."""
MOST_TOGETHER = 8
"""Words that a person looks for; more are a page, which no exchange has all the words of."""
MOST_COMMON = 20_000
"""Exchanges with a word up to which it is worth while to look for those with it as a title."""

_LIST = text(
    """
    SELECT rowid FROM exchange_words WHERE exchange_words MATCH :query
    ORDER BY rowid DESC LIMIT :limit
    """
)
# The conversation is found by the first thing that was answered in it.
_LIST_TITLED = text(
    """
    WITH titled AS MATERIALIZED (
        SELECT rowid AS number FROM conversation_words
        WHERE conversation_words MATCH :query ORDER BY rowid DESC LIMIT :limit
    )
    SELECT (
        SELECT e.search_id FROM exchanges AS e
        WHERE e.conversation_id = c.conversation_id AND e.outcome = 'answered'
        ORDER BY e.sequence_number LIMIT 1
    )
    FROM titled CROSS JOIN conversations AS c ON c.search_id = titled.number
    """
)
_NEWEST = text("SELECT coalesce(max(search_id), 0) FROM exchanges")


@dataclass(frozen=True, slots=True)
class TermList:
    """Where a word or phrase stands."""

    query: str
    """In the language of FTS5."""
    numbers: frozenset[int]
    """`search_id` of the newest exchanges."""
    titled: frozenset[int]
    """Of these, the ones with it in a title."""
    count: float
    """Of exchanges with it; an estimate where there are more than are listed."""


class Lists:
    """Of the exchanges of one user, or of all, without those of one conversation."""

    def __init__(self, connection: Connection, user: str | None, besides: frozenset[int]) -> None:
        self._connection = connection
        self._besides = besides
        # As the triggers write it.
        owner = "" if user is None else f"ofuser0{user.encode().hex()}"
        self._of_owner = f'owner : "{owner}"' if owner else ""
        self._newest: int = connection.execute(_NEWEST).scalar_one()
        self.count = float(self._newest)
        """Of exchanges in all; an estimate."""
        if owner:
            self.count = self._estimate(self._list("", MOST_LISTED), MOST_LISTED)

    def list_newest(self, terms: Sequence[str]) -> list[TermList]:
        """Where each stands that stands anywhere; terms are in the language of FTS5."""
        most = min(max(MOST_LISTED_IN_ALL // len(terms), LEAST_LISTED), MOST_LISTED)
        is_search = len(terms) <= MOST_TOGETHER
        lists = [
            self._list_term(term, LEAST_LISTED, False)
            if " " in term
            else self._list_term(term, most, is_search)
            for term in terms
        ]
        return [listed for listed in lists if listed.numbers]

    def choose(self, lists: Sequence[TermList], most: int) -> list[int]:
        """The most promising: with all terms, then with the rarest ones, then the newest."""
        rarity = dict[int, float]()
        for listed in lists:
            weight = 1 / (1 + listed.count)
            for number in listed.numbers:
                twice = 2 if number in listed.titled else 1
                rarity[number] = rarity.get(number, 0.0) + twice * weight
        with_all = set(frozenset.intersection(*(listed.numbers for listed in lists)))
        if 1 < len(lists) <= MOST_TOGETHER and len(with_all) < most:
            with_all.update(self._list(" AND ".join(listed.query for listed in lists), most))
        ranks = {n: (n in with_all, rarity.get(n, 0.0), n) for n in rarity.keys() | with_all}
        return nlargest(most, ranks, key=ranks.__getitem__)

    def _list_term(self, term: str, most: int, with_titles: bool) -> TermList:
        numbers = self._list(term, most)
        count = self._estimate(numbers, most)
        titled = self._list_titled(term, most // TITLES_SHARE)
        if with_titles and count <= MOST_COMMON:
            titled += self._list(f"title : {term}", most // TITLES_SHARE)
        together = frozenset((*titled, *numbers))
        return TermList(term, together, frozenset(titled), max(count, len(together)))

    def _list(self, term: str, most: int) -> list[int]:
        query = " AND ".join(part for part in (self._of_owner, term) if part)
        values = {"query": query, "limit": most + len(self._besides)}
        found = self._connection.execute(_LIST, values).scalars()
        return [number for number in found if number not in self._besides][:most]

    def _list_titled(self, term: str, most: int) -> list[int]:
        query = " AND ".join(part for part in (self._of_owner, f"title : {term}") if part)
        found = self._connection.execute(_LIST_TITLED, {"query": query, "limit": most}).scalars()
        return [n for n in found if n is not None and n not in self._besides]

    def _estimate(self, numbers: Sequence[int], most: int) -> float:
        """How many there are in all, from how close together the newest ones are."""
        if len(numbers) < most:
            return float(len(numbers))
        return self._newest * len(numbers) / (self._newest - numbers[-1] + 1)

"""Drops of removed conversations: gone, or reduced to what knows their content again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, func, select, update

from inkchat.domain import DropState
from inkchat.store.tables import attachments, drops, responses, sightings

PURGED = "purged"
"""`drops.reason_code` of what is left of a note whose file still lies in its inbox."""

IDS_AT_ONCE = 1000

AnyRow = Row[*tuple[Any, ...]]

IsThere = Callable[[str, str, str], bool | None]
"""Whether a file lies in the inbox, by watch, thread and name; None where nobody can tell."""

SELECT_OWN = select(
    drops.c.id,
    drops.c.watch,
    drops.c.thread,
    drops.c.name,
    drops.c.content_hash,
)


def in_chunks(items: Sequence[Any], size: int = IDS_AT_ONCE) -> Iterator[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def is_named() -> ColumnElement[bool]:
    """Of a drop, whether its private copy must be kept."""
    return and_(
        drops.c.state.not_in((DropState.DUPLICATE, DropState.IGNORED)),
        drops.c.reason_code != PURGED,
    )


def select_named(hashes: Sequence[str]) -> tuple[Any, Any]:
    """Whose private copies are needed; nobody opens one of a duplicate or of our own pages."""
    d, a = drops.c, attachments.c
    return (
        select(d.content_hash, d.conversation_id).where(d.content_hash.in_(hashes), is_named()),
        select(a.content_hash, a.conversation_id).where(a.content_hash.in_(hashes)),
    )


def release_pages(connection: Connection, doomed: Sequence[str], is_there: IsThere) -> set[str]:
    """Our own pages, found in an inbox: their rows go with their files, their copies now.

    Returns the hashes of the copies.
    """
    d, r = drops.c, responses.c
    sent = select(r.sha256).where(r.conversation_id.in_(doomed), r.sha256.is_not(None))
    found = connection.execute(
        SELECT_OWN.where(d.content_hash.in_(sent), d.state == DropState.IGNORED)
    ).all()
    seen: dict[int, list[AnyRow]] = {row.id: [] for row in found}
    for sighting in _list_sightings(connection, list(seen)):
        seen[sighting.drop_id].append(sighting)
    gone = {
        drop_id
        for drop_id, sighted in seen.items()
        if not any(_may_be_there(each, is_there) for each in sighted)
    }
    for drop_id in gone:
        _forget_sightings(connection, seen[drop_id])
    _delete_drops(connection, gone)
    return _list_hashes(found)


def release_drops(
    connection: Connection,
    own: Sequence[AnyRow],
    is_there: IsThere,
    forget_reply: Callable[[int], None],
) -> set[str]:
    """Remove drops with what was entered as their duplicates; the hashes of their copies.

    Of one whose content still lies in its inbox, under whatever name, just enough is left that
    it is known when it is touched: it must not be answered, and paid, once more.
    """
    ids = [row.id for row in own]
    duplicates = {
        row.id: row.duplicate_of
        for row in connection.execute(
            select(drops.c.id, drops.c.duplicate_of).where(drops.c.duplicate_of.in_(ids))
        )
    }
    seen: dict[int, list[AnyRow]] = {drop_id: [] for drop_id in ids}
    for sighting in _list_sightings(connection, [*ids, *duplicates]):
        seen[duplicates.get(sighting.drop_id, sighting.drop_id)].append(sighting)
    gone = set(duplicates)
    for row in own:
        forget_reply(row.id)
        there = [each for each in seen[row.id] if _may_be_there(each, is_there)]
        _forget_sightings(connection, [each for each in seen[row.id] if each not in there])
        if there or is_there(row.watch, row.thread, row.name):
            names = [each.name for each in there] or [row.name]
            _strip(connection, row.id, row.name if row.name in names else names[0])
            _point_sightings(connection, there, row.id)
        else:
            gone.add(row.id)
    _delete_drops(connection, gone)
    return _list_hashes(own)


def _list_hashes(rows: Iterable[AnyRow]) -> set[str]:
    return {row.content_hash for row in rows if row.content_hash is not None}


def _may_be_there(sighting: AnyRow, is_there: IsThere) -> bool:
    return is_there(sighting.watch, sighting.thread, sighting.name) is not False


def _list_sightings(connection: Connection, drop_ids: Sequence[int]) -> list[AnyRow]:
    return list(
        connection.execute(select(sightings).where(sightings.c.drop_id.in_(drop_ids))).all()
    )


def _is_sighting(sighting: AnyRow) -> ColumnElement[bool]:
    c = sightings.c
    return and_(c.watch == sighting.watch, c.thread == sighting.thread, c.name == sighting.name)


def _point_sightings(connection: Connection, seen: Iterable[AnyRow], drop_id: int) -> None:
    for sighting in seen:
        connection.execute(update(sightings).where(_is_sighting(sighting)).values(drop_id=drop_id))


def _forget_sightings(connection: Connection, seen: Iterable[AnyRow]) -> None:
    for sighting in seen:
        connection.execute(delete(sightings).where(_is_sighting(sighting)))


def _strip(connection: Connection, drop_id: int, name: str) -> None:
    """Leave what knows the content again, and nothing that was said."""
    is_aside = drops.c.state.in_((DropState.DUPLICATE, DropState.IGNORED))
    connection.execute(
        update(drops)
        .where(drops.c.id == drop_id)
        .values(
            name=name,
            conversation_id=None,
            exchange_number=None,
            document="",
            asked_provider="",
            waiting_for="",
            # Whatever became of it, nothing can be done about it any more.
            state=case((is_aside, drops.c.state), else_=DropState.DELIVERED),
            held_until=None,
            not_before=None,
            reason="Its conversation was removed; the file still lies in the inbox.",
            reason_code=PURGED,
        )
    )


def _delete_drops(connection: Connection, ids: set[int]) -> None:
    """The newest keeps its number, and nothing else: SQLite would give it to the next drop."""
    newest = connection.execute(select(func.max(drops.c.id))).scalar_one()
    if newest in ids:
        _strip(connection, newest, "")
        nothing = {"content_hash": None, "duplicate_of": None, "thread": "", "suffix": ""}
        connection.execute(
            update(drops)
            .where(drops.c.id == newest)
            .values(**nothing, state=DropState.DELIVERED, reason="")
        )
    for some in in_chunks(sorted(ids - {newest}, reverse=True)):
        connection.execute(
            delete(drops).where(drops.c.id.in_(some), drops.c.duplicate_of.is_not(None))
        )
        connection.execute(delete(drops).where(drops.c.id.in_(some)))

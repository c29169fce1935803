"""Conversations removed for good: rows, words to be found by, private copies, kept replies.

Rows go first and files after them: what a crash leaves between the two is an unnamed copy,
which the next purge sweeps up.
"""

import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from inkchat.domain import Watch
from inkchat.inbox.scan import InboxAbsent, list_inbox
from inkchat.store import Doomed, Store
from inkchat.store.purges import BREATH_SECONDS, CONVERSATIONS_AT_ONCE

log = logging.getLogger(__name__)

STRAY_AFTER = timedelta(days=1)
"""A copy that nothing names may be of a note on its way in; after this it is of none."""
_HASH = re.compile(r"[0-9a-f]{64}")
_ASIDE = ".incoming-purged-"
"""Swept at the start of the service, like everything that begins so."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a purge would remove."""

    doomed: tuple[Doomed, ...]
    """The oldest first."""
    spared: tuple[Doomed, ...]
    """They have a note that is not answered or delivered yet, or held."""
    before: datetime | None
    exchanges: int
    responses: int
    """Rows that tell of pages; the pages stay in the outbox."""
    copies: int
    copies_bytes: int


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge removed."""

    conversations: int
    exchanges: int
    copies: int
    copies_bytes: int
    remark: str
    """What kept the database from being made smaller, as a sentence; else empty."""


class _Inboxes:
    """What lies in them now, each looked at once."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._names: dict[str, set[tuple[str, str]]] = {}
        for watch in watches:
            try:
                listing = list_inbox(watch.inbox)
            except InboxAbsent:
                continue
            if not listing.unreadable:
                found = {(each.thread, each.name) for each in listing.found}
                odd = {(each.thread, each.name) for each in listing.odd}
                self._names[watch.name] = found | odd

    def hold(self, watch: str, thread: str, name: str) -> bool | None:
        """None where it cannot be told: of an inbox that is away, or configured no more."""
        names = self._names.get(watch)
        return None if names is None else (thread, name) in names


def plan_before(store: Store, before: datetime) -> Plan:
    """All whose last activity lies before. Raises StoreError."""
    return _plan(store, store.purges.list_before(before), before)


def plan_one(store: Store, conversation_id: str) -> Plan:
    """Raises StoreError."""
    return _plan(store, [conversation_id], None)


def _plan(store: Store, ids: Sequence[str], before: datetime | None) -> Plan:
    found = store.purges.describe(ids)
    doomed = tuple(each for each in found if not each.is_open)
    doomed_ids = [each.conversation_id for each in doomed]
    sizes = [
        size
        for content_hash in store.purges.list_copies(doomed_ids)
        if (size := _measure(_locate(store.private_folder, content_hash))) is not None
    ]
    return Plan(
        doomed=doomed,
        spared=tuple(each for each in found if each.is_open),
        before=before,
        exchanges=sum(each.exchanges for each in doomed),
        responses=store.purges.count_responses(doomed_ids),
        copies=len(sizes),
        copies_bytes=sum(sizes),
    )


def purge(
    store: Store,
    watches: Sequence[Watch],
    plan: Plan,
    *,
    always_compact: bool = True,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Purged:
    """Remove what was planned, unless something happened in it meanwhile. Raises StoreError.

    Safe while a service works on the same database. Without `always_compact` the database is
    written anew only if that is worth it. Once `is_stopping` the rest is left for another time.
    """
    inboxes = _Inboxes(watches)
    conversations = exchanges = 0
    released: dict[str, datetime] = {}
    ids = [each.conversation_id for each in plan.doomed]
    for start in range(0, len(ids), CONVERSATIONS_AT_ONCE):
        some, is_done = ids[start : start + CONVERSATIONS_AT_ONCE], False
        while not (is_done or is_stopping()):
            removed = store.purges.remove(
                some, plan.before, inboxes.hold, store.kept_replies.forget
            )
            conversations += removed.conversations
            exchanges += removed.exchanges
            released |= removed.released
            is_done = removed.is_done
            time.sleep(BREATH_SECONDS)
    store.purges.sweep_rows(inboxes.hold, store.kept_replies.forget)
    copies, copies_bytes = _discard(store, released)
    remark = ""
    if exchanges + conversations and not is_stopping():
        store.purges.merge_words()
        remark = store.purges.compact(always=always_compact)
    if neighbours := _find_neighbours(store):
        remark = f"The private copies stay: {neighbours[0]} keeps its own in the same folder."
    return Purged(conversations, exchanges, copies, copies_bytes, remark)


def purge_older(
    store: Store,
    watches: Sequence[Watch],
    days: int,
    is_stopping: Callable[[], bool] = lambda: False,
) -> None:
    """What was without a note for so many days; told in the log. Raises StoreError."""
    plan = plan_before(store, datetime.now(UTC) - timedelta(days=days))
    purged = purge(store, watches, plan, always_compact=False, is_stopping=is_stopping)
    if purged.conversations:
        log.info(
            "%d conversations without a note for %d days were removed, with %d exchanges and "
            "%d private copies (%.1f MB). %s",
            purged.conversations,
            days,
            purged.exchanges,
            purged.copies,
            purged.copies_bytes / 1e6,
            purged.remark,
        )


def _discard(store: Store, released: dict[str, datetime]) -> tuple[int, int]:
    """Private copies that nothing names any more: of this purge, and strays of earlier ones."""
    folder = store.private_folder
    if _find_neighbours(store):
        return 0, 0
    stray = datetime.now(UTC) - STRAY_AFTER
    old = {each: stray for each in _list_older(folder / "drops", stray) if each not in released}
    return store.purges.discard_copies(
        released | old, lambda content_hash, latest: _remove_copy(folder, content_hash, latest)
    )


def _find_neighbours(store: Store) -> list[str]:
    """Other databases that keep their copies in the same folder, and may name the same ones."""
    locks = (path.name.removesuffix(".locks") for path in store.private_folder.glob("*.locks"))
    database = store.sessions.db_path
    return [name for name in locks if name != database.name and (database.parent / name).exists()]


def _list_older(copies: Path, moment: datetime) -> list[str]:
    return [
        path.name
        for path in copies.glob("??/*")
        if _HASH.fullmatch(path.name) and _is_older(path, moment)
    ]


def _is_older(path: Path, moment: datetime) -> bool:
    try:
        return path.lstat().st_mtime < moment.timestamp()
    except FileNotFoundError:
        return False


def _remove_copy(private_folder: Path, content_hash: str, latest: datetime) -> int:
    """Bytes removed; 0 for a copy younger than `latest`, which a note on its way in brought."""
    path = _locate(private_folder, content_hash)
    aside = private_folder / "drops" / f"{_ASIDE}{content_hash}"
    try:
        # Looked at under another name: under its own it may be replaced at any moment.
        path.rename(aside)
        status = aside.stat()
        if status.st_mtime > latest.timestamp():
            aside.rename(path)
            return 0
        aside.unlink()
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            log.warning("A private copy could not be removed: %s", error)
        return 0
    return status.st_size


def _locate(private_folder: Path, content_hash: str) -> Path:
    return private_folder / "drops" / content_hash[:2] / content_hash


def _measure(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None

"""Conversations removed for good: rows, words to be found by, private copies, kept replies.

Rows go first and files after them: what a crash leaves to be done between the two is written
down with the rows' removal, and the next purge does it.
"""

import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from inkchat.archive.leftovers import sweep_leftovers
from inkchat.archive.wording import say_count, say_size
from inkchat.domain import Watch
from inkchat.inbox.scan import InboxAbsent, list_inbox
from inkchat.store import Doomed, Store, pins
from inkchat.store.database import BREATH_SECONDS

log = logging.getLogger(__name__)

STRAY_AFTER = timedelta(days=1)
"""A copy that nothing ever named may be of a note on its way in; after this it is of none."""
LOOK_AGAIN_SECONDS = 1.0
"""A sync program may take a file away and put it back; it is gone if it is so after this too."""
LONGEST_DAYS = 36_500
LEAST_AHEAD = timedelta(days=2)
SHARE_AHEAD = 10
"""A clock that is ahead by this part of `keep_days` removes too early by no more than that."""
_HASH = re.compile(r"[0-9a-f]{64}")


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
    """What lies in them: all are listed once, and a file that is missing is looked for again."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._folders = {watch.name: watch.inbox for watch in watches}
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
        if names is None or (thread, name) in names:
            return None if names is None else True
        try:
            (self._folders[watch] / thread / name).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except (OSError, ValueError):
            return None
        return True


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
    What an earlier purge was cut off from is done too.
    """
    inboxes = _Inboxes(watches)
    conversations = exchanges = 0
    ids = [each.conversation_id for each in plan.doomed]
    if ids:
        time.sleep(LOOK_AGAIN_SECONDS)
    while ids and not is_stopping():
        removed = store.purges.remove(ids, plan.before, inboxes.hold, store.kept_replies.forget)
        conversations += removed.conversations
        exchanges += removed.exchanges
        ids = ids[removed.looked_at :]
        time.sleep(BREATH_SECONDS)
    store.purges.sweep_rows(inboxes.hold, store.kept_replies.forget)
    copies, copies_bytes = _discard(store)
    sweep_leftovers(store.private_folder)
    remark = store.purges.erase_words(always_compact=always_compact, is_stopping=is_stopping)
    if neighbours := _find_neighbours(store):
        remark = f"The private copies stay: {neighbours[0]} keeps its own in the same folder."
    return Purged(conversations, exchanges, copies, copies_bytes, remark)


def purge_older(
    store: Store,
    watches: Sequence[Watch],
    days: int,
    is_stopping: Callable[[], bool] = lambda: False,
) -> None:
    """What was without a note for so many days; told in the log. Raises StoreError.

    Nothing is removed by a clock that cannot be right.
    """
    now, days = datetime.now(UTC), min(days, LONGEST_DAYS)
    if store.purges.believe_clock(now, max(LEAST_AHEAD, timedelta(days=days) / SHARE_AHEAD)):
        plan = plan_before(store, now - timedelta(days=days))
    else:
        log.warning(
            "By the clock it is %s, long after inkchat was last at work. Old conversations are "
            "not removed today; they are when the clock agrees at a look a day later.",
            f"{now:%Y-%m-%d %H:%M} UTC",
        )
        plan = _plan(store, [], None)
    purged = purge(store, watches, plan, always_compact=False, is_stopping=is_stopping)
    if purged.conversations:
        log.info(
            "Removed %s without a note for %s, with %s and %s (%s). %s",
            say_count(purged.conversations, "conversation"),
            say_count(days, "day"),
            say_count(purged.exchanges, "exchange"),
            say_count(purged.copies, "private file"),
            say_size(purged.copies_bytes),
            purged.remark,
        )


def _discard(store: Store) -> tuple[int, int]:
    """Private copies that nothing names any more: of all purges until now, and strays."""
    folder = store.private_folder
    if _find_neighbours(store):
        return 0, 0
    strays = _list_older(folder / "drops", datetime.now(UTC) - STRAY_AFTER)
    return store.purges.discard_copies(
        strays, lambda content_hash: _remove_copy(folder, content_hash)
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


def _remove_copy(private_folder: Path, content_hash: str) -> int | None:
    """Bytes removed; None for a copy that a note on its way in has brought, or that stays."""
    path = _locate(private_folder, content_hash)
    try:
        pin = pins.take_alone(private_folder, content_hash)
        if pin is None:
            return None
        with pin:
            size_bytes = path.stat().st_size
            path.unlink()
    except FileNotFoundError:
        return 0
    except OSError as error:
        log.warning("A private copy could not be removed: %s", error)
        return None
    return size_bytes


def _locate(private_folder: Path, content_hash: str) -> Path:
    return private_folder / "drops" / content_hash[:2] / content_hash


def _measure(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None

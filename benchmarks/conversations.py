"""What conversations cost: each step, and a million exchanges, beside the plain ways.

`python -m benchmarks.conversations` prints the table. The database of a million exchanges takes
two minutes to make and about 3 GB of the temporary folder, where it stays for the next time.
"""

import gc
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from benchmarks.filling import CONVERSATIONS, EXCHANGES, FAR_BACK, IN_EVERY, USERS, fill, list_words
from benchmarks.household import measure_memory
from benchmarks.plain import PlainLists, PlainTables
from benchmarks.table import Row, write_table
from inkchat.conversations.memory import recall_turns
from inkchat.store.conversation import Home
from inkchat.store.conversation_rows import insert_conversation, insert_exchange
from inkchat.store.database import Database
from inkchat.store.recollections import Recollections
from inkchat.store.search import Search
from inkchat.store.sessions import SessionManager
from inkchat.store.values import write_time

Result = TypeVar("Result")

ROUNDS = 600
SEARCHES = 100
"""Of each kind; 1,000 in all."""
EXPIRED = 5_000
HELD = 20_000
"""Messages, when their memory is measured."""
ASKED = "Why is the sky blue, and why is it red in the evening? " * 8
ANSWER = " ".join(list_words()[rank * rank % 60_000] for rank in range(150))
"""With what is asked, about 1.2 KB."""


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of one operation, each time anew."""

    all_ms: list[float]

    @property
    def p50(self) -> float:
        return statistics.median(self.all_ms)

    @property
    def p99(self) -> float:
        return sorted(self.all_ms)[int(len(self.all_ms) * 0.99)]

    def write(self) -> str:
        digits = 3 if self.p50 < 1 else 1
        return f"p50 {self.p50:.{digits}f} ms, p99 {self.p99:.{digits}f} ms"


def measure() -> Iterator[Row]:
    filled = fill()
    with tempfile.TemporaryDirectory(prefix="inkchat-benchmark-") as folder:
        yield from measure_steps(Path(folder), filled)
        yield from measure_expiring(Path(folder))
        # In a process of its own: this one has memory to spare from what it did before.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            yield pool.submit(measure_held, Path(folder)).result()
    yield from measure_lists(filled)
    yield from measure_search(filled)


def measure_steps(folder: Path, filled: Path) -> Iterator[Row]:
    """Creating, adding and formatting; ours and the plain ways in turns."""
    empty, full = SessionManager(folder / "ink.db"), SessionManager(filled)
    plain, lists = PlainTables(folder / "plain.db"), PlainLists()
    create = time_in_turns(
        {
            "ours": lambda _: empty.create_conversation("ada"),
            "plain": lambda _: plain.create_conversation("ada"),
            "list": lambda _: lists.create_conversation(),
        }
    )
    yield _compare("Create a conversation, durable", "~1 ms", create, 1.0)
    ids = [empty.create_conversation("ada") for _ in range(50)]
    plain_ids = [plain.create_conversation("ada") for _ in range(50)]
    list_ids = [lists.create_conversation() for _ in range(50)]
    full_ids = [one.conversation_id for one in full.list_conversations(5_000)][::100]
    add = time_in_turns(
        {
            "ours": lambda i: _add(empty, ids[i % 50], i),
            "full": lambda i: _add(full, full_ids[i % 50], i),
            "plain": lambda i: plain.add_exchange(plain_ids[i % 50], f"{ASKED}{_vary(i)}"),
            "list": lambda i: lists.add_exchange(list_ids[i % 50], ASKED, _vary(i)),
        }
    )
    of_full = add.pop("full")
    yield _compare("Add an exchange, durable and found at once", "~0.1 ms, in memory", add, 0.5)
    ratio = of_full.p50 / add["ours"].p50
    yield Row(
        f"The same at {EXCHANGES:,} exchanges",
        f"{of_full.write()}; {ratio:.2f} × that among few",
        "≤ 1.2 ×",
        ratio <= 1.2,
    )
    yield _measure_format(empty, lists)
    for one in (empty, full, plain):
        one.close()


def _measure_format(sessions: SessionManager, lists: PlainLists) -> Row:
    database = sessions._database
    conversation, in_list = sessions.create_conversation("ada"), lists.create_conversation()
    for number in range(10):
        with database.write() as connection:
            values = {"transcript": ASKED, "response_text": _vary(number), "input_file": "n.pdf"}
            insert_exchange(connection, conversation, values)
        lists.add_exchange(in_list, ASKED, _vary(number))
    recollections = Recollections(database)
    read = partial(recollections.read, conversation, besides_drop_id=None, most_tokens=100_000)
    recollection = read()
    if len(recall_turns(recollection, 100_000)) != 20:
        raise AssertionError("not all of the ten exchanges are told")
    times = time_in_turns(
        {
            "ours": lambda _: recall_turns(recollection, 100_000),
            "list": lambda _: lists.format(in_list),
            "read": lambda _: read(),
        }
    )
    reading = times.pop("read").p50
    row = _compare("Format 10 exchanges for a model", "~1 ms", times, 0.1)
    return Row(row.what, f"{row.measured}; to read them {reading:.2f} ms", row.must_be, row.holds)


def measure_expiring(folder: Path) -> Iterator[Row]:
    """In bulk: one transaction for all that have been idle for too long."""
    sessions = SessionManager(folder / "expiring.db")
    plain = PlainTables(folder / "plain-expiring.db")
    with sessions._database.write() as connection:
        for number in range(EXPIRED):
            insert_conversation(connection, Home("ada", watch="inbox", thread=f"t{number}"))
    for _ in range(EXPIRED // 10):
        plain.create_conversation("ada")
    time.sleep(0.01)
    ours_ms, ended = _time_ms(lambda: sessions.end_idle(0.001))
    before = write_time(datetime.now(UTC) + timedelta(seconds=1))
    plain_ms, plainly = _time_ms(lambda: plain.end_idle(before))
    sessions.close()
    plain.close()
    each, plain_each = ours_ms / ended, plain_ms / plainly
    yield Row(
        f"Expire a conversation, {ended:,} in bulk (seed: ~1 ms)",
        f"{each:.4f} ms each; plain sqlite3 {plain_each:.4f} ms",
        "≤ 0.05 ms each",
        ended == EXPIRED and each <= 0.05,
    )


def measure_held(folder: Path) -> Row:
    """What a message leaves in memory once it is stored; an exchange is two."""
    sessions, lists = SessionManager(folder / "held.db"), PlainLists()
    conversation, in_list = sessions.create_conversation("ada"), lists.create_conversation()
    for number in range(HELD // 4):
        _add(sessions, conversation, number)
    ours = _measure_growth(lambda number: _add(sessions, conversation, number))
    listed = _measure_growth(
        lambda number: lists.add_exchange(in_list, _vary(number), f"{_vary(number)} again")
    )
    sessions.close()
    return Row(
        f"Memory held for a message, of {HELD:,} (seed: ~1 KB)",
        f"{max(ours, 0):.0f} bytes; in a list {listed:,.0f} bytes",
        "0 (not held; ≤ 50 bytes of resident memory)",
        ours <= 50,
    )


def measure_lists(filled: Path) -> Iterator[Row]:
    sessions = SessionManager(filled)
    page = sessions.list_conversations(50)
    asked: Mapping[str, Callable[[int], object]] = {
        "of all": lambda _: sessions.list_conversations(50),
        "the page behind": lambda _: sessions.list_conversations(
            50, after=page[-1].conversation_id
        ),
        "of one user": lambda _: sessions.list_conversations(50, user="emmy"),
        "active": lambda _: sessions.list_active_conversations(50),
    }
    times = time_in_turns(asked)
    sessions.close()
    yield Row(
        f"Newest 50 of {CONVERSATIONS:,} conversations",
        "; ".join(
            f"{name} p50 {one.p50:.2f} ms, p99 {one.p99:.2f} ms" for name, one in times.items()
        ),
        "≤ 2 ms",
        all(one.p50 <= 2 for one in times.values()),
    )


def measure_search(filled: Path) -> Iterator[Row]:
    """The first page of ten; every user in turn, and all of them together."""
    words = list_words()
    asked = {
        "a common word": words[3],
        "a word that stands in every exchange": IN_EVERY,
        "a rare word": words[30_000],
        "a word of one exchange, the oldest": FAR_BACK,
        "two common words": f"{words[0]} {words[1]}",
        "a common and a rare word": f"{words[0]} {words[20_000]}",
        "eight words": " ".join(words[rank] for rank in (5, 7, 50, 70, 500, 700, 5_000, 50_000)),
        "a phrase": f'"{words[20]} {words[21]}"',
        "24 words of a page": " ".join(words[10:3_000:125]),
        "a word that stands nowhere": "xyzzyq",
    }
    database = Database(filled)
    search = Search(database)
    users: Sequence[str | None] = (None, *USERS)
    for name, query in asked.items():
        times, hits = Times([]), 0
        for turn in range(SEARCHES):
            find = partial(search.find, query, users[turn % len(users)], 10)
            milliseconds, found = _time_ms(find)
            times.all_ms.append(milliseconds)
            hits += len(found)
        yield Row(
            f"Search in {EXCHANGES:,} exchanges: {name}",
            f"{times.write()}; {hits / len(times.all_ms):.1f} found",
            "≤ 100 ms",
            times.p50 <= 100,
        )
    database.close()


def time_in_turns(
    operations: Mapping[str, Callable[[int], object]], rounds: int = ROUNDS
) -> dict[str, Times]:
    """In turns, so that a busy machine harms all alike; the first few times do not count."""
    times = {name: Times([]) for name in operations}
    for turn in range(-20, rounds):
        for name, operation in operations.items():
            milliseconds, _ = _time_ms(partial(operation, turn))
            if turn >= 0:
                times[name].all_ms.append(milliseconds)
    return times


def _time_ms(operation: Callable[[], Result]) -> tuple[float, Result]:
    start = time.perf_counter()
    result = operation()
    return (time.perf_counter() - start) * 1000, result


def _compare(what: str, seed: str, times: Mapping[str, Times], most_ms: float) -> Row:
    ours = times["ours"]
    names = {"plain": "plain sqlite3", "list": "a list in memory"}
    peers = [
        f"{names[name]} {peer.p50:.4f} ms ({ours.p50 / peer.p50:.1f} ×)"
        for name, peer in times.items()
        if name != "ours"
    ]
    measured = "; ".join((ours.write(), *peers))
    return Row(f"{what} (seed: {seed})", measured, f"p50 ≤ {most_ms} ms", ours.p50 <= most_ms)


def _add(sessions: SessionManager, conversation_id: str, number: int) -> None:
    sessions.add_exchange(conversation_id, "note.pdf", "pdf", f"{ASKED}{_vary(number)}", 2.5, 900)


def _vary(number: int) -> str:
    """An answer that is not the one before: what is the same every time may be kept but once."""
    return f"{number} {ANSWER[number % 50 :]}"


def _measure_growth(add: Callable[[int], None]) -> float:
    """Bytes of resident memory for each of `HELD` messages."""
    gc.collect()
    before = measure_memory(os.getpid()).resident_mb
    for number in range(HELD // 2):
        add(number)
    gc.collect()
    return (measure_memory(os.getpid()).resident_mb - before) * 1024 * 1024 / HELD


if __name__ == "__main__":
    print(write_table(measure()))

"""A database of a million exchanges, as years of use leave it; made once and kept.

Words are distributed as in a language: the most common one stands in most texts, most others in
few. Filled in bulk: the rows first, without triggers, then the words of all of them by FTS5's own
`rebuild`, which is the same index that the triggers keep, merged into one piece.
"""

import hashlib
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from inkchat.store.database import Database
from inkchat.store.names import new_code
from inkchat.store.values import write_time

FILLING = 1
"""Number of the way in which the rows are made."""
CONVERSATIONS = 100_000
EXCHANGES = 1_000_000
VOCABULARY = 60_000
SENTENCES = 20_000
USERS = {"ada": 60, "grace": 30, "kurt": 9, "emmy": 1}
"""Each with a share of the conversations, of 100."""
IN_EVERY = "everywhere"
"""Stands in every exchange."""
FAR_BACK = "zanzibar"
"""Stands in one exchange only, the oldest of `emmy`."""


def fill(exchanges: int = EXCHANGES, conversations: int = CONVERSATIONS) -> Path:
    """The database with that many rows; its folder is a temporary one that stays."""
    name = f"ink-{exchanges}-{_name_form()}.db"
    folder = Path(tempfile.gettempdir()) / "inkchat-benchmark-filled"
    if not (folder / name).exists():
        folder.mkdir(exist_ok=True)
        for old in folder.glob(f"ink-{exchanges}-*"):
            old.unlink()
        _make(folder / f"part-{name}", exchanges, conversations)
        (folder / f"part-{name}").rename(folder / name)
    return folder / name


def _name_form() -> str:
    """Another for each form that the tables have had."""
    with tempfile.TemporaryDirectory(prefix="inkchat-benchmark-") as folder:
        Database(Path(folder) / "ink.db").close()
        with sqlite3.connect(Path(folder) / "ink.db") as connection:
            rows = connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()
        connection.close()
    form = " ".join(f"{FILLING} {rows}".split())
    return hashlib.sha256(form.encode()).hexdigest()[:12]


def list_words(seed: int = 1) -> list[str]:
    """The vocabulary, the most common word first; common words are short, as in a language."""
    pick = random.Random(seed)
    syllables = [c + v for c in "bdfgklmnprstvw" for v in ("a", "e", "i", "o", "u", "ei", "ou")]
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        length = 1 + min(3, len(words).bit_length() // 5)
        words["".join(pick.choices(syllables, k=length)) + pick.choice("nrst")] = None
    return list(words)


def _make(path: Path, exchanges: int, conversations: int) -> None:
    path.unlink(missing_ok=True)
    Database(path).close()
    with sqlite3.connect(path, isolation_level=None) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
            connection.execute(f"PRAGMA {pragma}")
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        connection.execute("BEGIN")
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        began = datetime.now(UTC) - timedelta(seconds=60 * exchanges)
        connection.executemany(
            "INSERT INTO conversations (conversation_id, user_id, created_at, last_activity, "
            "total_exchanges, title, code, search_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            _write_conversations(began, exchanges, conversations),
        )
        connection.executemany(
            "INSERT INTO exchanges (exchange_id, conversation_id, sequence_number, input_file, "
            "input_type, response_text, processing_time, tokens_used, created_at, title, "
            "transcript, provider, model, search_id) "
            "VALUES (?, ?, ?, 'note.pdf', 'pdf', ?, 2.5, 900, ?, ?, ?, 'Ollama', 'm', ?)",
            _write_exchanges(began, exchanges, conversations),
        )
        connection.execute("INSERT INTO exchange_words (exchange_words) VALUES ('rebuild')")
        connection.execute("UPDATE search_progress SET taken_up_to = ?", (exchanges,))
        connection.execute(
            "INSERT INTO conversation_words (rowid, title, owner) SELECT search_id, title, "
            "'ofuser0' || hex(user_id) FROM conversations"
        )
        for _, sql in triggers:
            connection.execute(sql)
        connection.execute("COMMIT")
    connection.close()


def _write_conversations(
    began: datetime, exchanges: int, conversations: int
) -> Iterator[tuple[object, ...]]:
    pick = random.Random(2)
    titles = _Prose(3)
    codes: set[str] = set()
    while len(codes) < conversations:
        codes.add(new_code())
    each = exchanges // conversations
    for number, code in enumerate(sorted(codes)):
        # The last exchange of a conversation is the one before it all begin again.
        last = write_time(began + timedelta(seconds=60 * (exchanges - conversations + number)))
        user = pick.choices(list(USERS), list(USERS.values()))[0] if number else "emmy"
        yield _name(number), user, last, last, each, titles.write(5), code, number + 1


def _name(number: int) -> str:
    return f"conv_20200101_000000_{number:08x}"


def _write_exchanges(
    began: datetime, exchanges: int, conversations: int
) -> Iterator[tuple[object, ...]]:
    prose = _Prose(4)
    for number in range(exchanges):
        far_back = f" {FAR_BACK}" if not number else ""
        yield (
            f"ex_{number:08x}",
            _name(number % conversations),
            number // conversations + 1,
            f"{prose.say(8)} {prose.rare()} {IN_EVERY}{far_back}.",
            write_time(began + timedelta(seconds=60 * number)),
            prose.write(5),
            prose.say(4),
            number + 1,
        )


class _Prose:
    """Sentences out of a store of them: choosing each word anew would take minutes."""

    def __init__(self, seed: int) -> None:
        self._pick = random.Random(seed)
        self._words = list_words()
        weights = list(accumulate(1 / (rank + 3) for rank in range(VOCABULARY)))
        self._cumulative = weights
        self._sentences = [self.write(14) for _ in range(SENTENCES)]

    def write(self, words: int) -> str:
        return " ".join(self._pick.choices(self._words, cum_weights=self._cumulative, k=words))

    def say(self, sentences: int) -> str:
        return ". ".join(self._pick.choices(self._sentences, k=sentences))

    def rare(self) -> str:
        return self._pick.choice(self._words)


if __name__ == "__main__":
    start = time.monotonic()
    filled = fill()
    size = filled.stat().st_size / 1e9
    print(f"{filled}: {size:.2f} GB, {time.monotonic() - start:.0f} s", file=sys.stderr)

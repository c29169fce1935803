"""What a long conversation costs: tokens sent with each note, and time to build a request.

`python -m benchmarks.memory` prints the curve over the exchanges and the rows.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.drawing import ANSWER
from benchmarks.table import Row, write_table
from inkchat import conversations, models
from inkchat.config import ProviderName, ProviderSettings, load_settings
from inkchat.domain import Note, NoteKind, Page, Request, Role, Turn
from inkchat.store.conversation import Home
from inkchat.store.conversation_rows import insert_conversation, insert_exchange
from inkchat.store.database import Database
from inkchat.store.recollections import Recollections
from inkchat.tokens import estimate_tokens
from tests.conversations.histories import make_drop

EXCHANGES = 30
MOST_SHARE = 0.15
"""Of what sending everything with every note would take."""

STORED = 1000
MOST_MS = 10.0

TRANSCRIPT_TOKENS = 200
ANSWER_TOKENS = 300
SUMMARY_WORDS = 250
"""As many as a model may write; a good one writes fewer."""

SYSTEM = "You are a helpful assistant."
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
PROVIDER = ProviderSettings(ProviderName.ANTHROPIC, model="claude-sonnet-5-5")
WORDS = ANSWER.split()


@dataclass(frozen=True, slots=True)
class Sent:
    """Input tokens of one exchange, estimated."""

    note: int
    """With the memory that goes with it."""
    summary: int
    """Of the request for a summary that follows it; usually 0."""
    everything: int
    """If every earlier page and answer were sent with the note."""

    @property
    def in_all(self) -> int:
        return self.note + self.summary


def measure() -> Iterator[Row]:
    memory_tokens = find_default_budget()
    sent = send_notes(memory_tokens)
    share = sum(one.in_all for one in sent) / sum(one.everything for one in sent)
    yield Row(
        f"Input tokens of {EXCHANGES} exchanges of one page, `memory_tokens: {memory_tokens}`",
        f"{share:.1%} of sending everything each time",
        f"≤ {MOST_SHARE:.0%}",
        share <= MOST_SHARE,
    )
    middle, last = (
        statistics.mean(one.in_all for one in part) for part in (sent[10:20], sent[20:])
    )
    yield Row(
        "Tokens for a note, mean of exchanges 11 to 20 and 21 to 30",
        f"{middle:,.0f} and {last:,.0f}",
        "within 10%",
        abs(last / middle - 1) <= 0.1,
    )
    milliseconds = time_building(memory_tokens)
    median = statistics.median(milliseconds)
    yield Row(
        f"Building a request from {STORED:,} stored exchanges",
        f"{median:.1f} ms, longest {max(milliseconds):.1f} ms",
        f"≤ {MOST_MS:.0f} ms",
        median <= MOST_MS,
    )


def find_default_budget() -> int:
    """`memory_tokens` as it is without a configuration."""
    with tempfile.TemporaryDirectory(prefix="inkchat-benchmark-") as folder:
        file = Path(folder) / "config.yaml"
        file.touch()
        return load_settings(file, {}).memory_tokens


def send_notes(memory_tokens: int) -> list[Sent]:
    """One conversation; each note is a page of handwriting."""
    sent: list[Sent] = []
    with _begin_conversation() as (database, conversation_id):
        recollections = Recollections(database)
        for number in range(1, EXCHANGES + 1):
            request = _build_request(recollections, conversation_id, memory_tokens)
            _store_exchanges(database, conversation_id, number, number)
            sent.append(
                Sent(
                    note=models.estimate_request(request, PROVIDER),
                    summary=_sum_up(recollections, conversation_id, memory_tokens),
                    everything=models.estimate_request(_send_everything(number), PROVIDER),
                )
            )
    return sent


def time_building(memory_tokens: int, rounds: int = 50) -> list[float]:
    """Milliseconds, reading included; no summary has been made, which is the worst case."""
    milliseconds = []
    with _begin_conversation() as (database, conversation_id):
        _store_exchanges(database, conversation_id, 1, STORED)
        recollections = Recollections(database)
        for _ in range(rounds):
            start = time.perf_counter()
            _build_request(recollections, conversation_id, memory_tokens)
            milliseconds.append((time.perf_counter() - start) * 1000)
    return milliseconds


def write_curve(sent: list[Sent]) -> str:
    """A line for each exchange, a mark for each 200 tokens."""
    lines = ["exchange    note  summary  everything"]
    for number, one in enumerate(sent, start=1):
        bar = "█" * round(one.note / 200) + "░" * round(one.summary / 200)
        lines.append(
            f"{number:8}  {one.note:6,}  {one.summary or '':>7}  {one.everything:10,}  {bar}"
        )
    return "\n".join(lines)


@contextmanager
def _begin_conversation() -> Iterator[tuple[Database, str]]:
    with tempfile.TemporaryDirectory(prefix="inkchat-benchmark-") as folder:
        database = Database(Path(folder) / "ink.db")
        try:
            with database.write() as connection:
                conversation_id = insert_conversation(connection, Home("ada"))
            yield database, conversation_id
        finally:
            database.close()


def _store_exchanges(database: Database, conversation_id: str, first: int, last: int) -> None:
    with database.write() as connection:
        for number in range(first, last + 1):
            values = {
                "input_file": f"note-{number:04d}.pdf",
                "input_type": "pdf",
                "title": _write_prose(number, 10),
                "transcript": _write_prose(number * 7, TRANSCRIPT_TOKENS),
                "response_text": _write_prose(number * 31, ANSWER_TOKENS),
                "provider": str(ProviderName.ANTHROPIC),
            }
            insert_exchange(connection, conversation_id, values)


def _build_request(
    recollections: Recollections, conversation_id: str, memory_tokens: int
) -> Request:
    recollection = recollections.read(conversation_id, besides_drop_id=1, most_tokens=memory_tokens)
    drop = make_drop(conversation_id=conversation_id)
    return conversations.build_request(
        SYSTEM, recollection, _make_note(1), drop, NOW, memory_tokens=memory_tokens
    )


def _sum_up(recollections: Recollections, conversation_id: str, memory_tokens: int) -> int:
    """Make a summary if it is time for one; return the tokens of the request for it."""
    recollection = recollections.read(
        conversation_id, besides_drop_id=None, most_tokens=conversations.MOST_FOLDED_TOKENS
    )
    plan = conversations.plan_summary(recollection, memory_tokens)
    if plan is None:
        return 0
    request = conversations.build_summary_request(plan, SYSTEM)
    summary = conversations.read_summary(" ".join(WORDS[:SUMMARY_WORDS]))
    recollections.keep_summary(conversation_id, summary, plan.covers)
    return models.estimate_request(request, PROVIDER)


def _send_everything(number: int) -> Request:
    """The pages up to this one as pictures, and every answer; not even the transcripts."""
    answers = tuple(
        Turn(Role.ASSISTANT, _write_prose(earlier * 31, ANSWER_TOKENS))
        for earlier in range(1, number)
    )
    return Request(SYSTEM, answers, _make_note(number), "Read it and answer it.")


def _write_prose(start: int, most_tokens: int) -> str:
    """Words of a real answer from number `start` on, which goes round."""
    words: list[str] = []
    while estimate_tokens(" ".join(words)) < most_tokens:
        words += [WORDS[(start + len(words) + step) % len(WORDS)] for step in range(5)]
    return " ".join(words)


def _make_note(pages: int) -> Note:
    """Each page a picture of the usual size."""
    return Note(
        NoteKind.PDF, tuple(Page(n, "", b"PNG", 1176, 1568, "") for n in range(1, pages + 1))
    )


if __name__ == "__main__":
    print(write_curve(send_notes(find_default_budget())))
    print()
    print(write_table(measure()))

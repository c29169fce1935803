"""Conversations of any shape, for the tests of what is remembered of them."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from inkchat.domain import Drop, DropState
from inkchat.store.recollections import Recollection, Remembered

PROVIDERS = ("Anthropic Claude", "OpenAI", "Offline")


def make_drop(name: str = "note.pdf", conversation_id: str | None = None) -> Drop:
    now = datetime.now(UTC)
    return Drop(
        id=1,
        watch="inbox",
        thread="",
        name=name,
        content_hash="0" * 64,
        suffix=".pdf",
        size_bytes=1,
        state=DropState.RECEIVED,
        reason="",
        reason_code="",
        conversation_id=conversation_id,
        exchange_number=None,
        calls=0,
        cuts=0,
        attempts=0,
        waiting_for="",
        failing_since=None,
        not_before=None,
        received_at=now,
        updated_at=now,
    )


def remember(
    number: int, asked: str = "", answered: str = "Said.", provider: str = "OpenAI", title: str = ""
) -> Remembered:
    return Remembered(
        number=number,
        asked=asked,
        answered=answered,
        input_file=f"{number}.pdf",
        provider=provider,
        title=title,
        created_at="2026-11-20T08:30:00.000000+00:00",
    )


def recollect(
    *recent: Remembered, summary: str = "", covers: int = 0, left_out: tuple[Remembered, ...] = ()
) -> Recollection:
    return Recollection(summary, covers, recent, left_out, len(left_out))


@st.composite
def texts(draw: st.DrawFn, least_words: int = 0, most_words: int = 400) -> str:
    """Of words, some of them not Latin; long ones are short to draw."""
    word = draw(st.sampled_from(("bread", "Brötchen", "хлеб", "面包", "a" * 60)))
    return " ".join([word] * draw(st.integers(least_words, most_words)))


@st.composite
def exchanges(draw: st.DrawFn, number: int) -> Remembered:
    """Its texts tell its number, so that they are found again."""
    return remember(
        number,
        draw(st.sampled_from(("", f"asked{number}. {draw(texts())}".strip()))),
        f"answered{number}. {draw(texts())}".strip(),
        draw(st.sampled_from(PROVIDERS)),
        draw(st.sampled_from(("", f"Title {number}", "T" * 300, "题" * 90))),
    )


@st.composite
def recollections(draw: st.DrawFn) -> Recollection:
    covers = draw(st.integers(0, 3))
    numbers = range(covers + 1, covers + 1 + draw(st.integers(0, 14)))
    said = tuple(draw(exchanges(number)) for number in numbers)
    count = draw(st.integers(0, min(len(said), 8)))
    more = draw(st.integers(0, 500)) if count == 8 else 0
    summary = draw(texts(most_words=300)) if covers else ""
    return Recollection(summary, covers, said[count:], said[:count], count + more)

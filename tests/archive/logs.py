"""Session logs, and stores to bring them into."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from inkchat.archive.exporting import write_session_log
from inkchat.store import ConversationState, Store

NAMES = (f"Session_20250301_{number:06d}" for number in count(101500))
"""A new one for each log, so that many fit into one store."""

LOG: dict[str, Any] = {
    "chat_log": [
        ["You", "Why is the sky blue?", "[2025-03-01 10:15:00]"],
        ["AI", "Because of *Rayleigh* scattering.", "[2025-03-01 10:15:07]"],
        ["You", "And at sunset?", "[2025-03-01 10:16:00]"],
        ["AI", "It is red.", "[2025-03-01 10:16:04]"],
    ],
    "conversation_history": [
        {"role": "user", "parts": ["Why is the sky blue?"]},
        {"role": "model", "parts": ["Because of *Rayleigh* scattering."]},
        {"role": "user", "parts": ["And at sunset?"]},
        {"role": "model", "parts": ["It is red."]},
    ],
    "attached_files": {
        "0": {"file_path": "C:\\notes\\sky.txt", "file_name": "sky.txt", "file_content": "c2t5"}
    },
}

_texts = st.text(st.characters(), max_size=12)
_plain = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-1, 1) | _texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_texts, inner, max_size=2),
    max_leaves=4,
)
objects = st.dictionaries(_texts, _plain, max_size=3)
texts = st.text(st.characters(), max_size=60) | st.sampled_from(("", " ", "\0", "\ud800", "a\r\n"))
_stamps = st.sampled_from(
    ("[2025-03-01 10:15:00]", "[2025-03-30 02:30:00]", "[0001-01-01 00:00:00]", "2025", "", None, 7)
)
_senders = st.sampled_from(("You", "AI", "You", "AI", "Bob", "ai", "", "\ud800"))
entries = st.lists(
    st.tuples(_senders, texts, _stamps).map(list)
    | st.tuples(_senders, texts).map(list)
    | st.tuples(_senders, texts, _stamps, _plain).map(list),
    max_size=6,
)
_contents = st.sampled_from(("", "c2t5", "c2\nt5", "AAECAw==", "c2t5", None))
_files = st.dictionaries(
    st.sampled_from(("0", "1", "", "x", "\ud800")),
    st.fixed_dictionaries(
        {"file_path": texts, "file_name": texts, "file_content": _contents},
        optional={"note": _plain},
    )
    | st.fixed_dictionaries({"file_content": _contents, "file_name": _plain}),
    max_size=3,
)


@st.composite
def logs(draw: st.DrawFn) -> dict[str, Any]:
    """As any program may have written them."""
    log: dict[str, Any] = {"chat_log": draw(entries)}
    roles = {"You": "user", "AI": "model"}
    history = [
        {"role": roles[entry[0]], "parts": [entry[1]]}
        for entry in log["chat_log"]
        if entry[0] in roles
    ]
    if draw(st.booleans()):
        log["conversation_history"] = draw(st.just(history) | st.lists(_plain, max_size=3))
    if draw(st.booleans()):
        log["attached_files"] = draw(_files)
    if draw(st.booleans()):
        log["more"] = draw(_plain)
    return log


def save(folder: Path, log: Any, name: str = "Session_20250301_101500") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(log, indent=4), "ascii")
    return path


def take_out(store: Store, conversation_id: str) -> bytes:
    gone: list[str] = []
    content = b"".join(write_session_log(store, get(store, conversation_id), gone.append))
    assert [] == gone
    return content


def get(store: Store, conversation_id: str) -> ConversationState:
    conversation = store.sessions.get_conversation(conversation_id)
    assert conversation is not None
    return conversation


@contextmanager
def stores(folder: Path, number: int) -> Iterator[list[Store]]:
    opened = [
        Store(folder / f"{n}" / "ink.db", folder / f"{n}" / ".inkchat") for n in range(number)
    ]
    try:
        yield opened
    finally:
        for store in opened:
            store.close()

"""What comes in goes out again as it was, byte for byte, here and elsewhere."""

import json
import math
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkchat.archive.importing import Outcome, bring_in
from inkchat.archive.own_section import write_section
from inkchat.store import ConversationState, Exchange, Store
from tests.archive.logs import LOG, NAMES, get, logs, objects, save, stores, take_out, texts

NOT_TOLD = {"user_id", "watch", "thread", "document", "section", "total_exchanges", "exchanges"}
"""Whose it is and where it was at home; what follows from the exchanges."""

_numbers = st.none() | st.integers(0, 10**9)
_exchanges = st.fixed_dictionaries(
    {
        "input_file": texts,
        "input_type": st.sampled_from(("pdf", "text")),
        "response_text": texts,
        "processing_time": st.sampled_from((0.0, 2.5, 1e12)) | st.floats(),
        "tokens_used": st.integers(0, 10**9),
        "created_at": st.sampled_from(
            ("2026-11-20T14:05:09.123456+00:00", "2025-10-26T02:30:00", "0001-01-01T00:00:00+00:00")
        ),
        "outcome": st.sampled_from(("answered", "failed", "command")),
        "title": texts,
        "transcript": texts,
        "language": st.sampled_from(("", "en")),
        "provider": st.sampled_from(("", "Offline", "OpenAI")),
        "model": texts,
        "input_tokens": _numbers,
        "cached_tokens": _numbers,
        "output_tokens": _numbers,
        "cost_usd": st.none() | st.floats(0, 1),
        "cache_written_tokens": _numbers,
        "first_token_seconds": st.none() | st.floats(0, 9),
        "author": texts,
        "metadata": objects,
    }
)


def make(told: list[dict[str, Any]], conversation_id: str, **values: Any) -> ConversationState:
    exchanges = [
        Exchange(exchange_id=f"ex_{conversation_id[-12:]}_{n}", sequence_number=n, **each)
        for n, each in enumerate(told, 1)
    ]
    return ConversationState(
        **{
            "conversation_id": conversation_id,
            "user_id": "ada",
            "created_at": "2026-11-20T14:05:02.000001+00:00",
            "last_activity": "2026-11-20T14:05:09.123456+00:00",
            "status": "active",
            "total_exchanges": len(exchanges),
            "exchanges": exchanges,
            **values,
        }
    )


def test_any_foreign_log_goes_out_as_it_came_in(tmp_path: Path) -> None:
    with stores(tmp_path, 2) as (here, elsewhere):

        @settings(max_examples=50)
        @given(logs())
        def check(log: dict[str, Any]) -> None:
            file = save(tmp_path / "in", log, next(NAMES))
            conversation_id = bring_in(here, file, "ada").conversation_id
            first = take_out(here, conversation_id)
            known = bring_in(here, file, "ada")
            exported = tmp_path / "exported.json"
            exported.write_bytes(first)
            again = bring_in(elsewhere, exported, "bo").conversation_id

            told = json.loads(first)
            assert file.stem == told.pop("inkchat")["name"]
            assert json.dumps(json.loads(file.read_bytes())) == json.dumps(told)
            assert conversation_id == again
            assert first == take_out(elsewhere, again)
            assert Outcome.KNOWN == known.outcome

        check()


def test_any_conversation_of_ours_is_exported_alike_after_an_import_elsewhere(
    tmp_path: Path,
) -> None:
    with stores(tmp_path, 2) as (here, elsewhere):

        @given(st.lists(_exchanges, max_size=4), texts, objects)
        def check(told: list[dict[str, Any]], title: str, metadata: dict[str, Any]) -> None:
            conversation = make(told, f"conv_{next(NAMES)}", title=title, metadata=metadata)
            here.imports.insert(conversation, [])
            first = take_out(here, conversation.conversation_id)
            exported = tmp_path / "exported.json"
            exported.write_bytes(first)
            brought = bring_in(elsewhere, exported, "bo")

            assert first == take_out(elsewhere, brought.conversation_id)
            there = get(elsewhere, brought.conversation_id)
            assert "bo" == there.user_id
            assert [e.outcome for e in conversation.exchanges] == [
                e.outcome for e in there.exchanges
            ]

        check()


def test_a_log_that_grows_in_pieces_ends_as_if_it_had_come_whole(tmp_path: Path) -> None:
    with stores(tmp_path, 1) as (store,):

        @settings(max_examples=40)
        @given(logs(), st.integers(0, 6))
        def check(log: dict[str, Any], cut: int) -> None:
            name = next(NAMES)
            bring_in(
                store, save(tmp_path / "in", log | {"chat_log": log["chat_log"][:cut]}, name), "ada"
            )
            file = save(tmp_path / "in", log, name)
            grown = bring_in(store, file, "ada")

            told = json.loads(take_out(store, grown.conversation_id))
            del told["inkchat"]
            assert json.dumps(json.loads(file.read_bytes())) == json.dumps(told)
            assert max(len(log["chat_log"]) - cut, 0) == grown.messages
            assert Outcome.KNOWN == bring_in(store, file, "ada").outcome

        check()


def test_a_log_is_written_as_json_dump_with_an_indent_of_4_writes_it(tmp_path: Path) -> None:
    with stores(tmp_path, 1) as (store,):
        brought = bring_in(store, save(tmp_path, LOG), "ada")
        exported = take_out(store, brought.conversation_id)

    assert json.dumps(json.loads(exported), indent=4) == exported.decode("ascii")
    assert ["chat_log", "conversation_history", "attached_files", "inkchat"] == list(
        json.loads(exported)
    )


def test_a_log_without_files_is_written_as_json_dump_writes_it(tmp_path: Path) -> None:
    with stores(tmp_path, 1) as (store,):
        brought = bring_in(store, save(tmp_path, LOG | {"attached_files": {}}), "ada")
        exported = take_out(store, brought.conversation_id)

    assert json.dumps(json.loads(exported), indent=4) == exported.decode("ascii")
    assert {} == json.loads(exported)["attached_files"]


def test_every_column_is_told_or_is_left_out_on_purpose() -> None:
    values = {field.name: "2026-11-20T14:05:02+00:00" for field in fields(Exchange)}
    exchange = Exchange(**(values | {"metadata": {"a": 1}, "processing_time": 1.0}))  # type: ignore[arg-type]
    state = {field.name: "2026-11-20T14:05:02+00:00" for field in fields(ConversationState)}
    conversation = ConversationState(**(state | {"metadata": {"a": 1}, "exchanges": [exchange]}))  # type: ignore[arg-type]

    section = write_section(conversation, "Session")

    assert set(state) - NOT_TOLD == set(section) - {"form", "name", "exchanges"}
    # Its texts stand in the chat log.
    assert set(values) - {"transcript", "response_text"} == set(section["exchanges"][0])


def test_what_was_said_in_it_since_is_exported_behind_what_came_in(tmp_path: Path) -> None:
    odd = LOG | {"conversation_history": ["odd"]}
    with stores(tmp_path, 2) as (store, elsewhere):
        brought = bring_in(store, save(tmp_path, odd), "ada")
        store.sessions.add_exchange(
            brought.conversation_id, "note.pdf", "pdf", "Yes.", 1.0, 5, {"x": 1}
        )
        exported = take_out(store, brought.conversation_id)
        told = json.loads(exported)

        assert LOG["chat_log"] == told["chat_log"][:4]
        assert [["You", "note.pdf"], ["AI", "Yes."]] == [e[:2] for e in told["chat_log"][4:]]
        assert "odd" == told["conversation_history"][0]
        assert {"role": "model", "parts": ["Yes."]} == told["conversation_history"][-1]
        file = tmp_path / "again.json"
        file.write_bytes(exported)
        assert exported == take_out(elsewhere, bring_in(elsewhere, file, "bo").conversation_id)


def test_another_time_zone_changes_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with stores(tmp_path, 2) as (store, elsewhere):
        conversation_id = store.sessions.create_conversation("ada")
        store.sessions.add_exchange(conversation_id, "n.txt", "text", "Yes.", 1.0, 5)
        file = tmp_path / "one.json"
        file.write_bytes(take_out(store, conversation_id))
        try:
            monkeypatch.setenv("TZ", "Pacific/Kiritimati")
            time.tzset()
            bring_in(elsewhere, file, "ada")

            assert file.read_bytes() == take_out(elsewhere, conversation_id)
            assert file.read_bytes() != take_out(store, conversation_id)
        finally:
            monkeypatch.undo()
            time.tzset()


def test_what_json_has_no_number_for_is_left_empty(tmp_path: Path) -> None:
    with stores(tmp_path, 1) as (store,):
        told = {
            "input_file": "n.txt",
            "input_type": "text",
            "response_text": "Yes.",
            "processing_time": math.inf,
            "tokens_used": 5,
            "created_at": "2026-11-20T14:05:02.000001+00:00",
            "metadata": {"x": {"y": math.nan}},
        }
        # As an earlier inkchat, or another program, may have written it.
        store.imports.insert(make([told], "conv_1", metadata={"a": [math.inf]}), [])
        own = json.loads(take_out(store, "conv_1"), parse_constant=pytest.fail)["inkchat"]

    assert {"a": [None]} == own["metadata"]
    assert {"x": {"y": None}} == own["exchanges"][0]["metadata"]
    assert "processing_time" not in own["exchanges"][0]


def fill(store: Store, size: int) -> str:
    conversation_id = store.sessions.create_conversation("ada")
    store.sessions.add_exchange(conversation_id, "n.txt", "text", "ä\n" * size, 1.0, 5)
    return conversation_id


def test_a_huge_text_goes_out_and_in_whole(tmp_path: Path) -> None:
    with stores(tmp_path, 2) as (store, elsewhere):
        conversation_id = fill(store, 500_000)
        file = tmp_path / "huge.json"
        file.write_bytes(take_out(store, conversation_id))
        bring_in(elsewhere, file, "ada")

        assert file.read_bytes() == take_out(elsewhere, conversation_id)

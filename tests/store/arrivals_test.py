"""What arrives: in which conversation it is at home, and when the same content is a new drop."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inkchat.domain import ConversationPer, Drop, DropState, NoteKind, Watch
from inkchat.store import Answered, Arrival, Store
from inkchat.store.arrivals import Received
from tests.store.drops import (
    HASHES,
    REPLY,
    answer,
    deliver,
    due,
    envelope,
    get_state,
    make_idle,
    watch,
    write_answer,
)

HOUR = 3600.0
SOON = timedelta(seconds=5)


def make_arrival(folder: Path, number: int = 1, **changes: Any) -> Arrival:
    arrival = Arrival(
        watch=watch(folder),
        thread="",
        name=f"{number}.pdf",
        suffix=".pdf",
        signature=f"s{number}",
        content_hash=HASHES[number],
        size_bytes=1,
    )
    return replace(arrival, **changes)


def receive(store: Store, folder: Path, number: int = 1, **changes: Any) -> Drop:
    return store.arrivals.receive(make_arrival(folder, number, **changes)).drop


def carry_out(store: Store, folder: Path, drop: Drop, *, is_repeatable: bool) -> Drop:
    """As a command is."""
    answered = Answered(NoteKind.TEXT, REPLY, 0.1, is_command=True, is_repeatable=is_repeatable)
    return deliver(store, store.ledger.answer(drop, answered, envelope(folder), write_answer))


# At home with a document or in a thread


def test_a_document_that_comes_back_goes_on_in_its_conversation(
    store: Store, tmp_path: Path
) -> None:
    first = receive(store, tmp_path, 1, name="paper.pdf", document="paper.pdf")
    again = receive(store, tmp_path, 2, name="paper.pdf", document="paper.pdf")
    other = receive(store, tmp_path, 3, name="other.pdf", document="other.pdf")
    loose = receive(store, tmp_path, 4)

    assert first.conversation_id == again.conversation_id != other.conversation_id
    assert loose.conversation_id is None
    assert ("paper.pdf", "") == (first.document, loose.document)
    state = get_state(store, first.conversation_id)
    assert ("ada", "inbox", "", "paper.pdf", "") == (
        state.user_id,
        state.watch,
        state.thread,
        state.document,
        state.section,
    )
    assert first.conversation_id == store.sessions.get_or_create_section(
        "paper.pdf", "", "ada", "inbox"
    )


def test_the_page_of_a_document_is_told_by_the_note_alone(store: Store, tmp_path: Path) -> None:
    per_page = replace(watch(tmp_path), conversation_per=ConversationPer.PAGE)
    drop = receive(store, tmp_path, 1, watch=per_page, document="paper.pdf")

    assert (None, "paper.pdf") == (drop.conversation_id, drop.document)


def test_a_document_in_a_thread_is_the_threads(store: Store, tmp_path: Path) -> None:
    drop = receive(store, tmp_path, 1, thread="physics", document="paper.pdf")

    state = get_state(store, drop.conversation_id)
    assert ("physics", "") == (state.thread, state.document)


def test_the_same_document_of_another_user_is_another(store: Store, tmp_path: Path) -> None:
    hers = replace(watch(tmp_path, "hers"), user="grace")
    first = receive(store, tmp_path, 1, document="paper.pdf")
    second = receive(store, tmp_path, 1, watch=hers, document="paper.pdf")
    third = receive(
        store, tmp_path, 2, watch=replace(watch(tmp_path), user="grace"), document="paper.pdf"
    )

    assert 3 == len({first.conversation_id, second.conversation_id, third.conversation_id})


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("physics", ("physics", "")),
        ("physics/Ada", ("physics", "Ada")),
        ("physics/grace", ("physics", "Grace")),
        ("physics/optics/GRACE", ("physics/optics", "Grace")),
        ("physics/optics", ("physics/optics", "")),
        ("Ada", ("Ada", "")),
        ("", ("", "")),
        ("Ada/physics", ("Ada/physics", "")),
    ],
)
def test_a_participants_subfolder_belongs_to_the_thread(
    folder: str, expected: tuple[str, str], tmp_path: Path
) -> None:
    shared = replace(watch(tmp_path), participants=("Ada", "Grace"))

    assert expected == shared.split_thread(folder)
    assert (folder, "") == watch(tmp_path).split_thread(folder)


def test_participants_write_in_one_conversation(store: Store, tmp_path: Path) -> None:
    shared = replace(watch(tmp_path), participants=("Ada", "Grace"))
    drops = [
        receive(store, tmp_path, number, watch=shared, thread=thread)
        for number, thread in enumerate(("physics/ada", "physics", "physics/Grace", "physics/x"))
    ]

    first, *rest, other = (drop.conversation_id for drop in drops)
    assert [first, first] == rest
    assert other not in (first, None)
    assert "physics" == get_state(store, first).thread
    assert ["physics/ada", "physics", "physics/Grace", "physics/x"] == [d.thread for d in drops]
    assert [drops[0].id, drops[3].id] == due(store)


def test_the_same_page_in_two_subfolders_is_answered_for_each(store: Store, tmp_path: Path) -> None:
    shared = replace(watch(tmp_path), participants=("Ada", "Grace"))
    adas, graces = (
        receive(store, tmp_path, 1, watch=shared, thread=f"physics/{name}")
        for name in shared.participants
    )

    assert DropState.RECEIVED is adas.state is graces.state
    assert adas.conversation_id == graces.conversation_id


@pytest.mark.parametrize("place", ["thread", "document"])
def test_what_arrives_late_begins_anew(place: str, store: Store, tmp_path: Path) -> None:
    hourly = replace(watch(tmp_path), conversation_timeout_seconds=HOUR)
    at: dict[str, Any] = {place: "physics"}
    first = deliver(store, answer(store, tmp_path, receive(store, tmp_path, watch=hourly, **at)))
    make_idle(store, first.conversation_id or "", HOUR + 60)

    late, later = (receive(store, tmp_path, n, watch=hourly, **at) for n in (2, 3))

    assert late.conversation_id == later.conversation_id != first.conversation_id
    assert "idle" == get_state(store, first.conversation_id).end_reason
    assert first.conversation_id == get_state(store, late.conversation_id).follows


def test_the_name_goes_before_the_home(store: Store, tmp_path: Path) -> None:
    other = answer(store, tmp_path, receive(store, tmp_path, 1))

    drop = receive(
        store, tmp_path, 2, thread="physics", claimed_conversation_id=other.conversation_id
    )

    assert other.conversation_id == drop.conversation_id
    assert [other.conversation_id] == [
        row["conversation_id"] for row in store.sessions.list_active_conversations()
    ]


def test_a_page_of_what_has_ended_makes_it_go_on(store: Store, tmp_path: Path) -> None:
    ended = store.sessions.create_conversation("ada")
    hers = store.sessions.create_conversation("grace")
    for conversation_id in (ended, hers):
        store.sessions.end_conversation(conversation_id)

    drops = [
        receive(store, tmp_path, number, claimed_conversation_id=conversation_id)
        for number, conversation_id in enumerate((ended, hers))
    ]

    assert [ended, None] == [drop.conversation_id for drop in drops]
    assert "active" == get_state(store, ended).status
    assert "ended" == get_state(store, hers).status


# The same again


def send(store: Store, folder: Path) -> Drop:
    return receive(store, folder, 1, name="message.txt", signature=None, is_sent=True, thread="t")


def test_the_same_words_sent_twice_are_two_drops(store: Store, tmp_path: Path) -> None:
    first, second = send(store, tmp_path), send(store, tmp_path)
    assert first.id != second.id
    assert (DropState.RECEIVED, DropState.RECEIVED) == (first.state, second.state)

    for drop in (first, second):
        deliver(store, answer(store, tmp_path, drop))

    third = send(store, tmp_path)
    assert DropState.RECEIVED is third.state
    assert third.id not in (first.id, second.id)


@pytest.mark.parametrize("is_repeatable", [False, True])
def test_the_same_command_sent_twice_is_carried_out_twice(
    is_repeatable: bool, store: Store, tmp_path: Path
) -> None:
    drops = [send(store, tmp_path) for _ in range(2)]

    done = [carry_out(store, tmp_path, drop, is_repeatable=is_repeatable) for drop in drops]

    assert [DropState.DELIVERED] * 2 == [drop.state for drop in done]
    assert 2 == get_state(store, drops[0].conversation_id).total_exchanges


def test_a_file_with_the_words_of_a_message_is_a_drop_of_its_own(
    store: Store, tmp_path: Path
) -> None:
    sent = send(store, tmp_path)
    saved = receive(store, tmp_path, 1, name="message.txt", thread="t")
    again = receive(store, tmp_path, 1, name="message.txt", thread="t", signature="s9")
    sent_again = send(store, tmp_path)

    assert sent.id != saved.id == again.id
    assert sent_again.id not in (sent.id, saved.id)
    assert [DropState.RECEIVED] * 2 == [saved.state, sent_again.state]


def save(store: Store, folder: Path, modified_at: datetime | None, **changes: Any) -> Received:
    values: dict[str, Any] = {"name": "help.txt", "thread": "t", "modified_at": modified_at}
    values |= changes
    return store.arrivals.receive(make_arrival(folder, 1, **values))


def test_a_command_that_is_saved_again_later_is_carried_out_again(
    store: Store, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    first = save(store, tmp_path, now - SOON).drop
    carry_out(store, tmp_path, first, is_repeatable=True)

    again = save(store, tmp_path, now + SOON, signature="s2")
    # Saved a third time before it is carried out: one page will do for both.
    while_it_waits = save(store, tmp_path, now + 2 * SOON, signature="s3")
    carry_out(store, tmp_path, again.drop, is_repeatable=True)
    once_more = save(store, tmp_path, now + 3 * SOON, signature="s4")

    assert again.is_new
    assert DropState.RECEIVED is again.drop.state
    assert (again.drop.id, False) == (while_it_waits.drop.id, while_it_waits.is_new)
    assert once_more.is_new
    assert 2 == get_state(store, first.conversation_id).total_exchanges


def test_a_command_that_was_only_touched_is_not_carried_out_again(
    store: Store, tmp_path: Path
) -> None:
    written = datetime.now(UTC) - SOON
    first = save(store, tmp_path, written).drop
    carry_out(store, tmp_path, first, is_repeatable=True)

    touched = save(store, tmp_path, written, signature="another inode")

    assert (first.id, False) == (touched.drop.id, touched.is_new)
    assert [] == due(store)
    assert {("t", "help.txt"): "another inode"} == store.arrivals.known_signatures("inbox")


def test_a_command_under_another_name_is_carried_out_too(store: Store, tmp_path: Path) -> None:
    written = datetime.now(UTC) - SOON
    carry_out(store, tmp_path, save(store, tmp_path, written).drop, is_repeatable=True)

    other = save(store, tmp_path, written, name="what can I write.txt")

    assert DropState.RECEIVED is other.drop.state


@pytest.mark.parametrize("is_repeatable", [False, True])
def test_empty_files_are_told_apart_by_their_names(
    is_repeatable: bool, store: Store, tmp_path: Path
) -> None:
    written = datetime.now(UTC) - SOON
    first, second = (
        save(store, tmp_path, written, name=name, size_bytes=0).drop
        for name in ("help.txt", "usage.txt")
    )
    assert first.id != second.id
    assert [DropState.RECEIVED] * 2 == [first.state, second.state]
    for drop in (first, second):
        carry_out(store, tmp_path, drop, is_repeatable=is_repeatable)

    touched = save(store, tmp_path, written, size_bytes=0, signature="another inode")
    undated = save(store, tmp_path, None, size_bytes=0, signature="s2")
    again = save(store, tmp_path, written + 2 * SOON, size_bytes=0, signature="s3")

    assert (first.id, False) == (touched.drop.id, touched.is_new)
    assert (first.id, False) == (undated.drop.id, undated.is_new)
    # What changes something is carried out once under one name.
    assert is_repeatable == again.is_new


@pytest.mark.parametrize("is_command", [False, True])
def test_what_must_not_be_done_twice_is_not_done_when_it_is_saved_again(
    is_command: bool, store: Store, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    first = save(store, tmp_path, now - SOON).drop
    if is_command:
        carry_out(store, tmp_path, first, is_repeatable=False)
    else:
        deliver(store, answer(store, tmp_path, first))

    again = save(store, tmp_path, now + SOON, signature="s2")

    assert (first.id, False) == (again.drop.id, again.is_new)
    assert [] == due(store)


def test_a_command_elsewhere_is_a_command_of_its_own(store: Store, tmp_path: Path) -> None:
    written = datetime.now(UTC) - SOON
    carry_out(store, tmp_path, save(store, tmp_path, written).drop, is_repeatable=True)
    other: Watch = watch(tmp_path, "other")

    assert save(store, tmp_path, written, thread="u").is_new
    assert save(store, tmp_path, written, watch=other).is_new

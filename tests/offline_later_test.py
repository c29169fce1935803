"""Offline as a full citizen: what it finds, and its notes given to a model afterwards."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inkchat.config import ProviderName
from inkchat.domain import DropState
from inkchat.pipeline import Pipeline
from tests.house import House, make_house, running, wait_for
from tests.vendors import Say, VendorServer


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with VendorServer() as server:
        yield server


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_house(tmp_path / "house")


def providers(house: House) -> list[tuple[int, str]]:
    with house.open() as (_, store):
        (found,) = store.sessions.list_conversations(5)
        conversation = store.sessions.get_conversation(found.conversation_id)
    assert conversation is not None
    return [(exchange.sequence_number, exchange.provider) for exchange in conversation.exchanges]


def give(house: House) -> list[int]:
    with house.open() as (source, store):
        return Pipeline(store, source.current).give_to_models(100)


def test_a_models_answer_is_the_next_exchange_and_replaces_nothing(
    house: House, vendor: VendorServer
) -> None:
    house.answer("a.txt", "Why is the sky blue?")
    (first,) = house.responses()
    before = (house.outbox / first).read_bytes()
    house.configure(vendor.url)

    assert 1 == len(give(house))
    house.run_once()

    assert [(1, "Offline"), (2, "OpenAI Compatible")] == providers(house)
    assert [first, first.replace("ex001", "ex002")] == house.responses()
    assert before == (house.outbox / first).read_bytes()
    # The note itself does not stand before itself as an earlier one.
    (asked,) = (request for request in vendor.requests if request.wire is not None)
    assert ["system", "user"] == [message["role"] for message in asked.body["messages"]]
    assert [] == give(house)


def test_nothing_is_given_while_no_model_is_connected(house: House) -> None:
    house.answer("a.txt", "Why is the sky blue?")

    assert [] == give(house)


def test_a_note_that_asked_for_offline_stays_with_it(house: House, vendor: VendorServer) -> None:
    house.configure(vendor.url)
    house.answer("a.txt", "My diary.\nprovider: offline\n")

    assert [(1, "Offline")] == providers(house)
    assert [] == give(house)


def test_a_note_whose_handwriting_asks_for_offline_goes_back_to_it(
    house: House, draw_note: Callable[..., bytes]
) -> None:
    house.answer("a.png", draw_note())
    say = Say(transcript="My diary.\nprovider: offline", answer="provider: offline")
    with VendorServer(say) as vendor:
        house.configure(vendor.url)
        give(house)
        house.run_once()

    (drop,) = house.drops()
    assert DropState.DELIVERED is drop.state
    assert [(1, "Offline"), (2, "Offline")] == providers(house)
    assert 1 == vendor.calls
    assert [] == give(house)


def test_a_given_note_waits_for_a_model_and_is_never_answered_offline_again(
    house: House, vendor: VendorServer
) -> None:
    house.answer("a.txt", "Why is the sky blue?")
    house.configure(vendor.url)
    give(house)
    house.configure()

    house.run_once()
    (drop,) = house.drops()
    assert (DropState.WAITING, "not-configured") == (drop.state, drop.reason_code)
    house.configure(vendor.url)
    with house.open() as (_, store):
        store.ledger.hurry_waiting()
    house.run_once()

    assert [(1, "Offline"), (2, "OpenAI Compatible")] == providers(house)


@pytest.mark.parametrize("answer_later", [False, True])
def test_answer_later_does_it_by_itself_only_if_it_is_set(
    house: House, vendor: VendorServer, answer_later: bool
) -> None:
    house.answer("a.txt", "Why is the sky blue?")
    house.configure(vendor.url, f"offline: {{answer_later: {str(answer_later).lower()}}}\n")

    with running(house):
        house.drop("b.txt", "Another?")
        wait_for(lambda: 2 <= len(house.responses()))
        if answer_later:
            wait_for(lambda: 3 == len(house.responses()))

    with house.open() as (_, store):
        answered = store.ledger.list_offline_answered(["inbox"], 10)
    assert (0 if answer_later else 1) == len(answered)


def test_offline_quotes_what_was_said_before_to_the_same_user_only(house: House) -> None:
    for folder in ("other", "other-out"):
        (house.folder / folder).mkdir()
    watches = (
        "watch:\n  - {inbox: inbox, outbox: outbox, user: me}\n"
        "  - {inbox: other, outbox: other-out, user: other}\n"
    )
    for said in ("Where does the zeppelin land?", "What was it for?"):
        with VendorServer(Say(transcript=said, title="")) as vendor:
            house.configure(vendor.url, watches)
            house.answer(f"{len(said)}.txt", said)
    house.configure(None, watches)
    house.answer("b.txt", "When was the zeppelin built?")
    (house.folder / "other" / "c.txt").write_text("Who flies the zeppelin?")
    house.run_once()

    (mine,) = (house.read(name) for name in house.responses() if "No AI" in house.read(name))
    assert "From your earlier notes" in mine
    quoted = mine.partition("From your earlier notes")[2]
    assert "Where does the zeppelin land?" in quoted
    # Small words alone are no reason to be quoted.
    assert "What was it for?" not in quoted
    (theirs,) = (house.folder / "other-out").iterdir()
    with house.open() as (_, store):
        (other,) = (c for c in store.sessions.list_conversations(5) if c.user_id == "other")
        full = store.sessions.get_conversation(other.conversation_id)
    assert full is not None
    assert "From your earlier notes" not in full.exchanges[0].response_text
    assert theirs.suffix == ".pdf"


def test_offline_is_named_as_the_one_who_answered(house: House) -> None:
    house.answer("a.txt", "Why?")

    (page,) = house.responses()
    assert str(ProviderName.OFFLINE) in house.read(page)

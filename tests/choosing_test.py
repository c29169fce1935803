"""Who answers: the configuration, the watch, the thread, the note; and who stands in for whom."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inkchat.config import ProviderName
from inkchat.domain import DropState
from tests.house import House, make_house
from tests.vendors import Problem, Say, VendorServer, Wire

P = ProviderName
DOWN = Say(status=503, problem=Problem("overloaded_error"))


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with VendorServer(lambda number: Say(answer=f"Answer {number}.")) as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, vendor: VendorServer) -> House:
    house = make_house(tmp_path / "house")
    house.configure_six(vendor.url, P.ANTHROPIC)
    return house


def providers_of(house: House) -> list[str]:
    """Who answered, exchange by exchange, the oldest conversation first."""
    with house.open() as (_, store):
        found = store.sessions.list_conversations(100)[::-1]
        full = [store.sessions.get_conversation(c.conversation_id) for c in found]
    return [e.provider for c in full if c is not None for e in c.exchanges]


def models_asked(vendor: VendorServer) -> list[str]:
    return [request.body["model"] for request in vendor.requests if request.wire is not None]


def test_the_configuration_is_read_for_each_note(house: House, vendor: VendorServer) -> None:
    house.answer("a.txt", "One?", "thread")
    house.configure_six(vendor.url, P.GEMINI)
    house.answer("b.txt", "Two?", "thread")

    assert ["anthropic-m", "gemini-m"] == models_asked(vendor)
    assert "Answer 0." in json.dumps(vendor.requests[-1].body)


def test_a_watch_has_its_own_provider(house: House, vendor: VendorServer) -> None:
    house.configure_six(
        vendor.url, P.ANTHROPIC, "watch: [{inbox: inbox, outbox: outbox, provider: xAI Grok}]\n"
    )

    house.answer("a.txt", "One?")

    assert ["grok-m"] == models_asked(vendor)


def test_a_threads_folder_names_its_provider(house: House, vendor: VendorServer) -> None:
    house.drop("inkchat.yaml", "provider: ollama\n", "private")

    house.answer("a.txt", "One?", "private/deeper")
    house.answer("b.txt", "Two?", "other")

    assert ["ollama-m", "anthropic-m"] == models_asked(vendor)
    assert ["a.txt", "b.txt"] == sorted(drop.name for drop in house.drops())


def test_a_broken_file_in_a_thread_is_said_on_a_page_and_the_note_waits(
    house: House, vendor: VendorServer
) -> None:
    settings = house.drop("inkchat.yaml", "provider: klaude\n", "private")

    drop = house.answer("a.txt", "One?", "private")

    assert (DropState.WAITING, "thread-misconfigured") == (drop.state, drop.reason_code)
    (page,) = house.responses()
    assert "“klaude” is not known" in house.read(page)
    settings.write_text("provider: claude\n")
    with house.open() as (_, store):
        store.ledger.hurry_waiting()
    house.run_once()
    assert ["anthropic-m"] == models_asked(vendor)


def test_a_typed_line_names_the_provider_and_is_not_sent(
    house: House, vendor: VendorServer
) -> None:
    house.answer("a.txt", "Why is the sky blue?\nProvider: gemini\n")

    assert ["gemini-m"] == models_asked(vendor)
    assert "Provider: gemini" not in json.dumps(vendor.requests[-1].body)


def test_an_unknown_name_is_said_and_the_note_answered(house: House) -> None:
    house.answer("a.txt", "Why is the sky blue?\nprovider: skynet\n")

    (page,) = house.responses()
    assert "asks for “skynet”, which is no provider" in house.read(page)
    assert page.startswith("RESPONSE")


def test_a_handwritten_line_hands_the_note_over(
    tmp_path: Path, draw_note: Callable[..., bytes]
) -> None:
    script = [
        Say(transcript="Why is the sky blue?\nprovider: grok", answer="provider: grok"),
        Say(transcript="Why is the sky blue?\nprovider: grok", answer="Because of Rayleigh."),
    ]
    with VendorServer(script) as vendor:
        house = make_house(tmp_path / "house")
        house.configure_six(vendor.url, P.ANTHROPIC)
        drop = house.answer("note.png", draw_note())

    assert DropState.DELIVERED is drop.state
    assert ["anthropic-m", "grok-m"] == models_asked(vendor)
    assert [P.GROK] == providers_of(house)
    (page,) = house.responses()
    assert "Rayleigh" in house.read(page)
    calls = house.query(f"SELECT purpose, provider FROM calls WHERE drop_id = {drop.id}")
    assert [("hand-over", P.ANTHROPIC), ("answer", P.GROK)] == calls


def test_a_line_that_names_the_one_who_answers_costs_no_second_call(
    tmp_path: Path, draw_note: Callable[..., bytes]
) -> None:
    with VendorServer(Say(transcript="Why?\nprovider: claude", answer="Because.")) as vendor:
        house = make_house(tmp_path / "house")
        house.configure_six(vendor.url, P.ANTHROPIC)
        house.answer("note.png", draw_note())

    assert 1 == vendor.calls


def test_a_named_provider_without_a_key_is_said_and_waited_for(
    house: House, vendor: VendorServer
) -> None:
    house.configure(vendor.url)

    drop = house.answer("a.txt", "Why?\nprovider: gemini\n")

    assert (DropState.WAITING, "not-configured") == (drop.state, drop.reason_code)
    (page,) = house.responses()
    assert "There is no key for Google Gemini" in house.read(page)


def test_a_fallback_answers_when_the_active_provider_is_down_and_the_page_says_so(
    tmp_path: Path,
) -> None:
    with VendorServer(DOWN) as down, VendorServer(Say(model="backup-1")) as up:
        house = make_house(tmp_path / "house")
        urls = {P.ANTHROPIC: down.url, P.OPENAI: down.url, P.GEMINI: up.url}
        house.configure_six(urls, P.ANTHROPIC, "fallback: [OpenAI, Google Gemini, Offline]\n")
        drop = house.answer("a.txt", "Why?")

    assert DropState.DELIVERED is drop.state
    assert [P.GEMINI] == providers_of(house)
    (page,) = house.responses()
    text = house.read(page)
    assert "Anthropic Claude is overloaded or out of order" in text
    assert "Google Gemini answered in the place of Anthropic Claude" in text
    assert "backup-1" in text
    assert [Wire.MESSAGES, Wire.RESPONSES] == [request.wire for request in down.requests]


def test_a_note_that_names_its_provider_goes_to_nobody_else(tmp_path: Path) -> None:
    with VendorServer(DOWN) as down, VendorServer() as up:
        house = make_house(tmp_path / "house")
        urls = {P.OLLAMA: down.url, P.ANTHROPIC: up.url}
        house.configure_six(urls, P.ANTHROPIC, "fallback: [Anthropic Claude]\n")
        drop = house.answer("a.txt", "My diary.\nprovider: ollama\n")

    assert DropState.WAITING is drop.state
    assert [] == up.requests


def test_a_paused_provider_is_not_asked_by_other_notes(house: House, vendor: VendorServer) -> None:
    with VendorServer(Say(status=401, problem=Problem("authentication_error"))) as refusing:
        house.configure_six(refusing.url, P.ANTHROPIC)
        for number in range(6):
            house.drop(f"{number}.txt", f"Question {number}?")
        house.run_once()
        asked = len(refusing.requests)

    # Those that were on their way together may all have met it; with four workers, four.
    assert asked <= 4
    assert {DropState.WAITING} == {drop.state for drop in house.drops()}
    assert 1 == len(house.responses())
    house.configure_six(vendor.url, P.ANTHROPIC)
    with house.open() as (_, store):
        store.ledger.hurry_waiting()
    house.run_once()
    assert {DropState.DELIVERED} == {drop.state for drop in house.drops()}
    assert 6 == vendor.calls


def test_a_restart_neither_forgets_nor_hurries_a_pause(tmp_path: Path) -> None:
    slow_down = Say(
        status=429, headers={"retry-after": "1800"}, problem=Problem("rate_limit_error")
    )
    with VendorServer(slow_down) as vendor:
        house = make_house(tmp_path / "house")
        house.configure_six(vendor.url, P.OPENAI)
        first = house.answer("a.txt", "One?")
        second = house.answer("b.txt", "Two?")
        house.run_once()

    assert 1 == len(vendor.requests)
    assert first.not_before is not None
    assert second.not_before is not None
    assert abs((second.not_before - first.not_before).total_seconds()) < 1

"""Who answers: the configuration, the watch, the thread, the note; and who stands in for whom."""

import io
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from inkchat.config import ProviderName
from inkchat.domain import DropState
from inkchat.errors import StoreError
from inkchat.pipeline import Pipeline
from inkchat.store import database
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


# A fallback that cannot stand in leaves the note to the first


@pytest.mark.parametrize(
    ("fallbacks_say", "more"),
    [
        (Say(status=400, problem=Problem("invalid_request_error")), ""),
        (Say(status=413, problem=Problem("request_too_large", "context length exceeded")), ""),
        (Say(), "budget: {month: {usd: 0.0001}}\n"),
    ],
)
def test_a_fallback_that_cannot_take_a_note_leaves_it_to_the_first(
    tmp_path: Path, fallbacks_say: Say, more: str
) -> None:
    with VendorServer(fallbacks_say) as up:
        house = make_house(tmp_path / "house")
        house.write_config(
            "active_provider: Ollama\nfallback: [OpenAI]\n"
            "Ollama: {base_url: 'http://127.0.0.1:1', model: m}\n"
            f"OpenAI: {{base_url: '{up.url}', api_key: k-0123456789, model: m, "
            f"price: {{input: 10, output: 10}}}}\n{more}"
        )
        drop = house.answer("a.txt", "Why?")

    assert (DropState.WAITING, "unreachable") == (drop.state, drop.reason_code)
    assert 0 == up.calls


def test_an_overloaded_provider_that_says_when_is_left_alone_until_then(tmp_path: Path) -> None:
    busy = Say(status=529, headers={"retry-after": "1800"}, problem=Problem("overloaded_error"))
    with VendorServer(busy) as vendor:
        house = make_house(tmp_path / "house")
        house.configure_six(vendor.url, P.ANTHROPIC)
        house.answer("a.txt", "One?")
        house.answer("b.txt", "Two?")

    assert 1 == len(vendor.asked)
    assert {"overloaded"} == {drop.reason_code for drop in house.drops()}


# Whose words they are, and whose they must not become


def test_a_thread_that_is_not_there_is_waited_for_and_nobody_guessed(
    house: House, vendor: VendorServer
) -> None:
    house.write_config(
        f"active_provider: OpenAI\nOpenAI: {{base_url: '{vendor.url}', api_key: k, model: m}}\n"
        "Ollama: {base_url: 'http://127.0.0.1:1'}\n"
    )
    house.drop("inkchat.yaml", "provider: ollama\n", "private")
    drop = house.answer("a.txt", "My secret.", "private")
    house.inbox.rename(house.folder / "not-mounted")
    house.query("UPDATE drops SET not_before = NULL")
    house.query("DELETE FROM pauses")

    advanced = house.advance(drop.id)

    assert advanced is not None
    assert (DropState.WAITING, "thread-misconfigured") == (advanced.state, advanced.reason_code)
    assert 0 == vendor.calls


def test_a_thread_of_any_name_is_looked_up(house: House, vendor: VendorServer) -> None:
    folder = os.fsencode(house.inbox) + b"/priv\xe9\\n"
    os.mkdir(folder)  # noqa: PTH102  (bytes that are not UTF-8)
    for name, text in ((b"inkchat.yaml", "provider: ollama\n"), (b"a.txt", "My secret.\n")):
        with open(folder + b"/" + name, "w") as file:  # noqa: PTH123
            file.write(text)

    house.run_once()

    assert ["ollama-m"] == models_asked(vendor)


def test_a_typed_line_stays_out_when_pictures_are_drawn_anew(
    house: House, vendor: VendorServer
) -> None:
    buffer = io.BytesIO()
    page = Canvas(buffer, pagesize=(420, 560))
    page.drawString(50, 500, "Why is the sky blue?")
    page.drawString(50, 480, "provider: ollama")
    page.line(50, 100, 300, 300)
    page.save()

    house.answer("a.pdf", buffer.getvalue())

    (asked,) = vendor.asked
    assert "ollama-m" == asked.body["model"]
    assert asked.body["messages"][-1]["images"]
    assert "Why is the sky blue?" in asked.body["messages"][-1]["content"]
    assert "provider: ollama" not in asked.body["messages"][-1]["content"]


def test_an_answer_that_is_only_the_line_hands_the_note_over(
    tmp_path: Path, draw_note: Callable[..., bytes]
) -> None:
    script = [
        Say(transcript="Why is the sky blue?", answer="provider: grok"),
        Say(answer="Because of Rayleigh."),
    ]
    with VendorServer(script) as vendor:
        house = make_house(tmp_path / "house")
        house.configure_six(vendor.url, P.ANTHROPIC)
        house.answer("note.png", draw_note())

    assert ["anthropic-m", "grok-m"] == models_asked(vendor)


def test_an_unknown_name_in_handwriting_is_said(
    tmp_path: Path, draw_note: Callable[..., bytes]
) -> None:
    with VendorServer(Say(transcript="Why?\nprovider: mistral", answer="Because.")) as vendor:
        house = make_house(tmp_path / "house")
        house.configure_six(vendor.url, P.ANTHROPIC)
        house.answer("note.png", draw_note())

    (page,) = house.responses()
    assert "asks for “mistral”, which is no provider" in house.read(page)
    assert "Because." in house.read(page)


@pytest.mark.parametrize(
    "section",
    [
        "OpenAI Compatible: {base_url: '%s', model: m, context_tokens: 16000}",
        "Ollama: {base_url: '%s', model: m, num_ctx: 4096}",
    ],
)
def test_a_small_window_still_remembers(tmp_path: Path, section: str) -> None:
    with VendorServer() as vendor:
        house = make_house(tmp_path / "house")
        active = section.partition(":")[0]
        house.write_config(f"active_provider: {active}\n{section % vendor.url}\n")
        house.answer("a.txt", "One?", "t")
        house.answer("b.txt", "Two?", "t")

    roles = [message["role"] for message in vendor.asked[-1].body["messages"]]
    assert ["system", "user", "assistant", "user"] == roles


def test_a_database_that_is_locked_as_a_probe_is_answered_costs_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_SECONDS", 0.5)
    busy = Say(status=429, problem=Problem("rate_limit_error"))
    with VendorServer([busy, Say()]) as vendor:
        house = make_house(tmp_path / "house")
        house.configure(vendor.url)
        drop = house.answer("a.txt", "One?")
        make_due(house)
        other = sqlite3.connect(
            house.folder / "eink_sessions.db", isolation_level=None, check_same_thread=False
        )

        def lock(point: str) -> None:
            if point == "replied":
                other.execute("BEGIN IMMEDIATE")

        with house.open() as (source, store), pytest.raises(StoreError):
            Pipeline(store, source.current, pass_point=lock).advance(drop.id)
        other.execute("ROLLBACK")
        other.close()
        make_due(house)
        house.advance(drop.id)

    assert {DropState.DELIVERED} == {drop.state for drop in house.drops()}
    assert 1 == vendor.calls


def make_due(house: House) -> None:
    house.query("UPDATE pauses SET until = '2020-01-01T00:00:00.000000+00:00'")
    house.query("UPDATE drops SET not_before = NULL")

"""Which provider is chosen, and the sentence that says why."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from inkchat.config import ProviderName, Settings, load_settings
from inkchat.errors import NotConfigured
from inkchat.models import Choice, Chooser, choose, connect
from tests.models.given import ignore_text, request_of
from tests.vendors import Say, VendorServer


def load(tmp_path: Path, text: str = "", environment: Mapping[str, str] | None = None) -> Settings:
    file = tmp_path / "config.yaml"
    if "local_servers" not in text:
        text = f"local_servers: []\n{text}"
    file.write_text(text, "utf-8")
    return load_settings(file, environment or {})


def names(choice: Choice) -> tuple[ProviderName, str]:
    return choice.settings.name, choice.why


BOTH = {"ANTHROPIC_API_KEY": "a", "OPENAI_API_KEY": "o"}
REST = {"GEMINI_API_KEY": "g", "XAI_API_KEY": "x"}


def test_with_nothing_at_all_it_is_offline(tmp_path: Path) -> None:
    assert names(choose(load(tmp_path))) == (
        ProviderName.OFFLINE,
        "auto: no key is set, and no local server answers",
    )


@pytest.mark.parametrize(
    ("environment", "expected", "variable"),
    [
        (BOTH, ProviderName.ANTHROPIC, "ANTHROPIC_API_KEY"),
        ({"OPENAI_API_KEY": "o"}, ProviderName.OPENAI, "OPENAI_API_KEY"),
        (REST | {"OPENAI_API_KEY": "o"}, ProviderName.OPENAI, "OPENAI_API_KEY"),
        (REST, ProviderName.GEMINI, "GEMINI_API_KEY"),
        ({"XAI_API_KEY": "x"}, ProviderName.GROK, "XAI_API_KEY"),
    ],
)
def test_a_key_in_the_environment_is_taken(
    tmp_path: Path, environment: dict[str, str], expected: ProviderName, variable: str
) -> None:
    assert names(choose(load(tmp_path, "", environment))) == (
        expected,
        f"auto: the variable {variable} is set",
    )


def test_a_section_comes_before_a_bare_key(tmp_path: Path) -> None:
    assert names(choose(load(tmp_path, "OpenAI: {model: m}", BOTH))) == (
        ProviderName.OPENAI,
        "auto: config.yaml has the section “OpenAI”, and the variable OPENAI_API_KEY is set",
    )


def test_sections_are_tried_in_the_files_order(tmp_path: Path) -> None:
    text = "OpenAI: {api_key: x}\nAnthropic Claude: {api_key: y}"
    chosen = choose(load(tmp_path, text))

    assert names(chosen) == (
        ProviderName.OPENAI,
        "auto: config.yaml has the section “OpenAI”, and api_key in config.yaml holds the key",
    )


@pytest.mark.parametrize("name", [ProviderName.GEMINI, ProviderName.GROK])
def test_the_newer_vendors_sections_are_tried_too(tmp_path: Path, name: ProviderName) -> None:
    text = f"{name}: {{api_key: x}}\nAnthropic Claude: {{api_key: y}}"
    assert names(choose(load(tmp_path, text))) == (
        name,
        f"auto: config.yaml has the section “{name}”, and api_key in config.yaml holds the key",
    )


def test_a_section_of_ollama_is_taken_when_its_server_answers(tmp_path: Path) -> None:
    with VendorServer(models=()) as server:
        text = f"Ollama: {{base_url: 'http://127.0.0.1:{server.port}', model: mine}}"
        chosen = choose(load(tmp_path, text, BOTH))

    assert names(chosen) == (
        ProviderName.OLLAMA,
        "auto: config.yaml has the section “Ollama”, and Ollama answers at "
        f"http://127.0.0.1:{server.port}",
    )
    assert chosen.settings.model == "mine"
    assert [received.path for received in server.requests] == ["/api/tags"]


def test_a_section_of_ollama_is_passed_over_when_nobody_answers(tmp_path: Path) -> None:
    text = "Ollama: {base_url: 'http://127.0.0.1:9'}\nOpenAI: {api_key: x}"
    assert choose(load(tmp_path, text)).settings.name is ProviderName.OPENAI


def test_a_server_that_speaks_otherwise_is_no_ollama(tmp_path: Path) -> None:
    with VendorServer(list_status=200) as server:
        text = f"Ollama: {{base_url: '{server.url}'}}\nOpenAI: {{api_key: x}}"
        assert choose(load(tmp_path, text)).settings.name is ProviderName.OPENAI


@pytest.mark.parametrize("name", ProviderName)
def test_a_provider_can_be_named_for_one_note(tmp_path: Path, name: ProviderName) -> None:
    settings = load(tmp_path, "active_provider: Anthropic Claude", BOTH)

    assert names(choose(settings, name)) == (name, "it is named for this note")
    assert names(Chooser().choose(settings, name)) == (name, "it is named for this note")


def test_a_compatible_server_that_is_named_for_a_note_is_asked_for_its_model(
    tmp_path: Path,
) -> None:
    with VendorServer(models=("one",)) as server:
        settings = load(tmp_path, f"OpenAI Compatible: {{base_url: '{server.url}'}}", BOTH)
        chosen = choose(settings, ProviderName.COMPATIBLE)

    assert chosen.settings.model == "one"


def test_the_chooser_remembers_each_name_for_itself(tmp_path: Path) -> None:
    with VendorServer(models=("one",)) as server:
        text = f"local_servers: ['{server.url}']\nOpenAI Compatible: {{base_url: '{server.url}'}}"
        settings, chooser = load(tmp_path, text), Chooser()
        for _ in range(3):
            assert chooser.choose(settings).settings.model == "one"
            named = chooser.choose(settings, ProviderName.OFFLINE)
            assert named.settings.name is ProviderName.OFFLINE
            assert chooser.choose(settings, ProviderName.COMPATIBLE).settings.model == "one"

    assert len(server.requests) == 2


def test_a_local_server_that_went_away_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkchat.models.choice.CHOICE_SECONDS", 0.0)
    chooser = Chooser()
    with VendorServer(models=("one",)) as server:
        settings = load(tmp_path, f"local_servers: ['{server.url}']")
        assert chooser.choose(settings).settings.name is ProviderName.COMPATIBLE

    assert chooser.choose(settings).settings.name is ProviderName.COMPATIBLE
    assert Chooser().choose(settings).settings.name is ProviderName.OFFLINE


def test_a_note_does_not_leave_the_machine_because_a_server_starts_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkchat.models.choice.CHOICE_SECONDS", 0.0)
    chooser = Chooser()
    with VendorServer(models=("llama3.1:latest",)) as server:
        text = f"Ollama: {{base_url: '{server.url}'}}\nOpenAI: {{api_key: x}}"
        settings = load(tmp_path, text, BOTH)
        found = chooser.choose(settings)
        server.list_status = 500

        assert found.settings.name is ProviderName.OLLAMA
        assert chooser.choose(settings) == found
        server.list_status = None
        assert chooser.choose(settings) == found
        server.list_status = 500
        changed = load(tmp_path, text, BOTH)
        assert chooser.choose(changed).settings.name is ProviderName.OPENAI


def test_a_section_of_ollama_takes_over_when_its_server_comes_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkchat.models.choice.CHOICE_SECONDS", 0.0)
    chooser = Chooser()
    with VendorServer(list_status=500) as server:
        settings = load(tmp_path, f"Ollama: {{base_url: '{server.url}'}}", BOTH)
        assert chooser.choose(settings).settings.name is ProviderName.ANTHROPIC
        server.list_status = None
        assert chooser.choose(settings).settings.name is ProviderName.OLLAMA


@contextmanager
def dripping_server(asked: threading.Event) -> Iterator[str]:
    """The URL of one that begins its list of models, and sends a blank of it now and then."""
    stopped = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
            asked.set()
            while not stopped.wait(0.05):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    def serve(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        finally:
            stopped.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.timeout(30)
def test_a_list_of_models_that_drips_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkchat.models.choice._PATIENCE_SECONDS", 0.3)
    with dripping_server(threading.Event()) as url:
        settings = load(tmp_path, f"OpenAI Compatible: {{base_url: '{url}'}}")

        assert choose(settings, ProviderName.COMPATIBLE).settings.model is None


@pytest.mark.timeout(30)
def test_a_server_that_is_asked_for_its_models_holds_up_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkchat.models.choice._PATIENCE_SECONDS", 2.0)
    chooser, asked = Chooser(), threading.Event()
    with dripping_server(asked) as url:
        settings = load(tmp_path, f"OpenAI Compatible: {{base_url: '{url}'}}", BOTH)
        thread = threading.Thread(target=chooser.choose, args=(settings, ProviderName.COMPATIBLE))
        thread.start()
        asked.wait()
        chosen = chooser.choose(settings, ProviderName.ANTHROPIC)
        is_still_asking = thread.is_alive()
        thread.join()

    assert chosen.settings.name is ProviderName.ANTHROPIC
    assert is_still_asking


def test_a_server_that_was_found_gets_no_key_and_misses_none(tmp_path: Path) -> None:
    with VendorServer(models=("local",)) as server:
        text = f"local_servers: ['{server.url}']\nOpenAI Compatible: {{api_key_env: NOPE}}"
        chosen = choose(load(tmp_path, text))

        assert connect(chosen.settings).complete(request_of(), ignore_text).answer == Say().answer


@pytest.mark.parametrize(
    ("tags", "configured", "expected"),
    [
        (("nomic-embed-text", "gemma", "llama3.1:latest"), "", "llama3.1:latest"),
        (("nomic-embed-text", "gemma", "other"), "", "gemma"),
        (("gemma", "llava:latest"), "llava", "llava"),
    ],
)
def test_ollama_on_its_own_port_is_asked_in_its_own_form(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tags: tuple[str, ...],
    configured: str,
    expected: str,
) -> None:
    with VendorServer(models=tags) as server:
        # Its real port may be somebody's on this machine.
        monkeypatch.setattr("inkchat.models.choice._OLLAMA_PORT", server.port)
        section = f"Ollama: {{base_url: 'http://127.0.0.1:9', model: {configured}}}"
        text = f"local_servers: ['{server.url}']\n{section if configured else ''}"
        chosen = choose(load(tmp_path, text))

        assert names(chosen) == (ProviderName.OLLAMA, f"auto: a server answers at {server.url}")
        assert chosen.settings.model == expected
        assert connect(chosen.settings).complete(request_of(), ignore_text).answer == Say().answer
    assert "authorization" not in server.asked[0].headers


def test_who_speaks_only_like_openai_on_ollamas_port_is_asked_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with VendorServer(models=("nomic-embed-text",)) as server:
        monkeypatch.setattr("inkchat.models.choice._OLLAMA_PORT", server.port)
        chosen = choose(load(tmp_path, f"local_servers: ['{server.url}']"))

    assert chosen.settings.name is ProviderName.COMPATIBLE


def test_a_section_without_a_key_is_passed_over(tmp_path: Path) -> None:
    text = "OpenAI: {api_key_env: NOT_SET}\nOpenAI Compatible: {model: m}"
    assert choose(load(tmp_path, text)).settings.name is ProviderName.OFFLINE


def test_what_the_person_names_is_taken_even_if_it_cannot_work(tmp_path: Path) -> None:
    chosen = choose(load(tmp_path, "active_provider: OpenAI", {"ANTHROPIC_API_KEY": "a"}))

    assert names(chosen) == (ProviderName.OPENAI, "config.yaml names it")
    with pytest.raises(NotConfigured):
        connect(chosen.settings)


def test_offline_can_be_named(tmp_path: Path) -> None:
    assert choose(load(tmp_path, "active_provider: Offline", BOTH)).settings.name is (
        ProviderName.OFFLINE
    )


def test_a_compatible_server_is_asked_for_its_model(tmp_path: Path) -> None:
    with VendorServer(models=("nomic-embed-text", "llama-vision", "other")) as server:
        text = f"OpenAI Compatible: {{base_url: '{server.url}', api_key: k}}"
        chosen = choose(load(tmp_path, text, BOTH))

    assert chosen.settings.model == "llama-vision"
    assert names(chosen) == (
        ProviderName.COMPATIBLE,
        "auto: config.yaml has the section “OpenAI Compatible” with a base_url",
    )
    (received,) = server.requests
    assert (received.method, received.path) == ("GET", "/v1/models")
    assert received.headers["authorization"] == "Bearer k"


def test_a_server_is_not_asked_for_a_model_that_is_named(tmp_path: Path) -> None:
    with VendorServer() as server:
        text = f"OpenAI Compatible: {{base_url: '{server.url}', model: mine}}"
        assert choose(load(tmp_path, text)).settings.model == "mine"

    assert server.requests == []


def test_a_named_server_that_is_down_is_said_by_connect(tmp_path: Path) -> None:
    text = "active_provider: OpenAI Compatible\nOpenAI Compatible: {base_url: 'http://127.0.0.1:9'}"
    chosen = choose(load(tmp_path, text))

    with pytest.raises(NotConfigured, match="did not say which it has"):
        connect(chosen.settings)


def test_a_local_server_is_found_and_gets_no_key(tmp_path: Path) -> None:
    with VendorServer(models=("local",)) as server:
        text = f"local_servers: ['http://127.0.0.1:9/v1', '{server.url}']"
        chosen = choose(load(tmp_path, text))

    assert names(chosen) == (ProviderName.COMPATIBLE, f"auto: a server answers at {server.url}")
    assert (chosen.settings.base_url, chosen.settings.model) == (server.url, "local")
    assert "authorization" not in server.requests[0].headers


def test_a_key_comes_before_a_local_server(tmp_path: Path) -> None:
    with VendorServer() as server:
        chosen = choose(load(tmp_path, f"local_servers: ['{server.url}']", BOTH))

    assert chosen.settings.name is ProviderName.ANTHROPIC
    assert server.requests == []


def test_a_server_that_lists_no_model_is_passed_over(tmp_path: Path) -> None:
    with VendorServer(models=()) as server:
        assert choose(load(tmp_path, f"local_servers: ['{server.url}']")).settings.name is (
            ProviderName.OFFLINE
        )


def test_a_silent_server_costs_a_third_of_a_second(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        settings = load(tmp_path, f"local_servers: ['{url}']")
        started_at = time.monotonic()
        chosen = choose(settings)
        seconds = time.monotonic() - started_at

    assert chosen.settings.name is ProviderName.OFFLINE
    assert 0.25 < seconds < 1.0

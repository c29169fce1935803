"""Which provider is chosen, and the sentence that says why."""

import socket
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from inkchat.config import ProviderName, Settings, load_settings
from inkchat.errors import NotConfigured
from inkchat.models import Choice, choose, connect
from tests.vendors import VendorServer


def load(tmp_path: Path, text: str = "", environment: Mapping[str, str] | None = None) -> Settings:
    file = tmp_path / "config.yaml"
    if "local_servers" not in text:
        text = f"local_servers: []\n{text}"
    file.write_text(text, "utf-8")
    return load_settings(file, environment or {})


def names(choice: Choice) -> tuple[ProviderName, str]:
    return choice.settings.name, choice.why


BOTH = {"ANTHROPIC_API_KEY": "a", "OPENAI_API_KEY": "o"}


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

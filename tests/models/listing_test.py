"""Which models a vendor says that it has."""

from dataclasses import replace
from typing import Any

import pytest

from inkchat.config import ProviderName, ProviderSettings
from inkchat.errors import (
    AnswerUnusable,
    NotConfigured,
    Overloaded,
    ProviderError,
    Unreachable,
    WrongKey,
)
from inkchat.models import ModelInfo, list_models
from tests.models.given import CHAT, KEY, NETWORKED, RESPONSES, settings_for
from tests.vendors import VendorServer

TOLD: dict[str, dict[str, Any]] = {
    "old": {
        "lifecycle": "deprecated",
        "retires_at": "2027-02-01T00:00:00Z",
        "max_input_tokens": 200_000,
        "capabilities": {"image_input": {"supported": True}},
    },
    "new": {"max_input_tokens": 1_000_000, "capabilities": {"image_input": {"supported": False}}},
}


@pytest.mark.parametrize("name", [*RESPONSES, *CHAT])
def test_a_server_like_openais_lists_its_models(name: ProviderName) -> None:
    with VendorServer(models=("models/one", "two")) as server:
        # Nobody needs to name a model for this.
        listed = list_models(replace(settings_for(name, server), model=None))

    assert listed == [ModelInfo("one"), ModelInfo("two")]
    (received,) = server.requests
    assert (received.method, received.path) == ("GET", "/v1/models")
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert server.calls == 0


def test_ollama_lists_what_was_pulled() -> None:
    with VendorServer(models=("llama3.1:latest", "moondream:latest")) as server:
        listed = list_models(settings_for(ProviderName.OLLAMA, server))

    assert listed == [ModelInfo("llama3.1:latest"), ModelInfo("moondream:latest")]
    assert [received.path for received in server.requests] == ["/api/tags"]


def test_claude_tells_when_a_model_retires_and_what_it_takes() -> None:
    with VendorServer(models=("old", "new", "bare"), told=TOLD) as server:
        listed = list_models(settings_for(ProviderName.ANTHROPIC, server))

    assert listed == [
        ModelInfo("old", "2027-02-01", 200_000, True),
        ModelInfo("new", None, 1_000_000, False),
        ModelInfo("bare"),
    ]
    assert server.calls == 0


def test_offline_has_no_models() -> None:
    assert list_models(ProviderSettings(ProviderName.OFFLINE)) == []


@pytest.mark.parametrize("name", NETWORKED)
@pytest.mark.parametrize(
    ("status", "expected"), [(401, WrongKey), (404, ProviderError), (500, Overloaded)]
)
def test_a_refusal_to_list_is_one_of_our_errors(
    name: ProviderName, status: int, expected: type[ProviderError]
) -> None:
    with VendorServer(list_status=status) as server, pytest.raises(expected) as caught:
        list_models(settings_for(name, server))

    assert KEY not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize("name", sorted(set(NETWORKED) - {ProviderName.ANTHROPIC}))
def test_a_list_that_is_none_is_said(name: ProviderName) -> None:
    with VendorServer(list_status=200) as server, pytest.raises(AnswerUnusable):
        list_models(settings_for(name, server))


@pytest.mark.parametrize("name", NETWORKED)
def test_a_server_that_is_not_there_is_said(name: ProviderName) -> None:
    with pytest.raises(Unreachable):
        list_models(replace(settings_for(name), base_url="http://127.0.0.1:9/v1"))


def test_a_missing_key_is_said() -> None:
    with pytest.raises(NotConfigured, match="There is no key for OpenAI"):
        list_models(ProviderSettings(ProviderName.OPENAI))

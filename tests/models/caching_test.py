"""What is asked of a vendor's cache, and what its counts become."""

from dataclasses import replace
from typing import Any

import pytest

from inkchat.config import Api, ProviderName
from inkchat.domain import CacheLife, Request, Role, Turn
from inkchat.models import connect
from inkchat.models.prompt import extend_system
from tests.models.given import (
    HISTORY,
    NETWORKED,
    connect_to,
    ignore_text,
    picture_page,
    request_of,
    settings_for,
)
from tests.vendors import Problem, Say, VendorServer

SYSTEM = extend_system("You are kind.")
KEPT = [CacheLife.SHORT, CacheLife.LONG]
BREAKPOINT = {"prompt_cache_breakpoint": {"mode": "explicit"}}


def conversation(cache: CacheLife) -> Request:
    return request_of(picture_page(1), history=HISTORY, cache=cache)


def body_of(name: ProviderName, cache: CacheLife) -> dict[str, Any]:
    with VendorServer() as server:
        connect_to(server, name).complete(conversation(cache), ignore_text)
    body: dict[str, Any] = server.asked[0].body
    return body


@pytest.mark.parametrize("life", KEPT)
def test_claude_is_told_where_the_stable_beginning_ends(life: CacheLife) -> None:
    mark = {"type": "ephemeral", "ttl": str(life)}
    body = body_of(ProviderName.ANTHROPIC, life)

    assert body["system"] == [{"type": "text", "text": SYSTEM, "cache_control": mark}]
    assert body["messages"][:-1] == [
        {"role": "user", "content": "What is a fjord?"},
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "A drowned valley.", "cache_control": mark}],
        },
    ]
    assert "cache_control" not in str(body["messages"][-1])


def test_claude_keeps_the_system_text_alone_where_nothing_came_before() -> None:
    request = request_of(cache=CacheLife.SHORT)
    with VendorServer() as server:
        connect_to(server, ProviderName.ANTHROPIC).complete(request, ignore_text)

    body = server.requests[0].body
    assert [block.get("cache_control") for block in body["system"]] == [
        {"type": "ephemeral", "ttl": "5m"}
    ]
    assert "cache_control" not in str(body["messages"])


@pytest.mark.parametrize("life", KEPT)
def test_openai_is_told_where_the_stable_beginning_ends(life: CacheLife) -> None:
    body = body_of(ProviderName.OPENAI, life)

    assert body["prompt_cache_options"] == {"mode": "explicit"}
    assert body["prompt_cache_key"] == "key-of-a-conversation"
    assert body["input"][:-1] == [
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "What is a fjord?"} | BREAKPOINT],
        },
        {
            "type": "message",
            "role": "assistant",
            "content": "A drowned valley.",
            "phase": "final_answer",
        },
    ]
    assert "prompt_cache" not in str(body["input"][-1])


def test_openai_on_chat_is_told_the_same() -> None:
    with VendorServer() as server:
        provider = connect(replace(settings_for(ProviderName.OPENAI, server), api=Api.CHAT))
        provider.complete(conversation(CacheLife.SHORT), ignore_text)

    body = server.requests[0].body
    assert body["prompt_cache_options"] == {"mode": "explicit"}
    assert body["prompt_cache_key"] == "key-of-a-conversation"
    assert body["messages"][1] == {
        "role": "user",
        "content": [{"type": "text", "text": "What is a fjord?"} | BREAKPOINT],
    }


LONGER = (*HISTORY, Turn(Role.USER, "How deep?"), Turn(Role.ASSISTANT, "Very."))


@pytest.mark.parametrize(
    ("name", "api", "system_marks"),
    [
        (ProviderName.ANTHROPIC, None, 1),
        (ProviderName.OPENAI, None, 0),
        (ProviderName.OPENAI, Api.CHAT, 0),
    ],
)
def test_only_the_end_of_what_came_before_is_marked(
    name: ProviderName, api: Api | None, system_marks: int
) -> None:
    request = request_of(history=LONGER, cache=CacheLife.SHORT)
    with VendorServer() as server:
        settings = replace(settings_for(name, server), api=api)
        connect(settings).complete(request, ignore_text)

    (received,) = server.requests
    sent = str(received.body)
    marks = sent.count("'cache_control'") + sent.count("'prompt_cache_breakpoint'")
    assert marks == system_marks + 1
    turns = received.body.get("messages", received.body.get("input"))
    marked = [turn["content"][0]["text"] for turn in turns if "'mode'" in str(turn)]
    assert marked == ([] if name is ProviderName.ANTHROPIC else ["How deep?"])


@pytest.mark.parametrize("name", NETWORKED)
def test_nothing_is_kept_where_nothing_shall_be(name: ProviderName) -> None:
    sent = str(body_of(name, CacheLife.OFF))

    assert "cache_control" not in sent
    assert "breakpoint" not in sent
    assert "prompt_cache_key" not in sent
    # Without this word the vendor would write into its cache by itself, and charge for it.
    assert ("'prompt_cache_options': {'mode': 'explicit'}" in sent) is (name is ProviderName.OPENAI)


@pytest.mark.parametrize("life", KEPT)
@pytest.mark.parametrize(
    "name", sorted(set(NETWORKED) - {ProviderName.ANTHROPIC, ProviderName.OPENAI})
)
def test_the_others_are_told_nothing_of_caching(name: ProviderName, life: CacheLife) -> None:
    assert "cache" not in str(body_of(name, life))


@pytest.mark.parametrize(
    ("name", "param"),
    [
        (ProviderName.OPENAI, "prompt_cache_options"),
        (ProviderName.OPENAI, "input[0].content[0].prompt_cache_breakpoint"),
        (ProviderName.OPENAI, "prompt_cache_key"),
        (ProviderName.ANTHROPIC, "messages.1.content.0.cache_control"),
    ],
)
def test_an_older_model_is_asked_without(name: ProviderName, param: str) -> None:
    problem = Problem("invalid_request_error", f"Unknown parameter: '{param}'.", param=param)
    with VendorServer([Say(status=400, problem=problem), Say()]) as server:
        connect_to(server, name).complete(conversation(CacheLife.LONG), ignore_text)

    assert "cache" in str(server.requests[0].body)
    assert "cache" not in str(server.requests[1].body)


@pytest.mark.parametrize("name", sorted(set(NETWORKED) - {ProviderName.OLLAMA}))
def test_what_was_read_and_written_is_counted(name: ProviderName) -> None:
    say = Say(input_tokens=5000, cached_tokens=3000, cache_written_tokens=1500)
    with VendorServer(say) as server:
        usage = connect_to(server, name).complete(request_of(), ignore_text).usage

    assert (usage.input_tokens, usage.cached_tokens, usage.cache_written_tokens) == (
        5000,
        3000,
        1500,
    )

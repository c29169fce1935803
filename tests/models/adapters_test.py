"""Each provider over a real socket, every request judged by the vendor's own types."""

import base64
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from inkchat.config import Api, ProviderName, ProviderSettings
from inkchat.domain import Reply, Request, Role, Stop, Turn, Usage
from inkchat.errors import RequestRejected
from inkchat.models import SCHEMA, connect
from inkchat.models.addresses import find_address
from inkchat.models.prompt import extend_system
from tests.models.given import (
    CHAT,
    HISTORY,
    KEY,
    NETWORKED,
    PICTURE,
    RESPONSES,
    connect_to,
    ignore_text,
    picture_page,
    request_of,
    settings_for,
    text_page,
)
from tests.vendors import Ending, Problem, Say, VendorServer

PICTURE_BASE64 = base64.b64encode(PICTURE).decode("ascii")
DATA_URL = f"data:image/png;base64,{PICTURE_BASE64}"
SYSTEM = extend_system("You are kind.")
CONVERSATION = request_of(picture_page(1), text_page("Typed words.", 2), history=HISTORY)
NEWEST_TEXT = "[Page 1, picture 1]\n\n[Page 2]\nTyped words."


def golden_responses(**more: Any) -> dict[str, Any]:
    return {
        "model": "some-model",
        "max_output_tokens": 16_000,
        "instructions": SYSTEM,
        "text": {
            "format": {"type": "json_schema", "name": "reply", "schema": SCHEMA, "strict": True}
        },
        "store": False,
        "stream": True,
        "input": [
            {"role": "user", "content": "What is a fjord?"},
            {"type": "message", "role": "assistant", "content": "A drowned valley."},
            {
                "role": "user",
                "content": [
                    {"type": "input_image", "image_url": DATA_URL, "detail": "high"},
                    {"type": "input_text", "text": NEWEST_TEXT},
                    {"type": "input_text", "text": "Answer this note."},
                ],
            },
        ],
    } | more


def golden_chat() -> dict[str, Any]:
    return {
        "model": "some-model",
        "max_tokens": 16_000,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "reply", "schema": SCHEMA, "strict": True},
        },
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": "What is a fjord?"},
            {"role": "assistant", "content": "A drowned valley."},
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": DATA_URL}},
                    {"type": "text", "text": NEWEST_TEXT},
                    {"type": "text", "text": "Answer this note."},
                ],
            },
        ],
    }


GOLDEN: dict[ProviderName, dict[str, Any]] = {
    ProviderName.ANTHROPIC: {
        "model": "some-model",
        "max_tokens": 16_000,
        "system": SYSTEM,
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
        "stream": True,
        "messages": [
            {"role": "user", "content": "What is a fjord?"},
            {"role": "assistant", "content": "A drowned valley."},
            {
                "role": "user",
                "content": [
                    {
                        "type": "image",
                        "source": {
                            "type": "base64",
                            "media_type": "image/png",
                            "data": PICTURE_BASE64,
                        },
                    },
                    {"type": "text", "text": NEWEST_TEXT},
                    {"type": "text", "text": "Answer this note."},
                ],
            },
        ],
    },
    ProviderName.OPENAI: golden_responses(
        prompt_cache_options={"mode": "explicit"},
        input=[
            {"role": "user", "content": "What is a fjord?"},
            {
                "type": "message",
                "role": "assistant",
                "content": "A drowned valley.",
                "phase": "final_answer",
            },
            golden_responses()["input"][-1],
        ],
    ),
    ProviderName.GROK: golden_responses(),
    ProviderName.GEMINI: golden_chat(),
    ProviderName.COMPATIBLE: golden_chat(),
    ProviderName.OLLAMA: {
        "model": "some-model",
        "stream": True,
        "format": SCHEMA,
        "options": {"num_ctx": 32_768, "num_predict": 16_000},
        "messages": [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": "What is a fjord?"},
            {"role": "assistant", "content": "A drowned valley."},
            {
                "role": "user",
                "content": f"{NEWEST_TEXT}\n\nAnswer this note.",
                "images": [PICTURE_BASE64],
            },
        ],
    },
}


def ask(server: VendorServer, name: ProviderName, request: Request | None = None) -> Reply:
    return connect_to(server, name).complete(request or request_of(), ignore_text)


@pytest.mark.parametrize("name", NETWORKED)
def test_a_request_has_exactly_this_form(name: ProviderName) -> None:
    with VendorServer() as server:
        ask(server, name, CONVERSATION)

    (received,) = server.asked
    assert received.body == GOLDEN[name]
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert server.calls == 1


@pytest.mark.parametrize("name", NETWORKED)
def test_a_reply_is_read_whole(name: ProviderName) -> None:
    say = Say(
        title="Fjords",
        transcript="What is\na fjord?",
        answer="A *drowned* valley – « ¿ » 谷 🏔.",
        language="pt-BR",
        cache_written_tokens=100,
    )
    with VendorServer(say) as server:
        reply = ask(server, name)

    is_ollama = name is ProviderName.OLLAMA
    assert reply.first_token_seconds is not None
    assert replace(reply, first_token_seconds=None) == Reply(
        title="Fjords",
        transcript="What is\na fjord?",
        answer="A *drowned* valley – « ¿ » 谷 🏔.",
        language="pt-BR",
        provider=str(name),
        model="loopback-model-1",
        usage=Usage(1200, 90) if is_ollama else Usage(1200, 90, 200, 100),
        stop=Stop.COMPLETE,
        request_id="req_loopback",
        cost_usd=0.0 if name in (ProviderName.COMPATIBLE, ProviderName.OLLAMA) else None,
    )


@pytest.mark.parametrize("name", NETWORKED)
def test_a_truncated_answer_is_kept_and_marked(name: ProviderName) -> None:
    say = Say(ending=Ending.TRUNCATED, answer="word " * 200)
    with VendorServer(say) as server:
        reply = ask(server, name)

    assert reply.stop is Stop.TRUNCATED
    assert reply.answer.startswith("word word word")
    assert reply.transcript == say.transcript


@pytest.mark.parametrize("name", NETWORKED)
def test_text_arrives_while_the_model_still_writes(name: ProviderName) -> None:
    say = Say(answer="One word after the other. " * 40, pause_seconds=0.01)
    arrivals: list[tuple[float, str]] = []

    def on_text(piece: str) -> None:
        arrivals.append((time.monotonic(), piece))

    with VendorServer(say) as server:
        reply = connect_to(server, name).complete(request_of(), on_text)

    assert "".join(piece for _, piece in arrivals) == reply.answer == say.answer.strip()
    assert len(arrivals) > 5
    assert arrivals[-1][0] - arrivals[0][0] > 0.2


@pytest.mark.parametrize("name", NETWORKED)
def test_a_consumers_own_error_is_not_taken_for_the_vendors(name: ProviderName) -> None:
    def on_text(_piece: str) -> None:
        raise KeyError("the consumer's own")

    with VendorServer() as server, pytest.raises(KeyError, match="the consumer's own"):
        connect_to(server, name).complete(request_of(), on_text)


@pytest.mark.parametrize("name", NETWORKED)
def test_many_threads_share_one_provider(name: ProviderName) -> None:
    def say(number: int) -> Say:
        return Say(answer=f"Answer {number}.", delay_seconds=0.05)

    with VendorServer(say) as server, ThreadPoolExecutor(8) as pool:
        provider = connect_to(server, name)
        replies = list(pool.map(lambda _: provider.complete(request_of(), ignore_text), range(16)))

    assert sorted(reply.answer for reply in replies) == sorted(f"Answer {n}." for n in range(16))
    assert server.calls == 16


@pytest.mark.parametrize("name", [*RESPONSES, *CHAT])
def test_temperature_is_sent_only_when_set(name: ProviderName) -> None:
    with VendorServer() as server:
        connect_to(server, name).complete(request_of(), ignore_text)
        connect_to(server, name, temperature=0.3).complete(request_of(), ignore_text)

    without, with_it = (received.body for received in server.requests)
    assert "temperature" not in without
    assert with_it["temperature"] == 0.3


def test_claude_is_never_sent_a_temperature() -> None:
    with VendorServer() as server:
        provider = connect_to(server, ProviderName.ANTHROPIC, temperature=0.3)
        provider.complete(request_of(), ignore_text)

    assert "temperature" not in server.requests[0].body


def refuse(param: str, message: str = "Unsupported parameter.") -> Say:
    return Say(status=400, problem=Problem("invalid_request_error", message, param=param))


def test_what_a_server_refuses_is_left_out_from_then_on() -> None:
    script = [
        refuse("temperature"),
        refuse("", "This model does not support response_format of type json_schema."),
        refuse("", "Unknown field: stream_options"),
        refuse("max_tokens", "Use 'max_completion_tokens' instead."),
        Say(),
    ]
    with VendorServer(script) as server:
        provider = connect_to(server, ProviderName.COMPATIBLE, temperature=0.5)
        reply = provider.complete(request_of(), ignore_text)
        provider.complete(request_of(), ignore_text)

    assert reply.answer == Say().answer
    assert server.calls == 2
    assert len(server.requests) == 6
    for received in server.requests[-2:]:
        assert set(received.body) == {"model", "messages", "stream", "max_completion_tokens"}


@pytest.mark.parametrize(
    ("name", "param", "gone"),
    [
        (ProviderName.OPENAI, "temperature", "temperature"),
        (ProviderName.OPENAI, "text.format", "text"),
        (ProviderName.OPENAI, "prompt_cache_options", "prompt_cache_options"),
        (ProviderName.GROK, "text.format", "text"),
        (ProviderName.GEMINI, "stream_options", "stream_options"),
        (ProviderName.ANTHROPIC, "output_config", "output_config"),
        (ProviderName.OLLAMA, "format", "format"),
    ],
)
def test_a_refused_parameter_is_left_out(name: ProviderName, param: str, gone: str) -> None:
    script = [refuse(param, f"{param}: not supported with this model"), Say()]
    with VendorServer(script) as server:
        connect_to(server, name, temperature=0.5).complete(request_of(), ignore_text)

    first, second = server.asked
    assert gone in first.body
    assert gone not in second.body


def test_the_mark_of_own_answers_is_left_out_where_it_is_refused() -> None:
    with VendorServer([refuse("input[1].phase"), Say()]) as server:
        ask(server, ProviderName.OPENAI, CONVERSATION)

    assert [item.get("phase") for item in server.requests[0].body["input"]][1] == "final_answer"
    assert all("phase" not in item for item in server.requests[1].body["input"])


def test_the_system_text_comes_first_where_instructions_are_refused() -> None:
    refusal = refuse("", "Argument not supported: instructions")
    with VendorServer([refusal, Say()]) as server:
        ask(server, ProviderName.GROK, CONVERSATION)

    _, second = server.requests
    assert "instructions" not in second.body
    assert second.body["input"] == [
        {"role": "system", "content": SYSTEM},
        *GOLDEN[ProviderName.GROK]["input"],
    ]


def test_a_server_that_refuses_all_is_not_asked_for_ever() -> None:
    everything = "temperature response_format stream_options max_tokens max_completion_tokens"
    with VendorServer(refuse("", everything)) as server:
        provider = connect_to(server, ProviderName.COMPATIBLE, temperature=0.5)
        with pytest.raises(RequestRejected):
            provider.complete(request_of(), ignore_text)

    assert len(server.requests) == 5


def test_a_typed_note_is_plain_text_for_a_compatible_server() -> None:
    with VendorServer() as server:
        ask(server, ProviderName.COMPATIBLE, request_of(text_page("How deep is it?")))

    newest = server.requests[0].body["messages"][-1]
    assert newest == {
        "role": "user",
        "content": "[Page 1]\nHow deep is it?\n\nAnswer this note.",
    }


def test_a_server_without_a_key_gets_a_placeholder() -> None:
    with VendorServer() as server:
        named = settings_for(ProviderName.COMPATIBLE, server)
        settings = replace(named, api_key=None, key_source="")
        connect(settings).complete(request_of(), ignore_text)

    assert server.requests[0].headers["authorization"] == "Bearer none"


def test_a_whole_answer_without_a_reason_to_stop_is_taken() -> None:
    with VendorServer(Say(ending=Ending.UNSAID)) as server:
        reply = ask(server, ProviderName.COMPATIBLE)

    assert reply.answer == Say().answer


@pytest.mark.parametrize("name", NETWORKED)
def test_an_answer_in_no_form_at_all_is_shown_as_it_is(name: ProviderName) -> None:
    pieces: list[str] = []
    with VendorServer(Say(raw="Just *words*, no JSON.")) as server:
        reply = connect_to(server, name).complete(request_of(), pieces.append)

    assert reply.answer == "".join(pieces) == "Just *words*, no JSON."
    assert reply.title == "Just *words*, no JSON."


def test_the_sdks_warning_of_old_models_reaches_nobody() -> None:
    from anthropic.resources.messages.messages import DEPRECATED_MODELS

    old = next(iter(DEPRECATED_MODELS))
    with VendorServer() as server, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        settings = replace(settings_for(ProviderName.ANTHROPIC, server), model=old)
        connect(settings).complete(request_of(), ignore_text)

    assert [str(warning.message) for warning in seen] == []


def test_the_warning_filters_survive_many_threads() -> None:
    before = list(warnings.filters)
    with VendorServer() as server:
        provider = connect_to(server, ProviderName.ANTHROPIC)
        threads = [
            threading.Thread(target=provider.complete, args=(request_of(), ignore_text))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert list(warnings.filters) == before


def test_a_commentary_of_the_model_is_no_part_of_its_answer() -> None:
    with VendorServer(Say(commentary="Let me see… ")) as server:
        reply = ask(server, ProviderName.OPENAI)

    assert reply.answer == Say().answer


def test_text_that_comes_only_at_the_end_is_taken() -> None:
    with VendorServer(Say(ending=Ending.UNSTREAMED)) as server:
        reply = ask(server, ProviderName.OPENAI)

    assert reply.answer == Say().answer


WHAT_CAME_BEFORE = (
    Turn(Role.ASSISTANT, "I came first."),
    Turn(Role.ASSISTANT, "And again."),
    Turn(Role.USER, "  "),
    Turn(Role.USER, "How deep?"),
    Turn(Role.USER, "And how wide?"),
    Turn(Role.ASSISTANT, "Very."),
    Turn(Role.ASSISTANT, ""),
    Turn(Role.USER, "Really?"),
)
MERGED = [
    ("user", "(The beginning of this conversation is not given.)"),
    ("assistant", "I came first.\n\nAnd again."),
    ("user", "How deep?\n\nAnd how wide?"),
    ("assistant", "Very."),
]
NEWEST = ["Really?", "[Page 1]\nHm.", "Answer this note."]


def newest_parts(name: ProviderName) -> str | list[dict[str, str]]:
    """The new note's texts as parts, or as one text where a vendor takes no parts."""
    if name in CHAT or name is ProviderName.OLLAMA:
        return "\n\n".join(NEWEST)
    kind = "input_text" if name in RESPONSES else "text"
    return [{"type": kind, "text": text} for text in NEWEST]


@pytest.mark.parametrize("name", NETWORKED)
def test_roles_alternate_whatever_the_history_is(name: ProviderName) -> None:
    with VendorServer() as server:
        ask(server, name, request_of(text_page("Hm."), history=WHAT_CAME_BEFORE))

    body = server.asked[0].body
    messages = body["input" if name in RESPONSES else "messages"]
    told = [(message["role"], message["content"]) for message in messages]
    system = [] if name in (*RESPONSES, ProviderName.ANTHROPIC) else [("system", SYSTEM)]
    assert told == [*system, *MERGED, ("user", newest_parts(name))]


@pytest.mark.parametrize("name", NETWORKED)
def test_the_first_word_is_timed_from_the_attempt_that_succeeded(name: ProviderName) -> None:
    wait = Say(delay_seconds=0.3, pause_seconds=0.02, answer="word " * 60)
    script = [replace(refuse("json_schema", "no json_schema"), delay_seconds=0.5), wait]
    with VendorServer(script) as server:
        provider = connect_to(server, name)
        started_at = time.monotonic()
        reply = provider.complete(request_of(), ignore_text)
        seconds = time.monotonic() - started_at

    assert reply.first_token_seconds is not None
    assert 0.3 <= reply.first_token_seconds < seconds - 0.5


@pytest.mark.parametrize("name", [ProviderName.GEMINI, ProviderName.GROK])
def test_the_vendors_own_path_is_asked(name: ProviderName) -> None:
    expected = {
        ProviderName.GEMINI: "/v1beta/openai/chat/completions",
        ProviderName.GROK: "/v1/responses",
    }
    own = find_address(ProviderSettings(name))
    with VendorServer() as server:
        url = f"http://127.0.0.1:{server.port}{urlsplit(own).path}"
        settings = replace(settings_for(name), base_url=url)
        connect(settings).complete(request_of(), ignore_text)

    assert server.requests[0].path == expected[name]


@pytest.mark.parametrize("name", CHAT)
def test_tokens_of_thinking_are_counted_where_they_are_left_out(name: ProviderName) -> None:
    def forget_thinking(events: list[bytes]) -> list[bytes]:
        return [
            event.replace(b'"completion_tokens": 90', b'"completion_tokens": 7') for event in events
        ]

    with VendorServer(Say(mangle=forget_thinking)) as server:
        reply = ask(server, name)

    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (1200, 90)


@pytest.mark.parametrize(
    ("name", "api", "path"),
    [
        (ProviderName.OPENAI, Api.CHAT, "/v1/chat/completions"),
        (ProviderName.GROK, Api.CHAT, "/v1/chat/completions"),
        (ProviderName.GEMINI, Api.RESPONSES, "/v1/responses"),
        (ProviderName.COMPATIBLE, Api.RESPONSES, "/v1/responses"),
    ],
)
def test_the_other_api_can_be_named(name: ProviderName, api: Api, path: str) -> None:
    with VendorServer() as server:
        settings = replace(settings_for(name, server), api=api)
        reply = connect(settings).complete(CONVERSATION, ignore_text)

    (received,) = server.requests
    assert (received.path, reply.answer) == (path, Say().answer)
    assert (name is ProviderName.OPENAI) is ("prompt_cache_options" in received.body)


def test_openai_on_chat_is_asked_in_its_newer_words() -> None:
    with VendorServer() as server:
        settings = replace(settings_for(ProviderName.OPENAI, server), api=Api.CHAT)
        connect(settings).complete(CONVERSATION, ignore_text)

    body = server.requests[0].body
    assert (body["max_completion_tokens"], body.get("max_tokens")) == (16_000, None)
    assert body["messages"][-1]["content"][0]["image_url"]["detail"] == "high"


@pytest.mark.parametrize("name", NETWORKED)
@pytest.mark.parametrize("vision", [None, True, False])
def test_a_model_reads_pictures_unless_told_otherwise(
    name: ProviderName, vision: bool | None
) -> None:
    with VendorServer() as server:
        settings = replace(settings_for(name, server), vision=vision)

        assert connect(settings).reads_pictures() is (vision is not False)

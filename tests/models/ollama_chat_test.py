"""Ollama in its own form: the window, thinking, pictures, and what it says when it fails."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from inkchat.config import ProviderName, ProviderSettings
from inkchat.domain import Request
from inkchat.errors import (
    NotConfigured,
    ProviderError,
    RequestRejected,
    RequestTooLarge,
    UnknownModel,
)
from inkchat.models import connect, estimate_request
from tests.models.given import ignore_text, picture_page, request_of, settings_for, text_page
from tests.vendors import Problem, Say, VendorServer

LONG = request_of(text_page("word " * 24_000))


def settings_at(server: VendorServer, **more: Any) -> ProviderSettings:
    settings = replace(settings_for(ProviderName.OLLAMA, server), max_output_tokens=4096)
    return replace(settings, **more)


def ask(server: VendorServer, request: Request, **more: Any) -> dict[str, Any]:
    connect(settings_at(server, **more)).complete(request, ignore_text)
    body: dict[str, Any] = server.asked[-1].body
    return body


def count_shows(server: VendorServer) -> int:
    return sum(received.path == "/api/show" for received in server.requests)


@pytest.mark.parametrize(
    ("more", "context_length", "request_", "expected"),
    [
        ({}, 131_072, request_of(text_page("Hi")), 8192),
        ({"max_output_tokens": 9000}, 131_072, request_of(text_page("Hi")), 16_384),
        ({}, 131_072, LONG, 65_536),
        ({}, 40_960, LONG, 40_960),
        ({"context_tokens": 40_000}, 131_072, LONG, 40_000),
        ({"num_ctx": 50_000}, 4096, LONG, 50_000),
    ],
)
def test_the_window_holds_question_and_answer(
    more: dict[str, Any], context_length: int, request_: Request, expected: int
) -> None:
    with VendorServer(context_length=context_length) as server:
        options = ask(server, request_, **more)["options"]

        assert options["num_ctx"] == expected
        if expected not in more.values() and expected < context_length:
            settings = settings_at(server, **more)
            needed = estimate_request(request_, settings) + settings.max_output_tokens
            assert needed <= expected


@pytest.mark.parametrize(
    ("more", "context_length"),
    [({}, 32_768), ({"context_tokens": 30_000}, 131_072), ({"num_ctx": 8192}, 131_072)],
)
def test_what_the_window_cannot_hold_is_not_cut_off_in_silence(
    more: dict[str, Any], context_length: int
) -> None:
    with VendorServer(context_length=context_length) as server:
        with pytest.raises(RequestTooLarge):
            ask(server, LONG, **more)

        assert server.calls == 0


def test_a_temperature_is_an_option() -> None:
    with VendorServer() as server:
        assert "temperature" not in ask(server, request_of())["options"]
        assert ask(server, request_of(), temperature=0.3)["options"]["temperature"] == 0.3


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [(("completion", "vision"), None), (("completion", "vision", "thinking"), False), (None, None)],
)
def test_a_model_that_thinks_is_asked_not_to(
    capabilities: tuple[str, ...] | None, expected: bool | None
) -> None:
    with VendorServer(capabilities=capabilities) as server:
        assert ask(server, request_of()).get("think") is expected


def test_thinking_is_left_alone_where_the_server_does_not_know_the_word() -> None:
    problem = Problem("x", '"some-model" does not support thinking')
    script = [Say(status=400, problem=problem), Say()]
    with VendorServer(script, capabilities=("completion", "thinking")) as server:
        assert "think" not in ask(server, request_of())

    assert server.asked[0].body["think"] is False


@pytest.mark.parametrize(
    ("capabilities", "vision", "expected"),
    [
        (("completion",), None, False),
        (("completion", "vision"), None, True),
        (None, None, True),
        (("completion",), True, True),
        (("completion", "vision"), False, False),
    ],
)
def test_the_server_tells_whether_its_model_reads_pictures(
    capabilities: tuple[str, ...] | None, vision: bool | None, expected: bool
) -> None:
    with VendorServer(capabilities=capabilities) as server:
        assert connect(settings_at(server, vision=vision)).reads_pictures() is expected
        assert count_shows(server) == (vision is None)


def test_the_server_is_asked_once_what_its_model_can_do() -> None:
    with VendorServer(capabilities=("completion",)) as server, ThreadPoolExecutor(8) as pool:
        provider = connect(settings_at(server))
        ready = threading.Barrier(8)

        def ask_at_once(_number: int) -> bool:
            ready.wait()
            provider.complete(request_of(text_page("Hi")), ignore_text)
            return provider.reads_pictures()

        assert list(pool.map(ask_at_once, range(8))) == [False] * 8
        assert count_shows(server) == 1


def test_a_failure_to_tell_is_not_remembered() -> None:
    with VendorServer(capabilities=("completion", "thinking"), shows=False) as server:
        provider = connect(settings_at(server))
        assert provider.reads_pictures()
        provider.complete(request_of(), ignore_text)
        assert "think" not in server.asked[0].body

        server.shows = True
        assert not provider.reads_pictures()
        provider.complete(request_of(), ignore_text)
        assert server.asked[1].body["think"] is False


def test_only_a_line_feed_ends_a_line_of_the_stream() -> None:
    answer = "one\x85two\u2028three\u2029four"

    def write_plain(events: list[bytes]) -> list[bytes]:
        lines = [json.dumps(json.loads(event), ensure_ascii=False) for event in events]
        whole = "\n\n".join(lines).encode()
        # Cut anywhere, within letters too; the last line has no end.
        return [whole[start : start + 7] for start in range(0, len(whole), 7)]

    with VendorServer(Say(answer=answer, mangle=write_plain)) as server:
        reply = connect(settings_at(server)).complete(request_of(), ignore_text)

    assert reply.answer == "onetwo\u2028three\u2029four"


@pytest.mark.parametrize("tail", ["", "/", "/v1", "/v1/", "/api"])
def test_the_address_may_end_as_in_other_programs(tail: str) -> None:
    with VendorServer() as server:
        url = f"http://127.0.0.1:{server.port}{tail}"
        ask(server, request_of(), base_url=url)

    assert [received.path for received in server.requests] == ["/api/show", "/api/chat"]


def fail(say: Say) -> ProviderError:
    with VendorServer(say) as server, pytest.raises(ProviderError) as caught:
        ask(server, request_of(picture_page()))
    return caught.value


def test_a_model_that_is_not_there_can_be_pulled() -> None:
    error = fail(Say(status=404, problem=Problem("x", "model 'some-model' not found")))

    assert type(error) is UnknownModel
    assert "has no model “some-model” (404)." in error.what_happened
    assert error.next_step.startswith("Run `ollama pull some-model` on that machine")


def test_a_server_that_is_no_ollama_is_said() -> None:
    error = fail(Say(status=404))

    assert type(error) is NotConfigured
    assert "http://127.0.0.1:11434" in error.next_step


@pytest.mark.parametrize(
    "message",
    ["this model does not support image input", "Model `some-model` does not support images"],
)
@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("shows", [True, False])
def test_a_model_that_turns_out_to_have_no_eyes_gets_no_further_picture(
    message: str, status: int, shows: bool
) -> None:
    blind = Say(status=status, problem=Problem("x", message))
    with VendorServer([blind, Say()], shows=shows) as server:
        provider = connect(settings_at(server))
        assert provider.reads_pictures()
        # Asked again at once, in a smaller form.
        with pytest.raises(RequestTooLarge) as caught:
            provider.complete(request_of(picture_page()), ignore_text)

        assert "“some-model” of Ollama does not read pictures" in caught.value.what_happened
        assert not provider.reads_pictures()
        assert provider.complete(request_of(text_page("Hi")), ignore_text).answer == Say().answer


def test_a_model_that_was_said_to_have_eyes_and_has_none_is_said() -> None:
    message = "this model does not support image input"
    say = Say(status=400, problem=Problem("x", message))
    with VendorServer(say) as server, pytest.raises(RequestRejected) as caught:
        ask(server, request_of(picture_page()), vision=True)

    assert "“some-model” of Ollama does not read pictures" in caught.value.what_happened
    assert "`vision: false`" in caught.value.next_step

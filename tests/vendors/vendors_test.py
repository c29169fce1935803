"""The loopback vendors themselves: they refuse what a vendor refuses, and are fast enough."""

import hashlib
import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.vendors import Ending, Say, VendorServer, Wire

ROOT = Path(__file__).parents[2]
MESSAGES: dict[str, Any] = {
    "model": "m",
    "max_tokens": 10,
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
}
RESPONSES: dict[str, Any] = {
    "model": "m",
    "max_output_tokens": 10,
    "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}],
}
CHAT: dict[str, Any] = {
    "model": "m",
    "max_tokens": 10,
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
}
OLLAMA: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
GOOD = {
    Wire.MESSAGES: MESSAGES,
    Wire.RESPONSES: RESPONSES,
    Wire.CHAT: CHAT,
    Wire.OLLAMA: OLLAMA,
}
CHAT_PART = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
ANTHROPIC_PART = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": "AA=="},
}


def post(port: int, wire: Wire, body: dict[str, Any]) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", f"/v1/{wire.value}", json.dumps(body))
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("wire", Wire)
@pytest.mark.parametrize("stream", [True, False])
def test_a_good_request_is_answered_in_both_ways(wire: Wire, stream: bool) -> None:
    with VendorServer(Say(piece_characters=1000)) as server:
        status, text = post(server.port, wire, GOOD[wire] | {"stream": stream})

    assert status == 200
    if wire is Wire.OLLAMA:
        lines = [json.loads(line) for line in text.splitlines()]
        assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
        assert (len(lines) > 1) is stream
    else:
        assert text.startswith(("event: ", "data: ")) is stream
    assert "This is the answer" in text
    assert server.calls == 1


BAD: dict[str, tuple[Wire, dict[str, Any]]] = {
    "temperature for Claude": (Wire.MESSAGES, MESSAGES | {"temperature": 0.5}),
    "no max_tokens for Claude": (Wire.MESSAGES, {k: MESSAGES[k] for k in ("model", "messages")}),
    "a chat part for Claude": (
        Wire.MESSAGES,
        MESSAGES | {"messages": [{"role": "user", "content": [CHAT_PART]}]},
    ),
    "a wrong picture for Claude": (
        Wire.MESSAGES,
        MESSAGES
        | {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        ANTHROPIC_PART
                        | {"source": ANTHROPIC_PART["source"] | {"media_type": "image/bmp"}}  # type: ignore[operator]
                    ],
                }
            ]
        },
    ),
    "a strange role": (Wire.MESSAGES, MESSAGES | {"messages": [{"role": "bot", "content": "x"}]}),
    "a number as text": (Wire.MESSAGES, MESSAGES | {"max_tokens": "10"}),
    "chat parts in Responses": (
        Wire.RESPONSES,
        RESPONSES | {"input": [{"role": "user", "content": [CHAT_PART]}]},
    ),
    "text of chat in Responses": (
        Wire.RESPONSES,
        RESPONSES | {"input": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]},
    ),
    "max_tokens in Responses": (Wire.RESPONSES, RESPONSES | {"max_tokens": 10}),
    "messages in Responses": (Wire.RESPONSES, RESPONSES | {"messages": []}),
    "response_format in Responses": (
        Wire.RESPONSES,
        RESPONSES | {"response_format": {"type": "json_object"}},
    ),
    "max_output_tokens in chat": (Wire.CHAT, CHAT | {"max_output_tokens": 10}),
    "a part of Responses in chat": (
        Wire.CHAT,
        CHAT | {"messages": [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}]},
    ),
    "a picture for Claude in chat": (
        Wire.CHAT,
        CHAT | {"messages": [{"role": "user", "content": [ANTHROPIC_PART]}]},
    ),
    "no messages in chat": (Wire.CHAT, {"model": "m"}),
    "max_tokens for Ollama": (Wire.OLLAMA, OLLAMA | {"max_tokens": 10}),
    "an option for Ollama that it does not have": (
        Wire.OLLAMA,
        OLLAMA | {"options": {"max_tokens": 10}},
    ),
    "an option for Ollama as text": (Wire.OLLAMA, OLLAMA | {"options": {"num_ctx": "8192"}}),
    "parts for Ollama": (Wire.OLLAMA, OLLAMA | {"messages": CHAT["messages"]}),
    "a word in a message that Ollama does not have": (
        Wire.OLLAMA,
        OLLAMA | {"messages": [{"role": "user", "content": "Hi", "image": "AA=="}]},
    ),
    "a data URL for Ollama": (
        Wire.OLLAMA,
        OLLAMA
        | {
            "messages": [
                {"role": "user", "content": "Hi", "images": ["data:image/png;base64,AA=="]}
            ]
        },
    ),
    "no model for Ollama": (Wire.OLLAMA, {"messages": []}),
}


@pytest.mark.parametrize("case", BAD)
def test_the_judge_refuses_what_the_vendors_types_do_not_know(case: str) -> None:
    wire, body = BAD[case]
    with VendorServer() as server:
        assert post(server.port, wire, GOOD[wire])[0] == 200
        status, text = post(server.port, wire, body)

    assert status == 400
    assert "error" in json.loads(text)
    assert server.calls == 1


FIRST_USE = """
from concurrent.futures import ThreadPoolExecutor
from tests.vendors import VendorServer, Wire
from tests.vendors.vendors_test import GOOD, post
wires = list(Wire) * 6
with VendorServer() as server, ThreadPoolExecutor(len(wires)) as pool:
    said = list(pool.map(lambda wire: post(server.port, wire, GOOD[wire]), wires))
print([text for status, text in said if status != 200])
"""


def test_the_judge_is_made_in_many_threads_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_USE], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ("[]\n", "") == (done.stdout, done.stderr)


def test_a_fault_of_the_servers_own_is_said() -> None:
    def fall(_number: int) -> Say:
        raise ValueError("the script is at odds with itself")

    with VendorServer(fall) as server:
        status, text = post(server.port, Wire.CHAT, CHAT)

    assert status == 500
    assert "the script is at odds with itself" in text


def test_without_a_judge_everything_passes() -> None:
    with VendorServer(judge=False) as server:
        assert post(server.port, *BAD["temperature for Claude"])[0] == 200


def test_a_script_is_followed_and_its_last_line_repeats() -> None:
    with VendorServer([Say(status=500), Say(answer="Now."), Say(answer="Still.")]) as server:
        said = [post(server.port, Wire.CHAT, CHAT) for _ in range(4)]

    assert [status for status, _ in said] == [500, 200, 200, 200]
    assert ["Now." in said[1][1], "Still." in said[2][1], "Still." in said[3][1]] == [True] * 3
    assert server.calls == 3


def test_a_cut_stream_has_no_end() -> None:
    with VendorServer(Say(ending=Ending.CUT)) as server, pytest.raises(http.client.IncompleteRead):
        post(server.port, Wire.CHAT, CHAT | {"stream": True})


def test_models_are_listed_and_other_paths_are_not_found() -> None:
    with VendorServer(models=("one", "two")) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", "/v1/models")
        listed = json.loads(connection.getresponse().read())
        connection.request("GET", "/elsewhere")
        status = connection.getresponse().status
        connection.close()

    assert [entry["id"] for entry in listed["data"]] == ["one", "two"]
    assert status == 404


def test_ollamas_questions_about_itself_are_answered() -> None:
    from ollama._types import ListResponse, ShowResponse

    with VendorServer(
        models=("one", "two"), capabilities=("completion", "thinking"), context_length=4096
    ) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", "/api/tags")
        tags = ListResponse.model_validate_json(connection.getresponse().read())
        connection.request("POST", "/api/show", json.dumps({"model": "one"}))
        shown = ShowResponse.model_validate_json(connection.getresponse().read())
        connection.request("POST", "/api/show", json.dumps({"name": "one"}))
        status = connection.getresponse().status
        connection.close()

    assert [entry.model for entry in tags.models] == ["one", "two"]
    assert shown.capabilities == ["completion", "thinking"]
    assert shown.modelinfo is not None
    assert shown.modelinfo["loop.context_length"] == 4096
    assert (status, server.calls, server.asked) == (400, 0, [])


def test_what_ollama_says_is_what_its_own_client_understands() -> None:
    from ollama import Client

    with (
        VendorServer(Say(answer="Yes.")) as server,
        Client(f"http://127.0.0.1:{server.port}") as client,
    ):
        parts = list(client.chat("m", [{"role": "user", "content": "Hi"}], stream=True))

    assert "Yes." in "".join(part.message.content or "" for part in parts)
    assert (parts[-1].done_reason, parts[-1].prompt_eval_count) == ("stop", 1200)


@contextmanager
def running(tmp_path: Path, *options: str) -> Iterator[int]:
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "tests.vendors", "--port-file", str(port_file)]
    with subprocess.Popen([*command, *options], cwd=ROOT) as process:
        try:
            until = time.monotonic() + 20
            while not port_file.exists():
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.01)
            yield int(port_file.read_text())
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0


def test_the_program_notes_each_paid_call_before_it_answers(tmp_path: Path) -> None:
    calls_file = tmp_path / "calls"
    body = CHAT | {"stream": True}
    with running(tmp_path, "--calls-file", str(calls_file), "--delay-seconds", "0.5") as port:
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(post, port, Wire.CHAT, body)
            until = time.monotonic() + 20
            while not (calls_file.exists() and calls_file.read_text()):
                assert time.monotonic() < until
                time.sleep(0.01)
            assert not answer.done()
            assert answer.result()[0] == 200
        assert post(port, *BAD["no messages in chat"])[0] == 400

    digest = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    assert calls_file.read_text() == f"chat {digest}\n"


def test_the_program_serves_two_hundred_calls_a_second(tmp_path: Path) -> None:
    calls_file = tmp_path / "calls"

    def call_often(port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        body = json.dumps(CHAT | {"stream": True})
        for _ in range(50):
            connection.request("POST", "/v1/chat/completions", body)
            assert b"[DONE]" in connection.getresponse().read()
        connection.close()

    with running(tmp_path, "--calls-file", str(calls_file), "--no-judge") as port:
        started_at = time.perf_counter()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(call_often, [port] * 4))
        seconds = time.perf_counter() - started_at

    assert len(calls_file.read_text().splitlines()) == 200
    # Other tests run beside this one: twice the second that it may take alone.
    assert seconds < 2.0
    print(f"{200 / seconds:.0f} calls/s")

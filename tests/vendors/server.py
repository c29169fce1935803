"""The loopback server: every wire form on one port of 127.0.0.1, one thread per connection."""

import contextlib
import hashlib
import json
import os
import socket
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.vendors.script import Ending, Problem, Say, Script, read_script
from tests.vendors.wires import (
    Wire,
    sign_of_life,
    write_garbage,
    write_problem,
    write_stream,
    write_whole,
)

_STALL_MAX_SECONDS = 60.0
_CHATTER_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: Any
    wire: Wire | None


class VendorServer:
    """Speaks like every vendor, judges what it is asked, and does what the script says."""

    def __init__(
        self,
        script: Script | None = None,
        *,
        judge: bool = True,
        models: tuple[str, ...] = ("loopback-model",),
        capabilities: tuple[str, ...] | None = ("completion", "vision"),
        context_length: int = 131_072,
        shows: bool = True,
        told: Mapping[str, Mapping[str, Any]] | None = None,
        list_status: int | None = None,
        calls_file: Path | None = None,
    ) -> None:
        """`capabilities` and `context_length` are what `/api/show` tells of every model.

        With `shows=False` it fails, as it does on a server that is busy. `told` is what the list
        of models tells of each beside its name; with a `list_status` there is no list, but an
        error, or with 200 a text.
        """
        self._script: Script = Say() if script is None else script
        self._judge = judge
        self._models = models
        self._capabilities = capabilities
        self._context_length = context_length
        self._told = told or {}
        self.shows = shows
        self.list_status = list_status
        self._calls_fd = _open_calls_file(calls_file)
        self._lock = threading.Lock()
        self._requests: list[Received] = []
        self._scripted = 0
        self._calls = 0
        self._connections: set[socket.socket] = set()
        self._is_closing = threading.Event()
        self._http = _Http(("127.0.0.1", 0), self._make_handler())
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        with self._lock:
            open_connections = list(self._connections)
        for connection in open_connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if self._calls_fd is not None:
            os.close(self._calls_fd)

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """A base URL that fits every vendor."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def requests(self) -> list[Received]:
        """All requests so far, in the order in which they came."""
        with self._lock:
            return list(self._requests)

    @property
    def asked(self) -> list[Received]:
        """The requests for an answer, without questions about the server itself."""
        return [received for received in self.requests if received.wire is not None]

    @property
    def calls(self) -> int:
        """How many calls a vendor would have asked money for."""
        with self._lock:
            return self._calls

    def take(self, received: Received) -> None:
        with self._lock:
            self._requests.append(received)

    def next_say(self) -> Say:
        with self._lock:
            number, self._scripted = self._scripted, self._scripted + 1
        return read_script(self._script, number)

    def find_fault(self, wire: Wire, body: bytes) -> str | None:
        if not self._judge:
            return None
        from tests.vendors.judge import find_fault

        return find_fault(wire, body)

    def count_call(self, wire: Wire, body: bytes) -> None:
        """Note a paid call, durably, before anything is answered."""
        with self._lock:
            self._calls += 1
            if self._calls_fd is not None:
                line = f"{wire.name.lower()} {hashlib.sha256(body).hexdigest()}\n"
                os.write(self._calls_fd, line.encode())
                os.fsync(self._calls_fd)

    def list_models(self) -> dict[str, Any]:
        """In a form that OpenAI's clients and Anthropic's understand."""
        entries = [
            {
                "id": name,
                "object": "model",
                "created": 0,
                "owned_by": "loopback",
                "type": "model",
                "display_name": name,
                "created_at": "2026-01-01T00:00:00Z",
                "lifecycle": "active",
            }
            | dict(self._told.get(name, {}))
            for name in self._models
        ]
        return {"object": "list", "data": entries, "has_more": False}

    def list_tags(self) -> dict[str, Any]:
        entries = [{"name": name, "model": name, "size": 1} for name in self._models]
        return {"models": entries}

    def show_model(self) -> dict[str, Any]:
        info = {"general.architecture": "loop", "loop.context_length": self._context_length}
        shown: dict[str, Any] = {"details": {"family": "loop"}, "model_info": info}
        if self._capabilities is not None:
            shown["capabilities"] = list(self._capabilities)
        return shown

    def wait(self, seconds: float) -> bool:
        """Whether the server goes on after so long."""
        return not self._is_closing.wait(seconds)

    def track(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)

    def forget(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.discard(connection)

    def _make_handler(self) -> Callable[..., BaseHTTPRequestHandler]:
        def make(*arguments: Any) -> BaseHTTPRequestHandler:
            return _Handler(self, *arguments)

        return make


def _open_calls_file(path: Path | None) -> int | None:
    return None if path is None else os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


class _Http(ThreadingHTTPServer):
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def __init__(self, vendor: VendorServer, *arguments: Any) -> None:
        self._vendor = vendor
        super().__init__(*arguments)

    def setup(self) -> None:
        super().setup()
        self._vendor.track(self.connection)

    def finish(self) -> None:
        self._vendor.forget(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base names it so
        """Tests print for themselves."""

    def do_GET(self) -> None:
        self._receive(b"", None)
        path = self.path.partition("?")[0].rstrip("/")
        is_list = path.endswith("/models") or path == "/api/tags"
        if is_list and self._vendor.list_status is not None:
            self._send_json(self._vendor.list_status, "no list")
        elif path.endswith("/models"):
            self._send_json(200, self._vendor.list_models())
        elif path == "/api/tags":
            self._send_json(200, self._vendor.list_tags())
        else:
            self._send_json(404, {"error": {"message": "Not found", "type": "not_found_error"}})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            self._reply(body)
        except OSError:
            raise
        except Exception:
            # A fault of this server's own: the test is to fail with it, and not with a silence.
            self.close_connection = True
            self._send(500, "text/plain", traceback.format_exc().encode())

    def _reply(self, body: bytes) -> None:
        path = self.path.partition("?")[0]
        wire = next((wire for wire in Wire if path.endswith(f"/{wire.value}")), None)
        self._receive(body, wire)
        if path == "/api/show":
            self._show(body)
            return
        if wire is None:
            self._send_json(404, {"error": {"message": "Not found", "type": "not_found_error"}})
            return
        fault = self._vendor.find_fault(wire, body)
        if fault is not None:
            problem = Problem("invalid_request_error", fault)
            self._send_json(400, write_problem(wire, Say(problem=problem)))
            return
        self._answer(wire, body)

    def _show(self, body: bytes) -> None:
        if not self._vendor.shows:
            self._send_json(500, {"error": "busy"})
        elif set(json.loads(body)) != {"model"}:
            self._send_json(400, {"error": "invalid request"})
        else:
            self._send_json(200, self._vendor.show_model())

    def _receive(self, body: bytes, wire: Wire | None) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        parsed = json.loads(body) if body else None
        self._vendor.take(Received(self.command, self.path, headers, parsed, wire))

    def _answer(self, wire: Wire, body: bytes) -> None:
        say = self._vendor.next_say()
        if say.status < 300:
            self._vendor.count_call(wire, body)
        if say.delay_seconds and not self._vendor.wait(say.delay_seconds):
            return
        if say.status >= 300:
            self._send_json(say.status, write_problem(wire, say), say.headers)
        elif say.ending is Ending.PAGE:
            self._send(200, "text/html; charset=utf-8", b"<html><body>Hello</body></html>")
        elif json.loads(body).get("stream") and say.ending is not Ending.WHOLE:
            self._send_stream(wire, say)
        else:
            self._send_json(200, write_whole(wire, say), say.headers)

    def _send_json(self, status: int, body: Any, headers: Any = None) -> None:
        self._send(status, "application/json", json.dumps(body).encode(), headers)

    def _send(self, status: int, content_type: str, content: bytes, headers: Any = None) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def _send_stream(self, wire: Wire, say: Say) -> None:
        self.send_response(200)
        self.send_header("content-type", wire.content_type)
        self.send_header("transfer-encoding", "chunked")
        self.send_header("request-id", "req_loopback")
        self.send_header("x-request-id", "req_loopback")
        for name, value in say.headers.items():
            self.send_header(name, value)
        self.end_headers()
        events = write_stream(wire, say)
        if say.mangle is not None:
            events = say.mangle(events)
        half = events[: len(events) // 2]
        if say.ending is Ending.CUT:
            self._send_events(half, 0.0)
            self.close_connection = True
        elif say.ending is Ending.STALLED:
            self._send_events(half, 0.0)
            self._vendor.wait(_STALL_MAX_SECONDS)
            self.close_connection = True
        elif say.ending is Ending.CHATTY:
            self._send_events(half, 0.0)
            self._chatter(wire)
            self.close_connection = True
        else:
            if say.ending is Ending.MALFORMED:
                events = [*half, write_garbage(wire)]
            self._send_events(events, say.pause_seconds)
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()

    def _send_events(self, events: list[bytes], pause_seconds: float) -> None:
        for event in events:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            if pause_seconds:
                self.wfile.flush()
                self._vendor.wait(pause_seconds)
        self.wfile.flush()

    def _chatter(self, wire: Wire) -> None:
        until = time.monotonic() + _STALL_MAX_SECONDS
        while time.monotonic() < until and self._vendor.wait(_CHATTER_PAUSE_SECONDS):
            self._send_events([sign_of_life(wire)], 0.0)

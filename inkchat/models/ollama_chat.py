"""Ollama: its own API, since the one that is like OpenAI's cuts long requests without a word.

Lines of JSON over plain HTTP; the vendor's package would bring a second HTTP client.
"""

import json
import threading
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from inkchat.config import ProviderSettings
from inkchat.domain import OnText, Reply, Request, Stop, Usage
from inkchat.errors import RequestTooLarge
from inkchat.models.answer import GrowingAnswer
from inkchat.models.asked import Asked
from inkchat.models.conversing import (
    Ending,
    Events,
    StreamingProvider,
    count,
    grow,
    items,
    word,
)
from inkchat.models.endings import explain_cut_stream, explain_strange_stop
from inkchat.models.estimates import estimate_request, estimate_texts
from inkchat.models.failures import explain_status, explain_too_large, tells_of_no_eyes
from inkchat.models.listing import list_like_ollama
from inkchat.models.prompt import SCHEMA, extend_system
from inkchat.models.provider import ModelInfo
from inkchat.models.turns import arrange
from inkchat.models.wire import CONNECT_TIMEOUT_SECONDS, open_client

_DROPPABLE = {
    "think": ("think", "thinking"),
    "temperature": ("temperature",),
    "format": ("format", "grammar", "json_schema"),
}
"""What is left out when the server refuses it, and the words by which it is named then."""
_STOPS = {"stop": Stop.COMPLETE, "length": Stop.TRUNCATED}
_SMALLEST_WINDOW = 8192
_SHOW_PATIENCE_SECONDS = 5.0
_CONTEXT_LENGTH = ".context_length"
"""The end of a key that begins with the name of the model's architecture."""


@dataclass(frozen=True, slots=True)
class _Abilities:
    """What the server tells of its model."""

    reads_pictures: bool = True
    thinks: bool = False
    context_tokens: int | None = None


class OllamaChat(StreamingProvider[Any]):
    """Answers through `POST /api/chat`."""

    droppable = _DROPPABLE

    def __init__(self, settings: ProviderSettings) -> None:
        super().__init__(settings)
        self._http = open_client(
            self._address,
            settings.api_key,
            "",
            timeout_seconds=settings.timeout_seconds,
            stall_seconds=settings.stall_seconds,
        )
        weakref.finalize(self, self._http.close)
        self._asking_abilities = threading.Lock()
        self._abilities: _Abilities | None = None
        self._was_blind = False

    def reads_pictures(self) -> bool:
        """What was configured, else what the server tells of its model, else yes."""
        if self._settings.vision is not None:
            return self._settings.vision
        return not self._was_blind and self._learn().reads_pictures

    def list_models(self) -> list[ModelInfo]:
        return list_like_ollama(self._http, Asked.nothing(self._settings, self._address))

    def complete(self, request: Request, on_text: OnText) -> Reply:
        # Asked beforehand, so that the time to the first word is the model's alone.
        self._learn()
        return super().complete(request, on_text)

    def _learn(self) -> _Abilities:
        """What the model can do; asked once, and again after a failure."""
        with self._asking_abilities:
            if self._abilities is None:
                self._abilities = self._ask_abilities()
            return self._abilities or _Abilities()

    def _ask_abilities(self) -> _Abilities | None:
        patience = httpx2.Timeout(_SHOW_PATIENCE_SECONDS, connect=CONNECT_TIMEOUT_SECONDS)
        url = f"{self._address}/api/show"
        try:
            response = self._http.post(url, json={"model": self.model}, timeout=patience)
            return _read_abilities(response.json()) if response.status_code == 200 else None
        except (httpx2.HTTPError, ValueError, RecursionError):
            return None

    @contextmanager
    def _post(self, body: dict[str, Any]) -> "Iterator[_Lines]":
        with self._http.stream("POST", f"{self._address}/api/chat", json=body) as response:
            if response.status_code >= 300:
                error = _ErrorStatus(response)
                has_pictures = bool(body["messages"][-1].get("images"))
                is_asked_for = self._settings.vision is True
                if has_pictures and not is_asked_for and tells_of_no_eyes(error.body):
                    raise self._learn_blindness()
                raise error
            yield _Lines(response)

    def _learn_blindness(self) -> RequestTooLarge:
        """Where the server could not be asked beforehand, it says so when it gets a picture.

        What is too large is asked again at once in a smaller form: now without pictures.
        """
        self._was_blind = True
        return RequestTooLarge(
            f"The model “{self.model}” of {self.name} does not read pictures.",
            f"Choose one that does, under “{self.name}” in config.yaml.",
            provider=self.name,
        )

    def _open_stream(
        self, request: Request, left_out: frozenset[str]
    ) -> AbstractContextManager["_Lines"]:
        abilities = self._learn()
        window = self._settings.num_ctx or self._size_window(request, abilities.context_tokens)
        if estimate_texts(request) > window:
            # The server would cut off what is beyond, and answer the rest.
            raise explain_too_large("", Asked.nothing(self._settings, self._address))
        body: dict[str, Any] = {
            "model": self.model,
            "messages": _write_messages(request),
            "stream": True,
            "options": self._write_options(window, left_out),
        }
        if "format" not in left_out:
            body["format"] = SCHEMA
        if abilities.thinks and "think" not in left_out:
            # Some models that think about a picture come to no answer.
            body["think"] = False
        return self._post(body)

    def _write_options(self, window: int, left_out: frozenset[str]) -> dict[str, Any]:
        settings = self._settings
        options: dict[str, Any] = {
            "num_ctx": window,
            "num_predict": settings.max_output_tokens,
        }
        if settings.temperature is not None and "temperature" not in left_out:
            options["temperature"] = settings.temperature
        return options

    def _size_window(self, request: Request, context_tokens: int | None) -> int:
        """A power of two that holds question and answer, in as few sizes as possible.

        The server loads the model anew for each size; without one it takes 4,096 and cuts off
        what is beyond.
        """
        settings = self._settings
        needed = estimate_request(request, settings) + settings.max_output_tokens
        window = max(_SMALLEST_WINDOW, 1 << (needed - 1).bit_length())
        most = (context_tokens, settings.context_tokens)
        return min([window, *(limit for limit in most if limit is not None)])

    def _read(self, events: Events[Any], growing: GrowingAnswer, asked: Asked) -> Ending:
        last: dict[str, Any] | None = None
        model = ""
        for line in events:
            if "error" in line:
                raise explain_status(200, line, {}, asked)
            model = word(line.get("model")) or model
            message = line.get("message")
            grow(growing, message.get("content") if isinstance(message, dict) else None, asked)
            if line.get("done") is True:
                last = line
        if last is None:
            raise explain_cut_stream(asked)
        events.usage = Usage(count(last.get("prompt_eval_count")), count(last.get("eval_count")))
        stop = _STOPS.get(word(last.get("done_reason")))
        if stop is None:
            raise explain_strange_stop(last.get("done_reason"), asked)
        return Ending(stop, model)


class _Lines:
    """The stream's objects, one to a line."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response

    def __iter__(self) -> Iterator[dict[str, Any]]:
        # Not `iter_lines`: it also breaks at the other marks of Unicode that may stand in a text.
        pieces: list[bytes] = []
        for chunk in self.response.iter_bytes():
            end_of_line, *more = chunk.split(b"\n")
            pieces.append(end_of_line)
            for piece in more:
                yield from _parse_line(b"".join(pieces))
                pieces = [piece]
        yield from _parse_line(b"".join(pieces))


class _ErrorStatus(Exception):
    """An answer with an error status, in the shape in which the SDKs tell theirs."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__(response.status_code)
        self.status_code = response.status_code
        self.response = response
        text = response.read().decode("utf-8", "replace")
        try:
            self.body: Any = json.loads(text)
        except (ValueError, RecursionError):
            self.body = text


def _parse_line(line: bytes) -> Iterator[dict[str, Any]]:
    if line.strip():
        value = json.loads(line)
        if not isinstance(value, dict):
            raise ValueError("a line of the stream is no object")
        yield value


def _read_abilities(shown: Any) -> _Abilities | None:
    if not isinstance(shown, dict):
        return None
    info = shown.get("model_info")
    lengths = [
        count(value)
        for key, value in (info.items() if isinstance(info, dict) else ())
        if isinstance(key, str) and key.endswith(_CONTEXT_LENGTH)
    ]
    capabilities = items(shown.get("capabilities"))
    return _Abilities(
        # Servers that do not tell yet may have a model with eyes.
        reads_pictures="vision" in capabilities or not capabilities,
        thinks="thinking" in capabilities,
        context_tokens=max(lengths, default=0) or None,
    )


def _write_messages(request: Request) -> list[dict[str, Any]]:
    asking = arrange(request)
    newest: dict[str, Any] = {"role": "user", "content": "\n\n".join(asking.texts)}
    if asking.pictures:
        newest["images"] = list(asking.pictures)
    return [
        {"role": "system", "content": extend_system(request.system)},
        *({"role": str(turn.role), "content": turn.text} for turn in asking.turns),
        newest,
    ]

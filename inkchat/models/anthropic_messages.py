"""Anthropic Claude: the messages API, through the official SDK.

No temperature is ever sent: the API version that the SDK speaks refuses every sampling parameter.
"""

import threading
import warnings
import weakref
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import anthropic

from inkchat.config import ProviderSettings
from inkchat.domain import CacheLife, Request, Role, Stop, Turn, Usage
from inkchat.models.answer import GrowingAnswer
from inkchat.models.asked import Asked
from inkchat.models.conversing import (
    KEYLESS,
    Ending,
    Events,
    StreamingProvider,
    count,
    grow,
    items,
    word,
)
from inkchat.models.endings import explain_cut_stream, explain_refusal, explain_strange_stop
from inkchat.models.failures import explain
from inkchat.models.prompt import SCHEMA, extend_system
from inkchat.models.provider import ModelInfo
from inkchat.models.turns import arrange
from inkchat.models.wire import open_client

if TYPE_CHECKING:
    from anthropic.lib.streaming import MessageStream
    from anthropic.types import (
        CacheControlEphemeralParam,
        ImageBlockParam,
        MessageParam,
        OutputConfigParam,
        TextBlockParam,
    )

_DROPPABLE = {
    "output_config": ("output_config", "output_format", "json_schema"),
    "cache_control": ("cache_control",),
}
"""What is left out when the server refuses it, and the words by which it is named then."""
_STOPS = {
    "end_turn": Stop.COMPLETE,
    "stop_sequence": Stop.COMPLETE,
    "max_tokens": Stop.TRUNCATED,
    "model_context_window_exceeded": Stop.TRUNCATED,
}
_MODELS_MAX = 1000
"""The longest page of the list of models; it has a few dozen."""
_warning_filters = threading.Lock()


class AnthropicMessages(StreamingProvider[Any]):
    """Answers through `POST /v1/messages`."""

    droppable = _DROPPABLE

    def __init__(self, settings: ProviderSettings) -> None:
        super().__init__(settings)
        key = settings.api_key or KEYLESS
        http = open_client(
            self._address,
            key,
            "anthropic.com",
            timeout_seconds=settings.timeout_seconds,
            stall_seconds=settings.stall_seconds,
        )
        weakref.finalize(self, http.close)
        self._client = anthropic.Anthropic(
            api_key=key,
            base_url=self._address,
            max_retries=0,
            http_client=http,
            open_telemetry=False,
        )

    def list_models(self) -> list[ModelInfo]:
        try:
            page = self._client.models.list(limit=_MODELS_MAX)
            return [_describe_model(model) for model in items(page.data) if word(model.id)]
        except Exception as error:
            # `from None`: the SDK's error quotes the vendor, who may quote the key.
            raise explain(error, Asked.nothing(self._settings, self._address)) from None

    def _open_stream(
        self, request: Request, left_out: frozenset[str]
    ) -> "AbstractContextManager[MessageStream[Any]]":
        form: OutputConfigParam = {"format": {"type": "json_schema", "schema": SCHEMA}}
        life = CacheLife.OFF if "cache_control" in left_out else request.cache
        # The SDK warns of old models, with a traceback's look, on the person's terminal. Filters
        # are the whole process's: the lock keeps two threads from restoring each other's.
        with _warning_filters, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return self._client.messages.stream(
                model=self.model,
                max_tokens=self._settings.max_output_tokens,
                system=_write_kept(extend_system(request.system), life),
                messages=_write_messages(request, life),
                output_config=anthropic.omit if "output_config" in left_out else form,
            )

    def _read(self, events: Events[Any], growing: GrowingAnswer, asked: Asked) -> Ending:
        message: Any = None
        for event in events:
            kind = getattr(event, "type", None)
            if kind == "text":
                grow(growing, getattr(event, "text", None), asked)
            elif kind == "message_stop":
                message = getattr(event, "message", None)
        reason = getattr(message, "stop_reason", None)
        events.usage = _count_tokens(getattr(message, "usage", None))
        if message is None or reason is None:
            raise explain_cut_stream(asked)
        if reason == "refusal":
            details = getattr(message, "stop_details", None)
            raise explain_refusal(word(getattr(details, "category", "")), asked)
        stop = _STOPS.get(word(reason))
        if stop is None:
            raise explain_strange_stop(reason, asked)
        return Ending(stop, word(getattr(message, "model", "")))


def _count_tokens(usage: Any) -> Usage:
    """The SDK's `input_tokens` leaves out what was written to and read from the cache."""
    cached = count(getattr(usage, "cache_read_input_tokens", 0))
    written = count(getattr(usage, "cache_creation_input_tokens", 0))
    return Usage(
        input_tokens=count(getattr(usage, "input_tokens", 0)) + written + cached,
        output_tokens=count(getattr(usage, "output_tokens", 0)),
        cached_tokens=cached,
        cache_written_tokens=written,
    )


def _describe_model(model: Any) -> ModelInfo:
    retires_at = getattr(model, "retires_at", None)
    pictures = getattr(getattr(model, "capabilities", None), "image_input", None)
    supported = getattr(pictures, "supported", None)
    return ModelInfo(
        id=word(model.id),
        retires_on=retires_at.date().isoformat() if isinstance(retires_at, datetime) else None,
        context_tokens=count(getattr(model, "max_input_tokens", None)) or None,
        reads_pictures=supported if isinstance(supported, bool) else None,
    )


def _write_kept(text: str, life: CacheLife) -> "str | list[TextBlockParam]":
    """A text; where it is to be kept, as a block with the mark that all up to its end is."""
    if life is CacheLife.OFF:
        return text
    mark: CacheControlEphemeralParam = {
        "type": "ephemeral",
        "ttl": "1h" if life is CacheLife.LONG else "5m",
    }
    return [{"type": "text", "text": text, "cache_control": mark}]


def _write_messages(request: Request, life: CacheLife) -> "list[MessageParam]":
    asking = arrange(request)
    content: list[ImageBlockParam | TextBlockParam] = [
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": picture},
        }
        for picture in asking.pictures
    ]
    content += [{"type": "text", "text": text} for text in asking.texts]
    last = len(asking.turns) - 1
    messages = [
        _write_turn(turn, life if number == last else CacheLife.OFF)
        for number, turn in enumerate(asking.turns)
    ]
    return [*messages, {"role": "user", "content": content}]


def _write_turn(turn: Turn, life: CacheLife) -> "MessageParam":
    content = _write_kept(turn.text, life)
    if turn.role is Role.USER:
        return {"role": "user", "content": content}
    return {"role": "assistant", "content": content}

"""Anthropic Claude: the messages API, through the official SDK.

No temperature is ever sent: the API version that the SDK speaks refuses every sampling parameter.
"""

import threading
import warnings
import weakref
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import anthropic

from inkchat.config import ProviderSettings
from inkchat.domain import Request, Role, Stop, Usage
from inkchat.models.answer import GrowingAnswer
from inkchat.models.conversing import (
    Ending,
    Events,
    StreamingProvider,
    count,
    grow,
    word,
)
from inkchat.models.failures import (
    Asked,
    explain_cut_stream,
    explain_refusal,
    explain_strange_stop,
)
from inkchat.models.prompt import SCHEMA, extend_system
from inkchat.models.turns import arrange
from inkchat.models.wire import open_client

if TYPE_CHECKING:
    from anthropic.lib.streaming import MessageStream
    from anthropic.types import (
        ImageBlockParam,
        MessageParam,
        OutputConfigParam,
        TextBlockParam,
    )

_ADDRESS = "https://api.anthropic.com"
_DROPPABLE = {"output_config": ("output_config", "output_format", "json_schema")}
"""What is left out when the server refuses it, and the words by which it is named then."""
_STOPS = {
    "end_turn": Stop.COMPLETE,
    "stop_sequence": Stop.COMPLETE,
    "max_tokens": Stop.TRUNCATED,
    "model_context_window_exceeded": Stop.TRUNCATED,
}
_warning_filters = threading.Lock()


class AnthropicMessages(StreamingProvider[Any]):
    """Answers through `POST /v1/messages`."""

    droppable = _DROPPABLE

    def __init__(self, settings: ProviderSettings) -> None:
        # The SDK adds /v1 itself, which other vendors' addresses hold.
        super().__init__(settings, (settings.base_url or _ADDRESS).removesuffix("/v1"))
        key = settings.api_key or ""
        http = open_client(self._address, key, "anthropic.com", settings.timeout_seconds)
        weakref.finalize(self, http.close)
        self._client = anthropic.Anthropic(
            api_key=key,
            base_url=self._address,
            max_retries=0,
            http_client=http,
            open_telemetry=False,
        )

    def _open_stream(
        self, request: Request, left_out: frozenset[str]
    ) -> "AbstractContextManager[MessageStream[Any]]":
        form: OutputConfigParam = {"format": {"type": "json_schema", "schema": SCHEMA}}
        # The SDK warns of old models, with a traceback's look, on the person's terminal. Filters
        # are the whole process's: the lock keeps two threads from restoring each other's.
        with _warning_filters, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return self._client.messages.stream(
                model=self.model,
                max_tokens=self._settings.max_output_tokens,
                system=extend_system(request.system),
                messages=_write_messages(request),
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
        if message is None or reason is None:
            raise explain_cut_stream(asked)
        if reason == "refusal":
            details = getattr(message, "stop_details", None)
            raise explain_refusal(word(getattr(details, "category", "")), asked)
        stop = _STOPS.get(word(reason))
        if stop is None:
            raise explain_strange_stop(reason, asked)
        return Ending(
            stop=stop,
            usage=_count_tokens(getattr(message, "usage", None)),
            model=word(getattr(message, "model", "")),
            request_id=events.request_id,
        )


def _count_tokens(usage: Any) -> Usage:
    """The SDK's `input_tokens` leaves out what was written to and read from the cache."""
    cached = count(getattr(usage, "cache_read_input_tokens", 0))
    written = count(getattr(usage, "cache_creation_input_tokens", 0))
    return Usage(
        input_tokens=count(getattr(usage, "input_tokens", 0)) + written + cached,
        output_tokens=count(getattr(usage, "output_tokens", 0)),
        cached_tokens=cached,
    )


def _write_messages(request: Request) -> "list[MessageParam]":
    asking = arrange(request)
    content: list[ImageBlockParam | TextBlockParam] = [
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": picture},
        }
        for picture in asking.pictures
    ]
    content += [{"type": "text", "text": text} for text in asking.texts]
    messages: list[MessageParam] = []
    for turn in asking.turns:
        if turn.role is Role.USER:
            messages.append({"role": "user", "content": turn.text})
        else:
            messages.append({"role": "assistant", "content": turn.text})
    return [*messages, {"role": "user", "content": content}]

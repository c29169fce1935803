"""OpenAI Compatible: chat completions, the one API that every such server has.

Servers differ in what they take and in what they send; what one refuses by name is left out.
"""

import weakref
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import openai

from inkchat.config import ProviderSettings
from inkchat.domain import Request, Role, Stop, Usage
from inkchat.models.answer import GrowingAnswer, is_whole
from inkchat.models.conversing import (
    Ending,
    Events,
    StreamingProvider,
    count,
    grow,
    items,
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
    from collections.abc import Iterable

    from openai.types.chat import (
        ChatCompletionContentPartParam,
        ChatCompletionMessageParam,
    )
    from openai.types.shared_params import ResponseFormatJSONSchema

_KEYLESS = "none"
"""Without a key of its own the SDK would send OPENAI_API_KEY to this server."""

_DROPPABLE = {
    "temperature": ("temperature",),
    "response_format": ("response_format", "json_schema", "grammar", "guided_json"),
    "stream_options": ("stream_options",),
    "max_tokens": ("max_tokens",),
}
"""What is left out when the server refuses it, and the words by which it is named then.

The form is asked for in the prompt too, and `max_completion_tokens` takes the place of
`max_tokens`, which newer models of OpenAI's refuse.
"""


class OpenAIChat(StreamingProvider[Any]):
    """Answers through `POST /chat/completions`."""

    droppable = _DROPPABLE

    def __init__(self, settings: ProviderSettings) -> None:
        super().__init__(settings, settings.base_url or "")
        key = settings.api_key or _KEYLESS
        http = open_client(self._address, key, "openai.com", settings.timeout_seconds)
        weakref.finalize(self, http.close)
        self._client = openai.OpenAI(
            api_key=key, base_url=self._address, max_retries=0, http_client=http
        )

    def _open_stream(
        self, request: Request, left_out: frozenset[str]
    ) -> "AbstractContextManager[Iterable[Any]]":
        temperature, omit = self._settings.temperature, openai.omit
        max_tokens = self._settings.max_output_tokens
        form: ResponseFormatJSONSchema = {
            "type": "json_schema",
            "json_schema": {"name": "reply", "schema": SCHEMA, "strict": True},
        }
        return self._client.chat.completions.create(
            model=self.model,
            messages=_write_messages(request),
            max_tokens=omit if "max_tokens" in left_out else max_tokens,
            max_completion_tokens=max_tokens if "max_tokens" in left_out else omit,
            response_format=omit if "response_format" in left_out else form,
            stream_options=omit if "stream_options" in left_out else {"include_usage": True},
            temperature=omit if temperature is None or "temperature" in left_out else temperature,
            stream=True,
        )

    def _read(self, events: Events[Any], growing: GrowingAnswer, asked: Asked) -> Ending:
        reason: Any = None
        usage: Any = None
        model = ""
        is_refused = False
        for chunk in events:
            model = word(getattr(chunk, "model", "")) or model
            usage = getattr(chunk, "usage", None) or usage
            for choice in items(getattr(chunk, "choices", None))[:1]:
                delta = getattr(choice, "delta", None)
                grow(growing, getattr(delta, "content", None), asked)
                is_refused = is_refused or bool(getattr(delta, "refusal", None))
                reason = getattr(choice, "finish_reason", None) or reason
        if is_refused or reason == "content_filter":
            raise explain_refusal("content_filter" if reason == "content_filter" else "", asked)
        return Ending(
            stop=_judge_stop(reason, growing, asked),
            usage=_count_tokens(usage),
            model=model,
            request_id=events.request_id,
        )


def _write_messages(request: Request) -> "list[ChatCompletionMessageParam]":
    asking = arrange(request)
    content: list[ChatCompletionContentPartParam] = [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture}"}}
        for picture in asking.pictures
    ]
    content += [{"type": "text", "text": text} for text in asking.texts]
    messages: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": extend_system(request.system)}
    ]
    for turn in asking.turns:
        if turn.role is Role.USER:
            messages.append({"role": "user", "content": turn.text})
        else:
            messages.append({"role": "assistant", "content": turn.text})
    if asking.pictures:
        return [*messages, {"role": "user", "content": content}]
    # Servers for models without eyes often take only plain text here.
    return [*messages, {"role": "user", "content": "\n\n".join(asking.texts)}]


def _judge_stop(reason: Any, growing: GrowingAnswer, asked: Asked) -> Stop:
    if reason == "stop":
        return Stop.COMPLETE
    if reason == "length":
        return Stop.TRUNCATED
    # Some servers end without a reason, or with one of their own: then the form decides.
    if reason not in ("tool_calls", "function_call") and is_whole(growing.text):
        return Stop.COMPLETE
    if reason is None:
        raise explain_cut_stream(asked)
    raise explain_strange_stop(reason, asked)


def _count_tokens(usage: Any) -> Usage:
    details = getattr(usage, "prompt_tokens_details", None)
    return Usage(
        input_tokens=count(getattr(usage, "prompt_tokens", 0)),
        output_tokens=count(getattr(usage, "completion_tokens", 0)),
        cached_tokens=count(getattr(details, "cached_tokens", 0)),
    )

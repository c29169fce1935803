"""OpenAI: the Responses API, through the official SDK.

The raw event stream is read, not the SDK's accumulating helper: that one gives up on a stream
whose events come in an order it does not know, and with it a paid answer.
"""

import weakref
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import openai

from inkchat.config import ProviderSettings
from inkchat.domain import Request, Role, Stop, Usage
from inkchat.models.answer import GrowingAnswer
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
    explain_status,
    explain_strange_stop,
)
from inkchat.models.prompt import SCHEMA, extend_system
from inkchat.models.turns import arrange
from inkchat.models.wire import open_client

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openai.types.responses import (
        ResponseInputItemParam,
        ResponseInputMessageContentListParam,
        ResponseTextConfigParam,
    )

_ADDRESS = "https://api.openai.com/v1"
_DROPPABLE = {
    "temperature": ("temperature",),
    "text": ("text.format", "json_schema"),
    "phase": ("phase",),
}
"""What is left out when the server refuses it, and the words by which it is named then."""


class OpenAIResponses(StreamingProvider[Any]):
    """Answers through `POST /responses`."""

    droppable = _DROPPABLE

    def __init__(self, settings: ProviderSettings) -> None:
        super().__init__(settings, settings.base_url or _ADDRESS)
        key = settings.api_key or ""
        http = open_client(self._address, key, "openai.com", settings.timeout_seconds)
        weakref.finalize(self, http.close)
        self._client = openai.OpenAI(
            api_key=key, base_url=self._address, max_retries=0, http_client=http
        )

    def _open_stream(
        self, request: Request, left_out: frozenset[str]
    ) -> "AbstractContextManager[Iterable[Any]]":
        temperature = self._settings.temperature
        form: ResponseTextConfigParam = {
            "format": {"type": "json_schema", "name": "reply", "schema": SCHEMA, "strict": True}
        }
        return self._client.responses.create(
            model=self.model,
            instructions=extend_system(request.system),
            input=_write_input(request, with_phase="phase" not in left_out),
            max_output_tokens=self._settings.max_output_tokens,
            text=openai.omit if "text" in left_out else form,
            temperature=(
                openai.omit if temperature is None or "temperature" in left_out else temperature
            ),
            # The vendor would keep note and answer for at least 30 days otherwise.
            store=False,
            stream=True,
        )

    def _read(self, events: Events[Any], growing: GrowingAnswer, asked: Asked) -> Ending:
        commentary: set[str] = set()
        response: Any = None
        for event in events:
            kind = getattr(event, "type", None)
            if kind == "response.output_item.added":
                commentary |= _find_commentary(getattr(event, "item", None))
            elif kind == "response.output_text.delta":
                if word(getattr(event, "item_id", "")) not in commentary:
                    grow(growing, getattr(event, "delta", None), asked)
            elif kind in ("response.refusal.delta", "response.refusal.done"):
                raise explain_refusal("", asked)
            elif kind == "error":
                raise explain_status(200, _write_body(event), {}, asked)
            elif kind in ("response.completed", "response.incomplete", "response.failed"):
                response = getattr(event, "response", None)
        if response is None:
            raise explain_cut_stream(asked)
        if growing.length == 0:
            _take_output(response, growing, asked)
        return _judge_ending(response, events.request_id, asked)


def _write_input(request: Request, *, with_phase: bool) -> "list[ResponseInputItemParam]":
    asking = arrange(request)
    content: ResponseInputMessageContentListParam = [
        {
            "type": "input_image",
            "image_url": f"data:image/png;base64,{picture}",
            "detail": "high",
        }
        for picture in asking.pictures
    ]
    content += [{"type": "input_text", "text": text} for text in asking.texts]
    turns: list[ResponseInputItemParam] = []
    for turn in asking.turns:
        if turn.role is Role.USER:
            turns.append({"role": "user", "content": turn.text})
        elif with_phase:
            # Newer models answer worse where their own earlier answers are not marked as such.
            turns.append({"role": "assistant", "content": turn.text, "phase": "final_answer"})
        else:
            turns.append({"role": "assistant", "content": turn.text})
    return [*turns, {"role": "user", "content": content}]


def _find_commentary(item: Any) -> set[str]:
    """The message's id if it is one that the model writes beside its answer."""
    is_commentary = getattr(item, "phase", None) == "commentary"
    return {word(getattr(item, "id", ""))} if is_commentary else set()


def _take_output(response: Any, growing: GrowingAnswer, asked: Asked) -> None:
    """The text at the end, where a server sent none on the way."""
    for item in items(getattr(response, "output", None)):
        if getattr(item, "phase", None) != "commentary":
            for part in items(getattr(item, "content", None)):
                if getattr(part, "type", None) == "output_text":
                    grow(growing, getattr(part, "text", None), asked)


def _judge_ending(response: Any, request_id: str, asked: Asked) -> Ending:
    status = getattr(response, "status", None)
    if status == "completed":
        stop = Stop.COMPLETE
    elif status == "incomplete":
        reason = getattr(getattr(response, "incomplete_details", None), "reason", None)
        if reason == "content_filter":
            raise explain_refusal("content_filter", asked)
        if reason != "max_output_tokens":
            raise explain_strange_stop(reason, asked)
        stop = Stop.TRUNCATED
    elif status == "failed":
        raise explain_status(200, _write_body(getattr(response, "error", None)), {}, asked)
    else:
        raise explain_strange_stop(status, asked)
    return Ending(
        stop=stop,
        usage=_count_tokens(getattr(response, "usage", None)),
        model=word(getattr(response, "model", "")),
        request_id=request_id,
    )


def _write_body(error: Any) -> dict[str, Any]:
    return {"code": getattr(error, "code", None), "message": getattr(error, "message", None)}


def _count_tokens(usage: Any) -> Usage:
    details = getattr(usage, "input_tokens_details", None)
    return Usage(
        input_tokens=count(getattr(usage, "input_tokens", 0)),
        output_tokens=count(getattr(usage, "output_tokens", 0)),
        cached_tokens=count(getattr(details, "cached_tokens", 0)),
    )

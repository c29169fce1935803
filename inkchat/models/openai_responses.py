"""OpenAI and xAI Grok: the Responses API, through the official SDK.

The raw event stream is read, not the SDK's accumulating helper: that one gives up on a stream
whose events come in an order it does not know, and with it a paid answer.
"""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import openai

from inkchat.domain import CacheLife, Request, Role, Stop, Turn, Usage
from inkchat.models.answer import GrowingAnswer
from inkchat.models.asked import Asked
from inkchat.models.conversing import (
    Ending,
    Events,
    count,
    grow,
    items,
    word,
)
from inkchat.models.endings import explain_cut_stream, explain_refusal, explain_strange_stop
from inkchat.models.failures import explain_status
from inkchat.models.openai_client import OpenAIClient
from inkchat.models.prompt import SCHEMA, extend_system
from inkchat.models.turns import arrange, find_last_user

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openai.types.responses import (
        ResponseInputItemParam,
        ResponseInputMessageContentListParam,
        ResponseTextConfigParam,
    )
    from openai.types.responses.response_create_params import PromptCacheOptions

_DROPPABLE = {
    "temperature": ("temperature",),
    "text": ("text.format", "json_schema"),
}
"""What is left out when the server refuses it, and the words by which it is named then."""
_DROPPABLE_OF_OPENAI = _DROPPABLE | {
    "phase": ("phase",),
    # Older models refuse to be told about caching.
    "cache": ("prompt_cache_options", "prompt_cache_breakpoint", "prompt_cache_key"),
}
_DROPPABLE_OF_OTHERS = _DROPPABLE | {
    # The system text is then the first message.
    "instructions": ("instructions",),
}
_REFUSALS = {"response.refusal.delta", "response.refusal.done"}


class OpenAIResponses(OpenAIClient):
    """Answers through `POST /responses`."""

    droppable_of_openai = _DROPPABLE_OF_OPENAI
    droppable_of_others = _DROPPABLE_OF_OTHERS

    def _open_stream(
        self, request: Request, left_out: frozenset[str]
    ) -> "AbstractContextManager[Iterable[Any]]":
        temperature, omit = self._settings.temperature, openai.omit
        form: ResponseTextConfigParam = {
            "format": {"type": "json_schema", "name": "reply", "schema": SCHEMA, "strict": True}
        }
        # Nothing is written into the cache, and paid for, but what this asks for.
        explicit: PromptCacheOptions = {"mode": "explicit"}
        with_cache = self._is_openai and "cache" not in left_out
        is_kept = with_cache and request.cache is not CacheLife.OFF
        system = extend_system(request.system)
        with_instructions = "instructions" not in left_out
        return self._client.responses.create(
            model=self.model,
            instructions=system if with_instructions else omit,
            input=_write_input(
                request,
                system="" if with_instructions else system,
                with_phase=self._is_openai and "phase" not in left_out,
                with_breakpoint=is_kept,
            ),
            max_output_tokens=self._settings.max_output_tokens,
            text=omit if "text" in left_out else form,
            temperature=omit if temperature is None or "temperature" in left_out else temperature,
            prompt_cache_options=explicit if with_cache else omit,
            prompt_cache_key=request.cache_key if is_kept and request.cache_key else omit,
            # The vendor would keep note and answer for at least 30 days otherwise.
            store=False,
            stream=True,
        )

    def _read(self, events: Events[Any], growing: GrowingAnswer, asked: Asked) -> Ending:
        commentary: set[str] = set()
        response: Any = None
        kinds: set[str] = set()
        for event in events:
            kind = word(getattr(event, "type", None))
            kinds.add(kind)
            if kind == "response.output_item.added":
                commentary |= _find_commentary(getattr(event, "item", None))
            elif kind == "response.output_text.delta":
                if word(getattr(event, "item_id", "")) not in commentary:
                    grow(growing, getattr(event, "delta", None), asked)
            elif kind == "error":
                raise explain_status(200, _write_body(event), {}, asked)
            elif kind in ("response.completed", "response.incomplete", "response.failed"):
                response = getattr(event, "response", None)
                events.usage = _count_tokens(getattr(response, "usage", None))
        # Not before: what it took is told at the end.
        if kinds & _REFUSALS:
            raise explain_refusal("", asked)
        if response is None:
            raise explain_cut_stream(asked)
        if growing.length == 0:
            _take_output(response, growing, asked)
        return Ending(_judge_stop(response, asked), word(getattr(response, "model", "")))


def _write_input(
    request: Request, *, system: str, with_phase: bool, with_breakpoint: bool
) -> "list[ResponseInputItemParam]":
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
    kept = find_last_user(asking.turns) if with_breakpoint else None
    before: list[ResponseInputItemParam] = []
    if system:
        before.append({"role": "system", "content": system})
    for number, turn in enumerate(asking.turns):
        before.append(_write_turn(turn, with_phase=with_phase, ends_prefix=number == kept))
    return [*before, {"role": "user", "content": content}]


def _write_turn(turn: Turn, *, with_phase: bool, ends_prefix: bool) -> "ResponseInputItemParam":
    if turn.role is Role.USER and ends_prefix:
        # Answers cannot carry the mark: what is kept ends with the last question before the note.
        return {
            "role": "user",
            "content": [
                {
                    "type": "input_text",
                    "text": turn.text,
                    "prompt_cache_breakpoint": {"mode": "explicit"},
                }
            ],
        }
    if turn.role is Role.USER:
        return {"role": "user", "content": turn.text}
    if with_phase:
        # Newer models answer worse where their own earlier answers are not marked as such.
        return {
            "type": "message",
            "role": "assistant",
            "content": turn.text,
            "phase": "final_answer",
        }
    # The type may be left out by the vendor's own types; llama-server refuses it without.
    return {"type": "message", "role": "assistant", "content": turn.text}


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


def _judge_stop(response: Any, asked: Asked) -> Stop:
    status = getattr(response, "status", None)
    if status == "completed":
        return Stop.COMPLETE
    if status == "failed":
        raise explain_status(200, _write_body(getattr(response, "error", None)), {}, asked)
    if status != "incomplete":
        raise explain_strange_stop(status, asked)
    reason = getattr(getattr(response, "incomplete_details", None), "reason", None)
    if reason == "content_filter":
        raise explain_refusal("content_filter", asked)
    if reason != "max_output_tokens":
        raise explain_strange_stop(reason, asked)
    return Stop.TRUNCATED


def _write_body(error: Any) -> dict[str, Any]:
    return {"code": getattr(error, "code", None), "message": getattr(error, "message", None)}


def _count_tokens(usage: Any) -> Usage:
    details = getattr(usage, "input_tokens_details", None)
    return Usage(
        input_tokens=count(getattr(usage, "input_tokens", 0)),
        output_tokens=count(getattr(usage, "output_tokens", 0)),
        cached_tokens=count(getattr(details, "cached_tokens", 0)),
        cache_written_tokens=count(getattr(details, "cache_write_tokens", 0)),
    )

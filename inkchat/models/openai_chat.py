"""Google Gemini and OpenAI Compatible: chat completions, the one API that every such server has.

Servers differ in what they take and in what they send; what one refuses by name is left out.
"""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import openai

from inkchat.domain import CacheLife, Request, Role, Stop, Turn, Usage
from inkchat.models.answer import GrowingAnswer, is_whole
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
from inkchat.models.openai_client import OpenAIClient
from inkchat.models.prompt import SCHEMA, extend_system
from inkchat.models.turns import arrange, find_last_user

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openai.types.chat import (
        ChatCompletionContentPartParam,
        ChatCompletionContentPartTextParam,
        ChatCompletionMessageParam,
    )
    from openai.types.chat.chat_completion_content_part_image_param import ImageURL
    from openai.types.chat.completion_create_params import PromptCacheOptions
    from openai.types.shared_params import ResponseFormatJSONSchema

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


_DROPPABLE_OF_OPENAI = _DROPPABLE | {
    # Older models refuse to be told about caching.
    "cache": ("prompt_cache_options", "prompt_cache_breakpoint", "prompt_cache_key"),
}


class OpenAIChat(OpenAIClient):
    """Answers through `POST /chat/completions`."""

    droppable_of_openai = _DROPPABLE_OF_OPENAI
    droppable_of_others = _DROPPABLE

    def _open_stream(
        self, request: Request, left_out: frozenset[str]
    ) -> "AbstractContextManager[Iterable[Any]]":
        temperature, omit = self._settings.temperature, openai.omit
        max_tokens = self._settings.max_output_tokens
        is_old_name = not self._is_openai and "max_tokens" not in left_out
        form: ResponseFormatJSONSchema = {
            "type": "json_schema",
            "json_schema": {"name": "reply", "schema": SCHEMA, "strict": True},
        }
        # Nothing is written into the cache, and paid for, but what this asks for.
        explicit: PromptCacheOptions = {"mode": "explicit"}
        with_cache = self._is_openai and "cache" not in left_out
        is_kept = with_cache and request.cache is not CacheLife.OFF
        return self._client.chat.completions.create(
            model=self.model,
            messages=_write_messages(request, with_detail=self._is_openai, with_breakpoint=is_kept),
            max_tokens=max_tokens if is_old_name else omit,
            max_completion_tokens=omit if is_old_name else max_tokens,
            response_format=omit if "response_format" in left_out else form,
            stream_options=omit if "stream_options" in left_out else {"include_usage": True},
            temperature=omit if temperature is None or "temperature" in left_out else temperature,
            prompt_cache_options=explicit if with_cache else omit,
            prompt_cache_key=request.cache_key if is_kept and request.cache_key else omit,
            stream=True,
        )

    def _read(self, events: Events[Any], growing: GrowingAnswer, asked: Asked) -> Ending:
        reason: Any = None
        model = ""
        is_refused = False
        for chunk in events:
            model = word(getattr(chunk, "model", "")) or model
            usage = getattr(chunk, "usage", None)
            if usage:
                events.usage = _count_tokens(usage)
            for choice in items(getattr(chunk, "choices", None))[:1]:
                delta = getattr(choice, "delta", None)
                grow(growing, getattr(delta, "content", None), asked)
                is_refused = is_refused or bool(getattr(delta, "refusal", None))
                reason = getattr(choice, "finish_reason", None) or reason
        if is_refused or reason == "content_filter":
            raise explain_refusal("content_filter" if reason == "content_filter" else "", asked)
        return Ending(_judge_stop(reason, growing, asked), model)


def _write_messages(
    request: Request, *, with_detail: bool, with_breakpoint: bool
) -> "list[ChatCompletionMessageParam]":
    asking = arrange(request)
    kept = find_last_user(asking.turns) if with_breakpoint else None
    messages: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": extend_system(request.system)}
    ]
    for number, turn in enumerate(asking.turns):
        messages.append(_write_turn(turn, ends_prefix=number == kept))
    if not asking.pictures:
        # Servers for models without eyes often take only plain text here.
        return [*messages, {"role": "user", "content": "\n\n".join(asking.texts)}]
    content: list[ChatCompletionContentPartParam] = []
    for picture in asking.pictures:
        url: ImageURL = {"url": f"data:image/png;base64,{picture}"}
        if with_detail:
            url["detail"] = "high"
        content.append({"type": "image_url", "image_url": url})
    content += [{"type": "text", "text": text} for text in asking.texts]
    return [*messages, {"role": "user", "content": content}]


def _write_turn(turn: Turn, *, ends_prefix: bool) -> "ChatCompletionMessageParam":
    if turn.role is Role.ASSISTANT:
        return {"role": "assistant", "content": turn.text}
    if not ends_prefix:
        return {"role": "user", "content": turn.text}
    part: ChatCompletionContentPartTextParam = {
        "type": "text",
        "text": turn.text,
        "prompt_cache_breakpoint": {"mode": "explicit"},
    }
    return {"role": "user", "content": [part]}


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
    """Some vendors leave the tokens of thinking out of `completion_tokens`, and charge for them."""
    details = getattr(usage, "prompt_tokens_details", None)
    prompt = count(getattr(usage, "prompt_tokens", 0))
    beyond_prompt = count(getattr(usage, "total_tokens", 0)) - prompt
    return Usage(
        input_tokens=prompt,
        output_tokens=max(count(getattr(usage, "completion_tokens", 0)), beyond_prompt),
        cached_tokens=count(getattr(details, "cached_tokens", 0)),
        cache_written_tokens=count(getattr(details, "cache_write_tokens", 0)),
    )

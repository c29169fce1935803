"""The four wire forms: the events of a stream and the body of a reply without one."""

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from tests.vendors.script import Ending, Say

Json = dict[str, Any]


class Wire(StrEnum):
    """A wire form, by the end of its path."""

    MESSAGES = "messages"
    RESPONSES = "responses"
    CHAT = "chat/completions"
    OLLAMA = "api/chat"

    @property
    def content_type(self) -> str:
        """Of a stream."""
        return "application/x-ndjson" if self is Wire.OLLAMA else "text/event-stream"


def write_problem(wire: Wire, say: Say) -> Json:
    """The body of an error in the vendor's form."""
    problem = say.problem
    if problem is None:
        return {}
    if wire is Wire.OLLAMA:
        return {"error": problem.message}
    if wire is Wire.MESSAGES:
        error: Json = {"type": problem.type, "message": problem.message}
        if problem.code:
            error["details"] = {"error_code": problem.code}
        return {"type": "error", "error": error, "request_id": "req_loopback"}
    return {
        "error": {
            "message": problem.message,
            "type": problem.type,
            "param": problem.param,
            "code": problem.code,
        }
    }


def write_stream(wire: Wire, say: Say) -> list[bytes]:
    """The events of a whole reply, as they go over the wire."""
    if wire is Wire.OLLAMA:
        return [write_line(line) for line in _stream_ollama(say)]
    if wire is Wire.MESSAGES:
        events = list(_stream_message(say))
    elif wire is Wire.RESPONSES:
        events = list(_stream_response(say))
    else:
        return [
            *(_event(None, chunk) for chunk in _stream_chat(say)),
            b"data: [DONE]\n\n",
        ]
    return [_event(event["type"], event) for event in events]


def write_whole(wire: Wire, say: Say) -> Json:
    """The body of a reply that was not asked for as a stream."""
    if wire is Wire.MESSAGES:
        return _message(say, say.text, _message_stop(say))
    if wire is Wire.RESPONSES:
        return _response(say, say.text, _response_status(say))
    if wire is Wire.OLLAMA:
        return _ollama_message(say, say.text) | _ollama_end(say)
    return _completion(say)


def write_garbage(wire: Wire) -> bytes:
    """An event that should be JSON and is none."""
    if wire is Wire.OLLAMA:
        return b"{this is no JSON\n"
    return b"event: content_block_delta\ndata: {this is no JSON\n\n"


def write_line(data: Json) -> bytes:
    return f"{json.dumps(data)}\n".encode()


def sign_of_life(wire: Wire) -> bytes:
    if wire is Wire.OLLAMA:
        return write_line(_ollama_message(Say(), ""))
    return b'event: ping\ndata: {"type": "ping"}\n\n' if wire is Wire.MESSAGES else b": ping\n\n"


def _event(name: str | None, data: Json) -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()


def _message_stop(say: Say) -> str | None:
    return {
        Ending.COMPLETE: "end_turn",
        Ending.TRUNCATED: "max_tokens",
        Ending.REFUSED: "refusal",
        Ending.FILTERED: "refusal",
        Ending.STRANGE: "tool_use",
        Ending.UNSAID: None,
    }.get(say.ending, "end_turn")


def _stop_details(say: Say) -> Json | None:
    if say.ending not in (Ending.REFUSED, Ending.FILTERED):
        return None
    return {"type": "refusal", "category": "cyber", "explanation": say.transcript}


def _message(say: Say, text: str | None, stop: str | None) -> Json:
    content = [] if text is None else [{"type": "text", "text": text, "citations": None}]
    return {
        "id": "msg_loopback",
        "type": "message",
        "role": "assistant",
        "model": say.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "stop_details": _stop_details(say),
        "container": None,
        "usage": {
            "input_tokens": say.input_tokens - say.cached_tokens - say.cache_written_tokens,
            "cache_creation_input_tokens": say.cache_written_tokens,
            "cache_read_input_tokens": say.cached_tokens,
            "output_tokens": 0 if text is None else say.output_tokens,
        },
    }


def _stream_message(say: Say) -> Iterator[Json]:
    yield {"type": "message_start", "message": _message(say, None, None)}
    start = {"type": "text", "text": "", "citations": None}
    yield {"type": "content_block_start", "index": 0, "content_block": start}
    yield {"type": "ping"}
    for piece in say.pieces:
        delta = {"type": "text_delta", "text": piece}
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    if say.problem:
        yield write_problem(Wire.MESSAGES, say)
    yield {"type": "content_block_stop", "index": 0}
    if say.ending is Ending.UNSAID:
        return
    yield {
        "type": "message_delta",
        "delta": {
            "stop_reason": _message_stop(say),
            "stop_sequence": None,
            "stop_details": _stop_details(say),
            "container": None,
        },
        "usage": {
            "input_tokens": None,
            "cache_creation_input_tokens": None,
            "cache_read_input_tokens": None,
            "output_tokens": say.output_tokens,
            "output_tokens_details": None,
            "server_tool_use": None,
        },
    }
    yield {"type": "message_stop"}


def _response_status(say: Say) -> str:
    if say.ending in (Ending.TRUNCATED, Ending.FILTERED):
        return "incomplete"
    return "cancelled" if say.ending is Ending.STRANGE else "completed"


def _response(say: Say, text: str | None, status: str) -> Json:
    reasons = {Ending.TRUNCATED: "max_output_tokens", Ending.FILTERED: "content_filter"}
    item = _item(say, text, "completed")
    return {
        "id": "resp_loopback",
        "object": "response",
        "created_at": 1_700_000_000,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": ({"reason": reasons[say.ending]} if status == "incomplete" else None),
        "instructions": None,
        "metadata": {},
        "model": say.model,
        "output": [] if text is None else [item],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": {
            "input_tokens": say.input_tokens,
            "input_tokens_details": {
                "cached_tokens": say.cached_tokens,
                "cache_write_tokens": say.cache_written_tokens,
            },
            "output_tokens": say.output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": say.input_tokens + say.output_tokens,
        }
        if text is not None
        else None,
    }


def _item(say: Say, text: str | None, status: str) -> Json:
    if text is None:
        content: list[Json] = []
    elif say.ending is Ending.REFUSED:
        content = [{"type": "refusal", "refusal": "I cannot help with that."}]
    else:
        content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    return {
        "id": "msg_loopback",
        "type": "message",
        "role": "assistant",
        "status": status,
        "phase": "final_answer",
        "content": content,
    }


def _stream_response(say: Say) -> Iterator[Json]:
    for sequence_number, event in enumerate(_response_events(say)):
        yield event | {"sequence_number": sequence_number}


def _response_events(say: Say) -> Iterator[Json]:
    place = {"item_id": "msg_loopback", "output_index": 1, "content_index": 0}
    yield {"type": "response.created", "response": _response(say, None, "in_progress")}
    yield {"type": "response.in_progress", "response": _response(say, None, "in_progress")}
    if say.commentary:
        aside = {"item_id": "msg_commentary", "output_index": 0, "content_index": 0}
        item = _item(say, None, "in_progress") | {"id": "msg_commentary", "phase": "commentary"}
        yield {"type": "response.output_item.added", "output_index": 0, "item": item}
        yield {"type": "response.output_text.delta", "delta": say.commentary} | aside
    yield {
        "type": "response.output_item.added",
        "output_index": 1,
        "item": _item(say, None, "in_progress"),
    }
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    yield {"type": "response.content_part.added", "part": part} | place
    if say.ending is Ending.REFUSED:
        yield {"type": "response.refusal.delta", "delta": "I cannot"} | place
        yield {"type": "response.refusal.done", "refusal": "I cannot help with that."} | place
    else:
        for piece in say.pieces if say.ending is not Ending.UNSTREAMED else ():
            yield {"type": "response.output_text.delta", "delta": piece, "logprobs": []} | place
        if say.problem:
            error = {"code": say.problem.code or say.problem.type, "message": say.problem.message}
            failed = _response(say, None, "failed") | {"error": error}
            yield {"type": "response.failed", "response": failed}
            return
        yield {"type": "response.output_text.done", "text": say.text, "logprobs": []} | place
    if say.ending is Ending.UNSAID:
        return
    yield {
        "type": "response.output_item.done",
        "output_index": 1,
        "item": _item(say, say.text, "completed"),
    }
    status = _response_status(say)
    name = "incomplete" if status == "incomplete" else "completed"
    yield {"type": f"response.{name}", "response": _response(say, say.text, status)}


def _chat_stop(say: Say) -> str | None:
    return {
        Ending.TRUNCATED: "length",
        Ending.FILTERED: "content_filter",
        Ending.STRANGE: "tool_calls",
        Ending.UNSAID: None,
    }.get(say.ending, "stop")


def _chat_usage(say: Say) -> Json:
    return {
        "prompt_tokens": say.input_tokens,
        "completion_tokens": say.output_tokens,
        "total_tokens": say.input_tokens + say.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": say.cached_tokens,
            "cache_write_tokens": say.cache_written_tokens,
        },
    }


def _chat_head(say: Say, kind: str) -> Json:
    return {
        "id": "chatcmpl-loopback",
        "object": kind,
        "created": 1_700_000_000,
        "model": say.model,
    }


def _completion(say: Say) -> Json:
    message: Json = {"role": "assistant", "content": say.text, "refusal": None}
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": _chat_stop(say),
        "logprobs": None,
    }
    return _chat_head(say, "chat.completion") | {"choices": [choice], "usage": _chat_usage(say)}


def _stream_chat(say: Say) -> Iterator[Json]:
    head = _chat_head(say, "chat.completion.chunk")

    def chunk(delta: Json, reason: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return head | {"choices": [choice], "usage": None}

    yield chunk({"role": "assistant", "content": ""})
    if say.ending is Ending.REFUSED:
        yield chunk({"refusal": "I cannot help with that."})
    else:
        for piece in say.pieces:
            yield chunk({"content": piece})
    if say.problem:
        yield write_problem(Wire.CHAT, say)
    yield chunk({}, _chat_stop(say))
    yield head | {"choices": [], "usage": _chat_usage(say)}


def _ollama_message(say: Say, text: str) -> Json:
    return {
        "model": say.model,
        "created_at": "2023-11-14T22:13:20.000000Z",
        "message": {"role": "assistant", "content": text},
        "done": False,
    }


def _ollama_end(say: Say) -> Json:
    reasons = {Ending.TRUNCATED: "length", Ending.STRANGE: "load"}
    return {
        "done": True,
        "done_reason": reasons.get(say.ending, "stop"),
        "total_duration": 1_000_000_000,
        "prompt_eval_count": say.input_tokens,
        "eval_count": say.output_tokens,
    }


def _stream_ollama(say: Say) -> Iterator[Json]:
    for piece in say.pieces:
        yield _ollama_message(say, piece)
    if say.problem:
        yield write_problem(Wire.OLLAMA, say)
    elif say.ending is not Ending.UNSAID:
        yield _ollama_message(say, "") | _ollama_end(say)

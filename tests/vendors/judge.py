"""Whether a vendor would take a request, by the types that its own SDK publishes.

Pydantic builds a validator from each parameter type. As it comes, it takes unknown keys and does
not look into an `Iterable`; both are closed here, so that a field of the wrong API is refused.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from tests.vendors.wires import Wire

_COMPLAINT_MAX_CHARACTERS = 600


def find_fault(wire: Wire, body: bytes) -> str | None:
    """What is wrong with a request's body, or None."""
    try:
        _validator(wire).validate_json(body, strict=True)
    except ValidationError as error:
        first = min(error.errors(), key=lambda e: len(e["loc"]))
        place = ".".join(str(part) for part in first["loc"])
        return f"{place}: {first['msg']}"[:_COMPLAINT_MAX_CHARACTERS]
    return None


@cache
def _validator(wire: Wire) -> SchemaValidator:
    # Built on first use: importing the types of both SDKs takes two seconds.
    return SchemaValidator(_close(TypeAdapter(_LOADERS[wire]()).core_schema))


def _close(node: Any) -> Any:
    if isinstance(node, list | tuple):
        return type(node)(_close(item) for item in node)
    if not isinstance(node, dict):
        return node
    closed = {key: _close(value) for key, value in node.items()}
    if closed.get("type") == "typed-dict":
        closed["extra_behavior"] = "forbid"
        closed.pop("config", None)
    elif closed.get("type") == "generator":
        kept = ("items_schema", "min_length", "max_length", "ref")
        closed = {"type": "list"} | {key: closed[key] for key in kept if key in closed}
    return closed


def _load_messages() -> Any:
    from anthropic.types import message_create_params as params

    return params.MessageCreateParamsStreaming | params.MessageCreateParamsNonStreaming


def _load_responses() -> Any:
    from openai.types.responses import response_create_params as params

    return params.ResponseCreateParamsStreaming | params.ResponseCreateParamsNonStreaming


def _load_chat() -> Any:
    from openai.types.chat import completion_create_params as params

    return params.CompletionCreateParamsStreaming | params.CompletionCreateParamsNonStreaming


_LOADERS: dict[Wire, Callable[[], Any]] = {
    Wire.MESSAGES: _load_messages,
    Wire.RESPONSES: _load_responses,
    Wire.CHAT: _load_chat,
}

"""Whether a vendor would take a request, by the types that its own SDK publishes.

Pydantic builds a validator from each parameter type. As it comes, it takes unknown keys, does not
look into an `Iterable`, and takes any mapping where Ollama's types have one beside the message it
should be; all are closed here, so that a field of the wrong API is refused.
"""

import base64
import importlib
import json
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from tests.vendors.wires import Wire

_COMPLAINT_MAX_CHARACTERS = 600
_building = threading.Lock()
_PACKAGES = {
    Wire.MESSAGES: "anthropic",
    Wire.RESPONSES: "openai",
    Wire.CHAT: "openai",
    Wire.OLLAMA: "ollama",
}
"""Each is imported as a whole before anything in it: its modules import each other in circles, and
two threads that enter such a circle at different places are given halves of modules."""


def find_fault(wire: Wire, body: bytes) -> str | None:
    """What is wrong with a request's body, or None."""
    with _building:
        validator = _build_validator(wire)
    try:
        validator.validate_json(body, strict=True)
    except ValidationError as error:
        first = min(error.errors(), key=lambda e: len(e["loc"]))
        place = ".".join(str(part) for part in first["loc"])
        return f"{place}: {first['msg']}"[:_COMPLAINT_MAX_CHARACTERS]
    return _find_bad_picture(body) if wire is Wire.OLLAMA else None


def _find_bad_picture(body: bytes) -> str | None:
    """Ollama's pictures are bare base64; its types only know a text."""
    for message in json.loads(body)["messages"]:
        for picture in message.get("images") or ():
            try:
                base64.b64decode(picture, validate=True)
            except ValueError:
                return "illegal base64 data"
    return None


@cache
def _build_validator(wire: Wire) -> SchemaValidator:
    # Built on first use: importing the types of both SDKs takes two seconds.
    importlib.import_module(_PACKAGES[wire])
    return SchemaValidator(_close(TypeAdapter(_LOADERS[wire]()).core_schema))


def _close(node: Any) -> Any:
    if isinstance(node, list | tuple):
        return type(node)(_close(item) for item in node)
    if not isinstance(node, dict):
        return node
    if node.get("type") == "model":
        # As a model it would be judged by its own class, which is open. Ollama's pictures are
        # made into texts on their way to the wire.
        inner = {"type": "str"} if node["cls"].__name__ == "Image" else _close(node["schema"])
        return inner | ({"ref": node["ref"]} if "ref" in node else {})
    closed = {key: _close(value) for key, value in node.items()}
    if closed.get("type") in ("typed-dict", "model-fields"):
        closed["extra_behavior"] = "forbid"
        closed.pop("config", None)
    elif closed.get("type") == "union":
        closed["choices"] = _drop_mappings(closed["choices"])
    elif closed.get("type") == "generator":
        kept = ("items_schema", "min_length", "max_length", "ref")
        closed = {"type": "list"} | {key: closed[key] for key in kept if key in closed}
    return closed


def _drop_mappings(choices: list[Any]) -> list[Any]:
    """Without "any mapping at all" where a model of a mapping stands beside it."""
    if not any(choice.get("type") in ("model-fields", "definition-ref") for choice in choices):
        return choices
    return [choice for choice in choices if not _is_any_mapping(choice)]


def _is_any_mapping(choice: Any) -> bool:
    return bool(choice.get("type") == "dict" and choice["values_schema"] == {"type": "any"})


def _load_messages() -> Any:
    from anthropic.types import message_create_params as params

    return params.MessageCreateParamsStreaming | params.MessageCreateParamsNonStreaming


def _load_responses() -> Any:
    from openai.types.responses import response_create_params as params

    return params.ResponseCreateParamsStreaming | params.ResponseCreateParamsNonStreaming


def _load_chat() -> Any:
    from openai.types.chat import completion_create_params as params

    return params.CompletionCreateParamsStreaming | params.CompletionCreateParamsNonStreaming


def _load_ollama() -> Any:
    from ollama._types import ChatRequest

    return ChatRequest


_LOADERS: dict[Wire, Callable[[], Any]] = {
    Wire.MESSAGES: _load_messages,
    Wire.RESPONSES: _load_responses,
    Wire.CHAT: _load_chat,
    Wire.OLLAMA: _load_ollama,
}

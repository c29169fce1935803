"""Which models a server has, where no SDK is needed to ask."""

import json
from typing import Any

import httpx2

from inkchat.models.asked import Asked
from inkchat.models.conversing import items, word
from inkchat.models.endings import explain_malformed
from inkchat.models.failures import explain, explain_address, explain_status
from inkchat.models.provider import ModelInfo

_PATIENCE_SECONDS = 20.0


def list_like_openai(http: httpx2.Client, asked: Asked) -> list[ModelInfo]:
    """By `GET /models`. Raises ProviderError."""
    listed = _get(http, f"{asked.address}/models", asked)
    # Google's names stand behind a folder of theirs, and are asked for without it.
    names = [word(_field(entry, "id")) for entry in items(_field(listed, "data"))]
    return [ModelInfo(name.removeprefix("models/")) for name in names if name]


def list_like_ollama(http: httpx2.Client, asked: Asked) -> list[ModelInfo]:
    """By `GET /api/tags`. Raises ProviderError."""
    listed = _get(http, f"{asked.address}/api/tags", asked)
    entries = items(_field(listed, "models"))
    names = [word(_field(entry, "model") or _field(entry, "name")) for entry in entries]
    return [ModelInfo(name) for name in names if name]


def _get(http: httpx2.Client, url: str, asked: Asked) -> Any:
    # The client takes what an SDK would put in off again, unless this is the vendor's own host.
    key = asked.settings.api_key
    headers = {"authorization": f"Bearer {key}"} if key else {}
    try:
        response = http.get(url, headers=headers, timeout=_PATIENCE_SECONDS)
    except httpx2.HTTPError as error:
        raise explain(error, asked) from None
    try:
        body = response.json()
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        body = None
    if response.status_code == 404:
        # Not for want of a model: none was named.
        raise explain_address(" (404)", asked)
    if response.status_code >= 300:
        raise explain_status(response.status_code, body, response.headers, asked)
    if not isinstance(body, dict):
        raise explain_malformed(asked)
    return body


def _field(entry: Any, name: str) -> Any:
    return entry.get(name) if isinstance(entry, dict) else None

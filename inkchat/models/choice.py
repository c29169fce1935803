"""Which provider answers: what the person named, or the best of what is there."""

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from inkchat.config import AUTO, ProviderName, ProviderSettings, Settings
from inkchat.models.addresses import (
    find_address,
    is_loopback,
    is_own_server,
    is_web_address,
)

_LOCAL_PATIENCE_SECONDS = 0.3
_PATIENCE_SECONDS = 5.0
"""For a server that the person named, which may be far away."""
_LIST_MAX_BYTES = 2**20
_OLLAMA_PORT = 11434
_BY_KEY = (
    ProviderName.ANTHROPIC,
    ProviderName.OPENAI,
    ProviderName.GEMINI,
    ProviderName.GROK,
)
"""Whose key in the environment is looked for, in this order."""
CHOICE_SECONDS = 20.0
"""How long the answer of `auto` to "is a local server there?" is believed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A provider, and the sentence that says why it is this one."""

    settings: ProviderSettings
    why: str


def choose(settings: Settings, name: ProviderName | None = None) -> Choice:
    """The provider for the next note; asks local servers anew at each call.

    With a `name` that one, whatever is configured as active. Never raises: what is missing is
    said by `connect`.
    """
    if name is not None:
        return Choice(_complete(settings.providers[name]), "it is named for this note")
    if settings.active_provider != AUTO:
        active = ProviderName(settings.active_provider)
        return Choice(_complete(settings.providers[active]), "config.yaml names it")
    return _choose_configured(settings) or _choose_by_key(settings) or _choose_local(settings)


def _choose_configured(settings: Settings) -> Choice | None:
    for name in settings.configured:
        provider = settings.providers[name]
        why = _find_reason(provider)
        if why:
            return Choice(_complete(provider), f"auto: config.yaml has the section “{name}”{why}")
    return None


def _find_reason(provider: ProviderSettings) -> str:
    """Why a section can be used as it is; "" if something is missing."""
    name = provider.name
    if name is ProviderName.COMPATIBLE:
        return " with a base_url" if provider.base_url else ""
    if name is ProviderName.OLLAMA:
        tags = _list_tags(find_address(provider), provider.api_key, _PATIENCE_SECONDS)
        return "" if tags is None else f", and Ollama answers at {find_address(provider)}"
    if name is ProviderName.OFFLINE or not provider.api_key:
        return ""
    source = provider.key_source or "a key"
    return f", and {source} {'holds the key' if source.startswith('api_key') else 'is set'}"


def _choose_by_key(settings: Settings) -> Choice | None:
    for name in _BY_KEY:
        provider = settings.providers[name]
        if provider.api_key:
            return Choice(provider, f"auto: {provider.key_source or 'a key'} is set")
    return None


def _choose_local(settings: Settings) -> Choice:
    for url in settings.local_servers:
        found = _find_ollama(settings, url) or _find_compatible(settings, url)
        if found is not None:
            return Choice(found, f"auto: a server answers at {url}")
    why = "auto: no key is set, and no local server answers"
    return Choice(settings.providers[ProviderName.OFFLINE], why)


def _find_ollama(settings: Settings, url: str) -> ProviderSettings | None:
    """Ollama in its own form: in the one that is like OpenAI's it cuts long requests."""
    if not is_web_address(url) or urlsplit(url).port != _OLLAMA_PORT:
        return None
    # No key: nobody named whoever listens there.
    ollama = settings.providers[ProviderName.OLLAMA]
    candidate = replace(ollama, base_url=url, api_key=None, key_source="")
    tags = _list_tags(find_address(candidate), None, _LOCAL_PATIENCE_SECONDS) or ()
    if candidate.model in tags or f"{candidate.model}:latest" in tags:
        return candidate
    model = next((tag for tag in tags if "embed" not in tag.lower()), None)
    return None if model is None else replace(candidate, model=model)


def _find_compatible(settings: Settings, url: str) -> ProviderSettings | None:
    compatible = settings.providers[ProviderName.COMPATIBLE]
    candidate = replace(compatible, base_url=url, api_key=None, key_source="")
    models = _list_models(candidate, _LOCAL_PATIENCE_SECONDS)
    return replace(candidate, model=compatible.model or _pick(models)) if models else None


def _complete(provider: ProviderSettings) -> ProviderSettings:
    """With the model filled in that the server has, where none is named."""
    if provider.model:
        return provider
    models: tuple[str, ...] | None = None
    if provider.name is ProviderName.OLLAMA:
        models = _list_tags(find_address(provider), provider.api_key, _PATIENCE_SECONDS)
    elif provider.name is ProviderName.COMPATIBLE and provider.base_url:
        models = _list_models(provider, _PATIENCE_SECONDS)
    return replace(provider, model=_pick(models)) if models else provider


def _pick(models: tuple[str, ...]) -> str:
    """The first that can answer: servers list their embedding models among the others."""
    return next((model for model in models if "embed" not in model.lower()), models[0])


def _list_models(provider: ProviderSettings, timeout_seconds: float) -> tuple[str, ...]:
    """What `GET {base_url}/models` lists; nothing if nobody is there or speaks otherwise."""
    url = f"{provider.base_url}/models"
    return _read_names(_get(url, provider.api_key, timeout_seconds), "data", "id") or ()


def _list_tags(address: str, api_key: str | None, timeout_seconds: float) -> tuple[str, ...] | None:
    """What Ollama lists, which may be nothing; None if nobody is there or speaks otherwise."""
    return _read_names(_get(f"{address}/api/tags", api_key, timeout_seconds), "models", "name")


def _get(url: str, api_key: str | None, timeout_seconds: float) -> Any:
    """The JSON at `url`, or None; also where it has not come after `timeout_seconds`."""
    if not is_web_address(url):
        return None
    deadline = time.monotonic() + timeout_seconds
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    try:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - is_web_address
        with _opener(url).open(request, timeout=timeout_seconds) as response:
            return json.loads(_read_until(response, deadline))
    except urllib.error.HTTPError as error:
        error.close()
        return None
    except (OSError, ValueError, RecursionError, http.client.HTTPException):
        return None


def _read_until(response: http.client.HTTPResponse, deadline: float) -> bytes:
    """The body, or its beginning. Raises TimeoutError where it only drips."""
    pieces: list[bytes] = []
    size = 0
    # Of each read urllib bounds the silence, not the time.
    while size < _LIST_MAX_BYTES and (piece := response.read1(_LIST_MAX_BYTES - size)):
        pieces.append(piece)
        size += len(piece)
        if time.monotonic() >= deadline:
            raise TimeoutError
    return b"".join(pieces)


def _read_names(listed: Any, key: str, name: str) -> tuple[str, ...] | None:
    entries = listed.get(key) if isinstance(listed, dict) else None
    if not isinstance(entries, list):
        return None
    names = [entry.get(name) for entry in entries if isinstance(entry, dict)]
    return tuple(found for found in names if isinstance(found, str) and found)


def _opener(url: str) -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if is_loopback(urlsplit(url).hostname or ""):
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """urllib would send the key along to wherever it is led."""

    def redirect_request(self, *_arguments: object) -> None:
        return None


class Chooser:
    """Remembers which provider answers, so that not every note asks the local ports anew.

    A server of the person's own that `auto` found once is not given up when it goes away, neither
    for Offline nor for a vendor, who would read what was not meant for one: the notes wait for it,
    as they do for a model that was named.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._settings: Settings | None = None
        self._made: dict[ProviderName | None, tuple[float, Choice]] = {}

    def choose(self, settings: Settings, name: ProviderName | None = None) -> Choice:
        """As `choose`; two threads may ask the network for the same at once."""
        with self._lock:
            if self._settings is not settings:
                self._settings, self._made = settings, {}
            before = self._made.get(name)
            if before is not None and time.monotonic() < before[0]:
                return before[1]
        choice = choose(settings, name)
        with self._lock:
            if self._settings is not settings:
                return choice
            before = self._made.get(name)
            if before is not None and _must_stay(before[1].settings, choice.settings):
                choice = before[1]
            self._made[name] = (time.monotonic() + CHOICE_SECONDS, choice)
            return choice


def _must_stay(former: ProviderSettings, found: ProviderSettings) -> bool:
    """Whether `found` is only second best, for want of the server that was there before."""
    if found.name is ProviderName.OFFLINE:
        return True
    is_own = former.name is ProviderName.OLLAMA or is_own_server(former)
    return is_own and found.name is not former.name

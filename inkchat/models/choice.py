"""Which provider answers: what the person named, or the best of what is there."""

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from inkchat.config import AUTO, ProviderName, ProviderSettings, Settings
from inkchat.models.connection import is_web_address

_LOCAL_PATIENCE_SECONDS = 0.3
_PATIENCE_SECONDS = 5.0
"""For a server that the person named, which may be far away."""
_LIST_MAX_BYTES = 2**20
CHOICE_SECONDS = 20.0
"""How long the answer of `auto` to "is a local server there?" is believed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A provider, and the sentence that says why it is this one."""

    settings: ProviderSettings
    why: str


def choose(settings: Settings) -> Choice:
    """The provider for the next note; asks local servers anew at each call.

    Never raises: what is missing is said by `connect`.
    """
    if settings.active_provider != AUTO:
        name = ProviderName(settings.active_provider)
        return Choice(_complete(settings.providers[name]), "config.yaml names it")
    return _choose_configured(settings) or _choose_by_key(settings) or _choose_local(settings)


def _choose_configured(settings: Settings) -> Choice | None:
    for name in settings.configured:
        provider = settings.providers[name]
        if name is ProviderName.COMPATIBLE:
            if provider.base_url:
                why = f"auto: config.yaml has the section “{name}” with a base_url"
                return Choice(_complete(provider), why)
        elif name is not ProviderName.OFFLINE and provider.api_key:
            source = provider.key_source or "a key"
            verb = "holds the key" if source.startswith("api_key") else "is set"
            why = f"auto: config.yaml has the section “{name}”, and {source} {verb}"
            return Choice(provider, why)
    return None


def _choose_by_key(settings: Settings) -> Choice | None:
    for name in (ProviderName.ANTHROPIC, ProviderName.OPENAI):
        provider = settings.providers[name]
        if provider.api_key:
            return Choice(provider, f"auto: {provider.key_source or 'a key'} is set")
    return None


def _choose_local(settings: Settings) -> Choice:
    compatible = settings.providers[ProviderName.COMPATIBLE]
    for url in settings.local_servers:
        # No key: nobody named whoever listens there.
        candidate = replace(compatible, base_url=url, api_key=None)
        models = _list_models(candidate, _LOCAL_PATIENCE_SECONDS)
        if models:
            model = compatible.model or _pick(models)
            return Choice(replace(candidate, model=model), f"auto: a server answers at {url}")
    why = "auto: no key is set, and no local server answers"
    return Choice(settings.providers[ProviderName.OFFLINE], why)


def _complete(provider: ProviderSettings) -> ProviderSettings:
    """With the model filled in that the server has, where none is named."""
    if provider.name is not ProviderName.COMPATIBLE or provider.model or not provider.base_url:
        return provider
    models = _list_models(provider, _PATIENCE_SECONDS)
    return replace(provider, model=_pick(models)) if models else provider


def _pick(models: tuple[str, ...]) -> str:
    """The first that can answer: servers list their embedding models among the others."""
    return next((model for model in models if "embed" not in model.lower()), models[0])


def _list_models(provider: ProviderSettings, timeout_seconds: float) -> tuple[str, ...]:
    """What `GET {base_url}/models` lists; nothing if nobody is there or speaks otherwise."""
    url = f"{provider.base_url}/models"
    if not is_web_address(url):
        return ()
    headers = {"Authorization": f"Bearer {provider.api_key}"} if provider.api_key else {}
    try:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - is_web_address
        with _opener(url).open(request, timeout=timeout_seconds) as response:
            listed = json.loads(response.read(_LIST_MAX_BYTES))
    except urllib.error.HTTPError as error:
        error.close()
        return ()
    except (OSError, ValueError, RecursionError, http.client.HTTPException):
        return ()
    entries = listed.get("data") if isinstance(listed, dict) else None
    if not isinstance(entries, list):
        return ()
    names = [entry.get("id") for entry in entries if isinstance(entry, dict)]
    return tuple(name for name in names if isinstance(name, str) and name)


def _opener(url: str) -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost"):
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """urllib would send the key along to wherever it is led."""

    def redirect_request(self, *_arguments: object) -> None:
        return None


class Chooser:
    """Remembers which provider is active, so that not every note asks the local ports anew.

    A local server that `auto` found once is not given up for Offline when it goes away: the
    notes wait for it, as they do for a model that was named.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: tuple[Settings, float, Choice] | None = None

    def choose(self, settings: Settings) -> Choice:
        with self._lock:
            now = time.monotonic()
            if self._made is not None:
                for_settings, until, choice = self._made
                if for_settings is settings and now < until:
                    return choice
            choice = choose(settings)
            if self._made is not None and self._made[0] is settings:
                before = self._made[2]
                if choice.settings.name is ProviderName.OFFLINE:
                    choice = before
            self._made = (settings, now + CHOICE_SECONDS, choice)
            return choice

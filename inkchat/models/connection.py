"""From settings to a connected provider; imports the one adapter that is needed, and its SDK."""

from functools import lru_cache

from inkchat.config import KEY_VARIABLES, Api, ProviderName, ProviderSettings
from inkchat.errors import NotConfigured
from inkchat.models.addresses import find_address, is_grok_address, is_web_address
from inkchat.models.provider import Catalogued, ModelInfo, Provider

_KEPT_OPEN = 8
"""Connections are kept for so many different settings, the longest unused are closed first."""
_USUAL_API = {
    ProviderName.OPENAI: Api.RESPONSES,
    ProviderName.GROK: Api.RESPONSES,
    ProviderName.GEMINI: Api.CHAT,
    ProviderName.COMPATIBLE: Api.CHAT,
}
"""Of those who speak like OpenAI; the others have one form of their own."""


def connect(settings: ProviderSettings) -> Provider:
    """The provider for these settings; the same one, and its connections, for equal settings.

    Costs nothing when asked again. Raises NotConfigured where a key, an address or a model is
    missing or cannot be one.
    """
    if settings.name is not ProviderName.OFFLINE:
        _check_key(settings)
        _check_address(settings)
        _check_model(settings)
    return _open(settings)


def list_models(settings: ProviderSettings) -> list[ModelInfo]:
    """The models that the server has, at no cost; none for Offline. Raises ProviderError.

    No model needs to be named in the settings.
    """
    if settings.name is not ProviderName.OFFLINE:
        _check_key(settings)
        _check_address(settings)
    return _open(settings).list_models()


@lru_cache(maxsize=_KEPT_OPEN)
def _open(settings: ProviderSettings) -> Catalogued:
    # An adapter closes its connections when nobody uses it any more: a provider that falls out
    # of this cache may still be answering in another thread.
    if settings.name in _USUAL_API:
        return _open_like_openai(settings, settings.api or _USUAL_API[settings.name])
    if settings.name is ProviderName.ANTHROPIC:
        from inkchat.models.anthropic_messages import AnthropicMessages

        return AnthropicMessages(settings)
    if settings.name is ProviderName.OLLAMA:
        from inkchat.models.ollama_chat import OllamaChat

        return OllamaChat(settings)
    from inkchat.models.offline import Offline

    return Offline()


def _open_like_openai(settings: ProviderSettings, api: Api) -> Catalogued:
    if api is Api.RESPONSES:
        from inkchat.models.openai_responses import OpenAIResponses

        return OpenAIResponses(settings)
    from inkchat.models.openai_chat import OpenAIChat

    return OpenAIChat(settings)


def _check_key(settings: ProviderSettings) -> None:
    key, name = settings.api_key, settings.name
    if key is None and (settings.key_source or name in KEY_VARIABLES):
        source = settings.key_source or f"the variable {KEY_VARIABLES[name]}"
        instead = "write `api_key:`" if name in KEY_VARIABLES else "remove `api_key_env:`"
        raise NotConfigured(
            f"There is no key for {name}: {source} is not set.",
            f"Set {source} and restart inkchat, or {instead} under “{name}” in config.yaml.",
            provider=name,
        )
    # A line break or a typographic dash that came along when the key was copied.
    if key is not None and not (key.isascii() and key.isprintable() and " " not in key):
        raise NotConfigured(
            f"The key for {name} from {settings.key_source} has a blank, a line break or another "
            "character in it that no key has.",
            "Copy the key again.",
            provider=name,
        )


def _check_address(settings: ProviderSettings) -> None:
    name, url = settings.name, settings.base_url
    if url is None:
        if name is ProviderName.COMPATIBLE:
            raise NotConfigured(
                f"{name} has no address.",
                f"Write `base_url:` under “{name}” in config.yaml, such as "
                "http://127.0.0.1:8080/v1.",
                provider=name,
            )
        return
    if "@" in url:
        # It would be shown with the address wherever that is named.
        raise NotConfigured(
            f"The base_url of {name} has a name or a password in it.",
            f"Write the password as `api_key:` under “{name}” in config.yaml.",
            provider=name,
        )
    if not is_web_address(url):
        raise NotConfigured(
            f"The base_url of {name} is not a web address.",
            f"Correct it under “{name}” in config.yaml; it begins with http:// or https://.",
            provider=name,
        )
    if name is ProviderName.GROK and not is_grok_address(url):
        raise NotConfigured(
            f"The base_url of {name} does not lead to xAI: its host must be api.x.ai, over https.",
            f"Correct or remove `base_url:` under “{name}” in config.yaml; another server belongs "
            f"under “{ProviderName.COMPATIBLE}”.",
            provider=name,
        )


def _check_model(settings: ProviderSettings) -> None:
    if not settings.model:
        raise NotConfigured(
            f"No model is named for {settings.name}, and the server at {find_address(settings)} "
            "did not say which it has.",
            f"Start the server, or write `model:` under “{settings.name}” in config.yaml.",
            provider=settings.name,
        )

"""Where each provider is: the vendors' own addresses, and what is made of a configured one."""

import hashlib
import json
from ipaddress import ip_address
from urllib.parse import urlsplit

from inkchat.config import ProviderName, ProviderSettings

_OWN = {
    ProviderName.ANTHROPIC: "https://api.anthropic.com",
    ProviderName.OPENAI: "https://api.openai.com/v1",
    ProviderName.GEMINI: "https://generativelanguage.googleapis.com/v1beta/openai",
    ProviderName.GROK: "https://api.x.ai/v1",
    ProviderName.OLLAMA: "http://127.0.0.1:11434",
}
_GROK_HOST = "api.x.ai"


def find_address(settings: ProviderSettings) -> str:
    """The base URL that is asked, without a slash at its end; "" where there is none.

    Paths that other programs want in a provider's address are taken as well as left out.
    """
    url = (settings.base_url or _OWN.get(settings.name, "")).rstrip("/")
    if settings.name is ProviderName.ANTHROPIC:
        # The SDK adds /v1 itself.
        return url.removesuffix("/v1")
    if settings.name is ProviderName.OLLAMA:
        return url.removesuffix("/v1").removesuffix("/api")
    if settings.name is ProviderName.GROK and is_web_address(url) and not urlsplit(url).path:
        return f"{url}/v1"
    return url


def is_web_address(url: str) -> bool:
    """Whether `url` is one of http or https, with a host and without a name or password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    is_plain = url.isascii() and url.isprintable() and " " not in url and "@" not in url
    return is_plain and parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_own_server(settings: ProviderSettings) -> bool:
    """Whether the model runs on this machine; asking it costs no money."""
    url = find_address(settings)
    return is_web_address(url) and is_loopback(urlsplit(url).hostname or "")


def is_grok_address(url: str) -> bool:
    """Whether an xAI key may be sent to this web address: to the vendor, or to this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return is_loopback(host) or (parts.scheme == "https" and host == _GROK_HOST)


def identify(settings: ProviderSettings) -> str:
    """32 hexadecimal digits that are equal for equal ways of asking: who, where, what, which key.

    Changes when a person mends any of these; tells nothing of the key.
    """
    ways = (settings.name, find_address(settings), settings.model, settings.api_key)
    return hashlib.sha256(json.dumps(ways).encode()).hexdigest()[:32]

"""The HTTP client under both SDKs, with what they do not do themselves.

* Only to a vendor's own hosts may the SDK send what it finds in the environment: organisation,
  project and the headers of `*_CUSTOM_HEADERS`. To every other host go the headers listed here.
* A redirect is not followed: the note would go where nobody configured it to go.
* A whole call has a deadline. The SDKs only time single reads, and a server that sends a sign of
  life now and then would hold a worker for ever.
* A reply has an end: a broken server must not fill the memory.
"""

import time
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx2

CONNECT_TIMEOUT_SECONDS = 5.0
REPLY_MAX_BYTES = 64 * 2**20
"""A token costs some 200 bytes as an event of its own; this is 300,000 tokens."""

_FOREIGN_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "anthropic-version",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "user-agent",
    }
)
_DEADLINE = "inkchat.deadline"


def open_client(
    base_url: str, api_key: str, own_domain: str, timeout_seconds: float
) -> httpx2.Client:
    """A client that knows where it talks to; `own_domain` is the vendor's, such as `openai.com`."""
    host = urlsplit(base_url).hostname or ""
    is_own = host == own_domain or host.endswith(f".{own_domain}")

    def prepare(request: httpx2.Request) -> None:
        request.extensions[_DEADLINE] = time.monotonic() + timeout_seconds
        # What is compressed has no known end.
        request.headers["accept-encoding"] = "identity"
        if not is_own:
            _strip_headers(request, api_key)

    return httpx2.Client(
        timeout=httpx2.Timeout(timeout_seconds, connect=CONNECT_TIMEOUT_SECONDS),
        follow_redirects=False,
        # A proxy from the environment is for the world, not for a server on this machine.
        trust_env=not is_loopback(host),
        event_hooks={"request": [prepare], "response": [_bound_reply]},
    )


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class TooMuch(httpx2.TransportError):
    """The reply has no end."""


def _strip_headers(request: httpx2.Request, api_key: str) -> None:
    for name in list(request.headers):
        if name.lower() not in _FOREIGN_HEADERS:
            del request.headers[name]
    # A custom header may have replaced either.
    request.headers["authorization"] = f"Bearer {api_key}"
    request.headers["user-agent"] = "inkchat"


def _bound_reply(response: httpx2.Response) -> None:
    if isinstance(response.stream, httpx2.SyncByteStream):
        response.stream = _BoundedStream(response.stream, response.request)


class _BoundedStream(httpx2.SyncByteStream):
    """Passes chunks on until the deadline or the size is reached.

    A single read is bounded by the read timeout, which is as long: a call that stalls just
    before its deadline takes twice the time at most.
    """

    def __init__(self, stream: httpx2.SyncByteStream, request: httpx2.Request) -> None:
        self._stream = stream
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        deadline: float = self._request.extensions[_DEADLINE]
        for chunk in self._stream:
            received += len(chunk)
            if time.monotonic() > deadline:
                raise httpx2.ReadTimeout("the whole call took too long", request=self._request)
            if received > REPLY_MAX_BYTES:
                raise TooMuch("the reply has no end", request=self._request)
            yield chunk

    def close(self) -> None:
        self._stream.close()

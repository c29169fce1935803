"""The HTTP client under all adapters, with what the SDKs do not do themselves.

* Only to a vendor's own hosts may the SDK send what it finds in the environment: organisation,
  project and the headers of `*_CUSTOM_HEADERS`. To every other host go the headers listed here.
* A redirect is not followed: the note would go where nobody configured it to go.
* A whole call has a deadline. The SDKs only time single reads, and a server that sends a sign of
  life now and then would hold a worker for ever.
* A stream that has begun must not stand still for long, though its beginning may take its time.
* A reply has an end: a broken server must not fill the memory.
"""

import ssl
import time
from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

import httpx2

from inkchat.models.addresses import is_loopback

CONNECT_TIMEOUT_SECONDS = 5.0
REPLY_MAX_BYTES = 64 * 2**20
"""A token costs some 200 bytes as an event of its own; this is 300,000 tokens."""

_FOREIGN_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "anthropic-version",
        "connection",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "user-agent",
    }
)
_DEADLINE = "inkchat.deadline"
_SHORTEST_READ_SECONDS = 0.001
"""A read timeout of nothing would mean: do not wait at all, even for what is there."""


def open_client(
    base_url: str,
    api_key: str | None,
    own_domain: str,
    *,
    timeout_seconds: float,
    stall_seconds: float,
) -> httpx2.Client:
    """A client that knows where it talks to.

    `own_domain` is the vendor's, such as `openai.com`, or "" where no host may be told more than
    the request. `stall_seconds` bounds one silence after the reply's headers.
    """
    host = urlsplit(base_url).hostname or ""
    # A proxy from the environment is for the world, not for a server on this machine.
    trust_env = not is_loopback(host)
    is_own = bool(own_domain) and (host == own_domain or host.endswith(f".{own_domain}"))

    def prepare(request: httpx2.Request) -> None:
        timeouts = request.extensions["timeout"]
        # An SDK may have put its own in; a single question may be given less.
        timeouts["read"] = min(timeouts["read"] or timeout_seconds, timeout_seconds)
        request.extensions[_DEADLINE] = time.monotonic() + timeouts["read"]
        # What is compressed has no known end.
        request.headers["accept-encoding"] = "identity"
        if not is_own:
            _strip_headers(request, api_key)

    def bound(response: httpx2.Response) -> None:
        if isinstance(response.stream, httpx2.SyncByteStream):
            _bound_silence(response.request, stall_seconds)
            response.stream = _BoundedStream(response.stream, response.request)

    return httpx2.Client(
        verify=_read_authorities(trust_env),
        timeout=httpx2.Timeout(timeout_seconds, connect=CONNECT_TIMEOUT_SECONDS),
        # A kept connection that the server closes as the next request is on its way looks like an
        # answer that was lost, and may have been paid. Notes come minutes apart: nothing is won.
        limits=httpx2.Limits(max_keepalive_connections=0),
        follow_redirects=False,
        trust_env=trust_env,
        event_hooks={"request": [prepare], "response": [bound]},
    )


@cache
def _read_authorities(trust_env: bool) -> ssl.SSLContext:
    """Whose certificates are believed; read once, for it takes 20 ms each time."""
    return httpx2.create_ssl_context(trust_env=trust_env)


class TooMuch(httpx2.TransportError):
    """The reply has no end."""


class StoodStill(httpx2.ReadTimeout):
    """Nothing came for as long as a stream may be silent, and the whole call had time left."""


def _strip_headers(request: httpx2.Request, api_key: str | None) -> None:
    for name in list(request.headers):
        if name.lower() not in _FOREIGN_HEADERS:
            del request.headers[name]
    # A custom header may have replaced either.
    if api_key is not None:
        request.headers["authorization"] = f"Bearer {api_key}"
    request.headers["user-agent"] = "inkchat"


def _bound_silence(request: httpx2.Request, stall_seconds: float) -> None:
    # The read timeout is looked up anew when the body begins to be read.
    timeouts = request.extensions["timeout"]
    left_seconds = request.extensions[_DEADLINE] - time.monotonic()
    shortest = min(timeouts["read"], stall_seconds, left_seconds)
    timeouts["read"] = max(shortest, _SHORTEST_READ_SECONDS)


class _BoundedStream(httpx2.SyncByteStream):
    """Passes chunks on until the deadline or the size is reached.

    A single read is bounded by its own timeout: a call that falls silent just before its deadline
    takes longer than it may by one such silence.
    """

    def __init__(self, stream: httpx2.SyncByteStream, request: httpx2.Request) -> None:
        self._stream = stream
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        deadline: float = self._request.extensions[_DEADLINE]
        try:
            for chunk in self._stream:
                received += len(chunk)
                if time.monotonic() >= deadline:
                    raise httpx2.ReadTimeout("the whole call took too long", request=self._request)
                if received > REPLY_MAX_BYTES:
                    raise TooMuch("the reply has no end", request=self._request)
                yield chunk
        except httpx2.ReadTimeout as error:
            if time.monotonic() >= deadline:
                raise
            raise StoodStill(str(error), request=self._request) from None

    def close(self) -> None:
        self._stream.close()

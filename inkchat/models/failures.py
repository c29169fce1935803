"""From a server's and the network's errors to our own, in sentences: the one place for all."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx2

from inkchat.config import ProviderName
from inkchat.errors import (
    AnswerLost,
    NotConfigured,
    Overloaded,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    RequestRejected,
    RequestTooLarge,
    UnknownModel,
    Unreachable,
    WrongKey,
)
from inkchat.models.addresses import is_own_server
from inkchat.models.asked import Asked, mend_address
from inkchat.models.endings import (
    explain_cut_stream,
    explain_garbled,
    explain_malformed,
    explain_refusal,
)
from inkchat.models.faults import Fault, judge, message_of, read_retry_after
from inkchat.models.quoting import quote
from inkchat.models.wire import StoodStill, TooMuch


def explain(error: Exception, asked: Asked, *, has_begun: bool = False) -> ProviderError:
    """The error that a person is told, for whatever an SDK raised or stumbled over.

    `has_begun` says that a part of the answer had come before.
    """
    if isinstance(error, ProviderError):
        return error
    transport = _find_transport_error(error)
    if transport is not None:
        return _explain_transport(transport, asked)
    status, body = getattr(error, "status_code", None), getattr(error, "body", None)
    if isinstance(status, int):
        return explain_status(status, body, _headers_of(error), asked)
    if body is not None:
        return explain_status(200, body, {}, asked)
    return explain_garbled(asked) if has_begun else explain_malformed(asked)


def explain_status(
    status: int, body: object, headers: Mapping[str, str], asked: Asked
) -> ProviderError:
    """For an answer with an error status, or an error within a stream that began with 200."""
    fault = judge(status, body)
    told = f" ({status})" if status >= 300 else ""
    if asked.settings.name is ProviderName.OLLAMA:
        own = _explain_ollama(fault, body, told, asked)
        if own is not None:
            return own
    if fault is Fault.KEY:
        return _explain_key(told, asked)
    if fault is Fault.MODEL:
        return _explain_model(told, asked)
    if fault is Fault.ADDRESS:
        return explain_address(told, asked)
    if fault is Fault.QUOTA:
        return QuotaExhausted(
            f"The account at {asked.provider} has no credit left, or has reached its limit{told}.",
            "Add credit or raise the limit there; inkchat then goes on by itself.",
            provider=asked.provider,
        )
    if fault in (Fault.RATE, Fault.DOWN):
        return _explain_pause(fault, told, read_retry_after(headers, datetime.now(UTC)), asked)
    if fault is Fault.TOO_LARGE:
        return explain_too_large(told, asked)
    if fault is Fault.REFUSED:
        return explain_refusal("", asked)
    excerpt = quote(message_of(body), asked.settings.api_key, asked.private_texts)
    said = f" It said: “{excerpt}”" if excerpt else ""
    return RequestRejected(
        f"{asked.provider} did not accept the request{told}.{said}",
        f"Check the section “{asked.provider}” in config.yaml, above all `model`, "
        "`max_output_tokens` and whether the model reads pictures.",
        provider=asked.provider,
    )


def explain_too_large(told: str, asked: Asked) -> RequestTooLarge:
    return RequestTooLarge(
        f"The note and its conversation are more than {asked.provider} takes at once{told}.",
        "Send fewer pages, begin a new conversation, or choose a model that takes more.",
        provider=asked.provider,
    )


def _explain_ollama(fault: Fault, body: object, told: str, asked: Asked) -> ProviderError | None:
    """What Ollama says in words of its own, since its errors have no codes."""
    if fault is Fault.MODEL:
        if isinstance(body, dict) and "not found" in message_of(body).lower():
            model = asked.settings.model
            return UnknownModel(
                f"{asked.provider} at {asked.address} has no model “{model}”{told}.",
                f"Run `ollama pull {model}` on that machine, or correct `model` under "
                f"“{asked.provider}” in config.yaml; the note is then answered by itself.",
                provider=asked.provider,
            )
        return explain_address(told, asked)
    if fault in (Fault.REJECTED, Fault.DOWN) and tells_of_no_eyes(body):
        return RequestRejected(
            f"The model “{asked.settings.model}” of {asked.provider} does not read pictures{told}.",
            f"Choose one that does, or write `vision: false` under “{asked.provider}” in "
            "config.yaml: it is then told what is written in them.",
            provider=asked.provider,
        )
    return None


def tells_of_no_eyes(body: object) -> bool:
    """Whether Ollama says that its model reads no pictures."""
    return bool(re.search(r"not support image|image input", message_of(body).lower()))


def explain_address(told: str, asked: Asked) -> NotConfigured:
    return NotConfigured(
        f"At {asked.address} nobody takes requests{told}.",
        mend_address(asked),
        provider=asked.provider,
    )


def _headers_of(error: Exception) -> Mapping[str, str]:
    response = getattr(error, "response", None)
    return response.headers if isinstance(response, httpx2.Response) else {}


def _explain_key(told: str, asked: Asked) -> WrongKey:
    source = asked.settings.key_source
    which = (
        f"the key from {source}"
        if source and asked.settings.api_key
        else "being asked without a key"
    )
    if source.startswith("the variable"):
        mend = f"Put a valid key into {source.removeprefix('the ')} and restart inkchat"
    else:
        mend = f"Put a valid key under “{asked.provider}” in config.yaml"
    return WrongKey(
        f"{asked.provider} refused {which}{told}.",
        f"{mend}; the note is then answered by itself.",
        provider=asked.provider,
    )


def _explain_model(told: str, asked: Asked) -> UnknownModel:
    or_address = ", and `base_url` too" if asked.settings.base_url else ""
    return UnknownModel(
        f"{asked.provider} at {asked.address} has no model “{asked.settings.model}”, "
        f"or none for this key{told}.",
        f"Correct `model` under “{asked.provider}” in config.yaml{or_address}; "
        "the note is then answered by itself.",
        provider=asked.provider,
    )


def _explain_pause(
    fault: Fault, told: str, retry_after_seconds: float | None, asked: Asked
) -> RateLimited:
    next_step = "Nothing needs to be done: inkchat asks again by itself."
    if fault is Fault.RATE:
        return RateLimited(
            f"{asked.provider} asks to slow down{told}.",
            next_step,
            provider=asked.provider,
            retry_after_seconds=retry_after_seconds,
        )
    return Overloaded(
        f"{asked.provider} is overloaded or out of order{told}.",
        next_step,
        provider=asked.provider,
        retry_after_seconds=retry_after_seconds,
    )


def _find_transport_error(error: BaseException) -> BaseException | None:
    """The network's own error in a chain of causes; both SDKs wrap some and pass on others."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, httpx2.HTTPStatusError):
            return None
        if isinstance(seen, (httpx2.HTTPError, httpx2.StreamError, OSError)):
            return seen
        seen = seen.__cause__
    return None


def _explain_transport(error: BaseException, asked: Asked) -> ProviderError:
    if isinstance(error, TooMuch):
        return explain_malformed(asked)
    if isinstance(error, httpx2.UnsupportedProtocol):
        return NotConfigured(
            f"The address {asked.address} cannot be used.",
            f"Correct `base_url` under “{asked.provider}” in config.yaml.",
            provider=asked.provider,
        )
    if isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError)):
        what = f"{asked.provider} cannot be reached at {asked.address}."
        step = "Check the network"
        if asked.settings.name is ProviderName.COMPATIBLE or is_own_server(asked.settings):
            step = "Check that the server runs"
        return Unreachable(what, f"{step}; inkchat asks again by itself.", provider=asked.provider)
    if isinstance(error, StoodStill):
        return AnswerLost(
            f"The answer of {asked.provider} stood still for "
            f"{asked.settings.stall_seconds:g} seconds.",
            f"inkchat asks again by itself; `stall_seconds` under “{asked.provider}” in "
            "config.yaml gives a slow model more time.",
            provider=asked.provider,
        )
    if isinstance(error, httpx2.TimeoutException):
        return AnswerLost(
            f"{asked.provider} did not finish its answer within "
            f"{asked.settings.timeout_seconds:g} seconds.",
            f"inkchat asks again by itself; `timeout_seconds` under “{asked.provider}” in "
            "config.yaml gives a slow model more time.",
            provider=asked.provider,
        )
    return explain_cut_stream(asked)

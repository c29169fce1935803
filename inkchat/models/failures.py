"""From faults and exceptions to our own errors, in sentences: the one place for all adapters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2

from inkchat.config import ProviderName, ProviderSettings
from inkchat.domain import Request
from inkchat.errors import (
    AnswerLost,
    AnswerRefused,
    AnswerUnusable,
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
from inkchat.models.faults import Fault, judge, message_of, read_retry_after
from inkchat.models.quoting import quote
from inkchat.models.wire import TooMuch


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked and what must not be repeated."""

    settings: ProviderSettings
    address: str
    """Base URL."""
    private_texts: tuple[str, ...]

    @classmethod
    def of(cls, settings: ProviderSettings, address: str, request: Request) -> "Asked":
        return cls(
            settings,
            address,
            (
                request.system,
                request.instruction,
                *(turn.text for turn in request.history),
                *(page.text for page in request.note.pages),
            ),
        )

    @property
    def provider(self) -> str:
        return str(self.settings.name)


def explain(error: Exception, asked: Asked) -> ProviderError:
    """The error that a person is told, for whatever an SDK raised or stumbled over."""
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
    return explain_malformed(asked)


def explain_status(
    status: int, body: object, headers: Mapping[str, str], asked: Asked
) -> ProviderError:
    """For an answer with an error status, or an error within a stream that began with 200."""
    fault = judge(status, body)
    told = f" ({status})" if status >= 300 else ""
    if fault is Fault.KEY:
        return _explain_key(told, asked)
    if fault is Fault.MODEL:
        return _explain_model(told, asked)
    if fault is Fault.ADDRESS:
        return NotConfigured(
            f"At {asked.address} nobody takes requests{told}.",
            f"Correct `base_url` under “{asked.provider}” in config.yaml; it often ends in /v1.",
            provider=asked.provider,
        )
    if fault is Fault.QUOTA:
        return QuotaExhausted(
            f"The account at {asked.provider} has no credit left, or has reached its limit{told}.",
            "Add credit or raise the limit there; inkchat then goes on by itself.",
            provider=asked.provider,
        )
    if fault in (Fault.RATE, Fault.DOWN):
        return _explain_pause(fault, told, read_retry_after(headers, datetime.now(UTC)), asked)
    if fault is Fault.TOO_LARGE:
        return RequestTooLarge(
            f"The note and its conversation are more than {asked.provider} takes at once{told}.",
            "Send fewer pages, begin a new conversation, or choose a model that takes more.",
            provider=asked.provider,
        )
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


def explain_refusal(category: str, asked: Asked) -> AnswerRefused:
    reason = f" (category: {category})" if re.fullmatch(r"[a-z_]{1,40}", category) else ""
    return AnswerRefused(
        f"{asked.provider} declined to answer this note{reason}.",
        "Put the question differently, or ask another model.",
        provider=asked.provider,
    )


def explain_cut_stream(asked: Asked) -> AnswerLost:
    return AnswerLost(
        f"The answer of {asked.provider} broke off before its end.",
        "inkchat asks again by itself.",
        provider=asked.provider,
    )


def explain_malformed(asked: Asked) -> AnswerUnusable:
    return AnswerUnusable(
        f"{asked.provider} at {asked.address} answered in a form that cannot be read.",
        "Check that `base_url` leads to the right kind of server.",
        provider=asked.provider,
    )


def explain_no_stream(content_type: str, asked: Asked) -> ProviderError | None:
    """For an answer with status 200 that is no stream: the SDKs take it for one that broke off."""
    if content_type.startswith("text/html"):
        return NotConfigured(
            f"At {asked.address} there is a page for people, not a server for programs.",
            f"Correct `base_url` under “{asked.provider}” in config.yaml; it often ends in /v1.",
            provider=asked.provider,
        )
    return explain_malformed(asked) if content_type.startswith("application/json") else None


def explain_strange_stop(reason: object, asked: Asked) -> AnswerUnusable:
    known = isinstance(reason, str) and re.fullmatch(r"[a-z_]{1,40}", reason)
    return AnswerUnusable(
        f"{asked.provider} stopped for a reason that inkchat did not ask for"
        f"{f' ({reason})' if known else ''}.",
        "If it happens again, choose another model.",
        provider=asked.provider,
    )


def explain_empty(asked: Asked, *, is_cut: bool) -> AnswerUnusable:
    if is_cut:
        return AnswerUnusable(
            f"{asked.provider} used up its {asked.settings.max_output_tokens} tokens "
            "before it came to the answer.",
            f"Raise `max_output_tokens` under “{asked.provider}” in config.yaml.",
            provider=asked.provider,
        )
    return AnswerUnusable(
        f"{asked.provider} sent an empty answer.",
        "If it happens again, choose another model.",
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
        if asked.settings.name is ProviderName.COMPATIBLE:
            step = "Check that the server runs"
        return Unreachable(what, f"{step}; inkchat asks again by itself.", provider=asked.provider)
    if isinstance(error, httpx2.TimeoutException):
        return AnswerLost(
            f"{asked.provider} did not finish its answer within "
            f"{asked.settings.timeout_seconds:g} seconds.",
            f"inkchat asks again by itself; `timeout_seconds` under “{asked.provider}” in "
            "config.yaml gives a slow model more time.",
            provider=asked.provider,
        )
    return explain_cut_stream(asked)

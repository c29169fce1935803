"""What went wrong, by status and body alone: the one map for all adapters.

Judged are the status and the machine-readable code, not the SDK's class: the SDKs have classes
for different statuses, and compatible servers put the same fault under different ones.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Any


class Fault(Enum):
    """What went wrong, whoever said it."""

    KEY = auto()
    MODEL = auto()
    ADDRESS = auto()
    QUOTA = auto()
    RATE = auto()
    DOWN = auto()
    TOO_LARGE = auto()
    REJECTED = auto()
    REFUSED = auto()


_BY_CODE = {
    "authentication_error": Fault.KEY,
    "invalid_api_key": Fault.KEY,
    "permission_error": Fault.KEY,
    "model_not_found": Fault.MODEL,
    "not_found_error": Fault.MODEL,
    "billing_error": Fault.QUOTA,
    "billing_hard_limit_reached": Fault.QUOTA,
    "billing_not_active": Fault.QUOTA,
    "contract_spend_limit_reached": Fault.QUOTA,
    "enforced_spend_limit_reached": Fault.QUOTA,
    "insufficient_quota": Fault.QUOTA,
    "linked_organization_billing_unavailable": Fault.QUOTA,
    "linked_organization_spend_limit_reached": Fault.QUOTA,
    "ramp_limit_exceeded": Fault.RATE,
    "rate_limit_error": Fault.RATE,
    "rate_limit_exceeded": Fault.RATE,
    "context_length_exceeded": Fault.TOO_LARGE,
    "exceed_context_size_error": Fault.TOO_LARGE,
    "image_file_too_large": Fault.TOO_LARGE,
    "image_too_large": Fault.TOO_LARGE,
    "request_body_too_large_after_decoding": Fault.TOO_LARGE,
    "request_too_large": Fault.TOO_LARGE,
    "string_above_max_length": Fault.TOO_LARGE,
    "bio_policy": Fault.REFUSED,
    "content_filter": Fault.REFUSED,
    "content_policy_violation": Fault.REFUSED,
    "image_content_policy_violation": Fault.REFUSED,
    "misalignment_policy_violation": Fault.REFUSED,
    "invalid_prompt": Fault.REJECTED,
}
"""`code` and `type` of error bodies; sources: the error types of both SDKs, llama-server."""

_BY_STATUS = {
    401: Fault.KEY,
    402: Fault.QUOTA,
    403: Fault.KEY,
    404: Fault.MODEL,
    405: Fault.ADDRESS,
    408: Fault.DOWN,
    409: Fault.DOWN,
    413: Fault.TOO_LARGE,
    425: Fault.DOWN,
    429: Fault.RATE,
}

_BY_PHRASE = (
    ("credit balance", Fault.QUOTA),
    ("any credits", Fault.QUOTA),
    ("out of credits", Fault.QUOTA),
    ("purchase more credits", Fault.QUOTA),
    ("context length", Fault.TOO_LARGE),
    ("context size", Fault.TOO_LARGE),
    ("context window", Fault.TOO_LARGE),
    ("prompt is too long", Fault.TOO_LARGE),
    ("image exceeds", Fault.TOO_LARGE),
    ("incorrect api key", Fault.KEY),
    ("api key not valid", Fault.KEY),
)
"""For statuses that say too little. Anthropic, Google, Ollama and vLLM give no code for these, and
xAI says with "forbidden" or "too many" that there are no credits."""

_UNCLEAR_STATUSES = frozenset({200, 400, 403, 413, 422, 429})


def judge(status: int, body: object) -> Fault:
    """The fault behind an error status, or behind an error within a stream that began with 200."""
    if status >= 500:
        return Fault.DOWN
    if 300 <= status < 400:
        return Fault.ADDRESS
    details = _details_of(body)
    inner = details.get("details")
    codes = (inner.get("error_code") if isinstance(inner, dict) else None, details.get("code"))
    for code in (*codes, details.get("type")):
        if isinstance(code, str) and code in _BY_CODE:
            return _BY_CODE[code]
    if status in _UNCLEAR_STATUSES:
        message = message_of(body).lower()
        for phrase, fault in _BY_PHRASE:
            if phrase in message:
                return fault
    if status < 300:
        # Within a stream: what is not known by its code is the server's own trouble.
        return Fault.DOWN
    return _BY_STATUS.get(status, Fault.REJECTED)


def _details_of(body: object) -> Mapping[str, Any]:
    """The error object of a body; the OpenAI SDK unwraps it, the Anthropic SDK does not.

    Google's form for OpenAI's clients has it in a list of one.
    """
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, dict):
        return {}
    inner = body.get("error")
    return inner if isinstance(inner, dict) else body


def message_of(body: object) -> str:
    details = _details_of(body)
    for value in (details.get("message"), details.get("detail"), details.get("error"), body):
        if isinstance(value, str):
            return value
    return ""


def find_refused_parameter(
    error: Exception, droppable: Mapping[str, tuple[str, ...]]
) -> str | None:
    """Which of the parameters that were sent the server does not take, if it says so.

    `droppable` has for each of them the words by which servers name it.
    """
    if getattr(error, "status_code", None) not in (400, 422):
        return None
    body = getattr(error, "body", None)
    if judge(400, body) is not Fault.REJECTED:
        return None
    said = f"{_details_of(body).get('param') or ''} {message_of(body)}"
    for name, words in droppable.items():
        if any(re.search(rf"\b{re.escape(word)}\b", said) for word in words):
            return name
    return None


def read_retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the server asks to wait, from `retry-after-ms` or `retry-after`."""
    try:
        seconds = float(headers["retry-after-ms"]) / 1000
    except (KeyError, ValueError):
        value = headers.get("retry-after", "")
        try:
            seconds = float(value)
        except ValueError:
            seconds = _seconds_until(value, now)
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _seconds_until(date: str, now: datetime) -> float:
    try:
        return (parsedate_to_datetime(date).astimezone(UTC) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return math.nan

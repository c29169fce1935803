"""From an answer that did not end as asked to our own errors, in sentences."""

import re

from inkchat.errors import (
    AnswerLost,
    AnswerRefused,
    AnswerUnusable,
    NotConfigured,
    ProviderError,
)
from inkchat.models.asked import Asked, mend_address


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


def explain_garbled(asked: Asked) -> AnswerUnusable:
    return AnswerUnusable(
        f"{asked.provider} began its answer, and what followed cannot be read.",
        "If it happens again, choose another model.",
        provider=asked.provider,
        may_be_repaired=True,
    )


def explain_no_stream(content_type: str, asked: Asked) -> ProviderError | None:
    """For an answer with status 200 that is no stream: the SDKs take it for one that broke off."""
    if content_type.startswith("text/html"):
        return NotConfigured(
            f"At {asked.address} there is a page for people, not a server for programs.",
            mend_address(asked),
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
        may_be_repaired=True,
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
        may_be_repaired=True,
    )

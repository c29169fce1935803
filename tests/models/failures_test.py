"""Every fault of every vendor ends as one of our errors, in words that give nothing away."""

import json
import random
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from inkchat.config import ProviderName, ProviderSettings
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
    Retry,
    UnknownModel,
    Unreachable,
    WrongKey,
)
from inkchat.models import connect
from inkchat.models.faults import Fault, judge, read_retry_after
from tests.models.given import (
    HISTORY,
    KEY,
    NETWORKED,
    connect_to,
    ignore_text,
    picture_page,
    request_of,
    text_page,
)
from tests.vendors import Ending, Problem, Say, VendorServer

SECRET_NOTE = "The treasure lies under the third oak behind the mill."
SECRET_ANSWER = "Nobody but you may ever read this sentence."

FAULTS: dict[str, tuple[Say, type[ProviderError]]] = {
    "wrong key": (
        Say(
            status=401,
            problem=Problem(
                "authentication_error", f"Incorrect API key provided: {KEY}", "invalid_api_key"
            ),
        ),
        WrongKey,
    ),
    "forbidden": (Say(status=403, problem=Problem("permission_error")), WrongKey),
    "key refused in Google's words": (
        Say(status=400, problem=Problem("x", "API key not valid. Please pass a valid API key.")),
        WrongKey,
    ),
    "key refused as a bad request": (
        Say(status=400, problem=Problem("x", f"Incorrect API key provided: {KEY}")),
        WrongKey,
    ),
    "no such model": (
        Say(status=404, problem=Problem("not_found_error", "model 'some-model' not found")),
        UnknownModel,
    ),
    "no such model by code": (
        Say(status=400, problem=Problem("invalid_request_error", code="model_not_found")),
        UnknownModel,
    ),
    "not allowed here": (Say(status=405), NotConfigured),
    "redirect": (Say(status=307, headers={"location": "http://127.0.0.1:9/"}), NotConfigured),
    "payment required": (Say(status=402, problem=Problem("billing_error")), QuotaExhausted),
    "no quota": (
        Say(status=429, problem=Problem("insufficient_quota", code="insufficient_quota")),
        QuotaExhausted,
    ),
    "spend limit": (
        Say(
            status=429,
            problem=Problem("rate_limit_error", code="enforced_spend_limit_reached"),
        ),
        QuotaExhausted,
    ),
    "no credit as forbidden": (
        Say(status=403, problem=Problem("x", "Your team doesn't have any credits yet.")),
        QuotaExhausted,
    ),
    "no credit as too many": (
        Say(
            status=429,
            problem=Problem(
                "x", "Your team has used all available credits; please purchase more credits."
            ),
        ),
        QuotaExhausted,
    ),
    "no credit as a bad request": (
        Say(
            status=400,
            problem=Problem("invalid_request_error", "Your credit balance is too low."),
        ),
        QuotaExhausted,
    ),
    "rate": (
        Say(status=429, headers={"retry-after": "17"}, problem=Problem("rate_limit_error")),
        RateLimited,
    ),
    "request timeout": (Say(status=408), Overloaded),
    "conflict": (Say(status=409), Overloaded),
    "server error": (Say(status=500, problem=Problem("api_error")), Overloaded),
    "bad gateway": (Say(status=502), Overloaded),
    "overloaded": (Say(status=529, problem=Problem("overloaded_error")), Overloaded),
    "too large": (Say(status=413, problem=Problem("request_too_large")), RequestTooLarge),
    "context by code": (
        Say(status=400, problem=Problem("invalid_request_error", code="context_length_exceeded")),
        RequestTooLarge,
    ),
    "context by words": (
        Say(status=400, problem=Problem("invalid_request_error", "prompt is too long: 9 > 8")),
        RequestTooLarge,
    ),
    "rejected": (
        Say(status=400, problem=Problem("invalid_request_error", f"No: {SECRET_NOTE}")),
        RequestRejected,
    ),
    "rejected as unprocessable": (Say(status=422, problem=Problem("x")), RequestRejected),
    "unknown status": (Say(status=418), RequestRejected),
    "overloaded in the stream": (Say(raw="", problem=Problem("overloaded_error")), Overloaded),
    "server error in the stream": (Say(raw="", problem=Problem("server_error")), Overloaded),
    "context by words in the stream": (
        Say(raw="", problem=Problem("server_error", "the context length is exceeded")),
        RequestTooLarge,
    ),
    "rate in the stream": (Say(raw="", problem=Problem("rate_limit_error")), RateLimited),
    "content policy in the stream": (
        Say(raw="", problem=Problem("content_policy_violation")),
        AnswerRefused,
    ),
    "cut": (Say(ending=Ending.CUT), AnswerLost),
    "no end": (Say(ending=Ending.UNSAID, raw="half of an ans"), AnswerLost),
    "malformed": (Say(ending=Ending.MALFORMED), AnswerUnusable),
    "a web site": (Say(ending=Ending.PAGE), NotConfigured),
    "no stream": (Say(ending=Ending.WHOLE), AnswerUnusable),
    "empty": (Say(raw=""), AnswerUnusable),
    "blank": (Say(raw=" \n "), AnswerUnusable),
    "empty answer": (Say(answer=" "), AnswerUnusable),
    "cut off before the answer": (
        Say(ending=Ending.TRUNCATED, answer="A", transcript="long " * 80),
        AnswerUnusable,
    ),
    "refused": (Say(ending=Ending.REFUSED, transcript=SECRET_NOTE), AnswerRefused),
    "filtered": (Say(ending=Ending.FILTERED), AnswerRefused),
    "strange stop": (Say(ending=Ending.STRANGE), AnswerUnusable),
}


OLLAMAS_OWN: dict[str, type[ProviderError] | None] = {
    # Its errors are sentences without codes, so the status alone has to do.
    "no such model by code": RequestRejected,
    "no quota": RateLimited,
    "spend limit": RateLimited,
    "context by code": RequestRejected,
    "rate in the stream": Overloaded,
    "content policy in the stream": Overloaded,
    # Its models decline in words, which are an answer.
    "refused": None,
    "filtered": None,
}
CASES = [
    (fault, name)
    for fault in FAULTS
    for name in NETWORKED
    if name is not ProviderName.OLLAMA or OLLAMAS_OWN.get(fault, True)
]


def expect(fault: str, name: ProviderName) -> type[ProviderError]:
    own = OLLAMAS_OWN.get(fault) if name is ProviderName.OLLAMA else None
    return own or FAULTS[fault][1]


@pytest.mark.parametrize(("fault", "name"), CASES)
def test_a_fault_becomes_our_error_and_tells_no_secret(
    fault: str, name: ProviderName, caplog: pytest.LogCaptureFixture
) -> None:
    say = FAULTS[fault][0]
    caplog.set_level("INFO")
    request = request_of(picture_page(text=SECRET_NOTE), history=HISTORY)
    with VendorServer(say) as server:
        provider = connect_to(server, name)
        with pytest.raises(ProviderError) as caught:
            provider.complete(request, ignore_text)

    error = caught.value
    assert type(error) is expect(fault, name)
    assert error.provider == name
    shown = f"{error}{error!r}{caplog.text}"
    for secret in (KEY, KEY[3:], SECRET_NOTE, SECRET_NOTE[4:28], "drowned"):
        assert secret not in shown
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__
    assert error.what_happened.endswith((".", "”"))
    assert error.next_step.endswith(".")
    assert len(server.asked) == 1, "no retry of the SDK's own"


@pytest.mark.parametrize("name", NETWORKED)
@pytest.mark.parametrize(
    "problem",
    [
        Problem("overloaded_error"),
        Problem("rate_limit_error"),
        Problem("insufficient_quota", "Your credit balance is too low.", "insufficient_quota"),
        Problem("authentication_error", "Incorrect API key provided."),
        Problem("server_error", "the context length is exceeded"),
        Problem("invalid_prompt"),
    ],
)
def test_an_error_after_the_answer_began_may_have_cost_as_much_as_one_that_broke_off(
    name: ProviderName, problem: Problem
) -> None:
    with VendorServer(Say(problem=problem)) as server, pytest.raises(AnswerLost) as caught:
        connect_to(server, name).complete(request_of(), ignore_text)

    assert caught.value.what_happened == f"The answer of {name} broke off before its end."
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("name", [name for name in NETWORKED if name is not ProviderName.OLLAMA])
def test_an_answer_that_is_declined_after_it_began_is_not_asked_for_again(
    name: ProviderName,
) -> None:
    say = Say(problem=Problem("content_policy_violation"))
    with VendorServer(say) as server, pytest.raises(AnswerRefused):
        connect_to(server, name).complete(request_of(), ignore_text)


@pytest.mark.parametrize("name", NETWORKED)
@pytest.mark.parametrize("fault", ["refused", "filtered", "strange stop", "empty", "empty answer"])
def test_what_an_answer_took_is_told_also_where_it_is_of_no_use(
    name: ProviderName, fault: str
) -> None:
    if name is ProviderName.OLLAMA and fault in ("refused", "filtered"):
        return
    say = replace(FAULTS[fault][0], input_tokens=3000, cached_tokens=700, output_tokens=40)
    with VendorServer(say) as server, pytest.raises(ProviderError) as caught:
        connect_to(server, name).complete(request_of(), ignore_text)

    error = caught.value
    cached_tokens = 0 if name is ProviderName.OLLAMA else 700
    counted = (error.input_tokens, error.output_tokens, error.cached_tokens)
    assert counted == (3000, 40, cached_tokens)


@pytest.mark.parametrize("name", NETWORKED)
@pytest.mark.parametrize("fault", ["cut", "overloaded in the stream", "rate", "malformed"])
def test_what_was_not_counted_to_the_end_is_not_told(name: ProviderName, fault: str) -> None:
    with VendorServer(FAULTS[fault][0]) as server, pytest.raises(ProviderError) as caught:
        connect_to(server, name).complete(request_of(), ignore_text)

    assert (caught.value.input_tokens, caught.value.output_tokens) == (0, 0)


@pytest.mark.parametrize("tokens", [10**15, 10**30, 10**320, 10**2000])
@pytest.mark.parametrize("name", NETWORKED)
def test_any_number_of_tokens_can_be_reckoned_with(name: ProviderName, tokens: int) -> None:
    say = Say(input_tokens=tokens, output_tokens=tokens, model="claude-sonnet-5-5")
    with VendorServer(say) as server:
        reply = connect_to(server, name).complete(request_of(), ignore_text)

    assert 10**9 <= reply.usage.input_tokens <= 3 * 10**9
    assert reply.usage.output_tokens == 10**9


REPAIRABLE = {"malformed", "empty", "blank", "empty answer", "strange stop"}
BEYOND_REPAIR = {"a web site", "no stream", "cut off before the answer"}


@pytest.mark.parametrize("name", NETWORKED)
@pytest.mark.parametrize("fault", sorted(REPAIRABLE | BEYOND_REPAIR))
def test_only_what_the_model_did_wrong_may_be_repaired(fault: str, name: ProviderName) -> None:
    with VendorServer(FAULTS[fault][0]) as server, pytest.raises(ProviderError) as caught:
        connect_to(server, name).complete(request_of(), ignore_text)

    may_be_repaired = getattr(caught.value, "may_be_repaired", False)
    assert may_be_repaired is (fault in REPAIRABLE)


@pytest.mark.parametrize("name", NETWORKED)
def test_a_stream_that_is_garbage_from_the_start_is_not_repaired(name: ProviderName) -> None:
    def garble(events: list[bytes]) -> list[bytes]:
        return [b"event: message_start\ndata: {no JSON\n\n", *events]

    with VendorServer(Say(mangle=garble)) as server, pytest.raises(AnswerUnusable) as caught:
        connect_to(server, name).complete(request_of(), ignore_text)

    assert not caught.value.may_be_repaired


ODD_VALUES: tuple[Any, ...] = (None, 0, -1, 1e300, True, "", "odd", [], {}, [[]], [None], {"a": 1})


def mangle(events: list[bytes], chance: random.Random) -> list[bytes]:
    """Some events lost, doubled or swapped, and some values in them replaced or taken out."""
    mangled = []
    for event in events:
        head, brace, data = event.decode().partition("{")
        if chance.random() < 0.3 and brace:
            replaced = json.dumps(replace_some(json.loads(brace + data), chance))
            event = f"{head}{replaced}\n\n".encode()
        mangled += [event] * chance.choice([1] * 12 + [0, 2])
    if chance.random() < 0.2:
        chance.shuffle(mangled)
    return mangled


def replace_some(value: Any, chance: random.Random) -> Any:
    if chance.random() < 0.12:
        return chance.choice(ODD_VALUES)
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if chance.random() > 0.05}
        return {key: replace_some(item, chance) for key, item in kept.items()}
    if isinstance(value, list):
        return [replace_some(item, chance) for item in value]
    return value


@pytest.mark.parametrize("name", NETWORKED)
def test_a_mangled_stream_is_an_answer_or_one_of_our_errors(name: ProviderName) -> None:
    def say(number: int) -> Say:
        return Say(mangle=lambda events: mangle(events, random.Random(number)))

    answered = 0
    with VendorServer(say) as server:
        provider = connect_to(server, name)
        for _ in range(120):
            try:
                reply = provider.complete(request_of(text_page("Hm.")), ignore_text)
            except ProviderError:
                continue
            answered += 1
            assert reply.answer
            assert reply.usage.total_tokens >= 0
    print(f"{name}: {answered} of 120 mangled streams held an answer")
    assert 0 < answered < 120


@pytest.mark.parametrize("name", NETWORKED)
def test_the_pause_that_a_vendor_asks_for_is_kept(name: ProviderName) -> None:
    say = Say(status=503, headers={"retry-after": "17"}, problem=Problem("api_error"))
    with VendorServer(say) as server, pytest.raises(Overloaded) as caught:
        connect_to(server, name).complete(request_of(), ignore_text)

    assert caught.value.retry_after_seconds == 17.0
    assert caught.value.retry is Retry.LATER


@pytest.mark.parametrize("name", NETWORKED)
def test_a_reason_that_is_no_secret_is_quoted(name: ProviderName) -> None:
    said = "max tokens: 99999 is more than 64000"
    hidden = (KEY, "sk-ab**wxyz", "Bearer short", "A" * 30, "xai-1234")
    problem = Problem("invalid_request_error", " and ".join((said, *hidden)))
    say = Say(status=400, problem=problem)
    with VendorServer(say) as server, pytest.raises(RequestRejected) as caught:
        connect_to(server, name).complete(request_of(), ignore_text)

    assert said in caught.value.what_happened
    assert not [secret for secret in hidden if secret in caught.value.what_happened]


@pytest.mark.parametrize("ending", [Ending.STALLED, Ending.CHATTY])
@pytest.mark.parametrize("name", NETWORKED)
def test_a_silent_and_an_endless_stream_are_given_up_in_time(
    name: ProviderName, ending: Ending
) -> None:
    with VendorServer(Say(ending=ending)) as server:
        provider = connect_to(server, name, timeout_seconds=0.6)
        started_at = time.monotonic()
        with pytest.raises(AnswerLost) as caught:
            provider.complete(request_of(), ignore_text)

        assert time.monotonic() - started_at < 2.5
    assert "within 0.6 seconds" in caught.value.what_happened
    assert "`timeout_seconds`" in caught.value.next_step


@pytest.mark.parametrize("name", NETWORKED)
def test_a_stream_that_stands_still_is_given_up_long_before_the_whole_call(
    name: ProviderName,
) -> None:
    with VendorServer(Say(ending=Ending.STALLED)) as server:
        provider = connect_to(server, name, timeout_seconds=60.0, stall_seconds=0.3)
        with pytest.raises(AnswerLost) as caught:
            provider.complete(request_of(), ignore_text)

    assert caught.value.what_happened == f"The answer of {name} stood still for 0.3 seconds."
    assert "`stall_seconds`" in caught.value.next_step
    assert caught.value.retry is Retry.LATER


@pytest.mark.parametrize("name", NETWORKED)
def test_signs_of_life_keep_a_stream_from_standing_still(name: ProviderName) -> None:
    with VendorServer(Say(ending=Ending.CHATTY)) as server:
        provider = connect_to(server, name, timeout_seconds=1.0, stall_seconds=0.5)
        with pytest.raises(AnswerLost, match="within 1 seconds"):
            provider.complete(request_of(), ignore_text)


@pytest.mark.parametrize("name", NETWORKED)
def test_a_model_may_think_longer_than_a_stream_may_stand_still(name: ProviderName) -> None:
    with VendorServer(Say(delay_seconds=0.8)) as server:
        provider = connect_to(server, name, stall_seconds=0.2)

        assert provider.complete(request_of(), ignore_text).answer == Say().answer


@pytest.mark.parametrize("name", NETWORKED)
def test_a_slow_start_is_given_up_in_time(name: ProviderName) -> None:
    with VendorServer(Say(delay_seconds=30)) as server:
        provider = connect_to(server, name, timeout_seconds=0.4, stall_seconds=0.1)
        with pytest.raises(AnswerLost, match=r"within 0\.4 seconds"):
            provider.complete(request_of(), ignore_text)


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port that nobody listens on, and that nobody else is given meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.mark.parametrize("name", NETWORKED)
def test_a_server_that_is_down_is_unreachable(name: ProviderName, free_port: int) -> None:
    settings = ProviderSettings(
        name, api_key=KEY, base_url=f"http://127.0.0.1:{free_port}", model="m"
    )
    with pytest.raises(Unreachable) as caught:
        connect(settings).complete(request_of(), ignore_text)

    assert f"127.0.0.1:{free_port}" in caught.value.what_happened
    assert caught.value.next_step == "Check that the server runs; inkchat asks again by itself."


@pytest.mark.parametrize("name", NETWORKED)
def test_a_redirect_does_not_carry_the_note_away(name: ProviderName) -> None:
    with VendorServer() as elsewhere:
        moved = Say(status=308, headers={"location": f"{elsewhere.url}/chat/completions"})
        with VendorServer(moved) as server, pytest.raises(NotConfigured):
            connect_to(server, name).complete(request_of(), ignore_text)

        assert elsewhere.requests == []


def test_a_refusal_names_its_category() -> None:
    with VendorServer(Say(ending=Ending.REFUSED)) as server, pytest.raises(AnswerRefused) as caught:
        connect_to(server, ProviderName.ANTHROPIC).complete(request_of(), ignore_text)

    assert "(category: cyber)" in caught.value.what_happened


def test_googles_form_of_an_error_is_read() -> None:
    inner = {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}

    assert judge(400, [{"error": inner}]) is Fault.KEY
    assert judge(400, []) is Fault.REJECTED


NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1e999"}, None),
        ({"retry-after": "Fri, 20 Nov 2026 12:01:00 GMT"}, 60.0),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "?", "retry-after": "9"}, 9.0),
    ],
)
def test_retry_after_is_read_in_all_its_forms(
    headers: dict[str, str], expected: float | None
) -> None:
    assert read_retry_after(headers, NOW) == expected

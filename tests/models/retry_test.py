"""The one retry policy."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.errors import (
    AnswerLost,
    AnswerRefused,
    NotConfigured,
    Overloaded,
    RateLimited,
    RequestRejected,
    Unreachable,
    WrongKey,
)
from inkchat.models import next_try

PATIENCE = timedelta(hours=24)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def rate_limited(retry_after_seconds: float | None = None) -> RateLimited:
    return RateLimited("a", "b", provider="p", retry_after_seconds=retry_after_seconds)


def pause_seconds(error: RateLimited | NotConfigured, attempts: int, seed: int = 1) -> float:
    at = next_try(error, attempts, NOW, NOW, random.Random(seed))
    assert at is not None
    return (at - NOW).total_seconds()


@pytest.mark.parametrize("kind", [AnswerRefused, RequestRejected])
def test_what_cannot_be_helped_is_not_tried_again(kind: type[RequestRejected]) -> None:
    assert next_try(kind("a", "b", provider="p"), 1, NOW, NOW, random.Random(1)) is None


@pytest.mark.parametrize("attempts", [1, 2, 3, 8])
def test_pauses_double_around_two_seconds(attempts: int) -> None:
    usual = 2.0 * 2 ** (attempts - 1)
    for seed in range(50):
        assert usual * 0.75 <= pause_seconds(rate_limited(), attempts, seed) <= usual * 1.25


def test_notes_that_failed_together_do_not_come_back_together() -> None:
    assert len({pause_seconds(rate_limited(), 5, seed) for seed in range(50)}) > 40


@given(
    attempts=st.integers(-5, 10**9),
    asked_for=st.none() | st.floats(allow_nan=True, allow_infinity=True),
    seed=st.integers(),
    waited_seconds=st.floats(-1e6, 1e6),
)
def test_a_next_try_is_always_ahead_and_never_far(
    attempts: int, asked_for: float | None, seed: int, waited_seconds: float
) -> None:
    first = NOW - timedelta(seconds=waited_seconds)
    error = Overloaded("a", "b", provider="p", retry_after_seconds=asked_for)
    at = next_try(error, attempts, first, NOW, random.Random(seed))
    if at is None:
        assert NOW + timedelta(seconds=4000) - first > PATIENCE
    else:
        assert timedelta(seconds=1) <= at - NOW <= timedelta(seconds=3960)
        assert at - first <= PATIENCE


@given(asked_for=st.floats(1, 3600), seed=st.integers())
def test_a_vendor_is_never_asked_earlier_than_it_said(asked_for: float, seed: int) -> None:
    pause = pause_seconds(rate_limited(asked_for), 1, seed)
    assert asked_for - 1e-6 <= pause <= asked_for * 1.1 + 1e-6


def test_a_pause_of_weeks_is_cut_to_an_hour() -> None:
    assert 3600 <= pause_seconds(rate_limited(4_294_967.0), 1) <= 3960


def test_it_is_given_up_after_a_day() -> None:
    first = NOW - PATIENCE + timedelta(seconds=1)
    assert next_try(rate_limited(), 300, first, NOW, random.Random(1)) is None


def test_what_a_person_must_mend_is_tried_without_end() -> None:
    error = WrongKey("a", "b", provider="p")
    pauses = [pause_seconds(NotConfigured("a", "b", provider="p"), n) for n in range(1, 9)]

    assert pauses == [30, 60, 120, 240, 480, 600, 600, 600]
    long_ago = NOW - timedelta(days=400)
    assert next_try(error, 10**6, long_ago, NOW, random.Random(1)) == NOW + timedelta(minutes=10)


def test_a_server_that_is_down_is_tried_without_end() -> None:
    long_ago = NOW - timedelta(days=30)

    at = next_try(Unreachable("a", "b", provider="p"), 5000, long_ago, NOW, random.Random(1))

    assert at is not None
    assert at - NOW <= timedelta(minutes=10)


def test_an_answer_that_was_lost_is_asked_for_three_times_at_most() -> None:
    error = AnswerLost("a", "b", provider="p")
    tries = [next_try(error, n, NOW, NOW, random.Random(1)) for n in (1, 2, 3)]

    assert [at is not None for at in tries] == [True, True, False]

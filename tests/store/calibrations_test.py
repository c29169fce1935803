"""Calibrations: estimates become what the provider counts, for each model by itself."""

import pytest

from inkchat.config import Budget
from inkchat.domain import Usage
from inkchat.store import PlannedCall, Purpose, Store


def call(store: Store, counted_of: dict[int, int], model: str = "m") -> None:
    """Calls whose requests hold as many tokens as the keys say, by our own count."""
    for own_count, counted in counted_of.items():
        estimate = round(own_count * store.calibrations.factor("OpenAI", model))
        planned = PlannedCall(
            "ada", "inbox", None, None, Purpose.ANSWER, "OpenAI", model, estimate, 100, None
        )
        call_id = store.calls.reserve(planned, Budget())
        store.calls.finish(call_id, Usage(counted, 10), None, 1.0, None, "")


def test_without_samples_an_estimate_stands_as_it_is(store: Store) -> None:
    call(store, {1000: 1500})

    assert 1.0 == store.calibrations.factor("OpenAI", "other")
    assert 1.0 == store.calibrations.factor("Ollama", "m")


def test_the_first_sample_counts_in_full_and_later_ones_for_a_fifth(store: Store) -> None:
    call(store, {1000: 1500})
    assert 1.5 == store.calibrations.factor("OpenAI", "m")

    call(store, {1000: 1000})

    assert 1.4 == store.calibrations.factor("OpenAI", "m")


def test_the_factor_stays_where_it_is_right(store: Store) -> None:
    """It is learned from our own count, not from the estimate that holds it already."""
    for _ in range(20):
        call(store, {1000: 1500, 3000: 4500})

    assert 1.5 == store.calibrations.factor("OpenAI", "m")


@pytest.mark.parametrize(("counted", "factor"), [(10**9, 4.0), (1, 0.25), (1234, 1.25)])
def test_it_is_bounded_and_moves_in_steps(counted: int, factor: float, store: Store) -> None:
    call(store, {1000: counted})

    assert factor == store.calibrations.factor("OpenAI", "m")


def test_nothing_is_learned_from_nothing(store: Store) -> None:
    call(store, {0: 500, 1000: 0})

    assert 1.0 == store.calibrations.factor("OpenAI", "m")

"""The rates of a model against the table that they are read from."""

from datetime import UTC, datetime

import pytest
from genai_prices import Usage as TableUsage
from genai_prices.data_snapshot import get_snapshot

from inkchat.domain import Usage
from inkchat.models.rates import find_entry, price_usage, read_entry

NOW = datetime.now(UTC)
USAGES = [
    Usage(input_tokens=1000, output_tokens=77),
    Usage(input_tokens=10_000, output_tokens=1000, cached_tokens=6000),
    Usage(300_000, 1000, cached_tokens=6000, cache_written_tokens=100_000),
    Usage(input_tokens=200_000, output_tokens=5),
    Usage(200_001, 5, cached_tokens=1, cache_written_tokens=1),
]


@pytest.mark.parametrize("is_kept", [False, True])
@pytest.mark.parametrize("provider_id", ["anthropic", "openai", "google", "x-ai", "perplexity"])
def test_every_model_of_a_vendor_costs_what_the_table_says(provider_id: str, is_kept: bool) -> None:
    provider = next(each for each in get_snapshot().providers if each.id == provider_id)
    for model in provider.models:
        entry = read_entry(model.id, provider_id, None, NOW)
        if entry is None:
            continue
        vendor, info = get_snapshot().find_provider_model(model.id, None, provider_id, None)
        for usage in USAGES:
            counted = TableUsage(
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cache_read_tokens=usage.cached_tokens,
                cache_write_tokens=usage.cache_written_tokens,
                **({"cache_write_1h_tokens": usage.cache_written_tokens} if is_kept else {}),
            )
            expected = info.calc_price(counted, vendor, genai_request_timestamp=NOW).total_price
            assert float(expected) == pytest.approx(
                price_usage(entry.rates, usage, is_kept=is_kept)
            ), model.id


def test_a_child_reads_the_same_as_this_process() -> None:
    entry = find_entry("claude-sonnet-5-5", "anthropic", None)

    assert entry is not None
    assert read_entry("claude-sonnet-5-5", "anthropic", None, NOW) == entry


def test_a_price_that_depends_on_the_hour_is_known_as_such() -> None:
    varying = [
        (provider.id, model.id)
        for provider in get_snapshot().providers
        for model in provider.models
        if (entry := read_entry(model.id, provider.id, None, NOW)) and entry.varies_within_a_day
    ]

    assert {"deepseek"} <= {provider_id for provider_id, _ in varying}

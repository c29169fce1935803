"""What a call costs, where that is known, and how much a model takes."""

import math
import subprocess
import sys
from dataclasses import replace

import pytest

from inkchat.config import Price, ProviderName, ProviderSettings
from inkchat.domain import CacheLife, Usage
from inkchat.models import find_window, price
from tests.models.given import connect_to, ignore_text, request_of, settings_for
from tests.vendors import Say, VendorServer

USAGE = Usage(input_tokens=10_000, output_tokens=1000, cached_tokens=6000)


def settings_of(name: ProviderName, model: str, url: str | None = None) -> ProviderSettings:
    return ProviderSettings(name, model=model, base_url=url)


@pytest.mark.parametrize(
    ("name", "model", "expected"),
    [
        # By each vendor's list in 2026: dollars for a million of input, cached and output.
        (ProviderName.ANTHROPIC, "claude-sonnet-5-5", (2, 0.1, 10)),
        (ProviderName.OPENAI, "gpt-6.1-terra", (1, 0.05, 5)),
        (ProviderName.GEMINI, "gemini-3.8-flash", (0.75, 0.075, 3.75)),
        (ProviderName.GROK, "grok-4.7", (2, 0.5, 6)),
    ],
)
def test_a_known_model_has_its_price(
    name: ProviderName, model: str, expected: tuple[float, float, float]
) -> None:
    fresh, cached, output = expected
    dollars = (4000 * fresh + 6000 * cached + 1000 * output) / 1_000_000

    assert price(settings_of(name, model), USAGE) == pytest.approx(dollars)


def test_what_is_written_into_the_cache_costs_more_the_longer_it_is_kept() -> None:
    settings = settings_of(ProviderName.ANTHROPIC, "claude-sonnet-5-5")
    usage = Usage(input_tokens=1_000_000, output_tokens=0, cache_written_tokens=1_000_000)

    assert price(settings, usage) == pytest.approx(2.5)
    assert price(settings, usage, cache=CacheLife.LONG) == pytest.approx(4.0)


def test_the_model_that_answered_is_priced() -> None:
    settings = settings_of(ProviderName.ANTHROPIC, "some-alias")

    assert price(settings, USAGE) is None
    assert price(settings, USAGE, "claude-sonnet-5-5-20260801") == pytest.approx(0.0186)
    known = replace(settings, model="claude-sonnet-5-5")
    assert price(known, USAGE, "claude-of-tomorrow-9") == pytest.approx(0.0186)


@pytest.mark.parametrize(
    "settings",
    [
        settings_of(ProviderName.ANTHROPIC, "no-such-model"),
        settings_of(ProviderName.OLLAMA, "llama3.1:latest", "http://192.168.0.2:11434"),
        settings_of(ProviderName.OFFLINE, ""),
        settings_of(ProviderName.COMPATIBLE, "gpt-6.1-terra", "https://llm.example/v1"),
        settings_of(ProviderName.COMPATIBLE, "gpt-6.1-terra"),
    ],
)
def test_an_unknown_price_is_unknown_and_not_nothing(settings: ProviderSettings) -> None:
    assert price(settings, USAGE) is None


@pytest.mark.parametrize(
    "settings",
    [
        settings_of(ProviderName.OLLAMA, "llama3.1:latest"),
        settings_of(ProviderName.COMPATIBLE, "gpt-6.1-terra", "http://127.0.0.1:8080/v1"),
        settings_of(ProviderName.COMPATIBLE, "gpt-6.1-terra", "http://localhost:8080/v1"),
    ],
)
def test_a_model_on_this_machine_is_free(settings: ProviderSettings) -> None:
    assert price(settings, USAGE) == 0.0
    assert price(settings, Usage()) == 0.0
    assert price(replace(settings, price=Price(2.5, 10.0)), USAGE) == 0.035


def test_what_passes_calls_on_to_a_vendor_is_not_free() -> None:
    here = settings_of(ProviderName.ANTHROPIC, "claude-sonnet-5-5", "http://127.0.0.1:4000")

    assert price(here, USAGE) == price(replace(here, base_url=None), USAGE) != 0.0


@pytest.mark.parametrize("tokens", [10**15, 10**320, 10**2000])
@pytest.mark.parametrize("own", [None, Price(3.0, 15.0)])
def test_no_number_of_tokens_is_too_large_for_a_price(tokens: int, own: Price | None) -> None:
    settings = replace(settings_of(ProviderName.ANTHROPIC, "claude-sonnet-5-5"), price=own)
    dollars = price(settings, Usage(tokens, tokens))

    assert dollars is None or math.isfinite(dollars)
    assert (dollars is None) is (tokens > 10**300)


def test_a_vendor_whose_address_is_known_has_its_price() -> None:
    url = "https://api.openai.com/v1"

    assert price(settings_of(ProviderName.COMPATIBLE, "gpt-6.1-terra", url), USAGE) is not None


@pytest.mark.parametrize(("cached_usd", "expected"), [(None, 0.035), (0.5, 0.023)])
@pytest.mark.parametrize("name", ProviderName)
def test_a_configured_price_comes_first(
    name: ProviderName, cached_usd: float | None, expected: float
) -> None:
    settings = replace(settings_of(name, "claude-sonnet-5-5"), price=Price(2.5, 10.0, cached_usd))

    assert price(settings, USAGE) == expected


def test_a_configured_price_of_nothing_is_nothing() -> None:
    settings = replace(settings_of(ProviderName.OLLAMA, "m"), price=Price(0.0, 0.0))

    assert price(settings, USAGE) == 0.0


@pytest.mark.parametrize(
    "usage", [Usage(), Usage(input_tokens=5, output_tokens=5, cached_tokens=50)]
)
def test_counts_that_say_nothing_cost_nobody_knows_what(usage: Usage) -> None:
    assert price(settings_of(ProviderName.OPENAI, "gpt-6.1-terra"), usage) is None


def test_a_reply_knows_its_cost() -> None:
    say = Say(model="gpt-6.1-terra", input_tokens=10_000, cached_tokens=6000, output_tokens=1000)
    with VendorServer(say) as server:
        reply = connect_to(server, ProviderName.OPENAI).complete(request_of(), ignore_text)

    assert reply.cost_usd == pytest.approx(0.0093)


def test_a_reply_of_an_unknown_model_costs_nobody_knows_what() -> None:
    with VendorServer() as server:
        reply = connect_to(server, ProviderName.OPENAI).complete(request_of(), ignore_text)

    assert reply.cost_usd is None


def test_a_reply_of_a_model_on_this_machine_is_free() -> None:
    with VendorServer() as server:
        reply = connect_to(server, ProviderName.OLLAMA).complete(request_of(), ignore_text)

    assert reply.cost_usd == 0.0


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (settings_of(ProviderName.ANTHROPIC, "claude-sonnet-5-5"), 1_000_000),
        (settings_of(ProviderName.ANTHROPIC, "no-such-model"), 200_000),
        (settings_of(ProviderName.GROK, "grok-4.7"), 500_000),
        (settings_of(ProviderName.GEMINI, "no-such-model"), 1_000_000),
        (settings_of(ProviderName.OPENAI, "no-such-model"), 200_000),
        (settings_of(ProviderName.COMPATIBLE, "m", "http://127.0.0.1:1/v1"), 32_768),
        (settings_of(ProviderName.OLLAMA, "m"), 32_768),
        (replace(settings_of(ProviderName.OLLAMA, "m"), num_ctx=16_384), 16_384),
        (replace(settings_for(ProviderName.OPENAI), context_tokens=9000), 9000),
        (settings_of(ProviderName.OFFLINE, ""), 32_768),
    ],
)
def test_a_window_is_configured_known_or_likely(settings: ProviderSettings, expected: int) -> None:
    assert find_window(settings) == expected


MEASURE = """
import resource, time
import httpx2, pydantic
from inkchat.config import ProviderName, ProviderSettings
from inkchat.domain import Usage
from inkchat.models import price
def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20
before, started_at = resident_mb(), time.perf_counter()
settings = ProviderSettings(ProviderName.OPENAI, model="gpt-6.1-terra")
assert price(settings, Usage(10, 10)) is not None
print(time.perf_counter() - started_at, resident_mb() - before)
"""


def test_the_table_of_prices_takes_little_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True
    )
    seconds, megabytes = map(float, done.stdout.split())

    print(f"table of prices: {seconds:.2f} s, {megabytes:.1f} MB")
    assert megabytes < 3

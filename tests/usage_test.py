"""`inkchat usage` as a person and a script meet it."""

import json
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from inkchat.config import Budget
from inkchat.domain import Usage
from inkchat.store import Grouping, PlannedCall, Purpose, Store, UsageRow
from tests import program
from tests.house import House, make_house

TODAY = f"{datetime.now():%Y-%m-%d}"
COUNTED = Usage(12_000, 345, 10_000)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_house(tmp_path / "house", more="watch: [{user: ada}]\n")


def call(house: House, *words: str) -> subprocess.CompletedProcess[str]:
    return program.call("inkchat", "usage", *words, cwd=house.folder)


def print_usage(house: House, *words: str) -> list[str]:
    ran = call(house, *words)
    assert 0 == ran.returncode, ran.stderr
    return ran.stdout.splitlines()


def spend(
    store: Store,
    cost_usd: float | None,
    user: str = "ada",
    provider: str = "OpenAI",
    usage: Usage | None = COUNTED,
) -> None:
    planned = PlannedCall(
        user, "inbox", None, "conv_1", Purpose.ANSWER, provider, "m", 900, 100, cost_usd
    )
    call_id = store.calls.reserve(planned, Budget())
    if usage is not None:
        store.calls.finish(call_id, usage, cost_usd, 1.0, None, "")


def test_nothing_is_said_in_a_sentence(house: House) -> None:
    assert ["No calls to a model in this time."] == print_usage(house)


def test_a_day_is_a_row_and_its_sum_another(house: House) -> None:
    with house.open() as (_, store):
        spend(store, 0.0123)

    assert [
        "day         calls   input  of it cached  output  cost",
        f"{TODAY}      1  12,000        10,000     345  $0.0123",
        "─" * 56,
        "total           1  12,000        10,000     345  $0.0123",
    ] == print_usage(house)


def test_what_is_not_known_is_neither_nothing_nor_certain(house: House) -> None:
    with house.open() as (_, store):
        spend(store, 0.5)
        spend(store, None)
        spend(store, None, provider="OpenAI Compatible")
        spend(store, 0.25, provider="xAI Grok", usage=None)

    lines = print_usage(house, "--by", "provider")

    assert [
        "$0.5000 + 1 call of unknown price",
        "~900",
        "unknown",
        "~$0.7500 + 2 calls of unknown price",
    ] == [
        lines[1].split("  ")[-1],
        lines[2].split()[3],
        lines[3].split()[-1],
        lines[5].split("  ")[-1],
    ]
    assert ("~ 1 call by estimate: at work now, cut off, or not counted by the provider.") == lines[
        -1
    ]


def test_one_can_ask_for_a_user_and_for_days(house: House) -> None:
    with house.open() as (_, store):
        spend(store, 0.5)
        spend(store, 0.25, user="grace")

    assert "$0.2500" in print_usage(house, "--user", "grace")[-1]
    assert "$0.7500" in print_usage(house, "--since", TODAY, "--until", TODAY)[-1]
    assert ["No calls to a model in this time."] == print_usage(house, "--until", "2026-01-01")
    assert 2 == call(house, "--since", "yesterday").returncode


def test_budgets_are_shown_with_what_is_spent_of_them(house: House) -> None:
    house.configure(
        more="watch: [{user: ada}]\n"
        "budget: {month: {usd: 20}, per_user: {day: {usd: 1, tokens: 100000}}, "
        "users: {grace: {day: {usd: 3}}}}\n"
    )
    with house.open() as (_, store):
        spend(store, 0.5)
        spend(store, 0.25, user="grace")

    assert [
        "This month in all: $0.7500 of $20.00.",
        "Today for ada: $0.5000 of $1.00 and 12,345 of 100,000 tokens.",
        "Today for grace: $0.2500 of $3.00.",
    ] == print_usage(house)[-3:]


def test_scripts_get_numbers_and_null_for_what_is_unknown(house: House) -> None:
    house.configure(more="watch: [{user: ada}]\nbudget: {month: {usd: 20}}\n")
    with house.open() as (_, store):
        spend(store, None)

    facts: dict[str, Any] = json.loads("\n".join(print_usage(house, "--json", "--by", "month")))

    row = UsageRow(TODAY[:7], 1, 12_000, 10_000, 345, 0.0, 1, 0)
    expected = {name: getattr(row, name) for name in UsageRow.__dataclass_fields__}
    assert [{**expected, "cost_usd": None}] == facts["rows"]
    assert {**expected, "key": "total", "cost_usd": None} == facts["total"]
    assert [
        {
            "user": None,
            "period": "month",
            "ceiling": {"usd": 20.0, "tokens": None},
            "spent": {
                "usd": 0.0,
                "tokens": 12_345,
                "reserved_usd": 0.0,
                "reserved_tokens": 0,
            },
        }
    ] == facts["budgets"]


@pytest.mark.parametrize("by", Grouping)
def test_scripts_get_whole_numbers_of_calls_however_they_are_added_up(
    by: Grouping, house: House
) -> None:
    with house.open() as (_, store):
        for cost_usd in (None, None, 0.5):
            spend(store, cost_usd)

    facts = json.loads(call(house, "--json", "--by", by).stdout)

    for row in (*facts["rows"], facts["total"]):
        assert "3 2 0" == "{calls} {calls_of_unknown_cost} {calls_estimated}".format(**row)


def test_nothing_at_all_costs_nothing_in_a_script_s_eyes(house: House) -> None:
    facts = json.loads(call(house, "--json").stdout)

    assert ([], 0, 0) == (facts["rows"], facts["total"]["calls"], facts["total"]["cost_usd"])

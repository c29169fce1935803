"""A budget that holds notes, and lets them go when it is raised or its period turns."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inkchat.config import ProviderName
from inkchat.domain import DropState
from tests.house import House, make_house, running, wait_for
from tests.vendors import Ending, Say, VendorServer

P = ProviderName
PRICED = """\
OpenAI:
  base_url: {url}
  api_key: k-0123456789
  model: m
  price: {{input: 1000, output: 1000}}
active_provider: {active}
"""


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with VendorServer() as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, vendor: VendorServer) -> House:
    return make_house(tmp_path / "house")


def configure(house: House, vendor: VendorServer, budget: str, active: str = "OpenAI") -> None:
    house.write_config(PRICED.format(url=vendor.url, active=active) + budget)


def states(house: House) -> dict[str, DropState]:
    return {drop.name: drop.state for drop in house.drops()}


def test_a_budget_in_tokens_holds_and_lets_go_when_it_is_raised(
    house: House, vendor: VendorServer
) -> None:
    configure(house, vendor, "budget: {day: {tokens: 3000}}\n")
    house.answer("a.txt", "One?")
    house.answer("b.txt", "Two?")
    house.answer("c.txt", "Three?")

    assert DropState.DELIVERED is states(house)["a.txt"]
    assert [DropState.HELD] * 2 == [states(house)[name] for name in ("b.txt", "c.txt")]
    assert 1 == vendor.calls
    pages = [name for name in house.responses() if name.startswith("ERROR")]
    assert 1 == len(pages)
    text = house.read(pages[0])
    assert "The budget is used up" in text
    assert "3,000" in text

    # While nobody runs: what it holds goes on at the next start.
    configure(house, vendor, "budget: {day: {tokens: 400000}}\n")
    house.run_once()
    assert {DropState.DELIVERED} == set(states(house).values())
    assert 3 == vendor.calls


def test_a_running_service_lets_go_what_a_raised_budget_holds(
    house: House, vendor: VendorServer
) -> None:
    configure(house, vendor, "budget: {day: {tokens: 3000}}\n")
    with running(house):
        house.drop("a.txt", "One?")
        wait_for(lambda: 1 == len(house.responses()))
        house.drop("b.txt", "Two?")
        wait_for(lambda: DropState.HELD is states(house).get("b.txt"))
        configure(house, vendor, "budget: {day: {tokens: 300000}}\n")
        wait_for(lambda: DropState.DELIVERED is states(house)["b.txt"])

    assert 2 == vendor.calls
    assert [] == house.query("SELECT 1 FROM troubles WHERE ended_at IS NULL")


def test_a_budget_in_money_counts_what_was_spent(house: House, vendor: VendorServer) -> None:
    # 1,290 tokens at a thousand dollars a million: $1.29 for the first answer.
    configure(house, vendor, "budget: {month: {usd: 3}}\n")
    house.answer("a.txt", "One?")
    house.answer("b.txt", "Two?")

    assert [DropState.DELIVERED, DropState.HELD] == list(states(house).values())
    (page,) = (name for name in house.responses() if name.startswith("ERROR"))
    assert "$1.29" in house.read(page)


def test_each_user_has_a_budget_of_their_own(house: House, vendor: VendorServer) -> None:
    for user in ("ada", "grace"):
        (house.folder / user).mkdir()
        (house.folder / f"{user}-out").mkdir()
    configure(
        house,
        vendor,
        "watch:\n"
        "  - {inbox: ada, outbox: ada-out, user: ada}\n"
        "  - {inbox: grace, outbox: grace-out, user: grace}\n"
        "budget: {per_user: {day: {tokens: 3000}}, users: {grace: {day: {tokens: 400000}}}}\n",
    )
    for number in (1, 2):
        for user in ("ada", "grace"):
            (house.folder / user / f"{user}{number}.txt").write_text(f"{number}?")
        house.run_once()

    assert {
        "ada1.txt": DropState.DELIVERED,
        "ada2.txt": DropState.HELD,
        "grace1.txt": DropState.DELIVERED,
        "grace2.txt": DropState.DELIVERED,
    } == states(house)


def test_held_notes_go_on_when_the_period_turns(house: House, vendor: VendorServer) -> None:
    configure(house, vendor, "budget: {day: {tokens: 3000}}\n")
    house.answer("a.txt", "One?")
    held = house.answer("b.txt", "Two?")
    assert held.held_until is not None

    house.run_once()
    assert DropState.HELD is states(house)["b.txt"]
    # As if it had all been yesterday.
    house.query("UPDATE calls SET day = '2020-01-01'")
    house.query("UPDATE drops SET held_until = '2020-01-02T00:00:00.000000+00:00'")
    house.run_once()

    assert {DropState.DELIVERED} == set(states(house).values())


def test_a_budget_in_money_wants_a_price(house: House, vendor: VendorServer) -> None:
    # An address that is not this machine's; nothing is sent there.
    house.write_config(
        "active_provider: OpenAI Compatible\n"
        "OpenAI Compatible: {base_url: 'https://models.example/v1', api_key: k, model: m}\n"
        "budget: {day: {usd: 1}}\n"
    )

    drop = house.answer("a.txt", "One?")

    assert (DropState.WAITING, "price-unknown") == (drop.state, drop.reason_code)
    (page,) = house.responses()
    assert "no price is known" in house.read(page)


def test_a_server_of_ones_own_costs_no_money(house: House, vendor: VendorServer) -> None:
    house.configure(vendor.url, "budget: {day: {usd: 0.01}}\n")

    assert DropState.DELIVERED is house.answer("a.txt", "One?").state


def test_a_budget_that_stops_money_does_not_stop_offline(
    house: House, vendor: VendorServer
) -> None:
    configure(house, vendor, "budget: {day: {usd: 0.01, tokens: 1}}\n", active="Offline")

    assert DropState.DELIVERED is house.answer("a.txt", "One?").state


def test_what_a_refused_answer_took_is_counted_as_the_vendor_counts(
    house: House, vendor: VendorServer
) -> None:
    with VendorServer(Say(ending=Ending.FILTERED)) as refusing:
        configure(house, refusing, "")
        drop = house.answer("a.txt", "One?")

    assert DropState.FAILED is drop.state
    assert [("done", 1200, 90, 0)] == house.query(
        "SELECT state, input_tokens, output_tokens, is_estimate FROM calls"
    )

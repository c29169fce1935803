"""When a page cannot be drawn: the answer is paid for, and must come to the tablet all the same."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inkchat.domain import Device, Drawn, DropState, ErrorResponse, Response
from inkchat.reply import press
from inkchat.sandbox import ChildLimits
from tests import drawing_cases
from tests.house import House, make_house
from tests.vendors import VendorServer


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with VendorServer(judge=False) as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, vendor: VendorServer) -> House:
    return make_house(tmp_path / "house", vendor.url)


@pytest.mark.parametrize(
    "draw",
    [
        drawing_cases.draw_errors_alone,
        drawing_cases.die_of_an_answer,
        drawing_cases.take_memory_for_an_answer,
        drawing_cases.spin_for_an_answer,
    ],
)
def test_an_answer_whose_drawing_goes_wrong_is_told_of_on_a_page(
    draw: Callable[[Response | ErrorResponse, Device], Drawn],
    house: House,
    vendor: VendorServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(press, "draw_page", draw)
    monkeypatch.setattr(press, "LIMITS", ChildLimits(512, processor_seconds=1, wall_seconds=30.0))

    drop = house.answer("note.txt", "Why is the sky blue?")

    assert DropState.DELIVERED is drop.state
    (name,) = house.responses()
    assert "could not be drawn" in house.read(name)
    assert f"inkchat show {drop.conversation_id}" in house.read(name)
    assert 1 == vendor.calls


def test_an_answer_waits_while_the_system_refuses_a_process(
    house: House, vendor: VendorServer
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(press, "draw_page", drawing_cases.find_no_room)
        drop = house.answer("note.txt", "Why is the sky blue?")

        assert DropState.ANSWERED is drop.state
        assert "machine-busy" == drop.reason_code
        assert [] == house.responses()
    with house.open() as (_, store):
        store.ledger.hurry_waiting()
    house.run_once()

    assert [f"RESPONSE_{drop.conversation_id}_ex001.pdf"] == house.responses()
    assert "could not be drawn" not in house.read(house.responses()[0])
    assert 1 == vendor.calls

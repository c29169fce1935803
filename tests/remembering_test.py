"""A long conversation is folded into a summary after an answer, and no answer waits for it."""

import functools
import json
import threading
from pathlib import Path

import pytest

from inkchat.domain import DropState
from tests.house import House, make_house, running, wait_for
from tests.vendors import Problem, Received, Say, VendorServer

LONG = "A sentence of some length about fjords and the sea. " * 30
NOTES = 6


def is_summary(request: Received) -> bool:
    return "which is to be remembered in short" in json.dumps(request.body)


def speak(number: int) -> Say:
    return Say(
        title=f"Title {number}", transcript=f"Question {number}.", answer=f"Answer {number}. {LONG}"
    )


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_house(tmp_path / "house")


def answer_all(house: House, vendor: VendorServer, more: str = "") -> None:
    house.configure(vendor.url, f"memory_tokens: 1500\n{more}")
    for number in range(NOTES):
        assert DropState.DELIVERED is house.answer(f"{number}.txt", f"{number}?", "t").state


def has_responses(house: House, count: int) -> bool:
    return count == len(house.responses())


def summary_of(house: House) -> tuple[str, int]:
    ((summary, covers),) = house.query("SELECT context_summary, summary_covers FROM conversations")
    return summary, covers


def purposes(house: House) -> list[str]:
    return [purpose for (purpose,) in house.query("SELECT purpose FROM calls ORDER BY id")]


def test_what_is_too_long_is_summed_up_by_the_model_and_told_in_short(house: House) -> None:
    with VendorServer(speak) as vendor:
        answer_all(house, vendor)
        asked = [request for request in vendor.requests if request.wire is not None]

    summary, covers = summary_of(house)
    assert covers >= 2
    assert summary.startswith("Answer ")
    last = json.dumps([request for request in asked if not is_summary(request)][-1].body)
    assert "What was said before, in short: Answer" in last
    # What the summary covers is not told a second time.
    assert "Question 0." not in last
    assert NOTES == purposes(house).count("answer")
    assert sum(map(is_summary, asked)) == purposes(house).count("summary") >= 1


def test_the_response_lies_in_the_outbox_before_the_summary_is_asked_for(house: House) -> None:
    seen: list[tuple[bool, int]] = []
    vendors: list[VendorServer] = []

    def watch(number: int) -> Say:
        seen.append((is_summary(vendors[0].requests[-1]), len(house.responses())))
        return speak(number)

    with VendorServer(watch) as vendor:
        vendors.append(vendor)
        answer_all(house, vendor)

    notes = 0
    for was_summary, responses in seen:
        notes += not was_summary
        # The note that made it too long was answered already; any other is being asked about.
        assert responses == (notes if was_summary else notes - 1)
    assert any(was_summary for was_summary, _ in seen)


def test_a_summary_that_fails_becomes_extracts_and_keeps_no_answer_waiting(house: House) -> None:
    vendors: list[VendorServer] = []

    def refuse_summaries(number: int) -> Say:
        if is_summary(vendors[0].requests[-1]):
            return Say(status=500, problem=Problem("server_error"))
        return speak(number)

    with VendorServer(refuse_summaries) as vendor:
        vendors.append(vendor)
        answer_all(house, vendor)

    summary, covers = summary_of(house)
    assert covers >= 2
    assert "Title 0" in summary
    assert ["answer"] * NOTES == purposes(house)


def test_no_note_waits_for_a_summary_and_none_is_made_twice(house: House) -> None:
    vendors: list[VendorServer] = []
    is_slow = threading.Event()

    def say(number: int) -> Say:
        if not is_summary(vendors[0].asked[-1]):
            return speak(number)
        is_slow.wait(100)
        return speak(number)

    with VendorServer(say) as vendor:
        vendors.append(vendor)
        house.configure(vendor.url, "memory_tokens: 1500\nworkers: 1\n")
        with running(house):
            for number in range(NOTES):
                house.drop(f"{number}.txt", f"{number}?", "t")
                # The first summary is being asked for meanwhile, and is never answered.
                wait_for(functools.partial(has_responses, house, number + 1))
            assert 1 == sum(map(is_summary, vendor.asked))
            # It comes when the service has been told to stop, and is paid for.
            timer = threading.Timer(0.5, is_slow.set)
            timer.start()
        assert summary_of(house)[1] >= 2

    timer.join()


def test_offline_alone_makes_extracts(house: House) -> None:
    house.write_config("active_provider: Offline\nmemory_tokens: 500\n")
    for number in range(NOTES):
        house.answer(f"{number}.txt", f"Question {number}. {LONG}", "t")

    summary, covers = summary_of(house)
    assert covers >= 2
    assert "Question 0" in summary
    assert [] == purposes(house)

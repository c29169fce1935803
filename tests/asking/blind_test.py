"""A model that reads no pictures is given what the reader on this machine has read."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from inkchat import models
from inkchat.config import ProviderName
from inkchat.domain import DropState
from tests.conftest import ROOT
from tests.house import House, make_house
from tests.vendors import Problem, Say, VendorServer

SAMPLE = ROOT / "inbox"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_house(tmp_path / "house")


def test_handwriting_is_read_here_first_and_the_page_says_so(house: House) -> None:
    (sample,) = SAMPLE.glob("*.p*")
    with VendorServer(Say(answer="It is."), capabilities=("completion",)) as vendor:
        house.configure_six(vendor.url, ProviderName.OLLAMA)
        drop = house.answer(sample.name, sample.read_bytes())
        (asked,) = (request for request in vendor.requests if request.wire is not None)

    assert DropState.DELIVERED is drop.state
    last = asked.body["messages"][-1]
    assert not last.get("images")
    assert "read by a program that makes mistakes" in last["content"]
    (page,) = house.responses()
    assert "ollama-m reads no pictures" in house.read(page)


def test_a_typed_note_needs_no_reader(house: House) -> None:
    with VendorServer(capabilities=("completion",)) as vendor:
        house.configure_six(vendor.url, ProviderName.OLLAMA)
        house.answer("a.txt", "Why?")
        (asked,) = (request for request in vendor.requests if request.wire is not None)

    assert "read by a program" not in json.dumps(asked.body)
    (page,) = house.responses()
    assert "reads no pictures" not in house.read(page)


def test_without_the_reader_the_note_waits_and_the_page_says_what_is_missing(
    house: House, draw_note: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "find_missing_packages", lambda: ("rapidocr",))
    with VendorServer(capabilities=("completion",)) as vendor:
        house.configure_six(vendor.url, ProviderName.OLLAMA)
        drop = house.answer("note.png", draw_note())

    assert (DropState.WAITING, "not-configured") == (drop.state, drop.reason_code)
    (page,) = house.responses()
    assert "pip install 'inkchat[ocr]'" in house.read(page)
    assert 0 == vendor.calls


def test_a_server_that_could_not_say_is_believed_when_it_refuses_the_first_picture(
    house: House, draw_note: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def read_pictures(pictures: tuple[bytes, ...]) -> tuple[str, ...]:
        read.append(len(pictures))
        return ("Words by hand.",) * len(pictures)

    monkeypatch.setattr(models, "find_missing_packages", lambda: ())
    monkeypatch.setattr(models, "read_pictures", read_pictures)
    refused = Say(status=400, problem=Problem("x", "this model does not support image input"))
    with VendorServer([refused, Say()], shows=False) as vendor:
        house.configure_six(vendor.url, ProviderName.OLLAMA)
        drop = house.answer("note.png", draw_note())

    assert DropState.DELIVERED is drop.state
    assert [1] == read
    assert ["images" in request.body["messages"][-1] for request in vendor.asked] == [True, False]
    assert "Words by hand." in vendor.asked[-1].body["messages"][-1]["content"]

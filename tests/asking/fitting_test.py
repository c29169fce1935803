"""What is sent with a note, through the whole of inkchat: what fits, and kept where it pays."""

import json
from pathlib import Path

import pytest

from inkchat.config import ProviderName
from tests.house import make_house
from tests.vendors import Say, VendorServer

LONG = "A sentence of some length about fjords and the sea. " * 40
ONLY_FIRST_WORDS = "only the first words are given"


@pytest.mark.parametrize(
    ("context_tokens", "counted_tokens", "is_cut"),
    [
        (16_384, 900, False),
        (4096, 900, True),
        # As the estimate has it, it would fit; the server has counted far more than that.
        (16_384, 40_000, True),
    ],
)
def test_what_the_window_does_not_hold_is_left_out(
    tmp_path: Path, context_tokens: int, counted_tokens: int, is_cut: bool
) -> None:
    with VendorServer(Say(answer=LONG, input_tokens=counted_tokens)) as vendor:
        house = make_house(tmp_path / "house")
        house.write_config(
            "active_provider: OpenAI Compatible\nmemory_tokens: 6000\n"
            f"OpenAI Compatible: {{base_url: '{vendor.url}', model: m, max_output_tokens: 1024, "
            f"context_tokens: {context_tokens}}}\n"
        )
        for number in range(6):
            house.answer(f"{number}.txt", f"{number}?", "t")

    assert is_cut == (ONLY_FIRST_WORDS in json.dumps(vendor.asked[-1].body))


def test_a_second_note_soon_after_the_first_asks_the_vendor_to_keep_the_beginning(
    tmp_path: Path,
) -> None:
    with VendorServer() as vendor:
        house = make_house(tmp_path / "house")
        house.configure_six(vendor.url, ProviderName.ANTHROPIC)
        house.answer("a.txt", "One?", "t")
        house.answer("b.txt", "Two?", "t")

    first, second = (request.body for request in vendor.asked)
    assert isinstance(first["system"], str)
    assert {"type": "ephemeral", "ttl": "5m"} == second["system"][0]["cache_control"]
    assert [("200",)] == house.query("SELECT CAST(cached_tokens AS TEXT) FROM calls LIMIT 1")

"""What is shown while an answer grows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.asking.listening import HoldingBack


@given(st.text(max_size=60), st.integers(1, 9))
def test_nothing_is_lost_and_nothing_doubled(text: str, step: int) -> None:
    heard: list[str] = []
    holding = HoldingBack(heard.append)

    for start in range(0, len(text), step):
        holding.add(text[start : start + step])
    holding.finish()

    assert text == "".join(heard)


@pytest.mark.parametrize("text", ["provider: claude", " Provider: claude", "PROV"])
def test_a_line_that_may_name_a_provider_is_held_until_the_end(text: str) -> None:
    heard: list[str] = []
    holding = HoldingBack(heard.append)

    for character in text:
        holding.add(character)

    assert [] == heard


def test_an_answer_is_shown_as_soon_as_it_is_known_to_be_one() -> None:
    heard: list[str] = []
    holding = HoldingBack(heard.append)

    holding.add("Pro")
    holding.add("bably")

    assert ["Probably"] == heard

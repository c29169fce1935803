"""How many tokens a request will be, before it is sent."""

import math

import pytest

from inkchat.config import ProviderName, ProviderSettings
from inkchat.domain import Page, Role, Turn
from inkchat.models import estimate_request
from tests.models.given import PICTURE, request_of, text_page


def page_of(width_px: int, height_px: int) -> Page:
    return Page(1, "", PICTURE, width_px, height_px, "fingerprint")


def estimate(name: ProviderName, *pages: Page, history: tuple[Turn, ...] = ()) -> int:
    return estimate_request(request_of(*pages, history=history), ProviderSettings(name))


@pytest.mark.parametrize(
    ("name", "width_px", "height_px", "expected"),
    [
        (ProviderName.ANTHROPIC, 1176, 1568, 2352),
        (ProviderName.ANTHROPIC, 1, 1, 1),
        (ProviderName.OPENAI, 1176, 1568, 2176),
        (ProviderName.OPENAI, 1932, 2576, 2940),
        (ProviderName.GEMINI, 1176, 1568, 1120),
        (ProviderName.GEMINI, 100, 100, 1120),
        (ProviderName.GROK, 1176, 1568, 2352),
        (ProviderName.COMPATIBLE, 1176, 1568, 2352),
        (ProviderName.OLLAMA, 1176, 1568, 2352),
    ],
)
def test_a_picture_costs_what_its_vendor_makes_of_it(
    name: ProviderName, width_px: int, height_px: int, expected: int
) -> None:
    with_it = estimate(name, page_of(width_px, height_px))
    without = estimate(name, text_page(""))

    assert math.isclose(with_it - without, expected * 1.15, abs_tol=1)


def test_the_estimate_grows_with_what_was_said_before() -> None:
    said = "Seven letters. " * 100
    short = estimate(ProviderName.OPENAI, text_page("Hi"))
    long = estimate(ProviderName.OPENAI, text_page("Hi"), history=(Turn(Role.USER, said),))

    assert math.isclose(long - short, (len(said) / 3.5 + 4) * 1.15, abs_tol=2)


def test_the_form_and_the_rules_are_counted_too() -> None:
    alone = estimate(ProviderName.OPENAI, text_page(""))

    assert 600 < alone < 1200

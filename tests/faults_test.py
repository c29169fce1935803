"""Every fault of every provider, and the state in which the note and the page stand after it.

`pytest -n 0 -s -p no:randomly tests/faults_test.py` prints the table, provider by provider.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inkchat.config import ProviderName
from inkchat.domain import DropState
from tests.house import NETWORKED, make_house
from tests.vendors import Ending, Problem, Say, VendorServer


@dataclass(frozen=True)
class Expected:
    """What is left of the note, and what was paid for."""

    state: DropState
    code: str
    paid_calls: int
    requests: int
    page_says: str
    """On the page in the outbox; empty where there is none yet."""
    is_paused: bool = False


WAITS, FAILED, DONE = DropState.WAITING, DropState.FAILED, DropState.DELIVERED
RATE = Say(status=429, headers={"retry-after": "40"}, problem=Problem("rate_limit_error"))

FAULTS: dict[str, tuple[Say | list[Say], Expected]] = {
    "rate limit": (RATE, Expected(WAITS, "rate-limited", 0, 1, "", is_paused=True)),
    "overloaded": (
        Say(status=529, problem=Problem("overloaded_error")),
        Expected(WAITS, "overloaded", 0, 1, "out of order"),
    ),
    "quota used up": (
        Say(status=429, problem=Problem("insufficient_quota", code="insufficient_quota")),
        Expected(WAITS, "quota-exhausted", 0, 1, "used up", is_paused=True),
    ),
    "wrong key": (
        Say(status=401, problem=Problem("authentication_error")),
        Expected(WAITS, "wrong-key", 0, 1, "key was refused", is_paused=True),
    ),
    "unknown model": (
        Say(status=404, problem=Problem("not_found_error", "model not found")),
        Expected(WAITS, "unknown-model", 0, 1, "not known", is_paused=True),
    ),
    "cut stream": (Say(ending=Ending.CUT), Expected(WAITS, "answer-lost", 1, 1, "")),
    "stalled stream": (Say(ending=Ending.STALLED), Expected(WAITS, "answer-lost", 1, 1, "")),
    "too large, then smaller": (
        [
            Say(status=413, problem=Problem("request_too_large", "context length exceeded")),
            Say(answer="It fits now."),
        ],
        Expected(DONE, "", 1, 2, "It fits now."),
    ),
    "too large at any size": (
        Say(status=413, problem=Problem("request_too_large", "context length exceeded")),
        Expected(FAILED, "request-too-large", 0, 3, "too large"),
    ),
    "refused": (Say(ending=Ending.FILTERED), Expected(FAILED, "answer-refused", 1, 1, "declined")),
    "truncated": (
        Say(ending=Ending.TRUNCATED, answer="A long answer. " * 60),
        Expected(DONE, "", 1, 1, "breaks off before its end"),
    ),
    "empty, then repaired": (
        [Say(raw=" "), Say(answer="Now it is right.")],
        Expected(DONE, "", 2, 2, "Now it is right."),
    ),
    "malformed, then repaired": (
        [Say(ending=Ending.MALFORMED), Say(answer="Now it is right.")],
        Expected(DONE, "", 2, 2, "Now it is right."),
    ),
    "empty twice": (Say(raw=" "), Expected(FAILED, "answer-unusable", 2, 2, "could not be used")),
    "not in the form": (
        Say(raw="Just prose, and no JSON at all."),
        Expected(DONE, "", 1, 1, "Just prose"),
    ),
    "request rejected": (
        Say(status=400, problem=Problem("invalid_request_error")),
        Expected(FAILED, "request-rejected", 0, 1, "did not accept"),
    ),
}
UNLIKE: dict[tuple[str, ProviderName], str] = {
    ("refused", ProviderName.OLLAMA): "its API knows no refusal",
    ("quota used up", ProviderName.OLLAMA): "its API has no codes: 429 is a rate limit",
}


@pytest.mark.parametrize("name", NETWORKED)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_leaves_the_note_in_this_state(
    tmp_path: Path, fault: str, name: ProviderName, draw_note: Callable[..., bytes]
) -> None:
    if (fault, name) in UNLIKE:
        pytest.skip(UNLIKE[fault, name])
    script, expected = FAULTS[fault]
    with VendorServer(script) as server:
        house = make_house(tmp_path / "house")
        house.configure_six(server.url, str(name))
        if fault == "stalled stream":
            config = house.config.read_text().replace("timeout_seconds: 30", "stall_seconds: 0.5")
            house.config.write_text(config)
        drop = house.answer("note.png", draw_note())
        asked = [request for request in server.requests if request.wire is not None]

    pages = [house.read(page) for page in house.responses()]
    paused_until = drop.not_before
    print(
        f"\n  {fault:<26} {name:<18} {drop.state:<10} {drop.reason_code:<18}"
        f" requests {len(asked)}  paid {server.calls}  pages {len(pages)}",
        end="",
    )
    assert (expected.state, expected.code) == (drop.state, drop.reason_code)
    assert (expected.paid_calls, expected.requests) == (server.calls, len(asked))
    assert bool(expected.page_says) == bool(pages)
    assert expected.page_says in " ".join(pages)
    assert expected.is_paused == bool(house.query("SELECT 1 FROM pauses"))
    if fault == "rate limit":
        assert paused_until is not None
        assert timedelta(seconds=30) < paused_until - datetime.now(UTC) < timedelta(seconds=50)

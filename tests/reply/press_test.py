"""Pages that are drawn in a child process."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from inkchat.devices import DEFAULT_DEVICE, DEVICES
from inkchat.domain import Device, Drawn, ErrorResponse, Response
from inkchat.reply import draw_error, draw_response, make_page, press
from inkchat.sandbox import ChildFailed, ChildLimits, FailureReason
from tests import drawing_cases
from tests.reply import answers

DEVICE = DEVICES[DEFAULT_DEVICE]
RESPONSES = [each for each in vars(answers).values() if isinstance(each, Response)]
ERRORS = [each for each in vars(answers).values() if isinstance(each, ErrorResponse)]


@pytest.mark.parametrize("response", RESPONSES, ids=lambda response: response.title)
def test_a_child_draws_the_same_bytes(response: Response) -> None:
    assert draw_response(response, DEVICE) == make_page(response, DEVICE).pdf


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.title)
def test_a_child_draws_the_same_error(error: ErrorResponse) -> None:
    assert draw_error(error, DEVICE) == make_page(error, DEVICE).pdf


@pytest.mark.parametrize(
    ("draw", "reason"),
    [
        (drawing_cases.die_of_an_answer, FailureReason.CRASH),
        (drawing_cases.take_memory_for_an_answer, FailureReason.MEMORY),
        (drawing_cases.spin_for_an_answer, FailureReason.PROCESSOR),
    ],
)
def test_a_drawing_that_goes_wrong_costs_only_its_child(
    draw: Callable[[Response | ErrorResponse, Device], Drawn],
    reason: FailureReason,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(press, "draw_page", draw)
    monkeypatch.setattr(press, "LIMITS", ChildLimits(512, processor_seconds=1, wall_seconds=30.0))

    with pytest.raises(ChildFailed) as caught:
        make_page(answers.LETTER, DEVICE)

    assert reason is caught.value.reason
    assert ERRORS
    assert make_page(ERRORS[0], DEVICE)


LOADED = """
import sys
from datetime import UTC, datetime
from inkchat.devices import DEFAULT_DEVICE, DEVICES
from inkchat.domain import Letterhead, Response
from inkchat.reply import make_page
head = Letterhead("conv_20261120_140512_ab12cd34", 1, "a.pdf", datetime.now(UTC))
page = make_page(Response(head, "A", "*B*", "", "en", ""), DEVICES[DEFAULT_DEVICE])
print(page.pdf[:5] == b"%PDF-", *sorted({name.split(".")[0] for name in sys.modules}))
"""


def test_the_program_itself_loads_neither_reportlab_nor_a_typeface() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    is_page, *loaded = done.stdout.split()

    assert "True" == is_page
    assert set() == {"reportlab", "markdown_it", "pymupdf_fonts", "PIL"} & set(loaded)

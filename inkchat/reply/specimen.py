"""A page that is drawn when this module is loaded, and thrown away: what it needed stays loaded.

The server that draws pages loads it once. Each child then has the usual typefaces and the widths
of their letters beforehand, and draws a page in a third of the time.
"""

from datetime import UTC, datetime

from inkchat.devices import DEFAULT_DEVICE, DEVICES
from inkchat.domain import Letterhead, Response
from inkchat.reply.response import draw_response

_ROUNDS = 10
"""Python makes a function faster that was called some eight times: a child takes a tenth less."""
_ANSWER = """\
The quick *brown* fox **jumps** over the lazy dog: “0123456789” – and again.

## How vexingly quick daft zebras jump

1. Sphinx of black quartz,
2. judge my vow.

- Pack my box with five dozen liquor jugs.

| Jackdaws | love |
|---|---|
| my big | sphinx of quartz |

> The five boxing wizards jump quickly.
"""


def draw_specimen() -> bytes:
    """A page with all that is usual on one; a face for code alone would cost each child 2 MB."""
    head = Letterhead(
        "conv_20260101_000000_00000000", 1, "specimen.pdf", datetime.now(UTC), "H4KM7P", "Ada"
    )
    response = Response(head, "A specimen", _ANSWER, "A specimen?", "en", "inkchat", ("Remark.",))
    return draw_response(response, DEVICES[DEFAULT_DEVICE])


for _ in range(_ROUNDS):
    draw_specimen()

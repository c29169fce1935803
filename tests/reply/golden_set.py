"""What the golden pictures are of: every answer on the four most different screens.

Of the machine's fonts only the one in `tests/fonts` is there, so that it looks the same anywhere.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from inkchat.devices import DEVICES
from inkchat.domain import Device, Side
from inkchat.reply import draw_digest, draw_error, draw_response
from inkchat.reply.system_fonts import surround
from tests.reply.answers import ERROR, GOLDEN
from tests.reply.digests import GARDEN

SCREENS = {
    name: DEVICES[name]
    for name in ("remarkable-2", "boox-palma", "remarkable-paper-pro", "supernote-nomad")
}
"""10.3" and grey; a phone; large and in colour; a small one with its tools at the top."""
LEFT_HANDED = replace(DEVICES["remarkable-2"], hand=Side.LEFT, toolbar=Side.RIGHT)
IN_THE_LEFT_HAND = ("letter", "nested", "recipe", "wide-table")
FONTS = Path(__file__).parents[1] / "fonts"

Drawable = TypeVar("Drawable")


def list_drawers() -> dict[str, Callable[[], bytes]]:
    """What draws each picture's pages, by the picture's name."""
    drawers: dict[str, Callable[[], bytes]] = {}
    for screen, device in SCREENS.items():
        for name, response in GOLDEN.items():
            drawers[f"{name}.{screen}"] = partial(_draw, draw_response, response, device)
        drawers[f"error.{screen}"] = partial(_draw, draw_error, ERROR, device)
        drawers[f"digest.{screen}"] = partial(_draw, draw_digest, GARDEN, device)
    for name in IN_THE_LEFT_HAND:
        drawers[f"{name}.left-handed"] = partial(_draw, draw_response, GOLDEN[name], LEFT_HANDED)
    drawers["error.left-handed"] = partial(_draw, draw_error, ERROR, LEFT_HANDED)
    return drawers


def _draw(draw: Callable[[Drawable, Device], bytes], value: Drawable, device: Device) -> bytes:
    with surround(folders=[str(FONTS)]):
        return draw(value, device)


def list_screens() -> dict[str, Device]:
    """The screens by name, the one for the left hand among them."""
    return {**SCREENS, "left-handed": LEFT_HANDED}

"""Draws `docs/response.png`, the README's picture, from a real response.

python -m scripts.draw_readme_picture
"""

from dataclasses import replace
from pathlib import Path

import pypdfium2
from PIL import Image

from inkchat.devices import DEFAULT_DEVICE, DEVICES
from inkchat.reply import draw_response
from tests.reply.answers import TABLE_AND_CODE

TARGET = Path(__file__).parents[1] / "docs" / "response.png"
SCALE = 1.6
GAP_PX = 24
DESK = 0xC8


def draw_picture() -> None:
    """Its pages side by side, as sheets on a grey desk, in 16 greys."""
    response = replace(TABLE_AND_CODE, head=replace(TABLE_AND_CODE.head, code="H4KM7P"))
    document = pypdfium2.PdfDocument(draw_response(response, DEVICES[DEFAULT_DEVICE]))
    sheets = [page.render(scale=SCALE, grayscale=True).to_pil() for page in document]
    document.close()
    width_px = sum(sheet.width + GAP_PX for sheet in sheets) + GAP_PX
    picture = Image.new("L", (width_px, sheets[0].height + 2 * GAP_PX), DESK)
    for number, sheet in enumerate(sheets):
        picture.paste(sheet, (GAP_PX + number * (sheet.width + GAP_PX), GAP_PX))
    picture.quantize(16).save(TARGET, optimize=True)


if __name__ == "__main__":
    draw_picture()

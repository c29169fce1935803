"""Draws `docs/response.png`, the README's picture, from a real response.

python -m scripts.draw_readme_picture
"""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pypdfium2
from PIL import Image

from inkchat.devices import DEFAULT_DEVICE, DEVICES
from inkchat.domain import Letterhead, Response
from inkchat.reply import draw_response

TARGET = Path(__file__).parents[1] / "docs" / "response.png"
SCALE = 1.6
GAP_PX = 24
DESK = 0xC8

ANSWER = r"""
Sunlight holds all colours. On its way through the air it meets molecules that are far smaller
than its waves, and these turn it aside, the short waves much more than the long ones: the
strength goes with the inverse *fourth power* of the wavelength,

$$I(\lambda) \propto \frac{1}{\lambda^4}$$

so that blue, at 450 nm, is scattered about **five times** as strongly as red at 680 nm. Wherever
you look, except at the sun itself, you see light that was turned aside: mostly blue.

## At sunset

The light comes in flat, and its way through the air is up to forty times as long. The blue has
gone to make somebody else’s noon.

| sun’s height | way through air | what is left |
|---|---|---|
| overhead | 1 × | white, a little yellow |
| 10° | 5.6 × | yellow |
| horizon | 38 × | orange to red |

## Why it is not violet

1. The sun gives less violet than blue.
2. Ozone, high up, takes some of it away.
3. Our eyes see violet badly, and read the mixture as blue.

```python
ratio = (680 / 450) ** 4
print(round(ratio, 1))      # 5.2
```
"""
RESPONSE = Response(
    Letterhead(
        "conv_20261120_140509_1f2e3d4c",
        2,
        "sky.pdf",
        datetime(2026, 11, 20, 14, 5, tzinfo=timezone(timedelta(hours=1))),
        "K7M3QD",
    ),
    "Why the sky is blue, and sunsets are not",
    ANSWER,
    "Why is the sky blue, and why are sunsets red? Why not violet?",
    "en",
    "claude-sonnet-5-5 · 2,352 tokens · $0.011",
)


def draw_picture() -> None:
    """Its pages side by side, as sheets on a grey desk, in 16 greys."""
    document = pypdfium2.PdfDocument(draw_response(RESPONSE, DEVICES[DEFAULT_DEVICE]))
    sheets = [page.render(scale=SCALE, grayscale=True).to_pil() for page in document]
    document.close()
    width_px = sum(sheet.width + GAP_PX for sheet in sheets) + GAP_PX
    picture = Image.new("L", (width_px, sheets[0].height + 2 * GAP_PX), DESK)
    for number, sheet in enumerate(sheets):
        picture.paste(sheet, (GAP_PX + number * (sheet.width + GAP_PX), GAP_PX))
    picture.quantize(16).save(TARGET, optimize=True)


if __name__ == "__main__":
    draw_picture()

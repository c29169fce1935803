"""Draws all pages of the golden set as thumbnails with captions, to be looked at.

python -m scripts.draw_contact_sheet FOLDER [PART_OF_A_NAME …]

Sheets for each screen go into the folder, in 16 greys; with parts of names, only what has one of
them is on it, such as `arabic` or `recipe.boox-palma`.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tests.golden import render_pages
from tests.reply.golden_set import list_drawers

SHEET_PX = (2400, 1800)
"""Width of a sheet, and how high it may be."""
SCALE = 0.8
"""Pixels per point of a thumbnail."""
GAP_PX = 16
CAPTION_PX = 22
DESK = 0xC8


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A page with its caption, and where on which sheet it stands."""

    caption: str
    picture: Image.Image
    sheet: int
    x: int
    y: int


def draw_sheets(folder: Path, wanted: Sequence[str] = ()) -> Iterator[Path]:
    """Puts PNGs into `folder`, and says where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    drawers = {
        name: draw
        for name, draw in list_drawers().items()
        if not wanted or any(part in name for part in wanted)
    }
    for screen, names in groupby(drawers, key=_name_screen):
        placed = _arrange(_draw_thumbnails({name: drawers[name] for name in names}))
        for number, thumbnails in groupby(placed, key=lambda thumbnail: thumbnail.sheet):
            path = folder / f"{screen}.{number}.png"
            _join(list(thumbnails)).save(path, optimize=True)
            yield path


def _name_screen(name: str) -> str:
    return name.rpartition(".")[2]


def _draw_thumbnails(
    drawers: Mapping[str, Callable[[], bytes]],
) -> Iterator[tuple[str, Image.Image]]:
    for name, draw in drawers.items():
        pages = render_pages(draw(), SCALE)
        for number, page in enumerate(pages, start=1):
            yield f"{name.rpartition('.')[0]} {number}/{len(pages)}", page


def _arrange(pages: Iterable[tuple[str, Image.Image]]) -> Iterator[Thumbnail]:
    """Row by row, sheet by sheet; the pages of a screen are of one size."""
    sheet, x, y = 1, GAP_PX, GAP_PX
    for caption, picture in pages:
        row_px = CAPTION_PX + picture.height + GAP_PX
        if x + picture.width + GAP_PX > SHEET_PX[0]:
            x, y = GAP_PX, y + row_px
        if y + row_px > SHEET_PX[1]:
            sheet, y = sheet + 1, GAP_PX
        yield Thumbnail(caption, picture, sheet, x, y)
        x += picture.width + GAP_PX


def _join(thumbnails: Sequence[Thumbnail]) -> Image.Image:
    last = thumbnails[-1]
    height_px = last.y + CAPTION_PX + last.picture.height + GAP_PX
    sheet = Image.new("L", (SHEET_PX[0], height_px), DESK)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(14)
    for thumbnail in thumbnails:
        pen.text((thumbnail.x, thumbnail.y), thumbnail.caption, fill=0, font=font)
        sheet.paste(thumbnail.picture, (thumbnail.x, thumbnail.y + CAPTION_PX))
    return sheet.quantize(16)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for path in draw_sheets(Path(sys.argv[1]), sys.argv[2:]):
        print(path)

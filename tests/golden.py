"""Compares a drawn page with the picture of it that somebody has looked at.

A ratio hides mistakes: one wrong letter leaves 0.99998 of a page as it was, and a blank page is
99 % like a full one. So pixels are counted, and not one may differ. Pictures are kept in 16 greys,
as many as e-ink shows: that takes a third less room than 256.
"""

import io
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops

GOLDEN = Path(__file__).parent / "golden"
FAILED = GOLDEN / "failed"
SCALE = 1.5
"""Pixels per point."""
TOLERANCE = 32
"""Grey levels, of 256, by which a pixel may differ: one of the 16."""
_STEP = 17
"""Of 256, between two of the 16."""
_GAP_PX = 8


class PicturesDiffer(AssertionError):
    """Says by how much, and where the three pictures are."""


def render_pages(pdf: bytes, scale: float = SCALE) -> list[Image.Image]:
    """The pages of `pdf` in 8-bit grey."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.render(scale=scale, grayscale=True).to_pil().convert("L") for page in document]
    finally:
        document.close()


def join_pages(pages: list[Image.Image]) -> Image.Image:
    """One picture with the pages side by side, parted by grey."""
    width = sum(page.width + _GAP_PX for page in pages) - _GAP_PX
    joined = Image.new("L", (width, max(page.height for page in pages)), 160)
    x = 0
    for page in pages:
        joined.paste(page, (x, 0))
        x += page.width + _GAP_PX
    return joined


def compare_with_golden(
    pdf: bytes, name: str, *, update: bool, golden: Path = GOLDEN, failed: Path = FAILED
) -> None:
    """Raises `PicturesDiffer` unless `pdf` looks like `golden/<name>.png`, or rewrites that."""
    got = reduce_greys(join_pages(render_pages(pdf)))
    path = golden / f"{name}.png"
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_encode(got))
        return
    if not path.exists():
        raise PicturesDiffer(f"There is no {path}: look at the page, then use --update-golden.")
    with Image.open(path) as file:
        expected = file.convert("L")
    count, difference = count_differences(got, expected)
    if count:
        places = _keep(failed, name, got=got, expected=expected, difference=difference)
        raise PicturesDiffer(f"{count} pixels of {name} differ: see {', '.join(places)}.")


def reduce_greys(picture: Image.Image) -> Image.Image:
    """Each pixel as the nearest of 16 greys."""
    return picture.point([_find_grey(value) * _STEP for value in range(256)])


def _find_grey(value: int) -> int:
    return (value + _STEP // 2) // _STEP


def count_differences(got: Image.Image, expected: Image.Image) -> tuple[int, Image.Image]:
    """How many pixels differ by more than the tolerance, and where they are, in black."""
    size = (max(got.width, expected.width), max(got.height, expected.height))
    canvases = [Image.new("L", size, 160) for _ in range(2)]
    for canvas, picture in zip(canvases, (got, expected), strict=True):
        canvas.paste(picture, (0, 0))
    raised = ImageChops.difference(*canvases).point([255 * (v > TOLERANCE) for v in range(256)])
    count = raised.histogram()[255]
    if got.size != expected.size:
        count = max(count, 1)
    return count, ImageChops.invert(raised)


def _keep(failed: Path, name: str, **pictures: Image.Image) -> list[str]:
    failed.mkdir(parents=True, exist_ok=True)
    (failed / ".gitignore").write_text("*\n")
    places = []
    for kind, picture in pictures.items():
        place = failed / f"{name}.{kind}.png"
        place.write_bytes(_encode(picture))
        places.append(str(place))
    return places


def _encode(picture: Image.Image) -> bytes:
    """PNG with half a byte for a pixel."""
    numbers = picture.point([_find_grey(value) for value in range(256)])
    palette = Image.frombytes("P", numbers.size, numbers.tobytes())
    palette.putpalette([number * _STEP for number in range(16) for _ in range(3)])
    buffer = io.BytesIO()
    palette.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from inkchat.config import Limits
from inkchat.domain import Note, NoteKind
from inkchat.errors import DamagedFile, EmptyFile, OversizedFile
from inkchat.notes import open_note
from tests.notes import hostile
from tests.notes.conftest import Open

ORIENTATION = 0x0112


def draw(mode: str = "L", size: tuple[int, int] = (300, 200)) -> Image.Image:
    """White, with a black square in the upper left corner."""
    picture = Image.new("L", size, 255)
    ImageDraw.Draw(picture).rectangle((0, 0, 59, 59), fill=0)
    return picture.convert(mode)


def save(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def picture_of(note: Note, number: int = 1) -> Image.Image:
    picture = note.pages[number - 1].picture
    assert picture is not None
    return Image.open(io.BytesIO(picture)).convert("L")


def grey_at(picture: Image.Image, x: int, y: int) -> float:
    grey = picture.getpixel((x, y))
    assert grey is not None
    assert not isinstance(grey, tuple)
    return grey


def dark_corners(picture: Image.Image) -> set[str]:
    right, lower = picture.width - 10, picture.height - 10
    corners = {"ul": (10, 10), "ur": (right, 10), "ll": (10, lower), "lr": (right, lower)}
    return {name for name, (x, y) in corners.items() if grey_at(picture, x, y) < 110}


@pytest.mark.parametrize(
    ("kind", "name"),
    [("PNG", "a.png"), ("JPEG", "a.jpg"), ("TIFF", "a.tif"), ("WEBP", "a.webp"), ("PNG", "a.pdf")],
)
def test_a_picture_is_opened_as_what_it_is(kind: str, name: str, open_file: Open) -> None:
    note = open_file(save(draw(), kind), name)

    assert note.kind is NoteKind.IMAGE
    assert (note.pages[0].width_px, note.pages[0].height_px) == (300, 200)
    assert dark_corners(picture_of(note)) == {"ul"}


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "I;16"])
def test_a_png_of_any_depth_is_read(mode: str, open_file: Open) -> None:
    deep = draw("I").point(lambda grey: grey * 257).convert("I;16")
    picture = deep if mode == "I;16" else draw(mode)

    read = picture_of(open_file(save(picture, "PNG"), "a.png"))

    assert dark_corners(read) == {"ul"}
    assert grey_at(read, 290, 190) == 255


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "F", "I"])
def test_a_tiff_of_any_colours_is_read(mode: str, open_file: Open) -> None:
    picture = draw("RGB").convert("CMYK") if mode == "CMYK" else draw("RGB")
    if mode == "F":
        picture = draw("F").point(lambda grey: grey / 255 + 0)
    elif mode == "I":
        picture = draw("I").point(lambda grey: grey * 257 + 0)
    elif mode == "LAB":
        lightness = draw()
        flat = Image.new("L", lightness.size, 128)
        picture = Image.merge("LAB", (lightness, flat, flat))

    read = picture_of(open_file(save(picture, "TIFF"), "a.tif"))

    assert dark_corners(read) == {"ul"}
    assert grey_at(read, 290, 190) > 200


def test_what_is_transparent_is_white(open_file: Open) -> None:
    clear = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    ImageDraw.Draw(clear).rectangle((0, 0, 59, 59), fill=(0, 0, 0, 255))

    assert dark_corners(picture_of(open_file(save(clear, "PNG"), "a.png"))) == {"ul"}


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, "ul"), (2, "ur"), (3, "lr"), (4, "ll"), (5, "ul"), (6, "ur"), (7, "lr"), (8, "ll")],
)
def test_a_photo_is_turned_as_its_exif_says(
    kind: str, orientation: int, corner: str, open_file: Open
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation

    note = open_file(save(draw(), kind, exif=exif), "a.jpg")

    picture = picture_of(note)
    assert dark_corners(picture) == {corner}
    assert picture.size == ((300, 200) if orientation < 5 else (200, 300))


def test_a_large_photo_is_made_smaller_and_a_small_one_is_left(open_file: Open) -> None:
    large = picture_of(open_file(save(draw(size=(4000, 3000)), "JPEG"), "a.jpg"))
    small = picture_of(open_file(save(draw(size=(64, 80)), "JPEG"), "a.jpg"))

    assert large.size == (1568, 1176)
    assert dark_corners(large) == {"ul"}
    assert small.size == (64, 80)


def test_a_very_narrow_picture_keeps_a_pixel(open_file: Open) -> None:
    narrow = Image.new("L", (20_000, 1), 0)

    assert picture_of(open_file(save(narrow, "PNG"), "a.png")).size == (1568, 1)


def test_each_page_of_a_tiff_is_a_page(open_file: Open) -> None:
    pages = [draw(), draw(size=(100, 200)), draw(size=(120, 80))]
    file = save(pages[0], "TIFF", save_all=True, append_images=pages[1:])

    note = open_file(file, "scan.tiff")

    assert [picture_of(note, n).size for n in (1, 2, 3)] == [(300, 200), (100, 200), (120, 80)]
    with pytest.raises(OversizedFile, match="more than 2 pages"):
        open_file(file, "scan.tiff", Limits(max_pages=2))


def test_a_giant_picture_is_refused_before_it_is_decoded(open_file: Open) -> None:
    with pytest.raises(OversizedFile, match="more than 60 megapixels"):
        open_file(hostile.giant_png(), "giant.png")


def test_the_limit_on_megapixels_is_exact(open_file: Open) -> None:
    limits = Limits(max_picture_megapixels=0.06)
    assert open_file(save(draw(), "PNG"), "a.png", limits).pages

    with pytest.raises(OversizedFile, match=r"more than 0\.06 megapixels"):
        open_file(save(draw(size=(301, 200)), "PNG"), "a.png", limits)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_a_truncated_picture_is_damaged(kind: str, open_file: Open) -> None:
    noise = Image.effect_noise((300, 200), 90)
    file = save(noise, kind)

    with pytest.raises(DamagedFile, match=f"is a {kind} picture, but it is damaged"):
        open_file(file[: len(file) // 2], "a.png")


def test_a_comment_that_unpacks_to_much_is_damage(open_file: Open) -> None:
    with pytest.raises(DamagedFile):
        open_file(hostile.png_text_bomb(), "a.png")


def test_a_tiff_that_contains_itself_ends(open_file: Open) -> None:
    assert len(open_file(hostile.tiff_cycle(), "a.tif").pages) == 1


def test_a_white_picture_is_empty(open_file: Open) -> None:
    with pytest.raises(EmptyFile, match="no dark stroke"):
        open_file(save(Image.new("L", (300, 200), 255), "PNG"), "a.png")


def test_broken_exif_data_does_not_cost_the_picture(open_file: Open) -> None:
    file = save(draw(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")

    assert dark_corners(picture_of(open_file(file, "a.jpg"))) == {"ul"}


def test_pages_written_on_a_tablet_are_opened(corpora: Path) -> None:
    files = sorted((corpora / "handwriting").glob("*.png"))
    for file in files:
        note = open_note(file, file.name, ".png", Limits())
        assert max(picture_of(note).size) == 1568

    assert len(files) == 4

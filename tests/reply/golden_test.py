"""Pages look as they did when somebody last looked at them."""

from pathlib import Path

import pytest
from PIL import Image

from inkchat.devices import DEVICES
from inkchat.reply import draw_response
from tests.golden import (
    GOLDEN,
    PicturesDiffer,
    compare_with_golden,
    join_pages,
    reduce_greys,
    render_pages,
)
from tests.reply.answers import make_response
from tests.reply.golden_set import list_drawers

DRAWERS = list_drawers()


@pytest.mark.parametrize("name", DRAWERS)
def test_a_page_looks_as_it_did(name: str, update_golden: bool) -> None:
    compare_with_golden(DRAWERS[name](), name, update=update_golden)


def test_each_picture_is_of_something(update_golden: bool) -> None:
    pictures = {path.stem: path for path in GOLDEN.glob("*.png")}
    unknown = sorted(pictures.keys() - DRAWERS.keys())
    if update_golden:
        for name in unknown:
            pictures[name].unlink()
        return

    assert [] == unknown
    assert 15_000_000 > sum(path.stat().st_size for path in pictures.values())


def test_one_changed_letter_is_found(tmp_path: Path) -> None:
    device = DEVICES["remarkable-2"]
    golden, failed = tmp_path / "golden", tmp_path / "failed"
    pdf = draw_response(make_response("The line has an e in it."), device)
    other = draw_response(make_response("The line has an o in it."), device)
    compare_with_golden(pdf, "line", update=True, golden=golden)

    compare_with_golden(pdf, "line", update=False, golden=golden, failed=failed)
    assert not failed.exists()
    with pytest.raises(PicturesDiffer, match=r"pixels of line differ: see .*line\.got\.png"):
        compare_with_golden(other, "line", update=False, golden=golden, failed=failed)
    assert {path.name for path in failed.glob("*.png")} == {
        "line.got.png",
        "line.expected.png",
        "line.difference.png",
    }


def test_a_page_more_is_found(tmp_path: Path) -> None:
    device = DEVICES["remarkable-2"]
    pdf = draw_response(make_response("One line."), device)
    longer = draw_response(make_response("One line.\n\n" * 40), device)
    compare_with_golden(pdf, "page", update=True, golden=tmp_path)

    with pytest.raises(PicturesDiffer, match="differ"):
        compare_with_golden(longer, "page", update=False, golden=tmp_path, failed=tmp_path / "f")


def test_a_missing_picture_is_not_a_success(tmp_path: Path) -> None:
    pdf = draw_response(make_response("One line."), DEVICES["remarkable-2"])

    with pytest.raises(PicturesDiffer, match="There is no"):
        compare_with_golden(pdf, "absent", update=False, golden=tmp_path)


def test_pages_are_rendered_in_grey_at_the_fixed_scale() -> None:
    pages = render_pages(draw_response(make_response("One line."), DEVICES["remarkable-2"]))

    assert [page.size for page in pages] == [(671, 895)]
    assert join_pages(pages).mode == "L"


def test_a_picture_is_kept_in_sixteen_greys(tmp_path: Path) -> None:
    pdf = draw_response(make_response("One line."), DEVICES["remarkable-2"])
    compare_with_golden(pdf, "line", update=True, golden=tmp_path)

    with Image.open(tmp_path / "line.png") as picture:
        kept = picture.convert("L")
    colours = kept.getcolors()
    assert colours is not None
    assert 4 < len(colours) <= 16
    drawn = join_pages(render_pages(pdf))
    assert reduce_greys(drawn).tobytes() == kept.tobytes()
    pairs = zip(drawn.tobytes(), kept.tobytes(), strict=True)
    assert max(abs(before - after) for before, after in pairs) <= 8

"""Pages look as they did when somebody last looked at them."""

from pathlib import Path

import pytest

from inkchat.devices import DEVICES
from inkchat.reply import draw_digest, draw_error, draw_response
from tests.golden import PicturesDiffer, compare_with_golden, join_pages, render_pages
from tests.reply.answers import ERROR, RESPONSES, make_response
from tests.reply.digests import GARDEN

ALL = [(name, "remarkable-2") for name in RESPONSES]
OTHERS = [
    (name, device)
    for device in ("supernote-nomad", "remarkable-paper-pro")
    for name in ("table-and-code", "nested", "wide-table")
]


@pytest.mark.parametrize(("name", "device"), [*ALL, *OTHERS])
def test_a_response_looks_as_it_did(name: str, device: str, update_golden: bool) -> None:
    pdf = draw_response(RESPONSES[name], DEVICES[device])

    compare_with_golden(pdf, f"{name}.{device}", update=update_golden)


@pytest.mark.parametrize("device", ["remarkable-2", "supernote-nomad", "remarkable-paper-pro"])
def test_an_error_looks_as_it_did(device: str, update_golden: bool) -> None:
    pdf = draw_error(ERROR, DEVICES[device])

    compare_with_golden(pdf, f"error.{device}", update=update_golden)


@pytest.mark.parametrize("device", ["remarkable-2", "supernote-nomad"])
def test_a_digest_looks_as_it_did(device: str, update_golden: bool) -> None:
    pdf = draw_digest(GARDEN, DEVICES[device])

    compare_with_golden(pdf, f"digest.{device}", update=update_golden)


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

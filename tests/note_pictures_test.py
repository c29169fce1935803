"""From a drawing in a note to the same drawing in its answer, through the whole service."""

import base64
import json
import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from inkchat.archive import purging
from inkchat.cli import main
from tests.crash_test import run_until
from tests.house import House, make_house
from tests.notes.hostile import honest_pdf, stream
from tests.reply.note_picture_test import list_shown, read_greys, render_shown
from tests.reply.reading import open_pdf, read_with_pdfium
from tests.vendors import Say, VendorServer

KILLED = -signal.SIGKILL
ENDS = b" 0 g 0 0 3 3 re f 397 497 3 3 re f"
"""Dots in two corners of a page of 400 × 500 pt: so no margin is empty."""
LEFT = stream(b"0 0 200 500 re f" + ENDS)
LOWER = stream(b"0.3333 g 0 0 400 250 re f" + ENDS)
CORNER = stream(b"0 250 200 250 re f" + ENDS)

ANSWER = """\
Your second sketch is better:

![The second sketch](note:2)

- The first has too much ink here: ![Its left half](note:1#xywh=percent:0,25,50,50)
- ![A third](note:3) is missing.
"""


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with VendorServer(Say(answer=ANSWER), judge=False) as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, vendor: VendorServer) -> House:
    return make_house(tmp_path / "house", vendor.url)


def read_response(house: House, name: str) -> bytes:
    return (house.outbox / name).read_bytes()


def check_both_are_shown(pdf: bytes) -> None:
    page, part = render_shown(pdf)
    assert [255, 255, 85, 85] == read_greys(page)
    assert [0, 0, 0, 0] == read_greys(part)
    (_, (left, bottom, right, top)), _ = list_shown(pdf)
    assert abs(400 / 500 - (right - left) / (top - bottom)) < 0.01


def test_the_answer_shows_the_pages_of_its_note(house: House, vendor: VendorServer) -> None:
    house.answer("sketch.pdf", honest_pdf(contents=(LEFT, LOWER)))

    (name,) = house.responses()
    pdf = read_response(house, name)
    check_both_are_shown(pdf)
    text = read_with_pdfium(pdf)
    assert "The second sketch" in text
    assert "Its left half" in text
    assert "[picture: A third] is missing" in text
    assert "NOTES" not in text
    assert "note:2" in json.dumps(vendor.asked[0].body)
    assert "[Page 1, picture 1]" in json.dumps(vendor.asked[0].body)


@pytest.mark.parametrize("point", ["answered", "drawn"])
def test_killed_before_it_is_delivered_the_answer_still_shows_them(
    point: str, house: House, vendor: VendorServer
) -> None:
    house.drop("sketch.pdf", honest_pdf(contents=(LEFT, LOWER)))
    assert KILLED == run_until(house, point)
    # What is to be drawn is in the database alone.
    (house.inbox / "sketch.pdf").unlink()
    house.run_once()

    (name,) = house.responses()
    check_both_are_shown(read_response(house, name))
    assert 1 == vendor.calls


def test_a_page_has_the_number_that_the_model_was_told(house: House, vendor: VendorServer) -> None:
    house.answer("sketch.pdf", honest_pdf(contents=(LOWER, LEFT)))
    house.answer("sketch.pdf", honest_pdf(contents=(LOWER, LEFT, CORNER)))

    assert "[Page 3, picture 1]" in json.dumps(vendor.asked[-1].body)
    pdf = read_response(house, house.responses()[-1])
    (picture,) = render_shown(pdf)
    assert [0, 255, 255, 255] == read_greys(picture)
    text = read_with_pdfium(pdf)
    assert "[picture: The second sketch]" in text
    assert "[picture: Its left half]" in text


def test_smaller_pictures_for_the_model_are_not_smaller_in_the_answer(
    house: House, vendor: VendorServer
) -> None:
    house.write_config(
        "active_provider: OpenAI Compatible\nOpenAI Compatible: "
        f"{{base_url: '{vendor.url}', model: m, image_long_edge_px: 512}}\n"
    )
    house.answer("sketch.pdf", honest_pdf(contents=(LEFT, LOWER)))

    pdf = read_response(house, house.responses()[0])
    check_both_are_shown(pdf)
    assert 512 < open_pdf(pdf).pages[0].images[0].image.height  # type: ignore[union-attr]


def test_a_typed_note_has_nothing_to_show(house: House, vendor: VendorServer) -> None:
    house.answer("note.txt", "Which sketch is better?")

    pdf = read_response(house, house.responses()[0])
    assert [] == list_shown(pdf)
    assert "[picture: The second sketch]" in read_with_pdfium(pdf)


def test_what_quotes_the_answer_names_the_pictures(house: House, tmp_path: Path) -> None:
    conversation = house.answer("sketch.pdf", honest_pdf(contents=(LEFT, LOWER))).conversation_id
    output = tmp_path / "digest.pdf"

    assert "![The second sketch](note:2)" in tell(house, "show", conversation or "")
    tell(house, "export", conversation or "", "--format", "pdf", "--output", str(output))
    pdf = output.read_bytes()
    assert [] == list_shown(pdf)
    assert "[picture: The second sketch]" in read_with_pdfium(pdf)


def tell(house: House, *words: str) -> str:
    called = CliRunner().invoke(main, ["--config", str(house.config), *words])
    # The command line logs to a stream that is closed by now.
    logging.basicConfig(handlers=[logging.NullHandler()], force=True)
    assert 0 == called.exit_code, called.output
    return called.stdout


def list_kept(house: House) -> list[str]:
    """The files of the database that hold a picture as it is kept until it is drawn."""
    sign = base64.b64encode(b"\x89PNG\r\n")
    return [path.name for path in house.folder.rglob("*.db*") if sign in path.read_bytes()]


def test_a_purge_leaves_nothing_of_the_pictures(house: House) -> None:
    house.drop("sketch.pdf", honest_pdf(contents=(LEFT, LOWER)))
    assert KILLED == run_until(house, "answered")
    assert [] != list_kept(house)
    house.run_once()
    (house.inbox / "sketch.pdf").unlink()

    with house.open() as (source, store):
        (drop,) = house.drops()
        plan = purging.plan_one(store, drop.conversation_id or "")
        purged = purging.purge(store, source.current().watches, plan)

    assert (1, "") == (purged.conversations, purged.remark)
    assert [] == list_kept(house)

"""What a PDF says about itself."""

import io
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.devices import DEVICES
from inkchat.reply import draw_digest, draw_error, draw_response
from inkchat.reply.metadata import NAMESPACE
from tests.reply.answers import CODE, CODED, ERROR, ESSAY, HEAD, make_response
from tests.reply.digests import GARDEN
from tests.reply.reading import open_pdf

RM2 = DEVICES["remarkable-2"]
OURS = f"{{{NAMESPACE}}}"
DC = "{http://purl.org/dc/elements/1.1/}"
XMP = "{http://ns.adobe.com/xap/1.0/}"
PDF = "{http://ns.adobe.com/pdf/1.3/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def read_xmp(pdf: bytes) -> dict[str, str]:
    """The properties, each with its text or that of its only entry."""
    stream = cast(Any, open_pdf(pdf).root_object)["/Metadata"]
    root = ElementTree.fromstring(stream.get_data())
    description = root.find(f"{RDF}RDF/{RDF}Description")
    assert description is not None
    return {each.tag: "".join(each.itertext()) for each in description}


def test_the_xmp_says_what_the_info_says() -> None:
    pdf = draw_response(replace(ESSAY, head=CODED, title="Bees & <hives>", language="pt-BR"), RM2)
    info: Any = open_pdf(pdf).metadata
    xmp = read_xmp(pdf)

    assert "Bees & <hives> · exchange 2" == info.title == xmp[f"{DC}title"]
    assert "inkchat" == info.author == xmp[f"{DC}creator"] == xmp[f"{XMP}CreatorTool"]
    assert info.subject == xmp[f"{DC}description"]
    assert info["/Producer"] == xmp[f"{PDF}Producer"]
    assert info["/Keywords"] == xmp[f"{PDF}Keywords"]
    assert "pt-BR" == xmp[f"{DC}language"]
    for key, value in (
        ("InkchatConversation", HEAD.conversation_id),
        ("InkchatExchange", "2"),
        ("InkchatCode", CODE),
    ):
        assert value == info[f"/{key}"] == xmp[f"{OURS}{key}"]


def test_both_tell_the_same_moment() -> None:
    written_at = datetime(2026, 7, 1, 0, 5, 9, 123456, timezone(timedelta(hours=-3, minutes=-30)))
    pdf = draw_response(make_response("x", head=replace(HEAD, written_at=written_at)), RM2)
    info: Any = open_pdf(pdf).metadata
    xmp = read_xmp(pdf)

    assert "2026-07-01T00:05:09-03:30" == xmp[f"{XMP}CreateDate"] == xmp[f"{XMP}ModifyDate"]
    assert datetime.fromisoformat(xmp[f"{XMP}CreateDate"]) == info.creation_date
    assert datetime(2026, 7, 1, 3, 35, 9, tzinfo=UTC) == info.modification_date


def test_other_programs_find_the_xmp() -> None:
    with pikepdf.open(io.BytesIO(draw_response(replace(ESSAY, head=CODED), RM2))) as document:
        with document.open_metadata() as metadata:
            assert ["inkchat"] == metadata["dc:creator"]
            assert metadata["dc:title"].endswith(" · exchange 2")
        # Programs that know nothing of PDF look for it, so it is not compressed.
        assert "/Filter" not in document.Root.Metadata


def test_readers_are_told_to_show_the_title() -> None:
    catalog = cast(Any, open_pdf(draw_error(ERROR, RM2)).root_object)

    assert True is catalog["/ViewerPreferences"]["/DisplayDocTitle"].value
    assert "en" == catalog["/Lang"]


def test_a_digest_and_an_answer_without_a_code_say_less() -> None:
    digest = read_xmp(draw_digest(GARDEN, RM2))
    answer = read_xmp(draw_response(make_response("x"), RM2))

    assert {f"{OURS}InkchatConversation", f"{OURS}InkchatCode"} == {
        key for key in digest if key.startswith(OURS)
    }
    assert {f"{OURS}InkchatConversation", f"{OURS}InkchatExchange"} == {
        key for key in answer if key.startswith(OURS)
    }


@given(st.text(st.characters(exclude_categories=()), max_size=60), st.text(max_size=20))
def test_any_title_makes_an_xmp_that_can_be_read(title: str, code: str) -> None:
    response = make_response("x", title, head=replace(HEAD, code=code))
    pdf = draw_response(response, RM2)
    info: Any = open_pdf(pdf).metadata

    assert info.title == read_xmp(pdf)[f"{DC}title"]


@pytest.mark.parametrize("pdf", [draw_response(ESSAY, RM2), draw_error(ERROR, RM2)])
def test_what_an_archive_asks_for_and_costs_nothing_is_there(pdf: bytes) -> None:
    reader = open_pdf(pdf)

    assert 2 == len(cast(Any, reader.trailer)["/ID"])
    assert "/Encrypt" not in reader.trailer
    for name in ("/AcroForm", "/OpenAction", "/Names", "/AA"):
        assert name not in reader.root_object
    for page in reader.pages:
        assert "/Group" not in page
        assert "/ExtGState" not in cast(Any, page)["/Resources"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Primes **forever** & $x^2$", "Primes forever & x^2"),
        ("`main.py`, _line by line_", "main.py, line by line"),
        ("[A link](https://example.org)", "A link"),
        ("2 * 3 * 4 and a_b_c", "2 * 3 * 4 and a_b_c"),
        ("$5 or $6 <now>", "$5 or $6 <now>"),
        ("***", "***"),
    ],
)
def test_a_title_stands_without_its_marks(given: str, shown: str) -> None:
    reader = open_pdf(draw_response(replace(ESSAY, title=given), RM2))
    info: Any = reader.metadata

    assert f"{shown} · exchange 2" == info.title
    assert shown in reader.pages[0].extract_text()


def test_a_heading_that_repeats_the_title_is_left_out_whatever_its_marks() -> None:
    response = replace(
        ESSAY, title="Primes **forever**", answer="# Primes *forever*\n\nThey go on."
    )
    page = open_pdf(draw_response(response, RM2)).pages[0].extract_text()

    assert 1 == page.count("Primes forever")

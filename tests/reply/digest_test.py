"""A whole conversation as one document."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pypdf
import pypdfium2
import pytest
from hypothesis import given, settings
from PIL import Image

from inkchat.devices import DEVICES
from inkchat.domain import Digest, DigestEntry
from inkchat.errors import DigestTooLong, MachineBusy
from inkchat.reply import draw_digest, make_digest, press
from inkchat.reply.exchanges import make_exchanges
from inkchat.reply.flow import Block
from inkchat.reply.limits import DIGEST_CHARACTERS, DIGEST_EXCHANGES, TITLE_CHARACTERS
from inkchat.reply.system_fonts import get_surroundings
from inkchat.reply.typography import Typography, make_typography
from inkchat.sandbox import ChildLimits
from tests import drawing_cases
from tests.golden import render_pages
from tests.reply.answers import CODE, COLOPHON, HEAD
from tests.reply.digests import GARDEN, MADE_AT, make_digest_of, make_entry
from tests.reply.markdown import MARKDOWN
from tests.reply.reading import (
    find_ink_in_margins,
    list_words,
    open_pdf,
    read_pages_with_pdfium,
    read_with_pdfium,
    squeeze,
)

RM2 = DEVICES["remarkable-2"]
NOMAD = DEVICES["supernote-nomad"]
MANY = make_digest_of(
    *(make_entry(number, f"Question number {number}", "Word. " * 150) for number in range(1, 301))
)


@pytest.fixture(scope="module")
def many() -> pypdf.PdfReader:
    """300 exchanges; drawing them takes a second or two."""
    return open_pdf(draw_digest(MANY, RM2))


HOSTILE = (
    "<para><b>&amp;</b></para> <a href='x'>| [x](y) \x00\ud800 \u202egnp.exe ```",
    "# " * 50,
    "$$ " * 500,
    "\n\n\n",
    "W" * 5_000,
    "😀" * 200,
)

TITLES = ("Soil", "What to plant before the first frost", "Why the sky is blue", "سماء")

# What it says


@pytest.mark.parametrize("device", DEVICES)
def test_nothing_stands_in_the_margins_of_any_device(device: str) -> None:
    assert [] == find_ink_in_margins(draw_digest(GARDEN, DEVICES[device]), DEVICES[device])


def test_the_first_page_says_what_it_is_a_digest_of() -> None:
    pages = open_pdf(draw_digest(GARDEN, RM2)).pages
    flat = " ".join(pages[0].extract_text().split())

    assert GARDEN.title in flat
    for part in (CODE, "digest", f"1 / {len(pages)}"):
        assert part in flat
    assert "21 NOVEMBER 2026 · SATURDAY, 13:55" in flat
    assert "5 exchanges, 2 to 6 November 2026." in flat
    assert f"write “continue: {CODE}”" in flat
    assert "Ada began in October with a heavy soil" in flat
    assert "plan of the beds.png" in flat


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ((2026, 11, 2), (2026, 11, 2), ", 2 November 2026."),
        ((2026, 11, 2), (2026, 12, 2), ", 2 November to 2 December 2026."),
        ((2025, 11, 2), (2026, 11, 2), ", 2 November 2025 to 2 November 2026."),
        (None, (2026, 11, 2), ", 2 November 2026."),
        (None, None, "2 exchanges."),
    ],
)
def test_the_days_are_said_as_short_as_can_be(
    first: tuple[int, int, int] | None, last: tuple[int, int, int] | None, said: str
) -> None:
    moments = [datetime(*day, tzinfo=UTC) if day else None for day in (first, last)]
    entries = [replace(make_entry(n), written_at=moment) for n, moment in enumerate(moments, 1)]
    page = open_pdf(draw_digest(make_digest_of(*entries), RM2)).pages[0]

    assert said in " ".join(page.extract_text().split())


def test_every_part_of_an_exchange_stands_in_its_order() -> None:
    text = " ".join(read_with_pdfium(draw_digest(GARDEN, RM2)).split())
    place = text.index("3 NOVEMBER 2026 · TUESDAY, 16:30")

    for part in (
        "2 · Does Ada’s hedge need a permit",
        "Grace · IMG_2031.jpeg",
        "Page 3 was left out",
        "WHAT I READ",
        "– asks Grace",
        "Good fences",
        "claude-sonnet-5-5 · 2,352 tokens",
        "4 NOVEMBER 2026",
        "3 · The model’s key was refused",
        "This note was not answered.",
        "did not accept the key",
    ):
        place = text.find(part, place)
        assert 0 <= place, part


def test_a_digest_without_exchanges_is_a_page() -> None:
    empty = Digest(HEAD.conversation_id, "", "", MADE_AT, ())
    reader = open_pdf(draw_digest(empty, NOMAD))
    text = reader.pages[0].extract_text()

    assert 1 == len(reader.pages)
    assert "A conversation" in text
    assert "No exchanges yet." in text
    assert "Contents" not in text
    assert "continue" not in text
    assert HEAD.conversation_id in text
    assert [] == reader.outline


def test_an_exchange_without_a_date_or_any_text_is_named_all_the_same() -> None:
    bare = DigestEntry(7, "", "", None, "", "", "", "")
    text = " ".join(read_with_pdfium(draw_digest(make_digest_of(bare), RM2)).split())

    assert "1 exchange. " in text
    assert "7 · Untitled" in text


def test_an_exchange_without_a_title_has_its_first_words() -> None:
    entry = replace(make_entry(), title=" ", transcript="## To do\nbuy " + "bread and " * 20)
    text = " ".join(read_with_pdfium(draw_digest(make_digest_of(entry), RM2)).split())

    assert re.search(r"1 · To do buy bread (and bread )+and…", text)


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ("- [x] garlic and beans", "garlic and beans"),
        ("> **Oats**, first", "Oats**, first"),
        ("3. Rye", "Rye"),
        ("3.14 is not all", "3.14 is not all"),
        ("***", "note.pdf"),
        ("W" * 80, "W" * 59 + "…"),
    ],
)
def test_first_words_are_named_without_what_marks_them(answer: str, named: str) -> None:
    entry = replace(make_entry(answer=answer), title="", transcript="")
    (outlined,) = open_pdf(draw_digest(make_digest_of(entry), RM2)).outline

    assert f"1 · {named}" == cast(Any, outlined).title


def test_long_titles_are_shortened() -> None:
    long = "word " * 200
    entry = replace(make_entry(), title=long, author=long, note_name=long, colophon=long)
    pdf = draw_digest(replace(make_digest_of(entry, title=long), attachments=(long,)), NOMAD)

    assert [] == find_ink_in_margins(pdf, NOMAD)
    information = open_pdf(pdf).metadata
    assert information is not None
    assert information.title is not None
    assert len(information.title) <= TITLE_CHARACTERS + len(" · digest")
    # Of the titles of the digest, the entry, its colophon and the file no more than their limits,
    # and what fits of the title into the head of each further page.
    again = 9 * (len(open_pdf(pdf).pages) - 1)
    assert len(re.findall("word", read_with_pdfium(pdf))) <= 4 * 32 + 3 * 12 + again


@pytest.mark.parametrize(
    ("answer", "han"),
    [("直す", "ja"), ("直 한국", "ko"), ("直", "zh-hans"), ("Straight", "zh-hans")],
)
def test_han_characters_have_the_forms_of_what_stands_among_them(
    answer: str, han: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    languages = set()

    def make(digest: Digest, typography: Typography) -> list[Block]:
        languages.add(get_surroundings().language)
        return make_exchanges(digest, typography)

    monkeypatch.setattr("inkchat.reply.digest.make_exchanges", make)
    draw_digest(make_digest_of(make_entry(answer="直"), make_entry(2, answer=answer)), RM2)

    assert {han} == languages


def test_remarks_beyond_the_limit_are_counted() -> None:
    entry = replace(make_entry(), remarks=tuple(f"Remark {n}." for n in range(30)))
    text = read_with_pdfium(draw_digest(make_digest_of(entry), RM2))

    assert "10 more remarks are left out." in text
    assert "Remark 19." in text
    assert "Remark 20." not in text


# Links, outline, numbers


def test_the_contents_lead_to_the_page_that_they_name(many: pypdf.PdfReader) -> None:
    reader = many
    texts = [page.extract_text() for page in reader.pages]
    front = next(number for number, text in enumerate(texts) if "1 · Question number 1\n" in text)
    # The last link of each page but the first leads back.
    forward = _list_links(reader, reader.pages[0])
    for page in reader.pages[1 : front + 1]:
        forward += _list_links(reader, page)[:-1]
    shown = " ".join(texts[: front + 1])
    listed = re.findall(r"Question number (\d+)\s+\d+ \w+ \d{4}\s+(\d+)", shown)

    assert [str(number) for number in range(1, 301)] == [number for number, _ in listed]
    for number, (target, (_, folio)) in enumerate(zip(forward, listed, strict=True), start=1):
        assert f"{number} · Question number {number}\n" in texts[target]
        assert target + 1 == int(folio)
        assert f"{folio} / {len(texts)}" in texts[target]


def test_every_page_after_the_first_of_the_contents_leads_back_to_it(many: pypdf.PdfReader) -> None:
    assert "Contents on page" not in many.pages[0].extract_text()
    for page in many.pages[1:30]:
        assert "Contents on page 1" in page.extract_text()
        assert 0 == _list_links(many, page)[-1]


@pytest.mark.parametrize("count", [2, 5, 6, 9, 14, 31])
@pytest.mark.parametrize("device", ["remarkable-2", "supernote-nomad", "boox-palma"])
def test_no_page_of_the_contents_is_nearly_empty(count: int, device: str) -> None:
    entries = (make_entry(number, TITLES[number % 4]) for number in range(1, count + 1))
    digest = replace(make_digest_of(*entries), summary=GARDEN.summary)
    pdf = draw_digest(digest, DEVICES[device])
    texts = read_pages_with_pdfium(pdf)
    begin = next(number for number, text in enumerate(texts) if "Contents\r" in text)
    end = next(number for number, text in enumerate(texts) if "WHAT I READ" in text)

    filled = [_measure_filled(page, device) for page in render_pages(pdf, 1.0)[begin:end]]
    # All but the last have no room for one entry more.
    assert min([0.75, *filled[:-1]]) == 0.75
    assert min([0.4, *filled]) == 0.4


def _measure_filled(page: Image.Image, device: str) -> float:
    """How much of the column stands above the end of what is drawn in it."""
    typography = make_typography(DEVICES[device])
    column = page.crop(
        (0, round(typography.top_pt), page.width, round(page.height - typography.bottom_pt))
    )
    box = column.point([255 * (grey < 200) for grey in range(256)]).getbbox()
    return box[3] / column.height if box else 0.0


@pytest.mark.parametrize(("files", "page"), [(0, 1), (12, 2)])
def test_the_contents_stand_whole_on_the_first_page_or_begin_one(files: int, page: int) -> None:
    entries = (make_entry(number) for number in range(1, 9))
    names = tuple(f"{number}.pdf" for number in range(files))
    reader = open_pdf(draw_digest(replace(make_digest_of(*entries), attachments=names), RM2))
    texts = [each.extract_text() for each in reader.pages]

    assert "Contents\n" in texts[page - 1]
    assert 8 == len(re.findall(r"A question\W+\d+ Nov 2026", texts[page - 1]))
    assert f"Contents on page {page}" in texts[page]


def test_a_single_exchange_needs_no_contents() -> None:
    reader = open_pdf(draw_digest(make_digest_of(make_entry()), RM2))

    assert 1 == len(reader.pages)
    assert "Contents" not in reader.pages[0].extract_text()
    assert ["1 · A question"] == [cast(Any, entry).title for entry in reader.outline]


def test_on_a_small_screen_the_date_stands_below_the_title() -> None:
    failed = replace(make_entry(3), is_failed=True)
    digest = make_digest_of(make_entry(1), make_entry(2), failed)
    (large, small) = (
        read_with_pdfium(draw_digest(digest, DEVICES[name])).splitlines()
        for name in ("remarkable-2", "boox-palma")
    )

    assert "1 A question 2 Nov 2026 2" in large
    assert "not answered" in large
    assert "1 A question 2" in small
    assert "2 Nov 2026" in small
    assert "4 Nov 2026 · not answered" in small


@pytest.mark.parametrize(
    ("titles", "is_mirrored"),
    [(("لماذا", "السماء", "Blue"), True), (("لماذا", "Sky", "Blue"), False)],
)
@pytest.mark.parametrize("device", ["remarkable-2", "boox-palma"])
def test_contents_that_are_read_from_the_right_begin_there(
    device: str, titles: tuple[str, ...], *, is_mirrored: bool
) -> None:
    entries = (make_entry(number, title) for number, title in enumerate(titles, start=1))
    document = pypdfium2.PdfDocument(draw_digest(make_digest_of(*entries), DEVICES[device]))
    text = document[0].get_textpage()
    found = text.search("Blue").get_next()
    left = text.get_charbox(found[0])[0] if found else 0.0
    document.close()

    assert is_mirrored is (left > DEVICES[device].page_width_pt / 2)


def test_links_show_nothing_and_are_large_enough_for_a_finger() -> None:
    reader = open_pdf(draw_digest(GARDEN, NOMAD))
    for page in reader.pages:
        for annotation in cast(Any, page).get("/Annots", ()):
            left, bottom, right, top = (float(value) for value in annotation["/Rect"])
            assert [0, 0, 0] == [int(value) for value in annotation["/Border"]]
            assert "/AP" not in annotation
            assert top - bottom >= 15
            assert right - left >= 60


def _list_links(reader: Any, page: Any) -> list[int]:
    """The pages, from 0, that the links on `page` lead to."""
    found = []
    for annotation in page.get("/Annots", ()):
        target = annotation["/Dest"]
        if isinstance(target, str):
            found.append(reader.get_destination_page_number(reader.named_destinations[target]))
        else:
            found.append(reader.get_page_number(target[0].get_object()))
    return found


def test_the_outline_has_the_contents_and_the_exchanges_alone() -> None:
    reader = open_pdf(draw_digest(GARDEN, RM2))

    assert [
        "Contents",
        "1 · What to plant before the first frost",
        "2 · Does Ada’s hedge need a permit if it is higher than a man…",
        "3 · The model’s key was refused (not answered)",
        "4 · Why the sky is blue, and sunsets are not",
        "5 · What is done so far",
    ] == [cast(Any, entry).title for entry in reader.outline]
    pages = [cast(Any, reader).get_destination_page_number(entry) for entry in reader.outline]
    texts = [page.extract_text() for page in reader.pages]
    for entry, page in zip(GARDEN.entries, pages[1:], strict=True):
        assert f"{entry.number} · {entry.title[:20]}" in texts[page]


def test_an_outline_holds_as_many_exchanges_as_a_digest() -> None:
    entries = (make_entry(n, "Q", "A") for n in range(1, DIGEST_EXCHANGES + 1))
    reader = open_pdf(draw_digest(make_digest_of(*entries), RM2))

    assert DIGEST_EXCHANGES + 1 == len(reader.outline)


@pytest.mark.parametrize("lines", range(1, 40))
def test_a_heading_never_stands_at_the_foot_of_a_page(lines: int) -> None:
    first = make_entry(1, "First", "  \n".join(["A line"] * lines))
    second = replace(make_entry(2, "Second"), transcript="One\nTwo\nThree")
    reader = open_pdf(draw_digest(make_digest_of(first, second), NOMAD))
    texts = [page.extract_text() for page in reader.pages]
    (number,) = [number for number, text in enumerate(texts) if "2 · Second" in text]

    for part in ("3 NOVEMBER 2026", "One", "Three", "An answer."):
        assert part in texts[number]
    # Where its rule stands.
    assert number == _list_links(reader, reader.pages[0])[1]


def test_who_answered_stands_below_two_lines_of_the_answer() -> None:
    has_parted = set()
    for lines in (1, 2, 3, *range(7, 18)):
        answer = "  \n".join(["A line"] * lines)
        pdf = draw_digest(make_digest_of(make_entry(1, "First", answer)), DEVICES["boox-palma"])
        counts = [text.count("A line") for text in read_pages_with_pdfium(pdf)]
        has_parted.add(len(list(filter(None, counts))) > 1)

        assert COLOPHON in read_pages_with_pdfium(pdf)[-1]
        assert min(2, lines) <= counts[-1]
    assert {True, False} == has_parted


def test_lines_along_quotations_of_two_exchanges_are_not_joined() -> None:
    quoting = [make_entry(n, f"No. {n}", "> Quoted.\n\nSaid.") for n in (1, 2)]
    pages = open_pdf(draw_digest(make_digest_of(*quoting), RM2)).pages
    drawn = b"".join(page.get_contents().get_data() for page in cast(Any, pages))

    bars = re.findall(rb"1\.3 ([\d.]+) re", drawn)
    assert 4 == len(bars)
    assert max(float(height) for height in bars) < 20


# Where it belongs


def test_the_metadata_names_the_conversation_and_no_exchange() -> None:
    information = cast(Any, open_pdf(draw_digest(GARDEN, RM2)).metadata)

    assert HEAD.conversation_id == information["/InkchatConversation"]
    assert "/InkchatExchange" not in information
    assert "The garden, and the sky above it · digest" == information.title
    assert "Digest of a conversation" == information.subject
    assert MADE_AT == information.creation_date


@pytest.mark.parametrize("device", ["remarkable-2", "supernote-nomad"])
def test_the_code_stands_on_every_page(device: str) -> None:
    for page in open_pdf(draw_digest(GARDEN, DEVICES[device])).pages:
        assert f"{CODE}\n" in page.extract_text() or f"{CODE} " in page.extract_text()


# Any conversation


def test_the_same_values_give_the_same_bytes() -> None:
    assert draw_digest(GARDEN, RM2) == draw_digest(GARDEN, RM2)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_anywhere_stays_within_the_margins(text: str) -> None:
    entry = DigestEntry(1, text, text, None, text, text, text, text, (text,), is_failed=True)
    digest = Digest(text, text, text, MADE_AT, (entry, entry), text, (text, text))

    assert [] == find_ink_in_margins(draw_digest(digest, NOMAD), NOMAD)


@settings(max_examples=60)
@given(MARKDOWN, MARKDOWN)
def test_any_markdown_is_drawn_with_all_its_words(answer: str, transcript: str) -> None:
    entry = replace(make_entry(answer=answer), title=transcript, transcript=transcript)
    pdf = draw_digest(make_digest_of(entry, entry), NOMAD)
    text = squeeze(re.sub(r"H4KM7P|digest|Contents on page 1|\d+ / \d+", "", read_with_pdfium(pdf)))

    readable = f"{answer} {transcript}".replace("&amp;", "&")
    missing = [word for word in list_words(readable) if word not in text and not word.isdigit()]
    assert [] == missing


# In a child


def test_a_child_draws_the_same_bytes() -> None:
    assert draw_digest(GARDEN, RM2) == make_digest(GARDEN, RM2)


def test_a_conversation_that_is_too_long_is_refused_in_words() -> None:
    long = make_digest_of(make_entry(answer="x" * DIGEST_CHARACTERS), make_entry(2))
    many = make_digest_of(*[make_entry()] * (DIGEST_EXCHANGES + 1))

    with pytest.raises(DigestTooLong, match=r"has 2 exchanges and 4,000,\d+ characters") as caught:
        make_digest(long, RM2)
    assert f"`inkchat show {HEAD.conversation_id}`" in caught.value.next_step
    with pytest.raises(DigestTooLong, match="has 1,001 exchanges"):
        make_digest(many, RM2)


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (drawing_cases.die_of_a_digest, "could not be drawn"),
        (drawing_cases.spin_for_a_digest, "more time or memory"),
        (drawing_cases.find_no_room_for_a_digest, "no room"),
    ],
)
def test_a_digest_whose_drawing_goes_wrong_is_told_of_in_words(
    draw: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(press, "draw_whole", draw)
    monkeypatch.setattr(press, "DIGEST_LIMITS", ChildLimits(512, 1, 30.0))

    with pytest.raises((DigestTooLong, MachineBusy), match=said):
        make_digest(GARDEN, RM2)

"""What stands on which page."""

import re

import pytest

from inkchat.devices import DEVICES
from inkchat.domain import Device
from inkchat.reply.answer import make_answer
from inkchat.reply.characters import clean_text
from inkchat.reply.figure import Figure
from inkchat.reply.listing import Listing
from inkchat.reply.ornament import Divider, Rule
from inkchat.reply.pages import PageFiller, Placed
from inkchat.reply.parts import make_head, make_transcript
from inkchat.reply.response import draw
from inkchat.reply.typography import make_typography
from tests.reply.answers import CODED, GOLDEN, make_response
from tests.reply.reading import open_pdf

RM2 = DEVICES["remarkable-2"]
PALMA = DEVICES["boox-palma"]
PALMA_LEADING_PT = make_typography(PALMA).body.leading_pt
LINE = "One line.\n\n"
FLOW = "```flow\nMix -> Bake -> Cool -> Eat\n```\n"
CHART = "```chart\ntitle: Rain\nx: [Jan, Feb, Mar]\nseries:\n  rain: [3, 5, 8]\n```\n"


def fill(answer: str, device: Device = RM2) -> list[list[Placed]]:
    typography = make_typography(device)
    blocks = make_answer(clean_text(answer), "", typography)
    return PageFiller(typography).fill(blocks)


def find_figures(pages: list[list[Placed]]) -> list[tuple[int, Placed]]:
    return [
        (number, placed)
        for number, page in enumerate(pages)
        for placed in page
        if isinstance(placed.setting, Figure)
    ]


# Rules that part


def test_a_rule_that_parts_stands_at_no_end_of_a_page() -> None:
    drawn = set()
    for lines in range(1, 40):
        pages = fill(LINE * lines + "---\n\n" + LINE * 3)
        rules = [
            (number, page.index(placed))
            for number, page in enumerate(pages)
            for placed in page
            if isinstance(placed.setting, Divider)
        ]
        drawn.add(len(rules))

        assert all(0 < place < len(pages[number]) - 1 for number, place in rules)
        assert lines + 3 == sum(len(page) for page in pages) - len(rules)
        assert rules or len(pages) > 1
    assert {0, 1} == drawn


@pytest.mark.parametrize(
    "answer", ["---", "---\n\n---", "Text.\n\n---", "***\n\nText.\n\n---\n***"]
)
def test_a_rule_that_parts_nothing_is_left_out(answer: str) -> None:
    (page,) = fill(answer)

    assert answer.count("Text") == len(page)


def test_a_rule_in_a_list_keeps_its_mark() -> None:
    (page,) = fill("- ***\n- Text.")

    assert 2 == len(page)


# Figures


@pytest.mark.parametrize("figure", [FLOW, CHART], ids=["flow", "chart"])
def test_a_figure_is_made_smaller_rather_than_leave_a_page_empty(figure: str) -> None:
    typography = make_typography(RM2)
    (_, whole) = find_figures(fill(figure))[0]
    shrunk = 0
    for lines in range(30):
        pages = fill(LINE * lines + figure)
        ((number, placed),) = find_figures(pages)
        foot_pt = placed.top_pt + placed.height_pt
        shrunk += placed.height_pt < whole.height_pt - 1

        assert foot_pt <= typography.top_pt + typography.text_height_pt + 0.1
        if number > 0 and placed is pages[number][0]:
            last = pages[number - 1][-1]
            left_pt = typography.top_pt + typography.text_height_pt - last.top_pt - last.height_pt
            assert left_pt < 0.9 * whole.height_pt
    assert shrunk > 2


def test_no_figure_is_made_so_small_only_to_save_a_page() -> None:
    sizes: list[float] = []

    def note(text: str, _: object, __: object, ___: object, size_pt: float) -> None:
        if "Bake" in text:
            sizes.append(size_pt)

    # Too long to be turned: in a lower room it only becomes smaller.
    flow = "```flow\nMix -> Bake -> Cool -> Cut -> Fill -> Wrap -> Send -> Eat\n```\n"
    for lines in range(30):
        drawn = draw(make_response(LINE * lines + flow, head=CODED), RM2)
        for page in open_pdf(drawn.pdf).pages:
            page.extract_text(visitor_text=note)

    assert 30 == len(sizes)
    assert 9 <= min(sizes) < max(sizes)


@pytest.mark.parametrize("figure", [FLOW, CHART], ids=["flow", "chart"])
@pytest.mark.parametrize("device", [RM2, PALMA], ids=lambda device: device.name)
def test_a_figure_stands_below_the_sentence_that_leads_to_it(device: Device, figure: str) -> None:
    for lines in range(25):
        pages = fill(f"{LINE * lines}It looks so:\n\n{figure}", device)
        ((number, placed),) = find_figures(pages)

        assert placed is not pages[number][0]


def test_a_figure_as_high_as_a_page_shares_it_with_its_sentence() -> None:
    pages = fill(
        re.sub(r"\A.*?(?=What it is spent on)", "", GOLDEN["chart"].answer, flags=re.S), PALMA
    )
    number, pie = find_figures(pages)[0]

    assert 0 == number
    assert "What it is spent on, as far as such readings can tell:" == pages[0][0].block.plain
    assert pie is pages[0][1]


# What was read


def test_no_line_of_what_was_read_stands_alone() -> None:
    typography = make_typography(RM2)
    read = "\n".join(f"Line {number}" for number in range(1, 6))
    parted = set()
    for lines in range(1, 40):
        blocks = make_answer(LINE * lines, "", typography)
        pages = PageFiller(typography).fill([*blocks, *make_transcript(read, "conv_1", typography)])
        counts = [sum("Line" in placed.block.plain for placed in page) for page in pages]
        parted.add(tuple(filter(None, counts)))

        assert 1 not in counts
    assert len(parted) > 1


@pytest.mark.parametrize("lead", ["**Notes on it**", "__Notes__", "In short:", "## Notes"])
def test_what_leads_to_a_list_stands_on_the_same_page(lead: str) -> None:
    ends = set()
    for lines in range(1, 30):
        pages = fill(LINE * lines + f"{lead}\n\n- one\n- two\n")
        ends.add(len(pages))
        assert lead not in {page[-1].block.plain for page in pages}
    assert {1, 2} == ends


def test_of_what_leads_to_something_the_end_stands_with_it() -> None:
    lead = "It is the word that leads to what follows, which is code. " * 3 + "This:"
    parted = 0
    for lines in range(1, 40):
        answer = LINE * lines + f"## Head\n\n{lead}\n\n```\none\ntwo\n```\n"
        pages = fill(answer, PALMA)
        placed = [(number, place) for number, page in enumerate(pages) for place in page]
        heads = [number for number, place in placed if place.block.entry]
        leads = [(number, place) for number, place in placed if place.block.plain == lead.strip()]
        codes = [number for number, place in placed if isinstance(place.setting, Listing)]
        assert [leads[0][0]] == heads
        assert [leads[-1][0]] == codes
        assert [True, False][: len(leads)] == [place.is_first for _, place in leads]
        assert all(place.height_pt >= 2 * PALMA_LEADING_PT for _, place in leads)
        parted += len(leads) == 2
    assert parted > 5


def test_a_title_has_its_rule_below_it_whatever_follows() -> None:
    cell = "word " * 70
    response = make_response(f"| a | b |\n|---|---|\n| {cell} | {cell} |\n", "A title")
    typography = make_typography(PALMA)
    blocks = [
        *make_head(response.title, typography),
        *make_answer(response.answer, "", typography),
    ]
    pages = PageFiller(typography).fill(blocks)

    assert [Rule] == [type(placed.setting) for placed in pages[0][1:2]]


def test_the_rule_below_a_title_stands_where_the_title_begins() -> None:
    typography = make_typography(RM2)
    pdfs = {
        title: draw(make_response("Yes.", title, head=CODED), RM2).pdf
        for title in ("A title", "عنوان")
    }
    rules = {}
    for title, pdf in pdfs.items():
        contents = open_pdf(pdf).pages[0].get_contents()
        assert contents is not None
        data = contents.get_data()
        (found,) = re.finditer(rb"1 0 0 1 ([\d.]+) [\d.]+ cm[^m]*?([\d.]+) 0 44 1\.1 re", data)
        rules[title] = float(found[1]) + float(found[2])

    assert pytest.approx(typography.left_pt, abs=0.1) == rules["A title"]
    right_pt = typography.width_pt - typography.right_pt - 44
    assert pytest.approx(right_pt, abs=0.1) == rules["عنوان"]

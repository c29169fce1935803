"""Tables: how wide their columns are, where they are cut, and which side they begin at."""

import io
import math

import pypdf
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from inkchat.devices import DEVICES
from inkchat.reply.blocks import BlockBuilder
from inkchat.reply.columns import fit_columns
from inkchat.reply.flow import Setting
from inkchat.reply.grid import Grid
from inkchat.reply.markdown import parse_markdown
from inkchat.reply.notes import NoteRegister
from inkchat.reply.typography import Typography, make_typography

TYPOGRAPHY = make_typography(DEVICES["remarkable-2"])
WIDTH_PT = 340.0
_WIDTHS = st.lists(st.tuples(st.floats(0, 200), st.floats(0, 600)), min_size=1, max_size=9)


def _make_table(
    head: str, *rows: str, marks: str = "-", typography: Typography = TYPOGRAPHY
) -> Grid:
    rule = "|".join([marks] * (head.count("|") + 1))
    return _read_table("\n".join(f"|{line}|" for line in (head, rule, *rows)), typography)


def _read_table(answer: str, typography: Typography = TYPOGRAPHY) -> Grid:
    blocks = BlockBuilder(parse_markdown(answer), typography, NoteRegister()).build()
    (setting,) = (block.setting for block in blocks)
    assert isinstance(setting, Grid)
    return setting


def _draw(setting: Setting, width_pt: float = WIDTH_PT) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(width_pt, 1200))
    height_pt = setting.wrap(width_pt, 0)[1]
    setting.drawOn(canvas, 0, 1200 - height_pt)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _read(setting: Setting, width_pt: float = WIDTH_PT) -> list[str]:
    """Its words in their order."""
    pdf = _draw(setting, width_pt)
    return pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split()


def _find_words(setting: Setting, *words: str) -> list[tuple[float, float]]:
    """Where each of `words` is seen: its left and its right end, in points."""
    document = pypdfium2.PdfDocument(_draw(setting))
    try:
        page = document[0].get_textpage()
        found = []
        for word in words:
            start, count = page.search(word, match_case=True).get_next()
            boxes = [page.get_charbox(number) for number in range(start, start + count)]
            found.append((min(box[0] for box in boxes), max(box[2] for box in boxes)))
        return found
    finally:
        document.close()


# Columns


@given(_WIDTHS)
def test_columns_fill_the_width_and_hold_their_words(widths_pt: list[tuple[float, float]]) -> None:
    least_pt = [min(pair) for pair in widths_pt]
    wanted_pt = [max(pair) for pair in widths_pt]
    columns_pt = fit_columns(least_pt, wanted_pt, WIDTH_PT)

    gaps_pt = 13.0 * (len(widths_pt) - 1)
    if columns_pt is None:
        assert sum(least_pt) > WIDTH_PT - gaps_pt
        return
    assert math.isclose(sum(columns_pt) + gaps_pt, WIDTH_PT)
    for column_pt, least in zip(columns_pt, least_pt, strict=True):
        assert column_pt >= least - 0.001


def test_a_word_is_as_wide_as_all_its_pieces() -> None:
    table = _make_table("a|b|c", "**Super**cali*fragi*`listic`|x|" + "word " * 20)
    ends = _find_words(table, "Super", "listic")

    assert ends[0][0] < 1
    assert ends[1][0] > ends[0][1]


def test_a_formula_in_a_cell_is_drawn_within_its_column() -> None:
    formula = r"$\frac{a+b}{c+d} + \sqrt{x^2 + y^2} = z$"
    table = _make_table("f|text", f"{formula}|{'word ' * 60}")
    left, _ = _find_words(table, "word")[0]
    plain_left, _ = _find_words(_make_table("f|text", f"x|{'word ' * 60}"), "word")[0]

    assert left > plain_left + 60


def test_columns_of_numbers_end_alike_at_the_right() -> None:
    table = _make_table("n|item|price|count", "1|apple|12.50|7", "10|pear|1.25|1,100")
    first, second = _find_words(table, "12.50", "1.25")
    few, many = _find_words(table, "7", "1,100")
    head = _find_words(table, "price")[0]

    assert math.isclose(first[1], second[1], abs_tol=1)
    assert math.isclose(first[1], head[1], abs_tol=2)
    assert few[1] > many[0] + 10
    assert _find_words(table, "10")[0][0] < 2


@pytest.mark.parametrize(
    ("rows", "marks"),
    [(("a|12.5", "b|1.25"), "-"), (("a|12", "b|about 3"), "-"), (("a|12", "b|3"), ":-")],
)
def test_other_columns_begin_at_the_left(rows: tuple[str, ...], marks: str) -> None:
    table = _make_table("item|amount", *rows, marks=marks)
    head, cell = _find_words(table, "amount", "12")

    assert math.isclose(head[0], cell[0], abs_tol=2)


def test_a_table_from_right_to_left_has_its_first_column_at_the_right() -> None:
    table = _make_table("الاسم|القيمة|abc", "أحمد|12|جيد", "ليلى|345|ممتاز")
    number, other = _find_words(table, "12", "345")
    latin = _find_words(table, "abc")[0]

    assert latin[1] < number[0]
    assert math.isclose(number[1], other[1], abs_tol=1)
    assert number[1] < WIDTH_PT - 20
    mostly_latin = _make_table("word|means|x", "book|كتاب|abc")
    assert _find_words(mostly_latin, "book")[0][0] < 1


# Heights and cuts


def test_rows_stay_whole_and_the_header_is_repeated() -> None:
    rows = [f"row{number}|{'word ' * 12}" for number in range(20)]
    rest = _make_table("head|b", *rows)
    seen: list[str] = []
    whole_pt = rest.wrap(WIDTH_PT, 0)[1]
    parts: list[Setting] = []
    while (cut := rest.cut(WIDTH_PT, 200)) is not None:
        first, rest = cut
        parts.append(first)
    parts.append(rest)
    for part in parts:
        words = _read(part)
        assert words[0] == "head"
        seen += words[2:]
        assert part.wrap(WIDTH_PT, 0)[1] <= 200

    assert len(parts) > 3
    assert [word for row in rows for word in row.replace("|", " ").split()] == seen
    assert sum(part.wrap(WIDTH_PT, 0)[1] for part in parts) > whole_pt


def test_a_row_taller_than_a_page_is_cut_between_lines() -> None:
    words = [f"w{number}" for number in range(900)]
    rest = _make_table("a|b", f"x|{' '.join(words)}", "y|z")
    seen: list[str] = []
    page_pt = TYPOGRAPHY.text_height_pt
    for _ in range(20):
        rest.wrap(WIDTH_PT, 0)
        cut = rest.cut(WIDTH_PT, page_pt)
        if cut is None:
            break
        first, rest = cut
        assert first.wrap(WIDTH_PT, 0)[1] <= page_pt
        seen += _read(first)
    seen += _read(rest)

    assert words == [word for word in seen if word[0] == "w"]
    assert seen.count("x") == seen.count("y") == 1


def test_a_table_too_wide_is_a_list_of_records_with_its_cells_as_large() -> None:
    head = "|".join(f"Heading{number}" for number in range(8))
    rows = ["|".join(f"r{row}c{column}" for column in range(8)) for row in range(3)]
    table = _make_table(head, *rows)
    words = _read(table)

    assert [
        word
        for row in rows
        for name, cell in zip(head.split("|"), row.split("|"), strict=True)
        for word in (name, cell)
    ] == words
    drawn = pypdf.PdfReader(io.BytesIO(_draw(table))).pages[0].get_contents()
    assert drawn is not None
    for type_ in (TYPOGRAPHY.choice, TYPOGRAPHY.cell):
        assert f" {type_.size_pt:g} Tf".encode() in drawn.get_data()
    first, _ = table.cut(WIDTH_PT, table.height - 30) or (table, None)
    assert len(_read(first)) == 32


def test_a_record_is_cut_only_if_it_is_higher_than_a_page() -> None:
    palma = make_typography(DEVICES["boox-palma"])
    width_pt, page_pt = palma.text_width_pt, palma.text_height_pt
    head = "|".join(f"Heading{number}" for number in range(12))
    rows = ["|".join(f"r{row}c{column}" for column in range(12)) for row in range(3)]
    rest = _make_table(head, *rows, typography=palma)
    rest.wrap(width_pt, 0)
    assert rest.lead_height_pt > page_pt / 2

    assert rest.cut(width_pt, page_pt - 100) is None
    for row in rows[:-1]:
        first, rest = rest.cut(width_pt, page_pt) or (rest, rest)
        assert row.split("|") == [word for word in _read(first, width_pt) if word[0] == "r"]
    long = _make_table(head, "|".join(["word " * 20] * 12), typography=palma)
    long.wrap(width_pt, 0)
    part, _ = long.cut(width_pt, page_pt - 100) or (None, None)
    assert part is not None
    assert part.wrap(width_pt, 0)[1] > page_pt - 200


def test_records_fill_their_pages() -> None:
    palma = make_typography(DEVICES["boox-palma"])
    head = "Z|Symbol|Name|Atomic mass|Melts at °C|Discovered"
    rest = _make_table(head, *["15|P|Phosphorus|30.974|44|ancient"] * 9, typography=palma)
    for _ in range(2):
        first, rest = rest.cut(palma.text_width_pt, palma.text_height_pt) or (rest, rest)
        words = _read(first, palma.text_width_pt)
        assert 3 == words.count("Phosphorus")
        assert "Atomic mass 30.974" in " ".join(words)


PALMA = make_typography(DEVICES["boox-palma"])
WEEKS = (
    "1|Introduction and overview of the field|Chapter 1, all sessions",
    "2|Measurement, uncertainty and how to report both|Chapters 2–3",
    "3|Experiments|Chapter 4; the appendix on randomisation",
)


def test_prose_in_narrow_columns_is_a_list_of_records_if_that_is_lower() -> None:
    table = _make_table("Week|Topic|Reading", *WEEKS, typography=PALMA)
    words = _read(table, PALMA.text_width_pt)

    assert 3 == words.count("Week") == words.count("Reading")
    assert 1 == _read(_make_table("Week|Topic|Reading", *WEEKS)).count("Week")


@pytest.mark.parametrize(
    ("head", "rows"),
    [
        ("Week|Topic", [f"{number}|{'word ' * 20}" for number in range(4)]),
        ("Item|Amount|Notes", ["Chickpeas|2 × 400 g tins|drained and rinsed"] * 5),
    ],
)
def test_columns_that_can_be_read_side_by_side_stay_there(head: str, rows: list[str]) -> None:
    table = _make_table(head, *rows, typography=PALMA)

    assert 1 == _read(table, PALMA.text_width_pt).count(head.split("|")[0])


def test_the_words_before_a_record_are_not_parted() -> None:
    head = "Method|Setup time|Best for|Strengths|Weaknesses|Verdict"
    table = _make_table(head, "Outline|none|talks|fast|hard to change|fine", typography=PALMA)

    assert "Weaknesses" in _read(table, PALMA.text_width_pt)


@pytest.mark.parametrize(("lines", "rows"), [(1, 4), (6, 5)])
def test_the_last_row_is_alone_only_if_the_one_before_it_is_high(lines: int, rows: int) -> None:
    row = "a|" + "<br>".join(["b"] * lines)
    table = _make_table("a|b", *[row] * 6, typography=PALMA)
    table.wrap(PALMA.text_width_pt, 0)
    most_pt = table.height - 5
    parts = table.cut(PALMA.text_width_pt, most_pt)

    assert parts
    assert [rows, 6 - rows] == [
        (_read(part, PALMA.text_width_pt).count("b") - 1) // lines for part in parts
    ]


def test_columns_move_together_before_they_become_records() -> None:
    nomad = make_typography(DEVICES["supernote-nomad"])
    head = "Z|Symbol|Name|Atomic mass|Melts at °C|Discovered"
    table = _make_table(head, *["15|P|Phosphorus|30.974|44|ancient"] * 9, typography=nomad)
    words = _read(table, nomad.text_width_pt)

    assert 1 == words.count("Symbol")
    assert 9 == words.count("Phosphorus")
    assert table.height < 9 * 1.3 * nomad.cell.leading_pt + 40


def test_a_mark_stays_with_what_it_is_of_in_a_narrow_column() -> None:
    rows = [*["15|P|Phosphorus|30.974|44|ancient"] * 9, "6|C|Carbon|12.011|3,550 [^1]|1789"]
    head = "Z|Symbol|Name|Atomic mass|Melts at °C|Discovered"
    nomad = make_typography(DEVICES["supernote-nomad"])
    plain = _make_table(head, *rows[:9], rows[0], typography=nomad)
    rule = "|".join(["-"] * 6)
    table = "\n".join(f"|{line}|" for line in (head, rule, *rows))
    marked = _read_table(f"{table}\n\n[^1]: Under pressure.", nomad)

    heights = [grid.wrap(nomad.text_width_pt, 0)[1] for grid in (plain, marked)]
    assert heights[0] == heights[1]


@pytest.mark.parametrize("name", ["supernote-nomad", "kobo-libra-2", "remarkable-paper-pro-move"])
def test_a_word_is_not_parted_where_the_columns_can_make_room(name: str) -> None:
    typography = make_typography(DEVICES[name])
    rows = [
        "4|`from utils import *`|hides where `log` comes from",
        "23|`assert attempts > 0`|gone under `python -O`; raise `ValueError`",
        "31|`test_retry_3`|say what it shows: `test_the_last_error_is_raised`",
    ]
    pdf = _draw(
        _make_table("line|what|why", *rows, typography=typography), typography.text_width_pt
    )
    lines = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().splitlines()

    for words in ("test_retry_3", "ValueError", "> 0", "import *"):
        assert [words] == [words for line in lines if words in line]


def test_a_formula_is_not_made_small_to_fit_a_column() -> None:
    formula = r"$\frac{a+b+c+d+e+f+g+h+q+r}{i+j+k+l+m+n+o+p}$"
    palma = make_typography(DEVICES["boox-palma"])
    table = _make_table("f|text", f"{formula}|{'consequently ' * 9}", typography=palma)
    words = _read(table, palma.text_width_pt)

    assert ["f", formula.strip("$"), "text", "consequently"] == words[:4]


def test_the_header_of_a_table_in_a_list_has_its_words_once() -> None:
    table = _read_table("- | a | b |\n  |---|---|\n  | c | d | e |")

    assert ["a", "b", "c", "d", "|", "e"] == _read(table)


def test_a_tall_formula_makes_its_row_taller_and_keeps_one_baseline() -> None:
    low = _make_table("a|b", "x|y")
    tall = _make_table("a|b", r"x|$\frac{\frac{a}{b}}{\frac{c}{d}}$")

    assert tall.wrap(WIDTH_PT, 0)[1] > low.wrap(WIDTH_PT, 0)[1] + 2

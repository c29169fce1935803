"""Lines of type: where they end, how high they are, and what is read out of them."""

import io
import math
import re
import time
from dataclasses import dataclass, replace
from itertools import pairwise

import pypdf
import pypdfium2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.breaks import BREAKS
from inkchat.reply.characters import clean_text
from inkchat.reply.fonts import Face
from inkchat.reply.lines import Line, break_lines, measure_pieces
from inkchat.reply.pieces import Fragment, Piece
from inkchat.reply.prose import Prose, cut_pieces, make_box, make_piece, make_prose, set_text
from inkchat.reply.runs import Run
from inkchat.reply.system_fonts import surround
from inkchat.reply.typography import Type

TYPE = Type(Face.SERIF, 12.0, 17.0)
WORDS = "It was the best of times, it was the worst of times, it was the age of wisdom. " * 3


@dataclass(frozen=True)
class _Square:
    """A box that draws itself black."""

    width_pt: float = 20.0
    ascent_pt: float = 8.0
    descent_pt: float = 2.0
    plain: str = "$x$"

    def write_source(self, canvas: Canvas, width_pt: float) -> str:
        return ""

    def draw(self, canvas: Canvas, x: float, y: float) -> None:
        canvas.rect(
            x,
            y - self.descent_pt,
            self.width_pt,
            self.ascent_pt + self.descent_pt,
            stroke=0,
            fill=1,
        )


def _read(line: Line) -> str:
    """The text of a line that is read from left to right."""
    return "".join(fragment.text for fragment in line.fragments)


def _list_lines(text: str, width_pt: float, language: str = "") -> list[str]:
    pieces = set_text(text, TYPE)
    return [_read(line) for line in break_lines(pieces, width_pt, language=language)]


def _draw(prose: Prose, width_pt: float = 300.0) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(width_pt + 40, 400), invariant=1)
    prose.wrap(width_pt, 0)
    prose.drawOn(canvas, 20, 380 - prose.height)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _render(pdf: bytes, scale: float = 1.0) -> Image.Image:
    document = pypdfium2.PdfDocument(pdf)
    try:
        picture: Image.Image = document[0].render(scale=scale).to_pil().convert("L")
        return picture
    finally:
        document.close()


def _read_with_pdfium(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        text: str = document[0].get_textpage().get_text_range()
        return text
    finally:
        document.close()


def _read_with_pypdf(pdf: bytes) -> str:
    return pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()


# Where lines end

_ANY = st.text(
    st.sampled_from(
        "abcdefgh   -/.,;:()«»—\u2013éaßжאבגابت١٢12日本語、。「」カーกเาำिकษ्त\u0301😀\n"
    ),
    max_size=120,
)


@settings(max_examples=400)
@given(_ANY, st.floats(20, 300))
@example("\u0915\u0e01\u093f", 21.0)
@example("1:\u0924\u0e01\u093f", 20.0)
def test_every_letter_stands_in_a_line_that_is_not_too_long(text: str, width_pt: float) -> None:
    text = clean_text(text)
    prose = make_prose(text, TYPE)
    prose.wrap(width_pt, 0)
    lines = break_lines(set_text(text, TYPE), width_pt, is_rtl=prose.is_rtl)

    assert sorted(re.sub(r"\s", "", text)) == sorted(
        re.sub(r"\s", "", "".join(_read(line) for line in lines))
    )
    for line in lines:
        assert line.width_pt <= width_pt + 0.1
        drawn_pt = sum(fragment.width_pt for fragment in line.fragments)
        if line.hyphenated:
            drawn_pt += Fragment(line.hyphenated, "-").width_pt
        assert math.isclose(line.width_pt, drawn_pt, abs_tol=0.04 * (width_pt + 40))


@given(_ANY, st.floats(20, 300))
def test_no_line_begins_or_ends_with_a_blank(text: str, width_pt: float) -> None:
    for line in _list_lines(clean_text(text).replace("\n", " "), width_pt):
        assert line == line.strip(" ")


def test_lines_are_filled() -> None:
    lines = _list_lines(WORDS, 300)

    assert " ".join(lines) == WORDS.strip()
    for line, following in pairwise(lines):
        more = f"{line} {following.split()[0]}"
        assert measure_pieces(set_text(more, TYPE))[1] > 300


@pytest.mark.parametrize(
    "text",
    [
        "Mais que dis-tu donc là ? Rien ! Et « moi » ; toi : nous ( eux ) …",
        "One word [ another ] and then – after all – a dash, yes ! No , no .",
    ],
)
def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one(text: str) -> None:
    for width_pt in range(80, 300, 3):
        lines = _list_lines(text, width_pt)
        assert " ".join(lines).replace("- ", "-") == text
        assert not any(re.match("[?!»;:)\\]–….,]", line) for line in lines), lines
        assert not any(re.search("[«(\\[]$", line) for line in lines), lines


@pytest.mark.parametrize("end", ["~160 °C", "1½ tbsp", "25 min", "3 µm", "16 GB", "5 €."])
def test_a_unit_stays_with_its_number(end: str) -> None:
    lines = [_list_lines(f"some words of {end}", width_pt) for width_pt in range(60, 160, 3)]

    assert all(found[-1].endswith(end) for found in lines)
    assert {1, 2} <= {len(found) for found in lines}


def test_a_word_that_is_no_unit_may_begin_a_line() -> None:
    assert ["for 160", "minutes"] == _list_lines("for 160 minutes", 60)


def _cut_everywhere(text: str) -> list[str]:
    """The parts of `text` between all places where a line may end."""
    ends = [0, *(found.end() for found in BREAKS.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(ends) if start < end]


def test_chinese_and_japanese_lines_keep_their_marks() -> None:
    japanese = "「は」と「が」です（例）。コーヒーを飲んだっけ、English語"
    chinese = "曰：“学而习”。《论语》，3天"

    assert "「は」|と|「が」|で|す|（例）。|コー|ヒー|を|飲|ん|だっ|け、|English|語" == "|".join(
        _cut_everywhere(japanese)
    )
    assert "曰：|“学|而|习”。|《论|语》，|3|天" == "|".join(_cut_everywhere(chinese))


def test_korean_lines_end_between_words() -> None:
    text = "한국어는 띄어쓰기가 있으므로 단어 사이에서만 줄을 바꿉니다"

    assert text.split() == [part.strip() for part in _cut_everywhere(text)]


def test_pictures_are_parted_but_not_what_they_are_joined_of() -> None:
    assert ["so ", "👍🏽", "👨\u200d👩\u200d👧!"] == _cut_everywhere("so 👍🏽👨\u200d👩\u200d👧!")


def test_thai_lines_begin_with_a_syllable() -> None:
    text = "ภาษาไทยไม่มีช่องว่างระหว่างคำเพราะฉะนั้นการตัดบรรทัดจึงต้องใช้พจนานุกรมแต่เราไม่มี"
    for width_pt in range(30, 200, 5):
        lines = _list_lines(text, width_pt)
        assert "".join(lines) == text
        # Neither a mark nor a vowel that follows its consonant.
        assert not any(re.match("[\u0e30-\u0e3a\u0e45-\u0e4e]", line) for line in lines)
        assert not any(re.search("[เแโใไ]$", line) for line in lines)


def test_words_are_broken_behind_hyphens_and_dashes_but_not_within_numbers() -> None:
    parts: set[str] = set()
    text = "a well-known e-mail 2026-11-20 and/or km/h word—word 1914–1918 -5 x"
    for width_pt in range(60, 200):
        parts |= {line.split()[-1] for line in _list_lines(text, width_pt)}

    assert {"well-", "and/", "word—"} <= parts
    assert not parts & {"e-", "2026-", "2026-11-", "km/", "1914–", "-"}


def test_a_word_wider_than_the_line_is_broken_behind_its_marks() -> None:
    address = "https://example.org/astronomy/tables/airmass?height=horizon&model=kasten"
    lines = _list_lines(f"see {address}", 110)

    assert f"see{address}" == "".join(lines)
    assert len(lines) > 3
    assert all(line[-1] in "/?&=." for line in lines[1:-1])


@pytest.mark.parametrize("language", ["", "de"])
@pytest.mark.parametrize(
    "word",
    ["Internationalization", "„Rechtsschutzversicherungsgesellschaft“,", "Вычислительная"],
)
def test_a_word_wider_than_the_line_is_parted_with_a_hyphen(word: str, language: str) -> None:
    pieces = set_text(f"The {word} there", TYPE)
    for width_pt in range(60, 80):
        lines = break_lines(pieces, width_pt, language=language)
        assert all(line.width_pt <= width_pt for line in lines)
        assert f"The{word}there" == "".join(map(_read, lines)).replace(" ", "")
        assert any(line.hyphenated for line in lines)
        for line, following in pairwise(lines):
            if _read(line) == "The" or _read(following) == "there":
                continue
            is_parted = not _read(following).startswith("there")
            assert is_parted == bool(line.hyphenated)
            letters = re.search(r"\w*$", _read(line)), re.match(r"\w*", _read(following))
            assert not is_parted or min(len(found[0]) for found in letters if found) >= 3


def test_a_title_becomes_smaller_before_a_word_of_it_is_parted() -> None:
    title = "The Internationalization of all"
    heading = Type(Face.SERIF_BOLD, 20, 24)
    heights = set()
    for width_pt in range(130, 240, 5):
        prose = make_prose(title, heading, least_pt=12.4)
        prose.wrap(width_pt, 0)
        assert 15 <= prose.type_.size_pt <= 20
        word_pt = measure_pieces(set_text("Internationalization", heading))[0]
        if 0.76 * word_pt <= width_pt:
            assert "Internationalization" in _read_with_pdfium(_draw(prose, width_pt))
            assert (prose.type_.size_pt < 20) == (word_pt > width_pt)
        else:
            assert 20 == prose.type_.size_pt
        heights.add(prose.height)

    assert len(heights) > 3


def test_the_hyphen_of_a_parted_word_is_seen_and_does_not_count_as_a_letter() -> None:
    pdf = _draw(make_prose("Internationalization", TYPE), 90)

    assert (
        "Internationalization" == re.sub("[\ufffe\u00ad]\\s*", "", _read_with_pdfium(pdf)).strip()
    )
    assert "\u00ad" in _read_with_pypdf(pdf)


def test_no_hyphen_stands_in_an_address_a_number_or_a_name_in_code() -> None:
    for text in ("example.org/internationalization", "3141592653589793", "findTheLargestNumber"):
        assert not any(line.hyphenated for line in break_lines(set_text(text, TYPE), 60))
    code = replace(make_piece(Run(Face.CODE, 1.0, "internationalization"), 11), is_code=True)
    assert not any(line.hyphenated for line in break_lines([code], 60))


def test_names_in_frames_are_parted_without_a_hyphen() -> None:
    # Coptic letters have hyphens, as all of Greek, and no packaged font.
    with surround(folders=()):
        pieces = set_text("\u03e2" * 20, TYPE)
        lines = break_lines(pieces, 300)
        pdf = _draw(make_prose("\u03e2" * 20, TYPE), 300)

    assert {Face.NAMES} == {piece.face for piece in pieces}
    assert len(lines) > 1
    assert not any(line.hyphenated for line in lines)
    assert "\u03e2" * 20 == "".join(_read_with_pdfium(pdf).split())


def test_a_last_line_is_not_one_short_word() -> None:
    ends = []
    for width_pt in range(150, 350):
        lines = _list_lines("The end of a line is seen best if it is not a", width_pt)
        ends.append(lines[-1])

    assert "a" not in ends


def test_a_mark_stays_with_its_word() -> None:
    mark = make_piece(Run(Face.SANS, 1.0, "12"), 8)
    raised = replace(mark, rise_pt=4)
    pieces = [*set_text("Some words that end ", TYPE), raised]
    for width_pt in range(50, 130):
        assert _read(break_lines(pieces, width_pt)[-1]) != "12"


def test_the_time_for_a_word_is_proportional_to_its_length() -> None:
    times = []
    for letters in (20_000, 80_000):
        start = time.process_time()
        assert letters == len("".join(_list_lines("ab" * (letters // 2), 300)))
        times.append(time.process_time() - start)

    assert times[1] < 8 * times[0] + 0.2


# Heights and cuts


def test_lines_keep_their_rhythm_whatever_font_stands_in_them() -> None:
    plain = make_prose(WORDS, TYPE)
    mixed = make_prose(WORDS.replace("times", "שלום Ω → ไทย"), TYPE)
    for prose in (plain, mixed):
        prose.wrap(200, 0)
        lines = len(break_lines(set_text(WORDS, TYPE), 200)) if prose is plain else 0
        assert prose.baseline_pt == TYPE.baseline_pt
        assert prose.height % TYPE.leading_pt == 0
        assert not lines or prose.height == lines * TYPE.leading_pt


def test_a_tall_box_gets_what_it_needs_and_no_other_line_does() -> None:
    tall = make_box(_Square(ascent_pt=30, descent_pt=20), TYPE)
    pieces = [*set_text(WORDS, TYPE), tall, *set_text(f" {WORDS}", TYPE)]
    prose = Prose(TYPE, pieces)
    prose.wrap(250, 0)
    lines = break_lines(pieces, 250)
    least_pt = len(lines) * TYPE.leading_pt

    assert least_pt + 50 - TYPE.leading_pt < prose.height < least_pt + 50
    assert prose.baseline_pt == TYPE.baseline_pt
    first, rest = prose.take(0, 2), prose.take(2, None)
    assert math.isclose(first.height + rest.height, prose.height)
    low = Prose(TYPE, [make_box(_Square(), TYPE), *set_text(" word", TYPE)])
    assert low.wrap(250, 0)[1] == TYPE.leading_pt


def test_a_box_stands_on_the_line_between_its_words() -> None:
    pieces = [*set_text("iii ", TYPE), make_box(_Square(), TYPE), *set_text(" iii", TYPE)]
    picture = _render(_draw(Prose(TYPE, pieces)))
    before_pt = measure_pieces(set_text("iii ", TYPE) + set_text("i", TYPE))[1]
    x = 20 + round(before_pt)
    baseline_y = 20 + round(TYPE.baseline_pt)

    assert picture.getpixel((x + 5, baseline_y - 4)) == 0
    assert picture.getpixel((x + 5, baseline_y - 12)) == 255
    assert picture.getpixel((x + 5, baseline_y + 5)) == 255


def test_a_box_wider_than_the_line_is_made_as_narrow() -> None:
    (line,) = break_lines([make_box(_Square(width_pt=105, ascent_pt=42), TYPE)], 100)
    picture = _render(_draw(Prose(TYPE, [make_box(_Square(width_pt=105), TYPE)]), 100))

    assert (round(line.width_pt), round(line.ascent_pt)) == (100, 40)
    assert picture.crop((122, 0, 140, 400)).getextrema() == (255, 255)


def test_a_box_that_could_not_be_read_is_shown_as_its_source() -> None:
    first = make_box(_Square(width_pt=400, plain=r"\frac{a}{b}+"), TYPE)
    second = make_box(_Square(width_pt=20, plain=""), TYPE)
    other = make_box(_Square(width_pt=30, plain="y"), TYPE)
    (line,) = break_lines([first, second, other], 110)

    assert [None, other.box] == [fragment.piece.box for fragment in line.fragments]
    assert rf"${first.text}$" == line.fragments[0].text


@pytest.mark.parametrize("height_pt", [0, 17, 33.9, 34, 60, 10_000])
def test_two_lines_stand_on_both_sides_of_a_cut(height_pt: float) -> None:
    prose = make_prose(WORDS, TYPE)
    whole_pt = prose.wrap(200, 0)[1]
    parts = prose.cut(200, height_pt)

    assert (parts is None) == (height_pt < 2 * TYPE.leading_pt)
    if parts:
        first, rest = parts
        assert first.wrap(200, 0)[1] <= max(height_pt, 34)
        assert min(first.height, rest.height) >= 2 * TYPE.leading_pt
        assert math.isclose(first.height + rest.height, whole_pt)


def test_no_part_of_a_long_paragraph_is_lost_or_cuts_a_word() -> None:
    pieces = set_text("word " * 3000, TYPE)
    parts = list(cut_pieces(pieces))
    texts = ["".join(piece.text for piece in part) for part in parts]

    assert "word " * 3000 == "".join(texts)
    assert len(parts) > 2
    assert all(text.endswith(" ") for text in texts)


# What is drawn, and what is read out of it


def test_text_from_right_to_left_begins_at_the_right() -> None:
    right = _render(_draw(make_prose("שלום", TYPE)))
    left = _render(_draw(make_prose("Hello", TYPE)))

    assert right.crop((0, 0, 200, 400)).getextrema() == (255, 255)
    assert left.crop((140, 0, 340, 400)).getextrema() == (255, 255)


@pytest.mark.parametrize(
    "text",
    [
        "هذه رسالة باللغة العربية",
        "זה משפט ארוך בעברית",
        "The word שלום means hello",
    ],
)
def test_both_readers_find_text_of_one_direction_in_its_order(text: str) -> None:
    pdf = _draw(make_prose(text, TYPE))

    assert text == _read_with_pdfium(pdf).strip()
    if text[0] != "T":
        assert text == clean_text(_read_with_pypdf(pdf)).strip()


def test_a_mixed_sentence_is_read_in_its_order() -> None:
    text = "כתבתי hello בעברית 123 היום, ו12 חתולים"
    pdf = _draw(make_prose(text, TYPE))

    assert text == _read_with_pdfium(pdf).strip()


def test_code_and_boxes_keep_their_form_among_text_from_right_to_left() -> None:
    code = Piece(Face.CODE, 11, "f(x)[0]", is_code=True)
    box = make_box(_Square(), TYPE)
    pieces = [*set_text("קוד ", TYPE), code, *set_text(" אז ", TYPE), box, *set_text(" סוף", TYPE)]
    (line,) = break_lines(pieces, 300, is_rtl=True)

    assert ["סוף", None, "אז", "f(x)[0]", "קוד"] == [
        None if part.piece.box else part.text.strip()
        for part in line.fragments
        if part.piece.box or part.text.strip()
    ]
    assert [False] == [part.is_rtl for part in line.fragments if part.piece.is_code]


def test_words_are_hyphenated_where_that_is_asked_for() -> None:
    text = "und sind wunderbare Zusammensetzungen deutscher Hauptwörter; außergewöhnlich"
    plain = make_prose(text, TYPE)
    hyphenated = Prose(TYPE, set_text(text, TYPE), hyphenation="de")

    assert text.split() == _read_with_pdfium(_draw(plain, 170)).split()
    drawn = _draw(hyphenated, 170)
    assert hyphenated.height < plain.height
    # A reader joins the word again, with a mark that is no letter or none.
    joined = re.sub("[\ufffe\u00ad]\\s*", "", _read_with_pdfium(drawn))
    assert text.split() == joined.split()
    assert "\u00ad" in _read_with_pypdf(drawn)
    assert "-" not in _read_with_pdfium(drawn)


def test_a_word_wider_than_the_line_begins_in_the_one_before_if_it_is_hyphenated() -> None:
    text = "Die Donaudampfschifffahrtsgesellschaftskapitänsmütze"

    assert "Die" == _list_lines(text, 110)[0].strip()
    assert "Die Donaudampf" == _list_lines(text, 110, "de")[0]
    assert text == "".join(_list_lines(text, 110, "de"))


def test_a_language_without_patterns_is_not_hyphenated() -> None:
    text = "Zusammensetzungen außergewöhnlicher"

    assert _list_lines(text, 130) == _list_lines(text, 130, "xx")


def test_the_grey_behind_code_and_the_line_through_a_word_are_as_wide_as_they() -> None:
    piece = make_piece(Run(Face.SERIF, 1.0, "nnnn"), 12)
    code = replace(piece, is_code=True, has_ground=True)
    struck = replace(piece, is_struck=True)
    width_pt = measure_pieces([piece])[1]
    beside = round(20 + width_pt + 4)

    greyed = _render(_draw(Prose(TYPE, [code])), 2)
    assert greyed.getpixel((round(2 * (20 + width_pt)), 2 * (20 + 5))) == 240
    assert greyed.crop((2 * beside, 0, 680, 800)).getextrema() == (255, 255)
    crossed = _render(_draw(Prose(TYPE, [struck])), 2)
    line_y = round(2 * (20 + TYPE.baseline_pt - 3))
    lightest = crossed.crop((42, line_y, 90, line_y + 1)).getextrema()[1]
    assert isinstance(lightest, float | int)
    assert lightest < 120


def test_there_is_no_grey_behind_code_without_a_ground() -> None:
    piece = make_piece(Run(Face.CODE, 1.0, "nnnn"), 12)
    pictures = [
        _render(_draw(Prose(TYPE, [replace(piece, is_code=True, has_ground=has_ground)])), 2)
        for has_ground in (True, False)
    ]

    place = (39, round(2 * (20 + TYPE.baseline_pt - 3)))
    assert [240, 255] == [picture.getpixel(place) for picture in pictures]


def test_the_same_paragraph_gives_the_same_bytes() -> None:
    assert _draw(make_prose(WORDS, TYPE)) == _draw(make_prose(WORDS, TYPE))

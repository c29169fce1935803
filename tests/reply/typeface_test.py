"""How a typeface stands in a document: small, whole, and honest about itself."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.composites import Composite, Frame, add_composites
from inkchat.reply.cutting import cut_out
from inkchat.reply.embedding import Embedded
from inkchat.reply.fonts import Face, load_font
from inkchat.reply.objects import write
from inkchat.reply.postscript import read_cids
from inkchat.reply.quadratics import convert
from inkchat.reply.runs import Run, draw_runs, split_runs, write_run
from inkchat.reply.typeface import Typeface
from tests.golden import render_pages
from tests.reply.reading import open_pdf, read_with_pdfium, read_with_pypdf

CJK = Path(__file__).parents[1] / "fonts" / "NotoSansCJKjp-Excerpt.otf"


def draw(*runs: Run) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, (400, 60), invariant=1)
    draw_runs(canvas, 20, 20, runs, 20)
    canvas.save()
    return buffer.getvalue()


def list_fonts(pdf: bytes) -> list[Any]:
    fonts = cast(Any, open_pdf(pdf).pages[0])["/Resources"]["/Font"].values()
    return [font for font in fonts if font["/Subtype"] == "/Type0"]


# Embedding


def test_only_the_letters_that_are_used_are_embedded() -> None:
    for face, text, most_bytes in (
        (Face.SERIF, "Hamburg", 4_000),
        (Face.WORLD, "سلام", 4_000),
        (Face.PICTURES, "✔★", 3_500),
        (Face.MATH, "∀∈", 3_500),
        (Face.NAMES, "🧿", 6_000),
    ):
        assert len(draw(Run(face, 1.0, text))) < most_bytes, face
    (run,) = split_runs("日本語", Face.SERIF)
    assert len(draw(run)) < 4_000


@pytest.mark.parametrize(
    ("face", "italic", "flags"),
    [
        (Face.SERIF, 0, 4),
        (Face.SERIF_ITALIC, -11, 4 | 64),
        (Face.SERIF_BOLD, 0, 4 | 1 << 18),
        (Face.CODE, 0, 4 | 1),
    ],
)
def test_a_font_says_what_it_is(face: Face, italic: float, flags: int) -> None:
    (font,) = list_fonts(draw(Run(face, 1.0, "Hx")))
    told = font["/DescendantFonts"][0]["/FontDescriptor"]
    left, bottom, right, top = (float(edge) for edge in told["/FontBBox"])

    assert italic == pytest.approx(float(told["/ItalicAngle"]), abs=1.5)
    assert flags == told["/Flags"]
    assert 600 < told["/CapHeight"] < 760
    assert left <= 0 < 500 < right
    assert bottom < -200
    assert told["/Descent"] < 0 < told["/Ascent"]
    assert 60 < told["/StemV"] < 200
    assert top >= told["/CapHeight"]


def test_widths_are_those_of_the_font() -> None:
    (font,) = list_fonts(draw(Run(Face.SERIF, 1.0, "Hi")))
    upper, upper_widths, lower, lower_widths = font["/DescendantFonts"][0]["/W"]

    assert [ord("H"), ord("i")] == [upper, lower]
    assert [load_font(Face.SERIF).measure(letter, 1000) for letter in "Hi"] == pytest.approx(
        [float(width) for width in (*upper_widths, *lower_widths)], abs=0.1
    )


def test_one_glyph_may_stand_for_several_texts() -> None:
    pdf = draw(Run(Face.PICTURES, 1.0, "✔✅✔"))

    for read in (read_with_pdfium, read_with_pypdf):
        assert "✔✅✔" == read(pdf).strip()


def test_a_second_font_begins_where_the_codes_of_one_are_used_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("inkchat.reply.embedding._MOST_CODES", 4)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, (400, 60))
    parts = [write_run(canvas, Run(Face.WORLD, 1.0, word), 20) for word in ("აბგდ", "ევზ", "აბ")]
    write(canvas, "BT 1 0 0 1 20 20 Tm " + " ".join(parts) + " ET")
    canvas.save()

    assert "აბგდევზაბ" == read_with_pypdf(buffer.getvalue()).strip()
    assert "აბგდევზაბ" == read_with_pdfium(buffer.getvalue()).strip()
    assert len(list_fonts(buffer.getvalue())) >= 2


def test_threads_shape_and_embed_the_same() -> None:
    runs = [*split_runs("Ça va, שָׁלוֹם, 日本, ☃ ∀ 🧿 हिन्दी", Face.SERIF)]
    with ThreadPoolExecutor(8) as pool:
        drawn = set(pool.map(lambda _: draw(*runs), range(40)))

    assert 1 == len(drawn)


# Shaping


def test_a_word_is_as_wide_as_its_parts_are_drawn() -> None:
    typeface = load_font(Face.SERIF)
    for text in ("AVATAR", "To be", "fi"):
        words = text.split(" ")
        blank = typeface.shape(" ").advance
        expected = sum(typeface.shape(word).advance for word in words) + blank * (len(words) - 1)
        assert expected == pytest.approx(typeface.measure(text, 1000))


def test_code_has_no_ligatures() -> None:
    assert len("->=!=") == len(load_font(Face.CODE).shape("->=!=").glyphs)


def test_letters_join_over_the_parts_that_are_shaped_at_once() -> None:
    typeface = load_font(Face.WORLD)
    for count in (255, 256, 257, 600):
        shaped = typeface.shape("ه" * count, True)
        # The first and the last have forms of their own, and all between them another.
        inner = {glyph.parts for glyph in shaped.glyphs[1:-1]}
        assert count == len(shaped.glyphs)
        assert 1 == len(inner)


@pytest.mark.parametrize(
    ("face", "words", "is_rtl"),
    [(Face.SERIF, ("AV", "VA", "To", "oT", "AA"), False), (Face.WORLD, ("بب", "با", "سب"), True)],
)
def test_a_letter_is_shaped_among_its_neighbours_whatever_was_shaped_before(
    face: Face, words: tuple[str, ...], is_rtl: bool
) -> None:
    data = load_font(face).hb_face.blob.data
    together = Typeface("together", data)
    for word in words:
        alone = Typeface("alone", data).shape(word, is_rtl)
        shaped = together.shape(word, is_rtl)

        assert (alone.glyphs, alone.advance, alone.steps) == (
            shaped.glyphs,
            shaped.advance,
            shaped.steps,
        )


def test_brackets_are_turned_round_where_they_are_read_backwards() -> None:
    shaped = load_font(Face.WORLD).shape("(ب", True)

    assert ["ب", ")"] == [glyph.text for glyph in shaped.glyphs]


def test_every_glyph_stands_for_something_and_all_of_them_for_the_text() -> None:
    typeface = load_font(Face.WORLD)
    for word in ("น้ำ", "क्षत्रिय", "श्रृंखला", "ქართული"):
        texts = [glyph.text for glyph in typeface.shape(word).glyphs]
        assert all(texts)
        assert word == "".join(texts)
    for word in ("سلام", "شَاءَ", "שָׁלוֹם"):
        texts = [glyph.text for glyph in typeface.shape(word, True).glyphs]
        assert all(texts)
        assert sorted(word) == sorted("".join(texts).replace("\ufefb", "لا"))


# Font files


def test_a_moved_mark_is_drawn_where_it_was_moved_to() -> None:
    serif = load_font(Face.SERIF)
    cut, places = cut_out(serif.hb_face, [serif.shape("H").glyphs[0].parts[0][0]])
    glyph = max(places.values())
    frame = Frame(0, -100, 900, 800, 100, 40)
    composites = [
        Composite(((glyph, 200, 300),), 0),
        Composite(((glyph, 0, 0),), 900, 0.5, frame),
        Composite((), 250),
    ]
    made = Typeface("made", add_composites(cut.blob.data, composites))

    def measure(number: int) -> tuple[int, int, int, int]:
        box = made._hb_font.get_glyph_extents(number)
        return box.x_bearing, box.y_bearing, box.width, box.height

    x, top, width, height = measure(glyph)
    first = cut.glyph_count
    assert (x + 200, top + 300, width, height) == measure(first)
    assert (0, 800, 900, -900) == measure(first + 1)
    assert [0, 900, 250] == [made.natural_advance(first + number) for number in range(3)]


def test_postscript_outlines_keep_their_form_as_parabolas() -> None:
    math = load_font(Face.MATH)
    numbers = [math.shape(sign).glyphs[0].parts[0][0] for sign in "∮∰ℵ𝔄"]
    data, places = convert(math.hb_face, numbers)
    made = Typeface("made", data)

    for number in numbers:
        before = math._hb_font.get_glyph_extents(number)
        after = made._hb_font.get_glyph_extents(places[number])
        assert math.natural_advance(number) == made.natural_advance(places[number])
        for side in ("x_bearing", "y_bearing", "width", "height"):
            # A control of a parabola may lie where the outline does not reach.
            assert abs(getattr(before, side) - getattr(after, side)) <= 12


def test_a_document_knows_glyphs_by_the_numbers_that_the_font_gives_them() -> None:
    typeface = Typeface("cjk", CJK.read_bytes())
    assert typeface.cids is not None
    # Cut out of a larger one, whose numbers it keeps.
    assert typeface.cids != list(range(len(typeface.cids)))
    cut, places = cut_out(typeface.hb_face, [5, 9])
    again = read_cids(cut.reference_table("CFF ").data)
    assert again is not None
    assert [typeface.cids[5], typeface.cids[9]] == [again[places[5]], again[places[9]]]

    (run,) = split_runs("日本語", Face.SERIF)
    picture = render_pages(draw(run), 2.0)[0].convert("L")
    assert picture.point(lambda value: 255 if value < 128 else 0).getbbox() is not None


def test_an_embedded_typeface_has_a_code_for_each_text() -> None:
    serif = load_font(Face.SERIF)
    embedded = Embedded(serif, "F1")
    glyphs = [serif.shape(text).glyphs[0] for text in ("a", "\u2013", "b", "fi", "a", "\u2013")]
    hyphen = replace(serif.shape("-").glyphs[0], text="\u00ad")

    assert [0x61, 0x800, 0x62, 0x801, 0x61, 0x800] == [embedded.encode(one) for one in glyphs]
    assert embedded.encode(hyphen) != embedded.encode(serif.shape("-").glyphs[0])


def test_a_word_is_written_alike_in_every_document_if_its_letters_stand_for_themselves() -> None:
    for face in (Face.SERIF, Face.SANS_BOLD, Face.CODE, Face.WORLD):
        for word in ("bread", "Ёж", "Ünrüh", "Γάλα", "f(x)=2"):
            shaped = load_font(face).shape(word)
            one, other = Embedded(load_font(face), "F1"), Embedded(load_font(face), "F2")
            other.write_words(["–fi", "…", word[::-1]], 10)

            assert shaped.plain
            assert [shaped.plain] == one.write_words([word], 10) == other.write_words([word], 12)
            assert one.write(shaped, 10).replace("><", "") == shaped.plain
    assert not load_font(Face.SERIF).shape("first").plain
    assert not load_font(Face.SERIF).shape("don’t").plain
    assert not load_font(Face.NAMES).shape("a").plain

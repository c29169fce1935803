"""Which font draws which character, what is drawn where none has it, and what is copied."""

import io
import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.characters import clean_text
from inkchat.reply.font_files import SystemFace
from inkchat.reply.fonts import Face, load_font
from inkchat.reply.nameplates import name_sign
from inkchat.reply.runs import Run, draw_runs, measure_runs, split_runs
from inkchat.reply.system_fonts import surround
from tests.golden import render_pages
from tests.reply.reading import open_pdf, read_with_pdfium, read_with_pypdf

WORDS = {
    "Latin": "office, Ænigma, naïve, x̂ and é̂",
    "Greek": "Ἑλληνική γλῶσσα",
    "Cyrillic": "Съешь же ещё булок",
    "Arabic": "السلام عليكم ورحمة الله",
    "vowels of Arabic": "بِسْمِ اللَّهِ الرَّحْمَٰنِ الرَّحِيمِ",
    "more vowels": "لَا إِلٰهَ هٰذِهِ شَاءَ مُحَمَّدٌ",
    "Persian": "می‌خواهم پژوهش کنم",
    "Urdu": "نستعلیق اردو ہے ٹڈڑ",
    "Hebrew": "שלום עולם",
    "points of Hebrew": "שָׁלוֹם עִבְרִית לַיְלָה טוֹב",
    "Thai": "ทำ น้ำ เก่ง ที่นี่",
    "Devanagari": "दुनिया हिन्दी क्षत्रिय श्रृंखला विद्यार्थियों",
    "Georgian": "ქართული ენა",
    "Japanese": "日本語の文法、食べる。",
    "Chinese": "你好，世界",
    "Korean": "한국어",
    "signs": "✓ ✔ ✖ ★ ☑ → ⇒ ∀x∈ℝ ∑ 𝄞 ♩ ① 👍 ✅ ❌",
    "emoji": "a 🎉 🧿 b 👨‍👩‍👧 🇩🇪",
    "no font": "বাংলা தமிழ் \ue000 \U0002ffff",
}
READERS = {"pdfium": read_with_pdfium, "pypdf": read_with_pypdf}


def draw(text: str, face: Face = Face.SERIF) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, (1600, 60), invariant=1)
    draw_runs(canvas, 20, 20, split_runs(clean_text(text), face), 20)
    canvas.save()
    return buffer.getvalue()


def fold(text: str) -> str:
    """In Unicode's compatible form, without what is never seen."""
    return re.sub("[\u200b-\u200d\ufeff]", "", unicodedata.normalize("NFKC", text)).strip()


# Copying


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("face", [Face.SERIF, Face.SANS_BOLD, Face.SERIF_ITALIC, Face.CODE])
@pytest.mark.parametrize("script", WORDS)
def test_words_are_copied_as_they_were_written(script: str, face: Face, reader: str) -> None:
    text = WORDS[script]

    assert fold(text) == fold(READERS[reader](draw(text, face)))


def test_brackets_and_digits_among_arabic_are_copied_by_what_browsers_have() -> None:
    text = "(سلام) و [123] كلمة"

    assert text == read_with_pdfium(draw(text)).strip()


# Choice


@pytest.mark.parametrize(
    ("character", "face"),
    [
        ("a", Face.SERIF),
        ("ж", Face.SERIF),
        ("ế", Face.SERIF),
        ("ا", Face.WORLD),
        ("א", Face.WORLD),
        ("ไ", Face.WORLD),
        ("ქ", Face.WORLD),
        ("हि", Face.WORLD),
        ("⇒", Face.MATH),
        ("①", Face.SIGNS),
        ("♞", Face.PICTURES),
        ("✅", Face.PICTURES),
        ("𝄞", Face.MUSIC),
        ("📌", Face.PICTURES),
        ("🧿", Face.NAMES),
    ],
)
def test_each_character_has_its_font(character: str, face: Face) -> None:
    assert [face] == [run.face for run in split_runs(character, Face.SERIF)]


@pytest.mark.parametrize(
    ("face", "world"),
    [
        (Face.SERIF_BOLD, Face.WORLD_BOLD),
        (Face.SERIF_ITALIC, Face.WORLD_ITALIC),
        (Face.SERIF_BOLD_ITALIC, Face.WORLD_BOLD_ITALIC),
        (Face.CODE, Face.WORLD),
    ],
)
def test_emphasis_is_kept_in_every_script(face: Face, world: Face) -> None:
    for word in ("سلام", "שלום", "ไทย", "ქართული", "हिन्दी"):
        assert [world] == [run.face for run in split_runs(word, face)]


def test_a_mark_is_drawn_in_the_font_of_its_letter() -> None:
    assert ["שָׁ"] == [run.text for run in split_runs("שָׁ", Face.SERIF)]
    # The serif has x, and no such mark.
    (run,) = split_runs("x\u0305", Face.SERIF)
    assert run.face is Face.SANS


def test_a_sentence_of_another_script_is_one_run() -> None:
    runs = split_runs("السلام، عليكم (يا أحمد) a", Face.SERIF)

    assert ["السلام، عليكم (يا أحمد) ", "a"] == [run.text for run in runs]
    assert [Face.WORLD, Face.SERIF] == [run.face for run in runs]


@pytest.mark.parametrize("text", ["25 نوفمبر 2026.", "שלום 12, 3.", "(7) كتاب"])
def test_digits_and_signs_beside_arabic_or_hebrew_have_their_face(text: str) -> None:
    assert [(Face.WORLD, text)] == [(run.face, run.text) for run in split_runs(text, Face.SERIF)]


def test_digits_in_code_are_of_its_own_face() -> None:
    runs = split_runs("12 שלום", Face.CODE)

    assert [Face.CODE, Face.WORLD] == [run.face for run in runs]


def test_no_run_is_of_blanks_alone() -> None:
    # PDFium would pass over it, and join the words around it.
    for text in (" हिन्दी", "हिन्दी ", "सही ✔ 日本 🧿 ❌ ", " 🧿"):
        assert [] == [run for run in split_runs(text, Face.SERIF) if run.text.isspace()]


def test_what_has_all_characters_is_one_run() -> None:
    assert [Run(Face.SERIF, 1.0, "Añb – ж")] == split_runs("Añb – ж", Face.SERIF)
    assert [] == split_runs("", Face.SERIF)


# The machine's fonts


def test_chinese_japanese_and_korean_come_from_a_font_of_the_machine() -> None:
    for word in ("日本語", "かな", "你好", "한국어"):
        (run,) = split_runs(word, Face.SERIF)
        assert isinstance(run.face, SystemFace)
        assert "Noto Sans CJK JP" == run.face.family


def test_without_such_a_font_each_character_is_named() -> None:
    with surround(folders=()):
        (run,) = split_runs("日本", Face.SERIF)
        assert Face.NAMES is run.face
        assert "日本" == fold(read_with_pdfium(draw("日本")))


def test_no_blank_beside_a_named_character_is_named() -> None:
    with surround(folders=()):
        named = "".join(
            run.text
            for run in split_runs("\u00a0日\u00a0本 a", Face.SERIF)
            if run.face is Face.NAMES
        )
        assert "日本 " == named


def test_private_characters_are_named_and_not_looked_for() -> None:
    assert {Face.NAMES} == {run.face for run in split_runs("\ue000\ufdd0\U0010ffff", Face.SERIF)}


# Names


@pytest.mark.parametrize(
    ("sign", "name"),
    [
        ("🧿", "NAZAR AMULET"),
        ("中", "U+4E2D"),
        ("\ue000", "U+E000"),
        ("👨‍👩‍👧", "MAN WOMAN GIRL"),
        ("👍🏽", "THUMBS UP SIGN"),
        ("🇩🇪", "DE"),
        ("😄", "SMILING FACE WITH O…"),
        ("বা", "BENGALI BA"),
        ("\u0300", "COMBINING GRAVE ACC…"),
        ("🏽", "EMOJI MODIFIER FITZ…"),
    ],
)
def test_a_sign_that_no_font_has_is_named(sign: str, name: str) -> None:
    assert name == name_sign(sign)


def test_a_name_stands_in_a_frame_that_is_seen() -> None:
    (picture,) = render_pages(draw("🧿"), 4.0)
    box = picture.convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()
    assert box is not None
    left, top, right, bottom = box
    width_pt, height_pt = (right - left) / 4, (bottom - top) / 4
    assert abs(width_pt - (measure_runs([Run(Face.NAMES, 1.0, "🧿")], 20) - 2)) < 0.6
    assert abs(height_pt - 0.782 * 20) < 0.6
    # Above the capitals of the name is the line of the frame alone.
    line = picture.convert("L").crop((left + 20, top + 2, right - 20, top + 3))
    assert b"" == bytes(value for value in line.tobytes() if value >= 128)


def test_a_likeness_is_drawn_for_what_it_stands_for() -> None:
    assert (
        render_pages(draw("✔ ✖"), 2.0)[0].tobytes() == render_pages(draw("✅ ❌"), 2.0)[0].tobytes()
    )
    assert "✅ ❌" == fold(read_with_pypdf(draw("✅ ❌")))


# Measure


@pytest.mark.parametrize("script", WORDS)
def test_what_is_drawn_is_as_wide_as_it_measures(script: str) -> None:
    text = clean_text(WORDS[script])
    # Something that ends where it is drawn to end, and on either side.
    text = f"H{text}H"
    (picture,) = render_pages(draw(text), 2.0)
    box = picture.convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()
    assert box is not None

    end_pt = 20 + measure_runs(split_runs(text, Face.SERIF), 20)
    assert abs(box[2] / 2 - end_pt) < 1.5


def test_letterspace_does_not_part_a_word_for_who_copies_it() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, (300, 60))
    draw_runs(canvas, 20, 20, split_runs("WAV1TA", Face.SERIF_BOLD), 11.6, 1.16)
    canvas.save()

    for read in READERS.values():
        assert "WAV1TA" == read(buffer.getvalue()).strip()


def test_the_same_text_gives_the_same_bytes() -> None:
    for text in WORDS.values():
        assert draw(text) == draw(text)


# Any text


@settings(max_examples=150)
@given(st.text(max_size=60), st.sampled_from(Face))
def test_any_text_is_drawn(text: str, face: Face) -> None:
    if face not in (Face.SERIF, Face.SANS_ITALIC, Face.CODE):
        face = Face.SERIF
    runs = split_runs(clean_text(text).replace("\n", " ").replace("\t", " "), face)
    shown = "".join(run.text for run in runs)

    assert measure_runs(runs, 10) >= 0
    assert len(open_pdf(draw(shown, face)).pages) == 1
    assert fold(clean_text(text).replace("\n", " ").replace("\t", " ")) == fold(shown)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "س" * 100_000,
        "क्" * 50_000,
        "a" + "\u0301" * 10_000,
        "م" + "\u064e" * 10_000,
        "ש" + "\u05b8" * 10_000,
        "\u200d\u200c" * 50_000,
        "\ud800\udfff" * 20_000,
        "🧿" * 20_000,
        "".join(chr(code) for code in range(0xE000, 0xF000)),
    ],
    ids=lambda text: ascii(text[:2]),
)
def test_hostile_text_is_drawn_in_bounded_time(text: str) -> None:
    start = time.process_time()

    assert draw(text)
    assert time.process_time() - start < 5


def test_every_face_has_what_it_is_there_for() -> None:
    for face in Face:
        assert load_font(face).characters

"""What holds for any answer on any screen, and is measured in what is drawn."""

import hashlib
import io
import subprocess
import sys
import unicodedata
from dataclasses import dataclass, replace

import pypdfium2
import pypdfium2.raw as pdfium_c
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from inkchat.domain import Device, Side
from inkchat.reply import draw_response
from tests.reply.answers import CODED, GOLDEN, make_response
from tests.reply.copying_test import list_words
from tests.reply.golden_set import LEFT_HANDED, SCREENS, list_drawers, list_screens
from tests.reply.markdown import MARKDOWN
from tests.reply.reading import find_ink_in_margins, read_with_pdfium

DRAWERS = list_drawers()

# What a model might write

_WORDS = [
    *("answer", "Straße", "naïve", "office", "fjord", "Ελλάδα", "λόγος", "привет", "мир"),
    *("გამარჯობა", "ประเทศ", "सत्य", "क्षमा", "नमस्ते", "سلام", "كتاب", "שלום", "ספר"),
    *("12", "3,141", "x²", "½", "№"),
]
"""Of the scripts whose letters are drawn by the fonts of the packages."""
_ODD = [
    *("\x00", "\x07", "\ud800", "\udfff", "\u200b", "\u200d", "\u202e", "\u2066", "\ufeff"),
    *(
        "\ufffe",
        "\ue000",
        "\u00ad",
        "😀",
        "👍🏽",
        "👨\u200d👩\u200d👧",
        "🇩🇪",
        "❤️",
        "✅",
        "→",
        "∑",
        "𝄞",
    ),
    *("𓀀", "今日", "한국", "﷽", "ﬃ", "ก็้", "e\u0301\u0323\u0308", "a\u0300\u0301\u0302\u0303"),
    *("<b>", "</p>", "&amp;", "&#0;", "<!--", "$", "$$", "\\(", "\\]", "`", "```", "|", "*", "_"),
    *("~~", "[", "]", "![", "](", "[^1]", "http://a.b/c?d=e&f=g"),
]
_words = st.sampled_from(_WORDS)
_pieces = st.one_of(_words, _words, st.sampled_from(_ODD))
_lines = st.lists(_pieces, min_size=1, max_size=8).map(" ".join)
_formulas = st.sampled_from(
    (
        r"\frac{a}{b}",
        r"x^{2^{2^{2}}}",
        r"\sum_{n=1}^\infty \frac{1}{n^2}",
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
        r"\frac{1}{2",
        r"\unknown{x}",
        " + ".join(f"x_{{{n}}}" for n in range(40)),
        "",
    )
)
_figures = st.sampled_from(
    (
        "chart\ntype: bar\nx: [a, b]\nseries:\n  s: [1, 2]",
        "chart\ntype: pie\nseries:\n  a: 1\n  b: -2",
        "chart\ntype: line\nx: [1, 2]\nseries:\n  s: [.nan, .inf]",
        "chart\n{",
        "flow\na -> b: yes\nb -> a\nb -> c",
        "flow\na -> a",
        "mermaid\ngraph TD\n A-->B",
        "math\n\\int_0^1 x\\,dx",
    )
)


def _indent(text: str) -> str:
    return text.replace("\n", "\n  ")


def _make_table(rows: list[list[str]]) -> str:
    width = max(map(len, rows))
    head, *body = [row + [""] * (width - len(row)) for row in rows]
    lines = [head, ["---", ":-:", "--:"][: min(width, 3)] + ["---"] * (width - 3), *body]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


_leaves = st.one_of(
    _lines,
    st.builds("{} {}".format, st.integers(1, 6).map("#".__mul__), _lines),
    st.builds("*{}* **{}** ~~{}~~ `{}`".format, _words, _words, _words, _lines),
    st.builds("[{}](https://{}.example 't') ![{}](a.png)[^1]".format, _lines, _words, _words),
    st.builds("$`{}`$ ${}$ \\({}\\)".format, _words, _formulas, _formulas),
    st.builds("$$\n{}\n$$".format, _formulas),
    st.builds("```python\n{}\n```".format, _lines),
    st.builds("```{}\n```".format, _figures),
    st.builds("{}\n: {}\n: {}".format, _words, _lines, _lines),
    st.builds("[^1]: {}".format, _lines),
    st.builds("<div>{}</div>".format, _lines),
    st.just("---"),
    st.lists(st.lists(_lines, min_size=1, max_size=7), min_size=1, max_size=5).map(_make_table),
)
_blocks = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(
            lambda parts: "\n".join(f"- {_indent(part)}" for part in parts)
        ),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda parts: "\n".join(f"{n}. [ ] {_indent(p)}" for n, p in enumerate(parts, 9))
        ),
        inner.map(lambda part: "> " + part.replace("\n", "\n> ")),
    ),
    max_leaves=6,
)
ANSWERS = st.lists(_blocks, max_size=5).map("\n\n".join)
ANY_TEXT = st.text(st.characters(codec=None), max_size=200)
DEVICES = st.sampled_from([*SCREENS.values(), LEFT_HANDED])


# Not made smaller when it fails: that takes minutes.
@settings(phases=[Phase.explicit, Phase.generate])
@given(ANSWERS, DEVICES)
def test_any_answer_is_drawn_with_all_its_words(answer: str, device: Device) -> None:
    text = read_with_pdfium(draw_response(make_response(answer, head=CODED), device))

    letters = "".join(list_words(text))
    # What is within a formula is drawn as one.
    said = [word for word in _WORDS if word in answer]
    assert [] == [word for word in said if not _is_among(_join(word), letters, answer)]


def _is_among(word: str, letters: str, answer: str) -> bool:
    """Whether it is there, in one piece or parted at the end of a line.

    In a line of mixed direction, the end of a word's line is not where it is copied.
    """
    if word in letters:
        return True
    is_mixed = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in answer)
    return is_mixed and any(
        word[:end] in letters and word[end:] in letters for end in range(1, len(word))
    )


def _join(word: str) -> str:
    return "".join(list_words(word))


@settings(max_examples=40)
@given(_lines, ANY_TEXT, DEVICES)
def test_any_text_may_stand_anywhere(line: str, text: str, device: Device) -> None:
    places = {
        "transcript": f"{line}\n{text}",
        "colophon": text,
        "language": text,
        "remarks": (line, text),
        "leads_with_transcript": len(text) % 2 == 0,
    }
    pdf = draw_response(make_response(text, line + text, head=CODED, **places), device)  # type: ignore[arg-type]

    assert [] == find_ink_in_margins(pdf, device)
    assert [] == find_overlaps(pdf)


# Where it may be drawn


@pytest.mark.parametrize("name", DRAWERS)
def test_nothing_is_drawn_outside_the_safe_area(name: str) -> None:
    device = list_screens()[name.rpartition(".")[2]]

    assert [] == find_ink_in_margins(DRAWERS[name](), device)


# Not made smaller when it fails: that takes minutes.
@settings(max_examples=40, phases=[Phase.explicit, Phase.generate])
@given(st.one_of(ANSWERS, MARKDOWN), DEVICES)
def test_any_answer_stays_within_the_safe_area(answer: str, device: Device) -> None:
    pdf = draw_response(make_response(answer, answer, head=CODED, transcript=answer), device)

    assert [] == find_ink_in_margins(pdf, device)


def test_the_judge_finds_ink_where_the_tools_lie() -> None:
    device = SCREENS["remarkable-2"]
    pdf = draw_response(GOLDEN["one-line"], device)

    assert [] == find_ink_in_margins(pdf, device)
    for side in (Side.LEFT, Side.RIGHT, Side.TOP):
        elsewhere = replace(device, toolbar=side, toolbar_depth_pt=120.0)
        assert [f"page 1 of remarkable-2: {side}"] == find_ink_in_margins(pdf, elsewhere)


# What may not lie upon one another


@dataclass(frozen=True, slots=True)
class Letter:
    """As it stands on a page; lengths in points from the lower left corner."""

    text: str
    number: int
    """In the order of reading."""
    left: float
    bottom: float
    right: float
    top: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        return self.left, self.bottom, self.right, self.top

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.top - self.bottom)

    def hides(self, other: "Letter") -> bool:
        """Whether they share a third of the smaller one; neighbours, nearly all of the larger."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.top, other.top) - max(self.bottom, other.bottom)
        shared = width * height if width > 0 and height > 0 else 0.0
        if abs(self.number - other.number) <= NEIGHBOURS:
            return shared > 0.85 * max(self.area, other.area)
        return shared > 0.3 * min(self.area, other.area)


NEIGHBOURS = 4
"""Letters of one word may: an accent and its letter, an f and what it leans over."""


def find_overlaps(pdf: bytes) -> list[str]:
    """Letters that lie upon others, with the page they are on."""
    document = pypdfium2.PdfDocument(pdf)
    found = []
    try:
        for number, page in enumerate(document, start=1):
            letters = sorted(_list_letters(page), key=lambda letter: letter.left)
            widest = max((letter.right - letter.left for letter in letters), default=0.0)
            for place, letter in enumerate(letters):
                for other in letters[place + 1 :]:
                    if other.left > letter.right or other.left > letter.left + widest:
                        break
                    if letter.hides(other):
                        found.append(f"“{letter.text}” and “{other.text}” on page {number}")
    finally:
        document.close()
    return found


def _list_letters(page: pypdfium2.PdfPage) -> list[Letter]:
    textpage = page.get_textpage()
    letters: list[Letter] = []
    for number in range(textpage.count_chars()):
        character = chr(pdfium_c.FPDFText_GetUnicode(textpage, number))
        # The name of a sign that no font has is no text: its frame is, and lies around it.
        if character.isspace() or unicodedata.category(character) in ("Mn", "Mc", "Cc"):
            continue
        box = textpage.get_charbox(number)
        is_drawn = box[2] > box[0] and box[3] > box[1]
        # A glyph may stand for several characters, of which a reader may put others between.
        is_same = any(letter.box == box for letter in letters[-3:])
        if is_drawn and not is_same:
            letters.append(Letter(character, number, *box))
    return letters


@pytest.mark.parametrize("name", DRAWERS)
def test_no_words_lie_upon_others(name: str) -> None:
    assert [] == find_overlaps(DRAWERS[name]())


# Not made smaller when it fails: that takes minutes.
@settings(max_examples=40, phases=[Phase.explicit, Phase.generate])
@given(st.one_of(ANSWERS, MARKDOWN), DEVICES)
def test_no_words_of_any_answer_lie_upon_others(answer: str, device: Device) -> None:
    pdf = draw_response(make_response(answer, answer, head=CODED, transcript=answer), device)

    assert [] == find_overlaps(pdf)


def test_the_judge_finds_a_line_upon_another() -> None:
    assert [] == find_overlaps(_write_pdf((100, 700), (100, 686)))
    assert "page 1" in find_overlaps(_write_pdf((100, 700), (102, 697)))[0]
    assert find_overlaps(_write_pdf((100, 700), (160, 700)))
    assert find_overlaps(_write_pdf((100, 700), (100, 700), "H", "E"))


def _write_pdf(
    first: tuple[float, float],
    second: tuple[float, float],
    words: str = "The first of two lines",
    more: str = "MMMM and more",
) -> bytes:
    """Two lines of 12 pt at these places."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawString(*first, words)
    canvas.drawString(*second, more)
    canvas.save()
    return buffer.getvalue()


# Always the same

_ELSEWHERE = """
import hashlib
from tests.reply.golden_set import list_drawers
for name, draw in list_drawers().items():
    if name.endswith((".boox-palma", ".left-handed")):
        print(hashlib.sha256(draw()).hexdigest())
"""


@pytest.mark.parametrize("seed", ["0", "4242"])
def test_another_process_draws_the_same_bytes(seed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", seed)
    done = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE], capture_output=True, text=True, timeout=60
    )
    here = [
        hashlib.sha256(draw()).hexdigest()
        for name, draw in DRAWERS.items()
        if name.endswith((".boox-palma", ".left-handed"))
    ]

    assert "" == done.stderr
    assert here == done.stdout.split()


@settings(max_examples=30, phases=[Phase.explicit, Phase.generate])
@given(ANSWERS, DEVICES)
def test_any_answer_gives_the_same_bytes_twice(answer: str, device: Device) -> None:
    response = make_response(answer, head=CODED, transcript=answer)

    assert draw_response(response, device) == draw_response(response, device)

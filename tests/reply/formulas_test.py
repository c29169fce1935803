import io
import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageChops
from reportlab.pdfgen.canvas import Canvas

from inkchat.devices import DEVICES
from inkchat.domain import Letterhead, Response
from inkchat.reply.arrangement import arrange_formula, set_parts
from inkchat.reply.engraving import Setting
from inkchat.reply.formulas import make_display_formula, make_inline_formula
from inkchat.reply.limits import FORMULA_CHARACTERS, FORMULAS, FORMULAS_CHARACTERS
from inkchat.reply.markdown import parse_markdown
from inkchat.reply.outlines import Outline
from inkchat.reply.response import draw_response
from inkchat.reply.typography import make_typography
from tests.golden import render_pages
from tests.reply.reading import (
    find_ink_in_margins,
    open_pdf,
    read_with_pdfium,
    read_with_pypdf,
    squeeze,
)

DEVICE = DEVICES["remarkable-2"]
TYPOGRAPHY = make_typography(DEVICE)
ROOM_PT = TYPOGRAPHY.text_width_pt

FORMULAS_OF_MODELS = [
    r"x = \frac{-b \pm \sqrt{b^2-4ac}}{2a}",
    r"\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}",
    r"\sum_{k=1}^n k^2 = \frac{n(n+1)(2n+1)}{6}",
    r"\begin{pmatrix}a&b\\c&d\end{pmatrix}\begin{pmatrix}x\\y\end{pmatrix}",
    r"f(x)=\begin{cases}x^2 & \text{if } x>0\\0 & \text{otherwise}\end{cases}",
    r"\lim_{x\to 0}\frac{\sin x}{x}=1",
    r"\begin{aligned}(a+b)^2&=(a+b)(a+b)\\&=a^2+2ab+b^2\end{aligned}",
    r"\mathbb{E}[X]=\int_{\mathbb{R}} x f(x)\,dx, \qquad \operatorname{Var}(X) = \sigma^2",
    r"\nabla\times\vec{E}=-\frac{\partial\vec{B}}{\partial t}",
    r"\boxed{x = \pm\sqrt{2}}",
    r"\underbrace{a+b+\cdots+z}_{26\text{ letters}}",
    r"a \overset{\text{def}}{=} b \xrightarrow{f} c",
    r"\mathcal{L}\{f(t)\} = F(s), \quad \mathfrak{g}, \mathbf{v}, \boldsymbol{\alpha}",
    r"\operatorname*{arg\,max}_{\theta} \log p(x\mid\theta)",
    r"\left\{ x \in \mathbb{R} \;\middle|\; x^2 < 2 \right\}",
    r"\left. \frac{dy}{dx} \right|_{x=0} = 1",
    r"\binom{n}{k} = \frac{n!}{k!(n-k)!}",
    r"\sqrt[3]{1 + \dfrac{1}{x}}",
    r"\hat{y} = \bar{x} + \tilde{z} + \dot{q} + \ddot{q} + \widehat{abc} + \overline{AB}",
    r"\vec{F} = m\vec{a} = m\,\ddot{\vec{r}}, \overrightarrow{AB}",
    r"\det(A-\lambda I) = \begin{vmatrix} 1-\lambda & 2 \\ 3 & 4-\lambda \end{vmatrix} = 0",
    r"\prod_{p\ \text{prime}} \frac{1}{1-p^{-s}} = \zeta(s)",
    r"\oint_{\partial \Sigma} \mathbf{B} \cdot d\boldsymbol{\ell} = \mu_0 \iint_\Sigma \mathbf{J}",
    r"P(A \mid B) = \frac{P(B \mid A)\,P(A)}{P(B)}",
    r"\hat{\beta} = (X^\top X)^{-1} X^\top y",
    r"\frac{\partial^2 u}{\partial t^2} = c^2 \nabla^2 u",
    r"i\hbar\frac{\partial}{\partial t}\Psi = \left[-\frac{\hbar^2}{2m}\nabla^2 + V\right]\Psi",
    r"A = \begin{bmatrix} a_{11} & \cdots & a_{1n} \\ \vdots & \ddots & \vdots \end{bmatrix}",
    r"\forall \varepsilon > 0\ \exists \delta > 0 : |x - a| < \delta \implies |f(x)| < \varepsilon",
    r"\|x\|_2 = \sqrt{\sum_{i=1}^{n} |x_i|^2}",
    r"x_{n+1} = x_n - \frac{f(x_n)}{f'(x_n)}, \quad f''(x)",
    r"\cfrac{1}{1+\cfrac{1}{1+\cfrac{1}{x}}}",
    r"A \cup B = \{x : x \in A \lor x \in B\}, \quad A \setminus \emptyset",
    r"\left[\begin{array}{cc|c} 1 & 2 & 3 \\ \hline 4 & 5 & 6 \end{array}\right]",
    r"\text{Fläche} = \pi r^2 \approx 3{,}14 \cdot r^2 \text{ für } r > 0",
    r"50\% \text{ of } \$20 = 10",
    r"\sum_{\substack{i=1\\ i\neq j}}^n a_i \bigl( b_i - c \bigr) + \Bigg( \frac{a}{b} \Bigg)",
    r"\cancel{x} + \color{red}{y} + \textcolor{blue}{z} + \colorbox{yellow}{w}",
    r"\lfloor x \rfloor \le x \le \lceil x \rceil, \langle u, v \rangle",
    r"{}^{14}_{6}\mathrm{C} \rightarrow {}^{14}_{7}\mathrm{N} + e^- + \bar{\nu}_e",
    r"x \not\in A, \quad a \neq b, \quad a \equiv b \pmod{n}, \quad a \bmod n",
    r"T(n) = 2T\left(\frac{n}{2}\right) + \mathcal{O}(n \log n)",
    r"\begin{equation} E = mc^2 \label{eq:1} \end{equation}",
    r"\begin{align} a &= b \\ d &= e \nonumber \end{align}",
    "x₁ ≤ α·β → ∞",
    r"\mathop{\mathrm{arg\,max}}_{x \in X} f(x), a \mathrel{R} b, \quad x \mathrel{\mathop:}= y",
    r"\mathds{1}_A, \mathbf{AB}, \mathtt{code}, \textsf{ab}, a \not= b, \left<x\right>",
]

UNSETTABLE = [
    r"\ce{H2O + CO2 -> H2CO3}",
    r"\foo{x}",
    r"\mathfoo{x}",
    r"\begin{tikzpicture}a\end{tikzpicture}",
    r"\text{中文}",
    r"中",
    r"\newcommand{\a}{b}\a",
    r"\def\a{\a\a}\a",
    r"a & b",
    r"\frac{1}",
    "{",
    r"\left( x",
    r"\href{http://x}{y}",
    r"\begin{array}{c} \hline a \end{array}",
    r"\text{\emph{x}}",
    r"\operatorname{\foo}",
    "x^2^3",
    "#",
    "",
    " ",
]


def _draw(answer: str, device: str = "remarkable-2") -> bytes:
    head = Letterhead("conv_20260101_000000_00000000", 1, "n.pdf", datetime(2026, 1, 1, tzinfo=UTC))
    return draw_response(Response(head, "Title", answer, "", "en", "inkchat", ()), DEVICES[device])


def _list_formulas(text: str) -> list[str]:
    found = []
    for token in parse_markdown(text).tokens:
        found += [token.content] if token.type == "math_block" else []
        found += [part.content for part in token.children or () if part.type == "math_inline"]
    return found


# What is a formula


@pytest.mark.parametrize(
    "text",
    [
        "costs $5 and $6",
        "$1,000–$2,000",
        "US$ 20",
        "US$20 or A$30",
        "$HOME and $PATH",
        "$HOME/$USER",
        "export PATH=$PATH:$HOME/bin",
        "$5 apples cost 10$",
        "I paid $5, she paid 6$ or so",
        "$20 (or $15)",
        "(costs $5) and (costs $6)",
        "between **$5** and **$6**",
        "I paid $12 (R$ 60).",
        "Prices went from $10 to A$ 15 in a year.",
        "budget $400 = CA$ 550",
        "cost is $10/kg; S$ 13/kg",
        r"$5-$10; a \$3 tip; US$ 20.",
        "100$ and 200$",
        r"\$5 and \$6",
        "`$x$`",
        "$ x $",
        "$x",
        "$$x",
        "$$",
        "$$$$",
        r"\(see below here\)",
        r"\[1\]",
        r"see \[1\] and \[citation needed\]",
        r"\(",
        "$a `b$`",
        "    $$x$$",
        "```\n$$x$$\n```",
    ],
)
def test_money_and_variables_are_no_formulas(text: str) -> None:
    assert [] == _list_formulas(text)


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("$x$ and $y$", ["x", "y"]),
        ("the $n$-th and $m$th", ["n", "m"]),
        ("其中$x$是", ["x"]),
        (r"\$5 and $x$", ["x"]),
        ("$100 to $200 and $x^2$", ["x^2"]),
        ("**$5** or **$x$**", ["x"]),
        (r"$10^5$ and $5\%$", ["10^5", r"5\%"]),
        (r"$\$5 + x$", [r"\$5 + x"]),
        ("$2x + 3y$", ["2x + 3y"]),
        (r"$10 \text{ apples and pears}$", [r"10 \text{ apples and pears}"]),
        ("$a_1*b_2*c$ *d*", ["a_1*b_2*c"]),
        (r"\(p \mid q\)", [r"p \mid q"]),
        ("| $a$ |\n|--|\n| $b$ |", ["a", "b"]),
        ("$$x$$", ["x"]),
        ("$$\nx\n$$", ["x"]),
        ("$$x = 1$$.", ["x = 1."]),
        ("$$a\n\nb$$", ["a\n\nb"]),
        ("so that:\n$$\nx=1\n$$\nwhere", ["x=1"]),
        ("a $$b$$ c", ["b"]),
        ("$$a$$ and $$b$$", ["a", "b"]),
        (r"\[ x = 1 \]", ["x = 1"]),
        ("\\[\nx = 1\n\\]", ["x = 1"]),
        (r"formula: \[ E=mc^2 \].", ["E=mc^2."]),
        ("- item\n\n  $$\n  a\n  b\n  $$\n- next", ["a\nb"]),
        ("1. \\[ x \\]\n2. b", ["x"]),
        ("> $$\n> q\n> $$", ["q"]),
        (
            "so:\n\\begin{align}\na &= b \\\\\n&= c\n\\end{align}\nwhere",
            ["\\begin{align}\na &= b \\\\\n&= c\n\\end{align}"],
        ),
        (r"\begin{equation*} x \end{equation*}.", [r"\begin{equation*} x \end{equation*}."]),
        (r"\begin{align} x \end{align*}", []),
        (r"\begin{itemize} x \end{itemize}", []),
    ],
)
def test_a_formula_is_found_with_its_bare_source(text: str, formulas: list[str]) -> None:
    assert formulas == _list_formulas(text)


def test_a_displayed_formula_stands_on_lines_of_its_own() -> None:
    tokens = parse_markdown("Before \\[ x \\] after, $$y$$.").tokens

    assert [
        "paragraph_open",
        "inline",
        "paragraph_close",
        "math_block",
        "paragraph_open",
        "inline",
        "paragraph_close",
        "math_block",
    ] == [token.type for token in tokens]
    assert ["Before", "x", "after,", "y."] == [t.content for t in tokens if t.content]


def test_the_source_of_a_formula_is_kept_with_its_marks() -> None:
    tokens = parse_markdown("$$\n x\n$$ \n\n*\\( y\\)* $z$").tokens
    formulas = [tokens[0], *(t for t in tokens[2].children or () if t.type == "math_inline")]

    assert ["$$\n x\n$$", "\\( y\\)", "$z$"] == [token.meta["written"] for token in formulas]


@given(st.text(alphabet="$\\[]() ab1{}\n-.>`*", max_size=60))
def test_no_word_is_lost_in_looking_for_formulas(text: str) -> None:
    tokens = parse_markdown(text).tokens
    shown = "".join(part.content or "" for token in tokens for part in (token.children or [token]))

    assert sorted(re.findall("[ab]", text)) == sorted(re.findall("[ab]", shown))


def test_only_so_many_formulas_of_an_answer_are_drawn() -> None:
    many = [f"$x_{{{number}}}$" for number in range(FORMULAS + 50)]
    long = [f"$x_{{{number}}}{'+1' * 400}$" for number in range(FORMULAS_CHARACTERS // 800 + 9)]

    assert FORMULAS == len(_list_formulas(" ".join(many)))
    assert FORMULAS_CHARACTERS >= sum(map(len, _list_formulas(" ".join(long))))
    assert 200 == len(_list_formulas("\n\n".join(long[:1] * 200)))
    assert "x_{549}" in read_with_pdfium(_draw(" ".join(many)))


# What is drawn


@pytest.mark.parametrize("source", FORMULAS_OF_MODELS)
def test_what_models_write_is_set(source: str) -> None:
    formula = make_display_formula(source, TYPOGRAPHY)

    assert formula is not None
    assert (ROOM_PT, formula.lead_height_pt) == formula.wrap(ROOM_PT, 500)
    assert make_inline_formula(source, TYPOGRAPHY.body, TYPOGRAPHY)


@pytest.mark.parametrize("source", UNSETTABLE)
def test_what_would_lose_something_is_not_set(source: str) -> None:
    assert () == make_inline_formula(source, TYPOGRAPHY.body, TYPOGRAPHY)
    assert make_display_formula(source, TYPOGRAPHY) is None


@pytest.mark.parametrize("is_display", [False, True], ids=["inline", "display"])
@pytest.mark.parametrize("source", FORMULAS_OF_MODELS)
def test_the_ink_of_a_formula_is_inside_its_box(source: str, is_display: bool) -> None:
    scale = 4
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(500, 300))
    if is_display:
        formula = make_display_formula(source, TYPOGRAPHY)
        assert formula is not None
        width_pt, height_pt = formula.wrap(ROOM_PT, 300)
        formula.drawOn(canvas, 50, 100)
        box = (50.0, 200 - height_pt, 50 + width_pt, 200.0)
    else:
        parts = make_inline_formula(source, TYPOGRAPHY.body, TYPOGRAPHY)
        parts[0].draw(canvas, 50, 100)
        right = 50 + parts[0].width_pt
        box = (50.0, 200 - parts[0].ascent_pt, right, 200 + parts[0].descent_pt)
    canvas.showPage()
    canvas.save()
    (picture,) = render_pages(buffer.getvalue(), scale)

    ink = ImageChops.invert(picture.convert("L")).point(lambda grey: 255 * (grey > 60)).getbbox()

    assert ink is not None
    assert ink[0] / scale >= box[0] - 0.3
    assert ink[1] / scale >= box[1] - 0.3
    assert ink[2] / scale <= box[2] + 0.3
    assert ink[3] / scale <= box[3] + 0.3
    if not is_display:
        # The box is no larger than its ink either, but for blanks at its sides.
        assert ink[1] / scale <= box[1] + 0.6
        assert ink[3] / scale >= box[3] - 0.6


def test_a_letter_is_as_high_as_those_around_it() -> None:
    (formula,) = make_inline_formula("x", TYPOGRAPHY.body, TYPOGRAPHY)

    # Of Source Serif, as the font says.
    assert abs(0.475 * TYPOGRAPHY.body.size_pt - formula.ascent_pt) < 0.25
    assert formula.descent_pt < 0.3


def test_what_hangs_below_a_letter_hangs_below_the_baseline() -> None:
    (formula,) = make_inline_formula("y_p", TYPOGRAPHY.body, TYPOGRAPHY)

    assert 3 < formula.descent_pt < 6


def _set(source: str) -> Outline:
    """In a line, at 10 pt."""
    (outline,) = set_parts(source, Setting(10.0, 5.0, False), 1000.0, 1000.0)
    return outline


@pytest.mark.parametrize("source", ["(x)^2", "[x]^2", "|x|^2", "(fg)^2"])
def test_what_a_bracket_has_above_it_stands_as_high_as_beside_a_letter(source: str) -> None:
    assert pytest.approx(_set("x^2").ascent_pt, abs=0.1) == _set(source).ascent_pt


@pytest.mark.parametrize(
    ("first", "second", "gap_em"),
    [
        (r"\oint", r"\mathbf F", 0.167),
        (r"\oint_C", r"\mathbf F", 0.167),
        (r"\int_0^1", "e", 0.167),
        (r"\sin", "x", 0.167),
        ("2", r"\sin", 0.167),
        (r"\sin^2", "x", 0.167),
        (r"\operatorname{tr}", "A", 0.167),
        (r"\sin", "(x)", 0.0),
        (r"\mathop{\mathrm{Tr}}", "A", 0.167),
        (r"\frac12", r"\sum", 0.167),
        ("-", r"\sin", 0.0),
        # At the side where nothing stands, a relation has none.
        (r"\le", "5", 0.278),
        ("5", "=", 0.278),
        ("f^{(k)}", "(a)", 0.1),
        ("x^2", "y", 0.05),
    ],
)
def test_there_is_space_where_tex_has_it(first: str, second: str, gap_em: float) -> None:
    apart_pt = _set(first).width_pt + _set(second).width_pt

    assert pytest.approx(10 * gap_em, abs=0.25) == _set(f"{first} {second}").width_pt - apart_pt


@pytest.mark.parametrize("source", [r"\operatorname*{Max}", r"\mathop{\mathrm{Max}}"])
def test_what_is_said_to_be_an_operator_has_its_limits_below_it(source: str) -> None:
    (limit,) = set_parts(f"{source}_{{x}}", Setting(10.0, 5.0, True), 1000.0, 1000.0)

    assert pytest.approx(_set(r"\mathrm{Max}").width_pt, abs=0.5) == limit.width_pt


@pytest.mark.parametrize("kind", ["pmatrix", "bmatrix", "vmatrix", "Vmatrix", "Bmatrix"])
def test_a_matrix_may_have_an_exponent(kind: str) -> None:
    matrix = rf"\begin{{{kind}}} 1 & 2 \\ 3 & 4 \end{{{kind}}}"
    plain, transposed = _set(matrix), _set(rf"{matrix}^T")

    assert plain.width_pt + 5 < transposed.width_pt < plain.width_pt + 9
    assert transposed.ascent_pt < plain.ascent_pt + 4


def test_brackets_do_not_grow_with_what_stands_beside_them() -> None:
    fraction = _set(r"\dfrac{\dfrac{a}{b}}{\dfrac{c}{d}}")
    plain = _set(r"\pmod{n}")
    matrix = _set(r"\begin{pmatrix}1\end{pmatrix}")
    beside = [
        _set(r"\dfrac{\dfrac{a}{b}}{\dfrac{c}{d}} " + source)
        for source in (r"\pmod{n}", r"\begin{pmatrix}1\end{pmatrix}")
    ]

    for alone, both in zip((plain, matrix), beside, strict=True):
        # The letters of a larger bracket are others.
        assert alone.letters <= both.letters
        assert fraction.ascent_pt == both.ascent_pt


def test_a_wide_formula_is_broken_before_its_relations() -> None:
    source = " = ".join(["a_1 + a_2 + a_3 + a_4 + a_5"] * 5)
    formula = make_display_formula(source, TYPOGRAPHY)
    narrow = make_display_formula("a = b", TYPOGRAPHY)

    assert formula is not None
    assert narrow is not None
    assert formula.wrap(ROOM_PT, 500)[1] > 3 * narrow.wrap(ROOM_PT, 500)[1]
    assert formula.cut(ROOM_PT, 20) is None


def test_aligned_lines_that_are_too_wide_go_on_below_their_relation() -> None:
    sums = r"\sum_{i=1}^n a_i^2 + \sum_{i=1}^n b_i^2"
    lines = rf"n &= a + b \\ &\le {sums} && \text{{(Cauchy, Schwarz)}} \\ &= 0 &&"
    palma = make_typography(DEVICES["boox-palma"])
    wide, narrow = (
        make_display_formula(rf"\begin{{align}} {lines} \end{{align}}", typography)
        for typography in (TYPOGRAPHY, palma)
    )

    assert wide is not None
    assert narrow is not None
    assert narrow.wrap(palma.text_width_pt, 500)[1] > wide.wrap(ROOM_PT, 500)[1]


def test_what_a_wide_space_parts_is_not_broken_where_it_fits() -> None:
    source = r"x = \frac{4 + 8}{4} \quad\Rightarrow\quad y_1 = 3,\; y_2 = -1 \qquad \text{(so)}"
    palma = make_typography(DEVICES["boox-palma"])
    setting = Setting(palma.body.size_pt, 7.0, True)
    arrangement = arrange_formula(source, setting, 110.0)

    assert arrangement is not None
    assert [True, True, False] == [line.x_pt == 0.0 for line in arrangement.lines]


def test_a_bracket_with_an_exponent_closes_too() -> None:
    source = " + ".join([r"\frac{f(a)}{k!} (x-a)^k"] * 9)

    assert make_display_formula(source, TYPOGRAPHY) is not None


def test_no_formula_is_broken_within_brackets() -> None:
    source = "(" + " + ".join(["x_1"] * 60) + ")"

    assert make_display_formula(source, TYPOGRAPHY) is None
    assert make_display_formula(f"|{source[1:-1]}|", TYPOGRAPHY) is None
    assert make_display_formula(f"|{source[1:-1]}", TYPOGRAPHY) is not None
    assert () == make_inline_formula(source, TYPOGRAPHY.body, TYPOGRAPHY)


@pytest.mark.parametrize("device", ["remarkable-2", "supernote-nomad", "boox-palma"])
def test_no_formula_leaves_the_page(device: str) -> None:
    sources = [
        " = ".join(["a_1 + a_2 + a_3 + a_4"] * 9),
        " + ".join(["x_1"] * 99),
        r"\frac{" + " + ".join(["x_1"] * 40) + "}{2}",
        r"\begin{aligned} a &= " + " + ".join(["x"] * 60) + r" \\ &= 2 \end{aligned}",
        r"\begin{bmatrix} " + " & ".join(["1000000"] * 30) + r" \end{bmatrix} \tag{12}",
        r"\begin{matrix} " + r" \\ ".join(["1"] * 60) + r" \end{matrix}",
        r"\hspace{100cm} x",
        r"\text{" + "long " * 40 + "}",
        r"x \tag{1}",
    ]
    displayed = "\n\n".join(f"> 1. $${source}$$" for source in sources)
    inline = "\n\n".join(f"word ${source}$ word" for source in sources)

    pdf = _draw(f"{displayed}\n\n{inline}\n\n| a | b |\n|--|--|\n| ${sources[0]}$ | c |", device)

    # A formula is too wide to the right.
    found = find_ink_in_margins(pdf, DEVICES[device])
    assert [] == [place for place in found if place.endswith("right")]


def test_a_formula_is_read_back_as_its_source_once_and_in_place() -> None:
    answer = (
        "First \\(\\alpha_1\\) then $\\frac{a}{b}$, behind.\n\n"
        "$$\\int_0^1 x\\,dx$$\n\nNext $f(x) = a_0 + a_1 x + a_2 x^2 + a_3 x^3 + a_4 x^4$ last."
    )
    expected = squeeze(answer)

    pdf = _draw(answer)

    assert expected in squeeze(read_with_pdfium(pdf))
    assert expected in squeeze(read_with_pypdf(pdf))
    assert r"\alpha_1 then \frac{a}{b}, behind." in read_with_pdfium(pdf)


def test_what_cannot_be_set_is_shown_as_it_was_written() -> None:
    text = read_with_pdfium(_draw("Water is $\\ce{H2O}$.\n\n$$\\foo{x}$$\n\n\\[ \\bar{\\baz} \\]"))

    for part in (r"$\ce{H2O}$", r"$$\foo{x}$$", r"\[ \bar{\baz} \]"):
        assert part in text


def test_latex_in_a_fence_is_drawn_only_if_it_says_math() -> None:
    text = read_with_pdfium(_draw("```latex\n\\alpha\n```\n\n```math\n\\beta\n```"))

    assert r"\alpha" in text
    assert b"formula1" in _draw("```math\nx\n```")
    assert b"formula1" not in _draw("```latex\nx\n```")


def test_the_same_formula_again_costs_nothing() -> None:
    once, often = _draw("so $x^2 + y$"), _draw("so $x^2 + y$" + ", so $x^2 + y$" * 20)
    forms = [
        key
        for key in open_pdf(often).pages[0]["/Resources"]["/XObject"]  # type: ignore[index]
        if "formula" in key
    ]

    assert 1 == len(forms)
    assert len(often) < len(once) + 900


def test_ten_formulas_take_an_eighth_of_a_second() -> None:
    make_inline_formula("warm", TYPOGRAPHY.body, TYPOGRAPHY)
    started = time.perf_counter()
    for number, source in enumerate(FORMULAS_OF_MODELS[:10]):
        make_display_formula(f"{source} + {number}", TYPOGRAPHY)

    # Generous, since the machine may have more to do; `benchmarks` tells the truth.
    assert time.perf_counter() - started < 0.5


def test_the_same_formula_gives_the_same_bytes() -> None:
    answer = "\n\n".join(f"$${source}$$" for source in FORMULAS_OF_MODELS)

    assert _draw(answer) == _draw(answer)


@pytest.mark.parametrize(
    ("device", "colour", "expected"),
    [
        ("remarkable-paper-pro", "red", b"1.00 0.00 0.00 rg"),
        ("remarkable-paper-pro", "yellow", None),
        ("remarkable-paper-pro", "white", None),
        ("remarkable-paper-pro", "nonsense", None),
        ("remarkable-2", "red", None),
    ],
)
@pytest.mark.parametrize("marks", ["$$", "$"])
def test_a_colour_is_drawn_where_it_can_be_seen(
    marks: str, device: str, colour: str, expected: bytes | None
) -> None:
    page = open_pdf(_draw(f"{marks}x + \\textcolor{{{colour}}}{{y}}{marks}", device)).pages[0]
    forms = page["/Resources"]["/XObject"]  # type: ignore[index]
    (operators,) = (form.get_data() for name, form in forms.items() if "formula" in name)

    colours = {found.strip() for found in re.findall(rb"[\d. ]+ rg", operators)}

    assert ({expected} if expected else set()) == colours - {b"0 0 0 rg"}


@pytest.mark.parametrize(
    "source",
    [
        "x" * (FORMULA_CHARACTERS + 1),
        "{" * 400 + "x" + "}" * 400,
        r"\frac{" * 19 + "1" + "}{2}" * 19,
        r"\sqrt" * 199 + "x",
        "^".join("x" * 400),
        r"x_{" * 100,
        r"\left(" * 18 + "x" + r"\right)" * 18,
        r"{x" * 19 + "}" * 19,
        r"\begin{matrix}" + "&" * 900 + r"\end{matrix}",
        r"\begin{matrix}" + r"\\" * 400 + r"\end{matrix}",
        "x'" * 450,
        "'" * 900,
        r"\not" * 250,
        r"\text{" * 150,
        r"\operatorname{" * 60,
        "+".join("x" * 450),
        r"\color{" + "a" * 900 + "}x",
        r"\hspace{1e400em}x",
        r"\rule{9999em}{9999em}",
        r"\unicode{x110000}",
        "&#x110000;",
        r"\text{&#xD800;}",
    ],
)
def test_a_hostile_formula_takes_a_bounded_time(source: str) -> None:
    started = time.perf_counter()
    make_inline_formula(source, TYPOGRAPHY.body, TYPOGRAPHY)
    make_display_formula(source, TYPOGRAPHY)

    assert time.perf_counter() - started < 10


@given(st.lists(st.sampled_from(re.findall(r"\\[a-zA-Z]+|\\.|.", "".join(FORMULAS_OF_MODELS)))))
def test_any_formula_is_set_or_refused(tokens: list[str]) -> None:
    source = " ".join(tokens)

    for part in make_inline_formula(source, TYPOGRAPHY.body, TYPOGRAPHY):
        assert 0 <= part.width_pt < 5000
        assert 0 <= part.ascent_pt < 5000
        assert 0 <= part.descent_pt < 5000

"""How long an answer takes to be drawn, beside fpdf2, WeasyPrint and typst, which draw the same.

All four have the same fonts, out of the packages, the same page and about the same size of type.
They take turns, so that a busy machine harms all. In each round each draws three answers, of which
the fastest counts: the first finds the processor's memory filled by another, and what the
neighbours of a virtual machine take is no work of a renderer's. Every answer changes every
sentence, so that none can hand out paragraphs that it set before. The peers draw the answer alone,
and are compared with ours alone; the bound in milliseconds is for the whole, with furniture, QR
codes and the room to write back. What is not installed is said and left out.

`python -m benchmarks.drawing` prints a table; `measure()` returns its rows.
"""

import gc
import io
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pypdf import PdfReader

from benchmarks.peers import Peer, open_peers
from benchmarks.table import Row, write_table
from inkchat.devices import DEFAULT_DEVICE, DEVICES
from inkchat.domain import Letterhead, Response
from inkchat.reply import draw_response
from inkchat.reply.answer import make_answer
from inkchat.reply.furniture import Imprint
from inkchat.reply.pages import PageFiller
from inkchat.reply.sheet import draw_pages
from inkchat.reply.typography import make_typography

ROUNDS = 15
IN_TURN = 3
"""Answers that one draws before the next has its turn."""
FORMULA_ROUNDS = 5
DEVICE = DEVICES[DEFAULT_DEVICE]
LONGEST_MS = 25.0
"""For an answer of 3 to 5 pages, warm."""
LEAST_RATIOS = {"fpdf2": 8.0, "WeasyPrint": 20.0, "typst": 1 / 1.2}
"""The peer's time over ours must be at least this."""
LONGEST_FORMULAS_MS = 120.0
ONE_PAGE_BYTES = 60_000
FIVE_PAGES_BYTES = 120_000

ANSWER = """\
You asked how bread rises, and why the loaf from last Sunday did not. The short answer is that a
dough is a foam, that a foam needs both gas and walls, and that yours had gas enough but walls
too weak to hold it. The longer answer follows, with a plan for the next attempt at its end.

## Where the gas comes from

Yeast is a fungus of a single cell. In the dough it finds sugar, some of it free in the flour
and most of it set loose from starch by *amylase*, an enzyme that wakes as soon as flour is
wetted. While there is oxygen the cells breathe and multiply; when it is used up, which takes
only minutes in a kneaded dough, they turn to fermentation and make **carbon dioxide and
alcohol** in equal parts. The gas dissolves in the water of the dough until the water can hold
no more, and only then does it enter the bubbles. No new bubble is ever born in this way. Every
hole in the finished crumb began as a speck of air that was folded in while mixing, and the
yeast merely blew it up.

## What holds it

Two proteins of wheat, *gliadin* and *glutenin*, lie dry and separate in the flour. Water lets
them meet. Kneading pulls them into long strands that cling to one another and form a net, the
gluten, at once elastic, because of the second, and extensible, because of the first. The net
needs time as much as work. A dough that is left alone for an hour after mixing has nearly as
much of it as one that was kneaded for ten minutes, and a dough that rests overnight in the cold
needs no kneading at all.

Three things weaken the net, and your recipe had all of them:

1. **Too little salt.** Salt draws the strands together. You wrote that you left it out; a dough
   without it is slack, sticky and quick, and it sours before it has any strength.
2. **Too much whole grain.** The sharp edges of the bran cut the strands. Up to a third of the flour
   does little harm, but at two thirds the walls tear as soon as the bubbles grow.
3. **Too long a rise.** The acids that bacteria make, and enzymes of the flour itself, take the net
   apart again. A dough at 27 °C is past its best after three hours, while at 18 °C it has six.

> A dough is ready when a finger pressed into it leaves a dent that comes back slowly, and not quite
> to the end. If it springs back at once, wait; if it does not come back, hurry.

## How warm, how long

The yeast works twice as fast for each eight degrees or so, up to about 35 °C. The table is for
two grams of dry yeast to half a kilogram of flour, and for a dough that is folded twice.

| Warmth of the dough | First rise | Second rise | What it tastes of |
|---|---|---|---|
| 18 °C | 5 to 6 hours | 2 hours | wheat, a little cream |
| 22 °C | 3 to 4 hours | 75 minutes | mild, slightly sweet |
| 27 °C | 2 hours | 45 minutes | yeast, some alcohol |
| 5 °C, in the cold | 12 to 18 hours | 2 hours, warm | nuts, a mild sourness |

A thermometer in the dough tells more than the clock. If there is none, warm the water so that
flour, room and water in degrees add up to 72; what comes out is a dough of about 24 °C. The sum
can be turned around, and a little program does it for any number of loaves:

```python
def warmth_of_water(flour, room, wanted=24, friction=2):
    \"\"\"Degrees Celsius of the water that give a dough of `wanted` degrees.\"\"\"
    return 3 * wanted - flour - room - friction


for room in (17, 20, 23):
    print(room, warmth_of_water(flour=room - 1, room=room))
```

## What to do next Sunday

- Take 350 g of white bread flour and 150 g of whole wheat, instead of the other way round.
- Weigh **10 g of salt** and mix it into the flour, so that it cannot be forgotten.
- Use 330 g of water at the warmth that the program gives, and only 2 g of dry yeast.
- Mix for two minutes, until no dry flour is left, and then wait.
  - After half an hour, fold the dough: wet your hand, lift one side, lay it over the other, and go
    once around the bowl.
  - Do the same after another half hour. The dough will be smoother each time, without any kneading.
- Let it rise until it has grown by two thirds. Not double: that is where the walls begin to tear.
- Shape it with a tight skin, and let it stand in a floured basket for an hour.
- Bake it in a closed pot, at 240 °C, for 25 minutes, and for another 20 with the lid off.
"""
"""About 850 words of the kind that a model writes, with lists, a quotation, a table and code."""

FORMULAS = (
    r"\frac{-b \pm \sqrt{b^2 - 4ac}}{2a}",
    r"\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}",
    r"\sum_{n=1}^{\infty} \frac{1}{n^2} = \frac{\pi^2}{6}",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
    r"e^{i\pi} + 1 = 0",
    r"\lim_{x \to 0} \frac{\sin x}{x} = 1",
    r"\nabla \times \mathbf{E} = -\frac{\partial \mathbf{B}}{\partial t}",
    r"P(A \mid B) = \frac{P(B \mid A)\,P(A)}{P(B)}",
    r"|x| = \begin{cases} x & x \ge 0 \\ -x & x < 0 \end{cases}",
    r"\prod_{p} \frac{1}{1 - p^{-s}}",
)
HEAD = Letterhead(
    "conv_20261120_140512_ab12cd34",
    1,
    "bread.pdf",
    datetime(2026, 11, 20, 14, 5, tzinfo=UTC),
    code="H4KM7P",
)
RESPONSE = Response(
    HEAD, "How bread rises", ANSWER, "How does bread rise?", "en", "a model · 2,352 tokens"
)


@dataclass(frozen=True, slots=True)
class Timing:
    """What one renderer needed, each time warm."""

    times_ms: list[float]
    pages: int
    size_bytes: int

    @property
    def median_ms(self) -> float:
        return statistics.median(self.times_ms)

    def write(self) -> str:
        """In words, for the table."""
        return (
            f"{self.median_ms:.1f} ms (least {min(self.times_ms):.1f}), "
            f"{self.pages} pages, {self.size_bytes / 1000:.0f} kB"
        )


def measure(rounds: int = ROUNDS) -> Iterator[Row]:
    """Rows for the table."""
    with ExitStack() as stack:
        peers, missing = open_peers(DEVICE, stack)
        own = [Peer("whole", _draw), Peer("alone", _draw_alone)]
        ours, alone, *theirs = time_all([*own, *peers], rounds)
    yield _row_of_ours(ours, rounds)
    yield Row("The answer alone, as the peers draw it", alone.write(), "", None)
    for peer, timing in zip(peers, theirs, strict=True):
        ratio, least = timing.median_ms / alone.median_ms, LEAST_RATIOS.get(peer.name)
        yield Row(f"The same by {peer.name}", timing.write(), "", None)
        yield Row(
            f"{peer.name}: its time over ours",
            f"{ratio:.2f}",
            f"≥ {least:.2f}" if least else "",
            ratio >= least if least else None,
        )
    for name, reason in missing.items():
        yield Row(f"The same by {name}", f"not measured: {reason}", "", None)
    # What the peers have left in memory is no work for the collector while ours is measured.
    gc.collect()
    gc.freeze()
    yield from measure_formulas()
    yield from measure_sizes(ours)


def _row_of_ours(ours: Timing, rounds: int) -> Row:
    return Row(
        f"Drawing an answer of {len(ANSWER.split())} words, median of {rounds}",
        ours.write(),
        f"≤ {LONGEST_MS:.0f} ms",
        ours.median_ms <= LONGEST_MS,
    )


def time_all(peers: list[Peer], rounds: int) -> list[Timing]:
    """Each of them, in turns: the fastest of three answers, none of which it drew before."""
    pdfs = [peer.draw(ANSWER) for peer in peers]
    times_ms: list[list[float]] = [[] for _ in peers]
    for number in range(rounds):
        answers = [vary_answer(IN_TURN * number + turn) for turn in range(IN_TURN)]
        for times, peer in zip(times_ms, peers, strict=True):
            times.append(min(_time_ms(peer.draw, answer) for answer in answers))
    return [
        Timing(times, len(PdfReader(io.BytesIO(pdf)).pages), len(pdf))
        for times, pdf in zip(times_ms, pdfs, strict=True)
    ]


def vary_answer(number: int) -> str:
    """The answer with a word more in each sentence: a paragraph set before is of no use."""
    return ANSWER.replace(". ", f" {number}. ").replace(".\n", f" {number}.\n")


def measure_formulas() -> Iterator[Row]:
    """What ten formulas add that were never seen, and what the same add once more."""
    draw_response(_ask(r"Warm: $\alpha$ $$\beta$$"), DEVICE)
    with_words = ANSWER + "".join(f"\n\n{formula}" for formula in ("A few words.",) * 10)
    plain_ms = min(_time_ms(_draw, with_words) for _ in range(5))
    first_ms, *later_ms = (
        _time_ms(_draw, add_formulas(ANSWER, number)) - plain_ms for number in range(FORMULA_ROUNDS)
    )
    added_ms = statistics.median([first_ms, *later_ms])
    yield Row(
        f"Ten formulas that were never set before add, median of {FORMULA_ROUNDS}",
        f"{added_ms:.0f} ms (the first ten of a process {first_ms:.0f})",
        f"≤ {LONGEST_FORMULAS_MS:.0f} ms",
        added_ms <= LONGEST_FORMULAS_MS,
    )
    once = add_formulas(ANSWER, 0)
    twice = add_formulas(once, 0)
    pairs_ms = [(_time_ms(_draw, once), _time_ms(_draw, twice)) for _ in range(ROUNDS)]
    twice_ms = min(pair[1] for pair in pairs_ms) - min(pair[0] for pair in pairs_ms)
    yield Row(
        "The same ten once more add",
        f"{twice_ms:.1f} ms, {len(_draw(twice)) - len(_draw(once)):,} bytes",
        "≤ 5 ms",
        twice_ms <= 5,
    )


def add_formulas(answer: str, number: int) -> str:
    """`answer` with ten formulas behind it, which are others for each `number`."""
    return answer + "".join(f"\n\n$$\n{formula} + {number}\n$$" for formula in FORMULAS)


def measure_sizes(ours: Timing) -> Iterator[Row]:
    one_page = _draw(ANSWER.partition("## Where")[0])
    pages = len(PdfReader(io.BytesIO(one_page)).pages)
    yield Row(
        f"Size of an answer of {pages} page",
        f"{len(one_page) / 1000:.0f} kB",
        f"≤ {ONE_PAGE_BYTES / 1000:.0f} kB",
        pages == 1 and len(one_page) <= ONE_PAGE_BYTES,
    )
    yield Row(
        f"Size of one of {ours.pages} pages",
        f"{ours.size_bytes / 1000:.0f} kB",
        f"≤ {FIVE_PAGES_BYTES / 1000:.0f} kB for 5",
        ours.size_bytes <= FIVE_PAGES_BYTES,
    )


def _time_ms(draw: Callable[[str], bytes], answer: str) -> float:
    start = time.perf_counter()
    draw(answer)
    return (time.perf_counter() - start) * 1000


def _ask(answer: str) -> Response:
    return replace(RESPONSE, answer=answer)


def _draw(answer: str) -> bytes:
    return draw_response(_ask(answer), DEVICE)


def _draw_alone(answer: str) -> bytes:
    """Without QR codes and room to write back; a line of furniture remains."""
    typography = make_typography(DEVICE)
    pages = PageFiller(typography).fill(make_answer(answer, "", typography))
    head = RESPONSE.head
    imprint = Imprint(
        conversation_id=head.conversation_id,
        code="",
        written_at=head.written_at,
        exchange_number=head.exchange_number,
        title=RESPONSE.title,
        language="en",
        subject="",
        colophon="",
    )
    return draw_pages(pages, typography, imprint)


if __name__ == "__main__":
    print(write_table(measure()))

"""How long an answer takes to be drawn, beside fpdf2, which draws the same from HTML.

`python -m benchmarks.drawing` prints a table; `measure()` returns its rows.
"""

import io
import logging
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from fpdf import FPDF
from markdown_it import MarkdownIt
from pypdf import PdfReader

from benchmarks.table import Row, write_table
from inkchat.devices import DEFAULT_DEVICE, DEVICES
from inkchat.domain import Letterhead, Response
from inkchat.reply import draw_response
from inkchat.reply.fonts import Face, load_font

ROUNDS = 15
LEAST_RATIO = 4.0
"""fpdf2's time over ours must be at least this."""

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

If the next loaf is flat again, write down three numbers beside your note: the warmth of the
dough after mixing, the hour at which you shaped it, and its height in the basket by then. With
those we shall find the reason; without them we could only guess. And do not throw the flat one
away. Cut thin, dried in the oven and rubbed with garlic, it is better than most bread that
rose.
"""
"""About 850 words of the kind that a model writes, with lists, a quotation, a table and code."""


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
            f"{self.pages} pages, {self.size_bytes // 1000} kB"
        )


def measure(rounds: int = ROUNDS) -> list[Row]:
    """Rows for the table."""
    ours, theirs = time_both(rounds)
    ratio = theirs.median_ms / ours.median_ms
    words = len(ANSWER.split())
    return [
        Row(f"Drawing an answer of {words} words, median of {rounds}", ours.write(), "", None),
        Row("The same by fpdf2’s write_html", theirs.write(), "", None),
        Row("Times as fast as fpdf2", f"{ratio:.1f}", f"≥ {LEAST_RATIO:.0f}", ratio >= LEAST_RATIO),
    ]


def time_both(rounds: int) -> tuple[Timing, Timing]:
    """Ours and fpdf2’s, drawn in turns so that a busy machine harms both."""
    drawers = (_draw, _draw_with_fpdf2)
    pdfs = [drawer() for drawer in drawers]
    times_ms: list[list[float]] = [[], []]
    for _ in range(rounds):
        for times, drawer in zip(times_ms, drawers, strict=True):
            times.append(_time_ms(drawer))
    ours, theirs = (
        Timing(times, len(PdfReader(io.BytesIO(pdf)).pages), len(pdf))
        for times, pdf in zip(times_ms, pdfs, strict=True)
    )
    return ours, theirs


def _time_ms(drawer: Callable[[], bytes]) -> float:
    start = time.perf_counter()
    drawer()
    return (time.perf_counter() - start) * 1000


def _draw() -> bytes:
    head = Letterhead(
        "conv_20261120_140512_ab12cd34", 1, "bread.pdf", datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
    )
    response = Response(head, "How bread rises", ANSWER, "How does bread rise?", "en", "a model")
    return draw_response(response, DEVICES[DEFAULT_DEVICE])


def _draw_with_fpdf2() -> bytes:
    device = DEVICES[DEFAULT_DEVICE]
    # It warns once for each bullet, which this font lacks under the code it uses.
    logging.getLogger("fpdf").setLevel(logging.ERROR)
    pdf = FPDF(unit="pt", format=(device.page_width_pt, device.page_height_pt))
    pdf.set_margins(58, 46, 40)
    for style, face in (
        ("", Face.SERIF),
        ("B", Face.SERIF_BOLD),
        ("I", Face.SERIF_ITALIC),
        ("BI", Face.SERIF_BOLD_ITALIC),
    ):
        pdf.add_font("serif", style, load_font(face).face.filename)
    pdf.add_page()
    pdf.set_font("serif", size=12.4)
    html = MarkdownIt("commonmark").enable("table").render(ANSWER)
    # Its tables take no markup inside cells, and its code needs a font of its own.
    pdf.write_html(
        html.replace("<code", "<span").replace("</code>", "</span>"), font_family="serif"
    )
    return bytes(pdf.output())


if __name__ == "__main__":
    print(write_table(measure()))

"""Answers of the kinds that models write, for the golden pictures and other tests."""

# ruff: noqa: E501 - a row of a table is one line

from dataclasses import replace
from datetime import UTC, datetime

from inkchat.domain import ErrorResponse, Letterhead, Response

HEAD = Letterhead(
    conversation_id="conv_20261120_140512_ab12cd34",
    exchange_number=2,
    note_name="sky.pdf",
    written_at=datetime(2026, 11, 20, 14, 5, tzinfo=UTC),
)
CODE = "H4KM7P"
CODED = replace(HEAD, code=CODE)
COLOPHON = "claude-sonnet-5-5 · 2,352 tokens"


def make_response(
    answer: str,
    title: str = "An answer",
    *,
    transcript: str = "",
    language: str = "en",
    colophon: str = COLOPHON,
    remarks: tuple[str, ...] = (),
    head: Letterhead = HEAD,
    leads_with_transcript: bool = False,
) -> Response:
    return Response(
        head, title, answer, transcript, language, colophon, remarks, leads_with_transcript
    )


LETTER = make_response(
    """\
Dear Ada,

it was good to read how far the garden has come. You ask what can still be planted **before the
first frost**, and whether the quince will survive where it stands.

# What can go in now

Most of what sleeps through the winter wants to be in the ground while it is still a little warm.
Four weeks are enough for roots; leaves are of no use to it now.

- Garlic, the cloves about a hand apart, *pointed end up*
- Broad beans, of a hardy kind such as ‘Aquadulce’
- Tulips, but not before the middle of the month:
  - the early ones in the front bed
  - the tall ones between the currants, where their dying leaves will not be seen
- Anything with bare roots, as soon as its leaves have fallen

# The quince

It will live. A young quince looks worse in its first autumn than it is, because it drops its leaves
all at once. What it needs from you is little:

1. Keep the grass away from its foot, an arm’s length all around.
2. Stake it low, so that the stem can move and grow strong.
3. Do not feed it before April. Growth that comes late is soft, and soft wood freezes; in your
   valley that means every second year.

## And the fruit?

In the third year, if you leave the long shoots alone. Cut in summer, never in winter, and only what
grows inwards. The pear beside it is another matter, and *that* I would move while it sleeps.

Write again when the first frost has been. I should like to know whether the beans stood it.
""",
    "What to plant before the first frost",
    head=CODED,
    transcript="What can I still plant before the frost? And will the quince survive? It lost\n"
    "all its leaves.\n\n– early November, clay soil, windy",
)

TABLE_AND_CODE = make_response(
    """\
Sunlight is a mixture of all colours. On its way through the air it meets molecules far smaller than
its wavelength, and these scatter it, but not evenly: the strength goes with the inverse *fourth
power* of the wavelength.

Blue light, at about 450 nm, is therefore scattered some **five times** as strongly as red at 680
nm. Look anywhere but at the sun and what reaches you is light that was turned aside: mostly blue.

## At sunset

The path through the air is up to forty times longer. The blue has gone to make somebody else’s
noon, and the rest is yellow, then red.

| sun’s height | path in air | what is left |
|---|---|---|
| overhead | 1 × | white, a little yellow |
| 10° | 5.6 × | yellow |
| horizon | 38 × | orange to red |

You asked why the sky is not *violet*, then. Three reasons, in order of weight:

1. The sun gives less violet than blue.
2. High ozone takes some of it away.
3. Our eyes answer weakly to it, and read the mixture as blue with a little white.

```python
ratio = (680 / 450) ** 4
print(round(ratio, 1))      # 5.2
for name, wavelength in {"red": 680, "green": 550, "blue": 450, "violet": 400}.items():
    print(f"{name:>8}: {(680 / wavelength) ** 4:.1f} times the scattering of red light")
```

The program is `scatter.py`; see [Rayleigh’s paper](https://doi.org/10.1080/14786447108640452) and
the [table of air masses](https://example.org/astronomy/tables/air-mass?height=horizon&model=kasten-young-1989).
""",
    "Why the sky is blue, and sunsets are not",
    transcript="“Why is the sky blue? and why are sunsets red? Why not violet?”",
)

ESSAY = make_response(
    """\
There is an old quarrel about whether paper remembers for us or makes us forget. The Egyptian
king in Plato’s tale tells the god who brings him letters that they will plant forgetfulness in
the soul, since those who trust what is written will no longer call things up from within. The
god has no answer. It is left to the reader to notice that we know the story only because
somebody wrote it down.

## The hand

What a pen does to a thought is easier to observe than to explain. A sentence that is typed can
be undone, and therefore need not be finished before it is begun. A sentence that is written
must be carried to its end in the head, or be crossed out, and crossing out leaves a scar that
says: *here I changed my mind*. Students who took notes by hand wrote down fewer words of a
lecture than those who typed, and understood more of it a week later; they could not keep up,
and so they had to choose. The figures have been disputed since, but nobody who has filled a
notebook doubts the direction in which they point.

The slowness is not a defect of the tool. It is the tool. A stroke takes about as long as a
syllable takes to say, so that the inner voice and the hand go side by side, and the eye, which
is idle meanwhile, reads back what stands there already. Three faculties watch one sentence. At
the keyboard the fingers run ahead and the other two catch up as best they can.

## The page

A page is also a place. We remember that something stood *at the lower left, near a blot*, long
after we have lost the words, and from the place the words return. Scrolling takes this away:
the same line stands now here and now there, and memory, which likes to hang its things on pegs,
finds the wall moving. A sheet of electronic paper that keeps its pages still is in this respect
paper, whatever it is made of.

It is different with size. The notebooks that painters carried were small because pockets are;
the folios of the merchants were large because a ledger has to be compared across its width. A
screen of ten inches is neither. It holds about as much as an octavo, and an octavo is what most
of the books that people finish have been printed in.

> “A man should keep his little brain-attic stocked with all the furniture that he is likely to
> use, and the rest he can put away in the lumber-room of his library, where he can get it if he
> wants it.”

The detective who says so keeps no notebook, one remembers; his friend the doctor does. Between
them they have the two halves of the matter. The one thinks because he does not write, the other
is able to tell what was thought because he does.

## The answer

What changes when the page can answer? For most of its history the written question went out
into silence. Augustine asked his God, Montaigne asked himself, and both had to supply the reply
in the same ink. A letter was answered in weeks. A machine answers in seconds, and the danger
that the king foresaw returns in a new dress: not that we shall forget what we have written, but
that we shall stop before we have finished writing, because the other side is so ready to go on.

Against this a small delay helps, and so does a small formality. To put down the pen, to save
the sheet, to wait until another comes back: these are steps, and each is a moment in which one
may find that the question has already been answered by being asked. It happens more often than
one would think. The page that comes back then confirms, corrects a date, adds a name one did
not know, and leaves room below.

* * *

So the quarrel is not settled, but it can be carried on with better manners. Write first. Write
until it is finished, and cross out what is wrong so that it can still be read. Then ask; and
when the answer comes, answer back by hand.
""",
    "What a pen does to a thought",
    transcript="Essay please: does writing by hand change how we think? ~2 pages, not too academic",
)

WIDE_TABLE = make_response(
    """\
Both tables hold the same five passes. The first fits the page, since its longest column can be
broken; the second has more columns than can stand side by side, and is set as a list of records.

| Pass | Height | Length of the climb | What to know before you set out |
|:-----|-------:|:-------------------:|:--------------------------------|
| Stelvio | 2,757 m | 24.3 km | 48 numbered hairpins on the side of Prad; open from June, and full by eleven in the morning |
| Gavia | 2,652 m | 17.3 km | narrow, with an unlit tunnel near the top: **take a lamp** |
| Galibier | 2,642 m | 34.8 km | two passes in one, as the *Télégraphe* comes first |
| Furka | 2,429 m | 21.4 km | the glacier has gone from the bend that was named after it |
| Tourmalet | 2,115 m | 17.1 km | `D918`; llamas on the road |

| Pass | Country | Height | Length | Mean slope | Steepest kilometre | Opened | Closed in winter | Nearest railway station |
|---|---|---|---|---|---|---|---|---|
| Stelvio | Italy | 2,757 m | 24.3 km | 7.4 % | 9.2 % | 1825 | November to May | Spondinig-Prad |
| Gavia | Italy | 2,652 m | 17.3 km | 7.9 % | 10.9 % | 1917 | October to June | Tirano |
| Galibier | France | 2,642 m | 34.8 km | 5.5 % | 9.1 % | 1891 | October to June | Saint-Michel-de-Maurienne |
| Furka | Switzerland | 2,429 m | 21.4 km | 6.3 % | 8.8 % | 1866 | November to May | Realp |
| Tourmalet | France | 2,115 m | 17.1 km | 7.4 % | 10.2 % | 1864 | November to May | Lourdes |
""",
    "Five passes compared",
    transcript="table of passes: height, length, when open?",
)

NESTED = make_response(
    """\
Before the move:

1. **Papers**
   1. Give notice of the flat
      - by letter, *signed*
      - three months ahead
   2. Register the new address
2. **Boxes**

   Number them on two sides and keep a list; a box without a number is a box that is opened last.

   ```
   01  kitchen   pans, knives, the good board
   02  kitchen   glasses   !! this way up
   ```
3. Keys
   - [x] front door
   - [ ] cellar
   - [ ] letter box, of which there was only ever one key and it may be with the neighbour

> Whoever moves in autumn
>
> > moves twice,
> > - once with the furniture
> > - and once with the leaves
>
> as my grandmother said, who never moved.

98. The numbers of a long list hang
99. so that their points
100. stand below one another

Words that movers use

Bulky
: Whatever takes two to carry, ~~or one who is proud~~

Fragile
: Whatever is written on all boxes[^1]
: Whatever is not

---

A line break at the end of this line\x20\x20
and the text goes on.
![A floor plan of the new flat](plans/third-floor.png "Third floor")
Formulas stay as they were written: $E = mc^2$, and \\(a_1 + b_1\\).

###### The smallest heading

Is still a heading.

[^1]: The word has lost its force, as `!important` has in style sheets.
""",
    "A list for moving house",
    head=CODED,
)

SCRIPTS = make_response(
    """\
The same sentence in several hands, and signs that no font here has.

- English: *The quick brown fox* jumps over the lazy dog.
- Ελληνικά: Ξεσκεπάζω την *ψυχοφθόρα* βδελυγμία.
- Русский: Съешь же ещё этих **мягких** французских булок, *да выпей* чаю.
- Polski: Zażółć gęślą jaźń. Türkçe: Pijamalı hasta yağız şoföre çabucak güvendi.
- Tiếng Việt: Con sói nâu nhảy qua con chó lười biếng.
- ქართული: დილა მშვიდობისა.
- 中文: 你好
- Emoji: 😀 and ✅ done, ❌ not done

## Ошибки и ἀρχή

| Zeichen | Name | κώδικας |
|---|---|---|
| ß | scharfes S | `U+00DF` |
| Ω | ωμέγα | `U+03A9` |
| Ж | же | `U+0416` |

`код: переменная = "значение"` and arrows → ← ↔, fractions ½ ¾, sums ∑ ∫ √ ≈ ≠ ≤ ≥ ∞.
""",
    "Καλημέρα, мир, and hello",
    transcript="Как будет «доброе утро» по-гречески?",
    language="mul",
    colophon="gemini-3-pro · 812 tokens",
)

OFFLINE = make_response(
    """\
## How to connect a model

1. Get a key from one of the providers, or start a server on your own machine.
2. Put the key where inkchat finds it:

   ```
   export ANTHROPIC_API_KEY=…
   ```
3. Start `inkchat run` again. This conversation goes on: write on this page and save it.
""",
    "What I read in your note",
    transcript="Milk, bread, 2 lemons\ncall Jo about Thursday\n\nIs 7 pm too late?",
    colophon="Offline",
    leads_with_transcript=True,
    remarks=(
        "No AI answered this page. inkchat read your note by itself, and no model is connected.",
        "Page 3 was left out, because it is empty.",
    ),
)

ERROR = ErrorResponse(
    head=CODED,
    title="The model’s key was refused",
    what_happened="Anthropic Claude did not accept the key in the variable ANTHROPIC_API_KEY.",
    next_step="Make a new key on the provider’s console, put it into that variable, and start "
    "inkchat again. “inkchat status” tells what waits for it.",
    what_becomes_of_the_note="Your note is kept and waits. It is answered as soon as the key is "
    "mended; you need not save it again.",
)

RESPONSES = {
    "letter": LETTER,
    "table-and-code": TABLE_AND_CODE,
    "essay": ESSAY,
    "wide-table": WIDE_TABLE,
    "nested": NESTED,
    "scripts": SCRIPTS,
    "offline": OFFLINE,
}

"""The parts of a page beside the answer: its head, remarks, notes, and what was read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from inkchat.reply.banner import Banner
from inkchat.reply.bidi import find_direction
from inkchat.reply.characters import clean_text, cut_text, cut_to_limits, join_lines, shorten
from inkchat.reply.flow import Block, Marker
from inkchat.reply.fonts import Face
from inkchat.reply.levels import find_baseline
from inkchat.reply.limits import (
    ADDRESS_CHARACTERS,
    PROSE_CHARACTERS,
    SENTENCES_CHARACTERS,
    TRANSCRIPT_CHARACTERS,
    TRANSCRIPT_LINES,
)
from inkchat.reply.lines import measure_pieces
from inkchat.reply.markdown import Parsed
from inkchat.reply.note_address import is_note_address
from inkchat.reply.notes import Address, NoteRegister
from inkchat.reply.ornament import Rule
from inkchat.reply.prose import Prose, make_prose, set_text
from inkchat.reply.runs import Run, has_all, measure_runs
from inkchat.reply.typography import Alignment, Type, Typography

_SHORT_CHARACTERS = 200
"""Of a line of the transcript that may be moved to the next page for the sake of another."""


def make_head(title: str, typography: Typography) -> list[Block]:
    """The title and the rule below it."""
    gap_pt = typography.gap_pt
    balanced = balance(title, typography.title, typography)
    side: Alignment = "right" if balanced.is_rtl else "left"
    return [
        Block(
            balanced,
            title,
            after_pt=(0.25 if typography.is_small else 0.4) * gap_pt,
            keeps_with_next=True,
        ),
        Block(
            Rule(28 if typography.is_narrow else 44, 1.1, side),
            "",
            after_pt=(1.2 if typography.is_small else 1.6) * gap_pt,
        ),
    ]


def balance(title: str, type_: Type, typography: Typography) -> Prose:
    """The title in lines of about equal length, as few as its width allows."""
    width_pt = typography.text_width_pt
    prose = make_prose(title, type_, least_pt=typography.body.size_pt)
    height_pt = prose.wrap(width_pt, 0)[1]
    word_pt = measure_pieces(set_text(title, type_))[0]
    narrow_pt, wide_pt = min(width_pt, max(0.4 * width_pt, word_pt)), width_pt
    if height_pt <= type_.leading_pt:
        return prose
    while wide_pt - narrow_pt > 4:
        middle_pt = (narrow_pt + wide_pt) / 2
        prose.set_measure(middle_pt)
        if prose.wrap(width_pt, 0)[1] > height_pt:
            narrow_pt = middle_pt
        else:
            wide_pt = middle_pt
    prose.set_measure(wide_pt)
    return prose


def make_banner(remarks: Sequence[str], typography: Typography) -> list[Block]:
    texts = [shorten(clean_text(remark).strip(), SENTENCES_CHARACTERS) for remark in remarks]
    paragraphs = [make_prose(text, typography.banner) for text in texts if text]
    if not paragraphs:
        return []
    return [Block(Banner(paragraphs), "\n".join(texts), after_pt=1.6 * typography.gap_pt)]


def make_section(label: str, text: str, typography: Typography) -> list[Block]:
    blocks = [Block(make_prose(text, typography.body), text, after_pt=typography.gap_pt)]
    if label:
        blocks.insert(0, make_label(label, typography))
    return blocks


def make_label(text: str, typography: Typography) -> Block:
    """The small heading of a part that is not the answer itself."""
    return Block(
        make_prose(text.upper(), typography.label),
        text,
        before_pt=(0.75 if typography.is_small else 1.2) * typography.body.leading_pt,
        after_pt=0.25 * typography.gap_pt,
        keeps_with_next=True,
    )


def say_left_out(what: str, characters: int, conversation_id: str) -> str:
    """The sentence for the end of a text that is beyond the limits."""
    return (
        f"{what} is longer than is drawn here: its last {characters:,} characters are left out. "
        f"“inkchat show {conversation_id}” prints all of it."
    )


def make_transcript(
    transcript: str, conversation_id: str, typography: Typography, *, is_main: bool = False
) -> list[Block]:
    """What was read from the note, line by line; nothing if nothing was.

    `is_main` sets it as large as an answer.
    """
    text, left_out = cut_to_limits(
        clean_text(transcript).strip("\n"), TRANSCRIPT_CHARACTERS, TRANSCRIPT_LINES
    )
    if not text.strip():
        return []
    type_ = typography.transcript
    if is_main:
        type_ = typography.body
    elif not has_all(text.replace("\n", "").replace("\t", ""), type_.face):
        # Source Serif's italics have Latin only, and a text is read better in one face.
        type_ = Type(Face.SERIF, type_.size_pt, type_.leading_pt)
    blocks = [make_label("What I read", typography)]
    starts_right = find_direction(text) or None
    before_pt = 0.0
    for line in text.split("\n"):
        parts = cut_text(line.expandtabs(4).rstrip(), PROSE_CHARACTERS)
        for number, part in enumerate(filter(None, parts)):
            prose = Prose(type_, set_text(part, type_), starts_right=starts_right)
            blocks.append(Block(prose, part, before_pt=0.0 if number else before_pt))
        before_pt = 0.0 if line.strip() else 0.5 * type_.leading_pt
    blocks = _keep_together(blocks)
    blocks[-1] = replace(blocks[-1], after_pt=1.6 * typography.gap_pt)
    if left_out:
        remark = clean_text(say_left_out("What was read", left_out, conversation_id))
        blocks.append(_make_remainder(remark, typography))
    return blocks


def _keep_together(blocks: Sequence[Block]) -> list[Block]:
    """Such that of the lines below the label none stands alone on a page.

    A long one is cut, and leaves two lines on both sides by itself.
    """
    kept = {0} | {place for place in (1, len(blocks) - 2) if _is_short(blocks[place])}
    return [
        replace(block, keeps_with_next=place in kept and block is not blocks[-1])
        for place, block in enumerate(blocks)
    ]


def _is_short(block: Block) -> bool:
    return len(block.plain) <= _SHORT_CHARACTERS


def make_notes(
    notes: NoteRegister,
    definitions: Mapping[str, Sequence[Block]],
    parsed: Parsed,
    typography: Typography,
) -> list[Block]:
    """Addresses and footnotes under their numbers, then what was defined but never mentioned."""
    blocks: list[Block] = []
    numbers = [Run(Face.SANS_BOLD, 1.0, f"{len(notes.notes)}")]
    indent_pt = max(14.0, measure_runs(numbers, typography.label.size_pt) + 7.0)
    for number, note in enumerate(notes.notes, start=1):
        if isinstance(note, Address):
            entries = [_make_address(note, typography)]
        else:
            entries = list(definitions.get(note.label, ()))
        blocks += _hang_number(entries, number, indent_pt, typography)
    mentioned = {note.label for note in notes.notes if not isinstance(note, Address)}
    for label, texts in definitions.items():
        if label not in mentioned:
            blocks += [_make_remainder(f"{label}:", typography), *texts]
    for reference in parsed.references.values():
        is_shown = is_note_address(reference["href"]) and not reference["title"]
        if not is_shown and not notes.has_address(reference["href"]):
            first, last = reference["map"]
            line = " ".join("\n".join(parsed.lines[first:last]).split())
            blocks.append(_make_remainder(shorten(line, ADDRESS_CHARACTERS), typography))
    return [make_label("Notes", typography), *blocks] if blocks else []


def _make_address(note: Address, typography: Typography) -> Block:
    text = join_lines(shorten(note.address, ADDRESS_CHARACTERS))
    if note.title:
        text += f" ({join_lines(shorten(note.title, ADDRESS_CHARACTERS))})"
    return Block(make_prose(text, typography.notes), text)


def _indent(block: Block, indent_pt: float) -> Block:
    """`block` with all that stands beside it."""
    return replace(
        block,
        indent_pt=block.indent_pt + indent_pt,
        markers=tuple(
            replace(marker, edge_pt=marker.edge_pt + indent_pt) for marker in block.markers
        ),
        bars=tuple(replace(bar, x_pt=bar.x_pt + indent_pt) for bar in block.bars),
    )


def _hang_number(
    entries: Sequence[Block], number: int, indent_pt: float, typography: Typography
) -> list[Block]:
    size_pt = typography.label.size_pt
    hung = [_indent(entry, indent_pt) for entry in entries]
    if hung:
        hung[0] = replace(hung[0], before_pt=0.0)
        hung[-1] = replace(hung[-1], after_pt=0.2 * typography.gap_pt)
        baseline_pt = find_baseline(hung[0].setting, typography)
        runs = (Run(Face.SANS_BOLD, 1.0, str(number)),)
        marker = Marker(indent_pt, 7.0, baseline_pt, size_pt, runs)
        hung[0] = replace(hung[0], markers=(marker, *hung[0].markers))
    return hung


def _make_remainder(text: str, typography: Typography) -> Block:
    return Block(make_prose(text, typography.notes), text)

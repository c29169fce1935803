"""The exchanges of a digest, one below the other, each with its heading."""

import re
from collections.abc import Sequence
from dataclasses import replace

from inkchat.domain import Digest, DigestEntry
from inkchat.reply.answer import make_answer
from inkchat.reply.characters import clean_text, cut_to_limits, join_lines, shorten
from inkchat.reply.colophon import ClosedProse
from inkchat.reply.dates import format_date
from inkchat.reply.flow import Bar, Block, Entry
from inkchat.reply.limits import (
    ANSWER_CHARACTERS,
    ANSWER_LINES,
    ENTRY_CHARACTERS,
    REMARKS,
    TITLE_CHARACTERS,
)
from inkchat.reply.ornament import Rule
from inkchat.reply.parts import balance, make_banner, make_transcript, say_left_out
from inkchat.reply.prose import Prose, make_prose
from inkchat.reply.typography import Typography

NOT_ANSWERED = "This note was not answered."
SHORT_REMARK = "not answered"
_QUOTE_PT = 14.0
_QUOTED = -1
"""Number of the line along a transcript: an answer numbers its own from 0."""
_SHORT_LINES, _SHORT_CHARACTERS = 3, 200
"""Of a transcript that may be moved to the next page for the sake of its answer, and of each of
its lines."""
_MARKUP = re.compile(r"(?:[#>*+\-_`|~\s]|\d+[.)]\s|\[[ xX]\]\s)+")
"""What Markdown may begin with before its first word."""


def make_exchanges(digest: Digest, typography: Typography) -> list[Block]:
    """Their blocks; none where there are no exchanges."""
    blocks: list[Block] = []
    bars = 0
    for place, entry in enumerate(digest.entries):
        exchange = _make_exchange(entry, anchor_of(place), digest.conversation_id, typography)
        numbers = [bar.number for block in exchange for bar in block.bars]
        blocks += [_shift_bars(block, bars) for block in exchange]
        bars += 2 + max(numbers, default=_QUOTED)
    return blocks


def _shift_bars(block: Block, by: int) -> Block:
    """Bars that share a number are joined, and each answer numbers its own."""
    if not block.bars:
        return block
    return replace(block, bars=tuple(replace(bar, number=bar.number + by) for bar in block.bars))


def _make_exchange(
    entry: DigestEntry, anchor: str, conversation_id: str, typography: Typography
) -> list[Block]:
    title = shorten(join_lines(entry.title), TITLE_CHARACTERS) or name_entry(entry)
    answer, left_out = cut_to_limits(clean_text(entry.answer), ANSWER_CHARACTERS, ANSWER_LINES)
    remarks = [*([NOT_ANSWERED] if entry.is_failed else []), *entry.remarks[:REMARKS]]
    if len(entry.remarks) > REMARKS:
        remarks.append(f"{len(entry.remarks) - REMARKS} more remarks are left out.")
    if left_out:
        remarks.append(say_left_out("This answer", left_out, conversation_id))
    transcript = make_transcript(entry.transcript, conversation_id, typography)
    blocks = [
        *_make_heading(entry, title, anchor, typography),
        *make_banner(remarks, typography),
        *_quote(transcript, typography),
        *strip_entries(make_answer(answer, title, demote(typography))),
    ]
    *others, last = _add_colophon(blocks, entry.colophon, typography)
    return [*others, replace(last, keeps_with_next=False)]


def _make_heading(
    entry: DigestEntry, title: str, anchor: str, typography: Typography
) -> list[Block]:
    """A rule, the date, the title, and who wrote it in which file."""
    name = f"{entry.number} · {title}"
    rule = Block(
        Rule(typography.text_width_pt, 0.7),
        "",
        before_pt=1.8 * typography.body.leading_pt,
        after_pt=0.7 * typography.gap_pt,
        keeps_with_next=True,
        anchor=anchor,
    )
    heading = Block(
        balance(name, typography.headings[1], typography),
        name,
        after_pt=0.2 * typography.gap_pt,
        keeps_with_next=True,
        entry=Entry(1, _name_in_outline(entry)),
    )
    return [
        rule,
        *_make_date(entry, typography),
        heading,
        *_make_byline(entry, typography),
    ]


def _make_date(entry: DigestEntry, typography: Typography) -> list[Block]:
    if entry.written_at is None:
        return []
    date = format_date(entry.written_at).upper()
    return [Block(make_prose(date, typography.furniture), date, keeps_with_next=True)]


def _make_byline(entry: DigestEntry, typography: Typography) -> list[Block]:
    texts = [
        shorten(join_lines(text), ENTRY_CHARACTERS) for text in (entry.author, entry.note_name)
    ]
    byline = " · ".join(filter(None, texts))
    if not byline:
        return []
    setting = make_prose(byline, typography.notes)
    return [Block(setting, byline, after_pt=typography.gap_pt, keeps_with_next=True)]


def _quote(transcript: Sequence[Block], typography: Typography) -> list[Block]:
    """Set in behind a line, so that it is not taken for the answer below it.

    On a phone it may stand at the foot of a page, or else half of the page might be left empty.
    """
    if not transcript:
        return []
    label, *lines = transcript
    quoted = [
        replace(line, indent_pt=line.indent_pt + _QUOTE_PT, bars=(Bar(_QUOTED, 0.0),))
        for line in lines
    ]
    is_short = len(lines) <= _SHORT_LINES and len(lines[-1].plain) <= _SHORT_CHARACTERS
    quoted[-1] = replace(quoted[-1], keeps_with_next=is_short and not typography.is_narrow)
    return [replace(label, before_pt=0.0), *quoted]


def _add_colophon(blocks: list[Block], colophon: str, typography: Typography) -> list[Block]:
    text = shorten(join_lines(colophon), TITLE_CHARACTERS)
    if not text:
        return blocks
    setting, gap_pt = make_prose(text, typography.furniture), 1.2 * typography.gap_pt
    *others, last = blocks
    if not isinstance(last.setting, Prose) or last.bars:
        return [*blocks, Block(setting, text, before_pt=gap_pt)]
    indent_pt = 0.0 if last.is_rtl else last.indent_pt
    closed = ClosedProse(last.setting, setting, gap_pt, indent_pt)
    return [*others, replace(last, setting=closed, plain=f"{last.plain}\n\n{text}")]


def demote(typography: Typography) -> Typography:
    """Headings one size smaller: they stand below those of the exchanges."""
    headings = typography.headings
    return replace(typography, headings={level: headings[min(level + 1, 6)] for level in headings})


def strip_entries(blocks: Sequence[Block]) -> list[Block]:
    """The outline has the exchanges alone."""
    return [replace(block, entry=None) for block in blocks]


def anchor_of(place: int) -> str:
    """Of the exchange at `place`, from 0: a number may come twice."""
    return f"exchange-{place}"


def _name_in_outline(entry: DigestEntry) -> str:
    remark = f" ({SHORT_REMARK})" if entry.is_failed else ""
    return f"{entry.number} · {name_entry(entry)}{remark}"


def name_entry(entry: DigestEntry) -> str:
    """As the contents call it: its title, or else its first words."""
    texts = (entry.title, entry.transcript, entry.answer, entry.note_name)
    beginnings = (join_lines(text[: 8 * TITLE_CHARACTERS]) for text in texts[1:])
    named = (join_lines(entry.title), *(_drop_markup(text) for text in beginnings))
    name = next((name for name in named if name), "Untitled")
    if len(name) <= ENTRY_CHARACTERS:
        return name
    words = name[:ENTRY_CHARACTERS].rpartition(" ")[0] or name[: ENTRY_CHARACTERS - 1]
    return words.rstrip(".,:;?!–-") + "…"


def _drop_markup(text: str) -> str:
    found = _MARKUP.match(text)
    return text[found.end() :] if found else text

"""A whole conversation as one document: a first page, the contents, and the exchanges."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from inkchat.domain import Device, Digest, DigestEntry
from inkchat.reply.answer import make_answer
from inkchat.reply.characters import clean_text, cut_to_limits, join_lines, shorten
from inkchat.reply.contents import ANCHOR, Heading, make_contents
from inkchat.reply.flow import Bar, Block, Entry
from inkchat.reply.furniture import Imprint
from inkchat.reply.limits import (
    ANSWER_CHARACTERS,
    ANSWER_LINES,
    ATTACHMENTS,
    DIGEST_EXCHANGES,
    ENTRY_CHARACTERS,
    REMARKS,
    TITLE_CHARACTERS,
)
from inkchat.reply.ornament import Rule
from inkchat.reply.pages import PageFiller, Placed
from inkchat.reply.parts import (
    balance,
    format_date,
    format_day,
    format_short_day,
    make_banner,
    make_head,
    make_label,
    make_transcript,
    say_left_out,
)
from inkchat.reply.prose import Prose, make_prose
from inkchat.reply.sheet import draw_pages
from inkchat.reply.typography import Typography, make_typography

NOT_ANSWERED = "This note was not answered."
_QUOTE_PT = 14.0
_SHORT_CHARACTERS = 400
"""Of a paragraph that may be moved to the next page for the sake of what follows."""
_MARKUP = "#>*-_`|~ "


def draw_digest(digest: Digest, device: Device) -> bytes:
    """The conversation as a PDF for `device`: the same bytes for the same values.

    Never fails for what the texts hold; what is beyond `limits` is named on the page.
    """
    typography = make_typography(device)
    title = shorten(join_lines(digest.title) or "A conversation", TITLE_CHARACTERS)
    exchanges = _fill_exchanges(digest, typography)
    before = len(_fill_front(digest, title, [0] * len(digest.entries), typography))
    pages_of = _find_anchors(exchanges)
    folios = [before + pages_of[_anchor(place)] for place in range(len(digest.entries))]
    front = _fill_front(digest, title, folios, typography)
    imprint = Imprint(
        conversation_id=digest.conversation_id,
        code=digest.code,
        written_at=digest.written_at,
        exchange_number=None,
        title=f"{title} · digest",
        language="en",
        subject="Digest of a conversation",
        colophon="",
        contents_page=_find_anchors(front).get(ANCHOR),
    )
    return draw_pages(
        [*front, *exchanges], typography, imprint, outline_entries=DIGEST_EXCHANGES + 1
    )


# The first page and the contents


def _fill_front(
    digest: Digest, title: str, folios: Sequence[int], typography: Typography
) -> list[list[Placed]]:
    blocks = [
        *make_head(title, digest.written_at, typography),
        *_make_facts(digest, typography),
        *_make_summary(digest, typography),
        *_make_attachments(digest, typography),
    ]
    if digest.entries:
        headings = [
            Heading(
                entry.number,
                _name_entry(entry) + (" (not answered)" if entry.is_failed else ""),
                format_short_day(entry.written_at) if entry.written_at else "",
                _anchor(place),
            )
            for place, entry in enumerate(digest.entries)
        ]
        blocks += make_contents(headings, folios, typography)
    return PageFiller(typography).fill(blocks)


def _make_facts(digest: Digest, typography: Typography) -> list[Block]:
    count = len(digest.entries)
    facts = f"{count} exchange{'' if count == 1 else 's'}" if count else "No exchanges yet"
    moments = [entry.written_at for entry in digest.entries if entry.written_at]
    if moments:
        facts += f", {_say_days(moments[0], moments[-1])}"
    sentences = [f"{facts}."]
    code = join_lines(digest.code)
    if code:
        sentences.append(f"To go on with it on any page, write “continue: {code}”.")
    text = " ".join(sentences)
    return [Block(make_prose(text, typography.body), text, after_pt=typography.gap_pt)]


def _say_days(first: datetime, last: datetime) -> str:
    """Such as `2 to 6 November 2026`: what is the same is said once."""
    if first.date() == last.date():
        return format_day(last)
    beginning = format_day(first)
    if first.year == last.year:
        beginning = beginning.rpartition(" ")[0]
        if first.month == last.month:
            beginning = str(first.day)
    return f"{beginning} to {format_day(last)}"


def _make_summary(digest: Digest, typography: Typography) -> list[Block]:
    summary, left_out = cut_to_limits(clean_text(digest.summary), ANSWER_CHARACTERS, ANSWER_LINES)
    if not summary.strip():
        return []
    blocks = make_answer(summary, "", _demote(typography))
    if left_out:
        blocks += make_banner(
            [say_left_out("The summary", left_out, digest.conversation_id)], typography
        )
    return [make_label("How it began", typography), *_strip_entries(blocks)]


def _make_attachments(digest: Digest, typography: Typography) -> list[Block]:
    names = [shorten(join_lines(name), TITLE_CHARACTERS) for name in digest.attachments]
    if not names:
        return []
    shown = names[:ATTACHMENTS]
    if len(names) > len(shown):
        shown.append(f"{len(names) - len(shown):,} more files")
    lines = [Block(make_prose(name, typography.body), name) for name in shown if name]
    return [make_label("Files kept with it", typography), *lines]


def _anchor(place: int) -> str:
    """Of the exchange at `place`, from 0: a number may come twice."""
    return f"exchange-{place}"


def _name_entry(entry: DigestEntry) -> str:
    """Its title, or else its first words."""
    texts = (entry.title, entry.transcript, entry.answer, entry.note_name)
    beginnings = (join_lines(text[: 8 * TITLE_CHARACTERS]).strip(_MARKUP) for text in texts[1:])
    named = (join_lines(entry.title), *beginnings)
    name = next((name for name in named if name), "Untitled")
    if len(name) <= ENTRY_CHARACTERS:
        return name
    words = name[:ENTRY_CHARACTERS].rpartition(" ")[0] or name[: ENTRY_CHARACTERS - 1]
    return words.rstrip(".,:;?!–-") + "…"


# The exchanges


def _fill_exchanges(digest: Digest, typography: Typography) -> list[list[Placed]]:
    blocks: list[Block] = []
    bars = 0
    for place, entry in enumerate(digest.entries):
        exchange = _make_exchange(entry, _anchor(place), digest.conversation_id, typography)
        numbers = [bar.number for block in exchange for bar in block.bars]
        blocks += [_shift_bars(block, bars) for block in exchange]
        bars += max(numbers, default=0)
    return PageFiller(typography).fill(blocks) if blocks else []


def _shift_bars(block: Block, by: int) -> Block:
    """Bars that share a number are joined, and each answer numbers its own."""
    if not block.bars:
        return block
    return replace(block, bars=tuple(replace(bar, number=bar.number + by) for bar in block.bars))


def _make_exchange(
    entry: DigestEntry, anchor: str, conversation_id: str, typography: Typography
) -> list[Block]:
    title = shorten(join_lines(entry.title), TITLE_CHARACTERS) or _name_entry(entry)
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
        *_quote(transcript),
        *_strip_entries(make_answer(answer, title, _demote(typography))),
    ]
    return _add_colophon(blocks, entry.colophon, typography)


def _make_heading(
    entry: DigestEntry, title: str, anchor: str, typography: Typography
) -> list[Block]:
    gap_pt, leading_pt = typography.gap_pt, typography.body.leading_pt
    name = f"{entry.number} · {title}"
    outlined = f"{entry.number} · {_name_entry(entry)}"
    if entry.is_failed:
        outlined += " (not answered)"
    date = format_date(entry.written_at).upper() if entry.written_at else ""
    people = [
        shorten(join_lines(text), ENTRY_CHARACTERS) for text in (entry.author, entry.note_name)
    ]
    byline = " · ".join(text for text in people if text)
    blocks = [
        Block(
            Rule(typography.text_width_pt, 0.7),
            "",
            before_pt=1.8 * leading_pt,
            after_pt=0.7 * gap_pt,
            keeps_with_next=True,
            anchor=anchor,
        )
    ]
    if date:
        blocks.append(Block(make_prose(date, typography.furniture), date, keeps_with_next=True))
    blocks.append(
        Block(
            balance(name, typography.headings[1], typography.text_width_pt),
            name,
            after_pt=0.2 * gap_pt,
            keeps_with_next=True,
            entry=Entry(1, outlined),
        )
    )
    if byline:
        setting = make_prose(byline, typography.notes)
        blocks.append(Block(setting, byline, after_pt=gap_pt, keeps_with_next=True))
    return blocks


def _quote(transcript: Sequence[Block]) -> list[Block]:
    """Set in behind a line, so that it is not taken for the answer below it."""
    if not transcript:
        return []
    label, *lines = transcript
    quoted = [
        replace(line, indent_pt=line.indent_pt + _QUOTE_PT, bars=(Bar(0, 0.0),)) for line in lines
    ]
    return [replace(label, before_pt=0.0), *quoted]


def _add_colophon(blocks: list[Block], colophon: str, typography: Typography) -> list[Block]:
    text = shorten(join_lines(colophon), TITLE_CHARACTERS)
    if not text:
        return blocks
    *others, last = blocks
    if isinstance(last.setting, Prose) and len(last.plain) < _SHORT_CHARACTERS:
        # Else the colophon could stand on a page by itself.
        last = replace(last, keeps_with_next=True)
    setting = make_prose(text, typography.furniture)
    return [*others, last, Block(setting, text, before_pt=1.2 * typography.gap_pt)]


def _demote(typography: Typography) -> Typography:
    """Headings one size smaller: they stand below those of the exchanges."""
    headings = typography.headings
    return replace(typography, headings={level: headings[min(level + 1, 6)] for level in headings})


def _strip_entries(blocks: Sequence[Block]) -> list[Block]:
    """The outline has the exchanges alone."""
    return [replace(block, entry=None) for block in blocks]


def _find_anchors(pages: Sequence[Sequence[Placed]]) -> dict[str, int]:
    """The page that each anchor stands on, from 1."""
    return {
        placed.block.anchor: number
        for number, page in enumerate(pages, start=1)
        for placed in page
        if placed.block.anchor and placed.is_first
    }

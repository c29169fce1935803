"""A whole conversation as one document: a first page, the contents, and the exchanges."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from inkchat.domain import Device, Digest
from inkchat.reply.answer import make_answer
from inkchat.reply.characters import clean_text, cut_to_limits, join_lines, shorten
from inkchat.reply.contents import ANCHOR, Heading, make_contents
from inkchat.reply.dates import format_day, format_short_day
from inkchat.reply.exchanges import (
    SHORT_REMARK,
    anchor_of,
    demote,
    make_exchanges,
    name_entry,
    strip_entries,
)
from inkchat.reply.flow import Block
from inkchat.reply.furniture import Imprint
from inkchat.reply.limits import (
    ANSWER_CHARACTERS,
    ANSWER_LINES,
    ATTACHMENTS,
    DIGEST_EXCHANGES,
    TITLE_CHARACTERS,
)
from inkchat.reply.pages import PageFiller, Placed
from inkchat.reply.parts import make_banner, make_head, make_label, say_left_out
from inkchat.reply.prose import make_prose
from inkchat.reply.qr import can_be_coded
from inkchat.reply.sheet import draw_pages
from inkchat.reply.system_fonts import find_han, surround
from inkchat.reply.typography import Typography, make_typography

_LOWEST = 0.5
"""How far down a page begins what would not end on it, of the column's height: lower, too little
of it would stand there, and where it begins a page of its own, none is left nearly empty."""
_MOST_ON_PAGE = 100
"""So many blocks are more than a page holds."""


def draw_digest(digest: Digest, device: Device) -> bytes:
    """The conversation as a PDF for `device`: the same bytes for the same values.

    Never fails for what the texts hold; what is beyond `limits` is named on the page.
    """
    with surround(find_han("", _join_texts(digest))):
        return _set_digest(digest, device)


def _join_texts(digest: Digest) -> str:
    """All that may tell which forms of Han characters are meant."""
    texts = [digest.title, digest.summary]
    for entry in digest.entries:
        texts += [entry.title, entry.answer, entry.transcript]
    return "\n".join(texts)


def _set_digest(digest: Digest, device: Device) -> bytes:
    typography = make_typography(device, has_codes=can_be_coded(digest.code))
    title = shorten(join_lines(digest.title) or "A conversation", TITLE_CHARACTERS)
    opening = [
        *make_head(title, typography),
        *_make_facts(digest, typography),
        *_make_summary(digest, typography),
        *_make_attachments(digest, typography),
    ]
    pages = _fill_pages(opening, digest, typography)
    imprint = Imprint(
        conversation_id=digest.conversation_id,
        code=digest.code,
        written_at=digest.written_at,
        exchange_number=None,
        title=f"{title} · digest",
        language="en",
        subject="Digest of a conversation",
        colophon="",
        contents_page=_find_anchors(pages).get(ANCHOR),
        heading=title,
    )
    return draw_pages(pages, typography, imprint, outline_entries=DIGEST_EXCHANGES + 1)


def _fill_pages(
    opening: Sequence[Block], digest: Digest, typography: Typography
) -> list[list[Placed]]:
    """All pages, of which the contents say where each exchange stands."""
    exchanges = make_exchanges(digest, typography)
    folios: dict[str, int] = {}
    digits, needed = 0, 1
    pages: list[list[Placed]] = []
    # What stands on which page does not depend on the numbers, but on the room for them.
    while digits < needed:
        digits = needed
        contents = _make_contents(digest, folios, digits, typography)
        front = _join(opening, contents, typography)
        pages = PageFiller(typography).fill(_join(front, exchanges, typography))
        folios.update(_find_anchors(pages))
        needed = len(str(len(pages)))
    return pages


def _join(before: Sequence[Block], blocks: Sequence[Block], typography: Typography) -> list[Block]:
    """`blocks` below `before`, or at the head of a page; see `_LOWEST`."""
    if not blocks:
        return [*before]
    pages = PageFiller(typography).fill([*before, *blocks[:_MOST_ON_PAGE]])
    number, first = next(
        (number, placed)
        for number, page in enumerate(pages, start=1)
        for placed in page
        if placed.block.anchor == blocks[0].anchor
    )
    down_pt = first.top_pt - typography.top_pt
    is_low = number < len(pages) and down_pt > _LOWEST * typography.text_height_pt
    return [*before, replace(blocks[0], begins_page=is_low), *blocks[1:]]


def _make_contents(
    digest: Digest, folios: Mapping[str, int], digits: int, typography: Typography
) -> list[Block]:
    """None for what is but one exchange."""
    if len(digest.entries) < 2:
        return []
    headings = [
        Heading(
            entry.number,
            name_entry(entry),
            format_short_day(entry.written_at) if entry.written_at else "",
            SHORT_REMARK if entry.is_failed else "",
            anchor_of(place),
        )
        for place, entry in enumerate(digest.entries)
    ]
    return make_contents(headings, folios, digits, typography)


# The first page


def _make_facts(digest: Digest, typography: Typography) -> list[Block]:
    count = len(digest.entries)
    facts = f"{count} exchange{'' if count == 1 else 's'}" if count else "No exchanges yet"
    moments = [entry.written_at for entry in digest.entries if entry.written_at]
    if moments:
        facts += f", {_say_days(moments[0], moments[-1])}"
    sentences = [f"{facts}."]
    code = join_lines(digest.code)
    if code:
        sentences.append(
            f"To go on with it on any page, write “continue:\N{NO-BREAK SPACE}{code}”."
        )
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
    blocks = make_answer(summary, "", demote(typography))
    if left_out:
        blocks += make_banner(
            [say_left_out("The summary", left_out, digest.conversation_id)], typography
        )
    first, *others = strip_entries(blocks)
    return [make_label("How it began", typography), replace(first, before_pt=0.0), *others]


def _make_attachments(digest: Digest, typography: Typography) -> list[Block]:
    names = [shorten(join_lines(name), TITLE_CHARACTERS) for name in digest.attachments]
    if not names:
        return []
    shown = names[:ATTACHMENTS]
    if len(names) > len(shown):
        shown.append(f"{len(names) - len(shown):,} more files")
    blocks = [
        make_label("Files kept with it", typography),
        *(Block(make_prose(name, typography.body), name) for name in shown if name),
    ]
    # So that neither the first nor the last name stands alone on a page.
    together = (0, 1, len(blocks) - 2)
    return [
        replace(block, keeps_with_next=place in together and block is not blocks[-1])
        for place, block in enumerate(blocks)
    ]


def _find_anchors(pages: Sequence[Sequence[Placed]]) -> dict[str, int]:
    """The page that each anchor stands on, from 1."""
    return {
        placed.block.anchor: number
        for number, page in enumerate(pages, start=1)
        for placed in page
        if placed.block.anchor and placed.is_first
    }

"""A whole conversation as one document: a first page, the contents, and the exchanges."""

from collections.abc import Sequence
from datetime import datetime

from inkchat.domain import Device, Digest
from inkchat.reply.answer import make_answer
from inkchat.reply.characters import clean_text, cut_to_limits, join_lines, shorten
from inkchat.reply.contents import ANCHOR, Heading, make_contents
from inkchat.reply.dates import format_day, format_short_day
from inkchat.reply.exchanges import anchor_of, demote, fill_exchanges, name_entry, strip_entries
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
    exchanges = fill_exchanges(digest, typography)
    front = _fill_front_for(exchanges, digest, title, typography)
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
        heading=title,
    )
    return draw_pages(
        [*front, *exchanges], typography, imprint, outline_entries=DIGEST_EXCHANGES + 1
    )


# The first page and the contents


def _fill_front_for(
    exchanges: Sequence[Sequence[Placed]], digest: Digest, title: str, typography: Typography
) -> list[list[Placed]]:
    """The pages before `exchanges`, which say where each of them stands."""
    digits, before, count = 0, 0, len(digest.entries)
    # How many pages there are before does not depend on the numbers, but on the room for them.
    while digits < (needed := len(str(before + len(exchanges)))):
        digits = needed
        before = len(_fill_front(digest, title, [" " * digits] * count, typography))
    pages = _find_anchors(exchanges)
    folios = [f"{before + pages[anchor_of(place)]:{digits}}" for place in range(count)]
    return _fill_front(digest, title, folios, typography)


def _fill_front(
    digest: Digest, title: str, folios: Sequence[str], typography: Typography
) -> list[list[Placed]]:
    blocks = [
        *make_head(title, typography),
        *_make_facts(digest, typography),
        *_make_summary(digest, typography),
        *_make_attachments(digest, typography),
    ]
    if digest.entries:
        headings = [
            Heading(
                entry.number,
                name_entry(entry),
                format_short_day(entry.written_at) if entry.written_at else "",
                anchor_of(place),
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
    blocks = make_answer(summary, "", demote(typography))
    if left_out:
        blocks += make_banner(
            [say_left_out("The summary", left_out, digest.conversation_id)], typography
        )
    return [make_label("How it began", typography), *strip_entries(blocks)]


def _make_attachments(digest: Digest, typography: Typography) -> list[Block]:
    names = [shorten(join_lines(name), TITLE_CHARACTERS) for name in digest.attachments]
    if not names:
        return []
    shown = names[:ATTACHMENTS]
    if len(names) > len(shown):
        shown.append(f"{len(names) - len(shown):,} more files")
    lines = [Block(make_prose(name, typography.body), name) for name in shown if name]
    return [make_label("Files kept with it", typography), *lines]


def _find_anchors(pages: Sequence[Sequence[Placed]]) -> dict[str, int]:
    """The page that each anchor stands on, from 1."""
    return {
        placed.block.anchor: number
        for number, page in enumerate(pages, start=1)
        for placed in page
        if placed.block.anchor and placed.is_first
    }

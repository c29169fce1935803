"""The two pages inkchat writes: an answer, and what went wrong."""

import itertools
import logging

from inkchat.domain import Device, ErrorResponse, Response
from inkchat.reply.blocks import BlockBuilder
from inkchat.reply.characters import clean_text, cut_to_limits, join_lines, shorten
from inkchat.reply.flow import Block
from inkchat.reply.limits import (
    ANSWER_CHARACTERS,
    ANSWER_LINES,
    REMARKS,
    SENTENCES_CHARACTERS,
    TITLE_CHARACTERS,
)
from inkchat.reply.listing import Listing
from inkchat.reply.markdown import parse_markdown
from inkchat.reply.notes import NoteRegister
from inkchat.reply.pages import PageFiller
from inkchat.reply.parts import (
    make_banner,
    make_head,
    make_notes,
    make_section,
    make_transcript,
    say_left_out,
)
from inkchat.reply.sheet import Imprint, draw_pages
from inkchat.reply.typography import Typography, make_typography

_log = logging.getLogger(__name__)


def draw_response(response: Response, device: Device) -> bytes:
    """The answer as a PDF for `device`: the same bytes for the same values.

    Never fails for what the texts hold; what is beyond `limits` is named on the page.
    """
    typography = make_typography(device)
    title = _choose_title(response.title, response.head.note_name)
    answer, left_out = cut_to_limits(clean_text(response.answer), ANSWER_CHARACTERS, ANSWER_LINES)
    remarks = list(response.remarks[:REMARKS])
    if len(response.remarks) > REMARKS:
        remarks.append(f"{len(response.remarks) - REMARKS} more remarks are left out.")
    if left_out:
        remarks.append(say_left_out("This answer", left_out, response.head))
    parts = [
        _make_answer(answer, title, typography),
        make_transcript(response, typography),
    ]
    if response.leads_with_transcript:
        parts.reverse()
    blocks = [
        *make_head(title, response.head.written_at, typography),
        *make_banner(remarks, typography),
        *itertools.chain.from_iterable(parts),
    ]
    imprint = Imprint(
        head=response.head,
        title=title,
        language=_choose_language(response.language),
        subject="Answer to a handwritten note",
        colophon=join_lines(response.colophon),
    )
    return draw_pages(PageFiller(typography).fill(blocks), typography, imprint)


def _make_answer(answer: str, title: str, typography: Typography) -> list[Block]:
    try:
        notes = NoteRegister()
        parsed = parse_markdown(answer)
        builder = BlockBuilder(parsed, typography, notes, title)
        blocks = builder.build()
        return [*blocks, *make_notes(notes, builder.definitions, parsed, typography)]
    except Exception as error:
        # The answer has been paid for: a fault in reading its Markdown must not cost its words.
        _log.warning("an answer is drawn as it was written: %s", type(error).__name__)
        listing = Listing(answer.expandtabs(4), "", typography.code, typography.furniture)
        return [Block(listing, answer)]


def draw_error(error: ErrorResponse, device: Device) -> bytes:
    """A failure as a PDF for `device`, in the hand of an answer."""
    typography = make_typography(device)
    title = _choose_title(error.title, "Something went wrong")
    sections = (
        ("", error.what_happened),
        ("What to do", error.next_step),
        ("What becomes of your note", error.what_becomes_of_the_note),
        ("The file", join_lines(error.head.note_name)),
    )
    blocks = make_head(title, error.head.written_at, typography)
    for label, text in sections:
        shown = shorten(clean_text(text).strip(), SENTENCES_CHARACTERS)
        if shown:
            blocks += make_section(label, shown, typography)
    imprint = Imprint(error.head, title, "en", "What went wrong with a note", "")
    return draw_pages(PageFiller(typography).fill(blocks), typography, imprint)


def _choose_title(title: str, otherwise: str) -> str:
    return shorten(join_lines(title) or join_lines(otherwise) or "Answer", TITLE_CHARACTERS)


def _choose_language(tag: str) -> str:
    """A BCP 47 tag that can stand in a PDF; English if the model named none."""
    is_tag = 0 < len(tag) <= 35 and all(
        part.isascii() and part.isalnum() for part in tag.split("-")
    )
    return tag if is_tag else "en"

"""The two pages inkchat writes: an answer, and what went wrong."""

import itertools

from inkchat.domain import Device, ErrorResponse, Letterhead, Response
from inkchat.reply.answer import make_answer
from inkchat.reply.characters import clean_text, cut_to_limits, join_lines, shorten
from inkchat.reply.furniture import Imprint
from inkchat.reply.limits import (
    ANSWER_CHARACTERS,
    ANSWER_LINES,
    REMARKS,
    SENTENCES_CHARACTERS,
    TITLE_CHARACTERS,
)
from inkchat.reply.pages import PageFiller
from inkchat.reply.parts import (
    make_banner,
    make_head,
    make_section,
    make_transcript,
    say_left_out,
)
from inkchat.reply.sheet import draw_pages
from inkchat.reply.typography import make_typography


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
        remarks.append(say_left_out("This answer", left_out, response.head.conversation_id))
    parts = [
        make_answer(answer, title, typography),
        make_transcript(
            response.transcript,
            response.head.conversation_id,
            typography,
            is_main=response.leads_with_transcript,
        ),
    ]
    if response.leads_with_transcript:
        parts.reverse()
    blocks = [
        *make_head(title, response.head.written_at, typography),
        *make_banner(remarks, typography),
        *itertools.chain.from_iterable(parts),
    ]
    imprint = _make_imprint(
        response.head,
        title,
        "Answer to a handwritten note",
        language=_choose_language(response.language),
        colophon=join_lines(response.colophon),
    )
    return draw_pages(PageFiller(typography).fill(blocks), typography, imprint)


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
    imprint = _make_imprint(error.head, title, "What went wrong with a note")
    return draw_pages(PageFiller(typography).fill(blocks), typography, imprint)


def _make_imprint(
    head: Letterhead, title: str, subject: str, *, language: str = "en", colophon: str = ""
) -> Imprint:
    return Imprint(
        conversation_id=head.conversation_id,
        code=head.code,
        written_at=head.written_at,
        exchange_number=head.exchange_number,
        title=f"{title} · exchange {head.exchange_number}",
        language=language,
        subject=subject,
        colophon=colophon,
    )


def _choose_title(title: str, otherwise: str) -> str:
    return shorten(join_lines(title) or join_lines(otherwise) or "Answer", TITLE_CHARACTERS)


def _choose_language(tag: str) -> str:
    """A BCP 47 tag that can stand in a PDF; English if the model named none."""
    is_tag = 0 < len(tag) <= 35 and all(
        part.isascii() and part.isalnum() for part in tag.split("-")
    )
    return tag if is_tag else "en"

"""The two pages inkchat writes: an answer, and what went wrong."""

import itertools
from collections.abc import Sequence

from inkchat.domain import (
    Device,
    Drawn,
    ErrorResponse,
    Letterhead,
    PageKind,
    Place,
    Response,
)
from inkchat.reply.answer import make_answer
from inkchat.reply.characters import clean_text, cut_to_limits, join_lines, shorten
from inkchat.reply.flow import Block
from inkchat.reply.furniture import Imprint, list_symbols
from inkchat.reply.gallery import Gallery
from inkchat.reply.limits import (
    ANSWER_CHARACTERS,
    ANSWER_LINES,
    REMARKS,
    SENTENCES_CHARACTERS,
    TITLE_CHARACTERS,
)
from inkchat.reply.markdown import read_title
from inkchat.reply.pages import PageFiller
from inkchat.reply.parts import (
    make_banner,
    make_head,
    make_section,
    make_transcript,
    say_left_out,
)
from inkchat.reply.qr import can_be_coded
from inkchat.reply.reply_area import CHOICES, TRY_AGAIN
from inkchat.reply.reply_room import LEAST_SHARE, add_reply_area
from inkchat.reply.sheet import draw_pages
from inkchat.reply.system_fonts import find_han, surround
from inkchat.reply.typography import Typography, make_typography

NOBODY_IN_PARTICULAR = "me"
"""The user of a watch for which nobody is named."""


def draw(content: Response | ErrorResponse, device: Device) -> Drawn:
    """The page as a PDF for `device`, and its places: the same bytes for the same values.

    Never fails for what the texts hold; what is beyond `limits` is named on the page.
    """
    if isinstance(content, ErrorResponse):
        return _draw_error(content, device)
    return _draw_response(content, device)


def draw_response(response: Response, device: Device) -> bytes:
    """The answer as a PDF."""
    return _draw_response(response, device).pdf


def draw_error(error: ErrorResponse, device: Device) -> bytes:
    """A failure as a PDF, in the hand of an answer."""
    return _draw_error(error, device).pdf


def _draw_response(response: Response, device: Device) -> Drawn:
    han = find_han(response.language, response.answer + response.transcript)
    with surround(han):
        return _set_response(response, device)


def _set_response(response: Response, device: Device) -> Drawn:
    language = _choose_language(response.language)
    typography = make_typography(
        device,
        language if device.hyphenates else "",
        has_codes=can_be_coded(response.head.code),
    )
    title = _choose_title(response.title, response.head.note_name)
    answer, left_out = cut_to_limits(clean_text(response.answer), ANSWER_CHARACTERS, ANSWER_LINES)
    remarks = list(response.remarks[:REMARKS])
    if len(response.remarks) > REMARKS:
        remarks.append(f"{len(response.remarks) - REMARKS} more remarks are left out.")
    if left_out:
        remarks.append(say_left_out("This answer", left_out, response.head.conversation_id))
    parts = [
        make_answer(answer, title, typography, Gallery(response.pictures, device.resolution_dpi)),
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
        *make_head(title, typography),
        *make_banner(remarks, typography),
        *itertools.chain.from_iterable(parts),
    ]
    imprint = _make_imprint(
        response.head,
        title,
        "Answer to a handwritten note",
        language=language,
        colophon=join_lines(response.colophon),
    )
    return _draw(blocks, typography, imprint, device, needs_room=response.needs_room)


def _draw_error(error: ErrorResponse, device: Device) -> Drawn:
    typography = make_typography(device, has_codes=can_be_coded(error.head.code))
    title = _choose_title(error.title, "Something went wrong")
    sections = (
        ("", error.what_happened),
        ("What to do", error.next_step),
        ("What becomes of your note", error.what_becomes_of_the_note),
    )
    blocks = make_head(title, typography)
    for label, text in sections:
        shown = shorten(clean_text(text).strip(), SENTENCES_CHARACTERS)
        if shown:
            blocks += make_section(label, shown, typography)
    imprint = _make_imprint(error.head, title, "What went wrong with a note", is_error=True)
    return _draw(blocks, typography, imprint, device, needs_room=False)


def _draw(
    blocks: Sequence[Block],
    typography: Typography,
    imprint: Imprint,
    device: Device,
    *,
    needs_room: bool,
) -> Drawn:
    """`needs_room`: a page more is worth it to write back on; else what is left is enough."""
    pages = PageFiller(typography).fill(blocks)
    places: list[Place] = add_reply_area(
        pages,
        typography,
        device,
        TRY_AGAIN if imprint.is_error else CHOICES,
        LEAST_SHARE if needs_room else 0.0,
        # Without its box, an error could not be answered by a tick.
        needs_boxes=needs_room or imprint.is_error,
    )
    for number in range(1, len(pages) + 1):
        places += list_symbols(typography, imprint, number)
    kind = PageKind.ERROR if imprint.is_error else PageKind.RESPONSE
    return Drawn(draw_pages(pages, typography, imprint), tuple(places), kind)


def _make_imprint(
    head: Letterhead,
    title: str,
    subject: str,
    *,
    language: str = "en",
    colophon: str = "",
    is_error: bool = False,
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
        heading=title,
        user="" if head.user == NOBODY_IN_PARTICULAR else head.user,
        about=head.note_name if is_error else "",
        is_error=is_error,
    )


def _choose_title(title: str, otherwise: str) -> str:
    return shorten(read_title(title) or join_lines(otherwise) or "Answer", TITLE_CHARACTERS)


def _choose_language(tag: str) -> str:
    """A BCP 47 tag that can stand in a PDF; English if the model named none."""
    is_tag = 0 < len(tag) <= 35 and all(
        part.isascii() and part.isalnum() for part in tag.split("-")
    )
    return tag if is_tag else "en"

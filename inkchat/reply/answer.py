"""An answer in Markdown to blocks, whatever stands in it."""

import logging

from inkchat.reply.blocks import BlockBuilder
from inkchat.reply.flow import Block
from inkchat.reply.gallery import Gallery
from inkchat.reply.listing import Listing
from inkchat.reply.markdown import parse_markdown
from inkchat.reply.notes import NoteRegister
from inkchat.reply.parts import make_notes
from inkchat.reply.typography import Typography

_log = logging.getLogger(__name__)


def make_answer(
    answer: str, title: str, typography: Typography, gallery: Gallery | None = None
) -> list[Block]:
    """The blocks of clean `answer` with its notes; a first heading like `title` is left out.

    `gallery` has what it may show of the note.
    """
    try:
        notes = NoteRegister()
        parsed = parse_markdown(answer)
        builder = BlockBuilder(parsed, typography, notes, title, gallery or Gallery())
        blocks = builder.build()
        return [*blocks, *make_notes(notes, builder.definitions, parsed, typography)]
    except Exception as error:
        # The answer has been paid for: a fault in reading its Markdown must not cost its words.
        _log.warning("an answer is drawn as it was written: %s", type(error).__name__)
        listing = Listing(answer.expandtabs(4), "", typography)
        return [Block(listing, answer)]

"""A response about nothing that happened: any Markdown under a letterhead that is made up."""

from datetime import UTC, datetime

from inkchat.domain import Device, Letterhead, Response
from inkchat.reply.characters import clean_text, join_lines
from inkchat.reply.limits import TITLE_CHARACTERS
from inkchat.reply.markdown import parse_markdown

HEAD_CHARACTERS = 10_000
"""In which the heading at the beginning is looked for."""


def make_sample(answer: str, name: str, language: str, device: Device) -> Response:
    """As if `answer` had come back for a note called `name`: always the same for the same values.

    The title is the heading it begins with, else the name without its ending. Date, person,
    conversation and code are fixed, and no conversation has them.
    """
    title, text = split_title(answer)
    head = Letterhead(
        conversation_id="conv_20260101_120000_00000000",
        exchange_number=1,
        note_name=name,
        written_at=datetime(2026, 1, 1, 12, 0, tzinfo=UTC),
        code="H4KM7P",
        user="Ada",
    )
    return Response(
        head=head,
        title=title or name.rpartition(".")[0] or name,
        answer=text,
        transcript="",
        language=language,
        colophon=f"inkchat preview · {device.name}",
    )


def split_title(answer: str) -> tuple[str, str]:
    """The words of the heading that `answer` begins with, and what stands below it.

    No words, and all of `answer`, if it begins with another thing or they are too long for a title.
    """
    clean = clean_text(answer)
    tokens = parse_markdown(clean[:HEAD_CHARACTERS]).tokens
    if not tokens or tokens[0].type != "heading_open" or not tokens[0].map:
        return "", answer
    spans = tokens[1].children or []
    title = join_lines("".join(" " if s.type.endswith("break") else s.content for s in spans))
    if not 0 < len(title) <= TITLE_CHARACTERS:
        return "", answer
    return title, "\n".join(clean.split("\n")[tokens[0].map[1] :])

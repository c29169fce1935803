"""Answers of the kinds that models write, for the golden pictures and other tests.

The texts lie in `answers/`, a file for each: what the model told of it between two lines of
dashes, then the answer as it was written. `sketches` names the pages of the note that was answered.
"""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import yaml

from inkchat.domain import ErrorResponse, Letterhead, NotePicture, Response
from tests.reply.sketches import draw_sketch

TEXTS = Path(__file__).with_suffix("")

HEAD = Letterhead(
    conversation_id="conv_20261120_140512_ab12cd34",
    exchange_number=2,
    note_name="sky.pdf",
    written_at=datetime(2026, 11, 20, 14, 5, tzinfo=UTC),
)
CODE = "H4KM7P"
CODED = replace(HEAD, code=CODE)
COLOPHON = "claude-sonnet-5-5 · 2,352 tokens"


def make_response(
    answer: str,
    title: str = "An answer",
    *,
    transcript: str = "",
    language: str = "en",
    colophon: str = COLOPHON,
    remarks: tuple[str, ...] = (),
    head: Letterhead = HEAD,
    leads_with_transcript: bool = False,
) -> Response:
    return Response(
        head, title, answer, transcript, language, colophon, remarks, leads_with_transcript
    )


def read_answer(path: Path) -> Response:
    """The response that a file of `answers/` holds; without a `code`, it has the usual one."""
    _, told, answer = path.read_text("utf-8").split("---\n", 2)
    values = yaml.safe_load(told)
    head = replace(HEAD, code=values.pop("code", CODE))
    transcript = values.pop("transcript", "").rstrip("\n")
    remarks = tuple(values.pop("remarks", ()))
    sketches = enumerate(values.pop("sketches", ()), start=1)
    response = make_response(answer, head=head, transcript=transcript, remarks=remarks, **values)
    pictures = tuple(NotePicture(page, draw_sketch(name)) for page, name in sketches)
    return replace(response, pictures=pictures)


GOLDEN = {path.stem: read_answer(path) for path in sorted(TEXTS.glob("*.md"))}
"""All of them, by the name of the file."""

LETTER = GOLDEN["letter"]
TABLE_AND_CODE = GOLDEN["table-and-code"]
ESSAY = GOLDEN["essay"]
WIDE_TABLE = GOLDEN["wide-table"]
NESTED = GOLDEN["nested"]
SCRIPTS = GOLDEN["scripts"]
OFFLINE = GOLDEN["offline"]

RESPONSES = {
    "letter": LETTER,
    "table-and-code": TABLE_AND_CODE,
    "essay": ESSAY,
    "wide-table": WIDE_TABLE,
    "nested": NESTED,
    "scripts": SCRIPTS,
    "offline": OFFLINE,
}
"""A few that differ most, for what is tested on every device."""

ERROR = ErrorResponse(
    head=CODED,
    title="The model’s key was refused",
    what_happened="Anthropic Claude did not accept the key in the variable ANTHROPIC_API_KEY.",
    next_step="Make a new key on the provider’s console, put it into that variable, and start "
    "inkchat again. “inkchat status” tells what waits for it.",
    what_becomes_of_the_note="Your note is kept and waits. It is answered as soon as the key is "
    "mended; you need not save it again.",
)

"""Conversations for the golden pictures of digests and for other tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from inkchat.domain import Digest, DigestEntry
from tests.reply.answers import CODE, COLOPHON, HEAD, LETTER, TABLE_AND_CODE

MADE_AT = datetime(2026, 11, 21, 13, 55, tzinfo=UTC)


def make_entry(
    number: int = 1, title: str = "A question", answer: str = "An answer."
) -> DigestEntry:
    return DigestEntry(
        number=number,
        title=title,
        note_name="note.pdf",
        written_at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC) + timedelta(hours=31 * (number - 1)),
        author="",
        transcript="What of it?",
        answer=answer,
        colophon=COLOPHON,
    )


def make_digest_of(*entries: DigestEntry, title: str = "A conversation about it") -> Digest:
    return Digest(HEAD.conversation_id, CODE, title, MADE_AT, entries)


GARDEN = Digest(
    HEAD.conversation_id,
    CODE,
    "The garden, and the sky above it",
    MADE_AT,
    (
        replace(
            make_entry(1, LETTER.title, LETTER.answer),
            note_name="garden.pdf",
            transcript=LETTER.transcript,
        ),
        replace(
            make_entry(2, "", "> Good fences\n\nmake *good neighbours*, as the poet doubts."),
            note_name="IMG_2031.jpeg",
            author="Grace",
            transcript="Does Ada’s hedge need a permit if it is higher than a man?\n– asks Grace",
            remarks=("Page 3 was left out, because it is empty.",),
        ),
        replace(
            make_entry(
                3,
                "The model’s key was refused",
                "Anthropic Claude did not accept the key in the variable ANTHROPIC_API_KEY. Make a "
                "new key on the provider’s console.",
            ),
            note_name="sky.pdf",
            transcript="",
            colophon="",
            is_failed=True,
        ),
        replace(
            make_entry(4, TABLE_AND_CODE.title, TABLE_AND_CODE.answer),
            note_name="sky.pdf",
            transcript=TABLE_AND_CODE.transcript,
        ),
        replace(
            make_entry(5, "What is done so far", "**Garlic** is in the ground, the beans are not."),
            transcript="",
            written_at=None,
        ),
    ),
    summary="Ada began in **October** with a heavy soil and many plans:\n\n"
    "- the hedge was to go, and stayed;\n- the pond was dug and leaked.",
    attachments=("soil-analysis.pdf", "plan of the beds.png"),
)

"""What stands on a page, in words: an answer as it is, an error as two sentences and its fate."""

import re

from inkchat.domain import ErrorResponse, Letterhead, Note, NotePicture, Reply, Response, Stop
from inkchat.errors import InkchatError
from inkchat.reply.limits import NOTE_PAGES
from inkchat.reply.note_address import find_pages

BREAKS_OFF = "The model ran out of room, so the answer breaks off before its end."
WAITS = "The note waits and is answered by itself as soon as this is mended."
ASKED_FOR_A_DAY = (
    "The note waits and is asked about again by itself; after 24 hours without an answer it is "
    "given up, and a page says so."
)
WAITS_FOR_YOU = "The note is kept; it is not asked about again until you say so."
WAITS_FOR_BUDGET = (
    "The note is kept, as are all that come after it; they are answered by themselves when the "
    "period turns or the budget is raised."
)
IS_ANSWERED = "The note is answered, and the answer is kept in its conversation."


def say_kept(drop_id: int) -> str:
    """Saved again as it is, a note would be known, and not be asked about."""
    return (
        f"The note itself is untouched. Save it again with a word added, or run "
        f"“inkchat retry {drop_id}”, and it is tried again."
    )


def write_answer(
    head: Letterhead, note: Note, reply: Reply, *, is_command: bool = False
) -> Response:
    """An answer, with what the person should know before reading it."""
    remarks = [*reply.remarks, *note.remarks]
    if reply.stop is Stop.TRUNCATED:
        remarks.append(BREAKS_OFF)
    return Response(
        head=head,
        title=reply.title,
        answer=reply.answer,
        transcript=reply.transcript,
        language=reply.language,
        colophon=_name_author(reply),
        remarks=tuple(remarks),
        # Without a model there is no answer to the note, only what was read of it.
        leads_with_transcript=not reply.model,
        # What a command tells is looked up, and seldom answered.
        needs_room=not is_command,
        # What inkchat itself says may quote an answer that was about another note.
        pictures=() if is_command or not reply.model else _take_pictures(note, reply.answer),
    )


def _take_pictures(note: Note, answer: str) -> tuple[NotePicture, ...]:
    """Of the pages that `answer` names, in the order in which it does."""
    pictures = {page.number: page.picture for page in note.pages}
    named = [
        NotePicture(number, picture)
        for number in find_pages(answer)
        if (picture := pictures.get(number))
    ]
    return tuple(named[:NOTE_PAGES])


def write_error(head: Letterhead, error: InkchatError, fate: str) -> ErrorResponse:
    """`fate` says in one sentence what becomes of the note."""
    return ErrorResponse(
        head=head,
        title=error.title,
        what_happened=_set_off_code(error.what_happened),
        next_step=_set_off_code(error.next_step),
        what_becomes_of_the_note=fate,
    )


def _name_author(reply: Reply) -> str:
    tokens = reply.usage.total_tokens
    name = reply.model or reply.provider
    if not tokens:
        return name
    return f"{name} · {tokens:,} tokens · {say_cost(reply.cost_usd)}"


def _set_off_code(sentence: str) -> str:
    """What stands between backticks on a terminal stands between quotation marks on paper."""
    return re.sub(r"`([^`]*)`", r"“\1”", sentence)


def say_cost(cost_usd: float | None) -> str:
    """Never as nothing where it is not known."""
    if cost_usd is None:
        return "cost unknown"
    if cost_usd == 0:
        return "free"
    return f"${cost_usd:.4f}" if cost_usd < 1 else f"${cost_usd:,.2f}"

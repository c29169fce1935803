"""A request as roles and parts that hold for every vendor, before it takes a vendor's form.

First turn from the user, roles alternate, nothing is empty: what some vendor refuses, none gets.
Earlier turns are text; the new note comes last, its pictures before its text.
"""

import base64
from dataclasses import dataclass

from inkchat.domain import Note, Page, Request, Role, Turn

_MISSING_TURN = "(The beginning of this conversation is not given.)"
_EMPTY_NOTE = "(The new note is empty.)"


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked: earlier turns that end with the assistant, then the new note."""

    turns: tuple[Turn, ...]
    pictures: tuple[str, ...]
    """PNG files in base64."""
    texts: tuple[str, ...]
    """Never empty: what stands after the pictures, in order."""


def arrange(request: Request) -> Asking:
    """Put a request into the order and the roles that all vendors take."""
    turns = _alternate(request.history)
    unanswered: tuple[str, ...] = ()
    if turns and turns[-1].role is Role.USER:
        unanswered, turns = (turns[-1].text,), turns[:-1]
    texts = (*unanswered, *_describe_pages(request.note), request.instruction.strip())
    return Asking(
        turns=turns,
        pictures=tuple(
            base64.b64encode(page.picture).decode("ascii")
            for page in request.note.pages
            if page.picture
        ),
        texts=tuple(text for text in texts if text) or (_EMPTY_NOTE,),
    )


def find_last_user(turns: tuple[Turn, ...]) -> int | None:
    """The place of the user's last turn, from 0."""
    places = (n for n in reversed(range(len(turns))) if turns[n].role is Role.USER)
    return next(places, None)


def _alternate(history: tuple[Turn, ...]) -> tuple[Turn, ...]:
    merged: list[Turn] = []
    for turn in history:
        text = turn.text.strip()
        if not text:
            continue
        if merged and merged[-1].role is turn.role:
            text = f"{merged.pop().text}\n\n{text}"
        merged.append(Turn(turn.role, text))
    if merged and merged[0].role is Role.ASSISTANT:
        merged.insert(0, Turn(Role.USER, _MISSING_TURN))
    return tuple(merged)


def _describe_pages(note: Note) -> tuple[str, ...]:
    """Typed text under its page's number, and which picture is which page.

    That one picture is page 1 need not be told.
    """
    labelled = [page.number for page in note.pages] != [1]
    described, pictures = [], 0
    for page in note.pages:
        pictures += page.picture is not None
        text = page.text.strip()
        if text or labelled:
            described.append(_describe_page(page, text, pictures))
    return ("\n\n".join(described),)


def _describe_page(page: Page, text: str, picture_number: int) -> str:
    if page.picture is None:
        return f"[Page {page.number}]\n{text}" if text else f"[Page {page.number}, empty]"
    label = f"[Page {page.number}, picture {picture_number}]"
    return f"{label}\nTyped text on it:\n{text}" if text else label

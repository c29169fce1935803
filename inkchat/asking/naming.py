"""A note that says itself who is to answer it, by the line “provider: …”, typed or by hand."""

from collections.abc import Callable
from dataclasses import dataclass

from inkchat import conversations
from inkchat.config import ProviderName
from inkchat.domain import Drop, Note, Reply


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a note asks for, and the note without the line that says so."""

    note: Note
    provider: ProviderName | None = None
    remark: str = ""


def read_named(note: Note) -> Named:
    """By a typed line. On a page that inkchat drew, the typed text is not the person's."""
    if note.marks is not None or not note.text:
        return Named(note)
    named = conversations.find_provider_line(note.text)
    if named is not None:
        return Named(conversations.remove_provider_line(note), named)
    return Named(note, remark=_tell_of_unknown(note.text))


def find_wanted(drop: Drop, named: Named, reply: Reply) -> ProviderName | None:
    """Whom the handwriting asks for, now that it was read, if that is somebody else."""
    if named.provider is not None or drop.asked_provider or not _has_pictures(named.note):
        return None
    wanted = conversations.find_provider_line(reply.transcript)
    if wanted is None and conversations.is_only_provider_line(reply.answer):
        wanted = conversations.find_provider_line(reply.answer)
    return wanted if wanted is not None and wanted != reply.provider else None


def remark_on_naming(named: Named, reply: Reply) -> str:
    """What is said of a name that nobody knows; empty if there is none."""
    if named.remark or not _has_pictures(named.note):
        return named.remark
    return _tell_of_unknown(reply.transcript)


def remark_on_calling(
    reply: Reply,
    find_called: Callable[[str], str | None],
    say_unknown: Callable[[str], str],
) -> str:
    """What is said of a handwritten code that no conversation has; empty if there is none."""
    given = conversations.find_continue_line(reply.transcript)
    if given is None:
        given = conversations.find_unknown_code(reply.transcript)
    elif find_called(given) is not None:
        return ""
    return "" if given is None else say_unknown(given)


def write_hint(drop: Drop, note: Note, provider: ProviderName) -> str:
    """What a model is told of such a line: the first that is asked may not be the one wanted."""
    if not _has_pictures(note) or provider is ProviderName.OFFLINE:
        return ""
    if drop.asked_provider:
        return "A line of it that begins with “provider:” has been obeyed: pass over it."
    others = ", ".join(name for name in ProviderName if name is not provider)
    return (
        f"If one whole handwritten line of it is “provider:” and a name such as {others}, by that "
        "name or a shorter one, transcribe the note with that line, and write only that line as "
        "your answer: the other service will answer it. Otherwise pass over such a line."
    )


def _has_pictures(note: Note) -> bool:
    return any(page.picture for page in note.pages)


def _tell_of_unknown(text: str) -> str:
    name = conversations.find_unknown_provider(text)
    if not name:
        return ""
    known = ", ".join(ProviderName)
    return f"The note asks for “{name}”, which is no provider that inkchat knows ({known})."

"""The program's side of drawing a page: a child process draws it, and only its bytes come back.

reportlab and the typefaces would otherwise stay in the program's memory for all of its life, and
whatever a model wrote could take it along: here it costs a child that may be killed.
"""

from inkchat import sandbox
from inkchat.domain import Device, Digest, Drawn, ErrorResponse, Response
from inkchat.errors import DigestTooLong, MachineBusy
from inkchat.reply.font_folders import list_folders
from inkchat.reply.limits import DIGEST_CHARACTERS, DIGEST_EXCHANGES
from inkchat.sandbox import ChildFailed, FailureReason

LIMITS = sandbox.ChildLimits(memory_mb=1024, processor_seconds=60, wall_seconds=240.0)
"""Four times the memory and four times the time of the worst answer that `reply.limits` lets be
drawn, on the smallest of the screens: 500,000 characters of Arabic, no word twice, take 8 s on an
idle machine, the worst formulas 7 s more, and as many characters that no font has 230 MB. Latin
text takes 5 s and 100 MB."""

DIGEST_LIMITS = sandbox.ChildLimits(memory_mb=1024, processor_seconds=300, wall_seconds=900.0)
"""Over three times the memory and sixteen times the time of the longest honest digest."""

PRELOAD = ("inkchat.reply.specimen",)
"""A name is enough, since it is not to be loaded here."""


def warm_up() -> None:
    """Start what draws pages, so that the first one is not slow; returns at once."""
    sandbox.warm_up(PRELOAD)


def make_page(content: Response | ErrorResponse, device: Device) -> Drawn:
    """The page for `device`, drawn in a child: the same bytes for the same values.

    Raises sandbox.ChildFailed when the child dies or reaches a limit, what drawing raises where
    that is built in, and OSError when the system has no room for another process.
    """
    folders = list_folders()
    return sandbox.run_in_child(draw_page, content, device, folders, limits=LIMITS, preload=PRELOAD)


def draw_page(content: Response | ErrorResponse, device: Device, folders: tuple[str, ...]) -> Drawn:
    """The same in this process, with the fonts in `folders`: where the child begins."""
    from inkchat.reply.response import draw
    from inkchat.reply.system_fonts import surround

    with surround(folders=folders):
        return draw(content, device)


def make_digest(digest: Digest, device: Device) -> bytes:
    """The conversation as a PDF for `device`, drawn in a child: the same bytes for the same values.

    Raises DigestTooLong where it is too long or cannot be drawn, and MachineBusy when the system
    has no room for another process.
    """
    _refuse_too_long(digest)
    try:
        return sandbox.run_in_child(
            draw_whole, digest, device, list_folders(), limits=DIGEST_LIMITS, preload=PRELOAD
        )
    except ChildFailed as failure:
        if failure.reason is FailureReason.CRASH:
            what_happened = f"The digest could not be drawn: {failure}."
        else:
            what_happened = "The digest took more time or memory to draw than it may."
        raise DigestTooLong(what_happened, _say_instead(digest)) from failure
    except OSError as error:
        raise MachineBusy(
            f"The digest could not be drawn: the system refused ({error.strerror or error}).",
            "Close other programs or free some memory.",
        ) from error


def draw_whole(digest: Digest, device: Device, folders: tuple[str, ...]) -> bytes:
    """The same in this process, with the fonts in `folders`: where the child begins."""
    from inkchat.reply.digest import draw_digest
    from inkchat.reply.system_fonts import surround

    with surround(folders=folders):
        return draw_digest(digest, device)


def _refuse_too_long(digest: Digest) -> None:
    characters = len(digest.summary) + sum(
        len(entry.answer) + len(entry.transcript) + sum(map(len, entry.remarks))
        for entry in digest.entries
    )
    exchanges = len(digest.entries)
    if exchanges > DIGEST_EXCHANGES or characters > DIGEST_CHARACTERS:
        raise DigestTooLong(
            f"This conversation is too long for a digest: it has {exchanges:,} exchanges and "
            f"{characters:,} characters, and a digest holds {DIGEST_EXCHANGES:,} and "
            f"{DIGEST_CHARACTERS:,}.",
            _say_instead(digest),
        )


def _say_instead(digest: Digest) -> str:
    return f"Read it with `inkchat show {digest.conversation_id}`."

"""The program's side of drawing a page: a child process draws it, and only its bytes come back.

reportlab and the typefaces would otherwise stay in the program's memory for all of its life, and
whatever a model wrote could take it along: here it costs a child that may be killed.
"""

from inkchat import sandbox
from inkchat.domain import Device, ErrorResponse, Response

LIMITS = sandbox.ChildLimits(memory_mb=1024, processor_seconds=60, wall_seconds=240.0)
"""Three times the memory and ten times the time of the longest answer that `reply.limits` lets be
drawn."""

PRELOAD = ("inkchat.reply.specimen",)
"""A name is enough, since it is not to be loaded here."""


def warm_up() -> None:
    """Start what draws pages, so that the first one is not slow; returns at once."""
    sandbox.warm_up(PRELOAD)


def make_page(content: Response | ErrorResponse, device: Device) -> bytes:
    """The page as a PDF for `device`, drawn in a child: the same bytes for the same values.

    Raises sandbox.ChildFailed when the child dies or reaches a limit, what drawing raises where
    that is built in, and OSError when the system has no room for another process.
    """
    return sandbox.run_in_child(draw_page, content, device, limits=LIMITS, preload=PRELOAD)


def draw_page(content: Response | ErrorResponse, device: Device) -> bytes:
    """The same in this process: where the child begins."""
    from inkchat.reply.response import draw_error, draw_response

    if isinstance(content, ErrorResponse):
        return draw_error(content, device)
    return draw_response(content, device)

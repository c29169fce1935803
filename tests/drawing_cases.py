"""What the press's children are made to do; kept apart, so that no child loads pytest."""

import os
import signal

from inkchat.domain import Device, Digest, Drawn, ErrorResponse, Response
from inkchat.reply.press import draw_page

Folders = tuple[str, ...]


def draw_errors_alone(content: Response | ErrorResponse, device: Device, folders: Folders) -> Drawn:
    if isinstance(content, ErrorResponse):
        return draw_page(content, device, folders)
    raise ZeroDivisionError("in drawing")


def die_of_an_answer(content: Response | ErrorResponse, device: Device, folders: Folders) -> Drawn:
    """As a fault in a library does it, and as the system does when memory runs out."""
    if isinstance(content, Response):
        os.kill(os.getpid(), signal.SIGABRT)
    return draw_page(content, device, folders)


def take_memory_for_an_answer(
    content: Response | ErrorResponse, device: Device, folders: Folders
) -> Drawn:
    if isinstance(content, Response):
        return Drawn(bytes(2**40))
    return draw_page(content, device, folders)


def spin_for_an_answer(
    content: Response | ErrorResponse, device: Device, folders: Folders
) -> Drawn:
    while isinstance(content, Response):
        pass
    return draw_page(content, device, folders)


def find_no_room(content: Response | ErrorResponse, device: Device, folders: Folders) -> Drawn:
    raise BlockingIOError("no room for another process")


def die_of_a_digest(digest: Digest, device: Device, folders: Folders) -> bytes:
    os.kill(os.getpid(), signal.SIGABRT)
    return b""


def spin_for_a_digest(digest: Digest, device: Device, folders: Folders) -> bytes:
    while True:
        pass


def find_no_room_for_a_digest(digest: Digest, device: Device, folders: Folders) -> bytes:
    raise BlockingIOError("no room for another process")

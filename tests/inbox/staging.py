"""What the tests of the inbox share: a clock to turn, a deadline, and another user's eyes."""

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from inkchat.inbox.scan import Found, list_inbox

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n0\n%%EOF\n"
"""What is asked of a PDF before it is taken: a beginning and an end."""


class TurnedClock:
    """A monotonic clock that goes only when it is turned."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def turn(self, seconds: float) -> None:
        self.seconds += seconds


def wait_until(condition: Callable[[], bool], deadline_seconds: float = 10.0) -> bool:
    """Whether it came true before the deadline."""
    end = time.monotonic() + deadline_seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.005)
    return condition()


def find(inbox: Path, name: str) -> Found:
    """The listed file of this name."""
    return next(found for found in list_inbox(inbox).found if found.path.name == name)


@contextlib.contextmanager
def public_folder() -> Iterator[Path]:
    """A folder that other users can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """With the rights of nobody, if we are root, whom no permission stops."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)

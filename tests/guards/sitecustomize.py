"""What no test may do, in its own process or in one it starts.

Python imports a module of this name at start; `tests/conftest.py` puts its folder on the
PYTHONPATH of child processes and installs it in its own. Audit hooks see every call, whatever
library makes it, and cannot be taken out again.
"""

import ipaddress
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

PRIVATE = tuple(str(ROOT / name) for name in ("eink_sessions.db", "inbox", "outbox", ".inkchat"))
"""The checkout's own data: a developer may be using it."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class ATestReachedOutsideTheMachine(RuntimeError):
    pass


class ATestTouchedTheUsersFiles(RuntimeError):
    pass


def guard(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        _allow_address(arguments[1])
    elif event == "socket.getaddrinfo":
        _allow_host(arguments[0])
    elif event == "open":
        path, _, flags = arguments
        if flags & WRITING:
            _allow_path(path)
    elif event in ("sqlite3.connect", "os.remove", "os.rename", "os.link"):
        # With a folder's descriptor, as shutil.rmtree has it, a name says nothing by itself.
        by_descriptor = isinstance(arguments[-1], int) and arguments[-1] >= 0
        for path in () if by_descriptor else arguments[:2]:
            _allow_path(path)


def _allow_address(address: object) -> None:
    if isinstance(address, tuple):
        _allow_host(address[0])


def _allow_host(host: object) -> None:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or host in ("localhost", ""):
        return
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ATestReachedOutsideTheMachine(host)


def _allow_path(path: object) -> None:
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, (str, Path)):
        return
    absolute = os.path.abspath(path)  # noqa: PTH100  (Path.resolve would ask the file system)
    if absolute.startswith(PRIVATE):
        raise ATestTouchedTheUsersFiles(absolute)


sys.addaudithook(guard)

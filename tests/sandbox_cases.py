"""What the sandbox's children are made to do; kept apart, so that no child loads pytest."""

import json
import os
import pickle
import resource
import signal
import socket
import struct
import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from inkchat.errors import DamagedFile, RateLimited


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Leaf:
    name: str
    content: bytes
    weight: float


@dataclass(frozen=True, slots=True)
class Tree:
    colour: Colour
    leaves: tuple[Leaf, ...]
    pair: tuple[int, bool]
    note: str | None
    root: bytes | None


def echo(value: Tree) -> Tree:
    return value


def add(a: int, b: int) -> int:
    return a + b


def make_bytes(size: int) -> bytes:
    return b"x" * size


def measure(content: bytes) -> int:
    return len(content)


def take_memory(size: int) -> int:
    return len(bytearray(size))


def spin() -> NoReturn:
    while True:
        pass


def spin_unimpressed() -> NoReturn:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    spin()


def sleep(marks: str) -> NoReturn:
    mark(marks)
    while True:
        time.sleep(60)


def mark(folder: str) -> None:
    """An empty file named by our process; a child may not write more."""
    (Path(folder) / str(os.getpid())).touch()


def die(number: int) -> NoReturn:
    os.kill(os.getpid(), number)
    raise AssertionError("still alive")


def leave(code: int) -> NoReturn:
    os._exit(code)


def raise_system_exit() -> None:
    raise SystemExit(0)


def raise_rate_limited() -> None:
    raise RateLimited("Too fast.", "Wait.", provider="Offline", retry_after_seconds=2.5)


def raise_damaged() -> None:
    raise DamagedFile("It is torn: “ä”.", "Mend it.")


def raise_value_error() -> None:
    raise ValueError("nineteen")


class Homemade(Exception):
    pass


def raise_homemade() -> None:
    raise Homemade("from here")


def return_a_surrogate() -> str:
    return "\ud800"


def return_a_set() -> set[int]:
    return {1}


def return_the_wrong_type() -> int:
    return "1"  # type: ignore[return-value]


def _work_socket() -> int:
    for link in Path("/proc/self/fd").iterdir():
        if link.is_symlink() and str(link.readlink()).startswith("socket:"):
            return int(link.name)
    raise AssertionError("no socket")


def _send(message: bytes) -> NoReturn:
    with socket.socket(fileno=_work_socket()) as work:
        work.sendall(message)
    os._exit(0)


def send_bytes(message: bytes) -> int:
    """As if taken over: the result is whatever the attacker likes."""
    _send(message)


def send_head(head: str) -> int:
    encoded = head.encode()
    _send(struct.pack("!Q", len(encoded)) + encoded)


def send_a_pickle() -> int:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[int]]:
            return os._exit, (9,)  # whoever unpickles it is gone

    _send(pickle.dumps(Trap()))


def send_deep_nesting() -> int:
    return send_head('{"result":' + "[" * 100_000 + "]" * 100_000 + "}")


def send_without_end() -> int:
    with socket.socket(fileno=_work_socket()) as work:
        while True:
            work.sendall(bytes(2**20))


def hang_up_and_stay() -> int:
    os.close(_work_socket())
    while True:
        time.sleep(60)


def kill_the_server() -> int:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)
    return 0


def leave_a_grandchild(marks: str) -> int:
    pid = os.fork()
    if pid == 0:
        sleep(marks)
    while not (Path(marks) / str(pid)).exists():
        time.sleep(0.001)
    return pid


def tell_server_pid() -> int:
    return os.getppid()


def wait_and_tell_server_pid(seconds: float) -> int:
    time.sleep(seconds)
    return os.getppid()


def describe() -> str:
    """What a child finds around it."""
    links = list(Path("/proc/self/fd").iterdir())
    return json.dumps(
        {
            "environment": sorted(os.environ),
            "modules": sorted(sys.modules),
            "descriptors": sorted(str(link.readlink()) for link in links if link.is_symlink()),
            "memory_bytes": resource.getrlimit(resource.RLIMIT_AS),
            "core": resource.getrlimit(resource.RLIMIT_CORE),
            "file_bytes": resource.getrlimit(resource.RLIMIT_FSIZE),
            "group_is_own": os.getpgrp() == os.getpid(),
        }
    )


def write_a_file(file: str) -> None:
    Path(file).write_bytes(b"something")

"""The process that children are forked from, and what a child does before it reads anything.

The server lives as long as its end of the control socket does: when the program ends, even by
SIGKILL, the server reads end-of-file and exits, and its children die with it (PR_SET_PDEATHSIG).
The program holds one status socket per child. It reads from it how the child ended, and closes
it to have the child killed: only the server may kill, because only before it has reaped the child
does the number certainly still belong to it.

A server that nobody has asked for anything for a while ends by itself: it holds libraries of tens
of megabytes, and most of the day no note comes. The next request starts another.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import pickle
import resource
import selectors
import signal
import socket
import struct
import sys
from dataclasses import dataclass
from typing import Any, NoReturn

from inkchat.sandbox.codec import encode_error, encode_result

ENDING = struct.Struct("!id")
"""How a child ended: its exit code, or the signal's number negated, and processor seconds."""
NO_CHILD = 256
"""In place of an exit code, plus the error's number: no child could be started."""
IDLE_SECONDS = 60.0
"""A server without a child and without a request ends after this; starting one takes half a
second."""
_REQUEST_MAX_BYTES = 64 * 2**10
_OUT_OF_MEMORY = encode_error(MemoryError())
"""Made beforehand: when it is needed there may be no room left to make it."""
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38  # linux/prctl.h


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What one call may cost."""

    memory_mb: int
    """Address space, the interpreter's own included."""
    processor_seconds: int
    wall_seconds: float


@dataclass(frozen=True, slots=True)
class ChildRequest:
    """What the program asks of the server; the arguments go straight to the child."""

    preload: tuple[str, ...]
    """Modules to import in the server, once, so that each child finds them loaded."""
    memory_mb: int
    processor_seconds: int

    def to_bytes(self) -> bytes:
        fields = [self.preload, self.memory_mb, self.processor_seconds]
        return json.dumps(fields).encode()

    @classmethod
    def from_bytes(cls, message: bytes) -> "ChildRequest":
        preload, memory_mb, processor_seconds = json.loads(message)
        return cls(tuple(preload), memory_mb, processor_seconds)


def serve(control_fd: int, idle_seconds: float) -> None:
    """Fork a child for each request until the program is gone, or wants nothing any more."""
    # Stopping a service can signal every process of it. The program finishes the note at hand
    # first, so server and children go on until it is gone.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    with socket.socket(fileno=control_fd) as control, _Nursery(control) as nursery:
        nursery.serve(idle_seconds)


class _Nursery:
    """The children that are alive, each with the socket on which its ending is told."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._statuses: dict[int, socket.socket] = {}
        self._bell, self._bell_rope = socket.socketpair()
        self._loaded: set[str] = set()

    def __enter__(self) -> "_Nursery":
        self._bell.setblocking(False)
        self._bell_rope.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(self._bell_rope.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._control, selectors.EVENT_READ)
        self._selector.register(self._bell, selectors.EVENT_READ)
        return self

    def __exit__(self, *_exception: object) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for end in (self._bell, self._bell_rope, *self._statuses.values()):
            end.close()

    def serve(self, idle_seconds: float) -> None:
        while True:
            events = self._selector.select(idle_seconds)
            # A request that comes between this and the end is told by the end of its sockets.
            if not events and not self._statuses:
                return
            for key, _events in events:
                if key.fileobj is self._control:
                    if not self._accept():
                        return
                elif key.fileobj is self._bell:
                    self._reap()
                elif self._statuses.get(key.data) is key.fileobj:
                    self._give_up(key.data, key.fileobj)

    def _accept(self) -> bool:
        message, descriptors, _flags, _address = socket.recv_fds(
            self._control, _REQUEST_MAX_BYTES, 2
        )
        if not message:
            return False
        request = ChildRequest.from_bytes(message)
        self._load(request.preload)
        if descriptors:
            work, status = (socket.socket(fileno=descriptor) for descriptor in descriptors)
            self._fork(request, work, status)
        return True

    def _load(self, modules: tuple[str, ...]) -> None:
        missing = [name for name in modules if name not in self._loaded]
        for name in missing:
            # A module that cannot be loaded fails in the child that needs it, with its reason
            # told; here it would take every other child down.
            try:
                importlib.import_module(name)
            except Exception as error:
                print(f"inkchat: {name} cannot be loaded: {error}", file=sys.stderr)  # noqa: T201
            self._loaded.add(name)
        if missing:
            gc.collect()
            _give_back_memory()
            gc.freeze()  # a collection in a child would otherwise copy every shared memory page

    def _fork(self, request: ChildRequest, work: socket.socket, status: socket.socket) -> None:
        server_pid = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            # Too little memory or too many processes: no fault of the file.
            status.send(ENDING.pack(NO_CHILD + (error.errno or 0), 0.0), socket.MSG_NOSIGNAL)
            work.close()
            status.close()
            return
        if pid == 0:
            try:
                status.close()
                self.__exit__()
                self._control.close()
                _run_child(request, work, server_pid)
            finally:
                os._exit(1)
        work.close()
        # The child does it too, for either may be first; one that was quick to do more is refused.
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        self._statuses[pid] = status
        self._selector.register(status, selectors.EVENT_READ, pid)

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._bell.recv(4096):
                continue
        while self._statuses:
            # Looked at first and reaped last: until then the group's number is certainly ours.
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                return
            _kill_group(ended.si_pid)
            _pid, wait_status, usage = os.wait4(ended.si_pid, 0)
            seconds = usage.ru_utime + usage.ru_stime
            self._tell(ended.si_pid, os.waitstatus_to_exitcode(wait_status), seconds)

    def _tell(self, pid: int, exit_code: int, processor_seconds: float) -> None:
        with self._statuses.pop(pid) as status:
            if status.fileno() in self._selector.get_map():
                self._selector.unregister(status)
            # A caller who has given the child up listens no more.
            with contextlib.suppress(OSError):
                status.send(ENDING.pack(exit_code, processor_seconds), socket.MSG_NOSIGNAL)

    def _give_up(self, pid: int, status: socket.socket) -> None:
        self._selector.unregister(status)
        _kill_group(pid)
        os.kill(pid, signal.SIGKILL)


def _give_back_memory() -> None:
    """To the system, what importing took and let go: each child would have a share of it."""
    with contextlib.suppress(AttributeError):  # a C library other than glibc
        ctypes.CDLL(None).malloc_trim(0)


def _kill_group(pid: int) -> None:
    """What the child has started; a child that left its group is not found there."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _run_child(request: ChildRequest, work: socket.socket, server_pid: int) -> NoReturn:
    _confine(request, server_pid)
    with work.makefile("rb") as incoming:
        module, name, arguments = pickle.load(incoming)  # noqa: S301 - from the program itself
    work.sendall(_call(module, name, arguments))
    os._exit(0)


def _call(module: str, name: str, arguments: tuple[Any, ...]) -> bytes:
    try:
        function = getattr(importlib.import_module(module), name)
        return encode_result(function(*arguments))
    except MemoryError:
        return _OUT_OF_MEMORY
    except Exception as error:
        # Whatever a foreign file makes a library raise is told to the caller, who judges it.
        return encode_error(error)


def _confine(request: ChildRequest, server_pid: int) -> None:
    os.setpgid(0, 0)
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server_pid:  # the server died before it was asked to take us along
        os._exit(1)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # RLIMIT_CORE does not hold where the kernel pipes dumps to a program, as systemd has it.
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    memory_bytes, seconds = request.memory_mb * 2**20, request.processor_seconds
    for limit, soft, hard in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
        # SIGXCPU at the first, which can be ignored; SIGKILL at the second.
        (resource.RLIMIT_CPU, seconds, seconds + 1),
    ):
        _soft, ceiling = resource.getrlimit(limit)
        if ceiling != resource.RLIM_INFINITY:  # the service may itself be limited, and more tightly
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(limit, (soft, hard))
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)

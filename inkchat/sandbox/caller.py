"""The program's side: start the server, hand a function to a child, wait, and judge its end."""

import atexit
import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar, TypeVarTuple

from inkchat.sandbox.codec import Unreadable, decode, return_type
from inkchat.sandbox.forkserver import ENDING, IDLE_SECONDS, NO_CHILD, ChildLimits, ChildRequest

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

RESULT_MAX_BYTES = 256 * 2**20
"""A hijacked child could send without end; forty pages of pictures are 10 MB."""
_PATIENCE_SECONDS = 10.0
"""How long the server may take to hear a request, and to tell that a child has ended."""
_LARGE_PAGES = "glibc.malloc.hugetlb=1"
"""Memory for pictures comes in pages of 2 MB where the system has them: a child that opens a note
takes a tenth less time, and has half as many pages to fetch."""
_BOOT = (
    "import sys; control, idle_seconds = int(sys.argv[1]), float(sys.argv[2]); "
    "sys.path[:] = sys.argv[3:]; "
    "from inkchat.sandbox.forkserver import serve; serve(control, idle_seconds)"
)


class FailureReason(StrEnum):
    MEMORY = "memory"
    PROCESSOR = "processor"
    WALL = "wall"
    CRASH = "crash"
    """It aborted, exited, was killed, or sent nothing that makes sense."""


class ChildFailed(Exception):
    """The child ended without a result; `str()` says how, in words for the log."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"the child process failed ({self.reason}): {self.detail}"


class _ServerGone(Exception):
    """The server ended before it told how the child did."""


class _ForkServer:
    """The connection to the server process, which is started when it is needed.

    There is one per program: a second would load the same libraries once more.
    """

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def send(self, request: ChildRequest, descriptors: list[int]) -> None:
        """Raises _ServerGone when a server that was there before has ended."""
        with self._lock:
            control = self._control or self._start()
            try:
                socket.send_fds(control, [request.to_bytes()], descriptors)
            except OSError as error:
                self._stop()
                raise _ServerGone from error

    def discard(self) -> None:
        """Forget a server that has ended, so that the next request starts another."""
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                self._stop()

    def close(self) -> None:
        with self._lock:
            self._stop()

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, contextlib.ExitStack() as on_failure:
            on_failure.callback(ours.close)
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-c", _BOOT),
                    *(str(theirs.fileno()), str(self._idle_seconds)),
                    *sys.path,
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # No API key is to be found in a process that opens foreign files.
                env={"LANG": "C.UTF-8", "GLIBC_TUNABLES": _LARGE_PAGES},
                # Ctrl-C in the terminal is for the program, which ends the server itself.
                start_new_session=True,
            )
            on_failure.pop_all()
        ours.settimeout(_PATIENCE_SECONDS)
        self._control = ours
        with contextlib.suppress(RuntimeError):  # no thread to be had: it stays until the next call
            threading.Thread(
                target=self._await_end, args=(self._process.pid,), name="sandbox", daemon=True
            ).start()
        return ours

    def _await_end(self, pid: int) -> None:
        """So that a server that has ended by itself stays neither as a zombie nor as a socket."""
        with contextlib.suppress(ChildProcessError):  # it was stopped here, and is reaped already
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        self.discard()

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


_server = _ForkServer()
_places = threading.BoundedSemaphore(max(2, len(os.sched_getaffinity(0))))
"""A child is all computing: more of them than processors would only take memory."""
atexit.register(_server.close)


def warm_up(preload: tuple[str, ...] = ()) -> None:
    """Start the server and have it load these modules, so that the first note is not slow.

    Returns at once, and never fails: what is wrong shows when a child is wanted. A server that is
    warm is kept from ending for another while. The modules must not start threads when they are
    imported.
    """
    with contextlib.suppress(OSError, _ServerGone):
        _send_to_living_server(ChildRequest(preload, 0, 0), [])


def run_in_child(
    function: Callable[[*Arguments], Result],
    *arguments: *Arguments,
    limits: ChildLimits,
    preload: tuple[str, ...] = (),
) -> Result:
    """Call a module-level function in a child process of its own.

    Arguments are pickled. The result must be of the function's return annotation, made of what
    `codec` lists. An InkchatError or a built-in exception that the function raises is raised
    here; everything else that can happen to the child is ChildFailed. OSError also says that the
    system had no room for another process.
    `preload` names the modules that the server loads once for all children that follow.
    """
    request = ChildRequest(preload, limits.memory_mb, limits.processor_seconds)
    task = pickle.dumps((function.__module__, function.__qualname__, arguments))
    try:
        message, exit_code, seconds = _insist(request, task, limits.wall_seconds)
    except TimeoutError:
        words = f"it was stopped after {limits.wall_seconds:g} s"
        raise ChildFailed(FailureReason.WALL, words) from None
    if exit_code >= NO_CHILD:
        number = exit_code - NO_CHILD
        raise OSError(number, f"No child process can be started: {os.strerror(number)}")
    if exit_code != 0:
        raise _judge(exit_code, seconds, limits)
    try:
        result: Result = decode(message, return_type(function))
    except MemoryError as error:
        words = f"it needed more than {limits.memory_mb} MB"
        raise ChildFailed(FailureReason.MEMORY, words) from error
    except Unreadable as error:
        raise ChildFailed(FailureReason.CRASH, str(error)) from error
    return result


def _insist(request: ChildRequest, task: bytes, wall_seconds: float) -> tuple[bytes, int, float]:
    """Try again when the server ends: something else ended it, and the file may be innocent."""
    for _attempt in range(2):
        try:
            with _places:
                return _converse(request, task, time.monotonic() + wall_seconds)
        except _ServerGone:
            _server.discard()
    raise ChildFailed(FailureReason.CRASH, "its server ended, twice")


def _converse(request: ChildRequest, task: bytes, deadline: float) -> tuple[bytes, int, float]:
    """One child: what it sent, its exit code, its processor time. Raises TimeoutError.

    Leaving this function closes the status socket, and with that the server kills the child.
    """
    work, childs_work = socket.socketpair()
    status, servers_status = socket.socketpair()
    with work, status:
        with childs_work, servers_status:
            _send_to_living_server(request, [childs_work.fileno(), servers_status.fileno()])
        # A child that ends before it has read all tells why by its exit code.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            work.settimeout(_until(deadline))
            work.sendall(task)
        message = _receive_all(work, deadline)
        return message, *_receive_ending(status, deadline)


def _send_to_living_server(request: ChildRequest, descriptors: list[int]) -> None:
    # That a server has ended since the last call shows only now; the second is a new one.
    try:
        _server.send(request, descriptors)
    except _ServerGone:
        _server.send(request, descriptors)


def _until(deadline: float) -> float:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    return remaining


def _receive_all(work: socket.socket, deadline: float) -> bytes:
    """Read while the child still writes: it could not end otherwise."""
    received = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while True:
            work.settimeout(_until(deadline))
            piece = work.recv(2**20)
            if not piece:
                break
            received += piece
            if len(received) > RESULT_MAX_BYTES:
                raise ChildFailed(FailureReason.CRASH, "its result has no end")
    return bytes(received)


def _receive_ending(status: socket.socket, deadline: float) -> tuple[int, float]:
    status.settimeout(max(deadline - time.monotonic(), 0.5))
    ending = status.recv(ENDING.size)
    if len(ending) < ENDING.size:
        raise _ServerGone
    exit_code, processor_seconds = ENDING.unpack(ending)
    return exit_code, processor_seconds


def _judge(exit_code: int, processor_seconds: float, limits: ChildLimits) -> ChildFailed:
    if exit_code > 0:
        return ChildFailed(FailureReason.CRASH, f"it exited with code {exit_code}")
    name = signal.strsignal(-exit_code) or f"signal {-exit_code}"
    # The hard limit on processor time kills without a signal of its own.
    if exit_code == -signal.SIGXCPU or processor_seconds >= limits.processor_seconds:
        used = f"it used {limits.processor_seconds} s of processor time ({name})"
        return ChildFailed(FailureReason.PROCESSOR, used)
    if exit_code == -signal.SIGKILL:
        # Nobody but the kernel, short of memory, kills a child that is still waited for.
        return ChildFailed(FailureReason.MEMORY, f"the system ended it ({name})")
    return ChildFailed(FailureReason.CRASH, f"it was ended by {name}")

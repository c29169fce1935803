"""Real processes of inkchat that need not load all of it anew.

    done = call("inkchat", "status", "--json", cwd=house.folder)

A server, started once for each process of pytest, imports what the commands import, and forks a
process for each call: with a number, an environment, a folder, pipes, an end and an exit code of
its own. Only importing, which is three quarters of a short command's time, is done beforehand; that
every command can do it by itself is shown by those tests that start one with `subprocess`.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

from tests.guards.sitecustomize import ROOT

PATIENCE_SECONDS = 100.0
_LOADED = (
    "anthropic",
    "openai",
    "inkchat.cli",
    "inkchat.cli.progress",
    "inkchat.models.anthropic_messages",
    "inkchat.models.ollama_chat",
    "inkchat.models.openai_chat",
    "inkchat.models.openai_responses",
    "inkchat.sending",
    "inkchat.service",
)
_MESSAGE_MAX_BYTES = 2**17


def call(
    module: str,
    *words: str | Path,
    cwd: Path,
    env: dict[str, str] | None = None,
    stdin: bytes = b"",
) -> subprocess.CompletedProcess[str]:
    """As `python -m module words…` in that folder: what it printed, and how it ended."""
    done = call_in_bytes(module, *words, cwd=cwd, env=env, stdin=stdin)
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def call_in_bytes(
    module: str,
    *words: str | Path,
    cwd: Path,
    env: dict[str, str] | None = None,
    stdin: bytes = b"",
) -> subprocess.CompletedProcess[bytes]:
    """As `call`; negative exit codes are signals, as `subprocess` has them."""
    environment = dict(os.environ) if env is None else env
    arguments = [module, *map(str, words)]
    streams = [os.memfd_create(name) for name in ("in", "out", "err")]
    try:
        os.write(streams[0], stdin)
        os.lseek(streams[0], 0, os.SEEK_SET)
        control = _start_server()
        request = json.dumps([arguments, str(cwd), environment]).encode()
        socket.send_fds(control, [request], streams)
        code = int(control.recv(64))
        written = [os.pread(stream, os.fstat(stream).st_size, 0) for stream in streams[1:]]
    except (OSError, ValueError):
        # What a server tells too late would be taken for the end of the next call.
        _start_server.cache_clear()
        raise
    finally:
        for stream in streams:
            os.close(stream)
    return subprocess.CompletedProcess(arguments, code, *written)


@cache
def _start_server() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.program", str(theirs.fileno())],
            cwd=ROOT,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    ours.settimeout(PATIENCE_SECONDS)

    def stop() -> None:
        ours.close()
        # A child that hangs would keep it.
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()

    atexit.register(stop)
    return ours


def _serve(control: socket.socket) -> list[str]:
    """Fork for each request until nobody asks any more; returns in the children alone."""
    for name in _LOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    while True:
        message, streams, _flags, _address = socket.recv_fds(control, _MESSAGE_MAX_BYTES, 3)
        if not message:
            sys.exit()
        arguments, cwd, environment = json.loads(message)
        pid = os.fork()
        if pid == 0:
            control.close()
            _settle(streams, cwd, environment)
            return list(arguments)
        for stream in streams:
            os.close(stream)
        _pid, status = os.waitpid(pid, 0)
        control.send(str(os.waitstatus_to_exitcode(status)).encode())


def _settle(streams: list[int], cwd: str, environment: dict[str, Any]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as control:
        sys.argv = _serve(control)
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

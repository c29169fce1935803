"""The guards themselves: each would let a mistake through if it slept."""

import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.guards.sitecustomize import (
    ATestReachedOutsideTheMachine,
    ATestTouchedTheUsersFiles,
)

OUTSIDE = ("192.0.2.1", 9)
"""An address that RFC 5737 keeps for documentation."""


def test_no_connection_leaves_the_machine() -> None:
    with socket.socket() as outwards, pytest.raises(ATestReachedOutsideTheMachine):
        outwards.connect(OUTSIDE)
    with pytest.raises(ATestReachedOutsideTheMachine):
        socket.getaddrinfo("example.org", 443)


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_a_child_process_is_guarded_too() -> None:
    program = f"import socket; socket.socket().connect({OUTSIDE!r})"

    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert "ATestReachedOutsideTheMachine" in child.stderr


@pytest.mark.parametrize("name", ["eink_sessions.db", "inbox/x.pdf", "outbox/x.pdf"])
def test_the_checkouts_own_data_cannot_be_written(name: str) -> None:
    with pytest.raises(ATestTouchedTheUsersFiles):
        (ROOT / name).write_bytes(b"")
    with pytest.raises(ATestTouchedTheUsersFiles):
        sqlite3.connect(ROOT / name)


def test_no_key_is_in_the_environment() -> None:
    assert not [name for name in os.environ if name.endswith("_API_KEY")]


def test_home_is_an_empty_folder_of_the_test(tmp_path: Path) -> None:
    assert Path.home().is_relative_to(tmp_path)
    assert Path.cwd().is_relative_to(tmp_path)

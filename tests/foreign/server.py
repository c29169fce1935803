"""llama-server as a child process, and what it tells about the requests it was given."""

import json
import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkchat.config import ProviderName, ProviderSettings
from tests.guards.sitecustomize import ROOT

FOLDER = ROOT / ".foreign"
PROGRAM = ROOT / "scripts" / "foreign-server"
KEY = "sk-foreign"
MODEL = "random"
CONTEXT_TOKENS = 8192
PICTURE_TOKENS = 16
"""Whatever a picture's size; of text each byte is a token."""

_START_SECONDS = 30.0
_END_SECONDS = 10.0
_ADDRESS = re.compile(r"listening on (http://127\.0\.0\.1:\d+)")
_TURN = re.compile(r"^\[(system|user|assistant)\] ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Given:
    """The last request as the server understood it, and what the model said to it."""

    prompt: str
    """All text in the model's own form, without the pictures."""
    said: str
    parameters: dict[str, Any]

    @property
    def turns(self) -> list[tuple[str, str]]:
        """Roles and texts, the system's first, the new note's last."""
        pieces = _TURN.split(self.prompt)[1:]
        turns = [(role, text.strip()) for role, text in zip(pieces[::2], pieces[1::2], strict=True)]
        assert ("assistant", "") == turns[-1]
        return turns[:-1]

    @property
    def text_tokens(self) -> int:
        return len(self.prompt.encode())


@dataclass(frozen=True, slots=True)
class ForeignServer:
    address: str

    def settings(self, name: ProviderName, **changes: Any) -> ProviderSettings:
        """For the adapter of this provider, pointed at this server."""
        return ProviderSettings(
            **{
                "name": name,
                "api_key": KEY,
                "key_source": "the variable SOME_KEY",
                "base_url": f"{self.address}/v1",
                "model": MODEL,
                "timeout_seconds": 60.0,
                "max_output_tokens": 1000,
                **changes,
            }
        )

    def last(self) -> Given:
        request = urllib.request.Request(
            f"{self.address}/slots", headers={"Authorization": f"Bearer {KEY}"}
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            (slot,) = json.load(response)
        return Given(slot["prompt"], slot["generated"], slot["params"])


def find_server() -> Path | None:
    """The folder with everything that `scripts/foreign-server` builds, or None."""
    names = ("llama-server", "model.gguf", "eyes.gguf")
    return FOLDER if all((FOLDER / name).is_file() for name in names) else None


@contextmanager
def serve(folder: Path) -> Iterator[ForeignServer]:
    """Start it on a free port of this machine; `folder` takes its log and is its home.

    It is no Python program, so the guards do not reach into it: it listens on loopback alone, was
    built without TLS, is told to be offline, and inherits no key.
    """
    log = folder / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [PROGRAM, "--serve", "0"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        ) as child,
    ):
        try:
            yield ForeignServer(_wait_for_address(child, log))
        finally:
            child.terminate()
            try:
                child.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()


def _wait_for_address(child: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        found = _ADDRESS.search(log.read_text("utf-8", "replace"))
        if found:
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"llama-server did not start:\n{log.read_text('utf-8', 'replace')}")

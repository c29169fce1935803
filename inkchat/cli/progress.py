"""What `run` prints while it works: where a person looks, answers as they grow; else plain lines.

On a terminal the last lines of every answer on its way stand in a region at the bottom, and what
has come to rest is printed above it.
"""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inkchat.cli.printing import make_printable, say
from inkchat.domain import Drop, DropState, OnText

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.spinner import Spinner

    from inkchat.store import Store

LINES_SHOWN = 3
"""Of each growing answer."""
REFRESHES_PER_SECOND = 4
_CHARACTERS_KEPT = 4000
"""From the end of an answer: more than any terminal shows in three lines."""


@dataclass(slots=True)
class _Growing:
    """An answer on its way."""

    name: str
    text: str = ""


class Progress:
    """Is told of every drop, and of every piece of an answer; called from several threads."""

    def __init__(
        self, store: "Store", console: "Console | None" = None, *, as_json: bool = False
    ) -> None:
        self._store = store
        self._as_json = as_json
        self._console = console
        self._printing = threading.Lock()
        # Never held while something is printed: rich draws the region in a thread of its own.
        self._lock = threading.Lock()
        self._at_work: set[int] = set()
        self._growing: dict[int, _Growing] = {}
        self._spinner: Spinner | None = None

    def tell(self, drop: Drop) -> None:
        if self._as_json:
            line = json.dumps(self._record(drop), ensure_ascii=False)
        else:
            line = make_printable(self._describe(drop))
        self._count(drop)
        with self._printing:
            if line and self._console:
                self._console.print(line, markup=False, highlight=False, soft_wrap=True)
            elif line:
                say(line)

    def listen(self, drop_id: int) -> OnText:
        """What takes the pieces of the answer to a drop; they are shown on a terminal only."""
        if self._console is None:
            return lambda text: None
        growing = _Growing(_name(self._store.ledger.get(drop_id)))
        with self._lock:
            self._growing[drop_id] = growing

        def add(piece: str) -> None:
            with self._lock:
                growing.text = (growing.text + piece)[-_CHARACTERS_KEPT:]

        return add

    def __rich__(self) -> "RenderableType":
        """The region at the bottom of the terminal, as it is at this moment."""
        from rich.console import Group
        from rich.spinner import Spinner
        from rich.text import Text

        with self._lock:
            at_work = len(self._at_work)
            growing = [(each.name, each.text) for each in self._growing.values() if each.text]
        drawn: list[RenderableType] = []
        for name, text in growing:
            drawn.append(
                Text(make_printable(name), style="bold", no_wrap=True, overflow="ellipsis")
            )
            drawn += [Text(f"  {line}", style="dim") for line in self._last_lines(text)]
        self._spinner = self._spinner or Spinner("dots")
        self._spinner.update(text=f"{at_work} at work" if at_work else "Waiting")
        return Group(*drawn, self._spinner)

    def _last_lines(self, text: str) -> list[str]:
        from rich.text import Text

        assert self._console is not None  # noqa: S101 - only a console draws
        width = max(self._console.width - 4, 10)
        lines: list[str] = []
        for line in reversed(make_printable(text).expandtabs(4).splitlines()):
            wrapped = Text(line.rstrip()).wrap(self._console, width)
            lines = [each.plain.rstrip() for each in wrapped if each.plain.strip()] + lines
            if len(lines) >= LINES_SHOWN:
                break
        return lines[-LINES_SHOWN:]

    def _count(self, drop: Drop) -> None:
        with self._lock:
            if drop.state in (DropState.RECEIVED, DropState.ASKING):
                self._at_work.add(drop.id)
            else:
                self._at_work.discard(drop.id)
                self._growing.pop(drop.id, None)

    def _record(self, drop: Drop) -> dict[str, str | int | None]:
        pages = self._store.outgoing.list_delivered(drop.id)
        return {
            "drop": drop.id,
            "file": _name(drop),
            "state": drop.state,
            "reason": drop.reason,
            "conversation_id": drop.conversation_id,
            "response": str(pages[-1]) if pages else None,
        }

    def _describe(self, drop: Drop) -> str:
        name = _name(drop)
        match drop.state:
            case DropState.RECEIVED:
                return f"{name}: received"
            case DropState.DELIVERED | DropState.FAILED:
                path = self._find_response(drop)
                ending = f": {drop.reason}" if drop.state is DropState.FAILED else ""
                return f"{name} → {path}{ending}"
            case DropState.WAITING | DropState.ANSWERED:
                when = f"{drop.not_before.astimezone():%H:%M:%S}" if drop.not_before else "soon"
                return f"{name}: waits, next try at {when}: {drop.reason}"
            case DropState.HELD:
                return f"{name}: held: {drop.reason}"
            case DropState.DUPLICATE | DropState.IGNORED:
                return f"{name}: {drop.state}: {drop.reason}"
            case _:
                return ""

    def _find_response(self, drop: Drop) -> Path:
        return self._store.outgoing.list_delivered(drop.id)[-1]


def _name(drop: Drop) -> str:
    return f"{drop.thread}/{drop.name}" if drop.thread else drop.name


@contextmanager
def make_progress(store: "Store", *, as_json: bool) -> Iterator[Progress]:
    if as_json or not sys.stdout.isatty():
        yield Progress(store, as_json=as_json)
        return
    from rich.console import Console
    from rich.live import Live

    console = Console()
    progress = Progress(store, console)
    with Live(progress, console=console, refresh_per_second=REFRESHES_PER_SECOND, transient=True):
        yield progress

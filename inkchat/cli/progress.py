"""What `run` prints while it works: a live line where a person looks, plain lines elsewhere."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from inkchat.cli.printing import make_printable, say
from inkchat.domain import Drop, DropState

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

    from inkchat.store import Store


class Progress:
    """Is told of every drop; called from several threads."""

    def __init__(
        self,
        store: "Store",
        console: "Console | None",
        status: "Status | None",
        *,
        as_json: bool = False,
    ) -> None:
        self._store = store
        self._as_json = as_json
        self._console = console
        self._status = status
        self._lock = threading.Lock()
        self._at_work: set[int] = set()

    def tell(self, drop: Drop) -> None:
        if self._as_json:
            line = json.dumps(self._record(drop), ensure_ascii=False)
        else:
            line = make_printable(self._describe(drop))
        with self._lock:
            self._count(drop)
            if line and self._console:
                self._console.print(line, markup=False, highlight=False, soft_wrap=True)
            elif line:
                say(line)
            if self._status:
                self._status.update(f"{len(self._at_work)} at work" if self._at_work else "Waiting")

    def _count(self, drop: Drop) -> None:
        if drop.state in (DropState.RECEIVED, DropState.ASKING):
            self._at_work.add(drop.id)
        else:
            self._at_work.discard(drop.id)

    def _record(self, drop: Drop) -> dict[str, str | int | None]:
        pages = self._store.outgoing.list_delivered(drop.id)
        return {
            "drop": drop.id,
            "file": f"{drop.thread}/{drop.name}" if drop.thread else drop.name,
            "state": drop.state,
            "reason": drop.reason,
            "conversation_id": drop.conversation_id,
            "response": str(pages[-1]) if pages else None,
        }

    def _describe(self, drop: Drop) -> str:
        name = f"{drop.thread}/{drop.name}" if drop.thread else drop.name
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


@contextmanager
def make_progress(store: "Store", *, as_json: bool) -> Iterator[Progress]:
    if as_json or not sys.stdout.isatty():
        yield Progress(store, None, None, as_json=as_json)
        return
    from rich.console import Console

    console = Console()
    with console.status("Waiting") as status:
        yield Progress(store, console, status)

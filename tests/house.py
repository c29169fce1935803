"""A small household: inbox, outbox, configuration, and a service that can be run in it."""

import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pypdfium2

from inkchat.config import ProviderName, SettingsSource
from inkchat.domain import Drop
from inkchat.pipeline import Pipeline
from inkchat.service import Service
from inkchat.store import ConversationState, Store
from inkchat.store.database import Database

SETTLE_SECONDS = 0.1
KEY = "k-0123456789abcdef"
NETWORKED = tuple(name for name in ProviderName if name is not ProviderName.OFFLINE)


@dataclass(frozen=True)
class House:
    """A folder with everything in it; nothing outside it is touched."""

    folder: Path

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def configure(self, base_url: str | None = None, more: str = "") -> None:
        """With a model server at `base_url`; without one, offline."""
        active = "OpenAI Compatible" if base_url else "Offline"
        section = (
            f"OpenAI Compatible: {{base_url: '{base_url}', model: m, timeout_seconds: 30}}\n"
            if base_url
            else ""
        )
        self.write_config(f"active_provider: {active}\n{section}{more}")

    def configure_two_users(self, base_url: str, of_each: str = "", more: str = "") -> None:
        """With the users ada and ben, each with an inbox and both with one outbox."""
        for folder in ("ada-in", "ben-in"):
            (self.folder / folder).mkdir()
        watches = ", ".join(
            f"{{inbox: {user}-in, outbox: outbox, user: {user}{of_each}}}"
            for user in ("ada", "ben")
        )
        self.configure(base_url, f"{more}watch: [{watches}]\n")

    def configure_six(
        self, url: str | Mapping[ProviderName, str], active: str, more: str = ""
    ) -> None:
        """With all six providers, at one server or at one for each."""
        urls = url if isinstance(url, Mapping) else dict.fromkeys(NETWORKED, url)
        sections = "".join(
            f"{name}: {{base_url: '{address}', api_key: '{KEY}', model: {name.name.lower()}-m, "
            "timeout_seconds: 30}\n"
            for name, address in urls.items()
        )
        self.write_config(f"active_provider: {active}\n{sections}{more}")

    def write_config(self, text: str) -> None:
        text = f"settle_seconds: {SETTLE_SECONDS}\n{text}"
        # Renamed into place: a running service must not read half of it.
        written = self.config.with_suffix(".new")
        written.write_text(text)
        written.replace(self.config)

    def drop(self, name: str, content: str | bytes, thread: str = "") -> Path:
        folder = self.inbox / thread
        folder.mkdir(exist_ok=True, parents=True)
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    @contextmanager
    def open(self) -> Iterator[tuple[SettingsSource, Store]]:
        source = SettingsSource(self.config, {})
        settings = source.current()
        if not settings.private_folder.exists():
            lay_database(settings.database)
        store = Store(settings.database, settings.private_folder)
        try:
            yield source, store
        finally:
            store.close()

    def run_once(self, pass_point: Callable[[str], None] = lambda point: None) -> list[Drop]:
        """All that is there, as `inkchat run --once` does; what `tell` was told."""
        told: list[Drop] = []
        with self.open() as (source, store):
            Service(source, store, told.append, pass_point).run(once=True)
        return told

    def answer(self, name: str, content: str | bytes, thread: str = "") -> Drop:
        """Drop a file, and carry it as far as it goes; its row then, the newest of that name."""
        self.drop(name, content, thread)
        self.run_once()
        return next(d for d in self.drops()[::-1] if (d.name, d.thread) == (name, thread))

    def advance(self, drop_id: int) -> Drop | None:
        with self.open() as (source, store):
            return Pipeline(store, source.current).advance(drop_id)

    def conversation_of(self, drop: Drop) -> ConversationState:
        """With its exchanges."""
        with self.open() as (_, store):
            found = store.sessions.get_conversation(drop.conversation_id or "")
        assert found is not None
        return found

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """What a person sees who opens the database."""
        with closing(sqlite3.connect(self.folder / "eink_sessions.db")) as database, database:
            return database.execute(statement).fetchall()

    def drops(self) -> list[Drop]:
        """All, the oldest first."""
        from inkchat.domain import DropState

        with self.open() as (_, store):
            return store.ledger.list_drops(list(DropState), 10_000)[::-1]

    def responses(self) -> list[str]:
        return sorted(path.name for path in self.outbox.iterdir() if path.name[0] != ".")

    def read(self, name: str) -> str:
        """The text of a response, white space folded."""
        return read_pdf(self.outbox / name)


def lay_database(path: Path) -> None:
    """An empty one, where there is none: to make it of all migrations takes 20 ms each time."""
    if not path.exists() and path.parent.is_dir():
        path.write_bytes(_make_database())


@cache
def _make_database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        Database(path).close()
        return path.read_bytes()


def read_pdf(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    try:
        texts = []
        for page in document:
            text_page = page.get_textpage()
            texts.append(text_page.get_text_range())
            text_page.close()
            page.close()
        return " ".join(" ".join(texts).split())
    finally:
        document.close()


def make_house(folder: Path, base_url: str | None = None, more: str = "") -> House:
    house = House(folder)
    house.inbox.mkdir(parents=True)
    house.outbox.mkdir()
    house.configure(base_url, more)
    return house


def wait_for(condition: Callable[[], object], seconds: float = 90) -> None:
    """Until it holds; an assertion fails if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@contextmanager
def running(house: House) -> Iterator[list[Drop]]:
    """The service at work in a thread of its own."""
    told: list[Drop] = []
    with house.open() as (source, store):
        service = Service(source, store, told.append)
        thread = threading.Thread(target=service.run)
        thread.start()
        try:
            yield told
        finally:
            service.stop()
            thread.join(60)
            assert not thread.is_alive()

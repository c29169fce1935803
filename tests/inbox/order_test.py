"""Whatever is done to the files, and in whatever order, each content is handed out once."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkchat.inbox.scan import Found, Signature, list_inbox
from inkchat.inbox.settle import Settling, ignore_lease_signals
from tests.inbox.staging import TurnedClock

SETTLE_SECONDS = 1.0
NAMES = ["a.txt", "b.md", "thread/a.txt", ".a.txt.tmp", "b.md.part"]


@pytest.fixture(autouse=True)
def _lease_signals_ignored() -> Iterator[None]:
    before = signal.getsignal(signal.SIGIO)
    ignore_lease_signals()
    yield
    signal.signal(signal.SIGIO, before)


@dataclass
class World:
    """An inbox, what was done to it when, and what came of it."""

    inbox: Path
    clock: TurnedClock = field(default_factory=TurnedClock)
    changed_at: dict[Path, float] = field(default_factory=dict)
    signatures: dict[Path, Signature | None] = field(default_factory=dict)
    writers: dict[Path, IO[bytes]] = field(default_factory=dict)
    handed_out: list[tuple[Path, str]] = field(default_factory=list)
    contents: dict[Path, list[bytes]] = field(default_factory=dict)
    written: int = 0

    def __post_init__(self) -> None:
        self.settling = Settling(SETTLE_SECONDS, self.clock)
        (self.inbox / "thread").mkdir()

    def make_content(self) -> bytes:
        self.written += 1
        return b"x" * self.written

    def touch(self, *paths: Path) -> None:
        """Something was done; but within a tick of the kernel's clock it may leave no trace.

        Whatever has the same signature here has the same bytes: all contents are of one letter.
        """
        for path in paths:
            signature = Signature.of(path.stat()) if path.exists() else None
            if path not in self.changed_at or signature != self.signatures[path]:
                self.changed_at[path] = self.clock()
            self.signatures[path] = signature

    def write(self, one: Path, other: Path) -> None:
        one.write_bytes(self.make_content())
        self.touch(one)

    def append(self, one: Path, other: Path) -> None:
        with one.open("ab") as file:
            file.write(self.make_content())
        self.touch(one)

    def empty(self, one: Path, other: Path) -> None:
        one.write_bytes(b"")
        self.touch(one)

    def rename(self, one: Path, other: Path) -> None:
        if one.exists() and one != other and one not in self.writers:
            one.rename(other)
            self.touch(one, other)

    def link(self, one: Path, other: Path) -> None:
        if one.exists() and not other.exists() and one not in self.writers:
            other.hardlink_to(one)
            one.unlink()
            self.touch(one, other)

    def delete(self, one: Path, other: Path) -> None:
        one.unlink(missing_ok=True)
        self.touch(one)

    def set_date(self, one: Path, other: Path) -> None:
        if one.exists():
            os.utime(one, (5, 5))
            self.touch(one)

    def hold(self, one: Path, other: Path) -> None:
        if one not in self.writers:
            self.writers[one] = one.open("ab", buffering=0)
            self.touch(one)

    def grow(self, one: Path, other: Path) -> None:
        for path, file in self.writers.items():
            file.write(self.make_content())
            self.touch(path)

    def let_go(self, one: Path, other: Path) -> None:
        for file in self.writers.values():
            file.close()
        self.writers.clear()

    def pass_a_moment(self, one: Path, other: Path) -> None:
        self.clock.turn(0.4)

    def pass_long(self, one: Path, other: Path) -> None:
        self.clock.turn(3)

    def look(self, one: Path, other: Path) -> None:
        listing = list_inbox(self.inbox)
        for found in self.settling.observe(listing.found, self.is_known):
            self.check_is_finished(found)
            self.handed_out.append((found.path, found.signature.text))
            self.contents.setdefault(found.path, []).append(found.path.read_bytes())

    def is_known(self, found: Found) -> bool:
        return (found.path, found.signature.text) in self.handed_out

    def check_is_finished(self, found: Found) -> None:
        assert not found.name.startswith(".")
        assert not found.name.endswith(".part")
        assert self.clock() - self.changed_at[found.path] >= SETTLE_SECONDS
        held = [w for w in self.writers.values() if os.fstat(w.fileno()).st_nlink]
        inodes = {os.fstat(w.fileno()).st_ino for w in held}
        assert found.signature.inode not in inodes

    def come_to_rest(self) -> None:
        here = self.inbox
        self.let_go(here, here)
        self.look(here, here)
        for _ in range(100):
            seconds = self.settling.seconds_to_next_look()
            if seconds is None:
                return
            self.clock.turn(seconds)
            self.look(here, here)
        raise AssertionError("it never came to rest")


DEEDS = [
    World.write,
    World.append,
    World.empty,
    World.rename,
    World.link,
    World.delete,
    World.set_date,
    World.hold,
    World.grow,
    World.let_go,
    World.pass_a_moment,
    World.pass_long,
    World.look,
    World.look,
]


@settings(deadline=None, max_examples=500)
@given(
    st.lists(
        st.tuples(st.sampled_from(DEEDS), st.sampled_from(NAMES), st.sampled_from(NAMES)),
        max_size=30,
    )
)
def test_whatever_happens_each_content_is_handed_out_once_and_none_while_it_grows(
    deeds: list[tuple[Callable[[World, Path, Path], None], str, str]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        for deed, one, other in deeds:
            deed(world, world.inbox / one, world.inbox / other)
        world.come_to_rest()

        assert len(set(world.handed_out)) == len(world.handed_out)
        surviving = {found.path: found for found in list_inbox(world.inbox).found}
        for path, found in surviving.items():
            assert world.contents[path][-1] == path.read_bytes()
            assert (path, found.signature.text) in world.handed_out

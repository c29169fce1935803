"""A service and a model server, each a real process, and a folder for them to meet in."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "inbox" / "sample-note.pdf"


@dataclass(frozen=True, slots=True)
class Household:
    folder: Path

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"

    def save_note(self, number: int) -> None:
        """The sample note, made another content by a comment behind its end."""
        content = SAMPLE.read_bytes() + b"%% %d\n%%%%EOF\n" % number
        hidden = self.folder / "inbox" / f".{number}.tmp"
        hidden.write_bytes(content)
        hidden.rename(self.folder / "inbox" / f"note-{number:04d}.pdf")

    def count_responses(self) -> int:
        return sum(entry.name.startswith("RESPONSE_") for entry in os.scandir(self.outbox))

    def wait_for_responses(self, count: int, seconds: float = 300) -> float:
        """Wait; return the moment on the monotonic clock."""
        deadline = time.monotonic() + seconds
        while self.count_responses() < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.count_responses()} of {count} responses")
            time.sleep(0.005)
        return time.monotonic()

    def start_service(self, *words: str) -> subprocess.Popen[str]:
        """Returns when it says that it is watching."""
        service = subprocess.Popen(
            [sys.executable, "-m", "inkchat", "run", *words],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        )
        assert service.stdout is not None
        for line in service.stdout:
            if line.startswith("Conversations are kept"):
                break
        return service


@contextmanager
def make_household(
    delay_seconds: float = 0.0, workers: int = 4, provider: str = "OpenAI Compatible"
) -> Iterator[Household]:
    with tempfile.TemporaryDirectory(prefix="inkchat-benchmark-") as name:
        folder = Path(name)
        (folder / "inbox").mkdir()
        (folder / "outbox").mkdir()
        port_file = folder / "port"
        vendor = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.vendors", "--no-judge"),
                *("--port-file", str(port_file), "--delay-seconds", str(delay_seconds)),
            ],
            cwd=ROOT,
        )
        try:
            while not port_file.exists():
                time.sleep(0.01)
            (folder / "config.yaml").write_text(
                f"workers: {workers}\n"
                f"active_provider: {provider}\n"
                f"{provider}:\n"
                f"  base_url: http://127.0.0.1:{port_file.read_text()}/v1\n"
                "  api_key: k\n"
                "  model: m\n"
            )
            yield Household(folder)
        finally:
            vendor.terminate()
            vendor.wait()


def list_family(pid: int) -> list[int]:
    """A process and all its descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    family = [pid]
    for member in family:
        family += parents.get(member, [])
    return family


def wait_until_alone(pid: int, seconds: float) -> None:
    """Until the process has no child any more."""
    deadline = time.monotonic() + seconds
    while len(list_family(pid)) > 1:
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {pid} still has children")
        time.sleep(0.25)


@dataclass(frozen=True, slots=True)
class Memory:
    """Of a process and all its descendants."""

    resident_mb: float
    """As `ps` adds it up: pages that are shared after a fork count in each process."""
    proportional_mb: float
    """Shared pages count once."""


def measure_memory(pid: int) -> Memory:
    totals_kb = {"Rss:": 0, "Pss:": 0}
    for member in list_family(pid):
        try:
            text = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:
            continue
        for line in text.splitlines():
            name, _, rest = line.partition(" ")
            if name in totals_kb:
                totals_kb[name] += int(rest.split()[0])
    return Memory(totals_kb["Rss:"] / 1024, totals_kb["Pss:"] / 1024)


def measure_processor_seconds(pid: int) -> float:
    """User and system time of the family so far, children that have ended included."""
    ticks = 0
    for member in list_family(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")

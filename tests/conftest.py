"""What holds for every test: guards, an empty environment, an empty folder to stand in."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from PIL import Image, ImageDraw

from tests.guards import sitecustomize
from tests.vendors import Say, VendorServer

GUARDS = str(Path(sitecustomize.__file__).parent)
ROOT = sitecustomize.ROOT
CORPORA = ROOT.parent / "shared" / "corpora"

settings.register_profile(
    "inkchat",
    deadline=None,
    database=None,
    # The same examples each time: whether a change is good must not hang on luck.
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# For looking further: pytest --hypothesis-profile=explore
settings.register_profile("explore", settings.get_profile("inkchat"), derandomize=False)
settings.load_profile("inkchat")


@pytest.fixture(autouse=True)
def _away_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no home, no proxy, and a folder where a stray default path does no harm."""
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_BASE_URL", "_PROXY", "_proxy", "_CUSTOM_HEADERS")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    # Only the font in tests/fonts is found, whatever the machine has.
    for name in ("XDG_DATA_HOME", "XDG_DATA_DIRS"):
        monkeypatch.setenv(name, str(ROOT / "tests"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((GUARDS, str(ROOT))))
    # Some four hundred processes are started: each would compile the package for itself.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.chdir(home)


@pytest.fixture
def corpora() -> Path:
    """Files that others made, where they lie beside this checkout."""
    if not CORPORA.is_dir():
        pytest.skip("the collected files are not beside this checkout")
    return CORPORA


@pytest.fixture
def draw_note() -> Callable[..., bytes]:
    """A page of paper with a stroke on it, as PNG."""

    def draw(width_px: int = 1176, height_px: int = 1568) -> bytes:
        image = Image.new("L", (width_px, height_px), 255)
        ImageDraw.Draw(image).line((100, 200, 900, 260), fill=0, width=6)
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        return buffer.getvalue()

    return draw


@pytest.fixture
def numbering() -> Iterator[VendorServer]:
    """A vendor whose answers and transcripts are numbered from 0."""
    with VendorServer(
        lambda number: Say(answer=f"Answer {number}.", transcript=f"Transcript {number}.")
    ) as server:
        yield server

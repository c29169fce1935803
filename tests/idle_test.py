"""What a service has loaded that has answered a note and now waits for the next."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkchat.config import ProviderName
from tests.house import House, make_house
from tests.vendors import VendorServer

SDKS = frozenset({"anthropic", "openai"})
OF_CHILDREN = frozenset({"reportlab", "pymupdf_fonts", "pypdfium2", "pypdf", "PIL", "genai_prices"})
"""What opens notes, draws pages and knows prices, each in a process that ends."""

SERVE = """
import sys
from pathlib import Path
from inkchat.config import SettingsSource
from inkchat.service import Service
from inkchat.store import Store
source = SettingsSource(Path(sys.argv[1]), {})
settings = source.current()
store = Store(settings.database, settings.private_folder)
Service(source, store).run(once=True)
store.close()
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with VendorServer(judge=False) as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, vendor: VendorServer) -> House:
    return make_house(tmp_path / "house", vendor.url)


def list_loaded(house: House) -> set[str]:
    """Packages, and modules that are in none, in a service that has answered what is there."""
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(house.config)], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("name", "sdks"),
    [
        (ProviderName.ANTHROPIC, {"anthropic"}),
        (ProviderName.OPENAI, {"openai"}),
        (ProviderName.GEMINI, {"openai"}),
        (ProviderName.GROK, {"openai"}),
        (ProviderName.COMPATIBLE, {"openai"}),
        (ProviderName.OLLAMA, set()),
    ],
)
def test_a_service_has_loaded_what_its_provider_needs_and_no_more(
    name: ProviderName, sdks: set[str], house: House, vendor: VendorServer
) -> None:
    house.configure_six(vendor.url, name)
    house.drop("note.txt", "Why is the sky blue?")

    loaded = list_loaded(house)

    assert 1 == len(house.responses()) == vendor.calls
    assert sdks == loaded & SDKS
    assert set() == loaded & OF_CHILDREN

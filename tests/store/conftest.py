"""A store of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inkchat.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "ink.db", tmp_path / ".inkchat")
    yield store
    store.close()

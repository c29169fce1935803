"""A store of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inkchat.store import Store
from tests.house import lay_database


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    lay_database(tmp_path / "ink.db")
    store = Store(tmp_path / "ink.db", tmp_path / ".inkchat")
    yield store
    store.close()

"""A household of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inkchat.store import Store
from tests.archive.stored import Household
from tests.house import lay_database


@pytest.fixture
def household(tmp_path: Path) -> Iterator[Household]:
    (tmp_path / "inbox").mkdir()
    lay_database(tmp_path / "eink_sessions.db")
    store = Store(tmp_path / "eink_sessions.db", tmp_path / ".inkchat")
    household = Household(tmp_path, store)
    yield household
    household.close()

"""A desk of its own for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.commands.desk import TWO_WATCHES, Desk
from tests.house import make_house

SetUp = Callable[[str], Desk]


@pytest.fixture
def set_up(tmp_path: Path) -> Iterator[SetUp]:
    """A desk with more lines of config.yaml."""
    with ExitStack() as stack:

        def open_desk(more: str) -> Desk:
            house = make_house(tmp_path / "house", more=TWO_WATCHES + more)
            source, store = stack.enter_context(house.open())
            return Desk(store, source.current())

        yield open_desk


@pytest.fixture
def desk(set_up: SetUp) -> Desk:
    return set_up("")

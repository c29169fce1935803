"""The tests in this folder run when they are asked for: `pytest -m foreign -n 0`."""

from collections.abc import Iterator

import pytest

from tests.foreign.server import ForeignServer, find_server, serve


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "foreign" in config.getoption("markexpr"):
        return
    unasked = [item for item in items if item.get_closest_marker("foreign")]
    if unasked:
        config.hook.pytest_deselected(items=unasked)
        items[:] = [item for item in items if item not in unasked]


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForeignServer]:
    """A server that others wrote, started for these tests and ended after them."""
    if find_server() is None:
        pytest.skip("no foreign server is built here: run scripts/foreign-server once")
    with serve(tmp_path_factory.mktemp("foreign")) as server:
        yield server

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite the pictures in tests/golden; look at them before you commit them",
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    # Without a default this would fail when the whole suite runs: pytest meets this file too late
    # then to offer the option.
    return bool(request.config.getoption("--update-golden", default=False))

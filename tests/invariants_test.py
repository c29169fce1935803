"""What must never stand in the code, looked for in the code."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCES = sorted((ROOT / "inkchat").rglob("*.py"))


def imports_of(path: Path) -> set[str]:
    """Top-level names of everything a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("watchdog", ("inbox/bell.py",)),
        ("reportlab", ("reply/",)),
        ("sqlalchemy", ("store/",)),
        ("sqlite3", ("store/",)),
        ("pypdfium2", ("notes/",)),
        ("pypdf", ("notes/",)),
        ("openai", ("models/openai_",)),
        ("anthropic", ("models/anthropic_",)),
        ("yaml", ("config/", "reply/chart_text", "reply/chart_yaml")),
        ("pydantic", ("config/",)),
        ("click", ("cli/",)),
        ("rich", ("cli/",)),
    ],
)
def test_a_library_is_imported_only_by_its_owner(library: str, allowed: tuple[str, ...]) -> None:
    users = [
        str(path.relative_to(ROOT / "inkchat")) for path in SOURCES if library in imports_of(path)
    ]

    assert users
    assert [] == [user for user in users if not user.startswith(allowed)]


def test_only_config_and_the_search_for_fonts_read_the_environment() -> None:
    readers = [
        path.relative_to(ROOT)
        for path in SOURCES
        if re.search(r"os\.environ|os\.getenv|getenv\(", path.read_text("utf-8"))
    ]

    # Where fonts lie is told by the standard for desktops alone, and is no setting of inkchat.
    assert {Path("inkchat/config/reading.py"), Path("inkchat/reply/font_folders.py")} == {*readers}


def test_the_public_names_are_these() -> None:
    import inkchat

    assert [
        "ConversationState",
        "Exchange",
        "Sent",
        "SessionManager",
        "__version__",
        "send",
    ] == inkchat.__all__
    assert all(getattr(inkchat, name) for name in inkchat.__all__)


def test_the_project_names_no_machine_and_no_registry() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    ).stdout.splitlines()
    forbidden = (str(ROOT.parent) + "/", "/".join(("", "simple", "")), "pythonhosted" + ".org")

    found = []
    for name in tracked:
        try:
            text = (ROOT / name).read_text("utf-8")
        except (UnicodeDecodeError, OSError):
            continue
        found += [(name, word) for word in forbidden if word in text]

    assert tracked
    assert [] == found

"""The documentation is part of the product: what it shows must work as it stands there."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inkchat.config import KEY_VARIABLES, ProviderName, Settings, load_settings
from inkchat.errors import InkchatError
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (page.name, code)
        for page in PAGES
        for found, code in BLOCK.findall(page.read_text("utf-8"))
        if found == language
    ]


@pytest.mark.parametrize(("page", "code"), blocks("yaml"))
def test_every_block_of_yaml_is_a_valid_configuration(page: str, code: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(code)
    file.chmod(0o600)

    assert isinstance(load_settings(file, {}), Settings)


@pytest.mark.parametrize(("page", "code"), blocks("python"))
def test_every_block_of_python_runs(page: str, code: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )

    assert 0 == done.returncode, done.stderr


def test_the_readmes_main_command_answers_the_sample_note(tmp_path: Path) -> None:
    """Without its installing half, in a copy of what a fresh clone holds."""
    command = next(code for page, code in blocks("sh") if page == "README.md").strip()
    install, _, run = command.partition(" && ")
    assert "pip install -e '.[ocr]' -c constraints.txt" == install
    assert "inkchat run" == run
    clone = tmp_path / "clone"
    (clone / "outbox").mkdir(parents=True)
    shutil.copytree(ROOT / "inbox", clone / "inbox", ignore=shutil.ignore_patterns(".*"))
    shutil.copy(ROOT / "config.yaml", clone)
    # No program on this machine may take part: a model server might be running on it.
    with (clone / "config.yaml").open("a") as file:
        file.write("local_servers: []\n")

    ran = subprocess.run(
        [sys.executable, "-m", *shlex.split(run), "--once"],
        cwd=clone,
        capture_output=True,
        text=True,
        timeout=110,
    )

    assert 0 == ran.returncode, ran.stderr
    assert "Answers come from Offline" in ran.stdout
    responses = list((clone / "outbox").glob("RESPONSE_conv_*_ex001.pdf"))
    assert 1 <= len(responses)


def test_the_sample_note_is_the_only_tracked_file_in_the_inbox() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "inbox"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout.split()

    assert ["inbox/sample-note.pdf"] == tracked


def test_every_key_of_the_configuration_is_documented() -> None:
    from inkchat.config import form

    text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    forms = (
        *(form.FileForm, form.WatchForm, form.ProviderForm, form.LimitsForm, form.ThreadForm),
        form.DeviceForm,
        *(form.BudgetForm, form.AllowanceForm, form.CeilingForm, form.OfflineForm, form.PriceForm),
    )
    keys = {info.alias or name for each in forms for name, info in each.model_fields.items()}

    assert set() == {key for key in keys if f"`{key}`" not in text}
    assert set() == {v for v in KEY_VARIABLES.values() if v not in text}
    assert set() == {name for name in ProviderName if f"`{name}`" not in text}


def _all_errors(base: type[InkchatError] = InkchatError) -> set[type[InkchatError]]:
    return {base}.union(*(_all_errors(kind) for kind in base.__subclasses__()))


def test_every_error_is_documented_with_its_cause_and_next_step() -> None:
    import inkchat.errors as errors

    text = (ROOT / "docs" / "errors.md").read_text("utf-8")
    leaves = {
        kind
        for kind in _all_errors()
        if kind.__module__ == errors.__name__ and not kind.__subclasses__()
    }

    missing = {kind.__name__ for kind in leaves if kind.title not in text}

    assert set() == missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text("utf-8"))
    broken = [t for t in targets if "://" not in t and not (page.parent / t).exists()]

    assert [] == broken


def test_each_test_that_the_documentation_names_exists() -> None:
    named = {
        (file, test)
        for page in (ROOT / "docs").glob("*.md")
        for file, test in re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", page.read_text())
    }

    assert len(named) > 50
    assert set() == {
        f"{file}::{test}" for file, test in named if f"def {test}(" not in (ROOT / file).read_text()
    }

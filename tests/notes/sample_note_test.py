import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from inkchat.config import Limits
from inkchat.notes import open_note

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "inbox" / "sample-note.pdf"


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "draw_sample_note", ROOT / "scripts" / "draw_sample_note.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_draws_the_file_that_is_there(script: ModuleType) -> None:
    assert script.wrap_in_pdf(script.draw_page()) == SAMPLE.read_bytes()


def test_the_page_is_that_of_a_tablet() -> None:
    note = open_note(SAMPLE, SAMPLE.name, ".pdf", Limits())

    (page,) = note.pages
    assert (page.width_px, page.height_px, page.text) == (1176, 1568, "")


def test_the_offline_reader_reads_what_was_written(script: ModuleType) -> None:
    rapidocr = pytest.importorskip("rapidocr")
    reader = rapidocr.RapidOCR(params={"Global.log_level": "critical"})
    note = open_note(SAMPLE, SAMPLE.name, ".pdf", Limits())

    read = " ".join(reader(note.pages[0].picture, use_cls=False).txts)

    written = " ".join(script.LINES)
    assert count_edits(read, written) / len(written) < 0.05


def count_edits(a: str, b: str) -> int:
    """Levenshtein's distance."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, start=1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(b, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return row[-1]

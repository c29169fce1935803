"""Opens files as the pipeline does, in the sandbox."""

from collections.abc import Callable
from pathlib import Path

import pytest

from inkchat.config import Limits
from inkchat.domain import Note
from inkchat.notes import open_note

Open = Callable[..., Note]


@pytest.fixture
def open_file(tmp_path: Path) -> Open:
    """Content and the name it was dropped under; the private copy's own name says nothing."""

    def open_it(content: bytes, name: str, limits: Limits | None = None) -> Note:
        file = tmp_path / "copy"
        file.write_bytes(content)
        return open_note(file, name, Path(name).suffix, limits or Limits())

    return open_it

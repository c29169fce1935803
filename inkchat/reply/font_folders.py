"""Where the machine has its fonts: asked by the program, since a child finds no environment."""

import os
from pathlib import Path


def list_folders() -> tuple[str, ...]:
    """Where the machine has its fonts, a person's own first."""
    home = Path.home()
    own = os.environ.get("XDG_DATA_HOME") or str(home / ".local" / "share")
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    data = [folder for folder in (own, *shared.split(":")) if folder.startswith("/")]
    listed = [*(str(Path(folder, "fonts")) for folder in data), str(home / ".fonts")]
    return tuple(dict.fromkeys(listed))

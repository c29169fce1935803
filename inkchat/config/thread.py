"""What a thread's own folder says: the small file `inkchat.yaml` in it."""

import os
import stat
from pathlib import Path

from inkchat.config.form import parse_thread
from inkchat.config.reading import check_provider
from inkchat.config.settings import ProviderName
from inkchat.errors import ConfigError

THREAD_FILE = "inkchat.yaml"
_MAX_BYTES = 64 * 1024


def read_thread_provider(inbox: Path, thread: str) -> ProviderName | None:
    """Who answers in the thread, by the file in its folder or in the nearest one above it.

    `thread` is the folder below `inbox`, with `/`. None where no file names a provider. Raises
    ConfigError for a file that cannot be used.
    """
    folder = inbox / thread
    while folder != inbox and inbox in folder.parents:
        file = folder / THREAD_FILE
        text = _read_small(file)
        if text is not None:
            form = parse_thread(text, file)
            if form.provider:
                return check_provider(form.provider, f"{folder.name}/{file.name}", "provider")
        folder = folder.parent
    return None


def _read_small(file: Path) -> str | None:
    try:
        # The folder is synced: a link in it, or a pipe, is nobody's configuration.
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        content = opened.read(_MAX_BYTES + 1)
    try:
        if len(content) > _MAX_BYTES:
            raise ValueError("it is too large")
        return content.decode("utf-8")
    except ValueError as error:
        raise ConfigError(
            f"{file.parent.name}/{file.name} cannot be read: {error}.",
            "It holds one line, such as `provider: Anthropic Claude`.",
        ) from error

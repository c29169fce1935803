"""What a thread's own folder says: the small file `inkchat.yaml` in it."""

import errno
import os
import stat
from pathlib import Path

from inkchat.config.form import parse_thread
from inkchat.config.providers import check_provider
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
            where = f"{folder.relative_to(inbox)}/{THREAD_FILE}"
            try:
                form = parse_thread(text, file)
                if form.provider:
                    return check_provider(form.provider, THREAD_FILE, "provider")
            except ConfigError as error:
                said = error.what_happened.replace(THREAD_FILE, where, 1)
                raise ConfigError(said, error.next_step) from error
        folder = folder.parent
    return None


def _read_small(file: Path) -> str | None:
    """The whole of it; None where there is no plain file."""
    try:
        # The folder is synced: a link in it, or a pipe, is nobody's configuration.
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a link, a socket
            return None
        raise _cannot_read(file, error.strerror) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            content = opened.read(_MAX_BYTES + 1)
    except OSError as error:
        raise _cannot_read(file, error.strerror) from error
    finally:
        os.close(descriptor)
    if len(content) > _MAX_BYTES:
        raise _cannot_read(file, "it is too large")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _cannot_read(file, "it is not UTF-8 text") from error


def _cannot_read(file: Path, why: str | None) -> ConfigError:
    return ConfigError(
        f"{file.parent.name}/{file.name} cannot be read: {why}.",
        "It holds one line, such as `provider: Anthropic Claude`.",
    )

"""The configuration of a program that runs for months: edited meanwhile, perhaps badly."""

import threading
from collections.abc import Mapping
from pathlib import Path

from inkchat.config.reading import DEFAULT_CONFIG, load_settings
from inkchat.config.settings import Settings
from inkchat.errors import ConfigError


class SettingsSource:
    """The configuration as it stands now: read again whenever the file has changed.

    A file that has become unusable is reported once and the last good settings stay. Safe to
    ask from several threads.
    """

    def __init__(
        self, path: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        """Raises ConfigError: there are no last good settings yet."""
        self._path = path
        self._environment = environment
        self._lock = threading.Lock()
        self._file = Path(path or DEFAULT_CONFIG).absolute()
        # Looked at before it is read: an edit in between is seen as one afterwards.
        self._used = self._looked = self._look()
        self._settings = load_settings(path, environment)

    def current(self) -> Settings:
        return self._settings

    def refresh(self) -> ConfigError | bool:
        """True if the settings changed, or the error that keeps the last good ones in force.

        A change is taken up when two looks in a row have seen it: an editor may be at it.
        """
        with self._lock:
            seen = self._look()
            stood_still, self._looked = seen == self._looked, seen
            if seen == self._used or not stood_still:
                return False
            self._used = seen
            if seen is None:
                return ConfigError(
                    f"The configuration file {self._file} is gone.",
                    "Put it back; an empty one means the defaults.",
                )
            try:
                settings = load_settings(self._path, self._environment)
            except ConfigError as error:
                return error
            changed = settings != self._settings
            self._settings = settings
            return changed

    def _look(self) -> tuple[int, int, int] | None:
        try:
            status = self._file.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns

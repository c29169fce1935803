"""Runs the service once and kills itself, without any warning, at a named point.

    python -m tests.crash_driver CONFIG POINT

`never` lets it run to its end.
"""

import os
import signal
import sys
from pathlib import Path

from inkchat.config import SettingsSource
from inkchat.service import Service
from inkchat.store import Store


def main(config: Path, where: str) -> None:
    def pass_point(point: str) -> None:
        if point == where:
            os.kill(os.getpid(), signal.SIGKILL)

    source = SettingsSource(config, {})
    settings = source.current()
    store = Store(settings.database, settings.private_folder)
    Service(source, store, pass_point=pass_point).run(once=True)
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

"""`python -m inkchat` and the command `inkchat`."""

import atexit
import gc

from inkchat import cli

OBJECTS_BETWEEN_COLLECTIONS = 20_000
"""Python's own is 700. The SDKs make a quarter of a million objects that stay, and looking through
them again and again took a quarter of the time of every start."""


def main() -> None:
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    # All of it goes with the process: it need not be looked through once more at the end.
    atexit.register(gc.freeze)
    cli.main()


if __name__ == "__main__":
    main()

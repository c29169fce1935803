"""`python -m inkchat` and the command `inkchat`."""

from inkchat.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()

"""Prints what others wrote, on a terminal that obeys what it is sent."""

import unicodedata
from datetime import datetime

import click

_HARMLESS = "\n\t"


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print a model's or a note's text: an escape sequence in it is shown, not obeyed."""
    click.echo(make_printable(text), err=err, nl=nl)


def make_printable(text: str) -> str:
    return "".join(
        character
        if character in _HARMLESS or unicodedata.category(character) not in ("Cc", "Cs")
        else f"\\x{ord(character):02x}"
        for character in text
    )


def show_time(stored: str | None) -> str:
    """A stored time on this machine's clock, to the minute; rows of old may have none."""
    try:
        return f"{datetime.fromisoformat(stored or '').astimezone():%Y-%m-%d %H:%M}"
    except (TypeError, ValueError, OverflowError):
        return " " * 16

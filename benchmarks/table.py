"""A row of the table: what was measured, in words, and whether it is what it must be."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    measured: str
    must_be: str
    holds: bool | None
    """None where there is no bound."""


def write_table(rows: Iterable[Row]) -> str:
    """Markdown."""
    lines = ["| what | measured | must be | |", "|---|---|---|---|"]
    marks = {True: "holds", False: "**does not hold**", None: ""}
    lines += [f"| {r.what} | {r.measured} | {r.must_be} | {marks[r.holds]} |" for r in rows]
    return "\n".join(lines)

"""What was found, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not as well as it could, or not for ever."""
    WRONG = "wrong"
    """Notes will wait, fail, or not be seen."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    grade: Grade
    subject: str
    text: str
    """One or more sentences."""
    next_step: str = ""
    """In words; empty only where nothing is to be done."""

    def __str__(self) -> str:
        return f"{self.subject}: {self.text} {self.next_step}".rstrip()

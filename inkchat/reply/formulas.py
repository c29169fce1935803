"""Formulas in LaTeX, drawn as vectors."""

from inkchat.reply.flow import InlineBox, Setting
from inkchat.reply.typography import Type, Typography


def make_inline_formula(source: str, type_: Type) -> InlineBox | None:
    """The formula for a line of `type_`; None if it cannot be set."""
    return None


def make_display_formula(source: str, typography: Typography) -> Setting | None:
    """The formula on lines of its own; None if it cannot be set."""
    return None

"""Boxes and arrows, laid out in layers."""

from inkchat.reply.flow import Setting
from inkchat.reply.typography import Typography


def make_flowchart(source: str, typography: Typography) -> Setting | None:
    """The diagram that `source` describes; None if it describes none."""
    return None

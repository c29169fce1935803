"""Charts, from the few lines of YAML that a model writes."""

from inkchat.reply.flow import Setting
from inkchat.reply.typography import Typography


def make_chart(source: str, typography: Typography) -> Setting | None:
    """The chart that `source` describes; None if it describes none."""
    return None

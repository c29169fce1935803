"""What a person asks of inkchat itself, carried out without any model: pages like any other.

commander   one command, from its words to what the page says
order       a command and whose it is; what came of it
guide       `help`
telling     `session info` and `summary`
changing    what changes a conversation, or which one goes on
finding     `search` and `all sessions`
spending    `usage`
phrases     what several pages say in the same words
"""

from inkchat.commands.changing import say_too_late
from inkchat.commands.commander import Commander
from inkchat.commands.order import Outcome

__all__ = ["Commander", "Outcome", "say_too_late"]

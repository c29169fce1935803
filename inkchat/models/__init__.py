"""Everything that answers a note: which model is asked, how, and when it is asked again.

Importing this package imports no SDK; `connect` imports the one that is needed.
"""

from inkchat.models.choice import Choice, Chooser, choose
from inkchat.models.connection import connect
from inkchat.models.prompt import SCHEMA
from inkchat.models.provider import Provider
from inkchat.models.retry import next_try

__all__ = ["SCHEMA", "Choice", "Chooser", "Provider", "choose", "connect", "next_try"]

"""Everything that answers a note: which model is asked, how, and when it is asked again.

Importing this package imports no SDK; `connect` imports the one that is needed.
"""

from inkchat.models.addresses import identify, is_own_server
from inkchat.models.choice import Choice, Chooser, choose
from inkchat.models.connection import connect, list_models
from inkchat.models.estimates import estimate_request
from inkchat.models.handwriting import find_missing_packages, read_pictures
from inkchat.models.prices import find_window, price
from inkchat.models.prompt import SCHEMA
from inkchat.models.provider import ModelInfo, Provider
from inkchat.models.retry import next_try

__all__ = [
    "SCHEMA",
    "Choice",
    "Chooser",
    "ModelInfo",
    "Provider",
    "choose",
    "connect",
    "estimate_request",
    "find_missing_packages",
    "find_window",
    "identify",
    "is_own_server",
    "list_models",
    "next_try",
    "price",
    "read_pictures",
]

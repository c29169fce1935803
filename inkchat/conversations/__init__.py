"""Which conversation a note belongs to, and what the model is told of it."""

from inkchat.conversations.memory import build_request
from inkchat.conversations.routing import find_conversation, read_id_from_name

__all__ = ["build_request", "find_conversation", "read_id_from_name"]

"""Which conversation a note belongs to, who is to answer it, and what the model is told of it."""

from inkchat.conversations.command_words import read_command, read_command_from_name
from inkchat.conversations.continue_line import (
    find_continue_line,
    find_unknown_code,
    remove_continue_line,
)
from inkchat.conversations.memory import build_request
from inkchat.conversations.own_line import is_typed
from inkchat.conversations.provider_line import (
    find_provider_line,
    find_unknown_provider,
    is_only_provider_line,
    remove_provider_line,
)
from inkchat.conversations.quoting import escape_line, quote_block
from inkchat.conversations.routing import find_conversation, read_id_from_name, say_unknown_code
from inkchat.conversations.signature import read_signature
from inkchat.conversations.summary import (
    MOST_FOLDED_TOKENS,
    SummaryPlan,
    build_summary_request,
    extract_summary,
    plan_summary,
    read_summary,
)

__all__ = [
    "MOST_FOLDED_TOKENS",
    "SummaryPlan",
    "build_request",
    "build_summary_request",
    "escape_line",
    "extract_summary",
    "find_continue_line",
    "find_conversation",
    "find_provider_line",
    "find_unknown_code",
    "find_unknown_provider",
    "is_only_provider_line",
    "is_typed",
    "plan_summary",
    "quote_block",
    "read_command",
    "read_command_from_name",
    "read_id_from_name",
    "read_signature",
    "read_summary",
    "remove_continue_line",
    "remove_provider_line",
    "say_unknown_code",
]

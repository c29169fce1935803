"""Which conversation a note belongs to, who is to answer it, and what the model is told of it."""

from inkchat.conversations.memory import build_request
from inkchat.conversations.provider_line import (
    find_provider_line,
    find_unknown_provider,
    is_only_provider_line,
    remove_provider_line,
)
from inkchat.conversations.routing import find_conversation, read_id_from_name
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
    "extract_summary",
    "find_conversation",
    "find_provider_line",
    "find_unknown_provider",
    "is_only_provider_line",
    "plan_summary",
    "read_id_from_name",
    "read_summary",
    "remove_provider_line",
]

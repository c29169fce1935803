"""A conversation told: as messages, as context for a model, and in one line."""

from inkchat.store.conversation import ConversationState
from inkchat.store.values import read_time

CONTEXT_CHARACTERS = 100
"""Of each answer in the context, and of the first note in the line."""


def write_messages(conversation: ConversationState, limit: int | None) -> list[dict[str, str]]:
    """As `SessionManager.get_message_history`."""
    messages: list[dict[str, str]] = []
    for exchange in conversation.exchanges:
        if exchange.outcome == "answered":
            said = exchange.transcript or exchange.input_file or ""
            messages.append({"role": "user", "content": said})
            messages.append({"role": "assistant", "content": exchange.response_text or ""})
    if limit is not None:
        messages = messages[-limit:] if limit > 0 else []
    if conversation.system_prompt:
        messages.insert(0, {"role": "system", "content": conversation.system_prompt})
    return messages


def write_context(conversation: ConversationState, max_exchanges: int) -> str:
    """As `SessionManager.get_conversation_context`."""
    lines = [f"Recent exchanges from conversation {conversation.conversation_id}:"]
    if conversation.context_summary:
        lines.insert(0, f"Context: {conversation.context_summary}")
    for exchange in conversation.exchanges[-max_exchanges:]:
        said = (exchange.response_text or "")[:CONTEXT_CHARACTERS]
        lines.append(f"Exchange #{exchange.sequence_number}: {exchange.input_type} -> {said}...")
    return "\n".join(lines)


def write_summary_line(conversation: ConversationState) -> str:
    """Such as `Session with Ollama: 4 turns over 61 s. It began with: “Why is the sky blue?”`."""
    told = [exchange for exchange in conversation.exchanges if exchange.outcome == "answered"]
    if not told:
        return f"Session {conversation.code or conversation.conversation_id}: nothing was said."
    who = conversation.model or told[-1].model or told[-1].provider or "inkchat"
    begun = read_time(conversation.created_at)
    last = read_time(conversation.last_activity)
    seconds = (last - begun).total_seconds() if begun and last else 0.0
    first = " ".join((told[0].transcript or told[0].input_file or "").split())
    if len(first) > CONTEXT_CHARACTERS:
        first = f"{first[:CONTEXT_CHARACTERS].rstrip()}…"
    return (
        f"Session with {who}: {2 * len(told)} turns over {seconds:.0f} s. It began with: “{first}”"
    )

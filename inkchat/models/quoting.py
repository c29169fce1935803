"""How much of a vendor's own words may be shown.

Some echo the key in their error messages, some the prompt; neither may reach a page or a log.
"""

import re

_EXCERPT_MAX_CHARACTERS = 200
_ECHO_CHARACTERS = 20
"""So long a run of the conversation's text is taken for an echo of it."""
_SECRET = re.compile(r"(?i)\b(?:sk|pk|xai|gsk|key|bearer|token)[-_ :=]+\S+|\S{25,}")


def quote(message: str, api_key: str | None, private_texts: tuple[str, ...]) -> str:
    """A short excerpt without keys; nothing if it is HTML or repeats one of `private_texts`."""
    message = " ".join(message.split())
    if message.startswith("<") or _echoes(message, private_texts):
        return ""
    if api_key:
        message = message.replace(api_key, "…")
    message = _SECRET.sub("…", message)
    return message[:_EXCERPT_MAX_CHARACTERS].replace("“", '"').replace("”", '"')


def _echoes(message: str, private_texts: tuple[str, ...]) -> bool:
    private = [" ".join(text.split()) for text in private_texts]
    if any(text and text in message for text in private if len(text) < _ECHO_CHARACTERS):
        return True
    runs = (
        message[start : start + _ECHO_CHARACTERS]
        for start in range(min(len(message), 2000) - _ECHO_CHARACTERS + 1)
    )
    return any(run in text for run in runs for text in private)

"""How many tokens a text is for a model, by its bytes; each vendor counts for itself in the end.

A tokenizer would be exact for one vendor, and the usual one downloads its vocabulary.
"""

import re

_BYTES_PER_TOKEN = 3.5
"""Of UTF-8; today's vocabularies take 3 to 4.5 bytes of European text for a token."""
_TOKENS_PER_IDEOGRAPH = 1.2
_IDEOGRAPHS = re.compile("[\u2e80-\ud7ff\uf900-\ufaff]")
"""Of Chinese, Japanese and Korean script: about a token each, in three bytes."""


def estimate_tokens(text: str) -> int:
    """An estimate that is too high rather than too low; 0 for no text."""
    if text.isascii():
        return round(len(text) / _BYTES_PER_TOKEN + 0.5) if text else 0
    ideographs = len(_IDEOGRAPHS.findall(text))
    other_bytes = len(text.encode("utf-8", "replace")) - 3 * ideographs
    tokens = max(other_bytes, 0) / _BYTES_PER_TOKEN + ideographs * _TOKENS_PER_IDEOGRAPH
    return round(tokens + 0.5)

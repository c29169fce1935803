"""The key `outbox_name`: the pattern by which pages in an outbox are named."""

import string

from inkchat.errors import ConfigError

LONGEST_NAME_BYTES = 200
LONGEST_NAME_PARTS = {"prefix": "RESPONSE", "conversation_id": "c" * 29, "number": 99999}
OUTBOX_NAME_FIELDS = ("prefix", "conversation_id", "number", "note")


def check_outbox_name(pattern: str, where: str) -> None:
    """It must tell responses apart, and not reach beyond the folder. Raises ConfigError."""
    problem = ""
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None]
        unknown = [name for name in fields if name not in OUTBOX_NAME_FIELDS]
        missing = [name for name in OUTBOX_NAME_FIELDS[:3] if name not in fields]
        if unknown:
            problem = f"{{{unknown[0]}}} is not known"
        elif missing:
            problem = f"{{{missing[0]}}} is missing"
        else:
            problem = _find_problem(pattern.format(**LONGEST_NAME_PARTS, note=""))
    except (ValueError, IndexError, KeyError) as error:
        problem = str(error)
    if problem:
        raise ConfigError(
            f"{where}: “outbox_name” cannot be used: {problem}.",
            "Use {prefix}, {conversation_id}, {number} and, if you like, {note}.",
        )


def _find_problem(name: str) -> str:
    if "/" in name or "\0" in name:
        return "it names a folder"
    if len(name.encode()) > LONGEST_NAME_BYTES:
        return "it makes names that are too long"
    return ""

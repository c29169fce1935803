"""Which conversation does a note belong to?

The evidence, the surest first: what inkchat left in a returned page's metadata, then the file's
name, then the thread it was dropped into. Without any, the note begins a conversation. A name
or a mark is only a claim: it never leads into another user's conversation.
"""

import re
from collections.abc import Callable, Sequence

from inkchat.domain import Drop, Marks

UserOf = Callable[[str], str | None]
"""The user a conversation belongs to, by its id; None if there is no such conversation."""

_ID_IN_NAME = re.compile(r"(?:RESPONSE|ERROR)_(conv_\d{8}_\d{6}_[0-9a-f]{8})_ex\d{3,}")


def find_conversation(drop: Drop, marks: Marks | None, user: str, user_of: UserOf) -> str | None:
    """The id of the conversation the drop continues; None if it begins one."""
    claims = [
        marks.conversation_id if marks else None,
        read_id_from_name(drop.name),
        drop.conversation_id,
    ]
    return next((claim for claim in claims if claim and user_of(claim) == user), None)


def read_id_from_name(name: str) -> str | None:
    """The id in `RESPONSE_conv_…_exNNN.pdf`, whatever a device or person put around it."""
    match = _ID_IN_NAME.search(name)
    return match[1] if match else None


def say_unknown_code(given: str, nearest: Sequence[str] = ()) -> str:
    """What is said of a line `continue: …` that leads nowhere."""
    meant = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
    return (
        f"The note asks to continue “{given}”, and no conversation of yours has this code or id."
        f"{meant} “session info” on a page of a conversation tells its code."
    )

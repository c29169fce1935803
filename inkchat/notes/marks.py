"""What inkchat left in the metadata of its pages, found again in a page that was written on.

pypdf reads it, since it follows a file's changes one after the other: a tablet that appends its
ink to our PDF leaves our entries where they were.
"""

import logging
import re
from pathlib import Path

from pypdf import PdfReader

from inkchat.domain import Marks

_CONVERSATION = re.compile(r"conv_[0-9]{8}_[0-9]{6}_[0-9a-f]{8}", re.ASCII)
_EXCHANGE = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)

# What a broken file makes it say is for nobody: the person sees the pages, or an ERROR.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def read_marks(file: Path) -> Marks | None:
    """The conversation and exchange a PDF says it belongs to; None if it says nothing sound."""
    try:
        with file.open("rb") as stream:
            info = PdfReader(stream).metadata
            conversation = info.get("/InkchatConversation") if info else None
            exchange = info.get("/InkchatExchange") if info else None
    except MemoryError:
        raise
    except Exception:
        # pypdf raises nearly anything on a damaged file (AttributeError on 2 of 971 collected
        # ones), and a file without sound metadata is simply one without marks.
        return None
    if not isinstance(conversation, str) or not _CONVERSATION.fullmatch(conversation):
        return None
    if exchange is None:  # a digest, which is of the whole conversation
        return Marks(conversation, None)
    if not isinstance(exchange, str) or not _EXCHANGE.fullmatch(exchange):
        return None
    return Marks(conversation, int(exchange))

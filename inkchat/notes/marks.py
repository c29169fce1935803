"""What inkchat left in the metadata of its pages, found again in a page that was written on.

It stands in two places. Info is read by PDFium, which follows a file's changes one after the
other: a tablet that appends its ink to our PDF leaves our entries where they were. A program that
writes the whole file anew may drop entries of Info that it does not know, and keep the XMP, which
PDFium does not show and pypdf does.
"""

import logging
import mmap
import re
from pathlib import Path

import pypdfium2 as pdfium

from inkchat.domain import Marks

CONVERSATION_KEY = "InkchatConversation"
EXCHANGE_KEY = "InkchatExchange"
NAMESPACE = "urn:inkchat:page:1"
"""Of the same keys in the XMP, whose stream is written as it is, for programs to look for."""
_CONVERSATION = re.compile(r"conv_[0-9]{8}_[0-9]{6}_[0-9a-f]{8}", re.ASCII)
_EXCHANGE = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


def read_marks(document: pdfium.PdfDocument, file: Path) -> Marks | None:
    """The conversation and exchange that the PDF in `file` says it belongs to.

    None if it says nothing sound.
    """
    return _read_info(document) or _read_xmp(file)


def _read_info(document: pdfium.PdfDocument) -> Marks | None:
    try:
        conversation = document.get_metadata_value(CONVERSATION_KEY)
        exchange = document.get_metadata_value(EXCHANGE_KEY)
    except UnicodeDecodeError:  # half a character, which is nothing of ours
        return None
    return _understand(conversation, exchange)


def _read_xmp(file: Path) -> Marks | None:
    if not _has_namespace(file):
        return None
    # For the few files that need it: it takes 5 MB, and longer than all else in this module.
    from pypdf import PdfReader

    # What a broken file makes it say is for nobody: the person sees the pages, or an ERROR.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        xmp = PdfReader(file).xmp_metadata
        found = {
            key: node.nodeValue or node.firstChild.data
            for key in (CONVERSATION_KEY, EXCHANGE_KEY)
            for node in (xmp.get_element("", NAMESPACE, key) if xmp else ())
        }
    except MemoryError:
        raise
    except Exception:
        # pypdf raises nearly anything on a damaged file (AttributeError on 2 of 971 collected
        # ones), and a file without sound metadata is simply one without marks.
        return None
    return _understand(found.get(CONVERSATION_KEY, ""), found.get(EXCHANGE_KEY, ""))


def _has_namespace(file: Path) -> bool:
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(NAMESPACE.encode("ascii")) >= 0


def _understand(conversation: str, exchange: str) -> Marks | None:
    if not _CONVERSATION.fullmatch(conversation):
        return None
    if not exchange:  # a digest, which is of the whole conversation
        return Marks(conversation, None)
    return Marks(conversation, int(exchange)) if _EXCHANGE.fullmatch(exchange) else None

"""What a session log holds and the rows cannot say: kept, so that it goes out as it came in."""

import base64
import json
from collections.abc import Sequence
from typing import Any

from inkchat.archive.attached import keep_unusual
from inkchat.archive.entries import KEPT, list_entries, list_history
from inkchat.archive.exporting import WRAPPINGS
from inkchat.archive.session_log import FILES, HISTORY, AttachedFile, SessionLog, UnusableLog
from inkchat.archive.wrapping import find_wrapping
from inkchat.store import Exchange
from inkchat.store.attachments import Attachment

MOST_UNUSUAL = 1_000_000
MOST_HISTORY = 10_000_000
"""Characters, as JSON, of what is kept of a log because the rows cannot say it."""


def keep_rest(
    log: SessionLog,
    names: dict[str, Any],
    told: Sequence[Exchange],
    placed: Sequence[tuple[AttachedFile, Attachment | None]],
) -> dict[str, Any]:
    """What the rows cannot say of the log, for the conversation’s metadata.

    Raises UnusableLog if it is too much: metadata are read whenever their row is.
    """
    kept = dict(names)
    usual = [turn for e in told for turn in list_history(e.outcome, list_entries(e))]
    if log.history is None or json.dumps(log.history) != json.dumps(usual):
        kept[HISTORY] = {"covers": len(told), "entries": log.history}
    if (unusual := keep_unusual(placed)) is not None:
        kept[FILES] = unusual
        if wrappings := _take_wrappings(unusual, placed):
            kept[WRAPPINGS] = wrappings
    if log.files is None:
        kept["has_files"] = False
    if log.others:
        kept["others"] = log.others
    for key, what in kept.items():
        most = MOST_HISTORY if key == HISTORY else MOST_UNUSUAL
        if (size := len(json.dumps(what))) > most:
            raise UnusableLog(
                f"What is unusual in it takes {size:,} characters in “{key}”; up to {most:,} are "
                "kept.",
                "Leave that out of the file, and try again; attached files go in as plain base64.",
            )
    return {KEPT: kept} if kept else {}


def _take_wrappings(
    unusual: list[Any], placed: Sequence[tuple[AttachedFile, Attachment | None]]
) -> dict[str, Any]:
    """By position; the private copy has the bytes, and the place in `unusual` none then."""
    wrappings: dict[str, Any] = {}
    for place, (file, _) in zip(unusual, placed, strict=True):
        _, entry, position = place
        text = entry.get("file_content")
        if position is None or not file.content or not isinstance(text, str):
            continue
        wrapping = find_wrapping(base64.b64encode(file.content).decode(), text)
        if wrapping is not None:
            place[1] = {**entry, "file_content": None}
            wrappings[str(position)] = wrapping
    return wrappings

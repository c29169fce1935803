"""The attached files of a session log: their places, their bytes, and what else was said of them.

A file of the usual form is a row of `attachments` and nothing more. Whatever is otherwise (other
keys, no bytes, bytes wrapped in lines) is kept with the conversation as it stood.
"""

import base64
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from inkchat.archive.session_log import AttachedFile
from inkchat.store.attachments import Attachment
from inkchat.store.values import make_storable

USUAL_KEYS = ["file_path", "file_name", "file_content"]
_CONTENT = "file_content"


@dataclass(frozen=True, slots=True)
class Laid:
    """A place in `attached_files`."""

    key: str
    entry: dict[str, Any]
    """Without its bytes, where `attachment` has them."""
    attachment: Attachment | None


def lay_out(kept: Any, files: Sequence[Attachment]) -> Iterator[Laid]:
    """What `attached_files` holds, in order; `kept` is what `keep_unusual` returned."""
    by_position = {file.position: file for file in files if file.position is not None}
    keys: set[str] = set()
    for key, entry, position in kept if _is_kept(kept) else []:
        keys.add(key)
        is_ours = position is not None and entry.get(_CONTENT, "") is None
        file = by_position.pop(position, None) if position is not None else None
        if file is not None or not is_ours:
            yield Laid(key, entry, file if is_ours else None)
    for number, file in enumerate(files):
        if file.position is None or file.position in by_position:
            key = file.key or str(number)
            while key in keys:
                number += 1
                key = str(number)
            keys.add(key)
            yield Laid(
                key,
                {"file_path": file.file_path, "file_name": file.file_name, _CONTENT: None},
                file,
            )


def _is_kept(kept: Any) -> bool:
    return isinstance(kept, list) and all(
        isinstance(each, list)
        and list(map(type, each)) in ([str, dict, int], [str, dict, type(None)])
        for each in kept
    )


def place_files(
    files: Sequence[AttachedFile], known: Sequence[Attachment]
) -> list[tuple[AttachedFile, Attachment | None]]:
    """Each file with the one that is known of it already; `content_hash` decides, and the name."""
    by_content = defaultdict(list)
    for attachment in reversed(known):
        by_content[attachment.file_name, attachment.content_hash].append(attachment)
    placed: list[tuple[AttachedFile, Attachment | None]] = []
    for file in files:
        same = by_content[name_file(file), file.content_hash] if file.content is not None else []
        placed.append((file, same.pop() if same else None))
    return placed


def name_file(file: AttachedFile) -> str:
    return _read_text(file, "file_name")


def make_attachment(file: AttachedFile, position: int) -> Attachment:
    """The row of a file that has bytes."""
    return Attachment(
        file_name=name_file(file),
        file_path=_read_text(file, "file_path"),
        content_hash=file.content_hash,
        size_bytes=len(file.content or b""),
        key=make_storable(file.key),
        position=position,
    )


def keep_unusual(placed: Sequence[tuple[AttachedFile, Attachment | None]]) -> list[Any] | None:
    """Places as `[key, entry, position]`, or None if the rows say it all."""
    if all(_is_usual(file) for file, _ in placed):
        return None
    kept: list[Any] = []
    for file, attachment in placed:
        entry = file.entry
        position = attachment.position if attachment else None
        if position is not None and _is_plain(file):
            entry = {key: None if key == _CONTENT else entry[key] for key in entry}
        kept.append([file.key, entry, position])
    return kept


def _is_usual(file: AttachedFile) -> bool:
    texts = [file.key, *file.entry.values()]
    return (
        list(file.entry) == USUAL_KEYS
        and file.key != ""
        and all(isinstance(text, str) and make_storable(text) == text for text in texts)
        and _is_plain(file)
    )


def _is_plain(file: AttachedFile) -> bool:
    """Whether its bytes, written again, are what stands in the file."""
    return (
        file.content is not None and base64.b64encode(file.content).decode() == file.entry[_CONTENT]
    )


def _read_text(file: AttachedFile, key: str) -> str:
    text = file.entry.get(key)
    return make_storable(text) if isinstance(text, str) else ""

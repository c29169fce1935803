"""Session logs brought in: ours and mychat's, each once, and further when they have grown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from inkchat.archive.attached import make_attachment, place_files
from inkchat.archive.entries import (
    KEPT,
    Entry,
    get_metadata,
    list_entries,
    number_next,
)
from inkchat.archive.exporting import FOLLOWS, name_session
from inkchat.archive.own_section import read_section
from inkchat.archive.parts import (
    Part,
    find_beginning,
    find_latest,
    find_rest,
    make_id,
    read_parts,
    split_log,
)
from inkchat.archive.rest import keep_rest
from inkchat.archive.session_log import (
    ENDING,
    AttachedFile,
    SessionLog,
    UnusableLog,
    read_session_log,
)
from inkchat.errors import InkchatError, Retry
from inkchat.store import ConversationState, Exchange, Store
from inkchat.store.attachments import Attachment
from inkchat.store.conversation import ACTIVE
from inkchat.store.values import make_storable, read_time, write_time

MOST_TRIES = 3
"""While another program goes on with the same conversation."""


class ImportConflict(InkchatError):
    """The conversation is here already, and is not what the file says."""

    title = "The conversation is here already, and is another"


class ImportBusy(InkchatError):
    title = "The conversation goes on at this moment"
    retry = Retry.LATER


class Outcome(StrEnum):
    """What became of a file."""

    NEW = "new"
    GROWN = "grown"
    """What it has more than before was added."""
    KNOWN = "known"
    """Nothing in it is new."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A session log that was brought in, or was here already."""

    outcome: Outcome
    conversation_id: str
    code: str
    title: str
    messages: int
    """That were added."""
    files: int
    """That were added."""


def find_logs(given: Path) -> list[Path]:
    """The file itself; of a folder its `*.json`, the most recently changed first.

    Raises UnusableLog if there is none.
    """
    if not given.is_dir():
        return [given]
    try:
        # Hidden ones are other programs' own.
        found = [p for p in given.iterdir() if p.suffix == ENDING and p.name[0] != "."]
        found.sort(key=lambda path: (-path.lstat().st_mtime, path.name))
    except OSError as error:
        raise UnusableLog(
            f"The folder cannot be read: {error.strerror}.", "Let this user read it."
        ) from error
    if not found:
        raise UnusableLog(
            f"The folder holds no *{ENDING} file.",
            "Name the folder in which the session files themselves lie, such as chat_logs.",
        )
    return found


def bring_in(store: Store, path: Path, user: str) -> Brought:
    """One file, in one durable transaction; what is here already is not brought in twice.

    Raises UnusableLog, ImportConflict, ImportBusy and StoreError; nothing has changed then.
    """
    log = read_session_log(path)
    values = {} if log.own is None else read_section(log.own)
    values.setdefault("conversation_id", make_id(log, user))
    parts = list(split_log(log, values.get("exchanges", [])))
    for _ in range(MOST_TRIES):
        here = store.sessions.get_conversation(values["conversation_id"])
        brought = (
            _bring_new(store, log, values, parts, user)
            if here is None
            else _bring_more(store, log, here, parts, user)
        )
        if brought is not None:
            return brought
    raise ImportBusy(
        f"Conversation {values['conversation_id']} is being written by another program.",
        "Try again in a moment.",
    )


def _bring_new(
    store: Store, log: SessionLog, values: dict[str, Any], parts: Sequence[Part], user: str
) -> Brought | None:
    conversation_id: str = values["conversation_id"]
    begun = find_beginning(log)
    told = read_parts(log, parts, conversation_id, 1, begun)
    columns = _complete_columns(values, begun)
    if any(part.record is None for part in parts):
        columns["last_activity"] = find_latest(columns["last_activity"], told)
    name = values.get("name") or log.name
    if columns.get("title") is None:
        columns["title"] = name
    follows = columns.get("follows", "")
    if follows and not store.imports.is_of(follows, user):
        columns["follows"] = ""
    placed, files = _keep_files(store, log, [])
    conversation = ConversationState(
        **columns,
        user_id=user,
        total_exchanges=number_next(None, told) - 1,
        exchanges=told,
        metadata=values.get("metadata", {}),
    )
    is_name_usual = log.own is not None and name == name_session(conversation)
    names = {} if is_name_usual else {"name": name}
    if follows != conversation.follows:
        names[FOLLOWS] = follows
    conversation = replace(
        conversation, metadata=conversation.metadata | keep_rest(log, names, told, placed)
    )
    code = store.imports.insert(conversation, files)
    if code is None:
        return None
    _keep_files(store, log, [])
    return Brought(
        Outcome.NEW, conversation_id, code, conversation.title, len(log.chat_log), len(files)
    )


def _complete_columns(values: dict[str, Any], begun: datetime) -> dict[str, Any]:
    """Of what the log says of its conversation, what has a column; times and status for sure."""
    columns = {key: values[key] for key in values if key not in ("name", "exchanges", "metadata")}
    columns["created_at"] = columns.get("created_at") or write_time(begun)
    columns["last_activity"] = columns.get("last_activity") or columns["created_at"]
    columns["status"] = columns.get("status") or ACTIVE
    return columns


def _bring_more(
    store: Store, log: SessionLog, here: ConversationState, parts: Sequence[Part], user: str
) -> Brought | None:
    if here.user_id not in (None, user):
        raise ImportConflict(
            f"Conversation {here.conversation_id} is here already, and is {here.user_id}’s.",
            f"Nothing was changed; `--user {here.user_id}` brings it in for that user.",
        )
    known = [entry for exchange in here.exchanges for entry in list_entries(exchange)]
    _check_same(known, log.chat_log, here)
    count = len(log.chat_log) - len(known)
    listed = store.attachments.list_of(here.conversation_id)
    placed, files = _keep_files(store, log, listed) if count >= 0 else ([], [])
    if count <= 0 and not files:
        return Brought(Outcome.KNOWN, here.conversation_id, here.code, here.title, 0, 0)
    grown, completed = _grow(log, here, parts, len(known))
    before = here.exchanges if completed is None else [*here.exchanges[:-1], completed]
    kept = keep_rest(log, _list_names(here), [*before, *grown.exchanges], placed)
    plain = {key: value for key, value in get_metadata(here).items() if key != KEPT}
    grown = replace(grown, metadata=plain | kept)
    if not store.imports.extend(grown, here.total_exchanges, completed=completed, files=files):
        return None
    _keep_files(store, log, listed)
    return Brought(Outcome.GROWN, here.conversation_id, here.code, here.title, count, len(files))


def _list_names(here: ConversationState) -> dict[str, Any]:
    """What is kept of the log by which it came, and stays so however that grows."""
    told = get_metadata(here).get(KEPT)
    if told is None:
        return {}
    follows = told.get(FOLLOWS) if isinstance(told, dict) else None
    return {"name": name_session(here)} | ({FOLLOWS: follows} if follows else {})


def _check_same(known: list[Entry], told: list[Entry], here: ConversationState) -> None:
    """One must begin with the other; the times may differ, since clocks and zones do."""
    for number, (one, other) in enumerate(zip(known, told, strict=False), 1):
        if list(map(make_storable, one[:2])) != list(map(make_storable, other[:2])):
            raise ImportConflict(
                f"Conversation {here.conversation_id} is here already, and is another from "
                f"message {number} on.",
                f"Nothing was changed. `inkchat export {here.code}` and then `inkchat purge "
                f"--conversation {here.code}` make room for the one in the file.",
            )


def _grow(
    log: SessionLog, here: ConversationState, parts: Sequence[Part], known: int
) -> tuple[ConversationState, Exchange | None]:
    """The conversation with only the exchanges that are new, and its last one if that changes."""
    completing, rest = find_rest(here, parts, known)
    after = read_time(here.last_activity) or find_beginning(log)
    number = number_next(here, here.exchanges)
    told = read_parts(log, rest, here.conversation_id, number, after)
    completed = None
    if completing is not None:
        last = here.exchanges[-1]
        (completed,) = read_parts(
            log, [completing], here.conversation_id, last.sequence_number, after
        )
        completed = replace(
            completed, exchange_id=last.exchange_id, sequence_number=last.sequence_number
        )
    changed = told if completed is None else [completed, *told]
    grown = replace(
        here,
        exchanges=told,
        total_exchanges=number_next(here, told) - 1,
        last_activity=find_latest(here.last_activity, changed) or here.last_activity,
    )
    return grown, completed


def _keep_files(
    store: Store, log: SessionLog, known: Sequence[Attachment]
) -> tuple[list[tuple[AttachedFile, Attachment | None]], list[Attachment]]:
    """Where each file of the log has its bytes, and which of them are new; durable copies of all.

    Called again after the rows are there: a purge at the same time may have taken a copy of
    which it did not know whose it is.
    """
    position = max((file.position for file in known if file.position is not None), default=-1) + 1
    placed = place_files(log.files or (), known)
    new: list[Attachment] = []
    for index, (file, attachment) in enumerate(placed):
        if file.content is not None:
            store.attachments.keep(file.content)
        if file.content is not None and attachment is None:
            new.append(make_attachment(file, position + len(new)))
            placed[index] = (file, new[-1])
    return placed, new

"""Which conversation a note belongs to, what of it is new, and whether it is only a command.

The evidence, the surest first: the note's own line `continue: …`, then what inkchat left in a
returned page, the file's name, the thread or document it came as, else a conversation of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from inkchat import conversations
from inkchat.config import Settings
from inkchat.domain import (
    Command,
    CommandKind,
    ConversationPer,
    Drop,
    Note,
    Watch,
)
from inkchat.errors import ConfigError
from inkchat.store import EndReason, Home, Store, UnknownConversation


@dataclass(frozen=True, slots=True)
class Routed:
    """A drop in its conversation."""

    drop: Drop
    note: Note
    """With the pages that are new, and without the lines that were obeyed."""
    command: Command | None = None
    """What is typed in it, or in its name, if that is all there is."""
    remarks: tuple[str, ...] = ()
    """Sentences of ours that the person should read before the answer."""


class Router:
    """Binds drops to conversations; safe to use from several threads."""

    def __init__(
        self,
        store: Store,
        read_settings: Callable[[], Settings],
        pass_point: Callable[[str], None],
    ) -> None:
        self._store = store
        self._read_settings = read_settings
        self._pass_point = pass_point

    def find_watch(self, drop: Drop) -> Watch:
        """Raises ConfigError if it is configured no more."""
        watch = self._read_settings().watch(drop.watch)
        if watch is None:
            raise ConfigError(
                f"The watch “{drop.watch}” of a note is configured no more.",
                "Put it back into config.yaml, and the note goes on.",
            )
        return watch

    def route(self, drop: Drop, note: Note) -> Routed:
        """The same drop comes to the same place however often it is routed.

        Raises StoreError and ConfigError.
        """
        watch = self.find_watch(drop)
        command = find_command(drop, note, watch.participants)
        called, remark = self._find_called(note, command, watch.user)
        claimed = called or conversations.find_conversation(
            self._let_go_of_command(drop, command), note.marks, watch.user, self._find_owner
        )
        if claimed is None and command is not None:
            claimed = self._find_latest(watch)
        known = self._find_known_pages(drop, note, watch)
        home = _find_home(drop, watch, note, known)
        if command is not None and command.kind is CommandKind.NEW_SESSION:
            drop = self._begin_anew(drop, claimed, home)
        elif claimed is None or claimed != drop.conversation_id or called:
            idle_seconds = watch.conversation_timeout_seconds
            drop = self._store.ledger.route(drop, claimed, home, idle_seconds, link=bool(called))
        self._pass_point("routed")
        self._end_beyond(drop, watch.user)
        remarks = (remark,) if remark else ()
        note = self._leave_out_known(drop, conversations.remove_continue_line(note), watch)
        return Routed(drop, note, command, remarks + self._say_begin(drop))

    def route_failure(self, drop: Drop) -> Drop:
        """A drop that could not be opened needs a conversation too, for its page to belong to."""
        if drop.conversation_id is not None:
            return drop
        watch = self.find_watch(drop)
        return self._store.ledger.route(drop, None, Home(watch.user, watch.name))

    def follow_command(self, drop: Drop, command: Command) -> Drop:
        """The same for a command that was read from handwriting."""
        watch = self.find_watch(drop)
        home = _find_home(drop, watch, None, frozenset())
        if command.kind is CommandKind.NEW_SESSION:
            return self._begin_anew(drop, drop.conversation_id, home)
        called = None
        if command.kind is CommandKind.CONTINUE:
            called = self.find_called(command.argument, watch.user)
        elif self._let_go_of_command(drop, command).conversation_id is None:
            called = self._find_latest(watch)
        if called is None:
            return drop
        is_asked_for = command.kind is CommandKind.CONTINUE
        return self._store.ledger.route(drop, called, home, link=is_asked_for)

    def find_called(self, given: str, user: str) -> str | None:
        """The user's conversation that a line `continue: …` means; None if there is none."""
        try:
            return self._store.sessions.find(given, user)
        except UnknownConversation:
            return None

    def _find_called(
        self, note: Note, command: Command | None, user: str
    ) -> tuple[str | None, str]:
        """By a typed line, and what is said if it calls for none that there is."""
        if command is not None:
            given = command.argument if command.kind is CommandKind.CONTINUE else None
        else:
            given = (
                conversations.find_continue_line(note.text)
                if conversations.is_typed(note)
                else None
            )
        called = self.find_called(given, user) if given else None
        if called is None and conversations.is_typed(note):
            given = given or conversations.find_unknown_code(note.text)
        return called, conversations.say_unknown_code(given) if given and not called else ""

    def _let_go_of_command(self, drop: Drop, command: Command | None) -> Drop:
        """A command that came as a file of its own is not about that file."""
        if command is None or not drop.document or drop.conversation_id is None:
            return drop
        bound = self._store.sessions.get_header(drop.conversation_id)
        is_empty = bound is not None and bound.total_exchanges == 0
        return replace(drop, conversation_id=None) if is_empty and not drop.thread else drop

    def _find_latest(self, watch: Watch) -> str | None:
        """Without a thread, a command is about what the person last wrote in this inbox."""
        return self._store.sessions.find_latest(watch.user, watch.name)

    def _begin_anew(self, drop: Drop, claimed: str | None, home: Home) -> Drop:
        before = self._store.sessions.get_header(claimed) if claimed else None
        if before is not None and before.total_exchanges == 0 and claimed == drop.conversation_id:
            # Begun for this very drop: before a crash, or as the first in its thread.
            return drop
        if before is not None and before.thread and not home.thread:
            home = Home(home.user_id, before.watch, before.thread)
        if before is not None and before.document and not home.thread:
            home = Home(
                home.user_id, before.watch, document=before.document, section=before.section
            )
        return self._store.ledger.begin_anew(drop, home)

    def _end_beyond(self, drop: Drop, user: str) -> None:
        most = self._read_settings().max_conversations
        if most is not None:
            self._store.sessions.end_beyond(user, most, drop.conversation_id or "")

    def _find_owner(self, conversation_id: str) -> str | None:
        """Whose conversation it is; one that is nobody's is the only user's, if there is one."""
        owner = self._store.sessions.get_user(conversation_id)
        users = {watch.user for watch in self._read_settings().watches}
        return users.pop() if owner == "" and len(users) == 1 else owner

    def _find_known_pages(self, drop: Drop, note: Note, watch: Watch) -> frozenset[str]:
        """Before it is routed: of all conversations about the document."""
        if watch.conversation_per is ConversationPer.DOCUMENT or not drop.document:
            return frozenset()
        return self._store.documents.list_known_fingerprints(drop, of_conversation=False)

    def _leave_out_known(self, drop: Drop, note: Note, watch: Watch) -> Note:
        """Pages that were answered are not asked about again when their document comes back."""
        if not drop.document or note.marks is not None or len(note.pages) == 1:
            return note
        is_per_document = watch.conversation_per is ConversationPer.DOCUMENT
        known = self._store.documents.list_known_fingerprints(drop, of_conversation=is_per_document)
        new = tuple(page for page in note.pages if page.fingerprint not in known)
        if not new or len(new) == len(note.pages):
            return note
        return replace(note, pages=new, known_pages=len(note.pages) - len(new))

    def _say_begin(self, drop: Drop) -> tuple[str, ...]:
        """Why a conversation begins where the person may have expected another to go on."""
        now = self._store.sessions.get_header(drop.conversation_id or "")
        if now is None or now.total_exchanges or not now.follows:
            return ()
        before = self._store.sessions.get_header(now.follows)
        if before is None or before.end_reason not in _WHY:
            return ()
        why = _WHY[EndReason(before.end_reason)]
        return (
            f"A new conversation begins here. The one before, {before.code}, {why}; "
            f"“continue: {before.code}” or a page of it takes it up again.",
        )


_WHY = {
    EndReason.IDLE: "had no note for a while",
    EndReason.CROWDED_OUT: "was the oldest of too many",
}


def find_command(drop: Drop, note: Note, participants: tuple[str, ...]) -> Command | None:
    """What is typed in a note, or stands in its name, if it holds nothing else."""
    if not note.pages or not any(page.text or page.picture for page in note.pages):
        return conversations.read_command_from_name(drop.name)
    return (
        conversations.read_command(note.text, participants)
        if conversations.is_typed(note)
        else None
    )


def find_author(drop: Drop, watch: Watch, text: str) -> str:
    """Who wrote the note: whoever signed `text`, or whose subfolder it came from.

    Empty for the watch's user.
    """
    _, of_folder = watch.split_thread(drop.thread)
    author = conversations.read_signature(text, watch.participants) or of_folder
    return "" if author.casefold() == watch.user.casefold() else author


def _find_home(drop: Drop, watch: Watch, note: Note | None, known: frozenset[str]) -> Home:
    thread, _ = watch.split_thread(drop.thread)
    if thread or not drop.document:
        return Home(watch.user, watch.name, thread)
    section = ""
    if watch.conversation_per is ConversationPer.PAGE and note is not None and note.pages:
        new = [page.number for page in note.pages if page.fingerprint not in known]
        section = str(new[0] if new else note.pages[0].number)
    return Home(watch.user, watch.name, document=drop.document, section=section)

"""Which conversation a note belongs to, what of it is new, and whether it is only a command.

The evidence, the surest first: the note's own line `continue: …`, then what inkchat left in a
returned page, the file's name, the thread or document it came as, else a conversation of its own.
What a note says itself of its place is obeyed once: then the drop is placed, and stays there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from inkchat import conversations
from inkchat.config import Settings
from inkchat.domain import Command, CommandKind, ConversationPer, Drop, Note, Watch
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
        new = self._leave_out_known(drop, note)
        remark = ""
        if not drop.is_placed:
            drop, remark = self._place(drop, new, command, watch)
        self._pass_point("routed")
        remarks = (remark,) if remark else ()
        return Routed(drop, conversations.remove_continue_line(new), command, remarks)

    def route_failure(self, drop: Drop) -> Drop:
        """A drop that could not be opened needs a conversation too, for its page to belong to."""
        if drop.conversation_id is not None:
            return drop
        watch = self.find_watch(drop)
        return self._store.ledger.route(drop, None, Home(watch.user, watch.name))

    def follow_command(self, drop: Drop, command: Command) -> Drop:
        """Where a command belongs that was read from handwriting."""
        if drop.is_placed:
            return drop
        watch = self.find_watch(drop)
        home = self.find_home(drop, watch)
        called = None
        if command.kind is CommandKind.CONTINUE:
            called = self.find_called(command.argument, watch)
        meant = called or self._find_meant_by_hand(drop, home)
        if command.kind is CommandKind.NEW_SESSION:
            return self._begin_anew(drop, meant, home)
        return self._store.ledger.route(
            drop, meant, home, link=bool(called), take_up=bool(called), is_placed=True
        )

    def find_called(self, given: str, watch: Watch) -> str | None:
        """The user's conversation that a line `continue: …` means; None if there is none."""
        users = {each.user for each in self._read_settings().watches}
        try:
            # Where there is only one user, what is nobody's is theirs.
            found = self._store.sessions.find(given, watch.user if len(users) > 1 else None)
        except UnknownConversation:
            return None
        return found if self._find_owner(found) == watch.user else None

    def say_unknown(self, given: str, watch: Watch) -> str:
        """With the codes of the user's conversations that may be meant."""
        try:
            self._store.sessions.find(given, watch.user)
        except UnknownConversation as error:
            return conversations.say_unknown_code(given, error.nearest)
        return ""

    def find_home(self, drop: Drop, watch: Watch) -> Home:
        """The thread that a drop came in, which may be none."""
        return Home(watch.user, watch.name, watch.split_thread(drop.thread)[0])

    def say_begin(self, drop: Drop) -> tuple[str, ...]:
        """Why a conversation begins where the person may have expected another to go on."""
        now = self._store.sessions.get_header(drop.conversation_id or "")
        if now is None or now.total_exchanges or not now.follows:
            return ()
        before = self._store.sessions.get_header(now.follows)
        if before is None or before.user_id != now.user_id or before.end_reason not in _WHY:
            return ()
        why = _WHY[EndReason(before.end_reason)]
        return (
            f"A new conversation begins here. The one before, {before.code}, {why}; "
            f"“continue: {before.code}” or a page of it takes it up again.",
        )

    def end_beyond(self, drop: Drop) -> None:
        """After a note is answered: of too many conversations the oldest idle ones end."""
        most = self._read_settings().max_conversations
        if most is not None and drop.conversation_id is not None:
            user = self.find_watch(drop).user
            self._store.sessions.end_beyond(user, most, drop.conversation_id)

    def _place(
        self, drop: Drop, note: Note, command: Command | None, watch: Watch
    ) -> tuple[Drop, str]:
        """Bind the drop; and what is said of a `continue: …` that leads nowhere."""
        called, remark = self._find_called(note, command, watch)
        claimed = called or conversations.find_conversation(
            _leave_binding(drop, command, watch), note.marks, watch.user, self._find_owner
        )
        home = self.find_home(drop, watch)
        if command is None:
            home = _find_place(drop, note, home, watch)
        elif claimed is None:
            claimed = self._find_meant(home, watch)
        if command is not None and command.kind is CommandKind.NEW_SESSION:
            return self._begin_anew(drop, claimed, home), remark
        if claimed is None or claimed != drop.conversation_id or called or command:
            drop = self._store.ledger.route(
                drop,
                claimed,
                home,
                watch.conversation_timeout_seconds,
                link=bool(called),
                take_up=command is None or bool(called),
                is_placed=bool(called or command),
            )
        return drop, remark

    def _find_called(
        self, note: Note, command: Command | None, watch: Watch
    ) -> tuple[str | None, str]:
        """By a typed line, and what is said if it calls for none that there is."""
        if command is not None:
            given = command.argument if command.kind is CommandKind.CONTINUE else None
            # The page of the command itself says what is wrong with it.
            return self.find_called(given, watch) if given else None, ""
        if not conversations.is_typed(note):
            return None, ""
        given = conversations.find_continue_line(note.text)
        called = self.find_called(given, watch) if given else None
        given = given or conversations.find_unknown_code(note.text)
        return called, self.say_unknown(given, watch) if given and not called else ""

    def _find_meant(self, home: Home, watch: Watch) -> str | None:
        """A command is about its thread's conversation, or what was last said in this inbox."""
        if home.thread:
            return self._store.sessions.find_at(home)
        return self._store.sessions.find_latest(watch.user, watch.name)

    def _find_meant_by_hand(self, drop: Drop, home: Home) -> str | None:
        """The same, for a drop that may have begun a conversation before it was read."""
        bound = self._store.sessions.get_header(drop.conversation_id or "")
        if bound is None or self._store.sessions.count_answered(bound.conversation_id):
            return drop.conversation_id
        if bound.follows:
            return bound.follows
        return None if home.thread else self._find_meant(home, self.find_watch(drop))

    def _begin_anew(self, drop: Drop, meant: str | None, home: Home) -> Drop:
        before = self._store.sessions.get_header(meant) if meant else None
        if before is not None and meant == drop.conversation_id and not before.total_exchanges:
            if not self._store.ledger.count_waiting_in(before.conversation_id, drop.id):
                # It is as new as can be: the first in its thread.
                return self._store.ledger.route(drop, meant, home, is_placed=True)
            meant = None
        if before is not None and before.thread and not home.thread:
            home = Home(home.user_id, before.watch, before.thread)
        elif before is not None and before.document and not home.thread:
            home = Home(
                home.user_id, before.watch, document=before.document, section=before.section
            )
        return self._store.ledger.begin_anew(drop, home, meant)

    def _find_owner(self, conversation_id: str) -> str | None:
        """Whose conversation it is; one that is nobody's is the only user's, if there is one."""
        owner = self._store.sessions.get_user(conversation_id)
        users = {watch.user for watch in self._read_settings().watches}
        return users.pop() if owner == "" and len(users) == 1 else owner

    def _leave_out_known(self, drop: Drop, note: Note) -> Note:
        """Pages that were answered are not asked about again when their document comes back."""
        if not drop.document or note.marks is not None or len(note.pages) == 1:
            return note
        known = self._store.documents.list_known_fingerprints(drop)
        new = tuple(page for page in note.pages if page.fingerprint not in known)
        if not new or len(new) == len(note.pages):
            return note
        return replace(note, pages=new, known_pages=len(note.pages) - len(new))


_WHY = {
    EndReason.IDLE: "had no note for a while",
    EndReason.CROWDED_OUT: "was the oldest of too many",
}


def find_command(drop: Drop, note: Note, participants: tuple[str, ...]) -> Command | None:
    """What is typed in a note, or stands in its name, if it holds nothing else.

    Of a PDF only a model can say that there is nothing but type on its pages.
    """
    if not any(page.text or page.picture for page in note.pages):
        return conversations.read_command_from_name(drop.name)
    if any(page.picture for page in note.pages):
        return None
    return conversations.read_command(note.text, participants)


def find_author(drop: Drop, watch: Watch, text: str) -> str:
    """Who wrote the note: whoever signed `text`, or whose subfolder it came from.

    Empty for the watch's user.
    """
    _, of_folder = watch.split_thread(drop.thread)
    author = conversations.read_signature(text, watch.participants) or of_folder
    return "" if author.casefold() == watch.user.casefold() else author


def _leave_binding(drop: Drop, command: Command | None, watch: Watch) -> Drop:
    """What a drop was bound to when it arrived holds only where its content changes nothing."""
    depends_on_pages = bool(drop.document and not drop.thread) and (
        watch.conversation_per is ConversationPer.PAGE
    )
    is_provisional = command is not None or drop.may_be_command or depends_on_pages
    return replace(drop, conversation_id=None) if is_provisional else drop


def _find_place(drop: Drop, note: Note, home: Home, watch: Watch) -> Home:
    """Its thread, or else its document and, if each has a conversation, the first new page."""
    if home.thread or not drop.document:
        return home
    is_per_page = watch.conversation_per is ConversationPer.PAGE and bool(note.pages)
    section = str(note.pages[0].number) if is_per_page else ""
    return replace(home, document=drop.document, section=section)

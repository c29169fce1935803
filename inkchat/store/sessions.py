"""Conversations and their exchanges: what was asked and answered, kept for good."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update

from inkchat.store.conversation import ACTIVE, ConversationFull, Home, UnknownConversation
from inkchat.store.conversation_lists import count_answered, count_by_status
from inkchat.store.conversation_questions import ConversationQuestions
from inkchat.store.conversation_rows import insert_conversation, insert_exchange, write_metadata
from inkchat.store.database import Database
from inkchat.store.endings import EndReason, end_beyond, end_idle, end_in, has_idle
from inkchat.store.histories import write_summary_line
from inkchat.store.homes import find_or_begin
from inkchat.store.names import LONG_PATTERN, name_response
from inkchat.store.tables import conversations
from inkchat.store.values import make_storable

_c = conversations.c


class SessionManager(ConversationQuestions):
    """Records conversations and exchanges in a SQLite file.

        sessions = SessionManager("eink_sessions.db")
        conversation_id = sessions.create_conversation(user_id="me")
        sessions.add_exchange(conversation_id, "note.pdf", "pdf", "Because …", 2.5, 150)

    Safe to use from several threads and processes at once; each call is one durable transaction.
    Every method raises StoreError if the database cannot be used.
    """

    def __init__(
        self,
        db_path: str | Path = "eink_sessions.db",
        *,
        max_conversations: int | None = None,
        max_exchanges: int | None = None,
    ) -> None:
        """Open the database, making it and its parent folder if they are not there.

        `max_conversations` is for the active ones of each user: beyond it the oldest idle one
        ends. `max_exchanges` is for each conversation. None means: without limit.
        """
        self.db_path = Path(db_path)
        self._database = Database(self.db_path)
        self._max_conversations = max_conversations
        self._max_exchanges = max_exchanges

    @classmethod
    def sharing(cls, database: Database) -> "SessionManager":
        """On a database that is open already; whoever opened it closes it.

        For inkchat itself, and no part of what is public.
        """
        sessions = cls.__new__(cls)
        sessions.db_path = database.path
        sessions._database = database
        sessions._max_conversations = sessions._max_exchanges = None
        return sessions

    def setup_database(self) -> None:
        """Make or bring up to date the tables; harmless at any moment."""
        self._database.bring_up_to_date()

    def close(self) -> None:
        """Let go of the file; the object cannot be used afterwards."""
        self._database.close()

    def create_conversation(
        self,
        user_id: str | None = None,
        *,
        title: str = "",
        provider: str = "",
        model: str = "",
        system_prompt: str = "",
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Begin a conversation; return its id, `conv_YYYYMMDD_HHMMSS_xxxxxxxx`.

        `provider` (its display name), `model` and `system_prompt` stand in the place of the
        configured ones. `metadata` may be any JSON object; TypeError and ValueError are raised
        for anything else, NaN among it.
        """
        values = {
            "title": title,
            "provider": provider,
            "model": model,
            "system_prompt": system_prompt,
            "metadata": write_metadata(metadata),
        }
        storable = {key: make_storable(value) for key, value in values.items()}
        with self._database.write() as connection:
            conversation_id = insert_conversation(connection, Home(user_id), **storable)
            self._end_beyond(connection, user_id, conversation_id)
            return conversation_id

    def get_or_create_thread(
        self,
        watch: str,
        folder: str,
        user_id: str | None = None,
        idle_seconds: float | None = None,
    ) -> str:
        """The id of a thread's conversation, begun if there is none; exactly once.

        One that had no exchange for `idle_seconds` ends, and another begins. Raises ValueError
        for a folder without a name.
        """
        if not folder:
            raise ValueError("a thread is a folder, and this has no name")
        home = Home(user_id, watch=watch, thread=make_storable(folder))
        return self._get_or_create(home, idle_seconds)

    def get_or_create_section(
        self,
        document_id: str | int,
        section_id: str | int = "",
        user_id: str | None = None,
        watch: str = "",
    ) -> str:
        """The id of the conversation about a section of a document; begun exactly once.

        Raises ValueError for a document without an id.
        """
        document, section = str(document_id), str(section_id)
        if not document:
            raise ValueError("a document has an id, and this is empty")
        home = Home(
            user_id,
            watch=watch,
            document=make_storable(document),
            section=make_storable(section),
        )
        return self._get_or_create(home, None)

    def add_exchange(
        self,
        conversation_id: str,
        input_file: str,
        input_type: str,
        response_text: str,
        processing_time: float,
        tokens_used: int,
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Append an exchange; return its id, `ex_xxxxxxxx`.

        `processing_time` is in seconds. Raises UnknownConversation and ConversationFull, which
        are ValueErrors, and as `create_conversation` for `metadata`.
        """
        stored = write_metadata(metadata)
        with self._database.write() as connection:
            self._check_room(connection, conversation_id)
            exchange_id, _ = insert_exchange(
                connection,
                conversation_id,
                {
                    "input_file": input_file,
                    "input_type": input_type,
                    "response_text": response_text,
                    "processing_time": processing_time,
                    "tokens_used": tokens_used,
                    "metadata": stored,
                },
            )
        return exchange_id

    def update_context_summary(self, conversation_id: str, summary: str) -> None:
        """Replace the summary of what was said before the recent exchanges."""
        with self._database.write() as connection:
            connection.execute(
                update(conversations)
                .where(conversations.c.conversation_id == conversation_id)
                .values(context_summary=make_storable(summary))
            )

    def generate_session_filename(
        self,
        conversation_id: str,
        exchange_number: int,
        original_filename: str,
        is_error: bool = False,
    ) -> str:
        """Such as `RESPONSE_conv_20261120_140509_1f2e3d4c_ex001_note.pdf`, or `ERROR_…`."""
        prefix = "ERROR" if is_error else "RESPONSE"
        return name_response(
            LONG_PATTERN, prefix, conversation_id, exchange_number, original_filename
        )

    def end_conversation(self, conversation_id: str, summarize: bool = False) -> str:
        """End it, and say so, or say in one line what it was; nothing is deleted.

        Harmless for one that has ended. Raises UnknownConversation.
        """
        conversation = self._get(conversation_id)
        with self._database.write() as connection:
            end_in(connection, [conversation_id], EndReason.ASKED)
        if summarize:
            return write_summary_line(conversation)
        return f"Conversation {conversation_id} ended."

    def end_idle(self, idle_seconds: float, watch: str | None = None) -> int:
        """End all that had no exchange for so long, of one watch or of all; how many."""
        with self._database.read() as connection:
            # Asked often, and seldom true: a write would make others wait.
            if not has_idle(connection, idle_seconds, watch):
                return 0
        with self._database.write() as connection:
            return end_idle(connection, idle_seconds, watch)

    def end_beyond(self, user_id: str | None, most: int, besides: str = "") -> list[str]:
        """End a user's oldest idle ones until `most` are active; return their ids."""
        with self._database.write() as connection:
            return end_beyond(connection, user_id, most, besides)

    def edit(self, conversation_id: str, **changes: str | Mapping[str, Any]) -> None:
        """Change `title`, `provider`, `model`, `system_prompt` or `metadata`.

        Raises UnknownConversation, TypeError for anything else, and as `create_conversation` for
        `metadata`.
        """
        unknown = set(changes) - {"title", "provider", "model", "system_prompt", "metadata"}
        if unknown:
            raise TypeError(f"a conversation’s {min(unknown)} cannot be edited")
        values = {key: make_storable(_write_change(key, value)) for key, value in changes.items()}
        with self._database.write() as connection:
            changed = connection.execute(
                update(conversations)
                .where(_c.conversation_id == conversation_id)
                .values(**values or {"conversation_id": conversation_id})
            ).rowcount
        if not changed:
            raise UnknownConversation(conversation_id)

    def get_statistics(self, user: str | None = None) -> dict[str, Any]:
        """Of one user or of all; keys: active_conversations, ended_conversations,
        max_conversations, total_exchanges, total_turns, max_exchanges, tokens_used.
        """
        with self._database.read() as connection:
            counts = count_by_status(connection, user)
            answered, tokens_used = count_answered(connection, user)
        return {
            "active_conversations": counts.get(ACTIVE, 0),
            "ended_conversations": sum(counts.values()) - counts.get(ACTIVE, 0),
            "max_conversations": self._max_conversations,
            "total_exchanges": answered,
            "total_turns": 2 * answered,
            "max_exchanges": self._max_exchanges,
            "tokens_used": tokens_used,
        }

    def _get_or_create(self, home: Home, idle_seconds: float | None) -> str:
        with self._database.write() as connection:
            conversation_id = find_or_begin(connection, home, idle_seconds)
            self._end_beyond(connection, home.user_id, conversation_id)
            return conversation_id

    def _end_beyond(self, connection: Connection, user_id: str | None, besides: str) -> None:
        if self._max_conversations is not None:
            end_beyond(connection, user_id, self._max_conversations, besides)

    def _check_room(self, connection: Connection, conversation_id: str) -> None:
        if self._max_exchanges is None:
            return
        row = connection.execute(
            select(_c.total_exchanges, _c.code).where(_c.conversation_id == conversation_id)
        ).one_or_none()
        if row is not None and (row.total_exchanges or 0) >= self._max_exchanges:
            raise ConversationFull(row.code, self._max_exchanges)


def _write_change(key: str, value: Any) -> str:
    if key == "metadata":
        return write_metadata(value)
    if not isinstance(value, str):
        raise TypeError(f"a conversation’s {key} is a text, and this is {type(value).__name__}")
    return value

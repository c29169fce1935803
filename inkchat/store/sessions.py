"""Conversations and their exchanges: what was asked and answered, kept for good."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from inkchat.store.conversation_lists import count_answered, count_by_status, list_newest
from inkchat.store.conversation_rows import (
    ACTIVE,
    ConversationFull,
    ConversationState,
    Home,
    UnknownConversation,
    insert_conversation,
    insert_exchange,
    read_conversation,
    read_exchange,
    write_metadata,
)
from inkchat.store.database import Database, make_storable
from inkchat.store.endings import EndReason, end_beyond, end_idle, end_in, has_idle
from inkchat.store.histories import write_context, write_messages, write_summary_line
from inkchat.store.homes import find_newest, find_or_begin
from inkchat.store.lookup import find_meant
from inkchat.store.names import LONG_PATTERN, name_response
from inkchat.store.tables import conversations, exchanges

_c = conversations.c


class SessionManager:
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

    def get_conversation(self, conversation_id: str) -> ConversationState | None:
        """The conversation with its exchanges in order, or None if there is none."""
        with self._database.read() as connection:
            row = connection.execute(
                select(conversations).where(conversations.c.conversation_id == conversation_id)
            ).one_or_none()
            if row is None:
                return None
            rows = connection.execute(
                select(exchanges)
                .where(exchanges.c.conversation_id == conversation_id)
                .order_by(exchanges.c.sequence_number, exchanges.c.created_at)
            ).all()
        return read_conversation(row, [read_exchange(exchange) for exchange in rows])

    def get_header(self, conversation_id: str) -> ConversationState | None:
        """The conversation without its exchanges, or None if there is none."""
        with self._database.read() as connection:
            row = connection.execute(
                select(conversations).where(_c.conversation_id == conversation_id)
            ).one_or_none()
        return None if row is None else read_conversation(row, [])

    def find_latest(self, user: str, watch: str) -> str | None:
        """The user's active conversation in which something was said last, outside of threads."""
        statement = (
            select(_c.conversation_id)
            .where(
                _c.user_id == user,
                _c.status == ACTIVE,
                _c.watch == watch,
                _c.thread == "",
                _c.total_exchanges > 0,
            )
            .order_by(_c.last_activity.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.execute(statement).scalar_one_or_none()

    def find_at(self, home: Home) -> str | None:
        """The conversation that is or was at home there last, whether it has ended or not."""
        with self._database.read() as connection:
            return find_newest(connection, home)

    def count_answered(self, conversation_id: str) -> int:
        """Exchanges in which a note was answered: no commands, and none that failed."""
        statement = select(func.count()).where(
            exchanges.c.conversation_id == conversation_id, exchanges.c.outcome == "answered"
        )
        with self._database.read() as connection:
            return connection.execute(statement).scalar_one()

    def find(self, given: str, user: str | None = None) -> str:
        """The id of the conversation that is meant by an id, a part of one, or a short code.

        With `user`, only of theirs. Raises UnknownConversation, with the nearest ones.
        """
        with self._database.read() as connection:
            return find_meant(connection, given, user)

    def list_conversations(
        self,
        limit: int,
        *,
        user: str | None = None,
        active_only: bool = False,
        after: str | None = None,
    ) -> list[ConversationState]:
        """The most recently active first, without their exchanges.

        Those that have no exchange yet are left out. `after` is the id of the last one of the
        page before.
        """
        conditions = [_c.total_exchanges > 0]
        if user is not None:
            conditions.append(_c.user_id == user)
        if active_only:
            conditions.append(_c.status == ACTIVE)
        return self._list_newest(limit, after, *conditions)

    def get_user(self, conversation_id: str) -> str | None:
        """Whose conversation it is; empty if nobody's, None if there is no such conversation."""
        statement = select(func.coalesce(conversations.c.user_id, "")).where(
            conversations.c.conversation_id == conversation_id
        )
        with self._database.read() as connection:
            return connection.execute(statement).scalar_one_or_none()

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

    def get_conversation_context(self, conversation_id: str, max_exchanges: int = 3) -> str:
        """The summary and the newest exchanges as text; empty if there are none."""
        conversation = self.get_conversation(conversation_id)
        if conversation is None or not conversation.exchanges:
            return ""
        return write_context(conversation, max_exchanges)

    def list_active_conversations(
        self, limit: int | None = None, after: str | None = None
    ) -> list[dict[str, Any]]:
        """The active ones, the most recently active first, as dictionaries.

        Keys: conversation_id, user_id, created_at, last_activity, total_exchanges. All of them
        without `limit`; a page of so many with it, which begins behind the id `after`.
        """
        found = self._list_newest(limit, after, _c.status == ACTIVE)
        keys = ("conversation_id", "user_id", "created_at", "last_activity", "total_exchanges")
        return [{key: getattr(state, key) for key in keys} for state in found]

    def get_message_history(
        self, conversation_id: str, limit: int | None = None
    ) -> list[dict[str, str]]:
        """What was said as messages in OpenAI's form, the newest `limit` of them.

        Keys: role, content. The system prompt stands first where the conversation has its own,
        and does not count. Raises UnknownConversation.
        """
        return write_messages(self._get(conversation_id), limit)

    def get_summary(self, conversation_id: str) -> str:
        """One line: how many turns over what time, with whom, and how it began.

        Raises UnknownConversation.
        """
        return write_summary_line(self._get(conversation_id))

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

    def _get(self, conversation_id: str) -> ConversationState:
        conversation = self.get_conversation(conversation_id)
        if conversation is None:
            raise UnknownConversation(conversation_id)
        return conversation

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

    def _list_newest(
        self, limit: int | None, after: str | None, *conditions: ColumnElement[bool]
    ) -> list[ConversationState]:
        with self._database.read() as connection:
            return list_newest(connection, limit, after, *conditions)


def _write_change(key: str, value: Any) -> str:
    if key == "metadata":
        return write_metadata(value)
    if not isinstance(value, str):
        raise TypeError(f"a conversation’s {key} is a text, and this is {type(value).__name__}")
    return value

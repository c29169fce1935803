"""Questions about conversations: one of them, its history, or which and how many there are."""

from typing import Any

from sqlalchemy import ColumnElement, func, select

from inkchat.store.conversation import ACTIVE, ConversationState, Home, UnknownConversation
from inkchat.store.conversation_lists import list_newest
from inkchat.store.conversation_rows import read_conversation, read_exchange
from inkchat.store.database import Database
from inkchat.store.histories import write_context, write_messages, write_summary_line
from inkchat.store.homes import find_newest
from inkchat.store.lookup import find_meant
from inkchat.store.tables import conversations, exchanges

_c = conversations.c


class ConversationQuestions:
    """Reads conversations and their exchanges, and changes nothing; a part of `SessionManager`."""

    _database: Database

    def get_conversation(self, conversation_id: str) -> ConversationState | None:
        """The conversation with its exchanges in order, or None if there is none."""
        with self._database.read() as connection:
            row = connection.execute(
                select(conversations).where(_c.conversation_id == conversation_id)
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

    def get_user(self, conversation_id: str) -> str | None:
        """Whose conversation it is; empty if nobody's, None if there is no such conversation."""
        statement = select(func.coalesce(_c.user_id, "")).where(
            _c.conversation_id == conversation_id
        )
        with self._database.read() as connection:
            return connection.execute(statement).scalar_one_or_none()

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

    def _list_newest(
        self, limit: int | None, after: str | None, *conditions: ColumnElement[bool]
    ) -> list[ConversationState]:
        with self._database.read() as connection:
            return list_newest(connection, limit, after, *conditions)

    def _get(self, conversation_id: str) -> ConversationState:
        conversation = self.get_conversation(conversation_id)
        if conversation is None:
            raise UnknownConversation(conversation_id)
        return conversation

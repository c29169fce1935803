"""Carries out a command: the effect, durable, and the page that tells of it."""

from collections.abc import Callable
from dataclasses import replace

from inkchat.commands.changing import (
    choose_provider,
    clear_memory,
    end_conversation,
    tell_of_begin,
    tell_of_return,
)
from inkchat.commands.finding import list_all, search
from inkchat.commands.guide import write_guide
from inkchat.commands.order import Order, Outcome, note_command
from inkchat.commands.spending import tell_usage
from inkchat.commands.telling import tell_info, tell_summary
from inkchat.config import Settings
from inkchat.domain import Command, CommandKind, Drop, Watch
from inkchat.store import Store, UnknownConversation

_CarryOut = Callable[[Store, Order], Outcome]

_BY_KIND: dict[CommandKind, _CarryOut] = {
    CommandKind.HELP: write_guide,
    CommandKind.SESSION_INFO: tell_info,
    CommandKind.CLEAR_SESSION: clear_memory,
    CommandKind.NEW_SESSION: tell_of_begin,
    CommandKind.END_SESSION: end_conversation,
    CommandKind.ALL_SESSIONS: list_all,
    CommandKind.SUMMARY: tell_summary,
    CommandKind.SEARCH: search,
    CommandKind.PROVIDER: choose_provider,
    CommandKind.CONTINUE: tell_of_return,
    CommandKind.USAGE: tell_usage,
}


class Commander:
    """Carries out what notes ask of inkchat itself; safe to use from several threads."""

    def __init__(self, store: Store, read_settings: Callable[[], Settings]) -> None:
        self._store = store
        self._read_settings = read_settings

    def carry_out(self, command: Command, drop: Drop, watch: Watch) -> Outcome:
        """Once or several times: the second time changes nothing more.

        The drop is bound to the conversation that is meant; `new session` and `continue` have
        been obeyed by that, and only the page is left to write. Raises StoreError, and
        UnknownConversation where the drop is bound to none of the watch’s user.
        """
        conversation_id = drop.conversation_id or ""
        owner = self._store.sessions.get_user(conversation_id)
        if owner is None or owner not in ("", watch.user):
            raise UnknownConversation(conversation_id or "without an id")
        order = Order(command, drop, watch, self._read_settings(), conversation_id)
        outcome = _BY_KIND[command.kind](self._store, order)
        return replace(outcome, metadata={**note_command(command), **outcome.metadata})

"""The page `help`: every command, and how a note tells inkchat something."""

from inkchat.commands.order import Order, Outcome
from inkchat.commands.phrases import join_parts, write_table
from inkchat.domain import CommandKind
from inkchat.store import Store

_EFFECTS = {
    CommandKind.NEW_SESSION: ("new session", "begins a conversation"),
    CommandKind.END_SESSION: ("end session", "ends this one; it is kept"),
    CommandKind.CLEAR_SESSION: ("clear session", "forgets what was said here"),
    CommandKind.SESSION_INFO: ("session info", "code, memory, who answers"),
    CommandKind.SUMMARY: ("summary", "what was said here"),
    CommandKind.SEARCH: ("search: fjords", "finds it in all your notes"),
    CommandKind.USAGE: ("usage", "tokens and cost"),
    CommandKind.PROVIDER: ("provider: claude", "who answers here, or “auto”"),
    CommandKind.CONTINUE: ("continue: {code}", "goes on with that one"),
}
"""What is written, and what comes of it: on a tablet of 7.8 inches, a line for each."""
_FOR_ADMINS = {CommandKind.ALL_SESSIONS: ("all sessions", "everybody’s conversations")}
_HEAD = ("Alone on a page", "What it does")
_BELOW = (
    "Typed ones are free. The last two may stand in a note, “—\N{NO-BREAK SPACE}Anna” below it. "
    "To go on, write on the answer, or save the next note in its folder."
)


def write_guide(store: Store, order: Order) -> Outcome:
    header = store.sessions.get_header(order.conversation_id)
    code = header.code if header else ""
    shown = {**_FOR_ADMINS, **_EFFECTS} if order.is_admins else _EFFECTS
    rows = [(f"**{words.format(code=code)}**", effect) for words, effect in shown.values()]
    return Outcome("What inkchat can do", join_parts(write_table(_HEAD, rows), _BELOW))

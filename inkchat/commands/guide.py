"""The page `help`: every command, and how a note tells inkchat something."""

from inkchat.commands.order import Order, Outcome
from inkchat.commands.phrases import join_parts, write_table
from inkchat.domain import CommandKind
from inkchat.store import Store

_EFFECTS = {
    CommandKind.HELP: ("help", "this page"),
    CommandKind.SESSION_INFO: ("session info", "who answers, what is remembered"),
    CommandKind.SUMMARY: ("summary", "what was said here, in short"),
    CommandKind.USAGE: ("usage", "tokens and cost so far"),
    CommandKind.SEARCH: ("search: fjords", "looks in all that is yours"),
    CommandKind.NEW_SESSION: ("new session", "a new one begins here"),
    CommandKind.CONTINUE: ("continue: {code}", "goes on with that one"),
    CommandKind.END_SESSION: ("end session", "ends it; its pages reopen it"),
    CommandKind.CLEAR_SESSION: ("clear session", "the model forgets what was said"),
    CommandKind.PROVIDER: ("provider: claude", "who answers here (or “auto”)"),
    CommandKind.ALL_SESSIONS: ("all sessions", "everybody’s, for admins"),
}

_HOW = (
    "Write a command alone on a page, type it into a text file, or name an empty file by it: "
    "“help.txt”. What is typed is free."
)
_WITHIN = (
    "**Within a note**, on a line of its own: “provider: claude” asks Claude for this note alone, "
    "“continue: {code}” goes on with that conversation, and a last line “— Anna” says who wrote it."
)
_BACK = (
    "**To go on**, write on the page with the answer, or save the next note into the same folder."
)


def write_guide(store: Store, order: Order) -> Outcome:
    header = store.sessions.get_header(order.conversation_id)
    code = header.code if header else ""
    rows = [(f"**{words.format(code=code)}**", effect) for words, effect in _EFFECTS.values()]
    table = write_table(("Write", "What comes of it"), rows)
    return Outcome("What inkchat can do", join_parts(_HOW, table, _WITHIN.format(code=code), _BACK))

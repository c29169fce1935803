"""The page `help`: every command, and how a note tells inkchat something."""

from inkchat.commands.order import Order, Outcome
from inkchat.commands.phrases import join_parts, write_table
from inkchat.domain import CommandKind
from inkchat.store import Store

_EFFECTS = {
    CommandKind.HELP: ("help", "this page"),
    CommandKind.SESSION_INFO: ("session info", "who answers here, and what is remembered"),
    CommandKind.SUMMARY: ("summary", "what was said here, in short"),
    CommandKind.USAGE: ("usage", "tokens and money: here, today, this month"),
    CommandKind.SEARCH: ("search: photosynthesis", "looks in all your conversations"),
    CommandKind.NEW_SESSION: ("new session", "a new conversation begins here"),
    CommandKind.CONTINUE: ("continue: {code}", "goes on with the one of that code"),
    CommandKind.END_SESSION: ("end session", "ends; a page of it takes it up again"),
    CommandKind.CLEAR_SESSION: ("clear session", "what was said is no longer told to the model"),
    CommandKind.PROVIDER: ("provider: claude", "who answers here; “auto”: as configured"),
    CommandKind.ALL_SESSIONS: ("all sessions", "everybody’s conversations; for admins"),
}

_HOW = (
    "Write a command alone on a page, or type it into a text file, or give it as its name to a "
    "file with nothing in it, such as “help.txt”. No model is asked for what is typed."
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

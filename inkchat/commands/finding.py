"""The pages `search` and `all sessions`: which conversations there are."""

from collections.abc import Sequence

from inkchat.commands.order import Order, Outcome
from inkchat.commands.phrases import (
    count,
    join_parts,
    write_day,
    write_table,
    write_title,
)
from inkchat.conversations import escape_line
from inkchat.store import ConversationState, Hit, Store

MOST_HITS = 10
MOST_LISTED = 100

_OPENS, _CLOSES = "\ue000", "\ue001"
"""Signs without a meaning, for the time of escaping."""

_ONLY_ADMINS = (
    "Everybody’s conversations are shown only to users whom config.yaml names as admins: "
    "“admins: &#91;{user}&#93;” would make you one."
)
_TO_GO_ON = "A line “continue: {code}” in a note, or alone on a page, goes on with one of them."


def search(store: Store, order: Order) -> Outcome:
    """Among the user’s own alone."""
    words = escape_line(order.command.argument)
    hits = store.search.find(order.command.argument, order.watch.user, MOST_HITS)
    if not hits:
        return Outcome(
            "Nothing was found",
            f"None of your conversations has a word of “{words}” in it. Other words, or the "
            "singular, may help. If this was meant as a note, add a line to it.",
        )
    code = hits[0].code
    return Outcome(
        "What was found",
        join_parts(
            f"For “{words}”, what fits best first:",
            "\n".join(_write_hit(number, hit) for number, hit in enumerate(hits, 1)),
            _TO_GO_ON.format(code=code),
        ),
    )


def list_all(store: Store, order: Order) -> Outcome:
    user = order.watch.user
    if not order.is_admins:
        own = store.sessions.list_conversations(MOST_LISTED, user=user, active_only=True)
        table = _write_own(own) if own else ""
        return Outcome(
            "Only for admins",
            join_parts(
                _ONLY_ADMINS.format(user=escape_line(user)),
                "These are yours:" if own else "",
                table,
            ),
        )
    found = store.sessions.list_conversations(MOST_LISTED + 1, active_only=True)
    shown = found[:MOST_LISTED]
    rows = [_write_row(conversation, user) for conversation in shown]
    table = write_table(("Who", "Code", "Last note", "Title"), rows)
    return Outcome(
        "All active conversations",
        join_parts(
            table if rows else "There are none.",
            _say_rest(store) if len(found) > MOST_LISTED else "",
            "Titles are shown of your own alone.",
        ),
    )


def _write_hit(number: int, hit: Hit) -> str:
    title = write_title(hit.title or hit.conversation_title)
    return (
        f"{number}. **{title}** ({write_day(hit.created_at)}, {hit.code}, exchange {hit.number}): "
        f"{_mark_words(hit)}"
    )


def _mark_words(hit: Hit) -> str:
    """The passage as Markdown, with the words that were looked for in bold."""
    signs = [" " if sign in (_OPENS, _CLOSES) else sign for sign in hit.passage]
    for begin, end in hit.marks:
        signs[begin] = f"{_OPENS}{signs[begin]}"
        signs[end - 1] = f"{signs[end - 1]}{_CLOSES}"
    return escape_line("".join(signs)).replace(_OPENS, "**").replace(_CLOSES, "**")


def _write_own(conversations: Sequence[ConversationState]) -> str:
    rows = [
        (
            each.code,
            str(each.total_exchanges),
            write_day(each.last_activity),
            write_title(each.title),
        )
        for each in conversations
    ]
    return write_table(("Code", "Notes", "Last note", "Title"), rows)


def _write_row(conversation: ConversationState, user: str) -> tuple[str, ...]:
    is_own = conversation.user_id == user
    return (
        escape_line(conversation.user_id or "") or "nobody",
        conversation.code,
        write_day(conversation.last_activity),
        write_title(conversation.title) if is_own else "–",
    )


def _say_rest(store: Store) -> str:
    active = store.sessions.get_statistics()["active_conversations"]
    return f"{count(active - MOST_LISTED, 'further one')} not shown; “inkchat list” shows all."

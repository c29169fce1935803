"""The fourth step of `migrations`: words come to the search many exchanges at once.

Writing the words of one exchange took as long as waiting for the disk. Of many at once each
takes a fraction of that, and whoever searches takes up those that are left (`take_up_words`).
"""

# ruff: noqa: S608  (what is put together here are names of our own)

from sqlalchemy import Connection

from inkchat.store.m003_words import (
    NEW_OWNER,
    OF_THE_CONVERSATION,
    OLD_OWNER,
    OWNER_OF,
    is_found,
    put_in,
    take_out,
)

MOST_IN_ARREARS = 32
"""Exchanges whose words wait; the next one takes them up in its own transaction."""


def m004_words_in_arrears(connection: Connection) -> None:
    """From form 3, where the words of every exchange are taken up."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)


def take_up_words(connection: Connection) -> None:
    """Of all exchanges whose words are not in the search yet."""
    for statement in _TAKE_UP:
        connection.exec_driver_sql(statement)


_TAKEN_UP_TO = "(SELECT taken_up_to FROM search_progress)"
_NEWEST = "(SELECT coalesce(max(search_id), 0) FROM exchanges)"

ARE_IN_ARREARS = f"SELECT {_NEWEST} > {_TAKEN_UP_TO}"

_TAKE_UP = (
    f"""
    INSERT INTO exchange_words (rowid, title, transcript, response_text, owner)
        SELECT search_id, title, transcript, response_text, owner
        FROM exchange_texts WHERE search_id > {_TAKEN_UP_TO} ORDER BY search_id
    """,
    f"UPDATE search_progress SET taken_up_to = {_NEWEST}",
)


def _is_taken_up(row: str) -> str:
    return f"{is_found(row)} AND {row}.search_id <= {_TAKEN_UP_TO}"


_OLD_WORDS = f"WHERE {_is_taken_up('old')}"
_TAKEN_UP_THERE = f"{OF_THE_CONVERSATION} AND e.search_id <= {_TAKEN_UP_TO}"

_STATEMENTS = (
    "CREATE TABLE search_progress (taken_up_to INTEGER NOT NULL) STRICT",
    f"INSERT INTO search_progress (taken_up_to) SELECT {_NEWEST}",
    "DROP TRIGGER exchange_words_insert",
    "DROP TRIGGER exchange_words_delete",
    "DROP TRIGGER exchange_words_update",
    "DROP TRIGGER exchange_words_new_owner",
    "DROP TRIGGER exchange_words_no_owner",
    f"""
    CREATE TRIGGER exchange_words_insert AFTER INSERT ON exchanges
    WHEN new.search_id % {MOST_IN_ARREARS} = 0
    BEGIN
        {";".join(_TAKE_UP)};
    END
    """,
    f"""
    CREATE TRIGGER exchange_words_numbered AFTER UPDATE OF search_id ON exchanges
    WHEN old.search_id IS NULL AND new.search_id % {MOST_IN_ARREARS} = 0
    BEGIN
        {";".join(_TAKE_UP)};
    END
    """,
    # The number of the newest row is given again once that row is gone.
    f"""
    CREATE TRIGGER exchange_words_delete AFTER DELETE ON exchanges
    BEGIN
        {take_out("old", OWNER_OF.format(row="old"), _OLD_WORDS)}
        UPDATE search_progress SET taken_up_to = {_NEWEST} WHERE taken_up_to > {_NEWEST};
    END
    """,
    f"""
    CREATE TRIGGER exchange_words_update
    AFTER UPDATE OF title, transcript, response_text, provider, outcome, conversation_id
    ON exchanges
    BEGIN
        {take_out("old", OWNER_OF.format(row="old"), _OLD_WORDS)}
        {put_in("new", OWNER_OF.format(row="new"), f"WHERE {_is_taken_up('new')}")}
    END
    """,
    f"""
    CREATE TRIGGER exchange_words_new_owner AFTER UPDATE OF user_id ON conversations
    WHEN old.user_id IS NOT new.user_id
    BEGIN
        {take_out("e", OLD_OWNER, _TAKEN_UP_THERE)}
        {put_in("e", NEW_OWNER, _TAKEN_UP_THERE)}
    END
    """,
    f"""
    CREATE TRIGGER exchange_words_no_owner AFTER DELETE ON conversations
    BEGIN
        {take_out("e", OLD_OWNER, _TAKEN_UP_THERE)}
        {put_in("e", "''", _TAKEN_UP_THERE)}
    END
    """,
)

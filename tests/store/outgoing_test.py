"""What is kept of a response until it is delivered."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from inkchat.domain import ErrorResponse, Letterhead, NoteKind, NotePicture, Response
from inkchat.store import Answered, Store
from inkchat.store.outgoing import WriteContent
from tests.store.drops import HOME, REPLY, arrive, envelope, write_answer, write_error

PICTURES = (NotePicture(3, bytes(range(256))), NotePicture(1, b""))


def write_with_pictures(head: Letterhead) -> Response:
    return replace(write_answer(head), pictures=PICTURES, remarks=("A.", "B."))


@pytest.mark.parametrize("write", [write_answer, write_with_pictures, write_error])
def test_a_response_comes_back_as_it_was_kept(
    write: WriteContent, store: Store, tmp_path: Path
) -> None:
    written: list[Response | ErrorResponse] = []

    def keep(head: Letterhead) -> Response | ErrorResponse:
        written.append(write(head))
        return written[-1]

    drop = store.ledger.route(arrive(store, tmp_path, 1), None, HOME)
    drop = store.ledger.begin_asking(drop)
    store.ledger.answer(drop, Answered(NoteKind.PDF, REPLY, 1.0), envelope(tmp_path), keep)

    (outgoing,) = store.outgoing.list_undelivered(drop.id)
    assert written == [outgoing.content]


def test_one_of_an_earlier_inkchat_has_no_pictures(store: Store, tmp_path: Path) -> None:
    drop = store.ledger.begin_asking(store.ledger.route(arrive(store, tmp_path, 1), None, HOME))
    store.ledger.answer(
        drop, Answered(NoteKind.PDF, REPLY, 1.0), envelope(tmp_path), write_with_pictures
    )
    with closing(sqlite3.connect(tmp_path / "ink.db")) as database, database:
        (content,) = database.execute("SELECT content FROM responses").fetchone()
        kept = json.loads(content)
        del kept["pictures"]
        database.execute("UPDATE responses SET content = ?", (json.dumps(kept),))

    (outgoing,) = store.outgoing.list_undelivered(drop.id)
    assert replace(write_with_pictures(outgoing.content.head), pictures=()) == outgoing.content

"""Where the boxes of a page are: kept with its response, and gone with it."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from inkchat.domain import Drawn, PageKind, Place, PlaceKind
from inkchat.errors import DamagedFile
from inkchat.store import Store, migrations
from inkchat.store.database import Database
from tests.house import House, make_house
from tests.store.drops import HOME, answer, arrive, envelope, write_error
from tests.store.form_2 import make_form_2_database

PLACES = (
    Place(PlaceKind.TRY_AGAIN, 1, 57.9, 300.25, 14.74, 14.74),
    Place(PlaceKind.REPLY, 2, 57.9, 89.49, 349.1, 425.0),
)
OTHERS = (Place(PlaceKind.CODE, 1, 366.9, 40.0, 40.142, 40.142),)


def test_the_places_of_an_answer_are_found_by_its_number(store: Store, tmp_path: Path) -> None:
    drop = answer(store, tmp_path, arrive(store, tmp_path, 1))
    (outgoing,) = store.outgoing.list_undelivered(drop.id)
    conversation_id = drop.conversation_id or ""
    assert [] == store.outgoing.find_places(conversation_id, 1)

    outgoing = store.outgoing.keep_drawing(outgoing, Drawn(b"%PDF", PLACES))
    store.ledger.finish(drop, outgoing.id, outgoing.sha256, outgoing.size_bytes)

    assert [*PLACES] == store.outgoing.find_places(conversation_id, 1)
    assert [] == store.outgoing.find_places(conversation_id, 2)
    assert [] == store.outgoing.find_places("conv_of_nobody", 1)


def test_an_error_before_an_answer_has_places_of_its_own(store: Store, tmp_path: Path) -> None:
    drop = store.ledger.route(arrive(store, tmp_path, 1), None, HOME)
    store.ledger.hold(drop, DamagedFile("a", "b"), envelope(tmp_path), write_error)
    (notice,) = store.outgoing.list_undelivered(drop.id)
    store.outgoing.keep_drawing(notice, Drawn(b"%PDF", OTHERS, PageKind.ERROR))
    store.outgoing.mark_delivered(notice.id, "e" * 64, 10)
    assert store.ledger.retry(drop.id)
    drop = answer(store, tmp_path, store.ledger.get(drop.id))
    (outgoing,) = store.outgoing.list_undelivered(drop.id)
    store.outgoing.keep_drawing(outgoing, Drawn(b"%PDF", PLACES))
    store.ledger.finish(drop, outgoing.id, "f" * 64, 10)

    find = store.outgoing.find_places
    assert [*PLACES] == find(drop.conversation_id or "", 1)
    assert [*OTHERS] == find(drop.conversation_id or "", 1, PageKind.ERROR)


def test_a_page_from_before_has_no_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ink.db"
    make_form_2_database(path)
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "NEWEST", 4)
        Database(path).close()
    before = ask(path, "SELECT * FROM responses")
    assert before
    assert [(4,)] == ask(path, "PRAGMA user_version")

    store = Store(path, tmp_path / ".inkchat")
    ((conversation_id, number),) = ask(
        path, "SELECT conversation_id, exchange_number FROM responses LIMIT 1"
    )

    assert [] == store.outgoing.find_places(conversation_id, number)
    store.close()
    assert [(*row, None) for row in before] == ask(path, "SELECT * FROM responses")
    assert [(migrations.NEWEST,)] == ask(path, "PRAGMA user_version")


def ask(path: Path, statement: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(statement).fetchall()
    connection.close()
    return rows


# From a note to its places


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_house(tmp_path / "house")


def test_what_is_delivered_has_its_places(house: House) -> None:
    drop = house.answer("note.txt", "Why is the sky blue?")

    with house.open() as (_, store):
        places = store.outgoing.find_places(drop.conversation_id or "", 1)
    kinds = {place.kind for place in places}
    assert set(PlaceKind) == kinds


def test_what_cannot_be_read_is_delivered_with_the_place_of_its_box(house: House) -> None:
    drop = house.answer("note.pdf", b"%PDF-1.4 and nothing more")

    with house.open() as (_, store):
        find = store.outgoing.find_places
        assert [] == find(drop.conversation_id or "", 1)
        places = find(drop.conversation_id or "", 1, PageKind.ERROR)
    assert PlaceKind.TRY_AGAIN in {place.kind for place in places}

"""Documents: which of their pages were answered before."""

from pathlib import Path

from inkchat.domain import Drop, NoteKind, Page
from inkchat.store import Answered, Home, Store
from tests.store.arrivals_test import receive
from tests.store.drops import REPLY, arrive, deliver, envelope, write_answer


def make_pages(*fingerprints: str) -> tuple[Page, ...]:
    return tuple(
        Page(number, "", b"", 1, 1, fingerprint)
        for number, fingerprint in enumerate(fingerprints, start=1)
    )


def answer_pages(
    store: Store, folder: Path, drop: Drop, *fingerprints: str, is_command: bool = False
) -> Drop:
    pages = make_pages(*fingerprints)
    answered = Answered(NoteKind.PDF, REPLY, 1.0, pages=pages, is_command=is_command)
    asking = store.ledger.begin_asking(drop)
    return deliver(store, store.ledger.answer(asking, answered, envelope(folder), write_answer))


def known(store: Store, drop: Drop) -> set[str]:
    return set(store.documents.list_known_fingerprints(drop))


def test_pages_that_were_answered_are_known_when_their_document_comes_back(
    store: Store, tmp_path: Path
) -> None:
    first, second = (receive(store, tmp_path, n, document="paper.pdf") for n in (1, 2))
    assert set() == known(store, second)

    # A page that stands in it twice is one.
    answer_pages(store, tmp_path, first, "one", "two", "one")
    assert {"one", "two"} == known(store, second)
    answer_pages(store, tmp_path, second, "one", "three")

    third = receive(store, tmp_path, 3, document="paper.pdf")
    assert {"one", "two", "three"} == known(store, third)


def test_a_drops_own_pages_are_not_known_to_it(store: Store, tmp_path: Path) -> None:
    """It may be answered again, by a model in the place of Offline."""
    first = receive(store, tmp_path, 1, document="paper.pdf")
    answer_pages(store, tmp_path, first, "one", "two")

    assert set() == known(store, store.ledger.get(first.id))


def test_only_the_same_document_of_the_same_watch_is_meant(store: Store, tmp_path: Path) -> None:
    answer_pages(store, tmp_path, receive(store, tmp_path, 1, document="paper.pdf"), "one")
    other = receive(store, tmp_path, 2, document="other.pdf")
    assert set() == known(store, other)
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE document_pages SET watch = 'hers'")
    same_name = receive(store, tmp_path, 3, document="paper.pdf")

    assert set() == known(store, same_name)


def test_pages_of_an_earlier_conversation_about_it_are_known(store: Store, tmp_path: Path) -> None:
    home = Home("ada", "inbox", document="paper.pdf")
    first = receive(store, tmp_path, 1, document="paper.pdf")
    answer_pages(store, tmp_path, first, "one")
    anew = store.ledger.begin_anew(receive(store, tmp_path, 2, document="paper.pdf"), home)

    assert {"one"} == known(store, anew)
    answer_pages(store, tmp_path, anew, "one", "two")
    later = receive(store, tmp_path, 3, document="paper.pdf")
    assert {"one", "two"} == known(store, later)


def test_what_is_no_document_leaves_no_pages_and_a_page_with_a_command_is_known(
    store: Store, tmp_path: Path
) -> None:
    answer_pages(store, tmp_path, arrive(store, tmp_path, 1, thread="t"), "one")
    command = receive(store, tmp_path, 2, document="paper.pdf")
    answer_pages(store, tmp_path, command, "two", is_command=True)

    assert {"two"} == known(store, receive(store, tmp_path, 3, document="paper.pdf"))
    with store._database.read() as connection:
        rows = connection.exec_driver_sql("SELECT fingerprint FROM document_pages").all()
    assert [("two",)] == [tuple(row) for row in rows]


def test_pages_are_known_no_sooner_than_the_answer(store: Store, tmp_path: Path) -> None:
    first, second = (receive(store, tmp_path, n, document="paper.pdf") for n in (1, 2))
    store.ledger.begin_asking(first)

    assert set() == known(store, second)

"""Which conversation a note belongs to: the surest evidence wins, and a claim is only a claim."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.conversations.routing import find_conversation, read_id_from_name
from inkchat.domain import Drop, Marks
from tests.conversations.histories import make_drop

MARKED = "conv_20260101_000000_aaaaaaaa"
NAMED = "conv_20260101_000000_bbbbbbbb"
THREADS = "conv_20260101_000000_cccccccc"
GRACES = "conv_20260101_000000_dddddddd"
USERS = {MARKED: "ada", NAMED: "ada", THREADS: "ada", GRACES: "grace"}


@pytest.mark.parametrize(
    ("drop", "marks", "expected"),
    [
        (make_drop(), None, None),
        (make_drop(conversation_id=THREADS), None, THREADS),
        (make_drop(f"RESPONSE_{NAMED}_ex001.pdf", THREADS), None, NAMED),
        (make_drop(f"RESPONSE_{NAMED}_ex001.pdf", THREADS), Marks(MARKED, 1), MARKED),
        (make_drop(), Marks(GRACES, 1), None),
        (make_drop(f"RESPONSE_{GRACES}_ex001.pdf", THREADS), None, THREADS),
        (make_drop(), Marks("conv_20260101_000000_eeeeeeee", 1), None),
    ],
)
def test_the_surest_evidence_of_the_same_user_wins(
    drop: Drop, marks: Marks | None, expected: str | None
) -> None:
    assert expected == find_conversation(drop, marks, "ada", USERS.get)


@pytest.mark.parametrize(
    "name",
    [
        f"RESPONSE_{NAMED}_ex001.pdf",
        f"Copy of RESPONSE_{NAMED}_ex012_note (1).pdf",
        f"ERROR_{NAMED}_ex001_2.sync-conflict-20260101-000000-ABCDEFG.pdf",
    ],
)
def test_a_name_keeps_its_id_whatever_is_put_around_it(name: str) -> None:
    assert NAMED == read_id_from_name(name)


@given(name=st.text())
def test_any_name_is_looked_through_without_harm(name: str) -> None:
    found = read_id_from_name(name)

    assert found is None or found in name

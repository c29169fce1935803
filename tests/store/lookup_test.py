"""Which conversation is meant: by id, by a part of it, by a code as hands write it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.store import Store, UnknownConversation
from inkchat.store.lookup import LONGEST_GIVEN, MOST_NEAREST
from inkchat.store.names import CODE_DIGITS, CODE_LENGTH, CODE_LETTERS, is_code, new_code, read_code
from tests.store.drops import get_state

BETWEEN = st.sampled_from(["", " ", "-", "\u2013", " - ", ".", "\u00a0"])


def keep(
    store: Store, code: str, user: str | None = "ada", conversation_id: str | None = None
) -> str:
    """A conversation with a code and an id of the test's choice."""
    made = store.sessions.create_conversation(user)
    kept = conversation_id or made
    with store._database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE conversations SET code = ?, conversation_id = ? WHERE conversation_id = ?",
            (code, kept, made),
        )
    return kept


def fail_to_find(store: Store, given: str, user: str | None = "ada") -> UnknownConversation:
    with pytest.raises(UnknownConversation) as caught:
        store.sessions.find(given, user)
    return caught.value


# Found


def test_a_conversation_is_found_by_its_id_and_by_a_part_of_it(store: Store) -> None:
    conversation_id = store.sessions.create_conversation("ada")
    keep(store, "AC3DEF")

    for written in (
        conversation_id,
        f"  {conversation_id}\n",
        conversation_id[-8:],
        conversation_id[-9:].upper(),
    ):
        assert conversation_id == store.sessions.find(written, "ada")
        assert conversation_id == store.sessions.find(written)


@pytest.mark.parametrize(
    "given", ["KM34PX", "km34px", "km3 4px", " k m 3-4 P X ", "KM3\u20134PX", "km3.4px"]
)
def test_a_code_is_found_as_hands_write_it(given: str, store: Store) -> None:
    conversation_id = keep(store, "KM34PX")
    keep(store, "KM34PY")

    assert conversation_id == store.sessions.find(given, "ada")


def test_every_conversation_is_found_by_the_code_it_was_given(store: Store) -> None:
    ids = [store.sessions.create_conversation("ada") for _ in range(30)]

    found = [store.sessions.find(get_state(store, each).code.lower(), "ada") for each in ids]

    assert ids == found


def test_a_code_goes_before_a_part_of_an_id(store: Store) -> None:
    by_id = keep(store, "KM34PX", conversation_id="conv_20260101_000000_ac3def00")
    by_code = keep(store, "AC3DEF", conversation_id="conv_20260101_000000_99999999")

    assert by_code == store.sessions.find("ac3def", "ada")
    assert by_id == store.sessions.find("ac3def0", "ada")


# Not found


def test_a_code_with_one_wrong_sign_names_the_nearest(store: Store) -> None:
    keep(store, "KM34PX")
    keep(store, "YYYY99")

    error = fail_to_find(store, "km3 4py")

    assert ("KM34PX",) == error.nearest
    assert "km3 4py not found" in str(error)
    assert "KM34PX" in str(error)


@pytest.mark.parametrize("given", ["KM34P", "KM34PXX", "MK34PX", "KM34P0", "km3 4-1x", "KM34P!"])
def test_a_code_that_is_miswritten_otherwise_names_the_nearest(given: str, store: Store) -> None:
    keep(store, "KM34PX")
    keep(store, "YYYY99")

    assert ("KM34PX",) == fail_to_find(store, given).nearest


def test_an_id_with_a_wrong_sign_names_the_nearest(store: Store) -> None:
    meant = keep(store, "KM34PX", conversation_id="conv_20260101_000000_1f2e3d4c")
    keep(store, "YYYY99", conversation_id="conv_20260101_000000_5b6a7988")

    assert (meant,) == fail_to_find(store, "conv_20260101_000000_1f2e3d40").nearest
    assert (meant,) == fail_to_find(store, "conv_20260101_00000_1f2e3d4c").nearest


def test_a_part_of_several_ids_names_them_and_chooses_none(store: Store) -> None:
    for number in range(5):
        keep(store, f"KM34P{CODE_LETTERS[number]}", None, f"conv_20260101_000000_0000000{number}")

    error = fail_to_find(store, "conv_20260101", None)

    newest = tuple(f"conv_20260101_000000_0000000{number}" for number in (4, 3, 2))
    assert MOST_NEAREST == len(newest)
    assert newest == error.nearest
    assert (
        f"Several conversations have “conv_20260101” in their id: {', '.join(newest)}."
        == error.what_happened
    )
    assert "not found" not in str(error)


@pytest.mark.parametrize("given", ["", "  ", "\n"])
def test_an_empty_id_is_said_to_be_empty(given: str, store: Store) -> None:
    keep(store, "KM34PX")

    assert "No conversation is named: its id is empty." == fail_to_find(store, given).what_happened


@pytest.mark.parametrize(
    "given", ["", " ", "x", "-20", "%", "____", "%%%%", "conv", "nothing like it"]
)
def test_what_tells_nothing_finds_nothing(given: str, store: Store) -> None:
    keep(store, "KM34PX", conversation_id="c-20260101")
    keep(store, "YYYY99", conversation_id="d-20260101")

    error = fail_to_find(store, given)

    assert () == error.nearest
    assert "inkchat list" in str(error)


def test_what_has_no_code_is_not_found_by_what_is_none(store: Store) -> None:
    for _ in range(2):
        conversation_id = store.sessions.create_conversation("ada")
        with store._database.write() as connection:
            connection.exec_driver_sql(
                "UPDATE conversations SET code = NULL WHERE conversation_id = ?",
                (conversation_id,),
            )

    fail_to_find(store, "no code")


@pytest.mark.parametrize("text", ["KM34PX " * 20_000, "\ud800" * 7, "a\0b\0c\0d", "conv_%_\\"])
def test_any_words_are_refused_in_a_short_sentence(text: str, store: Store) -> None:
    keep(store, "KM34PX")

    error = fail_to_find(store, text)

    assert len(error.what_happened) < LONGEST_GIVEN + 40
    error.what_happened.encode()


@pytest.mark.parametrize("given", ["id", "part", "code", "near code", "near id"])
def test_another_users_conversation_is_neither_found_nor_named(given: str, store: Store) -> None:
    hers = keep(store, "KM34PX", "grace", "conv_20260101_000000_1f2e3d4c")
    nobodys = keep(store, "KM34PY", None, "conv_20260101_000000_1f2e3d4d")
    text = {
        "id": hers,
        "part": "1f2e3d4c",
        "code": "km34px",
        "near code": "KM34PW",
        "near id": "conv_20260101_000000_1f2e3d4e",
    }[given]

    error = fail_to_find(store, text)

    assert () == error.nearest
    assert "KM34P" not in str(error).replace(text, "").upper()
    assert nobodys not in str(error)


# Codes


def test_a_code_has_six_signs_that_hands_do_not_mix_up() -> None:
    codes = [new_code() for _ in range(500)]

    signs = set(CODE_LETTERS + CODE_DIGITS)
    assert set() == signs & set("O0I1LZ2S5G6B8QVabcdefghijklmnopqrstuvwxyz")
    for code in codes:
        assert CODE_LENGTH == 6 == len(code)
        assert set(code) <= signs
        assert re.search(f"[{CODE_DIGITS}]", code)
        assert re.search(f"[{CODE_LETTERS}]", code)
    assert len(set(codes)) > 495


@given(data=st.data())
def test_a_code_is_read_whatever_stands_between_its_signs(data: st.DataObject) -> None:
    code = new_code()
    assert code == read_code(code)
    written = "".join(
        data.draw(st.sampled_from([sign, sign.lower()])) + data.draw(BETWEEN) for sign in code
    )

    assert code == read_code(written)


def test_signs_that_look_like_one_of_ours_are_taken_for_it() -> None:
    assert "AU9CDE" == read_code("avqcde")


@given(text=st.one_of(st.text(), st.text(alphabet=CODE_LETTERS + CODE_DIGITS, max_size=8)))
def test_any_text_is_a_code_or_none(text: str) -> None:
    code = read_code(text)

    assert code is None or (is_code(code) and code == read_code(code))
    assert not is_code(text) or text == code


@pytest.mark.parametrize("word", ["", "CHARTER", "PARADE", "334479", "AC3DE", "AC3DEFF", "AC0DEF"])
def test_a_word_and_a_number_are_no_codes(word: str) -> None:
    assert read_code(word) is None

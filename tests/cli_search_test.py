"""`inkchat search`: what is found is printed in its order, and what is foreign is shown as text."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from inkchat.cli import main
from inkchat.store import Store
from inkchat.store.conversation_rows import insert_exchange
from tests.house import House, make_house


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_house(tmp_path / "house")


@pytest.fixture
def store(house: House) -> Iterator[Store]:
    with house.open() as (_, store):
        yield store


def search(house: House, *words: str) -> str:
    result = CliRunner().invoke(
        main, ["--config", str(house.config), "search", *words], color=True, catch_exceptions=False
    )
    assert 0 == result.exit_code, result.output
    return result.output


def say(store: Store, answer: str, user: str = "ada", title: str = "") -> str:
    """Return the short code."""
    conversation_id = store.sessions.create_conversation(user)
    values = {"response_text": answer, "title": title}
    with store._database.write() as connection:
        insert_exchange(connection, conversation_id, values)
    conversation = store.sessions.get_conversation(conversation_id)
    assert conversation is not None
    return conversation.code


def test_each_hit_has_its_date_code_number_title_and_passage(house: House, store: Store) -> None:
    code = say(store, "Yeast is\na fungus.", title="How bread rises")

    first, second = search(house, "yeast").splitlines()

    date, time, *rest = first.split()
    assert [code, "1", "How", "bread", "rises"] == rest
    assert (10, 5) == (len(date), len(time))
    assert f"    {click.style('Yeast', bold=True)} is a fungus." == second


def test_what_fits_best_is_printed_first(house: House, store: Store) -> None:
    some = say(store, "Yeast, yeast, yeast.")
    both = say(store, "Yeast and bread.", "grace")

    printed = [line.split()[2] for line in search(house, "bread", "yeast").splitlines()[::2]]

    assert [both, some] == printed


def test_only_one_user_s_are_printed_where_one_is_named(house: House, store: Store) -> None:
    own, others = say(store, "Yeast."), say(store, "Yeast.", "grace")

    printed = search(house, "yeast", "--user", "ada")

    assert own in printed
    assert others not in printed


def test_no_more_are_printed_than_asked_for(house: House, store: Store) -> None:
    for number in range(4):
        say(store, f"Yeast {number}.")

    assert 3 == len(json.loads(search(house, "yeast", "--limit", "3", "--json")))


def test_a_script_is_told_where_the_words_stand(house: House, store: Store) -> None:
    code = say(store, "Of yeast.", title="Bread")

    (hit,) = json.loads(search(house, "yeast", "--json"))

    assert (code, 1, "Bread", "Of yeast.", "answer", [[3, 8]]) == (
        hit["code"],
        hit["number"],
        hit["title"],
        hit["passage"],
        hit["place"],
        hit["marks"],
    )
    assert [] == json.loads(search(house, "nothing", "--json"))


def test_where_nothing_is_found_it_is_said(house: House) -> None:
    assert "Nothing found for “black holes”.\n" == search(house, "black", "holes")


def test_an_escape_sequence_is_shown_and_not_obeyed(house: House, store: Store) -> None:
    say(store, "Yeast \x1b]0;owned\x07 is a fungus.", title="\x1b[2JBread")

    printed = search(house, "yeast", "owned")

    assert "\x1b[2J" not in printed
    assert "\x1b]0" not in printed
    assert "\\x1b[2JBread" in printed
    assert "\x1b" not in search(house, "\x1b[2J")

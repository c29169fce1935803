"""`inkchat list`, `show`, `edit` and `end`, in this process but for one of them."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from inkchat.cli import main
from inkchat.store import Store
from tests.house import House, make_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    yield make_house(tmp_path / "house", more="watch: [{user: ada}]\n")
    # The command line logs to a stream that is closed by now.
    logging.basicConfig(handlers=[logging.NullHandler()], force=True)


def call(house: House, *words: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(house.config), *words])


def tell(house: House, *words: str) -> str:
    called = call(house, *words)
    assert 0 == called.exit_code, called.output
    return called.stdout


def tell_json(house: House, *words: str) -> Any:
    return json.loads(tell(house, *words, "--json"))


def converse(store: Store, title: str, user: str = "ada", notes: int = 1) -> tuple[str, str]:
    """A conversation with so many exchanges: its id and its code."""
    conversation_id = store.sessions.create_conversation(user, title=title)
    for number in range(1, notes + 1):
        name = f"{title} {number}.txt"
        store.sessions.add_exchange(conversation_id, name, "text", f"Answer {number}", 1.0, 0)
    header = store.sessions.get_header(conversation_id)
    assert header is not None
    return conversation_id, header.code


def test_a_line_of_the_list_tells_what_a_conversation_is(house: House) -> None:
    with house.open() as (_, store):
        conversation_id, code = converse(store, "Bread", notes=12)
        ended_id, ended_code = converse(store, "Tides")
        store.sessions.end_conversation(ended_id)

    ended, active = tell(house, "list").splitlines()

    assert [code, conversation_id] == active.split()[:2]
    assert active.endswith("   12  Bread")
    assert [ended_code, ended_id] == ended.split()[:2]
    assert ended.endswith("    1  Tides  (ended)")


def test_the_list_can_be_narrowed_and_turned_like_pages(house: House) -> None:
    with house.open() as (_, store):
        first = converse(store, "First")
        second = converse(store, "Second", "bob")
        third = converse(store, "Third")
        store.sessions.end_conversation(third[0])

    def list_ids(*words: str) -> list[str]:
        return [row["conversation_id"] for row in tell_json(house, "list", *words)]

    assert [third[0], second[0], first[0]] == list_ids()
    assert [third[0], first[0]] == list_ids("--user", "ada")
    assert [second[0], first[0]] == list_ids("--active")
    assert [second[0]] == list_ids("--limit", "1", "--after", third[1])
    assert [first[0]] == list_ids("--after", second[0][-8:])
    assert (
        f"Older ones: `inkchat list --after {third[1]}`."
        in call(house, "list", "--limit", "1").stderr
    )
    assert "No conversations like that.\n" == tell(house, "list", "--user", "eve")
    assert 2 == call(house, "list", "--after", "conv_nowhere").exit_code


def test_an_empty_list_says_how_to_begin(house: House) -> None:
    assert tell(house, "list").startswith("No conversations yet.")


@pytest.mark.parametrize("part", [slice(None), slice(-8, None)])
def test_show_takes_an_id_or_a_part_of_it(house: House, part: slice) -> None:
    with house.open() as (_, store):
        conversation_id, code = converse(store, "Bread", notes=2)

    shown = tell(house, "show", conversation_id[part])

    assert f"Bread  {code}  {conversation_id}" == shown.splitlines()[0]
    assert shown.splitlines()[1].startswith("Session with inkchat: 4 turns")
    assert "── 2. Bread 2.txt, " in shown


def test_show_takes_no_id_that_is_empty_or_fits_several(house: House) -> None:
    with house.open() as (_, store):
        first, second = converse(store, "First")[0], converse(store, "Second")[0]

    empty = call(house, "show", "")
    several = call(house, "show", "conv_")

    assert (2, 2) == (empty.exit_code, several.exit_code)
    assert "its id is empty" in empty.stderr
    assert f"Several conversations have “conv_” in their id: {second}, {first}." in several.stderr


@pytest.mark.parametrize("remarks", [5, "x", {"a": 1}, None, [1, {"b": 2}]])
def test_show_prints_what_came_with_any_metadata(house: House, remarks: Any) -> None:
    with house.open() as (_, store):
        conversation_id = store.sessions.create_conversation("ada", title="Odd")
        store.sessions.add_exchange(
            conversation_id, "a.txt", "text", "Said.", 1.0, 0, {"remarks": remarks}
        )

    shown = tell(house, "show", conversation_id)

    assert shown.endswith("Said.\n")
    assert isinstance(remarks, list) is ("{'b': 2}" in shown)


@pytest.mark.parametrize("given", ["nofile.pdf", "./notes/Why.TXT", "a.md "])
def test_a_misspelt_file_is_not_sent_as_a_message(house: House, given: str) -> None:
    with house.open() as (_, store):
        _, code = converse(store, "Bread")

    refused = call(house, "ask", "--conversation", code, "And at night?", given)

    assert 2 == refused.exit_code
    assert f"The file “{given}” does not exist. Check its name;" in refused.stderr
    with house.open() as (_, store):
        assert [1] == [each.total_exchanges for each in store.sessions.list_conversations(5)]


@pytest.mark.parametrize(("words", "code"), [(("",), 2), (("--conversation", "", "a"), 2)])
def test_ask_wants_a_file_or_a_conversation(
    house: House, words: tuple[str, ...], code: int
) -> None:
    assert code == call(house, "ask", *words).exit_code


def test_an_empty_message_is_not_sent(house: House) -> None:
    with house.open() as (_, store):
        _, code = converse(store, "Bread")

    refused = call(house, "ask", "--conversation", code, "  ")

    assert 1 == refused.exit_code
    assert "There is no text to send. Write something." in refused.stderr


def test_show_takes_a_code_however_it_is_written(house: House) -> None:
    with house.open() as (_, store):
        conversation_id, code = converse(store, "Bread")

    shown = tell_json(house, "show", f"{code[:3].lower()} {code[3:]}")

    assert (conversation_id, ["ada"], []) == (
        shown["conversation_id"],
        shown["participants"],
        shown["attachments"],
    )
    assert shown["summary"].endswith("It began with: “Bread 1.txt”")


def test_show_names_who_wrote_what_and_how_it_ended(house: House) -> None:
    house.configure(more="watch: [{user: ada, participants: [Bob]}]\n")
    house.answer("a.txt", "Why is the sky blue?", "physics")
    house.answer("b.txt", "And the sea?\n— Bob", "physics")
    house.answer("help.txt", "help", "physics")
    (row,) = tell_json(house, "list")
    tell(house, "end", row["code"])

    shown = tell(house, "show", row["code"])

    assert "Written by ada, Bob." in shown
    assert "── 2. b.txt by Bob, " in shown
    assert "── 3. help.txt, " in shown
    assert "(command)" in shown
    assert "(asked)." in shown


def test_show_prints_messages_in_the_form_of_openai(house: House) -> None:
    with house.open() as (_, store):
        conversation_id, code = converse(store, "Bread", notes=2)
        store.sessions.edit(conversation_id, system_prompt="Be brief.")

    system = {"role": "system", "content": "Be brief."}
    said = [
        {"role": "user", "content": "Bread 1.txt"},
        {"role": "assistant", "content": "Answer 1"},
        {"role": "user", "content": "Bread 2.txt"},
        {"role": "assistant", "content": "Answer 2"},
    ]
    assert [system, *said] == json.loads(tell(house, "show", code, "--messages"))
    assert [system, *said[-1:]] == json.loads(tell(house, "show", code, "--messages", "1"))
    assert [system] == json.loads(tell(house, "show", code, "--messages", "0"))


@pytest.mark.parametrize("command", ["show", "edit", "end"])
def test_an_unknown_code_is_told_with_the_nearest(house: House, command: str) -> None:
    with house.open() as (_, store):
        code = converse(store, "Bread")[1]
    near = next(f"{sign}{code[1:]}" for sign in "ACDEFHJ" if sign != code[0])
    more = ["--title", "x"] if command == "edit" else []

    called = call(house, command, near, *more)

    assert 2 == called.exit_code
    assert f"inkchat: Conversation {near} not found. Did you mean {code}?\n" == called.stderr


def test_edit_changes_what_is_named_and_nothing_else(house: House) -> None:
    with house.open() as (_, store):
        conversation_id, code = converse(store, "Bread")

    told = tell(house, "edit", code, "--title", "Sourdough", "--provider", "claude")
    tell(house, "edit", code, "--model", "m-2", "--system-prompt", "Be brief.")
    tell(house, "edit", code, "--metadata", '{"topic": ["bread", null, 1.5]}')

    assert (
        f"{conversation_id} is changed: title: “Sourdough”; provider: “Anthropic Claude”.\n" == told
    )
    shown = tell_json(house, "show", code)
    assert ["Sourdough", "Anthropic Claude", "m-2", "Be brief."] == [
        shown[key] for key in ("title", "provider", "model", "system_prompt")
    ]
    assert {"topic": ["bread", None, 1.5]} == shown["metadata"]
    edited = tell_json(house, "edit", code, "--provider", "AUTO", "--model", "")
    assert {"conversation_id": conversation_id, "provider": "", "model": ""} == edited
    assert "" == tell_json(house, "show", code)["provider"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Say what to change"),
        (("--provider", "cluade"), "the provider “cluade” is not known. Did you mean “Anthropic"),
        (("--metadata", "{"), "--metadata is not JSON"),
        (("--metadata", '{"a": NaN}'), "NaN is no JSON"),
        (("--metadata", "[1]"), "must be a JSON object"),
        (("--metadata", "[" * 100_000), "--metadata is not JSON"),
    ],
)
def test_what_cannot_be_edited_is_said_and_nothing_changes(
    house: House, words: tuple[str, ...], said: str
) -> None:
    with house.open() as (_, store):
        conversation_id, code = converse(store, "Bread")
        before = store.sessions.get_header(conversation_id)

    called = call(house, "edit", code, *words)

    assert 2 == called.exit_code
    assert said in called.stderr
    with house.open() as (_, store):
        assert before == store.sessions.get_header(conversation_id)


def test_end_ends_with_or_without_a_summary(house: House) -> None:
    with house.open() as (_, store):
        one, two = converse(store, "One"), converse(store, "Two")

    assert f"Conversation {one[0]} ended.\n" == tell(house, "end", one[1], one[0])
    (ended,) = tell_json(house, "end", "--summary", two[1])
    assert two[0] == ended["conversation_id"]
    assert ended["summary"].endswith("It began with: “Two 1.txt”")
    assert [] == tell_json(house, "list", "--active")


def test_if_one_is_not_known_none_is_ended(house: House) -> None:
    with house.open() as (_, store):
        code = converse(store, "One")[1]

    assert 2 == call(house, "end", code, "conv_nowhere").exit_code
    assert 1 == len(tell_json(house, "list", "--active"))


def test_all_that_are_idle_can_be_ended(house: House) -> None:
    with house.open() as (_, store):
        converse(store, "One")
        converse(store, "Two")

    assert "0 conversations ended.\n" == tell(house, "end", "--idle", "3600")
    assert {"ended": 2} == tell_json(house, "end", "--idle", "0")


@pytest.mark.parametrize(
    "words", [(), ("H4KM7P", "--idle", "1"), ("--idle", "1", "--summary"), ("--idle", "-1")]
)
def test_end_wants_to_know_exactly_one_thing(house: House, words: tuple[str, ...]) -> None:
    assert 2 == call(house, "end", *words).exit_code


def test_the_commands_are_reached_by_their_names(house: House) -> None:
    helped = subprocess.run(
        [sys.executable, "-m", "inkchat", "edit", "--help"],
        cwd=house.folder,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "--system-prompt" in helped.stdout
    for command in ("list", "show", "edit", "end"):
        assert command in main.commands

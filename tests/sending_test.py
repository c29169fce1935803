"""What is handed over beside the inbox: a message in a conversation, a file by its path."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import inkchat
from inkchat import SessionManager
from inkchat.cli import main
from inkchat.domain import DropState
from inkchat.errors import ConfigError, EmptyFile
from inkchat.store import UnknownConversation
from tests.house import House, make_house
from tests.vendors import VendorServer


@pytest.fixture
def vendor(numbering: VendorServer) -> VendorServer:
    return numbering


@pytest.fixture
def house(tmp_path: Path, vendor: VendorServer) -> House:
    return make_house(tmp_path / "house", vendor.url)


def test_a_message_is_sent_in_a_conversation(house: House, vendor: VendorServer) -> None:
    first = house.answer("a.txt", "One?", "python")

    sent = inkchat.send(first.conversation_id or "", "And two?", house.config)

    assert "Answer 1." == sent.answer
    assert (first.conversation_id, 2) == (sent.drop.conversation_id, sent.drop.exchange_number)
    assert sent.response is not None
    assert "Answer 1." in house.read(sent.response.name)
    assert "And two?" in str(vendor.asked[-1].body)
    assert "Transcript 0." in str(vendor.asked[-1].body)


def test_the_same_words_may_be_sent_twice(house: House, vendor: VendorServer) -> None:
    first = house.answer("a.txt", "Shall I?", "python")

    answers = [inkchat.send(first.conversation_id or "", "Yes.", house.config) for _ in range(2)]

    assert ["Answer 1.", "Answer 2."] == [sent.answer for sent in answers]


def test_a_conversation_of_the_library_is_gone_on_with(house: House, vendor: VendorServer) -> None:
    sessions = SessionManager(house.folder / "eink_sessions.db")
    conversation_id = sessions.create_conversation(system_prompt="You are a pirate.")
    header = sessions.get_header(conversation_id)
    assert header is not None

    sent = inkchat.send(header.code.lower(), "Ahoy?", house.config)

    assert (conversation_id, 1) == (sent.drop.conversation_id, sent.drop.exchange_number)
    assert "You are a pirate." in str(vendor.asked[-1].body)
    assert [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": "Transcript 0."},
        {"role": "assistant", "content": "Answer 0."},
    ] == sessions.get_message_history(conversation_id)
    sessions.close()


def test_a_message_that_is_a_command_costs_no_call(house: House, vendor: VendorServer) -> None:
    first = house.answer("a.txt", "One?", "python")

    sent = inkchat.send(first.conversation_id or "", "session info", house.config)

    assert DropState.DELIVERED is sent.drop.state
    assert 1 == vendor.calls


@pytest.mark.parametrize(
    ("given", "text", "error"),
    [("nothing-like-it", "Hello?", UnknownConversation), (None, " \n", EmptyFile)],
)
def test_what_cannot_be_sent_is_refused_and_leaves_nothing(
    given: str | None, text: str, error: type[Exception], house: House
) -> None:
    first = house.answer("a.txt", "One?", "python")

    with pytest.raises(error):
        inkchat.send(given or first.conversation_id or "", text, house.config)

    assert 1 == len(house.drops())
    assert [] == list((house.folder / ".inkchat").glob(".sent-*"))


def test_a_conversation_of_a_user_without_a_watch_is_not_gone_on_with(house: House) -> None:
    sessions = SessionManager(house.folder / "eink_sessions.db")
    conversation_id = sessions.create_conversation("somebody")
    sessions.close()

    with pytest.raises(ConfigError, match="somebody"):
        inkchat.send(conversation_id, "Hello?", house.config)


def run(house: House, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, [*arguments, "--config", str(house.config)])
    return result.exit_code, result.output


def test_the_command_line_sends_texts_and_files_to_a_conversation(
    house: House, vendor: VendorServer, tmp_path: Path
) -> None:
    first = house.answer("a.txt", "One?", "python")
    file = tmp_path / "elsewhere.txt"
    file.write_text("From a file.")

    code, output = run(
        house, "ask", "--json", "--conversation", first.conversation_id or "", "Two?", str(file)
    )

    assert 0 == code, output
    results = json.loads(output)
    assert [first.conversation_id] * 2 == [result["conversation_id"] for result in results]
    assert [2, 3] == [result["exchange"] for result in results]
    assert "From a file." in str(vendor.asked[-1].body)


def test_a_text_wants_a_conversation(house: House) -> None:
    code, output = run(house, "ask", "How are you?")

    assert 2 == code
    assert "--conversation" in output


def test_an_unknown_code_names_the_nearest(house: House) -> None:
    first = house.answer("a.txt", "One?", "python")
    ((code,),) = house.query("SELECT code FROM conversations")
    last = "3" if code[-1] != "3" else "4"

    status, output = run(house, "ask", "--conversation", f"{code[:5]}{last}", "Two?")

    assert 2 == status
    assert f"Did you mean {code}?" in output or (first.conversation_id or "?") in output
    assert 1 == len(house.drops())

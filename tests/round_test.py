"""One conversation of eight exchanges, round all six providers and back.

Each provider has a server of its own, which checks that it was given the whole history in its own
form, and nothing of any other vendor's.
`pytest -n 0 -s tests/round_test.py` prints the round.
"""

import json
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from inkchat.config import ProviderName
from inkchat.domain import DropState
from tests.house import make_house
from tests.vendors import Received, Say, VendorServer, Wire

P = ProviderName
ROUND = (P.ANTHROPIC, P.OPENAI, P.GEMINI, P.GROK, P.COMPATIBLE, P.OLLAMA, P.OPENAI, P.ANTHROPIC)
WIRES = {
    P.ANTHROPIC: Wire.MESSAGES,
    P.OPENAI: Wire.RESPONSES,
    P.GROK: Wire.RESPONSES,
    P.GEMINI: Wire.CHAT,
    P.COMPATIBLE: Wire.CHAT,
    P.OLLAMA: Wire.OLLAMA,
}
FOREIGN = re.compile(r"thinking|signature|encrypted|previous_response_id|msg_|resp_|chatcmpl")


def turns_of(request: Received) -> list[tuple[str, str]]:
    """Roles and texts as that vendor is given them, the system's text first."""
    body = request.body
    if request.wire is Wire.MESSAGES:
        return [("system", text_of(body["system"])), *read_turns(body["messages"])]
    if request.wire is Wire.RESPONSES:
        return [("system", body["instructions"]), *read_turns(body["input"])]
    return read_turns(body["messages"])


def read_turns(messages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(message["role"], text_of(message["content"])) for message in messages]


def text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if "text" in part)


def count_pictures(request: Received) -> int:
    body = request.body
    messages = body.get("messages") or body.get("input")
    native = sum(len(message.get("images", ())) for message in messages)
    parts = [
        part
        for message in messages
        if isinstance(message["content"], list)
        for part in message["content"]
    ]
    return native + sum("image" in part["type"] for part in parts)


def test_a_conversation_goes_round_all_providers_and_back(
    tmp_path: Path, draw_note: Callable[..., bytes]
) -> None:
    numbers = {name: [n for n, who in enumerate(ROUND, 1) if who is name] for name in WIRES}

    def make_script(name: ProviderName) -> list[Say]:
        return [
            Say(
                title=f"Title {n}",
                transcript=f"Question number {n}, by hand.",
                answer=f"Answer number {n}, of {name.name.lower()}.",
                model=f"{name.name.lower()}-m",
            )
            for n in numbers[name]
        ]

    with ExitStack() as stack:
        servers = {name: stack.enter_context(VendorServer(make_script(name))) for name in WIRES}
        house = make_house(tmp_path / "house")
        urls = {name: server.url for name, server in servers.items()}
        for number, name in enumerate(ROUND, start=1):
            house.configure_six(urls, str(name))
            # Each page another, since the same one twice would be known.
            drop = house.answer(f"{number}.png", draw_note(1176, 1568 - number), "physics")
            assert drop.state is DropState.DELIVERED, drop.reason
            asked = [r for r in servers[name].requests if r.wire is WIRES[name]][-1]
            print(f"\n  {number}  {name:<18} {len(turns_of(asked)) - 1} turns", end="")
            check_history(asked, number)

    assert {name: len(numbers[name]) for name in WIRES} == {
        name: server.calls for name, server in servers.items()
    }
    assert 8 == len(house.responses())
    with house.open() as (_, store):
        (conversation,) = store.sessions.list_conversations(10)
        full = store.sessions.get_conversation(conversation.conversation_id)
    assert full is not None
    assert [str(name) for name in ROUND] == [exchange.provider for exchange in full.exchanges]


def check_history(asked: Received, number: int) -> None:
    turns = turns_of(asked)
    roles = [role for role, _ in turns]
    assert ["system", *["user", "assistant"] * (number - 1), "user"] == roles
    assert turns[0][1].startswith("You are a helpful assistant.")
    for earlier in range(1, number):
        asked_then, answered_then = turns[2 * earlier - 1][1], turns[2 * earlier][1]
        assert f"Question number {earlier}, by hand." in asked_then
        who = ROUND[earlier - 1].name.lower()
        # The answer itself, not the form it came in, nor anything else around it.
        assert f"Answer number {earlier}, of {who}." == answered_then
    assert 1 == count_pictures(asked)
    text = re.sub(
        r'"(?:data|url|image_url|images)": ?(?:"[^"]*"|\[[^\]]*\])', "", json.dumps(asked.body)
    )
    assert FOREIGN.search(text) is None

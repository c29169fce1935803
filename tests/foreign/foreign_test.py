"""A server that others wrote takes what the official SDKs send for inkchat, and means the same.

llama-server speaks three of the wire forms; it tells what reached the model of each request.
Its model says random letters, the same ones for the same request.
"""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from inkchat.config import ProviderName, load_settings
from inkchat.domain import OnText, Page, Reply, Request, Role, Stop, Turn
from inkchat.errors import AnswerUnusable, RequestRejected, RequestTooLarge, WrongKey
from inkchat.models import SCHEMA, choose, connect, list_models
from tests.foreign.server import CONTEXT_TOKENS, KEY, MODEL, PICTURE_TOKENS, ForeignServer
from tests.models.given import HISTORY, ignore_text, picture_page, request_of, text_page

pytestmark = pytest.mark.foreign

CHAT, MESSAGES, RESPONSES = ProviderName.COMPATIBLE, ProviderName.ANTHROPIC, ProviderName.OPENAI
GEMINI, GROK = ProviderName.GEMINI, ProviderName.GROK
every_form = pytest.mark.parametrize("name", [CHAT, GEMINI, MESSAGES, RESPONSES, GROK])
GREETING = "Grüße, 世界! What is a fjord? ✍"


def ask(
    server: ForeignServer,
    name: ProviderName,
    request: Request,
    on_text: OnText = ignore_text,
    **changes: object,
) -> Reply:
    return connect(server.settings(name, **changes)).complete(request, on_text)


def page_of_grey(grey: int, number: int = 1) -> Page:
    buffer = io.BytesIO()
    Image.new("L", (240, 320), grey).save(buffer, "PNG")
    return picture_page(number, picture=buffer.getvalue())


@every_form
def test_text_reaches_the_model_letter_for_letter(
    foreign: ForeignServer, name: ProviderName
) -> None:
    reply = ask(foreign, name, request_of(text_page(GREETING), system="You are kind."))

    given = foreign.last()
    (first, system), (second, note) = given.turns
    assert ("system", "user") == (first, second)
    assert system.startswith("You are kind.")
    assert GREETING in note
    assert note.endswith("Answer this note.")
    assert (MODEL, name, Stop.COMPLETE) == (reply.model, reply.provider, reply.stop)
    assert given.text_tokens == reply.usage.input_tokens
    assert reply.answer
    assert reply.answer in given.said
    assert 0 < reply.usage.output_tokens < 1000


@every_form
def test_a_picture_reaches_the_model(foreign: ForeignServer, name: ProviderName) -> None:
    white, again, black = (
        ask(foreign, name, request_of(page_of_grey(grey))) for grey in (255, 255, 0)
    )

    assert white.answer == again.answer != black.answer
    assert foreign.last().text_tokens + PICTURE_TOKENS == black.usage.input_tokens


@every_form
def test_every_page_of_a_note_reaches_the_model(foreign: ForeignServer, name: ProviderName) -> None:
    pages = (page_of_grey(255, 1), text_page("Typed words.", 2), page_of_grey(0, 3))

    reply = ask(foreign, name, request_of(*pages))

    given = foreign.last()
    assert given.text_tokens + 2 * PICTURE_TOKENS == reply.usage.input_tokens
    assert "Typed words." in given.turns[-1][1]


def test_a_picture_that_is_none_is_refused_in_words(foreign: ForeignServer) -> None:
    page = picture_page(picture=b"not a picture")

    with pytest.raises(RequestRejected) as caught:
        ask(foreign, CHAT, request_of(page))

    assert "image" in caught.value.what_happened


@every_form
def test_history_reaches_the_model_turn_by_turn(foreign: ForeignServer, name: ProviderName) -> None:
    reply = ask(foreign, name, request_of(text_page("And a firth?"), history=HISTORY))

    given = foreign.last()
    assert [("user", "What is a fjord?"), ("assistant", "A drowned valley.")] == given.turns[1:-1]
    assert "And a firth?" in given.turns[-1][1]
    assert given.text_tokens == reply.usage.input_tokens


@every_form
def test_another_history_has_another_answer(foreign: ForeignServer, name: ProviderName) -> None:
    other = (HISTORY[0], replace(HISTORY[1], text="A drowned valley!"))

    answers = [
        ask(foreign, name, request_of(text_page("And a firth?"), history=history)).answer
        for history in (HISTORY, HISTORY, other)
    ]

    assert answers[0] == answers[1] != answers[2]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param((CHAT, MESSAGES, GEMINI, CHAT, MESSAGES, GEMINI), id="chat and messages"),
        pytest.param((CHAT, RESPONSES, MESSAGES, GROK), id="all forms"),
    ],
)
def test_a_conversation_goes_on_in_another_form(
    foreign: ForeignServer, names: tuple[ProviderName, ...]
) -> None:
    history: tuple[Turn, ...] = ()
    for number, name in enumerate(names):
        note = f"Question {number}, by way of {name}."
        reply = ask(foreign, name, request_of(text_page(note), history=history))

        given = foreign.last()
        assert [(turn.role.value, turn.text) for turn in history] == given.turns[1:-1]
        assert note in given.turns[-1][1]
        history += (Turn(Role.USER, note), Turn(Role.ASSISTANT, reply.answer))


@every_form
def test_the_answer_is_streamed(foreign: ForeignServer, name: ProviderName) -> None:
    pieces: list[str] = []

    reply = ask(foreign, name, request_of(text_page("Hello")), pieces.append)

    assert foreign.last().parameters["stream"] is True
    assert reply.answer == "".join(pieces)


def test_the_answer_is_shown_while_it_grows(foreign: ForeignServer) -> None:
    most = 0
    for number in range(4):
        pieces: list[str] = []

        reply = ask(foreign, CHAT, request_of(text_page(f"Note {number}")), pieces.append)

        assert reply.answer == "".join(pieces)
        most = max(most, len(pieces))
    assert most > 1


@pytest.mark.parametrize("name", [CHAT, GEMINI])
def test_the_schema_is_enforced_on_chat_completions(
    foreign: ForeignServer, name: ProviderName
) -> None:
    """By a grammar: a model that says random letters says them in the four fields."""
    reply = ask(foreign, name, request_of(page_of_grey(255)))

    given = foreign.last()
    written = json.loads(given.said.strip().removeprefix("```json").removesuffix("```"))
    assert SCHEMA["required"] == list(written)
    assert all(isinstance(value, str) for value in written.values())
    assert written["answer"].strip() == reply.answer
    assert written["transcript"].strip() == reply.transcript
    assert given.parameters["grammar"]


@pytest.mark.parametrize("name", [MESSAGES, RESPONSES, GROK])
def test_where_the_server_ignores_the_schema_the_text_is_the_answer(
    foreign: ForeignServer, name: ProviderName
) -> None:
    """It takes `output_config` and `text.format` without a word, and without heeding them."""
    reply = ask(foreign, name, request_of(text_page("Hello")))

    given = foreign.last()
    assert "" == given.parameters["grammar"]
    assert given.said.strip() == reply.answer
    assert "" == reply.transcript


@pytest.mark.parametrize("name", [CHAT, GEMINI, RESPONSES, GROK])
def test_the_temperature_arrives(foreign: ForeignServer, name: ProviderName) -> None:
    ask(foreign, name, request_of(text_page("Hello")), temperature=0.5)

    assert 0.5 == foreign.last().parameters["temperature"]


@pytest.mark.parametrize("name", [CHAT, GEMINI])
def test_an_answer_cut_before_it_began_is_none(foreign: ForeignServer, name: ProviderName) -> None:
    with pytest.raises(AnswerUnusable, match="used up its 12 tokens"):
        ask(foreign, name, request_of(text_page("Hello")), max_output_tokens=12)


def test_words_outside_the_form_are_kept_where_they_were_cut(foreign: ForeignServer) -> None:
    reply = ask(foreign, MESSAGES, request_of(text_page("Hello")), max_output_tokens=12)

    assert (12, Stop.TRUNCATED) == (reply.usage.output_tokens, reply.stop)


def test_on_responses_the_server_calls_an_answer_that_was_cut_complete(
    foreign: ForeignServer,
) -> None:
    reply = ask(foreign, RESPONSES, request_of(text_page("Hello")), max_output_tokens=12)

    assert (12, Stop.COMPLETE) == (reply.usage.output_tokens, reply.stop)


@every_form
def test_what_is_longer_than_the_models_window_is_too_large(
    foreign: ForeignServer, name: ProviderName
) -> None:
    with pytest.raises(RequestTooLarge):
        ask(foreign, name, request_of(text_page("x" * CONTEXT_TOKENS)))

    assert ask(foreign, name, request_of(text_page("x"))).answer


@every_form
def test_a_wrong_key_is_told_as_one(foreign: ForeignServer, name: ProviderName) -> None:
    with pytest.raises(WrongKey) as caught:
        ask(foreign, name, request_of(text_page("Hello")), api_key="sk-wrong")

    assert "the variable SOME_KEY" in caught.value.what_happened


def test_the_server_is_asked_which_model_it_has(foreign: ForeignServer, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        f"OpenAI Compatible:\n  base_url: {foreign.address}/v1\n  api_key: {KEY}\n", "utf-8"
    )

    settings = choose(load_settings(file, {})).settings

    assert (CHAT, MODEL) == (settings.name, settings.model)


@every_form
def test_the_servers_models_are_listed(foreign: ForeignServer, name: ProviderName) -> None:
    assert [MODEL] == [model.id for model in list_models(foreign.settings(name))]

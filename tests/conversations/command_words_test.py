"""Notes and names of files that are nothing but a command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.config import ProviderName
from inkchat.conversations import read_command, read_command_from_name
from inkchat.domain import Command, CommandKind

HELP = Command(CommandKind.HELP)
INFO = Command(CommandKind.SESSION_INFO)
CODE = Command(CommandKind.CONTINUE, "H4KM7P")
ID = "conv_20261120_140509_1f2e3d4c"
CLAUDE = Command(CommandKind.PROVIDER, ProviderName.ANTHROPIC)

MEANT = [
    ("help", HELP),
    ("# Help!", HELP),
    ("Help?", HELP),
    ("/help", HELP),
    ("\n\n  HELP.\n\n***\n", HELP),
    ("help\n— Anna", HELP),
    ("session info.", INFO),
    ("- Session\n  info", INFO),
    ("session_info", INFO),
    ("SessionInfo", INFO),
    ("**new session**", Command(CommandKind.NEW_SESSION)),
    ("(end session)", Command(CommandKind.END_SESSION)),
    ("“clear session”", Command(CommandKind.CLEAR_SESSION)),
    ("1. all sessions", Command(CommandKind.ALL_SESSIONS)),
    ("## Summary:", Command(CommandKind.SUMMARY)),
    ("• usage", Command(CommandKind.USAGE)),
    ("provider claude", CLAUDE),
    ("Provider: Claude.", CLAUDE),
    ("provider – anthropic", CLAUDE),
    ("provider: AUTO", Command(CommandKind.PROVIDER, "auto")),
    ("continue: H4K M7P", CODE),
    ("Continue h4k-m7p", CODE),
    ("continue H4K M7P.", CODE),
    ("continue H4KM7P", CODE),
    ("continue: H 4 K M 7 P", CODE),
    ("\n- continue: H4KM7P\n\n***\n", CODE),
    ("continue: H4KM7P\n— Anna", CODE),
    (f"continue: {ID}", Command(CommandKind.CONTINUE, ID)),
    (f"continue `{ID}`", Command(CommandKind.CONTINUE, ID)),
    ("continue: H4K M7O", Command(CommandKind.CONTINUE, "H4K M7O")),
    ("continue: xyz123", Command(CommandKind.CONTINUE, "xyz123")),
    (f"continue: {ID[:-1]}", Command(CommandKind.CONTINUE, ID[:-1])),
    ("provider: claude\n— Anna", CLAUDE),
    ("search: photosynthesis lamp", Command(CommandKind.SEARCH, "photosynthesis lamp")),
    ("search photosynthesis", Command(CommandKind.SEARCH, "photosynthesis")),
    ("search: “black holes” light", Command(CommandKind.SEARCH, '"black holes" light')),
    ("search: Where are my keys?", Command(CommandKind.SEARCH, "Where are my keys?")),
]

NOTES = [
    "",
    "help me with decorators",
    "Summary of the meeting",
    "help\nhelp",
    "help\n- Anna",
    "Help\n\nI cannot open the window.",
    "> help",
    "~~end session~~",
    "```\nhelp\n```",
    "new session?",
    "search",
    "search:",
    "search: ?!",
    "search engines are bad",
    "search engines won’t find it",
    "search photosynthesis.",
    "search a much longer row of words",
    "search-engine optimisation",
    "search\nphotosynthesis",
    "search: photosynthesis\nWhat did I write of it?",
    "What did I write?\nsearch: photosynthesis",
    "search: photosynthesis\nlamp",
    f"search: {'word ' * 20}",
    "provider: claude\nWhy not?",
    "provider: claude\nai",
    "provider: open\nai",
    "provider:\nclaude",
    "Why not?\nprovider: claude",
    "provider: Mistral",
    "provider",
    "continue",
    "continue please",
    "continue with the second draft of it",
    "continue: with the second draft of it",
    "continue: slowly",
    "continue: page 3",
    "continue: part 43",
    "continue xyz123",
    "Continue part 43",
    "continue draft 3",
    "continue H4 KM7P",
    "continue:\nH4KM7P",
    "continue: H4K\nM7P",
    "continue: H4K\nWhy",
    "continue: H4KM7P\nWhy not?",
    "continue: H4KM7P\nprovider: claude",
    "Why not?\ncontinue: H4KM7P",
    "continue: xyz123\nWhy not?",
    f"continue: {ID}\nWhat about the second draft?",
    f"continue: {ID} and then stop",
    f"continue {ID} and then stop",
    "help\n\n\n\nusage",
    "help" + "\n" * 500,
]

NAMES = [
    ("help.txt", HELP),
    ("help", HELP),
    ("HELP.PDF", HELP),
    ("help (2).txt", HELP),
    ("help 2.png", HELP),
    ("help 2026-11-20.txt", HELP),
    ("help 2026-11-20 14.05.33.png", HELP),
    ("20261120_140509 help.pdf", HELP),
    ("help copy 2.txt.pdf", HELP),
    ("Session Info.pdf", INFO),
    ("session_info (1).md", INFO),
    ("search photosynthesis.txt", Command(CommandKind.SEARCH, "photosynthesis")),
    ("search apollo 11 (2).txt", Command(CommandKind.SEARCH, "apollo 11")),
    ("search 20261120.txt", Command(CommandKind.SEARCH, "20261120")),
    ("provider_claude.txt", CLAUDE),
    ("provider auto.txt", Command(CommandKind.PROVIDER, "auto")),
    ("continue H4K-M7P.txt", CODE),
    (f"continue {ID}.txt", Command(CommandKind.CONTINUE, ID)),
    ("note.pdf", None),
    ("helpful.txt", None),
    ("provider mistral.txt", None),
    ("continue_H4K_M7P (2).txt", CODE),
    ("continue part 43.txt", None),
    ("continue tomorrow.txt", None),
    (f"search {'x' * 100}.txt", None),
    (f"RESPONSE_{ID}_ex001_help.pdf", None),
    ("", None),
    ("h" * 300, None),
]


@pytest.mark.parametrize(("text", "command"), MEANT)
def test_a_text_that_is_one_command_is_read_as_it(text: str, command: Command) -> None:
    assert command == read_command(text)


@pytest.mark.parametrize("text", NOTES)
def test_a_text_with_anything_else_in_it_is_a_note(text: str) -> None:
    assert read_command(text) is None


def test_a_single_hyphen_before_a_participant_signs_a_command() -> None:
    assert HELP == read_command("help\n- anna", ("Anna",))


@pytest.mark.parametrize(("name", "command"), NAMES)
def test_the_name_of_a_file_can_be_a_command(name: str, command: Command | None) -> None:
    assert command == read_command_from_name(name)


@pytest.mark.parametrize("kind", CommandKind)
def test_every_command_has_words(kind: CommandKind) -> None:
    arguments = {
        CommandKind.SEARCH: "bread",
        CommandKind.PROVIDER: "Ollama",
        CommandKind.CONTINUE: "H4KM7P",
    }
    command = Command(kind, arguments.get(kind, ""))

    assert command == read_command(f"{kind} {command.argument}")
    assert command == read_command_from_name(f"{kind} {command.argument}.txt")


WORDS = st.sampled_from(
    [*CommandKind, "search:", "continue:", "provider:", "claude", "auto", "H4K M7P", "— Anna"]
) | st.sampled_from(["```", "~~~", "> ", "- ", "# ", "“", '"', ":", "?", ".", "/", "\n", " ", "is"])


@given(pieces=st.lists(WORDS | st.text(max_size=12), max_size=8))
def test_what_was_read_is_read_again_as_the_same(pieces: list[str]) -> None:
    text = "".join(pieces)

    for command in (read_command(text), read_command_from_name(text)):
        if command is not None:
            assert command == read_command(f"{command.kind}: {command.argument}")


@given(inside=st.lists(WORDS | st.text(max_size=12), max_size=4))
def test_a_block_of_code_is_no_command(inside: list[str]) -> None:
    assert read_command("\n".join(["```", *inside, "```"])) is None

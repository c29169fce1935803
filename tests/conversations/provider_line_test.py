"""The line in a note that says who is to answer it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.config import ProviderName, find_provider
from inkchat.conversations.provider_line import (
    find_provider_line,
    find_unknown_provider,
    is_only_provider_line,
    remove_provider_line,
)
from inkchat.domain import Marks, Note, NoteKind, Page

MEANT = [
    ("provider: claude", ProviderName.ANTHROPIC),
    ("Provider: Claude", ProviderName.ANTHROPIC),
    ("PROVIDER: Anthropic Claude.", ProviderName.ANTHROPIC),
    ('Provider = "xAI Grok"', ProviderName.GROK),
    ("provider – gemini", ProviderName.GEMINI),
    ("provider - gemini", ProviderName.GEMINI),
    ("provider:gpt", ProviderName.OPENAI),
    ("  provider  :   OpenAI   Compatible ;", ProviderName.COMPATIBLE),
    ("provider： ollama", ProviderName.OLLAMA),
    ("- provider: grok", ProviderName.GROK),
    ("• provider: grok", ProviderName.GROK),
    ("* provider: grok", ProviderName.GROK),
    ("1. provider: grok", ProviderName.GROK),
    ("**provider:** claude", ProviderName.ANTHROPIC),
    ("**Provider**: *Claude*", ProviderName.ANTHROPIC),
    ("`provider: claude`", ProviderName.ANTHROPIC),
    ("## provider: “Google Gemini”", ProviderName.GEMINI),
    ("(provider: offline)", ProviderName.OFFLINE),
    ("[provider: ollama]", ProviderName.OLLAMA),
]

NOT_MEANT = [
    "I asked the provider: claude is cheaper than the others.",
    "provider: claude is cheaper",
    "My provider: claude",
    "the provider: claude",
    "provider claude",
    "provider: claude?",
    "provider: claude, or grok",
    "providers: claude",
    "provider:",
    "provider",
    "claude",
    "> provider: claude",
    "~~provider: claude~~",
    "provider: claude provider: grok",
    "active_provider: claude",
    "provider-agnostic",
    f"provider: {'*' * 200}claude",
]


@pytest.mark.parametrize(("line", "name"), MEANT)
def test_a_line_of_its_own_names_the_provider(line: str, name: ProviderName) -> None:
    assert name is find_provider_line(line)
    assert name is find_provider_line(f"Dear tablet,\n{line}\n\nhow does bread rise?")
    assert is_only_provider_line(f"\n{line}\n")


@pytest.mark.parametrize("line", NOT_MEANT)
def test_what_only_looks_like_such_a_line_names_nobody(line: str) -> None:
    note = Note(NoteKind.TEXT, (Page(1, f"Hello.\n{line}", None, 0, 0, ""),))

    assert find_provider_line(line) is None
    assert not is_only_provider_line(line)
    assert note == remove_provider_line(note)


@pytest.mark.parametrize(
    ("before", "after", "is_found"),
    [(29, 100, True), (30, 100, False), (100, 4, True), (100, 5, False)],
)
def test_it_counts_near_the_beginning_and_at_the_end(
    before: int, after: int, *, is_found: bool
) -> None:
    text = "\n".join([*["Some words."] * before, "provider: claude", *["Some words."] * after])

    assert is_found is (find_provider_line(text) is ProviderName.ANTHROPIC)


def test_a_block_of_code_is_what_the_note_is_about() -> None:
    text = "What does this do?\n```yaml\nprovider: claude\n```\nprovider: grok"

    assert ProviderName.GROK is find_provider_line(text)


def test_the_first_of_several_counts() -> None:
    assert ProviderName.GROK is find_provider_line("provider: grok\nprovider: claude")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("provider: Mistral", "Mistral"),
        ("- Provider: Open AI.", "Open AI"),
        ("**provider:** Deep Seek R1\n\nHow does bread rise?", "Deep Seek R1"),
        ("provider: one of my friends", None),
        ("provider = Mistral", None),
        ("provider - none", None),
        ("provider: who?", None),
        ("I asked the provider: nothing.", None),
        ("provider: Mistral\nprovider: claude", None),
        ("provider: claude", None),
        ("", None),
    ],
)
def test_an_unknown_name_is_told_as_it_was_written(text: str, named: str | None) -> None:
    assert named == find_unknown_provider(text)


@pytest.mark.parametrize("kind", [NoteKind.TEXT, NoteKind.PDF])
def test_the_line_is_taken_out_of_the_page_it_stands_on(kind: NoteKind) -> None:
    pages = (
        Page(1, "First page.", None, 0, 0, "a"),
        Page(2, "", b"PNG", 10, 10, "b"),
        Page(3, "Dear tablet,\nprovider: claude\nhow does bread rise?", None, 0, 0, "c"),
        Page(4, "provider: grok", None, 0, 0, "d"),
    )

    removed = remove_provider_line(Note(kind, pages))

    assert [
        "First page.",
        "",
        "Dear tablet,\nhow does bread rise?",
        "provider: grok",
    ] == [page.text for page in removed.pages]
    assert pages[1] == removed.pages[1]


def test_a_page_that_inkchat_drew_is_left_alone() -> None:
    page = Page(1, "provider: claude", None, 0, 0, "")
    note = Note(NoteKind.PDF, (page,), Marks("conv_20260101_000000_aaaaaaaa", 1))

    assert note == remove_provider_line(note)


def test_an_answer_with_more_in_it_is_not_only_the_line() -> None:
    assert is_only_provider_line("```\nprovider: claude\n```")
    assert not is_only_provider_line("provider: claude\n\nBread rises because of yeast.")
    assert not is_only_provider_line("provider: mistral")
    assert not is_only_provider_line("")


@given(
    lines=st.lists(
        st.text(max_size=20) | st.sampled_from(["provider: claude", "provider: x", "```"]),
        max_size=50,
    )
)
def test_any_text_is_read_without_harm_and_loses_at_most_that_line(lines: list[str]) -> None:
    text = "\n".join(lines)
    note = Note(NoteKind.TEXT, (Page(1, text, None, 0, 0, ""),))

    found = find_provider_line(text)
    removed = remove_provider_line(note).text

    if found is None:
        assert text == removed
    else:
        assert find_provider(found) is found
        kept = [line for line in text.split("\n") if line != "provider: claude"]
        assert "\n".join(kept).split() == [
            word
            for word in removed.split("\n")
            if word != "provider: claude"
            for word in word.split()
        ]
    assert find_unknown_provider(text) in (None, "x")

"""`inkchat.yaml` in a thread's folder: who answers there."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkchat.config import THREAD_FILE, ProviderName, read_thread_provider
from inkchat.errors import ConfigError


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox" / "physics" / "optics").mkdir(parents=True)
    return tmp_path / "inbox"


def write(inbox: Path, thread: str, text: str | bytes) -> Path:
    file = inbox / thread / THREAD_FILE
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def refuse(inbox: Path, text: str | bytes) -> str:
    write(inbox, "physics", text)
    with pytest.raises(ConfigError) as caught:
        read_thread_provider(inbox, "physics")
    return str(caught.value)


def test_without_a_file_nobody_is_named(inbox: Path) -> None:
    assert read_thread_provider(inbox, "physics/optics") is None
    assert read_thread_provider(inbox, "") is None
    assert read_thread_provider(inbox, "not/there") is None


def test_the_file_names_who_answers_in_its_folder_and_below(inbox: Path) -> None:
    write(inbox, "physics", "# for the lab\nprovider: Google Gemini\n")

    assert ProviderName.GEMINI is read_thread_provider(inbox, "physics")
    assert ProviderName.GEMINI is read_thread_provider(inbox, "physics/optics")
    assert read_thread_provider(inbox, "chemistry") is None


def test_the_nearest_folder_wins(inbox: Path) -> None:
    write(inbox, "physics", "provider: gemini\n")
    write(inbox, "physics/optics", "provider: claude\n")

    assert ProviderName.ANTHROPIC is read_thread_provider(inbox, "physics/optics")
    assert ProviderName.GEMINI is read_thread_provider(inbox, "physics")


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "provider:\n", "provider: ''\n"])
def test_a_file_that_names_nobody_leaves_it_to_the_folder_above(text: str, inbox: Path) -> None:
    write(inbox, "physics", "provider: gemini\n")
    write(inbox, "physics/optics", text)

    assert ProviderName.GEMINI is read_thread_provider(inbox, "physics/optics")


def test_a_file_in_the_inbox_or_above_it_names_nobody(inbox: Path) -> None:
    write(inbox, ".", "provider: gemini\n")
    write(inbox, "..", "provider: claude\n")

    assert read_thread_provider(inbox, "") is None
    assert read_thread_provider(inbox, "physics") is None


def test_a_link_is_not_followed(inbox: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text("provider: claude\n")
    (inbox / "physics" / THREAD_FILE).symlink_to(elsewhere)

    assert read_thread_provider(inbox, "physics") is None


def test_a_pipe_or_a_folder_of_that_name_holds_nobody_up(inbox: Path) -> None:
    os.mkfifo(inbox / "physics" / THREAD_FILE)
    (inbox / "physics" / "optics" / THREAD_FILE).mkdir()

    assert read_thread_provider(inbox, "physics/optics") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "\nprovider: clod\n",
            "the provider “clod” is not known. Did you mean “Anthropic Claude”?",
        ),
        ("\nprovidr: claude\n", "line 2: the key “providr” is not known. Did you mean “provider”?"),
        ("model: gpt-6\n", "the key “model” is not known"),
        ("provider: [claude]\n", "“provider” should be a valid string"),
        ("provider: 3\n", "“provider” should be a valid string, not 3"),
        ("claude\n", "must hold keys and values"),
        ("a: [\n", "is not valid YAML: line 2"),
        (b"provider: \xff\n", "cannot be read"),
        ("# " + "x" * 70_000, "it is too large"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str | bytes, expected: str, inbox: Path) -> None:
    told = refuse(inbox, text)

    assert expected in told
    assert f"{THREAD_FILE}" in told


def test_a_mistake_below_does_not_reach_the_thread_above(inbox: Path) -> None:
    write(inbox, "physics", "provider: gemini\n")
    write(inbox, "physics/optics", "providr: claude\n")

    assert ProviderName.GEMINI is read_thread_provider(inbox, "physics")


@given(content=st.binary(max_size=200))
def test_any_content_is_a_provider_or_none_or_a_clear_error(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    inbox = tmp_path_factory.getbasetemp() / "inbox"
    (inbox / "thread").mkdir(parents=True, exist_ok=True)
    write(inbox, "thread", content)
    try:
        found = read_thread_provider(inbox, "thread")
    except ConfigError as error:
        assert error.next_step.strip()
    else:
        assert found is None or found in ProviderName

"""Without a model: honest words, and what can be read on this machine."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from inkchat.config import ProviderName, ProviderSettings, load_settings
from inkchat.domain import Reply, Stop, Usage
from inkchat.models import Provider, connect
from inkchat.models.handwriting import find_missing_packages
from tests.models.given import draw_picture, picture_page, request_of, text_page

needs_reader = pytest.mark.skipif(
    bool(find_missing_packages()), reason="the extra `ocr` is not installed"
)


def offline() -> Provider:
    return connect(ProviderSettings(ProviderName.OFFLINE))


def test_a_typed_note_is_copied_and_not_answered() -> None:
    shown: list[str] = []
    pages = (text_page("How deep is a fjord?\nAnd why?"), text_page("  ", 2), text_page("Tell.", 3))
    reply = offline().complete(request_of(*pages), shown.append)

    assert reply == Reply(
        title="How deep is a fjord?",
        transcript="How deep is a fjord?\nAnd why?\n\nTell.",
        answer=reply.answer,
        language="en",
        provider="Offline",
        model="",
        usage=Usage(),
        stop=Stop.COMPLETE,
        remarks=reply.remarks,
    )
    assert shown == ["\n\n".join((*reply.remarks, reply.transcript, reply.answer))]
    assert reply.remarks == ("No AI answered this note. Its text is copied below.",)
    assert "fjord" not in reply.answer
    assert "pip install" not in reply.answer
    for word in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OpenAI Compatible", "`active_provider`"):
        assert word in reply.answer
    assert "#" not in reply.answer
    assert "<" not in reply.answer


def test_the_example_on_the_page_is_a_good_configuration(tmp_path: Path) -> None:
    answer = offline().complete(request_of(text_page("x")), lambda _: None).answer
    example = answer.partition("```yaml\n")[2].partition("```")[0]
    file = tmp_path / "config.yaml"
    file.write_text(example, "utf-8")
    settings = load_settings(file, {})

    assert settings.configured == (ProviderName.COMPATIBLE,)
    assert settings.providers[ProviderName.COMPATIBLE].model == "some-model"


@needs_reader
def test_pages_with_text_are_copied_and_the_others_are_read() -> None:
    pages = (picture_page(1, text="Printed text."), picture_page(2))
    reply = offline().complete(request_of(*pages), lambda _: None)

    assert reply.transcript == "Printed text."
    assert "found no writing" in reply.remarks[0]


@needs_reader
def test_a_picture_that_breaks_the_reader_is_said() -> None:
    broken = draw_picture()[:60]
    pages = (picture_page(1, picture=broken), text_page("Typed all the same.", 2))
    reply = offline().complete(request_of(*pages), lambda _: None)

    assert reply.transcript == "Typed all the same."
    assert "the reader on this machine failed (" in reply.remarks[0]


def test_an_empty_note_has_a_title() -> None:
    reply = offline().complete(request_of(text_page("")), lambda _: None)

    assert reply.title == "Your note"
    assert reply.transcript == ""


def test_without_the_reader_the_page_says_how_to_install_it() -> None:
    program = """
        import importlib.abc, json, sys

        class Blocked(importlib.abc.MetaPathFinder):
            def find_spec(self, name, path, target=None):
                if name.partition(".")[0] == "rapidocr":
                    raise ModuleNotFoundError(name)

        sys.meta_path.insert(0, Blocked())
        from tests.models.given import picture_page, request_of, text_page
        from inkchat.config import ProviderName, ProviderSettings
        from inkchat.models import connect

        provider = connect(ProviderSettings(ProviderName.OFFLINE))
        request = request_of(picture_page(1), text_page("Typed.", 2))
        reply = provider.complete(request, lambda _: None)
        print(json.dumps([reply.transcript, reply.remarks[0], reply.answer]))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    transcript, remark, answer = json.loads(done.stdout)

    assert transcript == "Typed."
    assert "is not installed (rapidocr missing)" in remark
    assert "pip install 'inkchat[ocr]'" in answer
    assert done.stderr == ""

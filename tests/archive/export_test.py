"""What is taken out: for programs, for people, for tablets; one conversation, or all."""

import json
import os
import pty
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from inkchat.archive.exporting import write_session_log
from inkchat.archive.importing import bring_in
from inkchat.archive.markdown import write_markdown
from inkchat.cli import main
from inkchat.store import ConversationState, Exchange
from tests.archive.logs import LOG, get, save, stores, take_out
from tests.house import House, make_house, read_pdf


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_house(tmp_path / "house")


def call(house: House, *words: str | Path) -> Result:
    return CliRunner().invoke(main, ["--config", str(house.config), *map(str, words)])


def fill(house: House, **changes: Any) -> ConversationState:
    """A conversation with a file, of the house’s user."""
    with house.open() as (_, store):
        file = save(house.folder / "logs", LOG | changes)
        return get(store, bring_in(store, file, "me").conversation_id)


def test_notes_that_were_answered_failed_or_were_carried_out_go_out_and_in_again(
    house: House,
) -> None:
    house.drop("a.txt", "Why is the sky blue?", "sky")
    house.run_once()
    house.drop("b.pdf", b"%PDF-1.7 damaged", "sky")
    house.drop("c.txt", "help", "sky")
    house.run_once()
    ((conversation_id,),) = house.query("SELECT conversation_id FROM conversations")
    with house.open() as (_, store), stores(house.folder / "s", 1) as (elsewhere,):
        exported = take_out(store, conversation_id)
        told = json.loads(exported)
        file = house.folder / "sky.json"
        file.write_bytes(exported)
        bring_in(elsewhere, file, "ada")

        assert ["answered", "command", "failed"] == sorted(
            exchange.outcome for exchange in get(elsewhere, conversation_id).exchanges
        )
        assert exported == take_out(elsewhere, conversation_id)
        files = elsewhere.attachments.list_of(conversation_id)
        assert {"a.txt", "b.pdf", "c.txt"} == {file.file_name for file in files}
        assert {"sky/a.txt", "sky/b.pdf", "sky/c.txt"} == {file.file_path for file in files}
        assert b"Why is the sky blue?" == elsewhere.attachments.read(files[0])

    assert ["You", "AI"] * 3 == [sender for sender, _, _ in told["chat_log"]]
    assert ["user", "model"] == [turn["role"] for turn in told["conversation_history"]]
    assert not {"user_id", "watch", "thread"} & set(told["inkchat"])


def test_a_private_copy_that_is_gone_or_damaged_is_said_and_left_out(house: House) -> None:
    conversation = fill(house)
    (copy,) = [path for path in house.folder.glob(".inkchat/drops/*/*") if path.is_file()]
    copy.write_bytes(b"rot")

    damaged = call(house, "export", conversation.code)
    copy.unlink()
    gone = call(house, "export", conversation.code)

    for result in (damaged, gone):
        assert 0 == result.exit_code
        assert {} == json.loads(result.stdout)["attached_files"]
        assert "sky.txt is left out: its private copy is gone or damaged." in result.stderr


def test_a_conversation_is_named_by_its_id_a_part_or_its_code(house: House) -> None:
    conversation = fill(house)
    id_ = conversation.conversation_id

    exports = [call(house, "export", name) for name in (id_, id_[-8:], conversation.code.lower())]
    unknown = call(house, "export", "conv_19990101_000000_00000000")

    assert 1 == len({exported.stdout_bytes for exported in exports})
    assert [0, 0, 0] == [exported.exit_code for exported in exports]
    assert LOG["chat_log"] == json.loads(exports[0].stdout)["chat_log"]
    assert (2, "") == (unknown.exit_code, unknown.stdout)
    assert "not found" in unknown.stderr


def test_a_file_is_written_whole_for_its_owner_alone_and_over_nothing(house: House) -> None:
    conversation = fill(house)
    target = house.folder / "out.json"
    printed = call(house, "export", conversation.code).stdout_bytes

    written = call(house, "export", conversation.code, "--output", target)
    again = call(house, "export", conversation.code, "--output", target)
    assert printed == target.read_bytes()
    target.write_text("mine")
    refused = call(house, "export", conversation.code, "--output", target)
    assert "mine" == target.read_text()
    forced = call(house, "export", conversation.code, "--output", target, "--force", "--json")

    assert [0, 2, 2, 0] == [each.exit_code for each in (written, again, refused, forced)]
    assert f"→ {target}" in written.stderr
    assert f"{target} is there already. Name another, or add `--force`" in refused.stderr
    assert printed == target.read_bytes()
    assert 0o600 == stat.S_IMODE(target.stat().st_mode)
    assert {
        "conversation_id": conversation.conversation_id,
        "code": conversation.code,
        "file": str(target),
        "left_out": [],
    } == json.loads(forced.stdout)
    assert [] == list(house.folder.glob(".inkchat-*"))


def test_where_nothing_can_be_written_it_is_said(house: House) -> None:
    conversation = fill(house)

    for target, reason in (
        (house.folder / "none" / "out.json", "could not be written: No such file or directory."),
        (house.folder, "is a folder: name a file"),
    ):
        result = call(house, "export", conversation.code, "--output", target)
        assert result.exit_code
        assert reason in result.stderr


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "Give either the ID of a conversation, or --all."),
        (("x", "--all"), "Give either the ID of a conversation, or --all."),
        (("--all",), "Name the folder for the files with --output FOLDER."),
        (("x", "--format", "markdown", "--json"), "name it with --output FILE"),
    ],
)
def test_what_cannot_be_meant_is_said(house: House, words: tuple[str, ...], reason: str) -> None:
    result = call(house, "export", *words)

    assert 2 == result.exit_code
    assert reason in result.stderr


def test_all_go_into_a_folder_under_names_that_do_not_collide(house: House) -> None:
    fill(house)
    with house.open() as (_, store):
        bring_in(store, house.folder / "logs" / "Session_20250301_101500.json", "ada")
        store.sessions.create_conversation("ada")  # in which nothing was said
    folder = house.folder / "out"

    first = call(house, "export", "--all", "--output", folder)
    again = call(house, "export", "--all", "--output", folder)
    forced = call(house, "export", "--all", "--output", folder, "--force", "--json")

    assert [0, 2, 0] == [each.exit_code for each in (first, again, forced)]
    names = ["Session_20250301_101500.json", "Session_20250301_101500_2.json"]
    assert names == sorted(path.name for path in folder.iterdir())
    assert f"2 conversations → {folder}" in first.stdout
    assert "is there already" in again.stderr
    assert names == sorted(
        Path(json.loads(line)["file"]).name for line in forced.stdout.splitlines()
    )
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    with stores(house.folder / "s", 1) as (elsewhere,):
        for path in folder.iterdir():
            brought = bring_in(elsewhere, path, "bo")
            assert path.read_bytes() == take_out(elsewhere, brought.conversation_id)
        assert 2 == len(elsewhere.imports.list_ids())


def test_only_one_attached_file_is_in_memory_at_a_time(tmp_path: Path) -> None:
    files = {
        str(n): {"file_path": "", "file_name": f"{n}", "file_content": f"{n:04}" * 1000}
        for n in range(9)
    }
    with stores(tmp_path, 1) as (store,):
        brought = bring_in(store, save(tmp_path, LOG | {"attached_files": files}), "ada")
        conversation = get(store, brought.conversation_id)
        pieces = list(write_session_log(store, conversation, lambda name: None))

    assert 9 == sum(len(piece) > 4000 for piece in pieces)
    assert max(map(len, pieces)) < 5000
    assert files == json.loads(b"".join(pieces))["attached_files"]


def test_a_pdf_is_a_digest_and_nothing_for_a_terminal(house: House) -> None:
    conversation = fill(house)
    target = house.folder / "digest.pdf"

    written = call(house, "export", conversation.code, "--format", "pdf", "--output", target)
    terminal, program = pty.openpty()
    refused = subprocess.run(
        [sys.executable, "-m", "inkchat", "export", conversation.code, "--format", "pdf"],
        cwd=house.folder,
        stdout=program,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    os.close(program)
    os.close(terminal)

    assert 0 == written.exit_code, written.stderr
    text = read_pdf(target)
    assert "Why is the sky blue?" in text
    assert "It is red." in text
    assert 2 == refused.returncode
    assert "A PDF is nothing for a terminal: name a file with --output FILE." in refused.stderr


def test_markdown_tells_people_title_times_notes_answers_and_files(house: House) -> None:
    conversation = fill(house)

    text = call(house, "export", conversation.code, "--format", "markdown").stdout

    for line in (
        "# Session\\_20250301\\_101500",
        f"Conversation {conversation.code} · {conversation.conversation_id} · me · "
        "2025-03-01 10:15 – 2025-03-01 10:16",
        "## 1. Why is the sky blue?",
        "> Why is the sky blue?",
        "Because of *Rayleigh* scattering.",
        "## Files",
        "- sky.txt",
    ):
        assert line in text.splitlines()


@pytest.mark.parametrize(
    ("title", "transcript", "answer", "name"),
    [
        ("Its title", "What was read", "Said.", "Its title"),
        ("", "# What  was\nread", "Said.", "What was read"),
        ("", "", "1. **Said** so.", r"Said\*\* so."),
        ("", "", "", r"a\`\*.pdf"),
        ("", f"{'many words ' * 9}", "", f"{'many words ' * 5}many…"),
    ],
)
def test_an_exchange_is_headed_by_its_first_words(
    title: str, transcript: str, answer: str, name: str
) -> None:
    assert f"## 1. {name}" in write(title, transcript, answer).splitlines()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("![The *axle*](note:2)", r"\[picture: The *axle*\]"),
        ("So ![](<NOTE:2#xywh=percent:1,2,30,40>): round.", r"So \[picture\]: round."),
        ("![A](https://example.org/a.png)", "![A](https://example.org/a.png)"),
        ("```\n![A](note:2)\n```", "![A](note:2)"),
    ],
)
def test_a_picture_of_the_note_is_named(answer: str, expected: str) -> None:
    assert expected in write("", "", answer).splitlines()


def test_nothing_is_exported_into_an_inbox(house: House) -> None:
    code = fill(house).code
    for words in (
        (code, "--format", "pdf", "--output", house.inbox / "deep" / "digest.pdf"),
        ("--all", "--output", house.inbox),
    ):
        refused = call(house, "export", *words)
        assert 2 == refused.exit_code
        assert f"lies in the inbox {house.inbox}, where it would be taken" in refused.stderr

    assert not (house.inbox / "deep").exists()


HOSTILE = (
    "# Big\n\nTitle\n=====\n\nOther\n---",
    "<!-- no end",
    "- <script>\n",
    "```\nopen",
    "~~~~ x\n~~~\nopen",
    "> <pre>\n\n1. <style>",
    "<div>\n<table><tr>",
    "    ```\nnot open",
    "```a`b\n# x",
    "![# a](note:1): b\n![=](note:2)\n---",
    "\x1b[2J\0\ud800",
)


def list_headings(text: str) -> list[str]:
    tokens = MarkdownIt().parse(text)
    return [
        tokens[n + 1].content
        for n, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag in ("h1", "h2") and token.level == 0
    ]


def write(title: str, transcript: str, answer: str) -> str:
    exchange = Exchange(
        "ex_1", 1, "a`*.pdf", "pdf", answer, 1.0, 5, "2026-11-20T14:05:09+00:00",
        {"remarks": [answer]}, title=title, transcript=transcript, author=title,
    )  # fmt: skip
    conversation = ConversationState(
        "conv_1", "ada", "2026-11-20T14:05:09+00:00", "", 1, "active", [exchange, exchange],
        context_summary=answer, title=title,
    )  # fmt: skip
    return write_markdown(conversation, [])


@given(
    st.sampled_from(HOSTILE) | st.text(),
    st.sampled_from(HOSTILE) | st.text(),
    st.lists(st.sampled_from(HOSTILE) | st.text("#=-`~<!>abc 1.\n\t"), max_size=4).map("\n".join),
)
def test_no_text_of_notes_and_models_breaks_the_markdown(
    title: str, transcript: str, answer: str
) -> None:
    text = write(title, transcript, answer)

    headings = list_headings(text)
    expected = 4 if "## What is remembered of the beginning" in text else 3
    assert expected == len(headings), text
    tokens = MarkdownIt().parse(text)
    assert not [token for token in tokens if token.type == "html_block" and token.level == 0]
    assert not [sign for sign in text if sign < " " and sign not in "\n\t"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("eink_sessions.db", "is inkchat’s own"),
        ("eink_sessions.db-wal", "is inkchat’s own"),
        ("link.db", "is inkchat’s own"),
        ("config.yaml", "is inkchat’s own"),
        (".inkchat/x.json", "is inkchat’s own"),
        ("pipe", "is no plain file"),
        ("link", "is no plain file"),
    ],
)
def test_what_is_ours_or_no_plain_file_is_never_written_over(
    house: House, name: str, reason: str
) -> None:
    code = fill(house).code
    os.mkfifo(house.folder / "pipe")
    (house.folder / "link").symlink_to("elsewhere")
    (house.folder / "link.db").symlink_to("eink_sessions.db")
    before = house.config.read_bytes()

    result = call(house, "export", code, "--output", house.folder / name, "--force")

    assert 2 == result.exit_code
    assert reason in result.stderr
    assert before == house.config.read_bytes()
    assert stat.S_ISFIFO((house.folder / "pipe").stat().st_mode)
    assert [(code,)] == house.query("SELECT code FROM conversations")


def test_of_all_what_cannot_be_written_is_named_and_the_rest_goes_on(house: House) -> None:
    fill(house)
    with house.open() as (_, store):
        for said in range(2):
            long = store.sessions.create_conversation("ada", title="long")
            for _ in range(1001 if said == 0 else 1):
                store.sessions.add_exchange(long, "n", "text", "x", 1, 1)
    (long,) = house.query("SELECT conversation_id FROM conversations WHERE total_exchanges > 999")[
        0
    ]

    result = call(house, "export", "--all", "--format", "pdf", "--output", house.folder / "out")

    assert 1 == result.exit_code
    assert f"{long} is left out: This conversation is too long for a digest" in result.stderr
    assert "2 conversations → " in result.stdout
    assert "; 1 left out" in result.stdout
    assert 2 == len(list((house.folder / "out").iterdir()))


ODD_ROWS = """
    CREATE TABLE conversations (
        conversation_id TEXT PRIMARY KEY, user_id TEXT, created_at TEXT, last_activity TEXT,
        total_exchanges INTEGER DEFAULT 0, status TEXT DEFAULT 'active',
        context_summary TEXT DEFAULT '', metadata TEXT DEFAULT '{}');
    CREATE TABLE exchanges (
        exchange_id TEXT PRIMARY KEY, conversation_id TEXT, sequence_number INTEGER,
        input_file TEXT, input_type TEXT, response_text TEXT, processing_time REAL,
        tokens_used INTEGER, created_at TEXT, metadata TEXT DEFAULT '{}',
        FOREIGN KEY (conversation_id) REFERENCES conversations (conversation_id));
    INSERT INTO conversations VALUES
        ('c_none', NULL, NULL, NULL, 1, NULL, NULL, NULL),
        ('c_odd', 'me', 'yesterday', '9999-12-31T23:59:59+00:00', 1, 'active', x'ff', '{broken'),
        ('c_list', 'me', '0001-01-01', '2025-01-01T10:00:00', 1, 'active', '', '[1, 2]'),
        (NULL, 'me', '2025-01-01T10:00:00', '2025-01-01T10:00:00', 1, 'active', '', '{}');
    INSERT INTO exchanges VALUES
        ('e1', 'c_none', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        ('e2', 'c_odd', 1, 'a', 'text', x'626c6f62ff', 1, 1, 'yesterday', '{"remarks": 5}'),
        ('e3', 'c_list', 1, 'a', 'text', 'hi', 1, 5, 1700000000, 'null');
"""


def test_odd_rows_of_an_older_database_are_shown_and_taken_out(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(house.folder / "eink_sessions.db")) as database, database:
        database.executescript(ODD_ROWS)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    folder = house.folder / "out"

    listed = call(house, "list")
    shown = [call(house, "show", name) for name in ("c_none", "c_odd", "c_list")]
    found = call(house, "search", "hi")
    doomed = call(house, "purge", "--before", "2020-01-01")
    exported = call(house, "export", "--all", "--output", folder)
    monkeypatch.undo()
    time.tzset()

    assert [0] * 6 == [each.exit_code for each in (listed, *shown, found, doomed)]
    assert all(name in listed.stdout for name in ("c_none", "c_odd", "c_list"))
    assert "blob�" in shown[1].stdout
    assert 1 == exported.exit_code
    assert "A conversation without an id is left out" in exported.stderr
    assert 3 == len(list(folder.iterdir()))
    with stores(house.folder / "s", 1) as (elsewhere,):
        ids = {bring_in(elsewhere, path, "bo").conversation_id for path in folder.iterdir()}
    assert {"c_none", "c_odd", "c_list"} == ids

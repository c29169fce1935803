"""The command line as a person or a script meets it: real processes, real exit codes."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkchat.cli.printing import make_printable
from inkchat.config import ProviderName
from inkchat.devices import DEVICES
from inkchat.domain import Watch
from inkchat.sending import find_place
from tests import program
from tests.conftest import ROOT
from tests.house import NETWORKED, House, make_house, wait_for
from tests.vendors import Problem, Say, VendorServer

INKCHAT = (sys.executable, "-m", "inkchat")
SAMPLE_NOTE = ROOT / "inbox" / "sample-note.pdf"


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with VendorServer() as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, vendor: VendorServer) -> House:
    return make_house(tmp_path / "house", vendor.url)


def call(house: House, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return program.call("inkchat", *words, cwd=house.folder)


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom inkchat.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = ('openai', 'anthropic', 'sqlalchemy', 'reportlab', 'watchdog', 'pydantic', "
        "'pypdfium2', 'PIL', 'rich', 'yaml', 'httpx2', 'rapidocr')\n"
        "print([name for name in heavy if name in sys.modules])"
    )

    helped = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert "[]" == helped.stdout.splitlines()[-1], helped


@pytest.mark.parametrize(
    "command",
    [
        *("run", "ask", "status", "list", "show", "edit", "end", "search", "retry", "usage"),
        *("config", "doctor", "export", "import", "purge", "backup", "restore"),
        *("devices", "preview"),
    ],
)
def test_every_command_has_help_and_the_common_options(command: str, house: House) -> None:
    helped = call(house, command, "--help")

    assert 0 == helped.returncode
    for option in ("--config", "--json", "-v, --verbose"):
        assert option in helped.stdout
    assert command in call(house, "--help").stdout


@pytest.mark.parametrize(
    "words",
    [
        *("status", "list", "show conv", "edit conv --title T", "end conv", "search sky"),
        *(
            "retry --offline",
            "usage",
            "config get workers",
            "doctor",
            "devices",
            "preview note.txt",
        ),
        *("export conv", "purge --before 2026-01-01 --yes", "backup all.tgz"),
    ],
)
def test_every_command_loads_by_itself_what_it_needs(words: str, house: House) -> None:
    (house.folder / "note.txt").write_text("Why?")
    house.answer("note.txt", "Why is the sky blue?")

    ran = subprocess.run(
        [*INKCHAT, *words.split()], cwd=house.folder, capture_output=True, text=True, timeout=100
    )

    assert ran.returncode in (0, 1), ran.stderr


def test_run_once_answers_and_says_so(house: House) -> None:
    house.drop("note.txt", "Why?")

    ran = call(house, "run", "--once")

    assert 0 == ran.returncode, ran.stderr
    (response,) = house.responses()
    assert "Answers come from OpenAI Compatible (config.yaml names it)." in ran.stdout
    assert "note.txt: received" in ran.stdout
    assert response in ran.stdout


def test_run_speaks_json_a_line_for_each_drop(house: House) -> None:
    house.drop("note.txt", "Why?")

    ran = call(house, "run", "--once", "--json")

    received, delivered = (json.loads(line) for line in ran.stdout.splitlines())
    assert ("received", "delivered") == (received["state"], delivered["state"])
    assert Path(delivered["response"]).is_file()


def test_run_once_exits_with_1_when_a_note_failed(house: House) -> None:
    house.drop("note.txt", "Why?")
    house.drop("broken.pdf", b"%PDF-1.7 broken %%EOF")

    ran = call(house, "run", "--once")

    assert 1 == ran.returncode
    assert 2 == len(house.responses())
    assert 0 == call(house, "run", "--once").returncode


def test_run_once_exits_with_1_when_a_note_waits(house: House) -> None:
    with VendorServer(Say(status=401, problem=Problem("authentication_error"))) as refusing:
        house.configure(refusing.url)
        house.drop("note.txt", "Why?")

        ran = call(house, "run", "--once")

        again = call(house, "run", "--once")

    assert (1, 1) == (ran.returncode, again.returncode)
    assert "note.txt: waits" in ran.stdout
    # The second time nothing happened that could be told as it happens.
    assert "Still open: note.txt (waiting); `inkchat status` tells why.\n" == again.stderr


def test_run_once_says_what_waits_for_the_outbox(house: House) -> None:
    house.drop("note.txt", "Why?")
    house.outbox.rmdir()
    first = call(house, "run", "--once")

    again = call(house, "run", "--once")

    assert (1, 1) == (first.returncode, again.returncode)
    told = "Still open: note.txt (answered, not delivered); `inkchat status` tells why."
    assert told in again.stderr


def test_run_once_names_a_few_of_many_open_notes(house: House) -> None:
    with VendorServer(Say(status=401, problem=Problem("authentication_error"))) as refusing:
        house.configure(refusing.url)
        for number in range(5):
            house.drop(f"{number}.txt", f"Why {number}?")
        ran = call(house, "run", "--once")

    assert " and 2 more; `inkchat status` tells why." in ran.stderr
    assert 3 == ran.stderr.count("(waiting)")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_stops_cleanly_on_a_signal(number: signal.Signals, house: House) -> None:
    service = subprocess.Popen(
        [*INKCHAT, "run"],
        cwd=house.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    house.drop("note.txt", "Why?")
    wait_for(house.responses)

    service.send_signal(number)
    output, errors = service.communicate(timeout=90)

    assert 0 == service.returncode, errors
    assert "Stopped." in output
    assert "Traceback" not in errors


def test_a_signal_lets_the_answer_on_its_way_come_in(house: House) -> None:
    with VendorServer(Say(delay_seconds=1.0)) as slow:
        house.configure(slow.url)
        service = subprocess.Popen([*INKCHAT, "run"], cwd=house.folder, stderr=subprocess.DEVNULL)
        house.drop("note.txt", "Why?")
        wait_for(lambda: slow.calls)
        service.send_signal(signal.SIGTERM)

        assert 0 == service.wait(90)

    assert 1 == len(house.responses())


def test_run_on_a_terminal_shows_progress(house: House) -> None:
    house.drop("note.txt", "Why?")
    ours, theirs = pty.openpty()
    ran = subprocess.Popen(
        [*INKCHAT, "run", "--once"], cwd=house.folder, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)

    assert 0 == ran.wait(90)
    assert b"at work" in shown
    assert b"\x1b[" in shown
    assert b"RESPONSE_" in shown


def test_ask_prints_the_answer_and_where_its_page_is(house: House, vendor: VendorServer) -> None:
    note = house.folder / "question.txt"
    note.write_text("Why?")

    asked = call(house, "ask", note)
    again = call(house, "ask", note)

    assert 0 == asked.returncode, asked.stderr
    assert Say().answer in asked.stdout
    (response,) = house.responses()
    assert response in asked.stdout + asked.stderr
    assert Say().answer in again.stdout
    assert 1 == vendor.calls
    assert "This is the answer." in house.read(response)


@pytest.mark.parametrize("provider", NETWORKED)
def test_ask_and_run_answer_through_each_vendors_sdk(
    provider: str, house: House, vendor: VendorServer
) -> None:
    house.config.write_text(
        f"settle_seconds: 0.1\nactive_provider: {provider}\n"
        f"{provider}: {{base_url: '{vendor.url}', api_key_env: A_KEY, model: m}}\n"
    )
    shutil.copy(SAMPLE_NOTE, house.inbox)
    note = house.folder / "question.txt"
    note.write_text("Why?")
    environment = {**os.environ, "A_KEY": "k"}

    ran = subprocess.run(
        [*INKCHAT, "run", "--once"],
        cwd=house.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    asked = program.call("inkchat", "ask", note, cwd=house.folder, env=environment)

    # The vendor refuses with 400 what does not fit its SDK's own parameter types.
    assert (0, 0) == (ran.returncode, asked.returncode), ran.stdout + asked.stderr
    assert f"Answers come from {provider}" in ran.stdout
    assert Say().answer in asked.stdout
    assert 2 == vendor.calls == len(house.responses())
    assert any("image" in str(request.body) for request in vendor.requests)


def test_ask_streams_what_arrives(house: House) -> None:
    note = house.folder / "question.txt"
    note.write_text("Why?")
    say = Say(answer="First words. " + "And more. " * 40, pause_seconds=0.05)
    with VendorServer(say) as slow:
        house.configure(slow.url)
        asked = subprocess.Popen(
            [*INKCHAT, "ask", note], cwd=house.folder, stdout=subprocess.PIPE, text=True
        )
        assert asked.stdout is not None
        first = asked.stdout.read(5)
        assert asked.poll() is None
        assert [] == house.responses()
        rest = asked.stdout.read()
        asked.wait(90)
        asked.stdout.close()

    assert "First" == first
    assert "And more." in rest


def test_ask_treats_a_file_in_an_inbox_as_a_note_of_that_inbox(
    tmp_path: Path, vendor: VendorServer
) -> None:
    house = make_house(tmp_path / "private house")
    with VendorServer() as own:
        (house.folder / "hers" / "diary").mkdir(parents=True)
        (house.folder / "answers").mkdir()
        house.configure_six(
            {ProviderName.OPENAI: vendor.url, ProviderName.OLLAMA: own.url},
            ProviderName.OPENAI,
            "watch:\n- {inbox: inbox, outbox: outbox}\n"
            "- {inbox: hers, outbox: answers, provider: Ollama, user: ada}\n",
        )
        note = house.folder / "hers" / "diary" / "a.txt"
        note.write_text("My secret.")

        asked = call(house, "ask", note)
        house.run_once()

        (drop,) = house.drops()
        assert 0 == asked.returncode, asked.stderr
        assert ("hers", "diary", "a.txt") == (drop.watch, drop.thread, drop.name)
        assert (0, 1) == (vendor.calls, own.calls)
        assert [("ada", "diary")] == house.query("SELECT user_id, thread FROM conversations")
        assert 1 == len(list((house.folder / "answers").glob("RESPONSE_*")))
        assert [] == house.responses()


def test_ask_finds_the_place_of_a_file_behind_links(tmp_path: Path) -> None:
    first, second = (
        Watch(name, tmp_path / name, tmp_path / f"{name}-out", "me", DEVICES["remarkable-2"])
        for name in ("first", "second")
    )
    (tmp_path / "real" / "thread" / "deep").mkdir(parents=True)
    (tmp_path / "second").symlink_to(tmp_path / "real")
    places = {
        "real/a.txt": (second, ""),
        "second/thread/deep/a.txt": (second, "thread/deep"),
        "first/a.txt": (first, ""),
        "first-out/a.txt": (first, ""),
        "elsewhere/thread/a.txt": (first, ""),
    }

    found = {name: find_place((tmp_path / name).resolve(), (first, second)) for name in places}

    assert places == found


def test_ask_shows_the_whole_answer_before_it_folds_a_summary(house: House) -> None:
    say = Say(answer="Of fjords and the sea. " * 100)
    with VendorServer([say, say, say, say, Say(delay_seconds=20)]) as slow:
        house.configure(slow.url)
        for number in range(3):
            house.answer(f"{number}.txt", f"{number}?", "t")
        house.configure(slow.url, "memory_tokens: 500\n")
        asked = subprocess.Popen(
            [*INKCHAT, "ask", house.drop("last.txt", "And now?", "t")],
            cwd=house.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            assert asked.stdout is not None
            lines = iter(asked.stdout.readline, "")
            told = next((line for line in lines if ".pdf" in line), "")
            wait_for(lambda: 5 == slow.calls)
            is_at_it = asked.poll() is None
        finally:
            asked.kill()
            asked.communicate()

    assert is_at_it
    assert told.startswith("→ ")


def test_ask_speaks_json(house: House) -> None:
    (house.folder / "a.txt").write_text("A?")
    (house.folder / "b.pdf").write_bytes(b"no PDF")

    asked = call(house, "--json", "ask", "a.txt", "b.pdf")

    assert 1 == asked.returncode
    good, bad = json.loads(asked.stdout)
    assert ("delivered", Say().answer) == (good["state"], good["answer"])
    assert Path(good["response"]).is_file()
    assert "failed" == bad["state"]
    assert Path(bad["response"]).name.startswith("ERROR_")


def test_ask_goes_on_after_a_file_that_is_none(house: House) -> None:
    (house.folder / "good.txt").write_text("A?")
    os.mkfifo(house.folder / "fifo.pdf")

    asked = call(house, "ask", "--json", "fifo.pdf", "good.txt")

    assert 1 == asked.returncode
    assert ["ignored", "delivered"] == [result["state"] for result in json.loads(asked.stdout)]


def test_ask_knows_a_content_under_another_name(house: House, vendor: VendorServer) -> None:
    (house.folder / "a.txt").write_text("A?")
    call(house, "ask", "a.txt")
    (house.folder / "a.txt").rename(house.folder / "b.txt")

    again = call(house, "ask", "b.txt")

    assert 0 == again.returncode
    assert Say().answer in again.stdout
    assert 1 == vendor.calls


def test_a_narrow_terminal_gets_escapes_and_no_fault(house: House) -> None:
    house.drop("日.txt", "A?")

    ran = subprocess.run(
        [*INKCHAT, "run", "--once"],
        cwd=house.folder,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        timeout=90,
    )

    assert 0 == ran.returncode
    assert b"\\u65e5.txt" in ran.stdout


def test_ask_for_a_missing_file_is_a_usage_error(house: House) -> None:
    asked = call(house, "ask", "nowhere.pdf")

    assert 2 == asked.returncode
    assert "nowhere.pdf" in asked.stderr


def test_status_list_and_show_tell_what_happened(house: House) -> None:
    house.drop("note.txt", "Why?", thread="physics")
    house.drop("odd.xyz", "?")
    call(house, "run", "--once")

    status = call(house, "status")
    listed = call(house, "list")
    rows = json.loads(call(house, "list", "--json").stdout)
    conversation_id = rows[0]["conversation_id"]
    shown = call(house, "show", conversation_id[-8:])
    as_json = json.loads(call(house, "show", "--json", conversation_id).stdout)

    assert "1 delivered" in status.stdout
    assert "odd.xyz" in status.stdout
    assert conversation_id in listed.stdout
    assert "[physics]" in listed.stdout
    assert Say().answer.splitlines()[0] in shown.stdout
    assert "> What is written on the note." in shown.stdout
    assert "loopback-model-1, 1,290 tokens, free" in shown.stdout
    assert 1 == as_json["exchanges"][0]["sequence_number"]


def test_status_speaks_json_before_and_after_the_command(house: House) -> None:
    for words in (("status", "--json"), ("--json", "status")):
        facts = json.loads(call(house, *words).stdout)
        assert facts["running"] is False
        assert {"received", "delivered", "held"} <= set(facts["drops"])


def test_status_tells_a_trouble(house: House) -> None:
    with VendorServer(Say(status=401, problem=Problem("authentication_error"))) as refusing:
        house.configure(refusing.url)
        house.drop("note.txt", "Why?")
        call(house, "run", "--once")

        told = call(house, "status").stdout

    assert "1 waiting" in told
    assert "Trouble since" in told


def test_retry_tries_a_failed_note_again(house: House) -> None:
    house.drop("broken.pdf", b"%PDF-1.7 broken %%EOF")
    call(house, "run", "--once")

    retried = call(house, "retry", "--json", "1")
    refused = call(house, "retry", "77")
    call(house, "run", "--once")

    assert {"drop": 1, "state": "received"} == json.loads(retried.stdout)
    assert 2 == refused.returncode
    assert 2 == len(house.responses())


def test_retry_gives_a_model_what_offline_answered(house: House, vendor: VendorServer) -> None:
    house.configure()
    house.drop("a.txt", "Why?")
    call(house, "run", "--once")
    nothing = call(house, "retry", "--offline")
    house.configure(vendor.url)
    given = call(house, "retry", "--offline", "--json")
    call(house, "run", "--once")

    assert "No note waits for a model" in nothing.stdout
    assert {"drops": [1], "state": "received"} == json.loads(given.stdout)
    assert 1 == vendor.calls
    assert 2 == len(house.responses())


@pytest.mark.parametrize("words", [(), ("1", "--offline")])
def test_retry_wants_to_know_what(words: tuple[str, ...], house: House) -> None:
    failed = call(house, "retry", *words)

    assert 2 == failed.returncode
    assert "either the number of a note, or --offline" in failed.stderr


def test_status_tells_which_provider_is_paused_and_until_when(house: House) -> None:
    busy = Say(status=429, headers={"retry-after": "900"}, problem=Problem("rate_limit_error"))
    with VendorServer(busy) as server:
        house.configure(server.url)
        house.drop("a.txt", "Why?")
        call(house, "run", "--once")

        told = call(house, "status")
        (paused,) = json.loads(call(house, "status", "--json").stdout)["paused"]

    assert "OpenAI Compatible is paused until" in told.stdout
    assert "rate-limited" == paused["code"]


def test_an_unknown_conversation_is_a_usage_error(house: House) -> None:
    shown = call(house, "show", "conv_nowhere")

    assert 2 == shown.returncode
    assert "inkchat list" in shown.stderr


def test_a_broken_configuration_is_one_sentence_and_code_2(house: House) -> None:
    house.config.write_text("wokers: 3\n")

    ran = call(house, "run")

    assert 2 == ran.returncode
    assert 1 == len(ran.stderr.splitlines())
    assert "Did you mean “workers”?" in ran.stderr


def test_a_damaged_database_is_one_sentence_and_code_3(house: House) -> None:
    (house.folder / "eink_sessions.db").write_bytes(b"garbage " * 1000)

    ran = call(house, "status")

    assert 3 == ran.returncode
    assert 1 == len(ran.stderr.splitlines())
    assert "`inkchat restore FILE --replace` puts a backup in its place" in ran.stderr


def test_another_configuration_can_be_named_on_either_side(house: House, tmp_path: Path) -> None:
    for words in (("--config", house.config, "status"), ("status", "--config", house.config)):
        ran = program.call("inkchat", *words, cwd=tmp_path)
        assert str(house.inbox) in ran.stdout


def test_escape_sequences_of_a_model_are_shown_and_not_obeyed(house: House) -> None:
    with VendorServer(Say(title="\x1b]0;owned\x07", answer="\x1b[2Jgone")) as server:
        house.configure(server.url)
        (house.folder / "a.txt").write_text("A?")
        asked = call(house, "ask", "a.txt")
        shown = call(house, "show", "conv")
        listed = call(house, "list")

    for printed in (asked, shown, listed):
        assert "\x1b" not in printed.stdout
        assert "\x07" not in printed.stdout
    assert "gone" in asked.stdout
    assert "a\n\\x1b[2Jb\tc" == make_printable("a\n\x1b[2Jb\tc")


def test_a_closed_pipe_is_no_failure(house: House) -> None:
    ran = subprocess.run(
        f"{sys.executable} -m inkchat --help | head -1", shell=True, capture_output=True, text=True
    )

    assert "Usage" in ran.stdout
    assert "Traceback" not in ran.stderr

"""`inkchat doctor`: what it finds, what it says about it, and what it never does."""

import json
import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inkchat.cli.checkup.finding import Finding, Grade
from inkchat.cli.checkup.folders import (
    check_inbox,
    check_inotify,
    check_outbox,
    check_threads,
    grade_space,
)
from inkchat.cli.checkup.live import estimate_cost
from inkchat.cli.checkup.providers import Checked, check_providers
from inkchat.cli.checkup.verdict import find_model, judge, judge_price
from inkchat.cli.doctor import show_cost
from inkchat.config import (
    Allowance,
    Budget,
    Ceiling,
    Price,
    ProviderName,
    ProviderSettings,
    Settings,
    load_settings,
)
from inkchat.devices import DEVICES
from inkchat.domain import Watch
from inkchat.models import ModelInfo
from inkchat.store import SERVICE
from inkchat.store.health import find_faults
from tests import program
from tests.house import House, make_house
from tests.vendors import Problem, Say, VendorServer

NOWHERE = "http://127.0.0.1:9/v1"
"""The port for discarding, which nobody listens on."""


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with VendorServer(Say(answer="OK"), models=("m",)) as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, vendor: VendorServer) -> House:
    return make_house(tmp_path / "house", vendor.url, "local_servers: []\n")


def call(house: House, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return program.call("inkchat", "doctor", *words, cwd=house.folder, env=env)


def examine(house: House, **environment: str) -> tuple[int, list[dict[str, str]], list[Any]]:
    """The exit code, the findings and the calls."""
    words = environment.pop("words", "").split()
    done = call(house, "--json", *words, **environment)
    facts = json.loads(done.stdout)
    return done.returncode, facts["findings"], facts["calls"]


def pick(findings: list[dict[str, str]], subject: str) -> dict[str, str]:
    return next(each for each in findings if each["subject"].startswith(subject))


def check(folder: Path, text: str, **environment: str) -> dict[ProviderName, Finding]:
    """What is found of the providers of a configuration."""
    return {each.settings.name: each.finding for each in check_all(folder, text, **environment)}


def check_all(folder: Path, text: str, **environment: str) -> list[Checked]:
    return list(check_providers(load(folder, text, **environment)))


def load(folder: Path, text: str, **environment: str) -> Settings:
    file = folder / "config.yaml"
    file.write_text(f"local_servers: []\n{text}")
    file.chmod(0o600)
    return load_settings(file, environment)


def test_a_sound_house_is_found_sound(house: House) -> None:
    house.drop("note.txt", "Why?")
    house.run_once()

    done = call(house)

    assert 0 == done.returncode, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert {"ok"} == {line.split()[0] for line in lines}, done.stdout
    for subject in (
        "Configuration",
        f"Inbox {house.inbox}",
        f"Outbox {house.outbox}",
        "Database",
        "Service",
        "Budget",
        "Disk",
        "Watching",
        "Fonts",
        "Scripts",
        "Handwriting",
        "OpenAI Compatible (active)",
    ):
        assert [line for line in lines if line[8:].startswith(f"{subject}: ")], subject
    assert (
        f"answers at {load_settings(house.config, {}).providers[ProviderName.COMPATIBLE].base_url}"
        " without a key; model m is known; reads pictures; free, on this machine." in done.stdout
    )


def test_nothing_is_changed_by_looking(house: House, vendor: VendorServer) -> None:
    house.drop("note.txt", "Why?")
    before = sorted((p, p.stat().st_mtime_ns) for p in house.inbox.rglob("*"))

    assert 0 == call(house).returncode

    assert before == sorted((p, p.stat().st_mtime_ns) for p in house.inbox.rglob("*"))
    assert [] == list(house.outbox.iterdir())
    assert not (house.folder / "eink_sessions.db").exists()
    assert 0 == vendor.calls


def test_what_is_wrong_is_said_with_what_to_do_and_code_1(house: House) -> None:
    house.outbox.rmdir()
    house.inbox.rmdir()
    house.inbox.write_text("a file")

    code, findings, _ = examine(house)

    assert 1 == code
    inbox, outbox = pick(findings, "Inbox"), pick(findings, "Outbox")
    assert ("wrong", "It is not a folder.") == (inbox["grade"], inbox["text"])
    assert "wrong" == outbox["grade"]
    assert "Create it" in outbox["next_step"]
    for each in findings:
        assert (each["grade"] == "ok") or each["next_step"], each


def test_a_broken_configuration_is_a_finding(house: House) -> None:
    house.config.write_text("wokers: 3\n")

    done = call(house)

    assert 1 == done.returncode
    assert done.stdout.startswith("wrong   Configuration: config.yaml, line 1: the key “wokers”")
    assert "Did you mean “workers”?" in done.stdout


def test_a_damaged_database_is_found_and_not_touched(house: House) -> None:
    database = house.folder / "eink_sessions.db"
    database.write_bytes(b"garbage " * 1000)

    code, findings, _ = examine(house)

    assert (1, "wrong") == (code, pick(findings, "Database")["grade"])
    assert "not a database" in pick(findings, "Database")["text"]
    assert b"garbage " * 1000 == database.read_bytes()
    assert not [each for each in findings if each["subject"] == "Service"]


def test_a_page_of_the_database_that_is_broken_is_found(house: House) -> None:
    house.drop("note.txt", "Why?")
    house.run_once()
    database = house.folder / "eink_sessions.db"
    assert [] == find_faults(database)
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    content = bytearray(database.read_bytes())
    for start in range(page, len(content), page):
        content[start : start + 64] = b"\xff" * 64

    database.write_bytes(content)

    assert find_faults(database)
    assert "wrong" == pick(examine(house)[1], "Database")["grade"]


def test_a_running_service_is_seen(house: House) -> None:
    with house.open() as (_, store):
        assert store.locks.acquire(SERVICE)
        _, findings, _ = examine(house)

    assert "is running" in pick(findings, "Service")["text"]


def test_what_is_left_of_a_budget_is_told(house: House, vendor: VendorServer) -> None:
    prices = "price: {input: 100, output: 100}"
    house.config.write_text(
        "settle_seconds: 0.1\nlocal_servers: []\nactive_provider: OpenAI Compatible\n"
        f"OpenAI Compatible: {{base_url: '{vendor.url}', model: m, {prices}}}\n"
    )
    house.drop("note.txt", "Why?")
    house.run_once()
    with house.config.open("a") as file:
        file.write(
            "budget: {day: {usd: 10}, month: {tokens: 100}, per_user: {day: {tokens: 5000}}}\n"
        )

    _, findings, _ = examine(house)

    # The server counted 1200 tokens in and 90 out.
    assert "$0.129 of $10.00 spent, $9.87 left." == pick(findings, "Budget of a day")["text"]
    month = pick(findings, "Budget of a month")
    assert "warning" == month["grade"]
    assert month["text"].startswith("1,290 of 100 tokens spent, 0 tokens left.")
    mine = pick(findings, "Budget of a day for me")
    assert "1,290 of 5,000 tokens spent, 3,710 tokens left." == mine["text"]


def test_thread_files_are_read_and_their_mistakes_are_told(tmp_path: Path) -> None:
    watch = make_watch(tmp_path)
    for folder, text in (
        (".", "provider: claude"),
        ("good/below", "provider: gemini"),
        ("bad", "provider: clod"),
    ):
        (watch.inbox / folder).mkdir(parents=True, exist_ok=True)
        (watch.inbox / folder / "inkchat.yaml").write_text(text)
    (watch.inbox / "linked").mkdir()
    (watch.inbox / "linked" / "inkchat.yaml").symlink_to(watch.inbox / "inkchat.yaml")

    findings = list(check_threads(watch))

    root, bad, linked, good = findings
    assert (Grade.WARNING, Grade.WRONG, Grade.WARNING, Grade.OK) == tuple(f.grade for f in findings)
    assert "no effect" in root.text
    assert "the provider “clod” is not known" in bad.text
    assert "is not read" in linked.text
    assert "good/below is answered by Google Gemini." == good.text


def make_watch(folder: Path) -> Watch:
    watch = Watch("inbox", folder / "in", folder / "out", "me", DEVICES["remarkable-2"])
    watch.inbox.mkdir()
    watch.outbox.mkdir()
    return watch


def test_a_network_folder_is_said_to_be_compared(tmp_path: Path) -> None:
    watch = make_watch(tmp_path)
    table = tmp_path / "mountinfo"
    table.write_text(f"1 1 0:1 / {watch.inbox} rw - nfs4 server:/x rw\n")

    assert "lies on nfs4" in check_inbox(watch, table).text
    assert "nfs4" not in check_inbox(watch).text


def test_a_folder_without_rights_is_told(tmp_path: Path) -> None:
    """As another user, where this one may do everything."""
    watch = make_watch(tmp_path)
    watch.inbox.chmod(0o700)
    watch.outbox.chmod(0o555)
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from inkchat.cli.checkup.folders import check_inbox, check_outbox\n"
        "from inkchat.devices import DEVICES\n"
        "from inkchat.domain import Watch\n"
        f"folders = Path('{watch.inbox}'), Path('{watch.outbox}')\n"
        "watch = Watch('i', *folders, 'me', DEVICES['remarkable-2'])\n"
        "if os.getuid() == 0:\n    os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "else:\n    watch.inbox.chmod(0)\n"
        "print(check_inbox(watch).grade, check_outbox(watch).grade)\n"
    )
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder not in (Path("/"), Path("/tmp")):
            folder.chmod(folder.stat().st_mode | 0o055)

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert "wrong wrong\n" == told.stdout, told.stderr


def test_the_probe_of_an_outbox_leaves_nothing(tmp_path: Path) -> None:
    watch = make_watch(tmp_path)

    assert Grade.OK is check_outbox(watch).grade
    assert [] == list(watch.outbox.iterdir())


def test_too_few_watches_are_told_with_the_setting(tmp_path: Path) -> None:
    watch = make_watch(tmp_path)
    (watch.inbox / "a" / "b").mkdir(parents=True)
    (tmp_path / "max_user_watches").write_text("2\n")
    (tmp_path / "max_user_instances").write_text("128\n")

    too_few, enough = check_inotify([watch], tmp_path)

    assert (Grade.WARNING, Grade.OK) == (too_few.grade, enough.grade)
    assert too_few.text.startswith("3 folders to watch; the system allows 2 ")
    assert "fs.inotify.max_user_watches=" in too_few.next_step
    assert [] == list(check_inotify([watch], tmp_path / "absent"))


@pytest.mark.parametrize(
    ("free_bytes", "grade", "text"),
    [
        (5 * 10**9, Grade.OK, "5.0 GB free for the database."),
        (200 * 10**6, Grade.OK, "200 MB free"),
        (199 * 10**6, Grade.WARNING, "199 MB free"),
        (19 * 10**6, Grade.WRONG, "19 MB free"),
    ],
)
def test_a_disk_that_fills_up_is_told_in_time(free_bytes: int, grade: Grade, text: str) -> None:
    found = grade_space(free_bytes, "the database")

    assert grade is found.grade
    assert text in found.text
    assert (grade is Grade.OK) == (found.next_step == "")


def test_a_key_from_the_environment_is_tried_and_never_shown(
    tmp_path: Path, vendor: VendorServer
) -> None:
    found = check(
        tmp_path,
        f"OpenAI: {{base_url: '{vendor.url}', model: m}}\nactive_provider: OpenAI\n",
        OPENAI_API_KEY="sk-very-secret",
    )

    finding = found[ProviderName.OPENAI]
    assert Grade.OK is finding.grade, finding
    assert f"key from OPENAI_API_KEY accepted at {vendor.url}" in finding.text
    assert "sk-very-secret" not in str(found)
    assert "Bearer sk-very-secret" == vendor.requests[0].headers["authorization"]


def test_every_provider_that_is_named_anywhere_is_examined(tmp_path: Path) -> None:
    thread = tmp_path / "inbox" / "physics"
    thread.mkdir(parents=True)
    (thread / "inkchat.yaml").write_text("provider: compatible\n")

    found = check_all(
        tmp_path,
        "active_provider: claude\nfallback: [openai]\nwatch: [{provider: grok}]\n"
        f"Ollama: {{base_url: '{NOWHERE}'}}\n"
        f"Google Gemini: {{base_url: '{NOWHERE}'}}\n",
        GEMINI_API_KEY="k",
    )

    told = [(each.finding.subject, each.finding.grade.value) for each in found]
    assert [
        ("Anthropic Claude (active)", "wrong"),
        ("OpenAI (fallback)", "wrong"),
        ("xAI Grok (watch inbox)", "wrong"),
        ("OpenAI Compatible (threads)", "wrong"),
        ("Ollama", "warning"),
        ("Google Gemini", "warning"),
    ] == told
    assert all(each.finding.next_step for each in found)
    by_name = {each.settings.name: each for each in found}
    assert "cannot be reached" in by_name[ProviderName.OLLAMA].finding.text
    assert not by_name[ProviderName.ANTHROPIC].may_be_asked


def test_a_model_that_is_not_listed_is_told_with_its_neighbours(tmp_path: Path) -> None:
    with VendorServer(models=("gpt-6.1-terra", "gpt-6.1-luna", "whisper")) as server:
        finding = check(
            tmp_path, f"OpenAI: {{base_url: '{server.url}', model: gpt-6.1-tera, api_key: k}}\n"
        )[ProviderName.OPENAI]

    assert Grade.WARNING is finding.grade
    assert (
        "model gpt-6.1-tera is not in the server’s list, and notes wait if it does not know it"
    ) in finding.text
    assert "Near it are gpt-6.1-terra, gpt-6.1-luna: " in finding.next_step
    assert 'inkchat config set "OpenAI.model" NAME' in finding.next_step


def test_one_neighbour_is_spoken_of_as_one(tmp_path: Path) -> None:
    with VendorServer(models=("m",)) as server:
        finding = check(tmp_path, f"OpenAI Compatible: {{base_url: '{server.url}', model: mm}}\n")

    assert "Near it is m: " in finding[ProviderName.COMPATIBLE].next_step


def test_a_variable_that_is_named_and_not_set_is_told(tmp_path: Path) -> None:
    with VendorServer(models=("m",)) as server:
        (found,) = check_all(
            tmp_path,
            "active_provider: OpenAI Compatible\n"
            f"OpenAI Compatible: {{base_url: '{server.url}', api_key_env: NO_SUCH_KEY}}\n",
        )

    assert Grade.WRONG is found.finding.grade, found
    assert "NO_SUCH_KEY is not set" in found.finding.text
    assert not found.may_be_asked


def test_a_known_model_is_told_with_its_price(tmp_path: Path) -> None:
    with VendorServer(models=("gpt-6.1-terra",)) as server:
        finding = check(tmp_path, f"OpenAI: {{base_url: '{server.url}', api_key: k}}\n")[
            ProviderName.OPENAI
        ]

    assert Grade.OK is finding.grade, finding
    assert "key from api_key in config.yaml accepted" in finding.text
    assert "model gpt-6.1-terra is known; reads pictures; $" in finding.text
    assert finding.text.endswith(" a million tokens.")


def test_an_unknown_price_matters_where_the_budget_is_in_money(tmp_path: Path) -> None:
    plain = load(tmp_path, "")
    in_money = load(tmp_path, "budget: {users: {ada: {day: {usd: 1}}}}\n")
    in_tokens = load(tmp_path, "budget: {day: {tokens: 1000}}\n")
    unknown = ProviderSettings(ProviderName.GROK, api_key="k", model="grok-of-tomorrow")

    grades = [judge_price(unknown, "active", s.budget) for s in (plain, in_tokens, in_money)]

    assert [Grade.OK, Grade.OK, Grade.WRONG] == [each.grade for each in grades]
    assert "price:" in grades[2].next_step


def test_only_a_model_of_ones_own_is_called_free() -> None:
    here = "http://127.0.0.1:1/v1"
    own = ProviderSettings(ProviderName.COMPATIBLE, base_url=here, model="m")
    # It may pass the call on to the vendor, who is paid.
    between = ProviderSettings(ProviderName.GROK, base_url=here, api_key="k", model="of-tomorrow")
    budget = Budget(Allowance(Ceiling(usd=1.0)))

    found = [judge_price(each, "active", budget) for each in (own, between)]

    assert [Grade.OK, Grade.WRONG] == [each.grade for each in found]
    assert ["free, on this machine", "its price is unknown"] == [
        each.text.split(" and ")[0] for each in found
    ]


@pytest.mark.parametrize(
    ("days", "grade", "text"),
    [
        (400, Grade.OK, "it retires on"),
        (30, Grade.WARNING, "notes wait from then on"),
        (-3, Grade.WRONG, "notes wait since"),
    ],
)
def test_a_model_that_retires_is_told_in_time(days: int, grade: Grade, text: str) -> None:
    day = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
    provider = ProviderSettings(
        ProviderName.ANTHROPIC,
        api_key="k",
        key_source="the variable K",
        model="m",
        price=Price(3, 15),
    )
    listed = [ModelInfo("m", retires_on=day, reads_pictures=True)]

    found = judge(provider, "active", listed, load_settings(None, {}).budget)

    assert grade is found.grade
    assert text in found.text
    assert day in found.text
    assert (grade is Grade.OK) == ("inkchat config set" not in found.next_step)
    assert "reads pictures; $3 / $15 a million tokens" in found.text


def test_a_model_is_found_without_its_date_or_tag() -> None:
    listed = [
        ModelInfo("claude-haiku-5-20260801"),
        ModelInfo("claude-haiku-5-20260901"),
        ModelInfo("claude-haiku-5-fast"),
        ModelInfo("llama3.1:latest"),
        ModelInfo("models/gemini-3.8-flash"),
    ]

    assert listed[1] == find_model("claude-haiku-5", listed)
    assert listed[3] == find_model("llama3.1", listed)
    assert listed[4] == find_model("gemini-3.8-flash", listed)
    assert find_model("claude-haiku", listed) is None


def test_a_model_that_reads_no_pictures_is_told(tmp_path: Path, vendor: VendorServer) -> None:
    finding = check(
        tmp_path, f"OpenAI Compatible: {{base_url: '{vendor.url}', model: m, vision: false}}\n"
    )[ProviderName.COMPATIBLE]

    assert Grade.WARNING is finding.grade
    assert "reads no pictures" in finding.text


def test_auto_without_anybody_is_told_with_what_to_set(tmp_path: Path) -> None:
    automatic = check(tmp_path, "")[ProviderName.OFFLINE]
    wanted = check(tmp_path, "active_provider: Offline\n")[ProviderName.OFFLINE]

    assert (Grade.WARNING, Grade.OK) == (automatic.grade, wanted.grade)
    assert "ANTHROPIC_API_KEY" in automatic.next_step


def test_a_live_call_is_refused_where_nobody_can_be_asked(
    house: House, vendor: VendorServer
) -> None:
    refused = call(house, "--live")

    assert 2 == refused.returncode
    assert "--yes" in refused.stderr
    assert 0 == vendor.calls


def test_a_live_call_is_made_and_counted_with_all_others(
    house: House, vendor: VendorServer
) -> None:
    done = call(house, "--live", "--yes")

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "OpenAI Compatible, m: free" in done.stderr
    assert "said “OK” after " in done.stdout
    assert "1,200 + 90 tokens; free." in done.stdout
    assert 1 == vendor.calls
    body = vendor.requests[-1].body
    assert 1024 == body.get("max_tokens", body.get("max_completion_tokens"))
    assert "Answer with OK." in json.dumps(body)
    with sqlite3.connect(house.folder / "eink_sessions.db") as connection:
        rows = connection.execute(
            "SELECT purpose, user_id, state, input_tokens, drop_id FROM calls"
        ).fetchall()
    connection.close()
    assert [("check", "me", "done", 1200, None)] == rows


def test_a_live_call_that_fails_is_wrong(house: House) -> None:
    refusal = Say(status=401, problem=Problem("authentication_error"))
    with VendorServer(refusal, models=("m",)) as refusing:
        house.configure(refusing.url, "local_servers: []\n")

        code, findings, calls = examine(house, words="--live --yes")

    assert 1 == code
    assert "wrong" == pick(findings, "Call to OpenAI Compatible")["grade"]
    assert calls[0]["error"]


def test_a_live_call_stays_within_the_budget(house: House, vendor: VendorServer) -> None:
    house.configure(vendor.url, "local_servers: []\nbudget: {day: {tokens: 10}}\n")

    code, findings, _ = examine(house, words="--live --yes")

    assert 1 == code
    assert "budget" in pick(findings, "Call to")["text"]
    assert 0 == vendor.calls


@pytest.mark.parametrize(("answer", "calls"), [(b"y\n", 1), (b"n\n", 0)])
def test_on_a_terminal_a_person_is_asked_first(
    answer: bytes, calls: int, house: House, vendor: VendorServer
) -> None:
    ours, theirs = pty.openpty()
    ran = subprocess.Popen(
        [sys.executable, "-m", "inkchat", "doctor", "--live"],
        cwd=house.folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    os.close(theirs)
    os.write(ours, answer)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
    os.close(ours)

    assert 0 == ran.wait(90)
    assert "✓ Configuration" in shown.decode()
    assert shown.index(b"m: free") < shown.index(b"Make them?")
    assert calls == vendor.calls


def test_what_a_live_call_may_cost_is_bounded() -> None:
    priced = ProviderSettings(
        ProviderName.OPENAI, api_key="k", model="m", price=Price(0, 1000), max_output_tokens=16_000
    )
    unknown = ProviderSettings(ProviderName.GROK, api_key="k", model="grok-of-tomorrow")
    own = ProviderSettings(ProviderName.OLLAMA, model="llama3.1:latest")
    through_a_gateway_here = ProviderSettings(
        ProviderName.ANTHROPIC, api_key="k", model="claude-sonnet-5-5", base_url=NOWHERE
    )

    assert pytest.approx(1.024) == estimate_cost(priced)
    assert estimate_cost(unknown) is None
    assert 0.0 == estimate_cost(own)
    assert (estimate_cost(through_a_gateway_here) or 0.0) > 0.0
    assert ("$1.0240", "cost unknown", "free") == tuple(map(show_cost, (1.024, None, 0.0)))

"""What is brought in, what of it is new, and what cannot be used."""

import base64
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from inkchat.archive.exporting import name_session
from inkchat.archive.importing import ImportConflict, Outcome, bring_in, find_logs
from inkchat.archive.session_log import MOST_BYTES, UnusableLog
from inkchat.cli import main
from inkchat.store import Store
from inkchat.store.values import write_time
from tests.archive.logs import LOG, get, save, stores, take_out
from tests.house import House, make_house

NEXT = [
    ["You", "And at night?", "[2025-03-01 10:20:00]"],
    ["AI", "It is dark.", "[2025-03-01 10:20:03]"],
]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_house(tmp_path / "house")


def call(house: House, *words: str | Path) -> Result:
    return CliRunner().invoke(main, ["--config", str(house.config), *map(str, words)])


def bring(store: Store, folder: Path, log: dict[str, Any], **changes: Any) -> str:
    return bring_in(store, save(folder, log | changes), "ada").conversation_id


def at(minute: int, second: int) -> str:
    """As a time of this machine’s clock on the wall is stored."""
    return write_time(datetime(2025, 3, 1, 10, minute, second))


def test_names_and_times_are_kept(tmp_path: Path) -> None:
    with stores(tmp_path, 1) as (store,):
        conversation = get(store, bring(store, tmp_path, LOG))

    assert "Session_20250301_101500" == conversation.title == name_session(conversation)
    assert conversation.conversation_id.startswith("conv_20250301_101500_")
    assert at(15, 0) == conversation.created_at
    assert at(16, 4) == conversation.last_activity
    assert [at(15, 7), at(16, 4)] == [each.created_at for each in conversation.exchanges]
    assert [7.0, 4.0] == [exchange.processing_time for exchange in conversation.exchanges]


def test_what_was_said_becomes_exchanges(tmp_path: Path) -> None:
    odd = [
        ["AI", "Hello.", "x"],
        ["You", "Why?"],
        ["You", "And how?", ""],
        ["Bob", "Me too.", "[2025-03-01 10:15:00]"],
        ["AI", "So.", None],
    ]
    with stores(tmp_path, 1) as (store,):
        told = get(store, bring(store, tmp_path, LOG, chat_log=odd)).exchanges

    assert [("", "Hello."), ("Why?\n\nAnd how?", ""), ("Me too.", "So.")] == [
        (exchange.transcript, exchange.response_text) for exchange in told
    ]
    assert ["", "", "Bob"] == [exchange.author for exchange in told]


def test_what_was_brought_in_is_found_and_remembered(tmp_path: Path) -> None:
    with stores(tmp_path, 1) as (store,):
        conversation_id = bring(store, tmp_path, LOG)
        remembered = store.recollections.read(
            conversation_id, besides_drop_id=None, most_tokens=1000
        )
        hits = store.search.find("Rayleigh", "ada", 5)

    assert ["Because of *Rayleigh* scattering.", "It is red."] == [
        exchange.answered for exchange in remembered.recent
    ]
    assert [conversation_id] == [hit.conversation_id for hit in hits]


def test_importing_twice_adds_nothing(tmp_path: Path) -> None:
    with stores(tmp_path, 1) as (store,):
        file = save(tmp_path, LOG)
        bring_in(store, file, "ada")
        before = take_out(store, bring_in(store, file, "ada").conversation_id)
        again = bring_in(store, file, "ada")

        assert (Outcome.KNOWN, 0, 0) == (again.outcome, again.messages, again.files)
        assert before == take_out(store, again.conversation_id)
        assert 1 == len(store.imports.list_ids())


def test_of_a_file_that_has_grown_only_what_is_new_is_added(tmp_path: Path) -> None:
    with stores(tmp_path, 1) as (store,):
        conversation_id = bring(store, tmp_path, LOG)
        first = [exchange.exchange_id for exchange in get(store, conversation_id).exchanges]
        grown = bring_in(
            store, save(tmp_path, LOG | {"chat_log": LOG["chat_log"] + NEXT[:1]}), "ada"
        )
        answered = bring_in(
            store, save(tmp_path, LOG | {"chat_log": LOG["chat_log"] + NEXT}), "ada"
        )
        conversation = get(store, conversation_id)

    assert [(Outcome.GROWN, 1), (Outcome.GROWN, 1)] == [
        (each.outcome, each.messages) for each in (grown, answered)
    ]
    assert first == [exchange.exchange_id for exchange in conversation.exchanges[:2]]
    assert [1, 2, 3] == [exchange.sequence_number for exchange in conversation.exchanges]
    assert ("And at night?", "It is dark.") == (
        conversation.exchanges[-1].transcript,
        conversation.exchanges[-1].response_text,
    )
    assert at(20, 3) == conversation.last_activity


def test_an_older_file_takes_nothing_away(tmp_path: Path) -> None:
    with stores(tmp_path, 1) as (store,):
        conversation_id = bring(store, tmp_path, LOG)
        before = take_out(store, conversation_id)
        older = save(tmp_path, LOG | {"chat_log": LOG["chat_log"][:2]})

        assert Outcome.KNOWN == bring_in(store, older, "ada").outcome
        assert before == take_out(store, conversation_id)


def test_one_that_went_another_way_changes_nothing(tmp_path: Path) -> None:
    with stores(tmp_path, 1) as (store,):
        conversation_id = bring(store, tmp_path, LOG)
        before = take_out(store, conversation_id)
        other = save(tmp_path, LOG | {"chat_log": [["You", "Why is the sky blue?", ""], *NEXT]})

        with pytest.raises(ImportConflict, match="another from message 2 on"):
            bring_in(store, other, "ada")
        assert before == take_out(store, conversation_id)


def test_an_export_goes_on_elsewhere_and_comes_back_grown(tmp_path: Path) -> None:
    with stores(tmp_path, 2) as (store, elsewhere):
        conversation_id = store.sessions.create_conversation("ada", title="Sky")
        store.sessions.add_exchange(conversation_id, "a.txt", "text", "One.", 1.0, 5)
        file = tmp_path / "sky.json"
        file.write_bytes(take_out(store, conversation_id))
        bring_in(elsewhere, file, "ada")
        elsewhere.sessions.add_exchange(conversation_id, "b.txt", "text", "Two.", 1.0, 5)
        file.write_bytes(take_out(elsewhere, conversation_id))

        assert Outcome.GROWN == bring_in(store, file, "ada").outcome
        assert file.read_bytes() == take_out(store, conversation_id)


def test_an_export_comes_in_for_no_other_user_where_it_is_kept(tmp_path: Path) -> None:
    with stores(tmp_path, 1) as (store,):
        conversation_id = store.sessions.create_conversation("ada")
        store.sessions.add_exchange(conversation_id, "a.txt", "text", "One.", 1.0, 5)
        file = tmp_path / "sky.json"
        file.write_bytes(take_out(store, conversation_id))

        with pytest.raises(ImportConflict, match="is ada’s"):
            bring_in(store, file, "bo")


def test_a_code_that_is_taken_is_replaced(tmp_path: Path) -> None:
    with stores(tmp_path, 2) as (store, elsewhere):
        conversation_id = store.sessions.create_conversation("ada")
        code = get(store, conversation_id).code
        taken = get(elsewhere, elsewhere.sessions.create_conversation("bo"))
        with elsewhere._database.write() as connection:
            connection.exec_driver_sql("UPDATE conversations SET code = ?", (code,))
        file = tmp_path / "sky.json"
        file.write_bytes(take_out(store, conversation_id))
        brought = bring_in(elsewhere, file, "bo")

        assert conversation_id == brought.conversation_id
        assert code != brought.code
        assert taken.conversation_id == elsewhere.sessions.find(code)
        assert conversation_id == elsewhere.sessions.find(brought.code)


def test_an_exchange_id_that_is_taken_is_replaced(tmp_path: Path) -> None:
    with stores(tmp_path, 1) as (store,):
        first = get(store, bring(store, tmp_path, LOG))
        ids = [exchange.exchange_id for exchange in first.exchanges]
        told = [{"exchange_id": ids[0]}, {"exchange_id": ids[0]}]
        own = {"form": 1, "conversation_id": "conv_2", "exchanges": told}
        second = get(store, bring(store, tmp_path, LOG, inkchat=own))

        assert 4 == len({*ids, *(exchange.exchange_id for exchange in second.exchanges)})
        assert ids == [e.exchange_id for e in get(store, first.conversation_id).exchanges]


def test_an_export_without_times_gets_those_of_its_name(tmp_path: Path) -> None:
    own = {"form": 1, "conversation_id": "conv_1", "exchanges": []}
    with stores(tmp_path, 1) as (store,):
        conversation = get(store, bring(store, tmp_path, LOG, chat_log=[], inkchat=own))

    assert at(15, 0) == conversation.created_at == conversation.last_activity


def test_a_file_that_two_bring_in_at_once_is_brought_in_once(tmp_path: Path) -> None:
    file = save(tmp_path, LOG)
    with stores(tmp_path, 1) as (store,), ThreadPoolExecutor(4) as pool:
        brought = list(pool.map(lambda _: bring_in(store, file, "ada"), range(8)))

        assert [Outcome.KNOWN] * 7 + [Outcome.NEW] == sorted(each.outcome for each in brought)
        assert 4 == len(json.loads(take_out(store, brought[0].conversation_id))["chat_log"])


def test_a_session_of_very_many_messages_comes_in(tmp_path: Path) -> None:
    many = [[("You", "AI")[n % 2], f"Message {n}", ""] for n in range(4_000)]
    with stores(tmp_path, 1) as (store,):
        conversation = get(store, bring(store, tmp_path, LOG, chat_log=many))

    assert (2_000, "Message 3999") == (
        conversation.total_exchanges,
        conversation.exchanges[-1].response_text,
    )


def test_the_same_file_is_another_conversation_for_another_user(tmp_path: Path) -> None:
    with stores(tmp_path, 1) as (store,):
        file = save(tmp_path, LOG)
        ids = {bring_in(store, file, user).conversation_id for user in ("ada", "bo")}

    assert 2 == len(ids)


def test_attached_files_are_kept_privately_and_found_again(tmp_path: Path) -> None:
    with stores(tmp_path, 1) as (store,):
        (file,) = store.attachments.list_of(bring(store, tmp_path, LOG))
        copy = store.private_folder / "drops" / file.content_hash[:2] / file.content_hash

        assert ("sky.txt", "C:\\notes\\sky.txt", 3) == (
            file.file_name,
            file.file_path,
            file.size_bytes,
        )
        assert b"sky" == store.attachments.read(file) == copy.read_bytes()
        assert 0o600 == stat.S_IMODE(copy.stat().st_mode)
        assert {0o700} == {stat.S_IMODE(f.stat().st_mode) for f in (copy.parent, copy.parents[1])}


def test_names_of_attached_files_are_never_paths(tmp_path: Path) -> None:
    files = {"../../k": {"file_path": "/etc/x", "file_name": "../../../x", "file_content": "c2t5"}}
    own = {"form": 1, "conversation_id": "c1", "name": "../../../../evil", "exchanges": []}
    with stores(tmp_path / "s", 1) as (store,):
        log = LOG | {"attached_files": files, "inkchat": own}
        conversation = get(store, bring(store, tmp_path, log))
        before = sorted(p.name for p in tmp_path.rglob("*"))

        assert files == json.loads(take_out(store, "c1"))["attached_files"]
        assert before == sorted(p.name for p in tmp_path.rglob("*"))
        assert "_" == name_session(conversation)[0]
        assert "/" not in name_session(conversation)
        assert not [name for name in before if name in ("x", "k")]


def write_own(*exchanges: dict[str, Any], **values: Any) -> bytes:
    own = {"form": 1, "conversation_id": "c", "exchanges": exchanges, **values}
    return json.dumps({"chat_log": [], "inkchat": own}).encode()


BROKEN: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "It is empty"),
    "zero bytes": (b"\0" * 4096, "nothing but zero bytes"),
    "cut off": (json.dumps(LOG).encode()[:-9], r"not JSON \(line 1"),
    "another text": (b"%PDF-1.7", "not JSON"),
    "another encoding": (b'{"chat_log": [["You", "\xff", ""]]}', "not UTF-8"),
    "a zero byte in a text": (b'{"chat_log": [["You", "a\0b", ""]]}', "not JSON"),
    "a list": (b"[1, 2]", "no “chat_log”"),
    "another object": (b'{"messages": []}', "no “chat_log”"),
    "no number": (b'{"chat_log": [["You", "a", NaN]]}', "NaN is no number"),
    "an endless number": (b'{"chat_log": [["You", "a", 1e999]]}', "1e999 is no number"),
    "an endless integer": (b'{"chat_log": [["You", "a", 1' + b"0" * 9999 + b"]]}", "too long"),
    "nested": (b'{"chat_log": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "100 deep"),
    "nested a little": (b'{"chat_log": ' + b"[" * 101 + b"]" * 101 + b"}", "100 deep"),
    "a key that stands twice": (b'{"chat_log": [], "chat_log": []}', "“chat_log” stands twice"),
    "another chat_log": (b'{"chat_log": {"a": 1}}', "“chat_log” is not a list of"),
    "an entry that is none": (b'{"chat_log": [["You"]]}', "“chat_log” is not a list of"),
    "a message that is none": (b'{"chat_log": [["You", 1, ""]]}', "“chat_log” is not a list of"),
    "another history": (b'{"chat_log": [], "conversation_history": 1}', "_history” is not a list"),
    "other files": (b'{"chat_log": [], "attached_files": [1]}', "not an object of objects"),
    "a file that is none": (b'{"chat_log": [], "attached_files": {"0": 1}}', "object of objects"),
    "no base64": (
        b'{"chat_log": [], "attached_files": {"0": {"file_content": "?!"}}}',
        "attached file 0 is not base64",
    ),
    "no base64 at all": (
        b'{"chat_log": [], "attached_files": {"0": {"file_content": [1]}}}',
        "attached file 0 is not base64",
    ),
    "another inkchat": (b'{"chat_log": [], "inkchat": 1}', "“inkchat” is not an object"),
    "a newer inkchat": (b'{"chat_log": [], "inkchat": {"form": 2}}', "newer inkchat"),
    "an inkchat without an id": (b'{"chat_log": [], "inkchat": {"form": 1}}', "“conversation_id”"),
    "an id that is a path": (
        b'{"chat_log": [], "inkchat": {"form": 1, "conversation_id": "../x", "exchanges": []}}',
        "“conversation_id”",
    ),
    "exchanges without their messages": (
        b'{"chat_log": [], "inkchat": {"form": 1, "conversation_id": "c", "exchanges": [{}]}}',
        "fewer messages than its exchanges",
    ),
    "an exchange with another number": (
        b'{"chat_log": [], "inkchat": {"form": 1, "conversation_id": "c", "exchanges": '
        b'[{"messages": 0, "tokens_used": "1"}]}}',
        "“tokens_used”",
    ),
    "a number that ends all numbering": (
        write_own({"messages": 0, "sequence_number": 2**63 - 1}),
        "“sequence_number” is larger than 1,000,000,000",
    ),
    "tokens that cannot be added up": (
        write_own({"messages": 0, "tokens_used": 2**62}),
        "“tokens_used” is larger than 1,000,000,000",
    ),
    "a summary of what cannot be": (
        write_own(summary_covers=10**10),
        "“summary_covers” is larger than 1,000,000,000",
    ),
    "a time at the end of the calendar": (
        write_own(created_at="9999-12-31T23:59:59+00:00"),
        "“created_at”",
    ),
    "a time long ago": (
        write_own({"messages": 0, "created_at": "1969-12-31T23:59:59+00:00"}),
        "“created_at” lies outside the years 1970 to 2200",
    ),
    "metadata without end": (
        write_own(metadata={"a": "x" * 1_000_000}),
        "“metadata” has more than 1,000,000 characters",
    ),
    "messages without end": (
        b'{"chat_log": [' + b"[]," * 100_000 + b"[]]}",
        "It has 100,001 messages; up to 100,000 are read.",
    ),
    "exchanges without end": (
        write_own(*[{"messages": 0}] * 100_001),
        "It has 100,001 exchanges; up to 100,000 are read.",
    ),
    "files without end": (
        json.dumps({"chat_log": [], "attached_files": {n: {} for n in range(100_001)}}).encode(),
        "It has 100,001 attached files; up to 100,000 are read.",
    ),
    "more that is unusual than can be kept": (
        json.dumps({"chat_log": [], "more": "x" * 1_000_000}).encode(),
        "takes 1,000,012 characters in “others”; up to 1,000,000 are kept",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_told_in_words_and_changes_nothing(kind: str, tmp_path: Path) -> None:
    content, reason = BROKEN[kind]
    file = tmp_path / "Session_20250301_101500.json"
    file.write_bytes(content)
    with stores(tmp_path, 1) as (store,):
        with pytest.raises(UnusableLog, match=reason) as told:
            bring_in(store, file, "ada")

        assert told.value.next_step
        assert not (store.private_folder / "drops").exists()
        assert [] == store.sessions.list_active_conversations()


def test_a_file_of_a_gigabyte_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "Session_20250301_101500.json"
    with file.open("wb") as opened:
        opened.truncate(10**9)

    with stores(tmp_path, 1) as (store,), pytest.raises(UnusableLog) as told:
        bring_in(store, file, "ada")

    assert "It has 1,000 MB; files of up to 100 MB are read." == told.value.what_happened
    assert 100_000_000 == MOST_BYTES


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")

    with stores(tmp_path, 1) as (store,):
        for name, reason in (("pipe.json", "not a file"), ("none.json", "cannot be read")):
            with pytest.raises(UnusableLog, match=reason):
                bring_in(store, tmp_path / name, "ada")


def test_a_folder_is_read_newest_first(tmp_path: Path) -> None:
    for age, name in enumerate(("b", "c", "a")):
        os.utime(save(tmp_path / "logs", LOG, name), (1e9 - age, 1e9 - age))
    save(tmp_path / "logs", LOG, "._b")
    (tmp_path / "logs" / "readme.txt").write_text("x")

    assert ["b.json", "c.json", "a.json"] == [p.name for p in find_logs(tmp_path / "logs")]


def test_a_folder_goes_in_whole_though_a_file_of_it_is_broken(house: House) -> None:
    logs = house.folder / "chat_logs"
    save(logs, LOG, "Session_20250301_101500")
    save(logs, LOG, "Session_20250302_101500")
    (logs / "Session_20250303_101500.json").write_text("{")
    empty = house.folder / "empty"
    empty.mkdir()

    first = call(house, "import", empty, logs)
    second = call(house, "import", logs)

    assert [1, 1] == [first.exit_code, second.exit_code]
    assert 2 == first.stdout.count(": 4 messages and 1 file → conv_2025030")
    assert 2 == second.stdout.count(": nothing new (conv_2025030")
    assert f"{empty}: The folder holds no *.json file. Name the folder" in first.stderr
    assert "Session_20250303_101500.json: It is not JSON (line 1: " in first.stderr
    assert [("me",)] == house.query("SELECT DISTINCT user_id FROM conversations")
    assert 2 == len(house.query("SELECT * FROM conversations"))


def test_whose_it_becomes_is_said_by_name(house: House) -> None:
    house.configure(more="watch: [{inbox: inbox, outbox: outbox, user: ada}]\n")
    file = save(house.folder, LOG)

    stranger = call(house, "import", file, "--user", "eve")
    brought = call(house, "import", file, "--user", "ada", "--json")

    assert 2 == stranger.exit_code
    assert "“eve” is no user of any watch. Users are: ada." in stranger.stderr
    assert [0, "new", 4, 1] == [brought.exit_code] + [
        json.loads(brought.stdout)[key] for key in ("outcome", "messages", "files")
    ]
    assert [("ada",)] == house.query("SELECT user_id FROM conversations")


def test_a_broken_file_is_a_record_for_scripts_too(house: House) -> None:
    file = save(house.folder, [])

    failed = call(house, "import", file, "--json")

    assert 1 == failed.exit_code
    assert {"file": str(file), "outcome": "failed", "code": "unusable-log"}.items() <= json.loads(
        failed.stdout
    ).items()


def test_messages_and_names_of_impossible_times_have_none(tmp_path: Path) -> None:
    odd = [["You", "Why?", "[9998-12-31 23:00:00]"], ["AI", "So.", "[0001-01-01 00:00:00]"]]
    file = save(tmp_path, LOG | {"chat_log": odd}, "Session_99991231_235959")
    os.utime(file, (1e9, 1e9))

    with stores(tmp_path, 1) as (store,):
        conversation = get(store, bring_in(store, file, "ada").conversation_id)
        exported = json.loads(take_out(store, conversation.conversation_id))

    (exchange,) = conversation.exchanges
    times = {conversation.created_at, conversation.last_activity, exchange.created_at}
    assert {"2001-09-09T01:46:40.000000+00:00"} == times
    assert odd == exported["chat_log"]


def test_a_file_of_an_impossible_time_is_of_the_first_one(tmp_path: Path) -> None:
    file = save(tmp_path, LOG | {"chat_log": [["You", "Why?"]]}, "talk")
    os.utime(file, (1e10, 1e10))

    with stores(tmp_path, 1) as (store,):
        conversation = get(store, bring_in(store, file, "ada").conversation_id)

    assert "1970-01-01T00:00:00.000000+00:00" == conversation.created_at


def test_it_follows_only_a_conversation_that_is_here_and_of_the_same_user(tmp_path: Path) -> None:
    own = {"form": 1, "conversation_id": "c1", "exchanges": []}
    with stores(tmp_path, 1) as (store,):
        mine = store.sessions.create_conversation("ada")
        anothers = store.sessions.create_conversation("bo")
        for follows, kept in ((mine, mine), (anothers, ""), ("conv_gone", "")):
            name = f"after_{follows}"
            log = LOG | {"inkchat": own | {"conversation_id": name, "follows": follows}}
            file = save(tmp_path, log)
            bring_in(store, file, "ada")

            assert kept == get(store, name).follows
            assert follows == json.loads(take_out(store, name))["inkchat"]["follows"]
            bring_in(store, save(tmp_path, log | {"chat_log": [*LOG["chat_log"], *NEXT]}), "ada")
            assert kept == get(store, name).follows
            assert follows == json.loads(take_out(store, name))["inkchat"]["follows"]


@pytest.mark.parametrize(
    "wrapping", [(76, "\n", "\n"), (64, "\r\n", ""), (4, " ", ""), (10**6, "", "\n")]
)
def test_of_wrapped_content_only_the_wrapping_is_kept(
    wrapping: tuple[int, str, str], tmp_path: Path
) -> None:
    length, separator, ending = wrapping
    plain = base64.b64encode(bytes(range(256)) * 8).decode()
    lines = [plain[at : at + length] for at in range(0, len(plain), length)]
    files = {
        name: {"file_path": "", "file_name": name, "file_content": content}
        for name, content in (
            ("0", plain),
            ("1", separator.join(lines) + ending),
            ("2", f"{plain[:7]} {plain[7:20]}\n{plain[20:]}"),
        )
    }
    with stores(tmp_path, 2) as (here, elsewhere):
        name = bring(here, tmp_path, LOG, attached_files=files)
        exported = take_out(here, name)
        brought = bring_in(elsewhere, save(tmp_path / "x", json.loads(exported)), "bo")

        kept = get(here, name).metadata["session_log"]["attached_files"]
        assert [None, None, files["2"]["file_content"]] == [
            entry["file_content"] for _, entry, _ in kept
        ]
        assert files == json.loads(exported)["attached_files"]
        assert exported == take_out(elsewhere, brought.conversation_id)

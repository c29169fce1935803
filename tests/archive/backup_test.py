"""What was put aside comes back whole, or not at all."""

import gzip
import io
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from inkchat.archive import restoring
from inkchat.archive.backup import BackupFailed, make_backup
from inkchat.archive.output import OutputForbidden, OutputTaken
from inkchat.archive.restoring import Restored, restore
from inkchat.archive.unpacking import RestoreFailed
from inkchat.cli import main
from inkchat.domain import DropState
from inkchat.errors import AlreadyRunning, InkchatError, StoreError
from inkchat.store import SERVICE, SessionManager, Store
from tests.archive.stored import Household
from tests.house import make_house
from tests.store.drops import REPLY

CONFIG = Path("config.yaml")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "aside"
    folder.mkdir()
    return folder / "ink.tar"


def bring_back(file: Path, folder: Path, *, replace: bool = False) -> Restored:
    return restore(folder / "eink_sessions.db", folder / ".inkchat", file, replace=replace)


def read_members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]


def write_members(file: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(file, "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def list_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".locks"
    }


@pytest.mark.parametrize("name", ["ink.tar", "ink.tar.gz", "ink.tgz"])
def test_what_was_put_aside_comes_back_and_nothing_is_answered_again(
    household: Household, tmp_path: Path, name: str
) -> None:
    said = household.answer("a.txt", "Why?", "Because.")
    waiting = household.begin("b.txt", "Waits?")
    household.store.kept_replies.keep(waiting.id, REPLY)
    file = tmp_path / name

    manifest = make_backup(household.store, file, CONFIG)
    elsewhere = tmp_path / "new"
    restored = bring_back(file, elsewhere)

    assert (2, 2, 1, 0) == (
        manifest.conversations,
        manifest.copies,
        manifest.replies,
        manifest.copies_missing,
    )
    assert (manifest, None) == (restored.manifest, restored.moved_aside)
    assert name.endswith("tar") is not file.read_bytes().startswith(b"\x1f\x8b")
    store = Store(elsewhere / "eink_sessions.db", elsewhere / ".inkchat")
    again = Household(elsewhere, store)
    (state,) = store.sessions.list_conversations(10)
    assert said.conversation_id == state.conversation_id
    assert REPLY == store.kept_replies.find(waiting.id)
    assert "Why?" == again.copy_of(said).read_text()
    assert "Waits?" == again.copy_of(waiting).read_text()
    known = again.receive("a.txt", "Why?", touched=1)
    assert (said.id, DropState.DELIVERED) == (known.id, known.state)
    store.close()


def test_the_archive_is_for_its_owner_alone_and_holds_no_configuration(
    household: Household, file: Path
) -> None:
    (household.folder / "config.yaml").write_text("OpenAI: {api_key: sk-secret}\n")
    said = household.answer("a.txt", "Why?")

    make_backup(household.store, file, CONFIG)

    content_hash = said.content_hash or ""
    assert 0o600 == file.stat().st_mode & 0o777
    assert {
        "manifest.json",
        "eink_sessions.db",
        f"inkchat/drops/{content_hash[:2]}/{content_hash}",
    } == set(read_members(file))
    assert b"sk-secret" not in file.read_bytes()
    assert [file] == list(file.parent.iterdir())


def test_a_backup_is_of_one_moment_while_others_write(household: Household, file: Path) -> None:
    for number in range(20):
        household.answer(f"{number}.txt", f"{number}?", "Because. " * 200)
    done, sessions = threading.Event(), SessionManager(household.database)
    began = threading.Event()

    def write() -> None:
        while not done.is_set():
            conversation_id = sessions.create_conversation("bob")
            for _ in range(3):
                sessions.add_exchange(conversation_id, "n.txt", "text", "x" * 3000, 1.0, 1)
            began.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert began.wait(90)
        steps: list[int] = []
        make_backup(
            household.store, file, CONFIG, tell=lambda what, done, total: steps.append(done)
        )
    finally:
        done.set()
        writer.join()
        sessions.close()

    copy = file.with_suffix(".db")
    copy.write_bytes(read_members(file)["eink_sessions.db"])
    with closing(sqlite3.connect(copy)) as database:
        assert ("ok",) == database.execute("PRAGMA integrity_check").fetchone()
        wrong = "SELECT count(*) FROM conversations AS c WHERE total_exchanges != "
        counted = "(SELECT count(*) FROM exchanges WHERE conversation_id = c.conversation_id)"
        assert (0,) == database.execute(wrong + counted).fetchone()
    assert len(steps) > 1


def test_a_private_copy_that_is_gone_or_damaged_is_counted_and_the_rest_comes_back(
    household: Household, file: Path, tmp_path: Path
) -> None:
    gone, rotten, whole = (household.answer(f"{n}.txt", f"{n}?") for n in range(3))
    household.copy_of(gone).unlink()
    household.copy_of(rotten).write_text("rot")

    manifest = make_backup(household.store, file, CONFIG)

    assert (1, 2) == (manifest.copies, manifest.copies_missing)
    bring_back(file, tmp_path / "new")
    assert (tmp_path / "new" / household.copy_of(whole).relative_to(household.folder)).exists()


def test_what_a_purge_left_of_a_note_has_no_copy_to_miss(household: Household, file: Path) -> None:
    from inkchat.archive import purging

    said = household.answer("a.txt", "Why?")
    plan = purging.plan_one(household.store, said.conversation_id or "")
    purging.purge(household.store, [household.watch], plan)

    manifest = make_backup(household.store, file, CONFIG)

    assert (0, 0) == (manifest.copies, manifest.copies_missing)


def test_a_file_that_is_there_is_replaced_only_by_force(household: Household, file: Path) -> None:
    file.write_text("precious")

    with pytest.raises(OutputTaken, match=r"is there already.* `--force`"):
        make_backup(household.store, file, CONFIG)

    assert "precious" == file.read_text()
    make_backup(household.store, file, CONFIG, replace=True)
    assert "manifest.json" in read_members(file)


@pytest.mark.parametrize(
    "name", ["eink_sessions.db", "eink_sessions.db-wal", ".inkchat/x.tar", "config.yaml", "pipe"]
)
def test_nothing_that_is_to_be_put_aside_is_written_over(household: Household, name: str) -> None:
    config = household.folder / "config.yaml"
    config.write_text("user: ada\n")
    os.mkfifo(household.folder / "pipe")

    with pytest.raises(OutputForbidden, match=r"is inkchat’s own|is no plain file"):
        make_backup(household.store, household.folder / name, config, replace=True)

    assert "user: ada\n" == config.read_text()


def test_a_folder_that_is_not_there_is_said_in_words(household: Household, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="could not be written: No such file or directory"):
        make_backup(household.store, tmp_path / "nowhere" / "ink.tar", CONFIG)


def test_a_database_that_is_there_is_moved_aside_and_nothing_else(
    household: Household, file: Path
) -> None:
    household.answer("a.txt", "Why?")
    make_backup(household.store, file, CONFIG)
    later = household.answer("b.txt", "Later?")
    household.close()

    with pytest.raises(RestoreFailed, match=r"is there already.* --replace"):
        bring_back(file, household.folder)
    restored = bring_back(file, household.folder, replace=True)

    assert restored.moved_aside is not None
    assert restored.moved_aside.name.startswith("eink_sessions.db.before-restore-")
    old, new = SessionManager(restored.moved_aside), SessionManager(household.database)
    assert (2, 1) == (len(old.list_conversations(9)), len(new.list_conversations(9)))
    assert household.copy_of(later).exists()
    old.close()
    new.close()


def test_a_damaged_database_is_moved_aside_with_its_log_as_it_lies_there(
    household: Household, file: Path
) -> None:
    household.answer("a.txt", "Why?")
    make_backup(household.store, file, CONFIG)
    household.close()
    household.database.write_bytes(b"garbage " * 1000)
    wal = household.database.with_name("eink_sessions.db-wal")
    wal.write_bytes(b"log")

    restored = bring_back(file, household.folder, replace=True)

    aside = restored.moved_aside
    assert aside is not None
    assert b"garbage " * 1000 == aside.read_bytes()
    assert b"log" == aside.with_name(f"{aside.name}-wal").read_bytes()
    assert not wal.exists()
    with closing(sqlite3.connect(household.database)) as database:
        assert ("ok",) == database.execute("PRAGMA integrity_check").fetchone()


def test_replies_of_the_old_database_do_not_meet_the_notes_of_the_new_one(
    household: Household, file: Path
) -> None:
    household.begin("a.txt", "Why?")
    make_backup(household.store, file, CONFIG)
    household.store.kept_replies.keep(1, REPLY)
    household.close()

    bring_back(file, household.folder, replace=True)

    assert not (household.store.private_folder / "replies").exists()
    (kept,) = household.store.private_folder.glob("replies.before-restore-*/1.json")
    assert "Answer" in kept.read_text()


def test_a_service_at_work_is_in_the_way_of_a_restore(household: Household, file: Path) -> None:
    make_backup(household.store, file, CONFIG)
    assert household.store.locks.acquire(SERVICE)

    with pytest.raises(AlreadyRunning, match="Stop it first"):
        bring_back(file, household.folder, replace=True)


def test_a_program_that_has_the_database_open_is_in_the_way(
    household: Household, file: Path
) -> None:
    household.answer("a.txt", "Why?")
    make_backup(household.store, file, CONFIG)

    with pytest.raises(StoreError, match="in use by another program"):
        bring_back(file, household.folder, replace=True)

    assert 1 == len(household.store.sessions.list_conversations(9))


def _cut(members: dict[str, bytes], content: bytes) -> bytes:
    return content[: len(content) // 2]


def _pack(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _add(name: str, kind: bytes = tarfile.REGTYPE) -> Callable[[dict[str, bytes], bytes], bytes]:
    def add(members: dict[str, bytes], content: bytes) -> bytes:
        buffer = io.BytesIO(content)
        with tarfile.open(fileobj=buffer, mode="a") as tar:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
        return buffer.getvalue()

    return add


def _change(**changes: Any) -> Callable[[dict[str, bytes], bytes], bytes]:
    def change(members: dict[str, bytes], content: bytes) -> bytes:
        manifest = {**json.loads(members["manifest.json"]), **changes}
        return _pack({**members, "manifest.json": json.dumps(manifest).encode()})

    return change


def _drop_copies(members: dict[str, bytes], content: bytes) -> bytes:
    return _pack({name: each for name, each in members.items() if "drops/" not in name})


def _spoil(part: str) -> Callable[[dict[str, bytes], bytes], bytes]:
    def spoil(members: dict[str, bytes], content: bytes) -> bytes:
        return _pack(
            {name: each[:-1] + b"\xff" if part in name else each for name, each in members.items()}
        )

    return spoil


def _form_newer(members: dict[str, bytes], content: bytes) -> bytes:
    import hashlib
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.db"
        file.write_bytes(members["eink_sessions.db"])
        with closing(sqlite3.connect(file)) as database:
            database.execute("PRAGMA user_version = 99")
        newer = file.read_bytes()
    digest = hashlib.sha256(newer).hexdigest()
    changed = _change(database_sha256=digest, form=99)
    return changed({**members, "eink_sessions.db": newer}, b"")


def _damage_within(members: dict[str, bytes], content: bytes) -> bytes:
    """A database whose sum is right, and whose pages are not."""
    import hashlib

    database = bytearray(members["eink_sessions.db"])
    database[8192:16384] = b"\xff" * 8192
    digest = hashlib.sha256(database).hexdigest()
    return _change(database_sha256=digest)({**members, "eink_sessions.db": bytes(database)}, b"")


def _pack_long_header(kind: bytes) -> Callable[[dict[str, bytes], bytes], bytes]:
    """It says that 3 GB stand before the first member, which the file need not even have."""

    def spoil(members: dict[str, bytes], content: bytes) -> bytes:
        info = tarfile.TarInfo("././@LongLink")
        info.type, info.size = kind, 3 << 30
        return info.tobuf(tarfile.GNU_FORMAT) + content

    return spoil


def _pack_holes(members: dict[str, bytes], content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("manifest.json")
        info.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": "1"}
        tar.addfile(info, io.BytesIO(b""))
    return buffer.getvalue()


def _empty_database(members: dict[str, bytes], content: bytes) -> bytes:
    """One of another program, with our number on it."""
    import hashlib
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.db"
        form = json.loads(members["manifest.json"])["form"]
        with closing(sqlite3.connect(file)) as database:
            database.execute("CREATE TABLE conversations (x)")
            database.execute(f"PRAGMA user_version = {form}")
        other = file.read_bytes()
    digest = hashlib.sha256(other).hexdigest()
    changed = _change(database_sha256=digest, database_bytes=len(other), copies=0, copies_bytes=0)
    return changed(
        {k: v for k, v in members.items() if k == "manifest.json"} | {"eink_sessions.db": other},
        b"",
    )


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_cut, "cut off|damaged|not complete"),
        (lambda members, content: gzip.compress(content)[:-3000], "cut off"),
        (lambda members, content: b"Dear diary, " * 1000, "not a backup of inkchat"),
        (lambda members, content: b"", "not a backup of inkchat"),
        (lambda members, content: _pack({"letter.txt": b"Dear"}), "begin with a manifest"),
        (lambda members, content: _pack({"manifest.json": b"{}"}), "it is not of inkchat"),
        (lambda members, content: _pack({"manifest.json": b"["}), "cannot be used as a backup"),
        (_change(version=2), "it is of version 2"),
        (_change(copies=None), "has no usable copies"),
        (_change(copies=7), "it is not complete"),
        (_change(copies_bytes=1), "is larger than its manifest says"),
        (_change(database_bytes=1), "is larger than its manifest says"),
        (_change(database_bytes=10**15), "takes 1,000,000.0 GB, and "),
        (_change(form=1), "its manifest is not of its database"),
        (_drop_copies, "it is not complete"),
        (_spoil("drops/"), "is damaged"),
        (_spoil(".db"), "its database is missing or damaged"),
        (_damage_within, "its database is damaged: "),
        (_form_newer, "written by a newer inkchat"),
        (_pack_long_header(tarfile.GNUTYPE_LONGNAME), "headers that no backup has"),
        (_pack_long_header(tarfile.XHDTYPE), "headers that no backup has"),
        (_pack_long_header(tarfile.XGLTYPE), "headers that no backup has"),
        (_pack_holes, "a file with holes"),
        (_empty_database, "its database has no "),
        (_add("../evil"), "does not belong in it"),
        (_add("inkchat/drops/aa/../../../evil"), "does not belong in it"),
        (_add("/etc/evil"), "does not belong in it"),
        (_add(f"inkchat/drops/bb/{'a' * 64}"), "does not belong in it"),
        (_add(f"inkchat/drops/aa/{'a' * 64}", tarfile.SYMTYPE), "is not a plain file"),
        (_add(f"inkchat/drops/aa/{'a' * 64}", tarfile.LNKTYPE), "is not a plain file"),
        (_add("inkchat/replies/5.json", tarfile.FIFOTYPE), "is not a plain file"),
        (_add("eink_sessions.db"), "is in it twice"),
    ],
)
def test_an_archive_that_is_not_whole_or_not_ours_changes_nothing(
    household: Household,
    file: Path,
    spoil: Callable[[dict[str, bytes], bytes], bytes],
    said: str,
) -> None:
    household.answer("a.txt", "Why?")
    make_backup(household.store, file, CONFIG)
    household.close()
    before = list_below(household.folder)
    del before["aside/ink.tar"]

    file.write_bytes(spoil(read_members(file), file.read_bytes()))
    with pytest.raises(InkchatError, match=said):
        bring_back(file, household.folder, replace=True)

    after = list_below(household.folder)
    del after["aside/ink.tar"]
    assert before == after


@pytest.mark.parametrize(
    "step", ["_settle", "_place_copies", "sync_folder", "_exchange", "replace_database"]
)
def test_a_restore_that_is_cut_off_leaves_a_whole_database(
    household: Household, file: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    household.answer("a.txt", "Why?")
    make_backup(household.store, file, CONFIG)
    household.answer("b.txt", "Later?")
    household.close()

    class PowerCut(BaseException):
        pass

    def cut(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patched:
        patched.setattr(restoring, step, cut)
        with pytest.raises(PowerCut):
            bring_back(file, household.folder, replace=True)

    with closing(sqlite3.connect(household.database)) as database:
        assert ("ok",) == database.execute("PRAGMA integrity_check").fetchone()
        assert (2,) == database.execute("SELECT count(*) FROM exchanges").fetchone()
    bring_back(file, household.folder, replace=True)
    assert [] == list((household.folder / ".inkchat").glob("restoring-*"))


def invoke(folder: Path, *words: str | Path) -> Result:
    os.chdir(folder)
    return CliRunner().invoke(main, [str(word) for word in words])


def test_the_commands_say_what_is_in_it_and_what_is_not(household: Household, file: Path) -> None:
    household.answer("a.txt", "Why?")
    household.copy_of(household.answer("b.txt", "Gone?")).unlink()

    made = invoke(household.folder, "backup", file)
    household.close()
    again = invoke(household.folder, "backup", file)
    refused = invoke(household.folder, "restore", file)
    back = invoke(household.folder, "restore", file, "--replace")

    assert 0 == made.exit_code, made.output
    assert "2 conversations, 1 private file (4 bytes) and 0 unrecorded answers" in made.stdout
    assert "config.yaml is not." in made.stdout
    assert "gone or damaged: 1 note." in made.stderr
    assert (2, 2) == (again.exit_code, refused.exit_code)
    assert "--force" in again.stderr
    assert "--replace" in refused.stderr
    assert 0 == back.exit_code, back.output
    assert "eink_sessions.db.before-restore-" in back.stdout
    listed = invoke(household.folder, "list")
    assert 2 == len(listed.stdout.splitlines())


def test_what_is_no_backup_is_said_before_a_database_is_named_that_is_there(
    household: Household,
) -> None:
    household.close()
    (household.folder / "e1.json").write_text("{}")

    foreign = invoke(household.folder, "restore", "e1.json")
    nowhere = invoke(household.folder, "restore", "nowhere.tar")

    assert (1, 2) == (foreign.exit_code, nowhere.exit_code)
    assert "not a backup of inkchat" in foreign.stderr
    assert "--replace" not in foreign.stderr
    assert "There is no backup nowhere.tar." in nowhere.stderr


def test_a_backup_is_not_written_into_an_inbox(household: Household) -> None:
    refused = invoke(household.folder, "backup", "inbox/ink.tar")

    assert 2 == refused.exit_code
    assert "inbox/ink.tar lies in the inbox" in refused.stderr
    assert [] == list((household.folder / "inbox").iterdir())


def test_a_damaged_database_is_not_put_aside_and_said_on_one_line(
    household: Household, file: Path
) -> None:
    household.answer("a.txt", "Why?")
    household.close()
    with household.database.open("r+b") as database:
        database.seek(-4096, os.SEEK_END)
        database.write(b"\xff" * 4096)

    failed = invoke(household.folder, "backup", file)

    assert 3 == failed.exit_code
    assert 1 == len(failed.stderr.splitlines())
    assert f"The database {household.database} is damaged" in failed.stderr
    assert "`inkchat restore FILE --replace` puts a backup in its place" in failed.stderr
    assert not file.exists()


def test_json_tells_the_manifest(household: Household, file: Path) -> None:
    household.answer("a.txt", "Why?")

    facts = json.loads(invoke(household.folder, "backup", file, "--json").stdout)

    assert (str(file), 1, 0) == (facts["file"], facts["copies"], facts["copies_missing"])


def test_a_household_goes_on_elsewhere_from_its_backup(tmp_path: Path) -> None:
    """In processes, with the service at work: nothing answered is answered again."""
    house = make_house(tmp_path / "house")
    house.answer("why.txt", "Why?")
    program = [sys.executable, "-m", "inkchat"]
    with subprocess.Popen([*program, "run"], cwd=house.folder, stdout=subprocess.PIPE) as service:
        assert service.stdout is not None
        service.stdout.readline()
        made = subprocess.run([*program, "backup", "../ink.tgz"], cwd=house.folder)
        service.terminate()
        service.stdout.read()
    assert 0 == made.returncode

    other = make_house(tmp_path / "other")
    other.drop("why.txt", "Why?")
    assert 0 == invoke(other.folder, "restore", "../ink.tgz").exit_code
    other.run_once()

    assert [] == other.responses()
    assert 1 == len(invoke(other.folder, "list").stdout.splitlines())


def test_a_kept_answer_that_cannot_be_read_does_not_keep_its_note_from_an_answer(
    tmp_path: Path,
) -> None:
    house = make_house(tmp_path / "house")
    house.answer("a.txt", "One")
    replies = house.folder / ".inkchat" / "replies"
    replies.mkdir()
    for number, content in ((2, "[]"), (3, '{"title": 5}'), (4, "\0")):
        (replies / f"{number}.json").write_text(content)

    states = [house.answer(f"{name}.txt", name).state for name in ("b", "c", "d")]

    assert [DropState.DELIVERED] * 3 == states
    assert [] == list(replies.iterdir())


def test_whoever_opens_the_store_finishes_a_restore_that_was_killed(
    household: Household, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    household.answer("a.txt", "Why?")
    make_backup(household.store, file, CONFIG)
    household.store.kept_replies.keep(7, REPLY)
    household.close()
    child = os.fork()
    if child == 0:
        rename = Path.replace
        monkeypatch.setattr(
            Path,
            "replace",
            lambda path, to: os._exit(9) if to == household.database else rename(path, to),
        )
        bring_back(file, household.folder, replace=True)
        os._exit(0)
    assert 9 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert not (household.store.private_folder / "replies").exists()

    store = Store(household.database, household.store.private_folder)
    assert REPLY == store.kept_replies.find(7)
    store.close()

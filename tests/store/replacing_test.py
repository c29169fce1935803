"""One database put into the place of another, cut off at every step."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from inkchat.errors import StoreError
from inkchat.store.locks import SERVICE, Locks
from inkchat.store.replacing import check_form, finish_replacing, replace_database

STAMP = "before-restore-1"
STEPS = ("rename", "replace", "link", "unlink", "rmdir", "mkdir", "fsync", "chmod")
OLD = {
    "ink.db": "old",
    "ink.db-wal": "old log",
    "private/replies/1.json": "old answer",
    "private/replies/2.json": "second old answer",
}
NEW = {
    "ink.db": "new",
    "private/replies/2.json": "new answer",
    f"ink.db.{STAMP}": "old",
    f"ink.db.{STAMP}-wal": "old log",
    f"private/replies.{STAMP}/1.json": "old answer",
    f"private/replies.{STAMP}/2.json": "second old answer",
}


def lay_out(folder: Path) -> Path:
    """Old and new, side by side; return the folder of the new ones."""
    staged = {
        "private/staging/new/eink_sessions.db": "new",
        "private/staging/new/replies/2.json": "new answer",
    }
    for name, content in (OLD | staged).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder / "private" / "staging" / "new"


def read_all(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".locks" and "staging" not in path.parts
    }


def replace(folder: Path) -> Path | None:
    new = folder / "private" / "staging" / "new"
    return replace_database(new, folder / "ink.db", folder / "private", STAMP)


@contextmanager
def at_step(number: int, happens: Callable[[], Any]) -> Iterator[None]:
    """In the place of the so-manieth thing that is done to the disk."""
    left = [number]

    def wrap(do: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **more: Any) -> Any:
            left[0] -= 1
            return happens() if left[0] == 0 else do(*args, **more)

        return step

    with pytest.MonkeyPatch.context() as patched:
        for name in STEPS:
            patched.setattr(os, name, wrap(getattr(os, name)))
        yield


def is_killed(folder: Path, number: int) -> bool:
    """Replace in a process that dies at that step; whether it came so far."""
    child = os.fork()
    if child == 0:
        with at_step(number, lambda: os._exit(9)):
            replace(folder)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def fail() -> None:
    raise PermissionError(13, "Permission denied")


def test_the_new_one_takes_the_place_of_the_old_which_is_kept(tmp_path: Path) -> None:
    lay_out(tmp_path)

    assert tmp_path / f"ink.db.{STAMP}" == replace(tmp_path)

    assert NEW == read_all(tmp_path)
    assert 0o600 == (tmp_path / f"ink.db.{STAMP}").stat().st_mode & 0o777


def test_killed_at_any_step_it_ends_as_all_of_the_old_or_all_of_the_new(tmp_path: Path) -> None:
    ends = []
    for number in range(1, 100):
        folder = tmp_path / str(number)
        lay_out(folder)
        if not is_killed(folder, number):
            break
        if (folder / "ink.db").read_text() == "old":
            assert "old log" == (folder / "ink.db-wal").read_text()
        finish_replacing(folder / "ink.db", folder / "private")
        ends.append(read_all(folder))

    assert [OLD, NEW] == [end for n, end in enumerate(ends) if n == 0 or ends[n - 1] != end]
    assert 10 < len(ends) < 99


def test_killed_once_more_while_it_is_finished_it_still_ends_whole(tmp_path: Path) -> None:
    for number in (7, 8, 9, 11):
        for second in range(2, 10):
            folder = tmp_path / f"{number}-{second}"
            lay_out(folder)
            is_killed(folder, number)
            child = os.fork()
            if child == 0:
                with at_step(second, lambda: os._exit(9)):
                    finish_replacing(folder / "ink.db", folder / "private")
                os._exit(0)
            os.waitpid(child, 0)
            finish_replacing(folder / "ink.db", folder / "private")
            assert read_all(folder) in (OLD, NEW)


@pytest.mark.parametrize("number", [1, 2, 5, 6, 7, 8])
def test_a_failure_before_the_new_one_is_in_force_leaves_the_old_one_whole(
    tmp_path: Path, number: int
) -> None:
    lay_out(tmp_path)

    with at_step(number, fail), pytest.raises(PermissionError):
        replace(tmp_path)

    assert OLD == read_all(tmp_path)


@pytest.mark.parametrize("number", [3, 4])
def test_where_no_file_has_two_names_the_old_one_is_copied(tmp_path: Path, number: int) -> None:
    lay_out(tmp_path)

    with at_step(number, fail):
        replace(tmp_path)

    assert NEW == read_all(tmp_path)


def test_nothing_is_finished_while_somebody_is_at_it(tmp_path: Path) -> None:
    lay_out(tmp_path)
    assert is_killed(tmp_path, 8)
    before = read_all(tmp_path)
    locks = Locks(tmp_path / "private" / "ink.db.locks")
    assert locks.acquire(SERVICE)

    finish_replacing(tmp_path / "ink.db", tmp_path / "private")
    assert before == read_all(tmp_path)
    locks.close()
    finish_replacing(tmp_path / "ink.db", tmp_path / "private")

    assert before != read_all(tmp_path)


def test_what_cannot_be_finished_is_said_in_words(tmp_path: Path) -> None:
    lay_out(tmp_path)
    assert is_killed(tmp_path, 8)

    with at_step(2, fail), pytest.raises(StoreError, match="Permission denied"):
        finish_replacing(tmp_path / "ink.db", tmp_path / "private")


def test_a_database_of_another_program_is_none_of_ours(tmp_path: Path) -> None:
    (tmp_path / "ink.db").write_bytes(b"garbage " * 1000)

    with pytest.raises(ValueError, match="is not as inkchat writes it"):
        check_form(tmp_path / "ink.db")

    assert not (tmp_path / "fresh.db").exists()

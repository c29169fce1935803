"""`keep_days`: the service itself removes what is old, and no note waits for it."""

import logging
import sqlite3
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import pytest

from inkchat.archive import purging
from inkchat.config import SettingsSource
from inkchat.errors import ConfigError, StoreError
from tests.house import House, make_house, running, wait_for


@pytest.fixture(autouse=True)
def look_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "LOOK_AGAIN_SECONDS", 0.0)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_house(tmp_path / "house")


def age(house: House, days: int) -> None:
    """All conversations there are."""
    then = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")
    with closing(sqlite3.connect(house.folder / "eink_sessions.db")) as database, database:
        database.execute("UPDATE conversations SET last_activity = ?", (then,))


def list_files(house: House) -> list[str]:
    return [name for (name,) in house.query("SELECT input_file FROM exchanges ORDER BY created_at")]


def test_run_once_removes_what_is_older_and_answers_what_is_new(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.answer("old.txt", "Old?")
    age(house, 31)
    house.configure(more="keep_days: 30\n")
    house.drop("new.txt", "New?")

    with caplog.at_level(logging.INFO, "inkchat"):
        told = house.run_once()

    assert ["new.txt"] == list_files(house)
    assert ["old.txt"] == [d.name for d in house.drops() if d.conversation_id is None]
    assert "new.txt" in {drop.name for drop in told}
    assert "Removed 1 conversation without a note for 30 days" in caplog.text


def test_what_is_younger_stays(house: House) -> None:
    house.answer("a.txt", "Young?")
    age(house, 29)
    house.configure(more="keep_days: 30\n")

    house.run_once()

    assert ["a.txt"] == list_files(house)


def test_without_keep_days_nothing_is_removed(house: House) -> None:
    house.answer("a.txt", "Old?")
    age(house, 4000)

    house.run_once()

    assert ["a.txt"] == list_files(house)


def test_a_note_that_was_removed_is_not_answered_again(house: House) -> None:
    house.answer("old.txt", "Old?")
    responses = house.responses()
    age(house, 31)
    house.configure(more="keep_days: 30\n")
    house.run_once()

    # Touched, and so looked at anew.
    (house.inbox / "old.txt").touch()
    house.run_once()

    assert responses == house.responses()
    assert [] == list_files(house)


def test_a_running_service_removes_at_its_start_and_when_it_is_told_to(house: House) -> None:
    house.answer("old.txt", "Old?")
    age(house, 31)

    with running(house):
        house.configure(more="keep_days: 30\n")
        wait_for(lambda: [] == list_files(house))


def test_notes_are_answered_while_a_removal_takes_its_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_long(*_: object) -> None:
        # The note below is answered while this goes on, or never.
        wait_for(lambda: house.responses())

    monkeypatch.setattr(purging, "purge_older", take_long)
    house.configure(more="keep_days: 30\n")
    house.drop("new.txt", "New?")

    house.run_once()

    assert 1 == len(house.responses())


def test_a_removal_that_fails_costs_no_note(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("It is locked.", "Try again.")

    monkeypatch.setattr(purging, "purge_older", fail)
    house.configure(more="keep_days: 30\n")
    house.drop("new.txt", "New?")

    house.run_once()

    assert 1 == len(house.responses())
    assert "Old conversations are not removed today: It is locked." in caplog.text


def test_a_clock_that_is_years_ahead_removes_nothing_and_is_told_of(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp((datetime.now(tz) + timedelta(days=3000)).timestamp(), tz)

    house.answer("a.txt", "Dear?")
    house.configure(more="keep_days: 365\n")
    monkeypatch.setattr(purging, "datetime", Ahead)

    house.run_once()
    house.run_once()

    assert ["a.txt"] == list_files(house)
    assert "Old conversations are not removed today" in caplog.text


def test_what_a_killed_process_left_is_swept_at_the_start(house: House) -> None:
    left = house.folder / ".inkchat" / "drops" / "ab" / ".attachment-x"
    left.parent.mkdir(parents=True)
    left.write_text("half")

    house.run_once()

    assert not left.exists()


@pytest.mark.parametrize(("days", "is_good"), [(0, False), (36_500, True), (36_501, False)])
def test_days_are_counted_up_to_a_hundred_years(house: House, days: int, is_good: bool) -> None:
    house.configure(more=f"keep_days: {days}\n")

    with nullcontext() if is_good else pytest.raises(ConfigError):
        SettingsSource(house.folder / "config.yaml", {}).current()

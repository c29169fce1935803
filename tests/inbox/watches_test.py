from pathlib import Path

from inkchat.inbox.bell import Bell
from inkchat.inbox.watches import count_watches, list_inotify


def test_each_folder_of_an_inbox_is_one_watch(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    (inbox / "thread" / "inner").mkdir(parents=True)
    before = list_inotify()
    with Bell([inbox]):
        ours = list_inotify() - before

        assert count_watches(ours) == 3
    assert count_watches(ours) == 0

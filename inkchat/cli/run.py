"""`inkchat run`: serve the inboxes until told to stop."""

import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from inkchat.archive.wording import say_count
from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say
from inkchat.cli.status import UNSETTLED
from inkchat.domain import DropState
from inkchat.errors import ExitCode

if TYPE_CHECKING:
    from inkchat.config import Settings
    from inkchat.service import Service
    from inkchat.store import Store

_NAMED = 3
"""Notes that are told by name at the end of `--once`."""
_OPEN_WORDS = {DropState.ANSWERED: "answered, not delivered"}
_SHOW_CURSOR = b"\x1b[?25h"
"""To the terminal: it is hidden while answers are shown as they grow."""


@click.command()
@click.option("--once", is_flag=True, help="Handle what is there, wait for it, then exit.")
@common_options
def run(once: bool) -> int:
    """Watch the inboxes and answer every note.

    Goes on until Ctrl-C or SIGTERM. With --once it exits with 0 when every note has reached its
    end without a failure, and with 1 otherwise.
    """
    from inkchat import notes, reply
    from inkchat.cli.progress import make_progress
    from inkchat.inbox.settle import ignore_lease_signals
    from inkchat.service import Service

    as_json = get_common().as_json
    with open_store() as (source, store):
        settings = source.current()
        ignore_lease_signals()
        notes.warm_up()
        reply.warm_up()
        with make_progress(store, as_json=as_json) as progress:
            # With --json the drops alone, a line each: what is said beside goes to the terminal.
            _introduce(settings, err=as_json)
            service = Service(source, store, progress.tell, listen=progress.listen)
            _stop_on_signals(service)
            left = service.run(once=once)
        if left:
            _leave(left)
        if once:
            if not service.has_open_ends:
                return ExitCode.DONE
            _tell_what_is_open(settings, store)
            return ExitCode.FAILED
        click.echo("Stopped.", err=as_json)
        return ExitCode.DONE


def _leave(left: int) -> NoReturn:
    """While so many answers, or summaries, are still on their way."""
    missing = f"{say_count(left, 'answer')} of a model came in"
    click.echo(f"Stopped before {missing}; what was asked is taken up again later.", err=True)
    # The threads that wait for those answers would hold up an ordinary exit.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ExitCode.DONE)


def _introduce(settings: "Settings", *, err: bool) -> None:
    from inkchat import models

    choice = models.choose(settings)
    click.echo(f"Answers come from {choice.settings.name} ({choice.why}).", err=err)
    for watch in settings.watches:
        click.echo(f"Watching {watch.inbox}; answers go to {watch.outbox}.", err=err)
    click.echo(f"Conversations are kept in {settings.database}.", err=err)


def _tell_what_is_open(settings: "Settings", store: "Store") -> None:
    """Such as `Still open: note.txt (waiting) and 2 others; …`; also what no line above tells of.

    A note may rest from an earlier run, or its page may wait for the outbox.
    """
    names = [watch.name for watch in settings.watches]
    count = store.ledger.count_open(names)
    drops = [drop for drop in store.ledger.list_drops(UNSETTLED, count) if drop.watch in names]
    shown = [f"{drop.name} ({_OPEN_WORDS.get(drop.state, drop.state)})" for drop in drops[:_NAMED]]
    if shown:
        more = f" and {count - len(shown)} more" if count > len(shown) else ""
        say(f"Still open: {', '.join(shown)}{more}; `inkchat status` tells why.", err=True)


def _stop_on_signals(service: "Service") -> None:
    """The first signal lets answers on their way come in; a second does not wait."""
    told = False

    def stop(number: int, _frame: object) -> None:
        nonlocal told
        if told:
            if os.isatty(1):
                os.write(1, _SHOW_CURSOR)
            os._exit(ExitCode.INTERRUPTED)
        told = True
        # Not click.echo: a signal may arrive in the middle of one.
        os.write(2, b"Stopping when the notes at work are done; press Ctrl-C again to stop now.\n")
        service.stop()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    # The terminal was closed.
    signal.signal(signal.SIGHUP, stop)

"""`inkchat run`: serve the inboxes until told to stop."""

import os
import signal
import sys
from typing import TYPE_CHECKING

import click

from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options
from inkchat.errors import ExitCode

if TYPE_CHECKING:
    from inkchat.config import Settings
    from inkchat.service import Service


@click.command()
@click.option("--once", is_flag=True, help="Handle what is there, wait for it, then exit.")
@common_options
def run(once: bool) -> int:
    """Watch the inboxes and answer every note.

    Goes on until Ctrl-C or SIGTERM. With --once it exits with 0 when every note has reached its
    end without a failure, and with 1 otherwise.
    """
    from inkchat import notes
    from inkchat.cli.progress import make_progress
    from inkchat.inbox.settle import ignore_lease_signals
    from inkchat.service import Service

    with open_store() as (source, store):
        settings = source.current()
        ignore_lease_signals()
        notes.warm_up()
        with make_progress(store) as progress:
            _introduce(settings)
            service = Service(source, store, progress.tell)
            _stop_on_signals(service)
            left = service.run(once=once)
        if left:
            click.echo(
                f"{left} notes were still being answered; they go on at the next start.", err=True
            )
            # The threads that wait for those answers would hold up an ordinary exit.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ExitCode.DONE)
        if once:
            return ExitCode.FAILED if service.has_open_ends else ExitCode.DONE
        click.echo("Stopped.")
        return ExitCode.DONE


def _introduce(settings: "Settings") -> None:
    from inkchat import models

    choice = models.choose(settings)
    click.echo(f"Answers come from {choice.settings.name} ({choice.why}).")
    for watch in settings.watches:
        click.echo(f"Watching {watch.inbox}; answers go to {watch.outbox}.")
    click.echo(f"Conversations are kept in {settings.database}.")


def _stop_on_signals(service: "Service") -> None:
    """The first signal lets answers on their way come in; a second does not wait."""
    told = False

    def stop(number: int, _frame: object) -> None:
        nonlocal told
        if told:
            os._exit(ExitCode.INTERRUPTED)
        told = True
        # Not click.echo: a signal may arrive in the middle of one.
        os.write(2, b"Stopping when the notes at work are done; press Ctrl-C again to stop now.\n")
        service.stop()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    # The terminal was closed.
    signal.signal(signal.SIGHUP, stop)

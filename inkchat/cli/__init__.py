"""The command line: each command parses, calls, and prints.

Nothing heavy is imported before a command runs, so that `inkchat --help` answers at once.
"""

import click

from inkchat import __version__
from inkchat.cli.ask import ask
from inkchat.cli.backup import backup, restore
from inkchat.cli.config import config
from inkchat.cli.conversations import list_conversations, show
from inkchat.cli.devices import devices
from inkchat.cli.doctor import doctor
from inkchat.cli.edit import edit, end
from inkchat.cli.export import export
from inkchat.cli.import_ import import_sessions
from inkchat.cli.options import common_options
from inkchat.cli.preview import preview
from inkchat.cli.purge import purge
from inkchat.cli.retry import retry
from inkchat.cli.run import run
from inkchat.cli.search import search
from inkchat.cli.speaking import Speaking
from inkchat.cli.status import status
from inkchat.cli.usage import usage

__all__ = ["main"]


@click.group(cls=Speaking, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="inkchat", message="inkchat %(version)s")
@common_options
def main() -> None:
    """Handwritten notes in, answers on e-ink paper out.

    Save a note into the inbox; the answer appears in the outbox as a PDF made for your tablet.

    \b
    Exit codes:
      0    done
      1    not all of it was done: a note failed or waits, a text was empty, a file was not
           brought in or not written, a conversation was spared, doctor found something wrong
      2    the command line or config.yaml cannot be used: an id that is not known, a FILE that
           is there already or is not there, a purge that nobody agreed to
      3    the database cannot be used, or another inkchat is using it
      4    a fault in inkchat itself
      130  interrupted
    """


for command in (
    run,
    ask,
    status,
    list_conversations,
    show,
    edit,
    end,
    search,
    retry,
    usage,
    config,
    doctor,
    devices,
    preview,
    purge,
    backup,
    restore,
    export,
    import_sessions,
):
    main.add_command(command)

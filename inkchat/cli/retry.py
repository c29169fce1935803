"""`inkchat retry`: a person's word that a note should be tried again."""

import click

from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options


@click.command()
@click.argument("drop", type=click.IntRange(min=1))
@common_options
def retry(drop: int) -> None:
    """Try a note again that failed, is held or waits.

    DROP is its number in `inkchat status`. A model may be asked, and paid, once more.
    """
    with open_store() as (_, store):
        if not store.ledger.retry(drop):
            raise click.UsageError(
                f"Note {drop} is not one that failed, is held or waits; see `inkchat status`."
            )
        click.echo(f"Note {drop} is tried again by the running service, or by `inkchat run`.")

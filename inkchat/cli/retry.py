"""`inkchat retry`: a person's word that a note should be tried again."""

import json

import click

from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options, get_common
from inkchat.domain import DropState


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
        if get_common().as_json:
            click.echo(json.dumps({"drop": drop, "state": DropState.RECEIVED}))
        else:
            click.echo(f"Note {drop} is tried again by the running service, or by `inkchat run`.")

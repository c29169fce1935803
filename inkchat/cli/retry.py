"""`inkchat retry`: a person's word that a note should be tried again."""

import json

import click

from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options, get_common
from inkchat.domain import DropState

MOST_GIVEN = 1000


@click.command()
@click.argument("drop", type=click.IntRange(min=1), required=False)
@click.option(
    "--offline", is_flag=True, help="Give to a model all notes that only Offline has answered."
)
@common_options
def retry(drop: int | None, *, offline: bool) -> None:
    """Try a note again that failed, is held or waits.

    DROP is its number in `inkchat status`. A model may be asked, and paid, once more.

    With --offline, notes that only Offline has answered are given to the model that is connected
    now; its answer is the next exchange of the note's conversation.
    """
    if (drop is None) is not offline:
        raise click.UsageError("Give either the number of a note, or --offline.")
    if drop is not None:
        _retry_one(drop)
    else:
        _give_to_models()


def _retry_one(drop: int) -> None:
    with open_store() as (_, store):
        if not store.ledger.retry(drop):
            if drop in store.purges.list_purged():
                raise click.UsageError(
                    f"The conversation of note {drop} was removed for good; to have the note "
                    "answered again, change something in its file."
                )
            raise click.UsageError(
                f"Note {drop} is not one that failed, is held or waits; see `inkchat status`."
            )
        # Whoever says this has mended something, or wants to know whether it is mended.
        store.pauses.end_all()
        if get_common().as_json:
            click.echo(json.dumps({"drop": drop, "state": DropState.RECEIVED}))
        else:
            click.echo(f"Note {drop} is tried again by the running service, or by `inkchat run`.")


def _give_to_models() -> None:
    from inkchat.pipeline import Pipeline

    with open_store() as (source, store):
        given = Pipeline(store, source.current).give_to_models(MOST_GIVEN)
    if get_common().as_json:
        click.echo(json.dumps({"drops": given, "state": DropState.RECEIVED}))
    elif given:
        noun = "note is" if len(given) == 1 else "notes are"
        click.echo(
            f"{len(given)} {noun} answered by a model next, by the running service or by "
            "`inkchat run`."
        )
    else:
        click.echo(
            "No note waits for a model: either none was answered by Offline alone, or no model is "
            "connected; see `inkchat doctor`."
        )

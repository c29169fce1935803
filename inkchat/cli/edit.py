"""`inkchat edit` and `inkchat end`: a conversation changed or ended by hand."""

import json
from typing import TYPE_CHECKING, Any

import click

from inkchat.archive.wording import say_count
from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say

if TYPE_CHECKING:
    from inkchat.store import Store


@click.command()
@click.argument("conversation_id", metavar="ID")
@click.option("--title", help="What it is called.")
@click.option("--provider", help="Who answers in it; `auto`: as configured.")
@click.option("--model", help="Asked in the place of the configured one; empty: that one.")
@click.option("--system-prompt", help="In the place of the configured one; empty: that one.")
@click.option("--metadata", metavar="JSON", help="An object, in the place of the one there is.")
@common_options
def edit(conversation_id: str, **given: str | None) -> None:
    """Change a conversation: what it is called, and who answers in it.

    ID is its short code, its id or a part of that. What is not named stays as it is.
    """
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if not changes:
        raise click.UsageError("Say what to change: `inkchat edit --help` lists it.")
    if "provider" in changes:
        changes["provider"] = _read_provider(changes["provider"])
    if "metadata" in changes:
        changes["metadata"] = _read_metadata(changes["metadata"])
    with open_store() as (_, store):
        found = store.sessions.find(conversation_id)
        store.sessions.edit(found, **changes)
    if get_common().as_json:
        click.echo(json.dumps({"conversation_id": found, **changes}, ensure_ascii=False))
    else:
        said = "; ".join(f"{key.replace('_', ' ')}: {_show(v)}" for key, v in changes.items())
        say(f"{found} is changed: {said}.")


@click.command()
@click.argument("conversation_ids", metavar="ID...", nargs=-1)
@click.option("--summary", is_flag=True, help="Say in a line what each was.")
@click.option(
    "--idle",
    "idle_seconds",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="End all that had no note for so long.",
)
@common_options
def end(conversation_ids: tuple[str, ...], idle_seconds: float | None, *, summary: bool) -> None:
    """End conversations; nothing is deleted, and a page that is written on takes one up again.

    ID is a short code, an id or a part of one. If one of them is not known, none is ended.
    """
    if bool(conversation_ids) is (idle_seconds is not None):
        raise click.UsageError("Give either the ids of conversations, or --idle SECONDS.")
    if idle_seconds is not None and summary:
        raise click.UsageError("--summary needs the ids of conversations.")
    with open_store() as (_, store):
        if idle_seconds is not None:
            _end_idle(store, idle_seconds)
        else:
            _end(store, conversation_ids, summary=summary)


def _end(store: "Store", given: tuple[str, ...], *, summary: bool) -> None:
    found = list(dict.fromkeys(map(store.sessions.find, given)))
    said = {each: store.sessions.end_conversation(each, summarize=summary) for each in found}
    if get_common().as_json:
        key = "summary" if summary else "said"
        rows = [{"conversation_id": each, key: line} for each, line in said.items()]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        say("\n".join(said.values()))


def _end_idle(store: "Store", idle_seconds: float) -> None:
    count = store.sessions.end_idle(idle_seconds)
    if get_common().as_json:
        click.echo(json.dumps({"ended": count}))
    else:
        click.echo(f"{say_count(count, 'conversation')} ended.")


def _read_provider(text: str) -> str:
    """The display name, or empty for `auto`. Raises ConfigError with the nearest known one."""
    from inkchat.config import AUTO
    from inkchat.config.providers import check_provider

    if text.strip().casefold() in ("", AUTO):
        return ""
    return str(check_provider(text, "--provider", "provider", also=(AUTO,)))


def _read_metadata(text: str) -> dict[str, Any]:
    """Raises UsageError where it is no JSON object."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"--metadata is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise click.UsageError('--metadata must be a JSON object, such as {"topic": "bread"}.')
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _show(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return f"“{value}”" if value else "as configured"

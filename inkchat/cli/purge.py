"""`inkchat purge`: remove conversations for good."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from inkchat.archive.wording import say_count, say_size
from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say, show_time
from inkchat.errors import ExitCode

if TYPE_CHECKING:
    from inkchat.archive.purging import Plan, Purged
    from inkchat.store import Doomed, Store

SHOWN = 20


@click.command()
@click.option(
    "--before",
    metavar="DATE",
    help="Conversations without a note since DATE: 2026-11-01, or with a time, 2026-11-01T09:30.",
)
@click.option("--conversation", metavar="ID", help="This one: its ID, a part of it, or its code.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
def purge(before: str | None, conversation: str | None, *, yes: bool) -> int:
    """Remove conversations for good: notes, answers, private copies, and what search knows.

    Shows first what goes, and asks. Pages in the outbox and files in the inbox are yours and
    stay; a note whose file still lies in the inbox is not answered again. Conversations with a
    note that is still to be answered are spared. `inkchat export --all` keeps a copy.
    """
    if (before is None) is (conversation is None):
        raise click.UsageError("Give either --before DATE or --conversation ID.")
    moment = None if before is None else read_moment(before)
    from inkchat.archive import purging

    with open_store() as (source, store):
        plan = _make_plan(store, moment, conversation)
        if not get_common().as_json:
            say(_write_plan(plan))
        if plan.doomed and not yes:
            if get_common().as_json or not sys.stdin.isatty():
                return _end_unasked(plan)
            if not click.confirm("Remove for good?", default=False):
                click.echo("Nothing was removed.")
                return ExitCode.DONE
        # Also where nothing is planned: it sweeps up what an earlier one was cut off from.
        purged = purging.purge(store, source.current().watches, plan)
    if get_common().as_json:
        click.echo(json.dumps(_describe(plan, purged), indent=2, ensure_ascii=False))
    elif purged.conversations or purged.copies:
        say(_write_purged(purged))
    return ExitCode.FAILED if conversation is not None and plan.spared else ExitCode.DONE


def read_moment(text: str) -> datetime:
    """A day, from its midnight on this machine's clock, or a time in ISO 8601."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError) as error:
        raise click.UsageError(
            f"{text} is no date; write it as 2026-11-01 or 2026-11-01T09:30."
        ) from error


def _make_plan(store: "Store", before: datetime | None, conversation: str | None) -> "Plan":
    from inkchat.archive import purging

    if before is not None:
        return purging.plan_before(store, before)
    return purging.plan_one(store, store.sessions.find(conversation or ""))


def _end_unasked(plan: "Plan") -> int:
    if get_common().as_json:
        click.echo(json.dumps(_describe(plan, None), indent=2, ensure_ascii=False))
    click.echo("Nothing was removed. Add --yes to remove what is shown.", err=True)
    return ExitCode.USAGE


def _write_plan(plan: "Plan") -> str:
    lines = []
    if plan.before is not None and plan.before > datetime.now(UTC):
        lines.append("The date lies in the future: every conversation is older.")
    if plan.doomed:
        lines.append(f"To be removed for good: {_count(plan)}.")
        lines += [_write_line(each) for each in plan.doomed[:SHOWN]]
        if len(plan.doomed) > SHOWN:
            lines.append(f"  … and {len(plan.doomed) - SHOWN:,} more")
        lines.append("Pages in the outbox and files in the inbox stay; they are yours.")
    if plan.spared:
        lines.append("Spared, because a note in them is still to be answered or delivered:")
        lines += [_write_line(each) for each in plan.spared[:SHOWN]]
        if len(plan.spared) > SHOWN:
            lines.append(f"  … and {len(plan.spared) - SHOWN:,} more")
        lines.append("`inkchat status` tells what they wait for.")
    if not (plan.doomed or plan.spared):
        lines.append("There is nothing to remove.")
    return "\n".join(lines)


def _count(plan: "Plan") -> str:
    return (
        f"{say_count(len(plan.doomed), 'conversation')}, "
        f"{say_count(plan.exchanges, 'exchange')}, "
        f"{say_count(plan.copies, 'private file')} ({say_size(plan.copies_bytes)}), and what is "
        f"known of {say_count(plan.responses, 'page')}"
    )


def _write_line(doomed: "Doomed") -> str:
    name = doomed.code or doomed.conversation_id
    title = doomed.title or "(without a title)"
    return f"  {name:<6}  {show_time(doomed.last_activity)}  {doomed.exchanges:>4}  {title}"


def _write_purged(purged: "Purged") -> str:
    done = (
        f"Removed {say_count(purged.conversations, 'conversation')}, "
        f"{say_count(purged.exchanges, 'exchange')} and "
        f"{say_count(purged.copies, 'private file')} ({say_size(purged.copies_bytes)})."
    )
    return f"{done} {purged.remark}".strip()


def _describe(plan: "Plan", purged: "Purged | None") -> dict[str, Any]:
    return {
        "conversations": [asdict(each) for each in plan.doomed],
        "spared": [asdict(each) for each in plan.spared],
        "exchanges": plan.exchanges,
        "responses": plan.responses,
        "private_files": plan.copies,
        "private_bytes": plan.copies_bytes,
        "removed": None if purged is None else asdict(purged),
    }

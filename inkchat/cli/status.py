"""`inkchat status`: what is going on, what waits and why, and where everything lies."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say, show_time
from inkchat.domain import Drop, DropState, Watch

if TYPE_CHECKING:
    from inkchat.config import Settings
    from inkchat.store import Pause, Store, Trouble

UNSETTLED = (
    DropState.RECEIVED,
    DropState.ASKING,
    DropState.ANSWERED,
    DropState.WAITING,
    DropState.HELD,
)
SHOWN = 20


@click.command()
@common_options
def status() -> None:
    """Show what is going on, what waits and why."""
    with open_store() as (source, store):
        settings = source.current()
        facts = collect_facts(settings, store)
        if get_common().as_json:
            click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        else:
            say(_write_for_people(facts))


def collect_facts(settings: "Settings", store: "Store") -> dict[str, Any]:
    """Everything `status` knows, in a form that scripts can rely on."""
    from inkchat import models
    from inkchat.store import SERVICE

    choice = models.choose(settings)
    counts = store.ledger.count_states()
    return {
        "running": store.locks.is_held(SERVICE),
        "provider": choice.settings.name,
        "provider_why": choice.why,
        "database": str(settings.database),
        "watches": [_describe_watch(watch) for watch in settings.watches],
        "drops": {state: counts.get(state, 0) for state in DropState},
        "troubles": [_describe_trouble(trouble) for trouble in store.troubles.list_open()],
        "paused": [
            _describe_pause(pause)
            for pause in store.pauses.list_all()
            if pause.until > datetime.now(UTC)
        ],
        "unsettled": _describe_drops(store, *UNSETTLED),
        "ignored": _describe_drops(store, DropState.IGNORED),
        "failed": _describe_drops(store, DropState.FAILED),
    }


def _describe_watch(watch: Watch) -> dict[str, Any]:
    return {
        "name": watch.name,
        "inbox": str(watch.inbox),
        "inbox_is_there": watch.inbox.is_dir(),
        "outbox": str(watch.outbox),
        "outbox_is_there": watch.outbox.is_dir(),
        "user": watch.user,
        "device": watch.device.name,
    }


def _describe_trouble(trouble: "Trouble") -> dict[str, Any]:
    return {
        "provider": trouble.waiting_for,
        "code": trouble.code,
        "message": trouble.message,
        "since": trouble.since.isoformat(),
    }


def _describe_pause(pause: "Pause") -> dict[str, Any]:
    return {
        "provider": pause.provider,
        "code": pause.code,
        "message": pause.what_happened,
        "since": pause.since.isoformat(),
        "until": pause.until.isoformat(),
    }


def _describe_drops(store: "Store", *states: DropState) -> list[dict[str, Any]]:
    return [_describe_drop(drop) for drop in store.ledger.list_drops(states, SHOWN)]


def _describe_drop(drop: Drop) -> dict[str, Any]:
    return {
        "drop": drop.id,
        "file": f"{drop.thread}/{drop.name}" if drop.thread else drop.name,
        "state": drop.state,
        "code": drop.reason_code,
        "reason": drop.reason,
        "next_try": next_try.isoformat() if (next_try := _find_next_try(drop)) else None,
        "conversation_id": drop.conversation_id,
    }


def _find_next_try(drop: Drop) -> datetime | None:
    return drop.held_until or drop.not_before


def _write_for_people(facts: dict[str, Any]) -> str:
    lines = [
        "inkchat is running." if facts["running"] else "inkchat is not running; `inkchat run`.",
        f"Answers come from {facts['provider']} ({facts['provider_why']}).",
    ]
    for watch in facts["watches"]:
        for role in ("inbox", "outbox"):
            gone = "" if watch[f"{role}_is_there"] else "  (not there: create it or mount it)"
            lines.append(f"{role.capitalize():<9} {watch[role]}{gone}")
    lines.append(f"Database  {facts['database']}")
    counted = [f"{count} {state}" for state, count in facts["drops"].items() if count]
    lines += ["", f"Notes: {', '.join(counted)}." if counted else "No notes yet."]
    lines += [f"Trouble since {show_time(t['since'])}: {t['message']}" for t in facts["troubles"]]
    lines += [
        f"{p['provider']} is paused until {show_time(p['until'])}: {p['message']}"
        for p in facts["paused"]
    ]
    for heading in ("unsettled", "failed", "ignored"):
        if facts[heading]:
            lines += ["", f"{heading.capitalize()}:"]
            lines += [
                f"  {d['drop']:>5}  {d['file']}  {d['state']}: {d['reason']}".rstrip(": ")
                for d in facts[heading]
            ]
    return "\n".join(lines)

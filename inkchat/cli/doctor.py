"""`inkchat doctor`: is everything there that a note needs on its way, and what to do if not."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from inkchat.cli.checkup.finding import Finding, Grade
from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say
from inkchat.errors import ConfigError, ExitCode, StoreError

if TYPE_CHECKING:
    from inkchat.cli.checkup.live import Called
    from inkchat.cli.checkup.providers import Checked
    from inkchat.config import ProviderSettings, Settings
    from inkchat.store import Store

_SIGNS = {Grade.OK: "✓", Grade.WARNING: "!", Grade.WRONG: "✗"}
_LONGEST_WORD = max(map(len, Grade))


@click.command()
@click.option("--live", is_flag=True, help="Also make one tiny, paid call to each provider.")
@click.option("--yes", is_flag=True, help="Do not ask before the calls of --live.")
@common_options
def doctor(live: bool, yes: bool) -> int:
    """Check everything that a note needs on its way, and say what to do.

    Nothing is changed and nothing is paid for: of the providers only lists of models are fetched.
    With --live one tiny call is made to each, after the cost was named and you agreed.

    Exits with 0 if nothing is wrong, and with 1 otherwise; a warning is not wrong.
    """
    if live and not yes and not sys.stdin.isatty():
        raise click.UsageError(
            "--live asks before it spends money, and there is no terminal to ask on; "
            "--yes agrees beforehand."
        )
    report = _Report()
    settings = _read(report)
    if settings is not None:
        with_calls = _examine(settings, report)
        if live:
            _call_all(settings, with_calls, report, is_agreed=yes)
    report.end()
    return ExitCode.FAILED if report.is_anything_wrong else ExitCode.DONE


class _Report:
    """Prints each finding when it is made; with --json all at the end."""

    def __init__(self) -> None:
        self._findings: list[Finding] = []
        self._calls: list[dict[str, Any]] = []
        encoding = (sys.stdout.encoding or "").lower().replace("-", "")
        self._has_signs = sys.stdout.isatty() and encoding == "utf8"

    @property
    def is_anything_wrong(self) -> bool:
        return any(finding.grade is Grade.WRONG for finding in self._findings)

    def add(self, finding: Finding) -> None:
        self._findings.append(finding)
        if not get_common().as_json:
            mark = _SIGNS[finding.grade] if self._has_signs else finding.grade.ljust(_LONGEST_WORD)
            say(f"{mark} {' '.join(str(finding).split())}")

    def add_call(self, called: "Called") -> None:
        self._calls.append(asdict(called))
        head = f"Call to {called.provider}"
        if called.error:
            self.add(Finding(Grade.WRONG, head, called.error))
            return
        text = (
            f"{called.model or 'the model'} said “{called.answer[:60]}” after "
            f"{called.seconds:.1f} seconds; {called.input_tokens:,} + {called.output_tokens:,} "
            f"tokens; {show_cost(called.cost_usd)}."
        )
        self.add(Finding(Grade.OK, head, text))

    def end(self) -> None:
        if get_common().as_json:
            facts = {"findings": [asdict(f) for f in self._findings], "calls": self._calls}
            click.echo(json.dumps(facts, indent=2, ensure_ascii=False))


def _read(report: _Report) -> "Settings | None":
    from inkchat.config import load_settings

    try:
        settings = load_settings(get_common().config)
    except ConfigError as error:
        report.add(Finding(Grade.WRONG, "Configuration", error.what_happened, error.next_step))
        return None
    text = f"{settings.path} can be used."
    if not settings.path.exists():
        text = f"There is no {settings.path}, so the defaults hold."
    if not settings.warnings:
        report.add(Finding(Grade.OK, "Configuration", text))
    for warning in settings.warnings:
        report.add(Finding(Grade.WARNING, "Configuration", f"{text} {warning}"))
    return settings


def _examine(settings: "Settings", report: _Report) -> "list[Checked]":
    """Everything but the calls; the providers that were found."""
    from inkchat.cli.checkup.providers import check_providers

    for finding in _check_machine(settings):
        report.add(finding)
    checked = []
    for each in check_providers(settings):
        report.add(each.finding)
        checked.append(each)
    return checked


def _check_machine(settings: "Settings") -> Iterator[Finding]:
    from inkchat.cli.checkup import folders, fonts, keeping, machine

    for watch in settings.watches:
        yield folders.check_inbox(watch)
        yield folders.check_outbox(watch)
        yield from folders.check_threads(watch)
    database = keeping.check_database(settings)
    yield database
    if database.grade is Grade.OK and settings.database.exists():
        yield from _check_store(settings)
    yield from folders.check_disks(settings.database, settings.watches)
    yield from folders.check_inotify(settings.watches)
    yield fonts.check_fonts()
    yield fonts.check_scripts()
    yield machine.check_handwriting()


def _check_store(settings: "Settings") -> Iterator[Finding]:
    from inkchat.cli.checkup import keeping

    try:
        with closing(_open(settings)) as store:
            yield keeping.check_service(store)
            yield from keeping.check_budgets(settings, store)
    except StoreError as error:
        yield Finding(Grade.WRONG, "Database", error.what_happened, error.next_step)


def _open(settings: "Settings") -> "Store":
    from inkchat.store import Store

    return Store(settings.database, settings.private_folder)


def _call_all(
    settings: "Settings", checked: "list[Checked]", report: _Report, *, is_agreed: bool
) -> None:
    from inkchat.cli.checkup.live import call

    asked = [each.settings for each in checked if each.may_be_asked]
    if not asked:
        click.echo("There is no provider to call.", err=True)
        return
    if not _agree(asked, is_agreed=is_agreed):
        click.echo("Nothing was called.", err=True)
        return
    with closing(_open(settings)) as store:
        for provider in asked:
            report.add_call(call(settings, provider, store))


def _agree(asked: "list[ProviderSettings]", *, is_agreed: bool) -> bool:
    from inkchat.cli.checkup.live import estimate_cost

    click.echo("One tiny call each, at most:", err=True)
    for provider in asked:
        cost = show_cost(estimate_cost(provider))
        say(f"  {provider.name}, {provider.model or 'its model'}: {cost}", err=True)
    return is_agreed or click.confirm("Make them?", err=True)


def show_cost(cost_usd: float | None) -> str:
    if cost_usd is None:
        return "cost unknown"
    return f"${cost_usd:.4f}" if cost_usd > 0 else "free"

"""Each provider that may be asked: its key, its address, its model, and what that model costs.

Only lists of models are fetched, which cost nothing.
"""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from inkchat.cli.checkup.finding import Finding, Grade
from inkchat.cli.checkup.folders import find_thread_providers
from inkchat.cli.checkup.verdict import grade_of_use, judge, write_subject
from inkchat.config import AUTO, ProviderName, ProviderSettings
from inkchat.errors import InkchatError, NotConfigured, ProviderError, WrongKey

if TYPE_CHECKING:
    from inkchat.config import Settings
    from inkchat.models import Choice

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 10.0
"""For the list of a server's models."""
_THREAD_SECONDS = 20.0
"""In all: finding out which model a server has comes before it, and an SDK is loaded."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of a provider, and with which settings it would be asked."""

    settings: ProviderSettings
    finding: Finding
    may_be_asked: bool
    """Whether a call could succeed, as far as is known."""


def check_providers(settings: "Settings") -> Iterator[Checked]:
    """All that are configured, named anywhere, or have a key; those in use first."""
    from inkchat import models

    choice = models.choose(settings)
    found: list[Checked | None] = []
    threads: list[threading.Thread] = []
    asked = list_asked(settings, choice)
    for number, (name, use) in enumerate(asked):
        found.append(None)

        def check(number: int = number, name: ProviderName = name, use: str = use) -> None:
            found[number] = _check(settings, choice, name, use)

        # Daemons: one that hangs must not keep the program from ending.
        threads.append(threading.Thread(target=check, daemon=True))
        threads[-1].start()
    until = datetime.now(UTC) + timedelta(seconds=_THREAD_SECONDS)
    for (name, use), thread, number in zip(asked, threads, range(len(asked)), strict=True):
        thread.join(max((until - datetime.now(UTC)).total_seconds(), 0.0))
        yield found[number] or _give_up(settings.providers[name], use)


def list_asked(settings: "Settings", choice: "Choice") -> list[tuple[ProviderName, str]]:
    """Each provider once, with what it is used for; "" for one that nothing uses."""
    why = "chosen by auto" if settings.active_provider == AUTO else "active"
    uses: dict[ProviderName, list[str]] = {choice.settings.name: [why]}
    for name in settings.fallback:
        uses.setdefault(name, []).append("fallback")
    for watch in settings.watches:
        if watch.provider:
            uses.setdefault(ProviderName(watch.provider), []).append(f"watch {watch.name}")
    for name in find_thread_providers(settings.watches):
        names = uses.setdefault(name, [])
        if "threads" not in names:
            names.append("threads")
    for name in (*settings.configured, *ProviderName):
        if name in settings.configured or settings.providers[name].api_key:
            uses.setdefault(name, [])
    return [(name, ", ".join(use)) for name, use in uses.items()]


def _check(settings: "Settings", choice: "Choice", name: ProviderName, use: str) -> Checked:
    from inkchat import models

    provider = settings.providers[name]
    try:
        if name is choice.settings.name:
            provider = choice.settings
        else:
            provider = models.choose(settings, name).settings
        if name is ProviderName.OFFLINE:
            return Checked(provider, _describe_offline(settings, use), may_be_asked=False)
        patient = replace(
            provider, timeout_seconds=PATIENCE_SECONDS, stall_seconds=PATIENCE_SECONDS
        )
        listed = models.list_models(patient)
        return Checked(provider, judge(provider, use, listed, settings.budget), may_be_asked=True)
    except ProviderError as error:
        finding = Finding(
            grade_of_use(use), write_subject(name, use), error.what_happened, error.next_step
        )
        hopeless = isinstance(error, (NotConfigured, WrongKey))
        return Checked(provider, finding, may_be_asked=not hopeless)
    except Exception as error:  # one provider's fault must not hide what is found of the others
        log.debug("In detail:", exc_info=error)
        words = error.what_happened if isinstance(error, InkchatError) else type(error).__name__
        finding = Finding(
            Grade.WRONG,
            write_subject(name, use),
            f"It could not be examined: {words}",
            "Run `inkchat doctor -vv` and report what it says.",
        )
        return Checked(provider, finding, may_be_asked=False)


def _describe_offline(settings: "Settings", use: str) -> Finding:
    text = "It needs no key and no network; no model answers your notes."
    subject = write_subject(ProviderName.OFFLINE, use)
    if settings.active_provider != AUTO:
        return Finding(Grade.OK, subject, text)
    return Finding(
        Grade.WARNING,
        subject,
        f"No key is set, and no local server answers. {text}",
        "Set a variable such as ANTHROPIC_API_KEY, or see docs/providers.md.",
    )


def _give_up(provider: ProviderSettings, use: str) -> Checked:
    finding = Finding(
        grade_of_use(use),
        write_subject(provider.name, use),
        f"It is unreachable: nothing came back within {_THREAD_SECONDS:.0f} seconds.",
        "Check the network and the address; notes wait until it answers.",
    )
    return Checked(provider, finding, may_be_asked=False)

"""Each provider that may be asked: its key, its address, its model, and what that model costs.

Only lists of models are fetched, which cost nothing.
"""

import difflib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from inkchat.cli.checkup.finding import Finding, Grade
from inkchat.cli.checkup.folders import find_thread_providers
from inkchat.config import AUTO, Allowance, Budget, ProviderName, ProviderSettings
from inkchat.domain import Usage
from inkchat.errors import InkchatError, NotConfigured, ProviderError, WrongKey

if TYPE_CHECKING:
    from inkchat.config import Settings
    from inkchat.models import Choice, ModelInfo

PATIENCE_SECONDS = 10.0
"""For the list of a server's models."""
_THREAD_SECONDS = 20.0
"""In all: finding out which model a server has comes before it, and an SDK is loaded."""
SOON = timedelta(days=90)
_DATE = r"-(\d{8}|\d{4}-\d{2}-\d{2})"
"""Behind a model's name: the day of its making."""


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
        return Checked(provider, _judge(provider, use, listed, settings.budget), may_be_asked=True)
    except ProviderError as error:
        finding = Finding(_bad(use), _head(name, use), error.what_happened, error.next_step)
        hopeless = isinstance(error, (NotConfigured, WrongKey))
        return Checked(provider, finding, may_be_asked=not hopeless)
    except Exception as error:  # one provider's fault must not hide what is found of the others
        words = error.what_happened if isinstance(error, InkchatError) else type(error).__name__
        finding = Finding(
            Grade.WRONG,
            _head(name, use),
            f"It could not be examined: {words}",
            "Run `inkchat doctor -vv` and report what it says.",
        )
        return Checked(provider, finding, may_be_asked=False)


def _describe_offline(settings: "Settings", use: str) -> Finding:
    text = "It needs no key and no network; no model answers your notes."
    head = _head(ProviderName.OFFLINE, use)
    if settings.active_provider != AUTO:
        return Finding(Grade.OK, head, text)
    return Finding(
        Grade.WARNING,
        head,
        f"No key is set, and no local server answers. {text}",
        "Set a variable such as ANTHROPIC_API_KEY, or see docs/providers.md.",
    )


def _give_up(provider: ProviderSettings, use: str) -> Checked:
    finding = Finding(
        _bad(use),
        _head(provider.name, use),
        f"It is unreachable: nothing came back within {_THREAD_SECONDS:.0f} seconds.",
        "Check the network and the address; notes wait until it answers.",
    )
    return Checked(provider, finding, may_be_asked=False)


def _head(name: ProviderName, use: str) -> str:
    return f"{name} ({use})" if use else str(name)


def _bad(use: str) -> Grade:
    """What is amiss with a provider that nothing uses stops no note."""
    return Grade.WRONG if use else Grade.WARNING


def _judge(
    provider: ProviderSettings, use: str, listed: "list[ModelInfo]", budget: Budget
) -> Finding:
    """Put together what there is to say of a provider that answered."""
    remarks = [
        _describe_key(provider),
        *_judge_model(provider, use, listed),
        _judge_price(provider, use, budget),
    ]
    worst = max((remark.grade for remark in remarks), key=list(Grade).index)
    steps = [remark.next_step for remark in remarks if remark.next_step]
    return Finding(
        worst,
        _head(provider.name, use),
        "; ".join(remark.text for remark in remarks if remark.text) + ".",
        " ".join(steps),
    )


def _remark(text: str, grade: Grade = Grade.OK, next_step: str = "") -> Finding:
    return Finding(grade, "", text, next_step)


def _describe_key(provider: ProviderSettings) -> Finding:
    where = f" at {provider.base_url}" if provider.base_url else ""
    if provider.api_key:
        source = provider.key_source.removeprefix("the variable ")
        return _remark(f"key from {source} accepted{where}")
    return _remark(f"answers{where} without a key")


def _judge_model(
    provider: ProviderSettings, use: str, listed: "list[ModelInfo]"
) -> Iterator[Finding]:
    model = provider.model
    change = f'`inkchat config set "{provider.name}.model" NAME`'
    if not model:
        names = ", ".join(info.id for info in listed[:5])
        yield _remark(
            f"no model is named; the server has {names or 'none'}",
            _bad(use),
            f"Name one: {change}.",
        )
        return
    info = find_model(model, listed)
    if info is None:
        yield _judge_unlisted(model, listed, change)
        return
    yield _remark(f"model {model} is known")
    if info.retires_on:
        yield _judge_retirement(info.retires_on, use, change)
    yield _judge_sight(provider, info)


def find_model(model: str, listed: "list[ModelInfo]") -> "ModelInfo | None":
    """The entry of `model`; a name without its date or tag is a name too."""
    by_name = {info.id.removeprefix("models/"): info for info in listed}
    model = model.removeprefix("models/")
    exact = by_name.get(model) or by_name.get(f"{model}:latest")
    if exact is not None:
        return exact
    dated = [name for name in by_name if re.fullmatch(re.escape(model) + _DATE, name)]
    return by_name[max(dated)] if dated else None


def _judge_unlisted(model: str, listed: "list[ModelInfo]", change: str) -> Finding:
    if not listed:
        return _remark(f"the server lists no models, so {model} could not be looked up")
    names = [info.id for info in listed]
    near = difflib.get_close_matches(model, names, n=3, cutoff=0.4) or names[:3]
    return _remark(
        f"model {model} is not in the server’s list, and notes fail if it does not know it",
        Grade.WARNING,
        f"Near it are {', '.join(near)}: {change}.",
    )


def _judge_retirement(retires_on: str, use: str, change: str) -> Finding:
    try:
        left = date.fromisoformat(retires_on) - datetime.now(UTC).date()
    except ValueError:
        return _remark(f"it retires on {retires_on}")
    if left > SOON:
        return _remark(f"it retires on {retires_on}")
    if left.days < 0:
        return _remark(
            f"it retired on {retires_on}, and notes fail since",
            _bad(use),
            f"Name another model: {change}.",
        )
    return _remark(
        f"it retires on {retires_on}, and notes fail from then on",
        Grade.WARNING,
        f"Name another model before: {change}.",
    )


def _judge_sight(provider: ProviderSettings, info: "ModelInfo") -> Finding:
    from inkchat import models

    if provider.vision is not None or info.reads_pictures is None:
        sees = models.connect(provider).reads_pictures()
    else:
        sees = info.reads_pictures
    if sees:
        return _remark("reads pictures")
    return _remark(
        "reads no pictures, so it is given only what this machine reads of your handwriting",
        Grade.WARNING,
        "Name a model that reads pictures if you write by hand.",
    )


def _judge_price(provider: ProviderSettings, use: str, budget: Budget) -> Finding:
    from inkchat import models

    # A thousand tokens: above a limit some models cost more for each.
    into = models.price(provider, Usage(input_tokens=1000))
    out = models.price(provider, Usage(output_tokens=1000))
    if into is not None and out is not None:
        return _remark(f"${into * 1000:,.4g} / ${out * 1000:,.4g} a million tokens")
    if models.is_own_server(provider):
        return _remark("free, on this machine")
    if not provider.model or not limits_money(budget):
        return _remark("its price is unknown, and costs are shown as unknown")
    return _remark(
        "its price is unknown and the budget is in money, so notes wait",
        _bad(use),
        f"Write `price: {{input: 3, output: 15}}` under “{provider.name}” in config.yaml, in "
        "dollars for a million tokens, or give the budget in tokens.",
    )


def limits_money(budget: Budget) -> bool:
    allowances: tuple[Allowance, ...] = (budget.total, budget.per_user, *budget.users.values())
    return any(ceiling.usd is not None for each in allowances for ceiling in (each.day, each.month))

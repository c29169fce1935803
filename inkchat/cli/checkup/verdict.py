"""What is said of a provider that has answered with the list of its models."""

import difflib
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from inkchat.cli.checkup.finding import Finding, Grade
from inkchat.config import Allowance, Budget, ProviderName, ProviderSettings
from inkchat.domain import Usage

if TYPE_CHECKING:
    from inkchat.models import ModelInfo

SOON = timedelta(days=90)
_DATE = r"-(\d{8}|\d{4}-\d{2}-\d{2})"
"""Behind a model's name: the day of its making."""


def write_subject(name: ProviderName, use: str) -> str:
    """Such as `OpenAI (fallback)`; `use` is empty for a provider that nothing uses."""
    return f"{name} ({use})" if use else str(name)


def grade_of_use(use: str) -> Grade:
    """What is amiss with a provider that nothing uses stops no note."""
    return Grade.WRONG if use else Grade.WARNING


def judge(
    provider: ProviderSettings, use: str, listed: "list[ModelInfo]", budget: Budget
) -> Finding:
    """Put together what there is to say of a provider that answered."""
    remarks = [
        _describe_key(provider),
        *_judge_model(provider, use, listed),
        judge_price(provider, use, budget),
    ]
    worst = max((remark.grade for remark in remarks), key=list(Grade).index)
    steps = [remark.next_step for remark in remarks if remark.next_step]
    return Finding(
        worst,
        write_subject(provider.name, use),
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
            grade_of_use(use),
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
        f"model {model} is not in the server’s list, and notes wait if it does not know it",
        Grade.WARNING,
        f"Near it {'is' if len(near) == 1 else 'are'} {', '.join(near)}: {change}.",
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
            f"it retired on {retires_on}, and notes wait since",
            grade_of_use(use),
            f"Name another model: {change}.",
        )
    return _remark(
        f"it retires on {retires_on}, and notes wait from then on",
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


def judge_price(provider: ProviderSettings, use: str, budget: Budget) -> Finding:
    from inkchat import models

    # A thousand tokens: above a limit some models cost more for each.
    into = models.price(provider, Usage(input_tokens=1000))
    out = models.price(provider, Usage(output_tokens=1000))
    if into == 0 == out and models.is_own_server(provider):
        return _remark("free, on this machine")
    if into is not None and out is not None:
        return _remark(f"${into * 1000:,.4g} / ${out * 1000:,.4g} a million tokens")
    if not provider.model or not limits_money(budget):
        return _remark("its price is unknown, and costs are shown as unknown")
    return _remark(
        "its price is unknown and the budget is in money, so notes wait",
        grade_of_use(use),
        f"Write `price: {{input: 3, output: 15}}` under “{provider.name}” in config.yaml, in "
        "dollars for a million tokens, or give the budget in tokens.",
    )


def limits_money(budget: Budget) -> bool:
    allowances: tuple[Allowance, ...] = (budget.total, budget.per_user, *budget.users.values())
    return any(ceiling.usd is not None for each in allowances for ceiling in (each.day, each.month))

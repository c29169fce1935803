"""`config.yaml` and the environment, read into settings; nothing else reads either."""

import os
from collections.abc import Mapping
from pathlib import Path

from inkchat.config.devices import make_own_devices
from inkchat.config.form import AllowanceForm, BudgetForm, Parsed, parse_config
from inkchat.config.outbox_name import check_outbox_name
from inkchat.config.providers import (
    check_active_provider,
    check_provider,
    make_providers,
    warn_of_readable_keys,
)
from inkchat.config.settings import Allowance, Budget, Ceiling, Limits, ProviderName, Settings
from inkchat.config.watches import check_watches, make_watch, resolve_path
from inkchat.domain import Watch
from inkchat.errors import ConfigError

DEFAULT_CONFIG = "config.yaml"


def load_settings(
    path: Path | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Read the configuration; without `path`, `config.yaml` here, which may be absent.

    Raises ConfigError for anything that cannot be used, with the line where there is one.
    """
    file = Path(path or DEFAULT_CONFIG).absolute()
    text = read_text(file)
    if text is None and path is not None:
        raise ConfigError(
            f"There is no configuration file at {file}.", "Check the path after --config."
        )
    return parse_settings(text or "", file, environment)


def read_text(file: Path) -> str | None:
    """Exactly what the file holds; None if it is not there. Raises ConfigError."""
    try:
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The configuration file {file} cannot be read: {error}.",
            "Make it readable for this user, as UTF-8 text.",
        ) from error


def parse_settings(text: str, file: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """As `load_settings`, from the text that stands or is to stand in `file`."""
    environment = os.environ if environment is None else environment
    return _settle(parse_config(text, file), file, environment)


def _settle(parsed: Parsed, file: Path, environment: Mapping[str, str]) -> Settings:
    form, base = parsed.form, file.parent
    devices = make_own_devices(parsed)
    watches = tuple(
        make_watch(watch, base, devices, parsed.where("watch", number))
        for number, watch in enumerate(form.watch)
    )
    database = resolve_path(form.database, base, parsed.where("database"))
    check_watches(watches, database, file)
    active = check_active_provider(form.active_provider, parsed.where("active_provider"))
    fallback = tuple(
        check_provider(name, parsed.where("fallback", number), "fallback")
        for number, name in enumerate(form.fallback)
    )
    check_outbox_name(form.outbox_name, parsed.where("outbox_name"))
    _check_admins(form.admins, watches, parsed.where("admins"))
    _refuse_server(form.database, parsed.where("database"))
    return Settings(
        path=file,
        database=database,
        watches=watches,
        own_devices=devices,
        active_provider=active,
        providers=make_providers(form, environment),
        configured=tuple(ProviderName(k) for k in parsed.keys_in_order if k in list(ProviderName)),
        local_servers=tuple(url.rstrip("/") for url in form.local_servers),
        settle_seconds=form.settle_seconds,
        workers=form.workers,
        outbox_name=form.outbox_name,
        limits=Limits(**form.limits.model_dump()),
        fallback=fallback,
        budget=_make_budget(form.budget),
        memory_tokens=form.memory_tokens,
        max_messages=form.max_messages,
        max_exchanges=form.max_exchanges,
        max_conversations=form.max_conversations,
        keep_days=form.keep_days,
        admins=frozenset(form.admins),
        answer_later=form.when_offline.answer_later,
        warnings=warn_of_readable_keys(form, file),
    )


def _refuse_server(database: str, where: str) -> None:
    if "://" in database:
        raise ConfigError(
            f"{where}: “database” names a server, and this version keeps a SQLite file.",
            "Give a path, such as eink_sessions.db.",
        )


def _make_budget(form: BudgetForm) -> Budget:
    return Budget(
        total=_make_allowance(form),
        per_user=_make_allowance(form.per_user),
        users={user: _make_allowance(of_user) for user, of_user in form.users.items()},
    )


def _make_allowance(form: AllowanceForm) -> Allowance:
    return Allowance(
        day=Ceiling(form.day.usd, form.day.tokens),
        month=Ceiling(form.month.usd, form.month.tokens),
    )


def _check_admins(admins: list[str], watches: tuple[Watch, ...], where: str) -> None:
    users = sorted({watch.user for watch in watches})
    stranger = next((name for name in admins if name not in users), None)
    if stranger is not None:
        raise ConfigError(
            f"{where}: “{stranger}” is no user of any watch.", f"Users are: {', '.join(users)}."
        )

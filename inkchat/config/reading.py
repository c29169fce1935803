"""`config.yaml` and the environment, read into settings; nothing else reads either."""

import difflib
import os
import stat
import string
from collections.abc import Mapping
from pathlib import Path

from inkchat.config.devices import choose_device, make_own_devices
from inkchat.config.form import (
    AllowanceForm,
    BudgetForm,
    FileForm,
    Parsed,
    ProviderForm,
    WatchForm,
    parse_config,
)
from inkchat.config.settings import (
    AUTO,
    DEFAULT_MODELS,
    KEY_VARIABLES,
    PROVIDER_WORDS,
    Allowance,
    Api,
    Budget,
    Caching,
    Ceiling,
    Limits,
    Price,
    ProviderName,
    ProviderSettings,
    Settings,
    find_provider,
)
from inkchat.domain import ConversationPer, Device, Watch
from inkchat.errors import ConfigError

DEFAULT_CONFIG = "config.yaml"
LONGEST_NAME_BYTES = 200
LONGEST_NAME_PARTS = {"prefix": "RESPONSE", "conversation_id": "c" * 29, "number": 99999}
OUTBOX_NAME_FIELDS = ("prefix", "conversation_id", "number", "note")


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
        _make_watch(watch, base, devices, parsed.where("watch", number))
        for number, watch in enumerate(form.watch)
    )
    database = _resolve(form.database, base, parsed.where("database"))
    _check_watches(watches, database, file)
    active = _check_active_provider(form.active_provider, parsed.where("active_provider"))
    fallback = tuple(
        check_provider(name, parsed.where("fallback", number), "fallback")
        for number, name in enumerate(form.fallback)
    )
    _check_outbox_name(form.outbox_name, parsed.where("outbox_name"))
    _check_admins(form.admins, watches, parsed.where("admins"))
    if "://" in form.database:
        raise ConfigError(
            f"{parsed.where('database')}: “database” names a server, "
            "and this version keeps a SQLite file.",
            "Give a path, such as eink_sessions.db.",
        )
    return Settings(
        path=file,
        database=database,
        watches=watches,
        own_devices=devices,
        active_provider=active,
        providers={
            name: _make_provider(name, _section(form, name), environment) for name in ProviderName
        },
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
        warnings=_warn_of_readable_keys(form, file),
    )


def _section(form: FileForm, name: ProviderName) -> ProviderForm | None:
    section: ProviderForm | None = getattr(form, name.name.lower())
    return section


def _resolve(path: str, base: Path, where: str) -> Path:
    try:
        if "\0" in path:
            raise ValueError("it holds a null byte")
        # Not Path.resolve(): a symlinked inbox is to be named as the person named it.
        return Path(os.path.normpath(base / Path(path).expanduser()))
    except (ValueError, RuntimeError) as error:
        raise ConfigError(
            f"{where}: the path {path!r} cannot be used: {error}.", "Correct the path."
        ) from error


def _make_watch(form: WatchForm, base: Path, devices: Mapping[str, Device], where: str) -> Watch:
    return Watch(
        # However it is spelt: the ledger knows the notes of a watch by this name.
        name=form.name or os.path.normpath(form.inbox),
        inbox=_resolve(form.inbox, base, where),
        outbox=_resolve(form.outbox, base, where),
        user=form.user,
        device=choose_device(form, devices, where),
        provider=check_provider(form.provider, where, "provider") if form.provider else "",
        conversation_timeout_seconds=form.conversation_timeout,
        conversation_per=ConversationPer(form.conversation_per),
        recall=form.recall,
        participants=tuple(form.participants),
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


def _check_watches(watches: tuple[Watch, ...], database: Path, file: Path) -> None:
    names = [watch.name for watch in watches]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise ConfigError(
            f"{file.name}: two watches are called “{repeated}”.",
            "Give each its own inbox, or a `name:` of its own.",
        )
    for watch in watches:
        if database.resolve().is_relative_to(watch.inbox.resolve()):
            raise ConfigError(
                f"{file.name}: the database {database} lies in the inbox {watch.inbox}.",
                "Put them side by side.",
            )
        try:
            os.fspath(watch.outbox).encode("utf-8")
        except UnicodeEncodeError:
            raise ConfigError(
                f"{file.name}: the path of the outbox {watch.outbox!r} is not UTF-8.",
                "Rename the folder, or name another.",
            ) from None
        for other in watches:
            # Our own answers would come back to us as notes, paid for each time.
            if other.outbox.resolve().is_relative_to(watch.inbox.resolve()):
                raise ConfigError(
                    f"{file.name}: the outbox {other.outbox} lies in the inbox {watch.inbox}.",
                    "Put them side by side.",
                )
            if other is not watch and other.inbox.resolve().is_relative_to(watch.inbox.resolve()):
                raise ConfigError(
                    f"{file.name}: the inbox {other.inbox} lies in the inbox {watch.inbox}.",
                    "Put them side by side; folders inside an inbox are its threads.",
                )


def _check_admins(admins: list[str], watches: tuple[Watch, ...], where: str) -> None:
    users = sorted({watch.user for watch in watches})
    stranger = next((name for name in admins if name not in users), None)
    if stranger is not None:
        raise ConfigError(
            f"{where}: “{stranger}” is no user of any watch.", f"Users are: {', '.join(users)}."
        )


def _check_active_provider(name: str, where: str) -> str:
    if not name.strip() or name.strip().casefold() == AUTO:
        return AUTO
    return check_provider(name, where, "active_provider", also=(AUTO,))


def check_provider(name: str, where: str, key: str, *, also: tuple[str, ...] = ()) -> ProviderName:
    """The provider a value of `key` names; raises ConfigError with the nearest known one."""
    found = find_provider(name)
    if found is not None:
        return found
    known = [*also, *ProviderName]
    plain = name.strip().casefold()
    near = difflib.get_close_matches(plain, [*also, *PROVIDER_WORDS], n=1, cutoff=0.5)
    hint = f"Did you mean “{find_provider(near[0]) or near[0]}”? " if near else ""
    raise ConfigError(
        f"{where}: the {key} “{name}” is not known.",
        f"{hint}Known are: {', '.join(known)}.",
    )


def _check_outbox_name(pattern: str, where: str) -> None:
    """A name must tell responses apart, and must not reach beyond what it is given."""
    problem = ""
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None]
        unknown = [name for name in fields if name not in OUTBOX_NAME_FIELDS]
        missing = [name for name in OUTBOX_NAME_FIELDS[:3] if name not in fields]
        if unknown:
            problem = f"{{{unknown[0]}}} is not known"
        elif missing:
            problem = f"{{{missing[0]}}} is missing"
        else:
            problem = _find_problem(pattern.format(**LONGEST_NAME_PARTS, note=""))
    except (ValueError, IndexError, KeyError) as error:
        problem = str(error)
    if problem:
        raise ConfigError(
            f"{where}: “outbox_name” cannot be used: {problem}.",
            "Use {prefix}, {conversation_id}, {number} and, if you like, {note}.",
        )


def _find_problem(name: str) -> str:
    if "/" in name or "\0" in name:
        return "it names a folder"
    if len(name.encode()) > LONGEST_NAME_BYTES:
        return "it makes names that are too long"
    return ""


def _make_provider(
    name: ProviderName, form: ProviderForm | None, environment: Mapping[str, str]
) -> ProviderSettings:
    form = form or ProviderForm()
    variable = form.api_key_env or KEY_VARIABLES.get(name)
    key, source = form.api_key, "api_key in config.yaml"
    if not key:
        key = environment.get(variable) if variable else None
        source = f"the variable {variable}" if variable else ""
    defaults = _PROVIDER_DEFAULTS.get(name) or ProviderSettings(name)
    price = form.price
    return ProviderSettings(
        name=name,
        api_key=key or None,
        key_source=source,
        base_url=form.base_url.strip().rstrip("/") if form.base_url else None,
        model=_pick_model(name, form),
        system_prompt=form.system_prompt or defaults.system_prompt,
        temperature=form.temperature,
        max_output_tokens=form.max_output_tokens or defaults.max_output_tokens,
        timeout_seconds=form.timeout_seconds or defaults.timeout_seconds,
        stall_seconds=form.stall_seconds or defaults.stall_seconds,
        image_long_edge_px=form.image_long_edge_px or defaults.image_long_edge_px,
        api=Api(form.api) if form.api else None,
        cache=Caching(form.cache or Caching.AUTO),
        context_tokens=form.context_tokens,
        vision=form.vision,
        num_ctx=form.num_ctx,
        price=Price(price.input, price.output, price.cached) if price else None,
    )


_PROVIDER_DEFAULTS = {
    # Small models on small machines: a window of 36,000 tokens would not fit beside the model,
    # and pictures beyond this size are scaled down by the server anyway.
    ProviderName.OLLAMA: ProviderSettings(
        ProviderName.OLLAMA, max_output_tokens=4096, image_long_edge_px=1344
    ),
    # Its models think for minutes before the first word, and send nothing meanwhile.
    ProviderName.GROK: ProviderSettings(
        ProviderName.GROK, timeout_seconds=3600.0, stall_seconds=600.0
    ),
}


def _pick_model(name: ProviderName, form: ProviderForm) -> str | None:
    # Other programs write `ollama_model` into every section.
    own = form.ollama_model if name is ProviderName.OLLAMA else None
    return own or form.model or DEFAULT_MODELS.get(name)


def _warn_of_readable_keys(form: FileForm, file: Path) -> tuple[str, ...]:
    sections = [(name, _section(form, name)) for name in ProviderName]
    if not any(section and section.api_key for _, section in sections):
        return ()
    if file.exists() and file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return (
            f"{file.name} holds an api_key and can be read by other users: "
            f"run `chmod 600 {file.name}`, or name a variable with api_key_env instead.",
        )
    return ()

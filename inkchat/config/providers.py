"""The providers of `config.yaml`: which one a name means, and what is set for each."""

import difflib
import stat
from collections.abc import Mapping
from pathlib import Path

from inkchat.config.form import FileForm, ProviderForm
from inkchat.config.settings import (
    AUTO,
    DEFAULT_MODELS,
    KEY_VARIABLES,
    PROVIDER_WORDS,
    Api,
    Caching,
    Price,
    ProviderName,
    ProviderSettings,
    find_provider,
)
from inkchat.errors import ConfigError


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


def check_active_provider(name: str, where: str) -> str:
    """As `check_provider`; without a name it is `AUTO`, which means the first that can answer."""
    if not name.strip() or name.strip().casefold() == AUTO:
        return AUTO
    return check_provider(name, where, "active_provider", also=(AUTO,))


def make_providers(
    form: FileForm, environment: Mapping[str, str]
) -> dict[ProviderName, ProviderSettings]:
    """All that inkchat knows: what stands in the section of each, and defaults for the rest."""
    return {
        name: _make_provider(name, _get_section(form, name), environment) for name in ProviderName
    }


def _make_provider(
    name: ProviderName, form: ProviderForm | None, environment: Mapping[str, str]
) -> ProviderSettings:
    form = form or ProviderForm()
    key, source = _find_key(name, form, environment)
    defaults = _PROVIDER_DEFAULTS.get(name) or ProviderSettings(name)
    price = form.price
    return ProviderSettings(
        name=name,
        api_key=key,
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


def _find_key(
    name: ProviderName, form: ProviderForm, environment: Mapping[str, str]
) -> tuple[str | None, str]:
    """The key of its API, and where it stands, or would stand."""
    if form.api_key:
        return form.api_key, "api_key in config.yaml"
    variable = form.api_key_env or KEY_VARIABLES.get(name)
    if not variable:
        return None, ""
    return environment.get(variable) or None, f"the variable {variable}"


def _pick_model(name: ProviderName, form: ProviderForm) -> str | None:
    # Other programs write `ollama_model` into every section.
    own = form.ollama_model if name is ProviderName.OLLAMA else None
    return own or form.model or DEFAULT_MODELS.get(name)


def warn_of_readable_keys(form: FileForm, file: Path) -> tuple[str, ...]:
    """A sentence, if the file has a key in it and others than its owner may read it."""
    sections = [(name, _get_section(form, name)) for name in ProviderName]
    if not any(section and section.api_key for _, section in sections):
        return ()
    if file.exists() and file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return (
            f"{file.name} holds an api_key and can be read by other users: "
            f"run `chmod 600 {file.name}`, or name a variable with api_key_env instead.",
        )
    return ()


def _get_section(form: FileForm, name: ProviderName) -> ProviderForm | None:
    section: ProviderForm | None = getattr(form, name.name.lower())
    return section

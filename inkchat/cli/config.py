"""`inkchat config`: one value of config.yaml read or changed, or all that is in force."""

import difflib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say
from inkchat.errors import ConfigError, NotConfigured

if TYPE_CHECKING:
    from inkchat.config import ProviderSettings, Settings
    from inkchat.config.editing import KeyPath


@click.group()
@common_options
def config() -> None:
    """Read or change config.yaml."""


@config.command("set", context_settings={"ignore_unknown_options": True})
@click.argument("key")
@click.argument("value")
@common_options
def set_key(key: str, value: str) -> None:
    """Set KEY to VALUE in config.yaml, and leave everything else in it as it is.

    \b
      inkchat config set active_provider claude
      inkchat config set claude.model claude-sonnet-5-5
      inkchat config set budget.day.usd 2
      inkchat config set fallback "[OpenAI, Ollama]"
      inkchat config set admins ada
      inkchat config set watch.0.provider "Google Gemini"

    VALUE is read as YAML; `null` brings back the default. What cannot be used is refused, and
    the file stays as it was.
    """
    from inkchat.config.changing import change_value
    from inkchat.config.editing import split_key
    from inkchat.config.effective import hide_keys

    change = change_value(get_common().config, key, value, check=_check_addresses)
    keys = split_key(key)
    shown = hide_keys(keys, change.value)
    if get_common().as_json:
        result = {"key": change.key, "value": shown, "file": str(change.file)}
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        say(f"{change.key}: {_write(shown)}  ({change.file})")
    if shown != change.value:
        click.echo(
            f"Warning: The key stands in {change.file.name} now, and perhaps in your shell’s "
            "history; a variable of the environment, named by api_key_env, is safer.",
            err=True,
        )
    _warn(change.settings)
    if keys[-1] == "provider" or keys[0] in ("active_provider", "fallback"):
        _warn_of_missing_keys(change.settings)


@config.command("get")
@click.argument("key")
@common_options
def get_key(key: str) -> None:
    """Print the value of KEY that is in force, be it in the file or a default.

    Keys of APIs are never printed.
    """
    from inkchat.config.editing import split_key
    from inkchat.config.effective import find_value

    settings = _load()
    try:
        value = find_value(_describe(settings), split_key(key))
    except KeyError as error:
        part, known = error.args
        near = difflib.get_close_matches(str(part), known, n=1, cutoff=0.5)
        raise ConfigError(
            f"The key “{key}” is not known.",
            f"Did you mean “{near[0]}”?" if near else "`inkchat config show` prints all.",
        ) from error
    say(json.dumps(value, ensure_ascii=False) if get_common().as_json else _write(value))


@config.command("show")
@common_options
def show_all() -> None:
    """Print everything that is in force, defaults included, without the keys of APIs."""
    settings = _load()
    tree = _describe(settings)
    if get_common().as_json:
        click.echo(json.dumps(tree, indent=2, ensure_ascii=False))
    else:
        say(_write(tree))
        _warn(settings)


def _check_addresses(settings: "Settings", keys: "KeyPath") -> None:
    """Raises ConfigError if an address among what is to be changed cannot be used."""
    from inkchat.config import ProviderName
    from inkchat.models.addresses import is_web_address

    if keys[0] in list(ProviderName) and (len(keys) == 1 or keys[1] == "base_url"):
        _check_address(settings.providers[ProviderName(keys[0])])
    if keys[0] == "local_servers":
        for url in settings.local_servers:
            if not is_web_address(url):
                raise ConfigError(
                    f"“{url}” among the local_servers is not a web address.",
                    "Write it like http://127.0.0.1:8080/v1.",
                )


def _check_address(provider: "ProviderSettings") -> None:
    from inkchat import models

    if not provider.base_url:
        return
    try:
        # Connecting asks nobody; a key or a model that is still to be set must not be in the way.
        models.connect(replace(provider, api_key="none", model="none"))
    except NotConfigured as error:
        raise ConfigError(error.what_happened, error.next_step) from error


def _load() -> "Settings":
    from inkchat.config import load_settings

    return load_settings(get_common().config)


def _describe(settings: "Settings") -> dict[str, Any]:
    from inkchat.config.effective import describe_settings

    return describe_settings(settings)


def _write(value: Any) -> str:
    from inkchat.config.effective import write_value

    return write_value(value)


def _warn(settings: "Settings") -> None:
    for warning in settings.warnings:
        click.echo(f"Warning: {warning}", err=True)


def _warn_of_missing_keys(settings: "Settings") -> None:
    from inkchat.config import find_provider

    words = (settings.active_provider, *settings.fallback, *(w.provider for w in settings.watches))
    for name in dict.fromkeys(map(find_provider, words)):
        source = settings.providers[name].key_source if name else ""
        if name and source and not settings.providers[name].api_key:
            click.echo(
                f"Warning: {name} needs a key, and {source} is not set here; "
                "`inkchat doctor` tells more.",
                err=True,
            )

"""`inkchat config`: one value of config.yaml read or changed, or all that is in force."""

import difflib
import json
from typing import TYPE_CHECKING, Any

import click

from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say
from inkchat.errors import ConfigError

if TYPE_CHECKING:
    from inkchat.config import Settings


@click.group()
@common_options
def config() -> None:
    """Read or change config.yaml."""


@config.command("set")
@click.argument("key")
@click.argument("value")
@common_options
def set_key(key: str, value: str) -> None:
    """Set KEY to VALUE in config.yaml, and leave everything else in it as it is.

    \b
      inkchat config set active_provider claude
      inkchat config set OpenAI.model gpt-6.1-terra
      inkchat config set budget.day.usd 2
      inkchat config set fallback "[OpenAI, Ollama]"
      inkchat config set watch.0.provider "Google Gemini"

    VALUE is read as YAML; `null` brings back the default. What cannot be used is refused, and
    the file stays as it was.
    """
    from inkchat.config.changing import change_value

    change = change_value(get_common().config, key, value)
    is_secret = key.split(".")[-1] == "api_key"
    shown = "(hidden)" if is_secret else change.value
    if get_common().as_json:
        result = {"key": key, "value": shown, "file": str(change.file)}
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        say(f"{key}: {_write(shown)}  ({change.file})")
    if is_secret:
        click.echo(
            f"Warning: The key stands in {change.file.name} now, and perhaps in your shell’s "
            "history; a variable of the environment, named by api_key_env, is safer.",
            err=True,
        )
    _warn(change.settings)
    if key.split(".")[-1] == "provider" or key.split(".")[0] in ("active_provider", "fallback"):
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
    from inkchat.config import KEY_VARIABLES, find_provider

    words = (settings.active_provider, *settings.fallback, *(w.provider for w in settings.watches))
    for name in dict.fromkeys(map(find_provider, words)):
        if name in KEY_VARIABLES and not settings.providers[name].api_key:
            source = settings.providers[name].key_source
            click.echo(
                f"Warning: {name} needs a key, and {source} is not set here; "
                "`inkchat doctor` tells more.",
                err=True,
            )

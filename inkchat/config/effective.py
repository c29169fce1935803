"""The settings in force as a tree of the file's own keys, without any key of an API."""

from dataclasses import asdict
from typing import Any

import yaml

from inkchat.config.devices import describe_device
from inkchat.config.editing import KeyPath
from inkchat.config.settings import (
    KEY_VARIABLES,
    Allowance,
    ProviderName,
    ProviderSettings,
    Settings,
)
from inkchat.domain import Watch

HIDDEN = "(hidden)"
"""Stands for a key of an API."""


def describe_settings(settings: Settings) -> dict[str, Any]:
    """All keys with the values in force, paths absolute, ready to be written as YAML or JSON."""
    budget = settings.budget
    return {
        "database": str(settings.database),
        "watch": [_describe_watch(watch) for watch in settings.watches],
        "devices": {
            name: {
                "width_px": device.width_px,
                "height_px": device.height_px,
                **describe_device(device),
            }
            for name, device in settings.own_devices.items()
        },
        "active_provider": str(settings.active_provider),
        "fallback": [name.value for name in settings.fallback],
        **{name.value: _describe_provider(settings.providers[name]) for name in ProviderName},
        "offline": {"answer_later": settings.answer_later},
        "budget": {
            **_describe_allowance(budget.total),
            "per_user": _describe_allowance(budget.per_user),
            "users": {user: _describe_allowance(each) for user, each in budget.users.items()},
        },
        "memory_tokens": settings.memory_tokens,
        "max_messages": settings.max_messages,
        "max_exchanges": settings.max_exchanges,
        "max_conversations": settings.max_conversations,
        "keep_days": settings.keep_days,
        "admins": sorted(settings.admins),
        "local_servers": list(settings.local_servers),
        "settle_seconds": settings.settle_seconds,
        "workers": settings.workers,
        "outbox_name": settings.outbox_name,
        "limits": asdict(settings.limits),
    }


def hide_keys(keys: KeyPath, value: Any) -> Any:
    """What may be shown of a value that was set at `keys`."""
    if isinstance(value, dict):
        return {key: hide_keys((key,), each) for key, each in value.items()}
    return HIDDEN if value and keys[-1] == "api_key" else value


def write_value(value: Any) -> str:
    """A text as it is, all else as YAML."""
    if isinstance(value, str):
        return value
    written = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=100)
    return written.removesuffix("...\n").rstrip("\n")


def find_value(tree: Any, keys: KeyPath) -> Any:
    """The value at `keys`; raises KeyError with the part that is not there, and what is."""
    for key in keys:
        known = list(tree) if isinstance(tree, dict) else []
        if key not in known and not (isinstance(tree, list) and key in range(len(tree))):
            raise KeyError(key, known)
        tree = tree[key]
    return tree


def _describe_watch(watch: Watch) -> dict[str, Any]:
    return {
        "inbox": str(watch.inbox),
        "outbox": str(watch.outbox),
        "user": watch.user,
        "device": watch.device.name,
        "hand": watch.device.hand.value,
        "toolbar": watch.device.toolbar.value,
        "ruling": watch.device.ruling.value,
        "hyphenation": watch.device.hyphenates,
        "name": watch.name,
        "provider": str(watch.provider) or None,
        "conversation_timeout": watch.conversation_timeout_seconds,
        "conversation_per": watch.conversation_per.value,
        "recall": watch.recall,
        "participants": list(watch.participants),
    }


def _describe_provider(settings: ProviderSettings) -> dict[str, Any]:
    variable = settings.key_source.removeprefix("the variable ")
    is_from_file = variable == settings.key_source
    if settings.name is ProviderName.OFFLINE:
        return {}
    price = settings.price
    own: dict[str, Any] = (
        {"ollama_model": settings.model, "num_ctx": settings.num_ctx}
        if settings.name is ProviderName.OLLAMA
        else {}
    )
    return {
        "api_key_env": KEY_VARIABLES.get(settings.name) if is_from_file else variable,
        "api_key": HIDDEN if settings.api_key and is_from_file else None,
        "base_url": settings.base_url,
        "model": settings.model,
        **own,
        "system_prompt": settings.system_prompt,
        "temperature": settings.temperature,
        "max_output_tokens": settings.max_output_tokens,
        "timeout_seconds": settings.timeout_seconds,
        "stall_seconds": settings.stall_seconds,
        "image_long_edge_px": settings.image_long_edge_px,
        "api": settings.api.value if settings.api else None,
        "cache": settings.cache.value,
        "context_tokens": settings.context_tokens,
        "vision": settings.vision,
        "price": {
            "input": price.input_usd,
            "output": price.output_usd,
            "cached": price.cached_usd,
        }
        if price
        else None,
    }


def _describe_allowance(allowance: Allowance) -> dict[str, Any]:
    return asdict(allowance)

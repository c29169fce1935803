"""`config.yaml` and the environment, read once into frozen settings.

The only reader of either. A mistake is reported with its line, and an unknown key with the
nearest known one; an empty file is a good configuration.
"""

from inkchat.config.reading import load_settings
from inkchat.config.settings import (
    AUTO,
    KEY_VARIABLES,
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
from inkchat.config.source import SettingsSource
from inkchat.config.thread import THREAD_FILE, read_thread_provider

__all__ = [
    "AUTO",
    "KEY_VARIABLES",
    "THREAD_FILE",
    "Allowance",
    "Api",
    "Budget",
    "Caching",
    "Ceiling",
    "Limits",
    "Price",
    "ProviderName",
    "ProviderSettings",
    "Settings",
    "SettingsSource",
    "find_provider",
    "load_settings",
    "read_thread_provider",
]

"""`config.yaml` and the environment, read once into frozen settings.

The only reader of either. A mistake is reported with its line, and an unknown key with the
nearest known one; an empty file is a good configuration.
"""

from inkchat.config.reading import load_settings
from inkchat.config.settings import (
    AUTO,
    KEY_VARIABLES,
    Limits,
    ProviderName,
    ProviderSettings,
    Settings,
)
from inkchat.config.source import SettingsSource

__all__ = [
    "AUTO",
    "KEY_VARIABLES",
    "Limits",
    "ProviderName",
    "ProviderSettings",
    "Settings",
    "SettingsSource",
    "load_settings",
]

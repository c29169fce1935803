"""What the person configured, as frozen values; the rest of inkchat knows only these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from inkchat.domain import Watch


class ProviderName(StrEnum):
    """Display names: they head the sections of config.yaml and stand on the pages."""

    ANTHROPIC = "Anthropic Claude"
    OPENAI = "OpenAI"
    COMPATIBLE = "OpenAI Compatible"
    OFFLINE = "Offline"


AUTO = "auto"

KEY_VARIABLES = {
    ProviderName.ANTHROPIC: "ANTHROPIC_API_KEY",
    ProviderName.OPENAI: "OPENAI_API_KEY",
}
"""Where a provider's key is looked for when its section names neither key nor variable."""

DEFAULT_MODELS = {
    # The middle of each vendor's current range, by the names in their SDKs' own model lists.
    ProviderName.ANTHROPIC: "claude-sonnet-5-5",
    ProviderName.OPENAI: "gpt-6.1-terra",
}


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """How to reach one provider."""

    name: ProviderName
    api_key: str | None = field(default=None, repr=False)
    key_source: str = ""
    """Where the key came from or is missing from, such as `the variable OPENAI_API_KEY`."""
    base_url: str | None = None
    """None means the vendor's own."""
    model: str | None = None
    """None means: ask the server which one it has."""
    system_prompt: str = "You are a helpful assistant."
    temperature: float | None = None
    """None means: not sent."""
    max_output_tokens: int = 16_000
    timeout_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one note may cost to open."""

    max_pages: int = 40
    max_file_mb: float = 100.0
    max_picture_megapixels: float = 60.0
    """Pillow's own ceiling is 89; a 48-megapixel phone photo passes."""
    memory_mb: int = 1024
    processor_seconds: int = 10
    wall_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the person configured, with the defaults filled in and paths made absolute."""

    path: Path
    """Of config.yaml, whether it exists or not."""
    database: Path
    watches: tuple[Watch, ...]
    active_provider: str
    """`auto` or a `ProviderName`."""
    providers: Mapping[ProviderName, ProviderSettings]
    configured: tuple[ProviderName, ...]
    """Providers with a section in the file, in its order."""
    local_servers: tuple[str, ...]
    """OpenAI-compatible base URLs that `auto` asks whether somebody is there."""
    settle_seconds: float
    workers: int
    outbox_name: str
    limits: Limits
    warnings: tuple[str, ...]
    """What works but should be mended."""

    @property
    def private_folder(self) -> Path:
        """Where copies, pictures and pristine responses are kept."""
        return self.database.parent / ".inkchat"

    def watch(self, name: str) -> Watch | None:
        return next((watch for watch in self.watches if watch.name == name), None)

"""What the person configured, as frozen values; the rest of inkchat knows only these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from inkchat.domain import Device, Watch


class ProviderName(StrEnum):
    """Display names: they head the sections of config.yaml and stand on the pages."""

    ANTHROPIC = "Anthropic Claude"
    OPENAI = "OpenAI"
    GEMINI = "Google Gemini"
    GROK = "xAI Grok"
    COMPATIBLE = "OpenAI Compatible"
    OLLAMA = "Ollama"
    OFFLINE = "Offline"


AUTO = "auto"

KEY_VARIABLES = {
    ProviderName.ANTHROPIC: "ANTHROPIC_API_KEY",
    ProviderName.OPENAI: "OPENAI_API_KEY",
    ProviderName.GEMINI: "GEMINI_API_KEY",
    ProviderName.GROK: "XAI_API_KEY",
}
"""Where a provider's key is looked for when its section names neither key nor variable."""

DEFAULT_MODELS = {
    # The middle of each vendor's current range, by the names in their SDKs' own model lists and,
    # where there is no SDK, in the table of prices.
    ProviderName.ANTHROPIC: "claude-sonnet-5-5",
    ProviderName.OPENAI: "gpt-6.1-terra",
    ProviderName.GEMINI: "gemini-3.8-flash",
    ProviderName.GROK: "grok-4.7",
    ProviderName.OLLAMA: "llama3.1:latest",
}

_SHORT_NAMES = {
    "claude": ProviderName.ANTHROPIC,
    "anthropic": ProviderName.ANTHROPIC,
    "gpt": ProviderName.OPENAI,
    "chatgpt": ProviderName.OPENAI,
    "gemini": ProviderName.GEMINI,
    "google": ProviderName.GEMINI,
    "grok": ProviderName.GROK,
    "xai": ProviderName.GROK,
    "compatible": ProviderName.COMPATIBLE,
}
_FULL_NAMES = {name.casefold(): name for name in ProviderName}
PROVIDER_WORDS = (*_FULL_NAMES, *_SHORT_NAMES)
"""All that `find_provider` knows, in lower case."""


def find_provider(text: str) -> ProviderName | None:
    """The provider a person means by `text`: its display name or a short one, in any case."""
    plain = " ".join(text.split()).casefold()
    return _FULL_NAMES.get(plain) or _SHORT_NAMES.get(plain)


class Api(StrEnum):
    """The two forms in which OpenAI and those who speak like it can be asked."""

    RESPONSES = "responses"
    CHAT = "chat"


class Caching(StrEnum):
    """When a vendor is asked to keep the beginning of a prompt for the next note."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens."""

    input_usd: float
    output_usd: float
    cached_usd: float | None = None
    """For input read from the vendor's cache; None means: as other input."""


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
    """For the whole call."""
    stall_seconds: float = 120.0
    """For one silence within a stream that has begun."""
    image_long_edge_px: int = 1568
    api: Api | None = None
    """None means: as is usual for this provider."""
    cache: Caching = Caching.AUTO
    context_tokens: int | None = None
    """The model's window; None means: what is known of the model."""
    vision: bool | None = None
    """Whether the model reads pictures; None means: ask the server if it tells, else yes."""
    num_ctx: int | None = None
    """Ollama's window for one request; None means: as large as the request needs."""
    price: Price | None = None
    """None means: what is known of the model."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What may be spent in one period; None means: without limit."""

    usd: float | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be spent in a day and in a month, by this machine's calendar."""

    day: Ceiling = Ceiling()
    month: Ceiling = Ceiling()


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent in all, and by each user."""

    total: Allowance = Allowance()
    per_user: Allowance = Allowance()
    users: Mapping[str, Allowance] = field(default_factory=dict)
    """In the place of `per_user`, by user."""

    def of(self, user: str) -> Allowance:
        return self.users.get(user, self.per_user)


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
    own_devices: Mapping[str, Device]
    """Tablets that the person described, by name."""
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
    fallback: tuple[ProviderName, ...]
    """Who is asked, in this order, when the active provider is down."""
    budget: Budget
    memory_tokens: int
    """How much of earlier exchanges is told word for word, estimated."""
    max_messages: int | None
    """How many of the newest messages, notes and answers, are told word for word at most."""
    max_exchanges: int | None
    """Of one conversation; None means: without end."""
    max_conversations: int | None
    """Active ones of one user; beyond that the oldest idle one ends."""
    keep_days: int | None
    """After so many days without a note a conversation is removed for good; None means: never."""
    admins: frozenset[str]
    """Users who may list everybody's conversations."""
    answer_later: bool
    """Whether notes that only Offline answered are given to a model as soon as there is one."""
    warnings: tuple[str, ...]
    """What works but should be mended."""

    @property
    def private_folder(self) -> Path:
        """Where copies, pictures and pristine responses are kept."""
        return self.database.parent / ".inkchat"

    def watch(self, name: str) -> Watch | None:
        return next((watch for watch in self.watches if watch.name == name), None)

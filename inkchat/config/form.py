"""The form of `config.yaml`: its keys, their types and their bounds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from inkchat.config.mapping import find_place, load_mapping
from inkchat.config.mistakes import explain_mistake, list_keys
from inkchat.config.settings import AUTO, Limits, find_provider
from inkchat.devices import DEFAULT_DEVICE


class _Form(BaseModel):
    """A mapping in the file: unknown keys are refused, texts are not made into numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    empty: ClassVar[tuple[str | None, ...]] = (None,)
    """A known key with one of these is as good as left out, as under a heading alone."""

    @model_validator(mode="before")
    @classmethod
    def leave_out_empty(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = list_keys(cls)
        return {k: v for k, v in data.items() if k not in known or v not in cls.empty}


def _write_switch(value: Any) -> Any:
    """YAML reads “on” and “off” as truth values."""
    return ("on" if value else "off") if isinstance(value, bool) else value


def _refuse_truth(value: Any) -> Any:
    """Else “true” would be the number 1."""
    if isinstance(value, bool):
        raise ValueError("a number")
    return value


def _read_none(value: Any) -> Any:
    """YAML reads “no” and “off” as a truth value, and means that there is none."""
    return "none" if value is False else value


_Count = Annotated[int, Field(ge=1)]
_Number = Annotated[float, Field(strict=False, allow_inf_nan=False), BeforeValidator(_refuse_truth)]
_Amount = Annotated[_Number, Field(gt=0)]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
_Side = Annotated[Literal["left", "right", "top", "none"], BeforeValidator(_read_none)]
_Ruling = Literal["lines", "dots", "grid", "blank"]
_Price = Annotated[_Number, Field(ge=0)]


class WatchForm(_Form):
    inbox: str = "inbox"
    outbox: str = "outbox"
    user: str = "me"
    device: str = DEFAULT_DEVICE
    hand: Literal["left", "right"] = "right"
    toolbar: _Side | None = None
    ruling: _Ruling | None = None
    hyphenation: bool = False
    name: str | None = None
    provider: str | None = None
    conversation_timeout: _Amount | None = None
    conversation_per: Literal["document", "page"] = "document"
    recall: bool = False
    participants: list[_Name] = []


class DeviceForm(_Form):
    """A tablet of the person's own; what is left out is as in `like`."""

    like: str | None = None
    width_px: Annotated[int, Field(ge=1, le=20_000)] | None = None
    height_px: Annotated[int, Field(ge=1, le=20_000)] | None = None
    dpi: Annotated[int, Field(ge=60, le=600)] | None = None
    colour: bool | None = None
    grey: bool | None = None
    toolbar: _Side | None = None
    toolbar_depth_pt: Annotated[_Number, Field(ge=0, le=100)] | None = None
    smallest_pt: Annotated[_Number, Field(ge=5, le=9)] | None = None
    ruling: _Ruling | None = None


class ThreadForm(_Form):
    """`inkchat.yaml` in a thread's folder."""

    provider: str | None = None


class PriceForm(_Form):
    input: _Price
    output: _Price
    cached: _Price | None = None


class ProviderForm(_Form):
    empty = (None, "")

    api_key_env: str | None = None
    api_key: str | None = None
    base_url: str | None = None
    model: str | None = None
    ollama_model: str | None = None
    num_ctx: Annotated[int, Field(ge=1024)] | None = None
    system_prompt: str | None = None
    temperature: Annotated[_Number, Field(ge=0, le=2)] | None = None
    max_output_tokens: Annotated[int, Field(ge=256)] | None = None
    timeout_seconds: _Amount | None = None
    stall_seconds: _Amount | None = None
    image_long_edge_px: Annotated[int, Field(ge=512, le=2576)] | None = None
    api: Literal["responses", "chat"] | None = None
    cache: Annotated[Literal["auto", "on", "off"], BeforeValidator(_write_switch)] | None = None
    context_tokens: Annotated[int, Field(ge=2048)] | None = None
    vision: bool | None = None
    price: PriceForm | None = None


class CeilingForm(_Form):
    usd: _Amount | None = None
    tokens: _Count | None = None


class AllowanceForm(_Form):
    day: CeilingForm = CeilingForm()
    month: CeilingForm = CeilingForm()


class BudgetForm(AllowanceForm):
    per_user: AllowanceForm = AllowanceForm()
    users: dict[str, AllowanceForm] = {}


class OfflineForm(_Form):
    answer_later: bool = False


_LIMITS = Limits()


class LimitsForm(_Form):
    max_pages: _Count = _LIMITS.max_pages
    max_file_mb: _Amount = _LIMITS.max_file_mb
    max_picture_megapixels: _Amount = _LIMITS.max_picture_megapixels
    memory_mb: Annotated[int, Field(ge=256)] = _LIMITS.memory_mb
    processor_seconds: _Count = _LIMITS.processor_seconds
    wall_seconds: _Amount = _LIMITS.wall_seconds


class FileForm(_Form):
    database: str = "eink_sessions.db"
    watch: Annotated[list[WatchForm], Field(min_length=1)] = [WatchForm()]
    devices: dict[str, DeviceForm] = {}
    active_provider: str = AUTO
    anthropic: ProviderForm | None = Field(None, alias="Anthropic Claude")
    openai: ProviderForm | None = Field(None, alias="OpenAI")
    gemini: ProviderForm | None = Field(None, alias="Google Gemini")
    grok: ProviderForm | None = Field(None, alias="xAI Grok")
    compatible: ProviderForm | None = Field(None, alias="OpenAI Compatible")
    ollama: ProviderForm | None = Field(None, alias="Ollama")
    offline: ProviderForm | None = Field(None, alias="Offline")
    when_offline: OfflineForm = Field(OfflineForm(), alias="offline")
    fallback: list[str] = []
    budget: BudgetForm = BudgetForm()
    memory_tokens: Annotated[int, Field(ge=500, le=1_000_000)] = 3000
    max_messages: Annotated[int, Field(ge=2)] | None = None
    max_exchanges: _Count | None = None
    max_conversations: _Count | None = None
    keep_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    admins: list[str] = []
    local_servers: list[str] = [
        "http://127.0.0.1:11434/v1",  # Ollama
        "http://127.0.0.1:1234/v1",  # LM Studio
        "http://127.0.0.1:8080/v1",  # llama-server
    ]
    settle_seconds: Annotated[_Number, Field(ge=0.05, le=3600)] = 1.0
    workers: Annotated[int, Field(ge=1, le=64)] = 4
    outbox_name: str = "{prefix}_{conversation_id}_ex{number:03d}"
    limits: LimitsForm = LimitsForm()


def find_section(key: str) -> str:
    """A key of the top level; for another name of a provider, the section that is meant."""
    named = None if key in list_keys(FileForm) else find_provider(key)
    return named.value if named else key


def parse_config(text: str, file: Path) -> "Parsed":
    """Raises ConfigError with the line of the first mistake, and the nearest known key."""
    data, node = load_mapping(text, file)
    try:
        return Parsed(FileForm.model_validate(data), tuple(data), file, node)
    except ValidationError as error:
        raise explain_mistake(error, node, file, FileForm) from error


def parse_thread(text: str, file: Path) -> ThreadForm:
    """As `parse_config`, for the small file in a thread's folder."""
    data, node = load_mapping(text, file)
    try:
        return ThreadForm.model_validate(data)
    except ValidationError as error:
        raise explain_mistake(error, node, file, ThreadForm) from error


@dataclass(frozen=True, slots=True)
class Parsed:
    """What the file says, and where in it."""

    form: FileForm
    keys_in_order: tuple[str, ...]
    file: Path
    node: yaml.Node | None

    def where(self, *location: int | str) -> str:
        """Such as `config.yaml, line 3`; without a line for what does not stand in the file."""
        return find_place(self.node, location, self.file)

"""What comes of asking."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

OnText = Callable[[str], None]
"""Is called with each further piece of the answer's text as it arrives."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; `input_tokens` includes both kinds of cached ones."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    """Read from the vendor's cache."""
    cache_written_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens


class Stop(StrEnum):
    """Why the model stopped; a refusal is an error and not here."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the note read and answered."""

    title: str
    transcript: str
    """What was read from the note, Markdown or plain."""
    answer: str
    """Markdown."""
    language: str
    """BCP 47 tag of the answer, such as `en` or `pt-BR`; empty if not told."""
    provider: str
    """Display name, such as `Anthropic Claude`."""
    model: str
    """As the provider named it in its reply; empty for Offline."""
    usage: Usage = Usage()
    stop: Stop = Stop.COMPLETE
    request_id: str = ""
    remarks: tuple[str, ...] = ()
    """Sentences of ours, not the model's, that the person should read before the answer."""
    cost_usd: float | None = None
    """None where no price is known."""
    first_token_seconds: float | None = None
    """From sending the request to the first piece of text; None where nothing was streamed."""

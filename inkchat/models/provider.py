"""The one seam to every model: a request goes in, a reply comes out."""

from dataclasses import dataclass
from typing import Protocol

from inkchat.config import ProviderName
from inkchat.domain import OnText, Reply, Request


class Provider(Protocol):
    """A connected model; all of it may be called from several threads at once."""

    name: ProviderName
    model: str
    """As configured; empty for Offline."""

    def complete(self, request: Request, on_text: OnText) -> Reply:
        """Ask once, and wait for the whole reply. Raises ProviderError."""
        ...

    def reads_pictures(self) -> bool:
        """Whether pictures may be sent; asks the server at most once, and raises nothing."""
        ...


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a vendor tells about one of its models; None is for what it does not tell."""

    id: str
    retires_on: str | None = None
    """A date, such as `2027-02-01`."""
    context_tokens: int | None = None
    reads_pictures: bool | None = None


class Catalogued(Provider, Protocol):
    """A provider that can also tell which models it has."""

    def list_models(self) -> list[ModelInfo]:
        """All models that this key may ask, at no cost. Raises ProviderError."""
        ...

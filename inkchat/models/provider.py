"""The one seam to every model: a request goes in, a reply comes out."""

from typing import Protocol

from inkchat.config import ProviderName
from inkchat.domain import OnText, Reply, Request


class Provider(Protocol):
    """A connected model; `complete` may be called from several threads at once."""

    name: ProviderName
    model: str
    """As configured; empty for Offline."""

    def complete(self, request: Request, on_text: OnText) -> Reply:
        """Ask once, and wait for the whole reply. Raises ProviderError."""
        ...

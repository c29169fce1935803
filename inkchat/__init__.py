"""Handwritten notes in, answers on e-ink paper out."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inkchat.sending import Sent, send
    from inkchat.store import ConversationState, Exchange, SessionManager

__all__ = ["ConversationState", "Exchange", "Sent", "SessionManager", "__version__", "send"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    # Loaded on first use: `inkchat --help` must not wait for SQLAlchemy.
    if name in ("Sent", "send"):
        from inkchat import sending

        return getattr(sending, name)
    if name in __all__:
        from inkchat import store

        return getattr(store, name)
    raise AttributeError(f"module 'inkchat' has no attribute {name!r}")

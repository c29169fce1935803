"""The answer as it grows, but for a beginning that may only name another provider."""

from inkchat.domain import OnText

_NAMING = "provider"


class HoldingBack:
    """Passes pieces on as soon as they can no longer be the line “provider: …”."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._held = ""
        self._is_open = False

    def add(self, piece: str) -> None:
        if self._is_open:
            self._on_text(piece)
            return
        self._held += piece
        begun = self._held.lstrip().casefold()[: len(_NAMING)]
        if not _NAMING.startswith(begun):
            self.finish()

    def finish(self) -> None:
        """What is held is part of the answer after all."""
        held, self._held, self._is_open = self._held, "", True
        if held:
            self._on_text(held)

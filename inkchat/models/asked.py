"""Who was asked, for the sentences that tell what went wrong."""

from dataclasses import dataclass

from inkchat.config import ProviderName, ProviderSettings
from inkchat.domain import Request


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked and what must not be repeated."""

    settings: ProviderSettings
    address: str
    """Base URL."""
    private_texts: tuple[str, ...]

    @classmethod
    def nothing(cls, settings: ProviderSettings, address: str) -> "Asked":
        """For questions that hold nothing of anybody's, such as which models there are."""
        return cls(settings, address, ())

    @classmethod
    def of(cls, settings: ProviderSettings, address: str, request: Request) -> "Asked":
        return cls(
            settings,
            address,
            (
                request.system,
                request.instruction,
                *(turn.text for turn in request.history),
                *(page.text for page in request.note.pages),
            ),
        )

    @property
    def provider(self) -> str:
        return str(self.settings.name)


def mend_address(asked: Asked) -> str:
    """What to do where somebody else answers at the address."""
    usual = (
        "Ollama’s own is http://127.0.0.1:11434"
        if asked.settings.name is ProviderName.OLLAMA
        else "it often ends in /v1"
    )
    return f"Correct `base_url` under “{asked.provider}” in config.yaml; {usual}."

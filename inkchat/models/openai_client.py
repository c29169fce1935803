"""What both forms of OpenAI's API have in common: the SDK's client, and the list of models."""

import weakref
from collections.abc import Mapping
from typing import Any, ClassVar

import openai

from inkchat.config import ProviderName, ProviderSettings
from inkchat.models.asked import Asked
from inkchat.models.conversing import KEYLESS, StreamingProvider
from inkchat.models.listing import list_like_openai
from inkchat.models.provider import ModelInfo
from inkchat.models.wire import open_client


class OpenAIClient(StreamingProvider[Any]):
    """Asks OpenAI, or a server that speaks like it; what and how is said by the two forms."""

    droppable_of_openai: ClassVar[Mapping[str, tuple[str, ...]]]
    droppable_of_others: ClassVar[Mapping[str, tuple[str, ...]]]

    def __init__(self, settings: ProviderSettings) -> None:
        super().__init__(settings)
        key = settings.api_key or KEYLESS
        # Marks and options that only OpenAI knows go to nobody else.
        self._is_openai = settings.name is ProviderName.OPENAI
        self.droppable = self.droppable_of_openai if self._is_openai else self.droppable_of_others
        self._http = open_client(
            self._address,
            key,
            "openai.com" if self._is_openai else "",
            timeout_seconds=settings.timeout_seconds,
            stall_seconds=settings.stall_seconds,
        )
        weakref.finalize(self, self._http.close)
        self._client = openai.OpenAI(
            api_key=key, base_url=self._address, max_retries=0, http_client=self._http
        )

    def list_models(self) -> list[ModelInfo]:
        return list_like_openai(self._http, Asked.nothing(self._settings, self._address))

"""What the network adapters have in common: ask, read the stream, make the reply."""

import functools
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from inkchat.config import ProviderSettings
from inkchat.domain import CacheLife, OnText, Reply, Request, Stop, Usage
from inkchat.errors import AnswerLost, AnswerRefused, AnswerUnusable, ProviderError
from inkchat.models.addresses import find_address
from inkchat.models.answer import GrowingAnswer, parse_answer
from inkchat.models.asked import Asked
from inkchat.models.endings import (
    explain_cut_stream,
    explain_empty,
    explain_malformed,
    explain_no_stream,
)
from inkchat.models.failures import explain
from inkchat.models.faults import find_refused_parameter
from inkchat.models.prices import price
from inkchat.models.provider import ModelInfo

Event = TypeVar("Event")

KEYLESS = "none"
"""Without a key of its own an SDK would send the one from the environment to this server."""
_TEXT_MAX_CHARACTERS = 4_000_000
"""Far more than any page holds; what is beyond it is a server in a loop."""
_TOKENS_MAX = 10**9
"""No call has more; what a server claims beyond it could not be reckoned with."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a stream ended."""

    stop: Stop
    model: str


class Refusals:
    """Parameters that this server, with this model, has refused before.

    Each costs one request, which is not paid for, the first time; adding to and copying a set
    are atomic, so that threads may share it.
    """

    def __init__(self) -> None:
        self._names: set[str] = set()

    def left_out(self) -> frozenset[str]:
        return frozenset(self._names)

    def add(self, name: str) -> None:
        self._names.add(name)


class ParameterRefused(Exception):
    """The server says that it does not take this parameter; no answer has begun."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class StreamingProvider(ABC, Generic[Event]):
    """A provider that is asked over the network: opening and reading a stream is its own."""

    droppable: Mapping[str, tuple[str, ...]]
    """What is left out when the server refuses it, and the words by which it is named then."""

    def __init__(self, settings: ProviderSettings) -> None:
        self.name = settings.name
        self.model = settings.model or ""
        self._settings = settings
        self._address = find_address(settings)
        self._refusals = Refusals()

    def reads_pictures(self) -> bool:
        """What was configured; else yes, since these vendors do not tell beforehand."""
        return self._settings.vision is not False

    def complete(self, request: Request, on_text: OnText) -> Reply:
        """Ask, once more for each parameter that turns out to be refused, and make the reply.

        Raises ProviderError.
        """
        asked = Asked.of(self._settings, self._address, request)
        while True:
            growing = GrowingAnswer(on_text)
            left_out = self._refusals.left_out()
            events = Events(
                functools.partial(self._open_stream, request, left_out),
                without(self.droppable, left_out),
                growing,
                asked,
            )
            started_at = time.monotonic()
            try:
                ending = self._read(events, growing, asked)
                return _make_reply(growing, ending, events, asked, started_at, request.cache)
            except ParameterRefused as refused:
                self._refusals.add(refused.name)
            except ProviderError as error:
                raise _judge_cost(error, growing, events.usage, asked) from None

    @abstractmethod
    def list_models(self) -> list[ModelInfo]:
        """All models that the server has, at no cost. Raises ProviderError."""

    @abstractmethod
    def _open_stream(
        self, request: Request, left_out: frozenset[str]
    ) -> AbstractContextManager[Iterable[Event]]:
        """Send the request without the named parameters."""

    @abstractmethod
    def _read(self, events: "Events[Event]", growing: GrowingAnswer, asked: Asked) -> Ending:
        """Read the stream into the answer. Raises ProviderError, or ParameterRefused."""


class Events(Generic[Event]):
    """The events of a stream; whatever goes wrong under way is raised as one of our errors."""

    def __init__(
        self,
        opened: Callable[[], AbstractContextManager[Iterable[Event]]],
        droppable: Mapping[str, tuple[str, ...]],
        growing: GrowingAnswer,
        asked: Asked,
    ) -> None:
        self._opened = opened
        self._droppable = droppable
        self._growing = growing
        self._asked = asked
        self.request_id = ""
        """As the server named it, once the stream is open."""
        self.usage = Usage()
        """What the server has counted, once `StreamingProvider._read` came upon it."""

    def __iter__(self) -> Iterator[Event]:
        """Raises ParameterRefused where the request was refused for a droppable parameter."""
        try:
            with self._opened() as stream:
                headers = _headers_of(stream)
                self.request_id = word(headers.get("request-id") or headers.get("x-request-id"))
                strange = explain_no_stream(headers.get("content-type", ""), self._asked)
                if strange is not None:
                    raise strange
                yield from stream
        except Exception as error:
            # The SDKs pass a server's bytes on unchecked, and stumble over odd ones with whatever
            # Python raises there. What the consumer of an event raises does not come by here.
            name = find_refused_parameter(error, self._droppable)
            if name is not None:
                raise ParameterRefused(name) from None
            # `from None`: the SDK's error quotes the vendor, who may quote the key or the note.
            has_begun = self._growing.length > 0
            raise explain(error, self._asked, has_begun=has_begun) from None


def without(
    droppable: Mapping[str, tuple[str, ...]], left_out: frozenset[str]
) -> dict[str, tuple[str, ...]]:
    """What can still be refused when some are left out already."""
    return {name: words for name, words in droppable.items() if name not in left_out}


def grow(growing: GrowingAnswer, piece: Any, asked: Asked) -> None:
    """Add a piece of text, if it is one; some servers send null or lists in its place."""
    if isinstance(piece, str) and piece:
        growing.add(piece)
        if growing.length > _TEXT_MAX_CHARACTERS:
            raise explain_malformed(asked)


def count(value: Any) -> int:
    """A number of tokens as a server gave it, or 0 where it is none."""
    return min(value, _TOKENS_MAX) if type(value) is int and value > 0 else 0


def items(value: Any) -> list[Any]:
    """A list as a server gave it, or an empty one where it is none."""
    return value if isinstance(value, list) else []


def word(value: Any) -> str:
    """A model's or request's name as a server gave it, or "" where it is none."""
    return value[:200] if isinstance(value, str) and value.isprintable() else ""


def _headers_of(stream: object) -> Mapping[str, str]:
    headers: Mapping[str, str] = getattr(getattr(stream, "response", None), "headers", {})
    return headers


def _judge_cost(
    error: ProviderError, growing: GrowingAnswer, usage: Usage, asked: Asked
) -> ProviderError:
    """The same error with what the answer took, or the one for an answer that broke off."""
    if isinstance(error, AnswerRefused | AnswerUnusable):
        error.input_tokens = usage.input_tokens
        error.output_tokens = usage.output_tokens
        error.cached_tokens = usage.cached_tokens
        return error
    if growing.length > 0 and not isinstance(error, AnswerLost):
        # Whatever the server says now: the model had begun to work, and that is paid for.
        return explain_cut_stream(asked)
    return error


def _make_reply(
    growing: GrowingAnswer,
    ending: Ending,
    events: Events[Any],
    asked: Asked,
    started_at: float,
    cache: CacheLife,
) -> Reply:
    is_cut = ending.stop is Stop.TRUNCATED
    answer = parse_answer(growing.text, is_cut=is_cut)
    if answer is None:
        raise explain_empty(asked, is_cut=is_cut)
    growing.finish(answer.answer)
    begun_at = growing.begun_at
    return Reply(
        title=answer.title,
        transcript=answer.transcript,
        answer=answer.answer,
        language=answer.language,
        provider=asked.provider,
        model=ending.model or asked.settings.model or "",
        usage=events.usage,
        stop=ending.stop,
        request_id=events.request_id,
        cost_usd=price(asked.settings, events.usage, ending.model, cache),
        first_token_seconds=None if begun_at is None else begun_at - started_at,
    )

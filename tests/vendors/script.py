"""What a loopback vendor says to a call: an answer, or one of the ways to fail."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Ending(StrEnum):
    """How a reply ends."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"
    """At the limit of tokens, in the middle of the text."""
    REFUSED = "refused"
    FILTERED = "filtered"
    STRANGE = "strange"
    """For a reason that nobody asked for, such as a call of a tool."""
    UNSAID = "unsaid"
    """The stream ends properly, without a reason."""
    CUT = "cut"
    """The connection is closed in the middle of the stream."""
    STALLED = "stalled"
    """Half of the stream, then nothing."""
    CHATTY = "chatty"
    """Half of the stream, then signs of life for ever."""
    UNSTREAMED = "unstreamed"
    """OpenAI's Responses: the text comes only with the last event."""
    WHOLE = "whole"
    """One body of JSON, though a stream was asked for."""
    PAGE = "page"
    """HTML: somebody's web site."""
    MALFORMED = "malformed"
    """What should be JSON is none."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as vendors tell it, put into each one's own form."""

    type: str
    message: str = "Something is wrong."
    code: str | None = None
    param: str | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """One reply; the default depends on nothing and is valid everywhere."""

    title: str = "A loopback answer"
    transcript: str = "What is written on the note."
    answer: str = "**Yes.** This is the answer.\n\n- first\n- second"
    language: str = "en"
    raw: str | None = None
    """Takes the place of the JSON with the four above."""
    commentary: str = ""
    """What a model of OpenAI's says before its answer, as a message of its own."""
    ending: Ending = Ending.COMPLETE
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: Problem | None = None
    """The body where `status` is an error; with 200 an error in the middle of the stream."""
    delay_seconds: float = 0.0
    """Before the first byte."""
    pause_seconds: float = 0.0
    """Between two events; 0 sends the whole stream at once."""
    piece_characters: int = 24
    mangle: Callable[[list[bytes]], list[bytes]] | None = None
    """Makes other events of the stream's."""
    input_tokens: int = 1200
    cached_tokens: int = 200
    """A part of the input tokens, read from the vendor's cache."""
    cache_written_tokens: int = 0
    """A further part of them."""
    output_tokens: int = 90
    model: str = "loopback-model-1"

    @property
    def text(self) -> str:
        """What the model writes."""
        whole = self.raw
        if whole is None:
            parts = {
                "title": self.title,
                "transcript": self.transcript,
                "answer": self.answer,
                "language": self.language,
            }
            whole = json.dumps(parts, ensure_ascii=False)
        return whole[: len(whole) * 3 // 4] if self.ending is Ending.TRUNCATED else whole

    @property
    def pieces(self) -> list[str]:
        size = self.piece_characters
        return [self.text[start : start + size] for start in range(0, len(self.text), size)]


Script = Say | Sequence[Say] | Callable[[int], Say]
"""One reply for every call, one for each (the last repeats), or by the call's number from 0."""


def read_script(script: Script, number: int) -> Say:
    if isinstance(script, Say):
        return script
    if callable(script):
        return script(number)
    return script[min(number, len(script) - 1)]

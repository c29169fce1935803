"""From what a model wrote to title, transcript, answer and language.

Schemas are not always enforced, so there is a chain of ever weaker readings:

* a JSON object, also inside a code fence, with prose around it, or cut off at the end,
* `<transcript>…</transcript><answer>…</answer>`,
* the whole text as the answer.

What was paid for is shown in one of these ways; only nothing at all is an error.
"""

import itertools
import json
import re
import time
from dataclasses import dataclass
from typing import Any

from jiter import from_json

from inkchat.domain import OnText
from inkchat.models.prompt import SCHEMA, TITLE_MAX_CHARACTERS

_FENCE = re.compile(r"```[a-zA-Z]*[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*<think>.*?(?:</think>|\Z)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
_OBJECTS_TRIED_MAX = 20
"""A text full of braces must not be parsed once for each of them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, in the four parts of the schema; only `answer` is never empty."""

    title: str
    transcript: str
    answer: str
    language: str


def parse_answer(text: str, *, is_cut: bool = False) -> Answer | None:
    """The strongest reading of `text`, or None if there is no answer in it.

    `is_cut` says that the model was stopped in the middle.
    """
    text = _THOUGHT.sub("", text).strip()
    found = _find_object(text, is_cut=is_cut)
    if found is None:
        found = _find_tags(text)
    if found is None:
        found = {"answer": text}
    return _make_answer(found)


def is_whole(text: str) -> bool:
    """Whether `text` is one complete JSON object with an answer in it."""
    found = _load(text.strip())
    return found is not None and bool(clean(found["answer"]))


def clean(text: Any) -> str:
    """`text` without what no page, database or terminal takes; "" for what is no text."""
    if not isinstance(text, str):
        return ""
    # JSON can spell half a surrogate pair, which cannot be stored as UTF-8.
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text).strip()


def shorten(text: str, max_characters: int = TITLE_MAX_CHARACTERS) -> str:
    """The first words of `text` on one line, with an ellipsis where something was left out."""
    line = " ".join(text.split())
    if len(line) <= max_characters:
        return line
    head = line[: max_characters - 1]
    words, _, _ = head.rpartition(" ")
    return f"{(words if len(words) > max_characters // 2 else head).rstrip(' ,;:.-–')}…"


def _make_answer(found: dict[str, Any]) -> Answer | None:
    answer = clean(found.get("answer"))
    if not answer:
        return None
    transcript = clean(found.get("transcript"))
    language = clean(found.get("language"))
    return Answer(
        title=shorten(clean(found.get("title")) or _first_line(transcript or answer)),
        transcript=transcript,
        answer=answer,
        language=language if _LANGUAGE.fullmatch(language) else "",
    )


def _first_line(text: str) -> str:
    return next((stripped for line in text.split("\n") if (stripped := line.strip("#*_> \t"))), "")


def _find_object(text: str, *, is_cut: bool) -> dict[str, Any] | None:
    found = _load(text)
    if found is not None:
        return found
    for fenced in _FENCE.findall(text):
        found = _load(fenced.strip())
        if found is not None:
            return found
    braces = itertools.islice(re.finditer("{", text), _OBJECTS_TRIED_MAX)
    starts = [brace.start() for brace in braces]
    for start in starts:
        found = _load(text[start:])
        if found is not None:
            return found
    if starts and (is_cut or text.startswith(("{", "```"))):
        return _load_cut(text[starts[0] :])
    return None


def _load(text: str) -> dict[str, Any] | None:
    """The object at the beginning of `text`, if it has an answer; what follows it is ignored."""
    if not text.startswith("{"):
        return None
    try:
        # strict=False: small models put real line breaks into strings.
        value, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value.get("answer"), str) else None


def _load_cut(text: str) -> dict[str, Any] | None:
    try:
        value = from_json(text.encode("utf-8", "replace"), partial_mode="trailing-strings")
    except ValueError:
        return None
    # What ends before its answer is told apart from prose here, so that it is not shown as one.
    is_ours = isinstance(value, dict) and value.keys() <= SCHEMA["properties"].keys()
    return value if is_ours or (isinstance(value, dict) and "answer" in value) else None


def _find_tags(text: str) -> dict[str, Any] | None:
    answer = _find_tag(text, "answer")
    if answer is None:
        return None
    names = ("title", "transcript", "language")
    return {"answer": answer} | {name: _find_tag(text, name) for name in names}


def _find_tag(text: str, name: str) -> str | None:
    _, opening, rest = text.partition(f"<{name}>")
    if not opening:
        return None
    # The last closing tag: an answer about XML may hold one of its own.
    inner, closing, _ = rest.rpartition(f"</{name}>")
    return inner if closing else rest


class GrowingAnswer:
    """Collects a reply as it arrives, and hands on the answer in it piece by piece.

    The pieces joined are the beginning of the final answer. A text that is not JSON from its
    first character on is handed on whole, by `finish`, once it is known what it is.
    """

    _STEP_MIN_CHARACTERS = 48
    _STEPS_PER_DOUBLING = 16
    """The text is parsed again each time it has grown by a sixteenth: linear in all."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._pieces: list[str] = []
        self._length = 0
        self._next_parse_at = 1
        self._handed_on = ""
        self.begun_at: float | None = None
        """By the monotonic clock; None before the first piece."""

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    @property
    def length(self) -> int:
        """In characters."""
        return self._length

    def add(self, piece: str) -> None:
        if piece and self.begun_at is None:
            self.begun_at = time.monotonic()
        self._pieces.append(piece)
        self._length += len(piece)
        if self._length >= self._next_parse_at:
            step = max(self._STEP_MIN_CHARACTERS, self._length // self._STEPS_PER_DOUBLING)
            self._next_parse_at = self._length + step
            self._hand_on(self._read_so_far())

    def finish(self, answer: str) -> None:
        """Hand on what is left of the final answer."""
        self._hand_on(answer)

    def _read_so_far(self) -> str:
        text = self.text.lstrip()
        if not text.startswith("{"):
            return ""
        try:
            value = from_json(text.encode("utf-8", "replace"), partial_mode="trailing-strings")
        except ValueError:
            return ""
        return clean(value.get("answer")) if isinstance(value, dict) else ""

    def _hand_on(self, answer: str) -> None:
        # A second "answer" key, say, would replace what was shown: then nothing more is shown.
        if len(answer) > len(self._handed_on) and answer.startswith(self._handed_on):
            piece = answer[len(self._handed_on) :]
            self._handed_on = answer
            self._on_text(piece)

"""An exchange told again: whole under its heading, shortened, or as one line.

Nothing here depends on the clock or on this machine: the same exchange gives the same bytes.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace

from inkchat.config import ProviderName
from inkchat.store.recollections import Remembered
from inkchat.tokens import estimate_tokens

_TITLE_MAX_CHARACTERS = 60
_SAID_MAX_CHARACTERS = 80
_LINES_AT_EITHER_END = 4
_ELLIPSIS = "…"
_MOST_CHARACTERS_PER_TOKEN = 4
"""A little more than `estimate_tokens` ever gives: what lies beyond need not be looked at."""


def write_asked(exchange: Remembered) -> str:
    """Such as `[Note 3, “recipe.pdf”, 2026-11-20, by Anna]`, and below it what was read from it."""
    asked = exchange.asked or f"(A note in the file {_write_name(exchange)}.)"
    return f"{_write_heading(exchange)}\n{asked}"


def write_answered(exchange: Remembered) -> str:
    """What a model said; empty for Offline, whose words are ours and tell a model nothing."""
    return "" if exchange.provider == ProviderName.OFFLINE else exchange.answered


def measure_tokens(exchange: Remembered) -> int:
    """Of the exchange as it is told whole, estimated."""
    return estimate_tokens(write_asked(exchange)) + estimate_tokens(write_answered(exchange))


def split_newest(
    exchanges: Sequence[Remembered], most_tokens: int, most_exchanges: int | None = None
) -> tuple[tuple[Remembered, ...], tuple[Remembered, ...]]:
    """The older ones, and the newest that fit together: at least one, if there is any."""
    first = len(exchanges)
    last_place = 0 if most_exchanges is None else max(first - max(most_exchanges, 1), 0)
    room = most_tokens
    while first > last_place:
        room -= measure_tokens(exchanges[first - 1])
        if room < 0 and first < len(exchanges):
            break
        first -= 1
    return tuple(exchanges[:first]), tuple(exchanges[first:])


def shorten_exchange(exchange: Remembered, most_tokens: int) -> Remembered:
    """Both texts cut at their ends where needed; a short one leaves its room to the other."""
    if measure_tokens(exchange) <= most_tokens:
        return exchange
    # Two for rounding, since the parts are estimated one by one.
    room = most_tokens - estimate_tokens(_write_heading(exchange)) - 2
    asked, answered = exchange.asked, write_answered(exchange)
    answered = shorten_end(answered, max(room // 2, room - estimate_tokens(asked)))
    asked = shorten_end(asked, room - estimate_tokens(answered))
    return replace(exchange, asked=asked, answered=answered)


def write_extract(exchanges: Sequence[Remembered], count: int, most_tokens: int) -> str:
    """One line for each; head and tail where they are too many. Empty if there are none.

    `exchanges` holds at least the first few and the last few of `count`.
    """
    if not exchanges:
        return ""
    text = ""
    for ends in range(_LINES_AT_EITHER_END, 0, -1):
        text = "\n".join(_write_lines(exchanges, count, ends))
        if estimate_tokens(text) <= most_tokens:
            return text
    return shorten_end(text, most_tokens)


def shorten_end(text: str, most_tokens: int) -> str:
    """The beginning of `text`, with an ellipsis where something was left out."""
    if estimate_tokens(text) <= most_tokens:
        return text
    length = _find_length(text, most_tokens, lambda length: f"{text[:length]}{_ELLIPSIS}")
    head = text[:length]
    words = head.rstrip() if text[length : length + 1].isspace() else _drop_broken_word(head)
    return f"{words}{_ELLIPSIS}" if words else ""


def shorten_middle(text: str, most_tokens: int) -> str:
    """Beginning and end of `text`: what was said first, and what was said last."""
    if estimate_tokens(text) <= most_tokens:
        return text
    head = shorten_end(text, most_tokens // 2)
    room = most_tokens - estimate_tokens(head) - 1
    length = _find_length(text, room, lambda length: text[len(text) - length :])
    _, _, tail = text[len(text) - length :].partition(" ")
    return f"{head} {tail.strip()}".strip()


def _find_length(text: str, most_tokens: int, cut: Callable[[int], str]) -> int:
    """The greatest length for which what `cut` makes is not too long; 0 if there is none."""
    lengths = range(min(len(text), max(most_tokens, 0) * _MOST_CHARACTERS_PER_TOKEN) + 1)
    fitting = bisect_right(lengths, most_tokens, key=lambda length: estimate_tokens(cut(length)))
    return max(fitting - 1, 0)


def _drop_broken_word(text: str) -> str:
    words, _, _ = text.rpartition(" ")
    return (words if len(words) > len(text) // 2 else text).rstrip()


def _write_heading(exchange: Remembered) -> str:
    by = f"by {exchange.author}" if exchange.author else ""
    parts = [f"Note {exchange.number}", _write_name(exchange), exchange.created_at[:10], by]
    return f"[{', '.join(part for part in parts if part)}]"


def _write_name(exchange: Remembered) -> str:
    name = " ".join(exchange.input_file.split())
    return f"“{name}”" if name else ""


def _write_lines(exchanges: Sequence[Remembered], count: int, ends: int) -> list[str]:
    if count == len(exchanges) <= 2 * ends:
        return [_write_line(exchange) for exchange in exchanges]
    head, tail = exchanges[:ends], exchanges[max(ends, len(exchanges) - ends) :]
    more = count - len(head) - len(tail)
    gap = [f"- ({more} more in between.)"] if more > 0 else []
    return [*map(_write_line, head), *gap, *map(_write_line, tail)]


def _write_line(exchange: Remembered) -> str:
    said = _find_first_words(write_answered(exchange)) or _find_first_words(exchange.asked)
    title = _shorten_line(exchange.title, _TITLE_MAX_CHARACTERS)
    titled = f"Note {exchange.number}, “{title}”" if title else f"Note {exchange.number}"
    return f"- {titled}: {said}" if said else f"- {titled}"


def _find_first_words(text: str) -> str:
    """Of the first line that holds words, without its Markdown."""
    lines = (line.strip("#*_>-`| \t") for line in text.splitlines())
    return _shorten_line(next((line for line in lines if line), ""), _SAID_MAX_CHARACTERS)


def _shorten_line(text: str, most_characters: int) -> str:
    line = " ".join(text.split())
    if len(line) <= most_characters:
        return line
    return f"{_drop_broken_word(line[: most_characters - 1])}{_ELLIPSIS}"

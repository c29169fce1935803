"""Text that is read from right to left, alone or among other text: in which order it is drawn.

The Unicode Bidirectional Algorithm (UAX #9) without its explicit marks, which `characters`
removes. Every text has one level of embedding, its own direction; brackets are mirrored by the
shaping of what is drawn from right to left.
"""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING
from unicodedata import bidirectional

if TYPE_CHECKING:
    from inkchat.reply.runs import Run

_RTL = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
"""The blocks that hold all characters of the classes R, AL and AN."""
_BRACKETS = (
    "()[]{}\u0f3a\u0f3b\u0f3c\u0f3d\u169b\u169c\u2045\u2046\u207d\u207e\u208d\u208e\u2308\u2309"
    "\u230a\u230b\u2768\u2769\u276a\u276b\u276c\u276d\u276e\u276f\u2770\u2771\u2772\u2773\u2774"
    "\u2775\u27c5\u27c6\u27e6\u27e7\u27e8\u27e9\u27ea\u27eb\u27ec\u27ed\u27ee\u27ef\u2983\u2984"
    "\u2985\u2986\u2987\u2988\u2989\u298a\u298b\u298c\u2991\u2992\u2993\u2994\u2995\u2996\u2997"
    "\u2998\u29d8\u29d9\u29da\u29db\u29fc\u29fd\u2e22\u2e23\u2e24\u2e25\u2e26\u2e27\u2e28\u2e29"
    "\u3008\u3009\u300a\u300b\u300c\u300d\u300e\u300f\u3010\u3011\u3014\u3015\u3016\u3017\u3018"
    "\u3019\u301a\u301b\uff08\uff09\uff3b\uff3d\uff5b\uff5d\uff5f\uff60\uff62\uff63"
)
"""Pairs, as in BidiBrackets.txt of Unicode."""
_CLOSING = dict(zip(_BRACKETS[::2], _BRACKETS[1::2], strict=True))
_CLOSERS = frozenset(_CLOSING.values())
_DEEPEST_BRACKETS = 63
_DIRECTIONS = {"L": "L", "R": "R", "EN": "R", "AN": "R"}
"""What the neighbours of neutral characters count as."""


def has_rtl(text: str) -> bool:
    """Whether any of it may be read from right to left."""
    return not text.isascii() and _RTL.search(text) is not None


def find_direction(text: str) -> bool | None:
    """Whether its first letter is read from right to left; None if it has no letter."""
    for character in text:
        kind = bidirectional(character)
        if kind == "L":
            return False
        if kind in ("R", "AL"):
            return True
    return None


def find_levels(text: str, is_rtl: bool) -> list[int]:
    """The level of each character in a text of that direction: odd from right to left."""
    kinds = [bidirectional(character) or "L" for character in text]
    base = "R" if is_rtl else "L"
    marks = [number for number, kind in enumerate(kinds) if kind == "NSM"]
    _resolve_marks(kinds, base)
    _resolve_numbers(kinds, base)
    _resolve_brackets(text, kinds, base, frozenset(marks))
    _resolve_neutrals(kinds, base)
    if is_rtl:
        return [1 if kind == "R" else 2 for kind in kinds]
    return [{"L": 0, "R": 1}.get(kind, 2) for kind in kinds]


def _resolve_marks(kinds: list[str], base: str) -> None:
    """W1 to W3: marks join the letter before them; digits in Arabic text are Arabic digits."""
    before, strong = base, base
    for number, kind in enumerate(kinds):
        if kind == "NSM":
            kind = before
        before = kind
        if kind in ("L", "R", "AL"):
            strong = kind
        elif kind == "EN" and strong == "AL":
            kind = "AN"
        kinds[number] = kind
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]


def _resolve_numbers(kinds: list[str], base: str) -> None:
    """W4 to W7: what belongs to a number, and numbers in text from left to right."""
    for number in range(1, len(kinds) - 1):
        around = kinds[number - 1]
        if around == kinds[number + 1] and (
            (kinds[number] == "ES" and around == "EN")
            or (kinds[number] == "CS" and around in ("EN", "AN"))
        ):
            kinds[number] = around
    place = 0
    for kind, group in groupby(list(kinds)):
        end = place + len(list(group))
        if kind == "ET" and "EN" in (kinds[place - 1] if place else "", *kinds[end : end + 1]):
            kinds[place:end] = ["EN"] * (end - place)
        place = end
    strong = base
    for number, kind in enumerate(kinds):
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[number] = "L"
        elif kind not in ("EN", "AN"):
            kinds[number] = "ON"


def _resolve_brackets(text: str, kinds: list[str], base: str, marks: frozenset[int]) -> None:
    """N0: both brackets of a pair get one direction, that of what they hold."""
    other = "L" if base == "R" else "R"
    for opening, closing in _pair_brackets(text, kinds):
        inside = {_DIRECTIONS.get(kind) for kind in kinds[opening + 1 : closing]}
        if base in inside:
            direction = base
        elif other in inside:
            before = (_DIRECTIONS.get(kinds[place]) for place in range(opening - 1, -1, -1))
            direction = next((kind for kind in before if kind), base)
        else:
            continue
        for place in (opening, closing):
            kinds[place] = direction
            while place + 1 in marks:
                place += 1
                kinds[place] = direction


def _pair_brackets(text: str, kinds: list[str]) -> list[tuple[int, int]]:
    open_: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for place, kind in enumerate(kinds):
        if kind != "ON":
            continue
        character = text[place]
        if character in _CLOSING:
            if len(open_) == _DEEPEST_BRACKETS:
                break
            open_.append((_CLOSING[character], place))
        elif character in _CLOSERS:
            for depth in range(len(open_) - 1, -1, -1):
                if open_[depth][0] == character:
                    pairs.append((open_[depth][1], place))
                    del open_[depth:]
                    break
    return sorted(pairs)


def _resolve_neutrals(kinds: list[str], base: str) -> None:
    """N1 and N2: what stands between text of one direction joins it."""
    place, before = 0, base
    for is_neutral, group in groupby(list(kinds), key=lambda kind: kind == "ON"):
        members = list(group)
        end = place + len(members)
        if is_neutral:
            after = _DIRECTIONS[kinds[end]] if end < len(kinds) else base
            kinds[place:end] = [before if before == after else base] * (end - place)
        else:
            before = _DIRECTIONS[members[-1]]
        place = end


def order_levels(levels: Sequence[int]) -> list[int]:
    """L2: the numbers of what stands in a line, in the order from left to right."""
    order = list(range(len(levels)))
    for level in range(max(levels, default=0), 0, -1):
        place = 0
        for is_reversed, group in groupby([levels[number] >= level for number in order]):
            end = place + len(list(group))
            if is_reversed:
                order[place:end] = order[place:end][::-1]
            place = end
    return order


def order_runs(runs: Sequence["Run"], is_rtl: bool | None = None) -> list[tuple["Run", bool]]:
    """The runs of one line as they are drawn from left to right, and which are read the other way.

    Without `is_rtl` the direction of the line is that of its first letter.
    """
    text = "".join(run.text for run in runs)
    if not has_rtl(text):
        return [(run, False) for run in runs]
    if is_rtl is None:
        is_rtl = bool(find_direction(text))
    levels = find_levels(text, is_rtl)
    end = len(text.rstrip(" "))
    # L1: blanks at the end of a line stay there.
    levels[end:] = [int(is_rtl)] * (len(text) - end)
    parts: list[tuple[Run, int]] = []
    start = 0
    for run in runs:
        place = 0
        for level, group in groupby(levels[start : start + len(run.text)]):
            part_end = place + len(list(group))
            parts.append((run._replace(text=run.text[place:part_end]), level))
            place = part_end
        start += len(run.text)
    order = order_levels([level for _, level in parts])
    return [(parts[number][0], parts[number][1] % 2 == 1) for number in order]

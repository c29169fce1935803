"""What an answer calls a page of its note, or a part of one.

`note:2` is page 2, and `note:2#xywh=percent:10,40,50,30` the part of it that begins 10 % from its
left and 40 % from its top, 50 % wide and 30 % high: W3C Media Fragments 1.0, section 4.2.2.
"""

import re
from dataclasses import dataclass

_SCHEME = r"note:(?://)?(?:page|p)?[-_ .:/=]{0,2}"
_NUMBER = r"(-?[0-9]{1,7}(?:\.[0-9]{0,7})?)(?:\s*%)?\s*"
"""No blank can be taken in two ways: to try both takes minutes where there are thousands."""
_SEPARATOR = r",\s*"
_ADDRESS = re.compile(
    rf"\s*{_SCHEME}([0-9]{{1,5}})/?\s*"
    rf"(?:#\s*xywh\s*=\s*(?:percent\s*:\s*)?{_SEPARATOR.join([_NUMBER] * 4)})?",
    re.IGNORECASE,
)
_MENTION = re.compile(rf"(?:\(|<|\]:)\s{{0,9}}<?{_SCHEME}([0-9]{{1,5}})", re.IGNORECASE)
_LEAST_SHARE = 0.02
"""Of the page's width and height: in less there is nothing to see."""


@dataclass(frozen=True, slots=True)
class PagePart:
    """Where it lies on its page, in shares of the page's width and height."""

    page: int
    """As in the note's file, from 1."""
    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0


def is_note_address(address: str) -> bool:
    """Whether it is meant for the note, and so leads nowhere."""
    return address.lstrip()[:5].lower() == "note:"


def read_note_address(address: str) -> PagePart | None:
    """What overhangs the page is cut off; None for what makes no sense."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return None
    page = int(found[1])
    if found[2] is None:
        return PagePart(page)
    x, y, width, height = (float(number) / 100 for number in found.groups()[1:])
    left, right = _clamp(x), _clamp(x + width)
    top, bottom = _clamp(y), _clamp(y + height)
    if right - left < _LEAST_SHARE or bottom - top < _LEAST_SHARE:
        return None
    return PagePart(page, left, top, right, bottom)


def find_pages(answer: str) -> list[int]:
    """The pages that an answer in Markdown may name, each once, in the order in which it does."""
    return list(dict.fromkeys(int(found[1]) for found in _MENTION.finditer(answer)))


def _clamp(share: float) -> float:
    return min(max(share, 0.0), 1.0)

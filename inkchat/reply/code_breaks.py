"""Where a line of code that is too long is wrapped."""

_GOOD_BREAKS = frozenset(" ,;)]}|/&([{.=:_-")
_OPERATORS = frozenset("=-*/&|:<>+.")
_CLOSING = frozenset(",;:)]}")
_MARKS = frozenset("\"'`([{<-/.$&|*+=@")
_MOST_MARKS = 3
"""With so few of these alone before its end a line holds nothing of a word yet."""


def find_break(clusters: list[str], widths_pt: list[float], start: int, room_pt: float) -> int:
    """The end of what fits from `start` on, at least one letter with its marks."""
    end = start
    while end < len(clusters) and (widths_pt[end] <= room_pt or end == start):
        room_pt -= widths_pt[end]
        end += 1
    if end == len(clusters):
        return end
    if clusters[end] == " ":
        # It may hang over the edge, where it is not seen; the next line is not begun with it.
        return end + 1
    # An indent alone would look like an empty line of the code.
    first = next((place for place in range(start, end) if clusters[place] != " "), end)
    for candidate in range(end, start + 2 * (end - start) // 3, -1):
        if candidate > first and _is_good_break(clusters[candidate - 1], clusters[candidate]):
            return _find_word(clusters, first, candidate)
    return end


def _find_word(clusters: list[str], first: int, end: int) -> int:
    """Before the marks that a word begins with, if nothing else of it stands before `end`."""
    start = end
    while start > max(first, end - _MOST_MARKS) and clusters[start - 1] in _MARKS:
        start -= 1
    return start if start > first and clusters[start - 1] == " " else end


def _is_good_break(before: str, behind: str) -> bool:
    """Whether a line may end between them: not within an operator or a number."""
    is_within = before in _OPERATORS and behind in _OPERATORS
    is_number = before == "." and behind.isdigit()
    return before in _GOOD_BREAKS and behind not in _CLOSING and not is_within and not is_number

"""Where a line of code that is too long is wrapped."""

_GOOD_BREAKS = frozenset(" ,;)]}|/&([{.=:_-")
_OPERATORS = frozenset("=-*/&|:<>+.")
_CLOSING = frozenset(",;:)]}")
_MARKS = frozenset("\"'`([{<-/.$&|*+=@")
_MOST_MARKS = 3
"""With so few of these alone before its end a line holds nothing of a word yet."""
_HANG = 2
"""Letters by which a line that goes on is shorter."""


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
    candidates = (
        place
        for place in range(end, first, -1)
        if _is_good_break(clusters[place - 1], clusters[place])
    )
    candidate = next(candidates, end)
    if candidate > start + 2 * (end - start) // 3:
        return _find_word(clusters, first, candidate)
    return candidate if _fits_line(clusters, candidate, end, end - start - _HANG) else end


def _fits_line(clusters: list[str], start: int, end: int, letters: int) -> bool:
    """Whether so many letters hold what begins at `start` and would be parted at `end`."""
    last = start + letters
    return last >= len(clusters) or any(
        _is_good_break(*clusters[place - 1 : place + 1]) for place in range(end + 1, last + 1)
    )


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

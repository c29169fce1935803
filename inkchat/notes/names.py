"""How a file's name is spoken of in a sentence."""

_LONGEST_CHARACTERS = 60


def quote(name: str) -> str:
    """In quotation marks, on one line, and short enough to be read."""
    line = "".join(c if c.isprintable() else "·" for c in name)
    if len(line) > _LONGEST_CHARACTERS:
        # The end is kept too: there stand the date, the page and the suffix.
        line = f"{line[: _LONGEST_CHARACTERS - 21]}…{line[-20:]}"
    return f"“{line}”"


def enumerate_pages(numbers: list[int]) -> str:
    """Such as `Page 3`, or `Pages 3, 5 and 9`."""
    if len(numbers) == 1:
        return f"Page {numbers[0]}"
    *most, last = (str(number) for number in numbers)
    return f"Pages {', '.join(most)} and {last}"

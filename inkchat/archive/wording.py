"""How many and how much, as words for a person."""

_STEPS = ((1e9, "GB"), (1e6, "MB"), (1e3, "KB"))


def say_count(number: int, noun: str) -> str:
    """Such as `1 note` or `1,200 notes`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def say_size(size_bytes: int) -> str:
    """Such as `1 byte`, `4.2 KB` or `1.3 MB`."""
    for step, unit in _STEPS:
        if size_bytes >= step:
            return f"{size_bytes / step:,.1f} {unit}"
    return say_count(size_bytes, "byte")

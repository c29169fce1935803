"""Dates in words, in English wherever inkchat runs."""

from datetime import datetime

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def format_date(moment: datetime) -> str:
    """Such as `20 November 2026 · Friday, 14:05`."""
    return f"{format_day(moment)} · {format_time(moment)}"


def format_day(moment: datetime) -> str:
    """Such as `20 November 2026`."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def format_short_day(moment: datetime) -> str:
    """Such as `20 Nov 2026`."""
    return f"{moment.day} {_MONTHS[moment.month - 1][:3]} {moment.year}"


def format_time(moment: datetime) -> str:
    """Such as `Friday, 14:05`."""
    return f"{_WEEKDAYS[moment.weekday()]}, {moment:%H:%M}"

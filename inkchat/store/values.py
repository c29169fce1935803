"""How times and texts stand in the database."""

from datetime import MAXYEAR, MINYEAR, UTC, datetime


def write_time(moment: datetime | None = None) -> str:
    """As it is stored: UTC, ISO 8601, always with microseconds; now if none is given."""
    moment = moment or datetime.now(UTC)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def read_time(text: str | None) -> datetime | None:
    """A stored time; one without a zone, from the plain schema, is this machine's local time.

    None also for what is no time, and at the ends of the calendar, where another zone may lie
    beyond them: rows of old and other programs hold anything.
    """
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC) if text else None
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment and MINYEAR < moment.year < MAXYEAR else None


def make_storable(text: str) -> str:
    """Lone surrogates, which JSON can smuggle in, have no form in UTF-8."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")

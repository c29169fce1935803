"""When a failed attempt is made again: the one policy, for all providers.

The SDKs' own retries are off. One of them obeys a `Retry-After` of 49 days while holding a
worker, the other tries an exhausted account again; and neither survives a restart, whereas the
time that is computed here stands in the ledger.
"""

import math
import random
from datetime import datetime, timedelta

from inkchat.errors import InkchatError, RateLimited, Retry

_OBEYED_PAUSE_MAX_SECONDS = 3600.0
_PAUSE_MAX_SECONDS = 600.0
_FIRST_PAUSE_SECONDS = {Retry.LATER: 2.0, Retry.WHEN_MENDED: 30.0}
_DOUBLINGS_MAX = 12
"""2 s doubled so often is beyond the longest pause; keeps the power finite."""


def next_try(
    error: InkchatError,
    attempts: int,
    failing_since: datetime,
    now: datetime,
    jitter: random.Random,
) -> datetime | None:
    """The earliest time of the next attempt, or None where there is none.

    `attempts` counts those that failed in this way, this one included, since `failing_since`. An
    error that passes by itself is tried for its `patience_hours`, and at most its `most_tries`;
    one that a person must mend is tried without end.
    """
    if error.retry is Retry.NEVER:
        return None
    pause_seconds = _pause_seconds(error, attempts, jitter)
    at = now + timedelta(seconds=pause_seconds)
    if error.retry is Retry.LATER and _is_over(error, attempts, at - failing_since):
        return None
    return at


def _is_over(error: InkchatError, attempts: int, lasted: timedelta) -> bool:
    if error.most_tries is not None and attempts >= error.most_tries:
        return True
    return lasted / timedelta(hours=1) > error.patience_hours


def _pause_seconds(error: InkchatError, attempts: int, jitter: random.Random) -> float:
    doublings = min(max(attempts, 1) - 1, _DOUBLINGS_MAX)
    pause = min(_FIRST_PAUSE_SECONDS[error.retry] * 2.0**doublings, _PAUSE_MAX_SECONDS)
    if error.retry is Retry.WHEN_MENDED:
        return pause
    asked_for = error.retry_after_seconds if isinstance(error, RateLimited) else None
    if asked_for is not None and math.isfinite(asked_for):
        # Never earlier than asked, and not at once even if asked to: "0" would be hammering.
        return min(max(asked_for, 1.0), _OBEYED_PAUSE_MAX_SECONDS) * jitter.uniform(1.0, 1.1)
    # Many notes that failed together must not come back together.
    return min(pause * jitter.uniform(0.75, 1.25), _PAUSE_MAX_SECONDS)

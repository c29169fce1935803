"""Calibrations: how far our estimates of tokens are off, learned from what providers count."""

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from inkchat.store.database import Database
from inkchat.store.tables import calibrations
from inkchat.store.values import make_storable

WEIGHT = 0.2
"""Of the newest sample, once there are others."""
LEAST, MOST = 0.25, 4.0
"""What lies beyond is a miscount of somebody's, and not how a model counts."""
STEPS_PER_ONE = 20
"""The factor moves in steps, so that what is cut by it does not change with every note."""


class Calibrations:
    """The table `calibrations`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def factor(self, provider: str, model: str) -> float:
        """What an estimate is to be multiplied by, in steps of 0.05; 1.0 before any sample."""
        with self._database.read() as connection:
            return read_factor(connection, provider, model)


def read_factor(connection: Connection, provider: str, model: str) -> float:
    """As `Calibrations.factor`."""
    c = calibrations.c
    factor = connection.execute(
        select(c.factor).where(c.provider == provider, c.model == make_storable(model))
    ).scalar_one_or_none()
    return 1.0 if factor is None else round(factor * STEPS_PER_ONE) / STEPS_PER_ONE


def learn(
    connection: Connection, provider: str, model: str, estimated_tokens: int, counted_tokens: int
) -> None:
    """From one call, inside a transaction that does more; nothing if either is not known.

    `estimated_tokens` is without the factor.
    """
    if estimated_tokens <= 0 or counted_tokens <= 0:
        return
    sample = max(LEAST, min(counted_tokens / estimated_tokens, MOST))
    c = calibrations.c
    connection.execute(
        upsert(calibrations)
        .values(provider=provider, model=make_storable(model), factor=sample, samples=1)
        .on_conflict_do_update(
            index_elements=["provider", "model"],
            set_={
                "factor": c.factor + WEIGHT * (sample - c.factor),
                "samples": c.samples + 1,
            },
        )
    )

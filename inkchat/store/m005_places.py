"""The fifth step of `migrations`: where the boxes to tick and the room to write are on a page.

What a tablet gives back is the page with ink on it; without its places nobody could say which
box the ink is in.
"""

from sqlalchemy import Connection


def m005_places(connection: Connection) -> None:
    """From form 4, of whose pages nobody knows the places."""
    connection.exec_driver_sql("ALTER TABLE responses ADD COLUMN places TEXT")

"""Boxes that are in contact and get nowhere: what was to come days ago is to come still.

A box is **stalled** when on its newest `STALLED_CONTACT_DAYS` days with a contact, or more, just as
many bytes were to come, and it isn't paused. Days without a contact don't count: a silent box is
overdue, not stalled. Nothing of it is kept: it follows from the days of nodes (`days.py`).
"""

from typing import Any

import peewee

from hub.fleet.limits import STALLED_CONTACT_DAYS
from hub.fleet.state_tables import NodeDayRow, NodeStateRow


def stalled_since() -> Any:
    """Return the day from which on a row's node got nowhere; as a column, empty for others."""
    other, day = NodeDayRow.alias(), NodeDayRow.alias()
    moved = (
        other.select(other.day)
        .where((other.node == NodeStateRow.node) & (other.behind != NodeStateRow.behind))
        .order_by(other.day.desc())
        .limit(1)
    )
    counted = peewee.fn.COUNT(day.day) >= STALLED_CONTACT_DAYS
    since = day.select(peewee.Case(None, [(counted, peewee.fn.MIN(day.day))], "")).where(
        (day.node == NodeStateRow.node) & (day.day > peewee.fn.COALESCE(moved, ""))
    )
    waits = (NodeStateRow.behind > 0) & (NodeStateRow.paused == 0)
    return peewee.Case(None, [(waits, since)], "")


def is_stalled() -> Any:
    """Return that a row's node is in contact and gets nowhere."""
    return stalled_since() != ""

"""What the technician's pages stand on, and what they share."""

from datetime import datetime, tzinfo
from urllib.parse import urlencode

from flask import Flask, Response, current_app
from markupsafe import Markup

from content_packs.errors import StorageFailed
from content_packs.values import Value
from sync_node import trusted_time
from sync_node.box_clock import BoxClock
from sync_node.box_state import BoxStates, Clock
from sync_node.box_view import SchoolState
from sync_node.data_dir import DataDir
from sync_node.enrolling_here import EnrollingHere
from sync_node.lan.visitor import go_to
from sync_node.log_export import LogExport
from sync_node.school.reporting import school_state
from sync_node.school.school import School
from sync_node.school_backups import SchoolBackups

HOME = "/box"
_KEY = "technician"


class Ground(Value, frozen=True):
    """What the pages look at, and by which services."""

    data_dir: DataDir
    states: BoxStates
    school: School
    clock: Clock
    logs: LogExport
    backups: SchoolBackups
    enrolling: EnrollingHere

    def box_clock(self) -> BoxClock:
        """Return the box's clock, with what it knows of time as far as that can be read."""
        try:
            known, _ = self.states.reader.time_and_expiry()
        except StorageFailed:
            known = None
        return self.clock(known)

    def school_state(self) -> SchoolState:
        """Return how school.db is."""
        return school_state(self.school, self.data_dir)


def put(app: Flask, ground: Ground) -> None:
    """Keep it with the application."""
    app.extensions[_KEY] = ground


def ground() -> Ground:
    """Return it, of the application that handles this request."""
    found: Ground = current_app.extensions[_KEY]
    return found


def done(word: str, address: str = HOME) -> Response:
    """Go on at a page, which says what was done: a reload doesn't do it again."""
    return go_to(f"{address}?{urlencode({'done': word})}")


def failed(error: Exception, word: str, address: str = HOME) -> Response:
    """Go on at a page, which says what couldn't be done; the cause goes to the log."""
    current_app.logger.warning("%s: %s", word, error)
    return go_to(f"{address}?{urlencode({'failed': word})}")


def seconds_since(time: str | None, now: datetime) -> int | None:
    """Return how long ago something was; None where its time is later than now, or isn't one.

    The clock of a box without a battery may jump: then the page says nothing rather than nonsense.
    """
    moment = trusted_time.parse(time or "")
    seconds = (now - moment).total_seconds() if moment else -1
    return int(seconds) if seconds >= 0 else None


def local(time: str, zone: tzinfo) -> Markup:
    """Return a moment by the school's clock, `2026-09-01 06:00`, for a page; empty for none."""
    moment = trusted_time.parse(time)
    return (
        Markup("<time>{:%Y-%m-%d %H:%M}</time>").format(moment.astimezone(zone))
        if moment
        else Markup()
    )

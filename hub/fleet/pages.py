"""The pages of the fleet: schools, boxes, enrolment, desired states, calendars."""

from hub.console.ground import Console
from hub.fleet import calendar_pages, desired_pages, node_pages, school_pages


def add(console: Console) -> None:
    """Add the pages."""
    school_pages.add(console)
    node_pages.add(console)
    desired_pages.add(console)
    calendar_pages.add(console)

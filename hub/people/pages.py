"""All pages of this room: the door, one's own account, tokens, people, the audit log."""

from hub.audit import pages as audit_pages
from hub.console.ground import Console
from hub.people import account_pages, door_pages, people_pages, token_pages


def add(console: Console) -> None:
    """Add the pages."""
    door_pages.add(console)
    account_pages.add(console)
    token_pages.add(console)
    people_pages.add(console)
    audit_pages.add(console)

"""Wishes of schools, put straight into hub.db."""

from hub.fleet.tables import SchoolRow
from hub.hub import Hub
from hub.school_requests.tables import RequestRow

AT = "2026-01-02T03:04:05Z"


def add_wish(hub: Hub, school: str, township: str, **fields: object) -> None:
    """Add a school with a wish, or another wish of it."""
    with hub.database.writing():
        if SchoolRow.get_or_none(SchoolRow.school == school) is None:
            SchoolRow.insert(
                school=school, district="tibet", added_at=AT, township=township
            ).execute()
        count = RequestRow.select().count()
        asked = {
            "school": school, "id": f"request-{count}", "what": "wish", "node": f"{school}-1",
            "state": "open", "text": "more maps", "asked_at": AT, "taken_at": AT, **fields,
        }  # fmt: skip
        RequestRow.insert(**asked).execute()

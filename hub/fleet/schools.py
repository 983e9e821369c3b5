"""Schools, each of a district."""

from dataclasses import dataclass

from content_packs.errors import InvalidContent, Missing, Refused, UsageError
from content_packs.limits import NAME_CHARACTERS_MAX, SHORT_TEXT_CHARACTERS_MAX
from content_packs.names import check_name
from hub.clock import in_words
from hub.fleet import audit
from hub.fleet.limits import NODES_OF_SCHOOL_MAX
from hub.fleet.tables import NodeRow, SchoolRow
from hub.hub import Hub

# Its nodes are called `<school>-<number>`.
SCHOOL_CHARACTERS_MAX = NAME_CHARACTERS_MAX - len(f"-{NODES_OF_SCHOOL_MAX}")


@dataclass(frozen=True)
class School:
    """A school; `nodes` counts those that it has or had."""

    school: str
    district: str
    title: str
    added_at: str
    nodes: int


def add(hub: Hub, school: str, *, district: str, title: str = "") -> bool:
    """Add a school, or give one that is there this title; return whether anything changed.

    Raises `UsageError` for names and titles that can't be, `Refused` for one that is there in
    another district, `StorageFailed`.
    """
    _check(school, district, title)
    with hub.database.writing():
        row = SchoolRow.get_or_none(SchoolRow.school == school)
        if row is None:
            now = in_words(hub.clock())
            SchoolRow.insert(school=school, district=district, title=title, added_at=now).execute()
            audit.note(hub, "school-added", reason=f"{school} of the district {district}")
            return True
        if row.district != district:
            raise Refused(
                f"{school} is a school of the district {row.district}",
                hint="Its nodes' credentials say so. Add it under another name.",
            )
        if not title or row.title == title:
            return False
        SchoolRow.update(title=title).where(SchoolRow.school == school).execute()
        return True


def list_schools(hub: Hub) -> list[School]:
    """Return the schools by district and name. Raises `StorageFailed`."""
    with hub.database.transaction():
        counts: dict[str, int] = {}
        for node in NodeRow.select(NodeRow.school):
            counts[node.school] = counts.get(node.school, 0) + 1
        rows = SchoolRow.select().order_by(SchoolRow.district, SchoolRow.school)
        return [
            School(row.school, row.district, row.title, row.added_at, counts.get(row.school, 0))
            for row in rows
        ]


def expect(school: str) -> SchoolRow:
    """Return a school's row, inside the caller's transaction. Raises `Missing`."""
    row = SchoolRow.get_or_none(SchoolRow.school == school)
    if row is None:
        raise Missing(
            f"there is no school {school[:80]!r}",
            hint=f"Add it: hub schools add {school[:80]} --district NAME",
        )
    return row


def _check(school: str, district: str, title: str) -> None:
    try:
        check_name(school, what="school")
        check_name(district, what="district")
    except InvalidContent as error:
        raise UsageError(error.message, hint=error.hint) from error
    if len(school) > SCHOOL_CHARACTERS_MAX:
        raise UsageError(f"school: more than {SCHOOL_CHARACTERS_MAX} characters")
    if len(title) > SHORT_TEXT_CHARACTERS_MAX or not title.isprintable():
        raise UsageError(
            f"title: at most {SHORT_TEXT_CHARACTERS_MAX} characters, in one line",
        )

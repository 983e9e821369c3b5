"""How school.db is, for a technician: counts and times, nothing about anybody."""

from content_packs.errors import StorageFailed
from sync_node.box_view import SchoolState
from sync_node.data_dir import DataDir
from sync_node.school.models import ClassRow, LearnerRow, TeacherRow
from sync_node.school.salvaging import SALVAGED_CODE
from sync_node.school.school import School

_DAY_SECONDS = 86_400


def school_state(school: School, data_dir: DataDir) -> SchoolState:
    """Return how school.db is. One that isn't there yet isn't made."""
    try:
        size = data_dir.school_db.stat().st_size
    except FileNotFoundError:
        return SchoolState("none-yet")
    except OSError:
        return SchoolState("unreadable")
    try:
        troubles = school.troubles()
    except StorageFailed:
        return SchoolState("unreadable", size, set_aside=len(school.set_aside()))
    age = school.backed_up_seconds_ago()
    return SchoolState(
        "well",
        size,
        backed_up_days=None if age is None else max(int(age // _DAY_SECONDS), 0),
        salvaged=tuple(each.at for each in troubles if each.code == SALVAGED_CODE),
        set_aside=len(school.set_aside()),
    )


def names_of_people(school: School) -> list[str]:
    """Return every name that school.db has: what must not leave the box. Raises `StorageFailed`."""
    with school.ground.database.reading():
        return [
            str(row.name)
            for model in (LearnerRow, TeacherRow, ClassRow)
            for row in model.select(model.name)
        ]

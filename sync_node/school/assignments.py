"""What teachers set: a lesson or one item of it, for a class, by a day."""

from datetime import date
from typing import Any

from content_packs.errors import Refused, UsageError
from content_packs.names import is_name
from content_packs.records import Place
from content_packs.values import Value
from sync_node.school.ground import Ground, day_of
from sync_node.school.limits import ASSIGNMENTS_OF_CLASS_MAX
from sync_node.school.models import AssignmentRow, ClassRow
from sync_node.school.rows import count_of, one_of


class Assignment(Value, frozen=True):
    """Something that was set. `due_on`: None for no day; `place.item`: empty for the lesson."""

    id: str
    class_id: str
    place: Place
    due_on: date | None
    by: str
    created_at: str


class Assignments:
    """What is set for classes. All methods raise `StorageFailed`; writing ones `Busy`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def set(self, class_id: str, place: Place, due_on: date | None, *, by: str) -> Assignment:
        """Set something for a class; set again, it has another day. `by`: the teacher's id.

        Raises `Missing`, `UsageError`, `Refused` for more than a class can be set.
        """
        check_place(place)
        new_id, at = self._ground.new_id(), self._ground.now_text()
        due = due_on.isoformat() if due_on else ""

        def work() -> Assignment:
            one_of(ClassRow, class_id, what="class")
            row = AssignmentRow.get_or_none(_of(class_id) & _is(place))
            if row is None:
                if count_of(AssignmentRow, _of(class_id)) >= ASSIGNMENTS_OF_CLASS_MAX:
                    raise Refused(
                        f"{ASSIGNMENTS_OF_CLASS_MAX} things are set for this class",
                        hint="Withdraw old ones first.",
                    )
                row = AssignmentRow.create(
                    id=new_id, class_id=class_id, pack=place.pack, lesson=place.lesson,
                    item=place.item, due_on=due, by=by, created_at=at, withdrawn_at="",
                )  # fmt: skip
            row.due_on = due
            row.save()
            return _assignment(row)

        return self._ground.write(work)

    def withdraw(self, assignment_id: str) -> None:
        """Take back what was set. Raises `Missing`."""
        at = self._ground.now_text()

        def work() -> None:
            row = one_of(AssignmentRow, assignment_id, what="task")
            row.withdrawn_at = row.withdrawn_at or at
            row.save()

        self._ground.write(work)

    def of_class(self, class_id: str) -> list[Assignment]:
        """Return what is set for a class: what is due first comes first, without a day last."""
        with self._ground.database.reading():
            rows = AssignmentRow.select().where(_of(class_id))
            ordered = rows.order_by(
                AssignmentRow.due_on == "", AssignmentRow.due_on, AssignmentRow.created_at
            )
            return [_assignment(row) for row in ordered]

    def assignment(self, assignment_id: str) -> Assignment:
        """Return what was set, withdrawn or not. Raises `Missing`."""
        with self._ground.database.reading():
            return _assignment(one_of(AssignmentRow, assignment_id, what="task"))


def check_place(place: Place) -> None:
    """Raise `UsageError` unless it names a lesson, an item, or a material."""
    names = [place.item] if place.is_material else [place.pack, place.lesson, place.item or "any"]
    if not all(is_name(name) for name in names):
        raise UsageError("that is no lesson and no item", hint="Choose it from the pack's page.")


def _of(class_id: str) -> Any:
    return (AssignmentRow.class_id == class_id) & (AssignmentRow.withdrawn_at == "")


def _is(place: Place) -> Any:
    return (
        (AssignmentRow.pack == place.pack)
        & (AssignmentRow.lesson == place.lesson)
        & (AssignmentRow.item == place.item)
    )


def _assignment(row: AssignmentRow) -> Assignment:
    place = Place(row.pack, row.lesson, row.item)
    return Assignment(row.id, row.class_id, place, day_of(row.due_on), row.by, row.created_at)

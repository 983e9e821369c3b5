"""What a roster changes: first as a preview for the teacher, then, if they want it, done.

A class is the same by its sourcedId, else by its name; a pupil by the sourcedId, else by the name
within the class. Nobody is removed but who is said to leave, or, if the teacher ticks it, who isn't
in the list any more: they are archived, and come back with all they did.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from content_packs.errors import StorageFailed
from content_packs.values import Value
from sync_node.school.ground import Ground
from sync_node.school.models import ClassRow, LearnerRow
from sync_node.school.people import (
    insert_class,
    insert_learner,
    move,
    next_sort_key,
    pictures_in,
    sort_key,
)
from sync_node.school.people_model import Learner, SchoolClass
from sync_node.school.pins import free_picture
from sync_node.school.rosters import Roster, RosterClass, RosterLearner

ChangeCode: TypeAlias = Literal[
    "new-class", "new", "renamed", "moved", "returned", "same", "archived"
]


class Change(Value, frozen=True):
    """What becomes of a class (`name` empty) or a pupil. `before`: the old name or class."""

    code: ChangeCode
    school_class: str
    name: str = ""
    before: str = ""


class Changes(Value, frozen=True):
    """All that a roster changes. `absent`: pupils of its classes who aren't in it, and stay."""

    changes: tuple[Change, ...]
    absent: tuple[Change, ...] = ()

    def count(self, code: ChangeCode) -> int:
        """Return how many changes are of this kind."""
        return sum(change.code == code for change in self.changes)


class _Undone(Exception):  # it ends a transaction that was only looked at
    def __init__(self, changes: Changes) -> None:
        super().__init__()
        self.changes = changes


class RosterApplying:
    """Brings the school's classes to what a roster says."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def preview(self, roster: Roster, *, archive_absent: bool = False) -> Changes:
        """Return what `apply` would change, and change nothing. Raises as `apply`."""

        def work() -> None:
            raise _Undone(_Applying(self._ground, archive_absent).apply(roster))

        try:
            self._ground.write(work)
        except _Undone as undone:
            return undone.changes
        raise StorageFailed("the preview was not made")

    def apply(self, roster: Roster, *, archive_absent: bool = False) -> Changes:
        """Do what a roster says, all or nothing. Raises `Refused`, `Busy`, `StorageFailed`."""
        return self._ground.write(lambda: _Applying(self._ground, archive_absent).apply(roster))


@dataclass
class _Applying:
    ground: Ground
    archive_absent: bool
    changes: list[Change] = field(default_factory=list)
    absent: list[Change] = field(default_factory=list)

    def apply(self, roster: Roster) -> Changes:
        for one in roster.classes:
            self._class(one)
        for source_id in roster.gone:
            row = LearnerRow.get_or_none((LearnerRow.source_id == source_id) & ~LearnerRow.archived)
            if row:
                self._archive(row)
        return Changes(tuple(self.changes), tuple(self.absent))

    def _class(self, one: RosterClass) -> None:
        row = _find_class(one)
        if row is None:
            made = SchoolClass(self.ground.new_id(), one.name, one.grade, 0)
            insert_class(made, at=self.ground.now_text(), source_id=one.source_id)
            self._note("new-class", one)
            row = ClassRow.get_by_id(made.id)
        row.archived = False
        row.grade = one.grade or row.grade
        row.source_id = one.source_id or row.source_id
        row.save()
        seen = {self._learner(place, row, learner, one) for place, learner in _numbered(one)}
        members = LearnerRow.select().where((LearnerRow.class_id == row.id) & ~LearnerRow.archived)
        for member in members:
            if member.id not in seen:
                self._absent(member, one)

    def _learner(self, place: int, row: Any, wanted: RosterLearner, one: RosterClass) -> str:
        found = _find_learner(row.id, wanted)
        if found is None:
            picture = free_picture(pictures_in(row.id), self.ground.randomness)
            made = Learner(self.ground.new_id(), row.id, wanted.name, picture, "")
            key = sort_key(place) if one.source_id else next_sort_key(row.id)
            insert_learner(
                made, at=self.ground.now_text(), source_id=wanted.source_id, sort_key=key
            )
            self._note("new", one, wanted.name)
            return made.id
        self._change(found, row, wanted, one)
        if one.source_id:
            found.sort_key = sort_key(place)
        found.save()
        return str(found.id)

    def _change(self, found: Any, row: Any, wanted: RosterLearner, one: RosterClass) -> None:
        code: ChangeCode = "same"
        before = ""
        if found.name != wanted.name:
            code, before, found.name = "renamed", found.name, wanted.name
        if found.class_id != row.id:
            code, before = "moved", ClassRow.get_by_id(found.class_id).name
            move(found, row.id, self.ground)
        if found.archived:
            code, found.archived = "returned", False
        found.source_id = wanted.source_id or found.source_id
        self._note(code, one, wanted.name, before)

    def _absent(self, member: Any, one: RosterClass) -> None:
        if self.archive_absent:
            self._archive(member)
        else:
            self.absent.append(Change("same", one.name, member.name))

    def _archive(self, row: Any) -> None:
        row.archived = True
        row.save()
        name = ClassRow.get_by_id(row.class_id).name
        self.changes.append(Change("archived", name, row.name))

    def _note(self, code: ChangeCode, one: RosterClass, name: str = "", before: str = "") -> None:
        self.changes.append(Change(code, one.name, name, before))


def _numbered(one: RosterClass) -> Any:
    return enumerate(one.learners, 1)


def _find_class(one: RosterClass) -> Any:
    row = None
    if one.source_id:
        row = ClassRow.get_or_none(ClassRow.source_id == one.source_id)
    return row or ClassRow.get_or_none((ClassRow.name == one.name) & ~ClassRow.archived)


def _find_learner(class_id: str, wanted: RosterLearner) -> Any:
    if wanted.source_id:
        row = LearnerRow.get_or_none(LearnerRow.source_id == wanted.source_id)
        if row:
            return row
    same = (LearnerRow.class_id == class_id) & (LearnerRow.name == wanted.name)
    unclaimed = (LearnerRow.source_id == "") | (LearnerRow.source_id == wanted.source_id)
    where = same if not wanted.source_id else same & unclaimed
    return LearnerRow.get_or_none(where)

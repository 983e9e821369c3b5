"""Classes and the pupils in them. Who leaves is archived: what they did stays theirs."""

from collections.abc import Sequence
from typing import Any

from peewee import JOIN, fn

from content_packs.errors import Refused, UsageError
from sync_node.school.ground import Ground
from sync_node.school.limits import (
    CLASSES_MAX,
    GRADE_CHARACTERS_MAX,
    LEARNERS_IN_CLASS_MAX,
    LEARNERS_MAX,
    NAME_CHARACTERS_MAX,
)
from sync_node.school.models import ClassRow, LearnerRow, SessionRow
from sync_node.school.people_model import Learner, MadePin, SchoolClass
from sync_node.school.pins import PinKind, free_picture, is_pin, new_pin, normal
from sync_node.school.rows import count_of, one_of
from sync_node.school.texts import needed_line, one_line

_ORDER_DIGITS = 6


class People:
    """The school's classes and pupils. All methods raise `StorageFailed`; writing ones `Busy`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def classes(self, *, archived: bool = False) -> list[SchoolClass]:
        """Return the classes, by grade and name; with `archived`, those alone that are."""
        members = fn.COUNT(LearnerRow.id)
        in_class = (LearnerRow.class_id == ClassRow.id) & ~LearnerRow.archived
        with self._ground.database.reading():
            rows = (
                ClassRow.select(ClassRow.id, ClassRow.name, ClassRow.grade, members)
                .join(LearnerRow, JOIN.LEFT_OUTER, on=in_class)
                .where(ClassRow.archived == archived)
                .group_by(ClassRow.id)
                .order_by(ClassRow.grade, ClassRow.name)
                .tuples()
            )
            return [_counted(row, archived=archived) for row in rows]

    def school_class(self, class_id: str) -> SchoolClass:
        """Return a class. Raises `Missing`."""
        with self._ground.database.reading():
            return _class(one_of(ClassRow, class_id, what="class"))

    def learners(self, class_id: str, *, archived: bool = False) -> list[Learner]:
        """Return the pupils of a class in the order of its list."""
        with self._ground.database.reading():
            rows = LearnerRow.select().where(
                (LearnerRow.class_id == class_id) & (LearnerRow.archived == archived)
            )
            return [learner_of(row) for row in rows.order_by(LearnerRow.sort_key, LearnerRow.name)]

    def learner(self, learner_id: str) -> Learner:
        """Return a pupil, archived or not. Raises `Missing`."""
        with self._ground.database.reading():
            return learner_of(one_of(LearnerRow, learner_id, what="pupil"))

    def add_class(self, name: str, grade: str = "") -> SchoolClass:
        """Add a class. Raises `UsageError`, `Refused` for a name that is taken."""
        wanted = needed_line(name, characters_max=NAME_CHARACTERS_MAX, what="the class's name")
        made = SchoolClass(
            self._ground.new_id(), wanted, one_line(grade, characters_max=GRADE_CHARACTERS_MAX), 0
        )
        self._ground.write(lambda: insert_class(made, at=self._ground.now_text()))
        return made

    def rename_class(self, class_id: str, name: str, grade: str) -> None:
        """Give a class another name and grade. Raises `UsageError`, `Missing`, `Refused`."""
        wanted = needed_line(name, characters_max=NAME_CHARACTERS_MAX, what="the class's name")
        line = one_line(grade, characters_max=GRADE_CHARACTERS_MAX)

        def work() -> None:
            row = one_of(ClassRow, class_id, what="class")
            _check_class_name(wanted, except_id=class_id)
            row.name, row.grade = wanted, line
            row.save()

        self._ground.write(work)

    def archive_class(self, class_id: str, *, archived: bool = True) -> None:
        """Put a class away, or take it back. Its pupils can't sign in while it is. `Missing`."""

        def work() -> None:
            row = one_of(ClassRow, class_id, what="class")
            if not archived:
                _check_class_name(row.name, except_id=class_id)
            row.archived = archived
            row.save()
            if archived:
                members = LearnerRow.select(LearnerRow.id).where(LearnerRow.class_id == class_id)
                _end_sessions([member.id for member in members])

        self._ground.write(work)

    def add_learner(self, class_id: str, name: str) -> Learner:
        """Add a pupil at the end of a class's list. Raises `UsageError`, `Missing`, `Refused`."""
        wanted = needed_line(name, characters_max=NAME_CHARACTERS_MAX, what="the pupil's name")
        new_id = self._ground.new_id()

        def work() -> Learner:
            one_of(ClassRow, class_id, what="class")
            picture = free_picture(pictures_in(class_id), self._ground.randomness)
            made = Learner(new_id, class_id, wanted, picture, "")
            insert_learner(made, at=self._ground.now_text())
            return made

        return self._ground.write(work)

    def rename_learner(self, learner_id: str, name: str) -> None:
        """Give a pupil another name. Raises `UsageError`, `Missing`."""
        wanted = needed_line(name, characters_max=NAME_CHARACTERS_MAX, what="the pupil's name")
        self._change(learner_id, name=wanted)

    def move_learner(self, learner_id: str, class_id: str) -> None:
        """Put a pupil into another class, at the end of its list. Raises `Missing`, `Refused`."""

        def work() -> None:
            row = one_of(LearnerRow, learner_id, what="pupil")
            one_of(ClassRow, class_id, what="class")
            move(row, class_id, self._ground)

        self._ground.write(work)

    def archive_learner(self, learner_id: str, *, archived: bool = True) -> None:
        """Take a pupil off the list, or put them back. Raises `Missing`."""

        def work() -> None:
            row = one_of(LearnerRow, learner_id, what="pupil")
            row.archived = archived
            row.save()
            _end_sessions([learner_id])

        self._ground.write(work)

    def make_pins(
        self, class_id: str, kind: PinKind, *, only_missing: bool = False
    ) -> list[MadePin]:
        """Give the pupils of a class new PINs, and return them for the sheet to print.

        The old ones and what was signed in by them end. Takes a fraction of a second for each.
        """
        learners = [
            learner
            for learner in self.learners(class_id)
            if not (only_missing and learner.pin_kind)
        ]
        return self._set_pins(
            [(learner, new_pin(kind, self._ground.randomness)) for learner in learners], kind
        )

    def make_pin(self, learner_id: str, kind: PinKind) -> MadePin:
        """Give a pupil a new PIN. Raises `Missing`."""
        learner = self.learner(learner_id)
        return self._set_pins([(learner, new_pin(kind, self._ground.randomness))], kind)[0]

    def set_pin(self, learner_id: str, pin: str, kind: PinKind) -> MadePin:
        """Give a pupil this PIN. Raises `UsageError` where it is none, `Missing`."""
        chosen = normal(pin)
        if not is_pin(chosen, kind):
            raise UsageError("that is no PIN", hint="Four digits, or three different pictures.")
        return self._set_pins([(self.learner(learner_id), chosen)], kind)[0]

    def take_pin_away(self, learner_id: str) -> None:
        """Let a pupil sign in without a PIN. Raises `Missing`."""
        self._change(learner_id, pin_hash="", pin_kind="")

    def _set_pins(self, pins: Sequence[tuple[Learner, str]], kind: PinKind) -> list[MadePin]:
        hashed = [(one, pin, self._ground.hashed(pin)) for one, pin in pins]

        def work() -> None:
            for learner, _, pin_hash in hashed:
                row = one_of(LearnerRow, learner.id, what="pupil")
                row.pin_hash, row.pin_kind = pin_hash, kind
                row.save()
            _end_sessions([learner.id for learner, _, _ in hashed])

        self._ground.write(work)
        return [
            MadePin(Learner(one.id, one.class_id, one.name, one.picture, kind, one.archived), pin)
            for one, pin, _ in hashed
        ]

    def _change(self, learner_id: str, **values: str) -> None:
        def work() -> None:
            one_of(LearnerRow, learner_id, what="pupil")
            LearnerRow.update(values).where(LearnerRow.id == learner_id).execute()

        self._ground.write(work)


def learner_of(row: LearnerRow) -> Learner:
    """Return what a row says of a pupil."""
    return Learner(row.id, row.class_id, row.name, row.picture, row.pin_kind, bool(row.archived))


def insert_class(made: SchoolClass, *, at: str, source_id: str = "") -> None:
    """Add a class's row, within a write. Raises `Refused`."""
    if count_of(ClassRow, ~ClassRow.archived) >= CLASSES_MAX:
        raise Refused(f"there are {CLASSES_MAX} classes already", hint="Archive old ones first.")
    _check_class_name(made.name, except_id=made.id)
    ClassRow.create(
        id=made.id, name=made.name, grade=made.grade, source_id=source_id, created_at=at,
        archived=False,
    )  # fmt: skip


def insert_learner(made: Learner, *, at: str, source_id: str = "", sort_key: str = "") -> None:
    """Add a pupil's row, within a write. Raises `Refused`."""
    _check_room(made.class_id)
    LearnerRow.create(
        id=made.id, class_id=made.class_id, name=made.name, picture=made.picture, pin_hash="",
        sort_key=sort_key or next_sort_key(made.class_id), pin_kind="", source_id=source_id,
        created_at=at, archived=False,
    )  # fmt: skip


def move(row: LearnerRow, class_id: str, ground: Ground) -> None:
    """Put a pupil's row into another class, within a write. Raises `Refused`."""
    if row.class_id == class_id:
        return
    _check_room(class_id)
    taken = pictures_in(class_id)
    row.class_id, row.sort_key = class_id, next_sort_key(class_id)
    if row.picture in taken:
        row.picture = free_picture(taken, ground.randomness)
    row.save()


def pictures_in(class_id: str) -> set[str]:
    """Return the pictures that are taken in a class."""
    rows = LearnerRow.select(LearnerRow.picture).where(
        (LearnerRow.class_id == class_id) & ~LearnerRow.archived
    )
    return {row.picture for row in rows}


def next_sort_key(class_id: str) -> str:
    """Return the place at the end of a class's list."""
    rows = LearnerRow.select(LearnerRow.sort_key).where(LearnerRow.class_id == class_id)
    numbers = (row.sort_key for row in rows)
    return sort_key(max((int(text) for text in numbers if text.isdecimal()), default=0) + 1)


def sort_key(place: int) -> str:
    """Return the key of a place in a class's list."""
    return f"{place:0{_ORDER_DIGITS}}"


def _check_room(class_id: str) -> None:
    here = count_of(LearnerRow, (LearnerRow.class_id == class_id) & ~LearnerRow.archived)
    if here >= LEARNERS_IN_CLASS_MAX or count_of(LearnerRow, ~LearnerRow.archived) >= LEARNERS_MAX:
        raise Refused(
            f"no more than {LEARNERS_IN_CLASS_MAX} pupils in a class, {LEARNERS_MAX} in all",
            hint="Make a second class, or take off the list who has left.",
        )


def _check_class_name(name: str, *, except_id: str) -> None:
    same = (ClassRow.name == name) & ~ClassRow.archived & (ClassRow.id != except_id)
    if count_of(ClassRow, same):
        raise Refused(f"there is a class {name} already", hint="Choose another name.")


def _counted(row: Any, *, archived: bool) -> SchoolClass:
    id_, name, grade, members = row
    return SchoolClass(id_, name, grade, members, archived)


def _class(row: ClassRow) -> SchoolClass:
    members = count_of(LearnerRow, (LearnerRow.class_id == row.id) & ~LearnerRow.archived)
    return SchoolClass(row.id, row.name, row.grade, members, bool(row.archived))


def _end_sessions(learner_ids: Sequence[str]) -> None:
    for learner_id in learner_ids:
        SessionRow.delete().where(
            (SessionRow.kind == "learner") & (SessionRow.subject == learner_id)
        ).execute()

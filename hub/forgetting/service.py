"""Forgetting: what would go from before a day, and that it goes.

Marks and the line of the audit log come first, in one transaction; then rows go, some at a time. A
cut leaves the rest to `finish`, which goes by the marks.
"""

from dataclasses import dataclass
from datetime import date

from content_packs.errors import UsageError
from hub.fleet import audit
from hub.forgetting import marks, old_counts, old_records
from hub.forgetting.limits import DAY_MIN
from hub.forgetting.marks import ALL, Mark
from hub.forgetting.old_counts import COUNTS, TELLING_APART
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.records import reading


@dataclass(frozen=True)
class Wanted:
    """What is to be forgotten: records, counts of use, from before a day; None for none.

    `school`: only its; empty for all.
    """

    records: date | None = None
    use: date | None = None
    school: str = ALL


@dataclass(frozen=True)
class Forgettable:
    """What is from before: records of so many schools, and rows of counts.

    What is kept begins on the days `records_before` and `use_before`; empty where nothing of it is
    to be forgotten.
    """

    records: int
    schools: int
    use_rows: int
    records_before: str
    use_before: str

    @property
    def is_nothing(self) -> bool:
        """Whether nothing would go."""
        return not self.records and not self.use_rows


def wanted(hub: Hub, actor: Actor, before: date, *, use: bool = False, school: str = ALL) -> Wanted:
    """Return what somebody wants forgotten: records from before a day; counts of `use`, too.

    Of these whole months go. Raises `Refused`, `Missing` for a school that isn't there,
    `UsageError` for a day that is yet to come, or before `DAY_MIN`.
    """
    actor.expect(Right.OPERATE)
    if school:
        reading.expect_school(hub, actor, school)
    if before < DAY_MIN:
        raise UsageError(f"{before} is before {DAY_MIN}", hint="Name a day such as 2026-09-01.")
    if before > marks.today(hub):
        raise UsageError(f"{before} is yet to come", hint="Name a day of the past, or today.")
    return Wanted(before, marks.first_kept("use", before) if use else None, school)


def look(hub: Hub, actor: Actor, what: Wanted) -> Forgettable:
    """Return what would go. Raises `Refused`, `Damaged`, `StorageFailed`."""
    actor.expect(Right.OPERATE)
    count, schools, rows = 0, set(), 0
    if what.records is not None:
        for old in old_records.find(hub, marks.begin_of(hub, what.records), what.school):
            count += old.records
            schools.add(old.school)
    if what.use is not None:
        rows = old_counts.count(hub, what.use, what.school, COUNTS)
    return Forgettable(count, len(schools), rows, _words(what.records), _words(what.use))


def forget(hub: Hub, actor: Actor, what: Wanted) -> Forgettable:
    """Forget it, for good; return what went. Raises as `look`."""
    goes = look(hub, actor, what)
    whose = f"of {what.school}" if what.school else "of all schools"
    with hub.database.writing():
        if what.records is not None:
            marks.remember(hub, "records", what.school, what.records)
            reason = f"{goes.records} of before {what.records}, {whose}"
            audit.note(hub, "records-forgotten", reason=reason, actor=actor.login)
        if what.use is not None:
            marks.remember(hub, "use", what.school, what.use)
            reason = f"{goes.use_rows} rows of before {what.use}, {whose}"
            audit.note(hub, "use-forgotten", reason=reason, actor=actor.login)
    if what.records is not None:
        old_records.remove(hub, marks.begin_of(hub, what.records), what.school)
        old_counts.remove(hub, what.records, what.school, TELLING_APART)
    if what.use is not None:
        old_counts.remove(hub, what.use, what.school, COUNTS + TELLING_APART)
    return goes


def is_finished(hub: Hub) -> bool:
    """Return whether all is gone that is said to be. Raises `StorageFailed`."""
    return not any(_is_left(hub, mark) for mark in marks.known(hub))


def finish(hub: Hub, actor: Actor) -> int:
    """Remove what is said to be gone and is here, since a run was cut; return how many records.

    That it is forgotten stands in the audit log already. Raises as `look`.
    """
    actor.expect(Right.OPERATE)
    count = 0
    for mark in marks.known(hub):
        if not _is_left(hub, mark):
            continue
        if mark.what == "records":
            count += old_records.remove(hub, mark.before, mark.school)
        old_counts.remove(hub, marks.day_of(hub, mark.before), mark.school, _counts_of(mark))
    return count


def _is_left(hub: Hub, mark: Mark) -> bool:
    if mark.what == "records" and old_records.is_any(hub, mark.before, mark.school):
        return True
    day = marks.day_of(hub, mark.before)
    return old_counts.count(hub, day, mark.school, _counts_of(mark)) > 0


def _counts_of(mark: Mark) -> tuple[type, ...]:
    """Return the tables of counts that a mark is about."""
    return TELLING_APART if mark.what == "records" else COUNTS + TELLING_APART


def _words(day: date | None) -> str:
    return "" if day is None else day.isoformat()

"""Forgetting: what would go from before a day, and that it goes.

A record is of the time that it says, or of that at which it came, where its box's clock ran ahead.
Marks and the line of the audit log come first, in one transaction; then rows go, some at a time. A
cut leaves the rest to the next run, which the mark has it do all the same.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from peewee import chunked

from content_packs import record_batches, records
from content_packs.errors import InvalidContent, UsageError
from hub.clock import in_words
from hub.errors import Damaged
from hub.fleet import audit
from hub.forgetting import marks
from hub.forgetting.limits import BATCHES_TOGETHER, IDS_TOGETHER
from hub.forgetting.marks import ALL
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.records import reading
from hub.records.tables import RecordBatchRow, RecordRow
from hub.use.tables import LessonUseRow, UseDayRow, UseMarkRow, UseRow

_MONTH = len("2026-09")


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


@dataclass(frozen=True)
class _Old:
    """A batch with records from before: all of them, or those with `ids`; `rest` stays."""

    number: int
    school: str
    records: int
    ids: tuple[str, ...] = ()
    rest: tuple[bytes, ...] = ()


def wanted(hub: Hub, actor: Actor, before: date, *, use: bool = False, school: str = ALL) -> Wanted:
    """Return what somebody wants forgotten: records from before a day; counts of `use`, too.

    Of these whole months go. Raises `Refused`, `Missing` for a school that isn't there,
    `UsageError` for a day that is yet to come.
    """
    actor.expect(Right.OPERATE)
    if school:
        reading.expect_school(hub, actor, school)
    if before > marks.today(hub):
        raise UsageError(f"{before} is yet to come", hint="Name a day of the past, or today.")
    return Wanted(before, marks.first_kept("use", before) if use else None, school)


def look(hub: Hub, actor: Actor, what: Wanted) -> Forgettable:
    """Return what would go. Raises `Refused`, `Damaged`, `StorageFailed`."""
    actor.expect(Right.OPERATE)
    count, schools, rows = 0, set(), 0
    if what.records is not None:
        for old in _old(hub, marks.begin_of(hub, what.records), what.school):
            count += old.records
            schools.add(old.school)
    if what.use is not None:
        with hub.database.transaction():
            rows = sum(
                int(model.select().where(which).count())
                for model, which in _counts_before(what.use, what.school)
                if model is not UseMarkRow
            )
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
        _forget_records(hub, marks.begin_of(hub, what.records), what.school)
        _forget_counts(hub, what.records, what.school, (UseMarkRow,))
    if what.use is not None:
        _forget_counts(hub, what.use, what.school, (UseRow, LessonUseRow, UseDayRow, UseMarkRow))
    return goes


def _words(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _old(hub: Hub, before: datetime, school: str) -> Iterator[_Old]:
    """Yield batches with records from before, some read at a time. Raises `Damaged`."""
    row, last, words = RecordBatchRow, 0, in_words(before)
    from_before = (row.first_at < words) | (row.taken_at < words)
    if school:
        from_before &= row.school == school
    wholly = row.select(row.number, row.school, row.records, row.last_at, row.taken_at)
    while True:
        query: Any = wholly.where(from_before & (row.number > last)).order_by(row.number)
        with hub.database.transaction():
            found = list(query.limit(BATCHES_TOGETHER).tuples())
        if not found:
            return
        for number, whose, count, last_at, taken_at in found:
            if min(last_at, taken_at) < words:
                yield _Old(number, whose, count)
            else:
                yield _parted(hub, number, whose, before)
            last = number


def _parted(hub: Hub, number: int, school: str, before: datetime) -> _Old:
    """Return which records of a batch are from before, and which aren't."""
    with hub.database.transaction():
        lines = reading.lines_of(RecordBatchRow.get_by_id(number))
    try:
        read = [(records.decode(line), line) for line in lines]
    except InvalidContent as error:
        raise Damaged(
            f"the records of batch {number} can't be read: {error.message}",
            hint="Restore hub.db from a backup.",
        ) from error
    ids = tuple(one.id for one, _ in read if one.timestamp < before)
    rest = tuple(line for one, line in read if one.timestamp >= before)
    return _Old(number, school, len(ids), ids, rest)


def _forget_records(hub: Hub, before: datetime, school: str) -> None:
    whole: list[_Old] = []
    for old in _old(hub, before, school):
        if old.rest:
            _part(hub, old)
            continue
        whole.append(old)
        if len(whole) == BATCHES_TOGETHER:
            _drop(hub, whole)
            whole = []
    _drop(hub, whole)


def _drop(hub: Hub, batches: list[_Old]) -> None:
    by_school: dict[str, list[int]] = {}
    for old in batches:
        by_school.setdefault(old.school, []).append(old.number)
    with hub.database.writing():
        for school, numbers in by_school.items():
            of = (RecordRow.school == school) & RecordRow.batch.in_(numbers)
            RecordRow.delete().where(of).execute()
            RecordBatchRow.delete().where(RecordBatchRow.number.in_(numbers)).execute()


def _part(hub: Hub, old: _Old) -> None:
    """Write a batch anew without what goes; what stays has the bytes that it came in."""
    times = [records.decode(line).timestamp for line in old.rest]
    frame = base64.b64encode(record_batches.frame_of(old.rest)).decode()
    with hub.database.writing():
        for some in chunked(old.ids, IDS_TOGETHER):
            of = (RecordRow.school == old.school) & RecordRow.id.in_(some)
            RecordRow.delete().where(of & (RecordRow.batch == old.number)).execute()
        RecordBatchRow.update(
            records=len(old.rest), first_at=in_words(min(times)), frame=frame
        ).where(RecordBatchRow.number == old.number).execute()


def _counts_before(day: date, school: str) -> list[tuple[Any, Any]]:
    """Return each table of counts, and which of its rows are of months before that of a day."""
    month = day.isoformat()[:_MONTH]  # a day of an earlier month comes before it as text, too
    found: list[tuple[Any, Any]] = [
        (UseRow, UseRow.month < month),
        (LessonUseRow, LessonUseRow.month < month),
        (UseDayRow, UseDayRow.day < month),
        (UseMarkRow, UseMarkRow.span < month),
    ]
    return [
        (model, which & (model.school == school) if school else which) for model, which in found
    ]


def _forget_counts(hub: Hub, day: date, school: str, models: tuple[Any, ...]) -> None:
    for model, which in _counts_before(day, school):
        if model in models:
            with hub.database.writing():
                model.delete().where(which).execute()

"""Records from before a moment: which, and that they go, some at a time.

A record is of the time that it says, or of that at which it came, where its box's clock ran ahead.
Of one that says a later time than the moment, its id is kept when it goes: it is all that keeps it
out when it comes again.

What is here is read again inside of each transaction that writes: another run may have been faster.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import chunked

from content_packs import record_batches, records
from content_packs.errors import InvalidContent
from content_packs.records import Statement
from hub.clock import in_words
from hub.errors import Damaged
from hub.forgetting.limits import BATCHES_TOGETHER, IDS_TOGETHER
from hub.hub import Hub
from hub.records import reading
from hub.records.tables import NO_BATCH, RecordBatchRow, RecordRow


@dataclass(frozen=True)
class Old:
    """A batch with so many records from before. `is_whole`: all are, and each says so itself."""

    number: int
    school: str
    records: int
    is_whole: bool


def is_any(hub: Hub, before: datetime, school: str) -> bool:
    """Return whether there is one from before. Raises `StorageFailed`."""
    with hub.database.transaction():
        return bool(RecordBatchRow.select().where(_from_before(before, school)).exists())


def find(hub: Hub, before: datetime, school: str) -> Iterator[Old]:
    """Yield batches with records from before, some read at a time.

    Raises `Damaged`, `StorageFailed`.
    """
    row, last, words = RecordBatchRow, 0, in_words(before)
    wanted = row.select(row.number, row.school, row.records, row.last_at, row.taken_at)
    while True:
        query: Any = wanted.where(_from_before(before, school) & (row.number > last))
        with hub.database.transaction():
            found = list(query.order_by(row.number).limit(BATCHES_TOGETHER).tuples())
        if not found:
            return
        for number, whose, count, last_at, taken_at in found:
            last = number
            if min(last_at, taken_at) < words:
                yield Old(number, whose, count, is_whole=last_at < words)
            elif count := _count_in(hub, number, before):
                yield Old(number, whose, count, is_whole=False)


def remove(hub: Hub, before: datetime, school: str) -> int:
    """Remove them; return how many were found. Raises as `find`."""
    whole: list[Old] = []
    count = 0
    for old in find(hub, before, school):
        count += old.records
        if not old.is_whole:
            _part(hub, old.number, before)
            continue
        whole.append(old)
        if len(whole) == BATCHES_TOGETHER:
            _drop(hub, whole)
            whole = []
    _drop(hub, whole)
    return count


def _from_before(before: datetime, school: str) -> Any:
    row, words = RecordBatchRow, in_words(before)
    found = (row.first_at < words) | (row.taken_at < words)
    return found & (row.school == school) if school else found


def _count_in(hub: Hub, number: int, before: datetime) -> int:
    with hub.database.transaction():
        row = RecordBatchRow.get_or_none(RecordBatchRow.number == number)
    return 0 if row is None else sum(one.timestamp < before for one, _ in _read(row))


def _read(row: RecordBatchRow) -> list[tuple[Statement, bytes]]:
    """Return the records of a batch, each with its bytes. Raises `Damaged`."""
    try:
        return [(records.decode(line), line) for line in reading.lines_of(row)]
    except InvalidContent as error:
        raise Damaged(
            f"the records of batch {row.number} can't be read: {error.message}",
            hint="Restore hub.db from a backup.",
        ) from error


def _drop(hub: Hub, batches: Sequence[Old]) -> None:
    by_school: dict[str, list[int]] = {}
    for old in batches:
        by_school.setdefault(old.school, []).append(old.number)
    with hub.database.writing():
        for school, numbers in by_school.items():
            of = (RecordRow.school == school) & RecordRow.batch.in_(numbers)
            RecordRow.delete().where(of).execute()
            RecordBatchRow.delete().where(RecordBatchRow.number.in_(numbers)).execute()


def _part(hub: Hub, number: int, before: datetime) -> None:
    """Take out of a batch what is from before; it goes where it came before itself."""
    with hub.database.writing():
        row = RecordBatchRow.get_or_none(RecordBatchRow.number == number)
        if row is None:
            return
        read = _read(row)
        rest = [(one, line) for one, line in read if one.timestamp >= before]
        old = [one.id for one, _ in read if one.timestamp < before]
        for which in _rows_of(row, old):
            RecordRow.delete().where(which).execute()
        if row.taken_at < in_words(before):
            for which in _rows_of(row, [one.id for one, _ in rest]):
                RecordRow.update(batch=NO_BATCH).where(which).execute()
            row.delete_instance()
        elif old:
            _write(row, rest)


def _rows_of(row: RecordBatchRow, ids: Sequence[str]) -> Iterator[Any]:
    """Yield conditions for the rows of these records of a batch, some in each."""
    of_batch = (RecordRow.school == row.school) & (RecordRow.batch == row.number)
    for some in chunked(ids, IDS_TOGETHER):
        yield of_batch & RecordRow.id.in_(some)


def _write(row: RecordBatchRow, rest: Sequence[tuple[Statement, bytes]]) -> None:
    """Write a batch anew with what stays, in the bytes that it came in."""
    frame = record_batches.frame_of([line for _, line in rest])
    row.records = len(rest)
    row.first_at = in_words(min(one.timestamp for one, _ in rest))
    row.frame = base64.b64encode(frame).decode()
    row.save()

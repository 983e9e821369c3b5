"""Records, for whoever studies them: how many each school has sent, and the records themselves.

They leave in the bytes in which pupils' boxes made them, one line each. Who takes them out is
written into the audit log: they name nobody, and say what each pupil did.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from peewee import fn

from content_packs import record_batches
from content_packs.errors import InvalidContent, Missing, UsageError
from content_packs.names import is_name
from hub.errors import Damaged
from hub.fleet import audit
from hub.fleet.tables import SchoolRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.records.limits import BATCHES_READ_TOGETHER
from hub.records.tables import RecordBatchRow


@dataclass(frozen=True)
class SchoolRecords:
    """How many records a school has sent. `first_at` to `last_at`: when what they say happened.

    `taken_at`: when the newest of them came. Times are RFC 3339 in UTC.
    """

    school: str
    title: str
    township: str
    records: int
    first_at: str
    last_at: str
    taken_at: str


@dataclass(frozen=True)
class SchoolsPage:
    """Schools by name. `next`: what to ask for more after, empty for no more."""

    schools: tuple[SchoolRecords, ...]
    next: str


@dataclass(frozen=True)
class Batch:
    """Records that came together, as lines. `number` is what to ask for more after."""

    number: int
    school: str
    lines: tuple[bytes, ...]


def by_school(hub: Hub, actor: Actor, *, after: str = "", most: int) -> SchoolsPage:
    """Return the schools that sent records, by name, from after a name on.

    Raises `Refused`, `UsageError` for what is no name, `StorageFailed`.
    """
    actor.expect(Right.OPERATE)
    if after and not is_name(after):
        raise UsageError(f"{after[:80]!r} is no school's name", hint="Give what was `next`.")
    row = RecordBatchRow
    query: Any = (
        row.select(
            row.school,
            SchoolRow.title,
            SchoolRow.township,
            fn.SUM(row.records).alias("records"),
            fn.MIN(row.first_at).alias("first_at"),
            fn.MAX(row.last_at).alias("last_at"),
            fn.MAX(row.taken_at).alias("taken_at"),
        )
        .join(SchoolRow, on=(SchoolRow.school == row.school))
        .where(_theirs(actor) & (row.school > after))
        .group_by(row.school, SchoolRow.title, SchoolRow.township)
        .order_by(row.school)
        .limit(most + 1)
    )
    with hub.database.transaction():
        found = tuple(
            SchoolRecords(
                each.school, each.title, each.township, int(each.records),
                each.first_at, each.last_at, each.taken_at,
            )
            for each in query.objects()
        )  # fmt: skip
    more = len(found) > most
    return SchoolsPage(found[:most], found[most - 1].school if more else "")


def expect_school(hub: Hub, actor: Actor, school: str) -> None:
    """Raise `Missing` unless there is such a school and it is the actor's; `Refused`."""
    actor.expect(Right.OPERATE)
    with hub.database.transaction():
        row = SchoolRow.get_or_none(SchoolRow.school == school) if is_name(school) else None
    if row is None or not actor.sees_township(row.township):
        raise Missing(f"there is no school {school[:80]!r}", hint="See them: hub records list")


def export(hub: Hub, actor: Actor, *, school: str = "", after: int = 0) -> Iterator[Batch]:
    """Return the records of a school, of all where none is named, as they came.

    `after`: only those of later batches. What is read at a time is bounded. It is noted in the
    audit log before the first leaves. Raises `Refused`, `Missing`, `StorageFailed` at once, and
    `StorageFailed` and `Damaged` while it goes on.
    """
    if school:
        expect_school(hub, actor, school)
    actor.expect(Right.OPERATE)
    if not after:
        with hub.database.writing():
            of = f"of {school}" if school else "of all schools"
            audit.note(hub, "records-exported", reason=of, actor=actor.login)
    return _batches(hub, actor, school, after)


def _batches(hub: Hub, actor: Actor, school: str, after: int) -> Iterator[Batch]:
    row = RecordBatchRow
    wanted = _theirs(actor)
    if school:
        wanted &= row.school == school
    while True:
        query = (
            row.select()
            .join(SchoolRow, on=(SchoolRow.school == row.school))
            .where(wanted & (row.number > after))
            .order_by(row.number)
            .limit(BATCHES_READ_TOGETHER)
        )
        with hub.database.transaction():
            found = list(query)
        if not found:
            return
        for each in found:
            after = int(each.number)
            yield Batch(after, each.school, lines_of(each))


def _theirs(actor: Actor) -> Any:
    if actor.townships is None:
        return SchoolRow.school != ""
    return SchoolRow.township.in_(sorted(actor.townships))


def lines_of(row: RecordBatchRow) -> tuple[bytes, ...]:
    """Return the records of a batch, a line each. Raises `Damaged`."""
    try:
        return tuple(record_batches.lines_of(base64.b64decode(row.frame)))
    except (InvalidContent, ValueError) as error:
        raise Damaged(
            f"the records of batch {row.number} can't be read: {error}",
            hint="Restore hub.db from a backup.",
        ) from error

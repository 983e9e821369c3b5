"""What the API offers of records."""

import json
from typing import Annotated, Any

import msgspec

from hub.api.operations import Given, Operation
from hub.api.paging import PAGE_DEFAULT, Limit
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.records import reading
from hub.records.limits import EXPORT_ITEMS_MIN
from hub.records.reading import SchoolRecords


class SchoolsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`after`: the name of a school; those after it."""

    after: str = ""
    limit: Limit = PAGE_DEFAULT


class SchoolRecordsPage(msgspec.Struct):
    """Schools by name. `next`: ask for more with it as `after`; empty for no more."""

    items: tuple[SchoolRecords, ...]
    next: str


class RecordsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`after`: what was `next` in the answer before."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)] = 0


class RecordsPage(msgspec.Struct):
    """Records as RECORDS.md has them, in the order in which they came. `next`: as in other lists.

    How many there are in an answer is the hub's to say: those that came together stay so.
    """

    items: list[dict[str, Any]]
    next: str


def _schools(hub: Hub, actor: Actor, given: Given) -> SchoolRecordsPage:
    query: SchoolsQuery = given.query
    found = reading.by_school(hub, actor, after=query.after, most=query.limit)
    return SchoolRecordsPage(found.schools, found.next)


def _records(hub: Hub, actor: Actor, given: Given) -> RecordsPage:
    query: RecordsQuery = given.query
    school = given.path["school"]
    items: list[dict[str, Any]] = []
    last = 0
    for batch in reading.export(hub, actor, school=school, after=query.after):
        if len(items) >= EXPORT_ITEMS_MIN:
            return RecordsPage(items, str(last))
        items += [json.loads(line) for line in batch.lines]
        last = batch.number
    return RecordsPage(items, "")


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listSchoolsWithRecords", "GET", "/records", Right.OPERATE,
        "How many records each school's pupils made", _schools,
        screen="/console/use/records", command="records list",
        query=SchoolsQuery, answer=SchoolRecordsPage,
    ),
    Operation(
        "exportRecords", "GET", "/records/{school}", Right.OPERATE,
        "The records of a school's pupils, who are named by nothing but a number", _records,
        screen="/console/use/records/<school>", command="records export",
        query=RecordsQuery, answer=RecordsPage,
    ),
)  # fmt: skip

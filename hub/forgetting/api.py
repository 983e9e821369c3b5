"""What the API offers of forgetting."""

from datetime import date

import msgspec

from hub.api.operations import Given, Operation
from hub.clock import read_day
from hub.forgetting import chore, service
from hub.forgetting.service import Forgettable
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right


class ForgettingQuery(msgspec.Struct, forbid_unknown_fields=True):
    """What is from before the day `before`, as 2026-09-01; `use`: counts, too; `school`: one's."""

    before: str
    use: bool = False
    school: str = ""


class ForgettingWanted(msgspec.Struct, forbid_unknown_fields=True):
    """What is from before the day `before`, as 2026-09-01; `use`: counts, too; `school`: one's."""

    before: str
    use: bool = False
    school: str = ""


class ForgettingStarted(msgspec.Struct):
    """The job that does it."""

    job: str


def _day(text: str) -> date:
    return date.fromisoformat(read_day(text, "before"))


def _look(hub: Hub, actor: Actor, given: Given) -> Forgettable:
    asked: ForgettingQuery = given.query
    what = service.wanted(hub, actor, _day(asked.before), use=asked.use, school=asked.school)
    return service.look(hub, actor, what)


def _forget(hub: Hub, actor: Actor, given: Given) -> ForgettingStarted:
    said: ForgettingWanted = given.body
    job = chore.start(hub, actor, _day(said.before), use=said.use, school=said.school)
    return ForgettingStarted(job.id)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "planForgetting", "GET", "/forgetting", Right.OPERATE,
        "How many records and counts are from before a day", _look,
        screen="/console/use/forgetting", command="records forget",
        query=ForgettingQuery, answer=Forgettable,
    ),
    Operation(
        "forgetRecords", "POST", "/forgetting", Right.OPERATE,
        "Forget in the background, for good, what is from before a day", _forget,
        screen="/console/use/forgetting", command="records forget",
        body=ForgettingWanted, answer=ForgettingStarted,
    ),
)  # fmt: skip

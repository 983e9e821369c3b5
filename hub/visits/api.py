"""What the API offers of visits."""

from typing import Any

import msgspec

from hub.api.operations import Given, Operation
from hub.hub import Hub
from hub.jobs.model import Job
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.uploads.receiving import Upload
from hub.visits import candidates, planning, returning, sticks, ways, web
from hub.visits.candidates import Asked, Candidate
from hub.visits.planning import Visit
from hub.visits.returning import Returned
from hub.visits.ways import Way


class NeededQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which of them.

    `by`: also who won't be done by this day, such as 2026-12-24; null: the soonest by which an
    offer is needed; empty: none. `query`: only these, as in the list of schools. `rollout`: only
    those that need a stick for it, as its price says, or that get it `later` than most.
    """

    by: str | None = None
    query: str = ""
    rollout: str = ""
    later: bool = False


class Needed(msgspec.Struct):
    """Schools that need a visit, and proposed ways to those that no open visit goes to.

    `by`: the day that was looked at, empty for none. `is_cut`: there are more than are named.
    """

    items: tuple[Candidate, ...]
    by: str
    is_cut: bool
    ways: tuple[Way, ...]


class VisitsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`ended`: those that ended, instead of those that are open."""

    ended: bool = False


class Visits(msgspec.Struct):
    """Visits, the newest first."""

    items: tuple[Visit, ...]


class NewVisit(msgspec.Struct, forbid_unknown_fields=True):
    """A visit to be planned. `in_order`: keep the order of the nodes; `write`: and its stick."""

    nodes: tuple[str, ...]
    title: str = ""
    courier: str = ""
    in_order: bool = False
    write: bool = False


class SticksQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`visit`: only those of this one, whoever uploaded them."""

    visit: str = ""


class ReturnedSticks(msgspec.Struct):
    """Sticks that came back, the newest first."""

    items: tuple[Returned, ...]


class Back(msgspec.Struct, forbid_unknown_fields=True):
    """What was found at a school."""

    note: str = ""


def _needed(hub: Hub, actor: Actor, given: Given) -> Needed:
    query: NeededQuery = given.query
    asked = Asked(query.by, query.query, query.rollout, query.later)
    found = candidates.find(hub, actor, asked)
    proposed = ways.proposed(one.stop for one in found.items if not one.visit)
    return Needed(found.items, found.by, found.is_cut, proposed)


def _list(hub: Hub, actor: Actor, given: Given) -> Visits:
    query: VisitsQuery = given.query
    return Visits(planning.listed(hub, actor, ended=query.ended))


def _plan(hub: Hub, actor: Actor, given: Given) -> Visit:
    new: NewVisit = given.body
    made = planning.plan(
        hub, actor, nodes=new.nodes, title=new.title, courier=new.courier, in_order=new.in_order
    )
    if new.write:
        sticks.start(hub, actor, made.visit)
    return planning.show(hub, actor, made.visit)


def _show(hub: Hub, actor: Actor, given: Given) -> Visit:
    return planning.show(hub, actor, given.path["visit"])


def _pack(hub: Hub, actor: Actor, given: Given) -> Job:
    return sticks.start(hub, actor, given.path["visit"])


def _stick(hub: Hub, actor: Actor, given: Given) -> Any:
    return web.sent(sticks.packed(hub, actor, given.path["visit"]))


def _back(hub: Hub, actor: Actor, given: Given) -> Visit:
    said: Back = given.body
    return planning.note_back(hub, actor, given.path["visit"], given.path["node"], note=said.note)


def _sticks(hub: Hub, actor: Actor, given: Given) -> ReturnedSticks:
    query: SticksQuery = given.query
    return ReturnedSticks(tuple(returning.listed(hub, actor, visit=query.visit)))


def _take_in(hub: Hub, actor: Actor, given: Given) -> Upload:
    return returning.take_in(hub, actor, given.path["upload"])


def _forget(hub: Hub, actor: Actor, given: Given) -> None:
    returning.forget(hub, actor, given.path["upload"])


def _cancel(hub: Hub, actor: Actor, given: Given) -> Visit:
    return planning.cancel(hub, actor, given.path["visit"])


OPERATIONS = (
    Operation(
        name="listNeededVisits", method="GET", path="/needed-visits", right=Right.SEE_FLEET,
        summary="Which schools need a visit", run=_needed, screen="/console/visits",
        command="visits needed", query=NeededQuery, answer=Needed,
    ),
    Operation(
        name="listVisits", method="GET", path="/visits", right=Right.SEE_FLEET,
        summary="Visits that are open, or that ended", run=_list, screen="/console/visits",
        command="visits list", query=VisitsQuery, answer=Visits,
    ),
    Operation(
        name="planVisit", method="POST", path="/visits", right=Right.CHANGE_FLEET,
        summary="Plan a visit, and have its stick written", run=_plan,
        screen="/console/visits/plan",
        command="visits plan", body=NewVisit, answer=Visit, status=201, problems=("409",),
    ),
    Operation(
        name="showVisit", method="GET", path="/visits/{visit}", right=Right.SEE_FLEET,
        summary="A visit", run=_show, screen="/console/visits/<visit>", command="visits show",
        answer=Visit,
    ),
    Operation(
        name="packVisitStick", method="POST", path="/visits/{visit}/stick",
        right=Right.CHANGE_FLEET, summary="Have its stick written and packed", run=_pack,
        screen="/console/visits/<visit>/stick", command="visits pack", answer=Job, status=202,
        problems=("409",),
    ),
    Operation(
        name="getVisitStick", method="GET", path="/visits/{visit}/stick.zip",
        right=Right.CHANGE_FLEET, summary="Its packed stick, a zip", run=_stick,
        screen="/console/visits/<visit>/stick.zip", command="visits write",
    ),
    Operation(
        name="noteVisitBack", method="POST", path="/visits/{visit}/stops/{node}/back",
        right=Right.CHANGE_FLEET, summary="Record that somebody was there", run=_back,
        screen="/console/visits/<visit>/stops/<node>/back", command="visits back", body=Back,
        answer=Visit, problems=("409",),
    ),
    Operation(
        name="listReturnedSticks", method="GET", path="/returned-sticks", right=Right.SEE_FLEET,
        summary="Sticks that came back, and what they brought", run=_sticks,
        screen="/console/visits/sticks", command="visits sticks", query=SticksQuery,
        answer=ReturnedSticks,
    ),
    Operation(
        name="takeInStick", method="POST", path="/returned-sticks/{upload}/take-in",
        right=Right.CHANGE_FLEET, summary="Take in a stick that was uploaded, once more if need be",
        run=_take_in, screen="/console/visits/sticks/<upload>/take-in",
        command="visits take-in", answer=Upload, problems=("409",),
    ),
    Operation(
        name="forgetStick", method="POST", path="/returned-sticks/{upload}/forget",
        right=Right.CHANGE_FLEET, summary="Forget an uploaded stick; what it brought stays",
        run=_forget, screen="/console/visits/sticks/<upload>/forget",
        command="uploads remove", status=204,
    ),
    Operation(
        name="cancelVisit", method="POST", path="/visits/{visit}/cancel",
        right=Right.CHANGE_FLEET, summary="Call a visit off", run=_cancel,
        screen="/console/visits/<visit>/cancel", command="visits cancel", answer=Visit,
        problems=("409",),
    ),
)  # fmt: skip

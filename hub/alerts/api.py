"""What the API offers of alerts."""

import os
from typing import Literal

import msgspec

from hub.alerts import keeping, routes, watching
from hub.alerts.comparing import Alert
from hub.alerts.routes import Route
from hub.alerts.sayings import in_english
from hub.api.operations import Given, Operation
from hub.api.paging import PAGE_DEFAULT, Limit
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right

_SCREEN = "/console/alerts"


class AlertsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`ended`: what has ended, the newest first, instead of what is wrong now."""

    ended: bool = False
    limit: Limit = PAGE_DEFAULT


class Alerts(msgspec.Struct):
    """What is or was wrong."""

    items: tuple[Alert, ...]


class Routes(msgspec.Struct):
    """Who is told, without secrets."""

    items: tuple[Route, ...]


class NewRoute(msgspec.Struct, forbid_unknown_fields=True):
    """Who is to be told; `reasons`: of what, of everything if there are none."""

    kind: Literal["email", "webhook"]
    address: str
    language: Literal["en", "zh"] = "en"
    reasons: tuple[str, ...] = ()


def _list(hub: Hub, actor: Actor, given: Given) -> Alerts:
    query: AlertsQuery = given.query
    found = keeping.listed(hub, actor, ended=query.ended, most=query.limit)
    return Alerts(tuple(map(in_english, found)))


def _routes(hub: Hub, actor: Actor, _given: Given) -> Routes:
    return Routes(tuple(routes.listed(hub, actor)))


def _add(hub: Hub, actor: Actor, given: Given) -> Route:
    new: NewRoute = given.body
    return routes.add(
        hub, actor, kind=new.kind, address=new.address, language=new.language,
        reasons=new.reasons, randomness=os.urandom,
    )  # fmt: skip


def _remove(hub: Hub, actor: Actor, given: Given) -> None:
    routes.remove(hub, actor, given.path["route"])


def _try(hub: Hub, actor: Actor, given: Given) -> None:
    watching.try_out(hub, actor, given.path["route"])


OPERATIONS = (
    Operation(
        name="listAlerts", method="GET", path="/alerts", right=Right.OPERATE,
        summary="What is wrong now, or what was", run=_list, screen=_SCREEN,
        command="alerts list", query=AlertsQuery, answer=Alerts,
    ),
    Operation(
        name="listAlertRoutes", method="GET", path="/alert-routes", right=Right.OPERATE,
        summary="Who is told", run=_routes, screen=_SCREEN, command="alerts routes",
        answer=Routes,
    ),
    Operation(
        name="addAlertRoute", method="POST", path="/alert-routes", right=Right.OPERATE,
        summary="Tell somebody from now on", run=_add, screen="/console/alerts/routes",
        command="alerts tell", body=NewRoute, answer=Route, status=201, problems=("409",),
    ),
    Operation(
        name="removeAlertRoute", method="DELETE", path="/alert-routes/{route}",
        right=Right.OPERATE, summary="Tell somebody nothing more", run=_remove,
        screen="/console/alerts/routes/<route>/remove", command="alerts forget", status=204,
    ),
    Operation(
        name="tryAlertRoute", method="POST", path="/alert-routes/{route}/try",
        right=Right.OPERATE, summary="Send somebody a test", run=_try,
        screen="/console/alerts/routes/<route>/try", command="alerts try", status=204,
        problems=("409",),
    ),
)  # fmt: skip

"""The page of alerts: what is wrong and since when, what was, who is told."""

import os
from collections.abc import Callable, Sequence
from itertools import groupby

from flask import Response

from content_packs.command_line import plain
from hub import overview
from hub.alerts import keeping, routes, sayings, watching
from hub.alerts.comparing import Alert
from hub.alerts.findings import REASONS
from hub.alerts.limits import ENDED_SHOWN, OPEN_SHOWN, SUBJECT_CHARACTERS_MAX
from hub.console.ground import Console
from hub.console.language import _, interface_language
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right

_PLACE = "/console/alerts"
_FILTERS = {  # what shows them in the list of schools
    "identity": "alarm", "disk": "disk", "failed": "failed", "overdue": "overdue",
    "records": "records>0", "stalled": "stalled%20-failed", "claim-waits": "claim",
}  # fmt: skip
_PLACES = {"job-failed": "/console/jobs?state=failed", "hub-warning": "/console/this-hub"}


def add(console: Console) -> None:
    """Add the pages."""

    @console.get("/alerts", right=Right.OPERATE)
    def alerts(actor: Actor) -> Response:
        return _page(console, actor)

    @console.post("/alerts/routes", right=Right.OPERATE)
    def add_route(actor: Actor) -> Response:
        form = console.form
        made = routes.add(
            console.hub,
            actor,
            kind="webhook" if form.get("kind") == "webhook" else "email",
            address=form.get("address", "").strip(),
            language=form.get("language", interface_language()),
            reasons=form.getlist("reason"),
            randomness=os.urandom,
        )
        if made.secret:
            return _page(console, actor, made=made)
        return console.see_other(_PLACE, said=_("Added. Send a test to see that it arrives."))

    @console.post("/alerts/routes/<route>/remove", right=Right.OPERATE)
    def remove_route(actor: Actor, route: str) -> Response:
        routes.remove(console.hub, actor, route)
        return console.see_other(_PLACE, said=_("Nothing more is sent there."))

    @console.post("/alerts/routes/<route>/try", right=Right.OPERATE)
    def try_route(actor: Actor, route: str) -> Response:
        watching.try_out(console.hub, actor, route)
        return console.see_other(_PLACE, said=_("The test has been sent."))


def _page(console: Console, actor: Actor, made: routes.Route | None = None) -> Response:
    found = keeping.listed(console.hub, actor, most=OPEN_SHOWN)
    order = list(REASONS)
    by_reason = {
        reason: list(alerts)
        for reason, alerts in groupby(
            sorted(found, key=lambda alert: order.index(alert.reason)), key=lambda each: each.reason
        )
    }
    return console.page(
        "alerts/list.html",
        title=_("Alerts"),
        section="alerts",
        open_now=by_reason,
        reasons=REASONS,
        place_of=_place_of,
        name_of=_names(console.hub, found),
        words_of=sayings.words,
        whole_list=_whole_list,
        ended=keeping.listed(console.hub, actor, ended=True, most=ENDED_SHOWN),
        routes=routes.listed(console.hub, actor),
        mail_is_set_up=bool(console.hub.config.smtp_host),
        made=made,
    )


def _whole_list(reason: str) -> str:
    """Return the page that shows all of a reason."""
    found = _FILTERS.get(reason)
    return f"/console/schools?q={found}" if found else _PLACES.get(reason, "")


def _names(hub: Hub, found: Sequence[Alert]) -> Callable[[Alert], str]:
    """Return what says an alert's subject; of the hub itself what it warns of now."""
    warned = {}
    if any(alert.reason == "hub-warning" for alert in found):
        warned = {
            plain(one.words)[:SUBJECT_CHARACTERS_MAX]: _(one.message) % one.values
            for one in overview.warnings(hub)
        }
    return lambda alert: warned.get(alert.subject) or sayings.subject(alert)


def _place_of(alert: Alert) -> str:
    """Return the page of what an alert is about, empty for none."""
    if alert.reason in _FILTERS:
        return f"/console/schools?q=node:{alert.subject}"
    if alert.reason == "job-failed":
        return f"/console/jobs/{alert.subject.rpartition(' ')[2]}"
    if alert.reason.startswith("rollout"):
        return f"/console/rollouts/{alert.subject}"
    return _PLACES.get(alert.reason, "")

"""The page on which old records are forgotten: first what would go, then that it does."""

from collections.abc import Mapping
from datetime import date

from flask import Response

from hub.clock import read_day
from hub.console.ground import Console
from hub.console.language import _
from hub.forgetting import chore, marks, service
from hub.forgetting.limits import DAY_MIN
from hub.people.actor import Actor
from hub.people.rights import Right


def add(console: Console) -> None:
    """Add the page."""

    @console.get("/use/forgetting", right=Right.OPERATE)
    def look(actor: Actor) -> Response:
        asked, found = console.query, None
        if asked.get("before"):
            what = service.wanted(
                console.hub, actor, _day(asked), use=bool(asked.get("use")), school=_school(asked)
            )
            found = service.look(console.hub, actor, what)
        return console.page(
            "use/forgetting.html",
            title=_("Forget old records"),
            section="use",
            back=("/console/use/records", _("Records")),
            asked=asked,
            found=found,
            first=DAY_MIN.isoformat(),
            today=marks.today(console.hub).isoformat(),
            policy=console.hub.config,
        )

    @console.post("/use/forgetting", right=Right.OPERATE)
    def forget(actor: Actor) -> Response:
        said = console.form
        job = chore.start(
            console.hub, actor, _day(said), use=bool(said.get("use")), school=_school(said)
        )
        words = _("It is done in the background; the audit log says what went.")
        return console.see_other(f"/console/jobs/{job.id}", said=words)


def _day(given: Mapping[str, str]) -> date:
    return date.fromisoformat(read_day(given.get("before", "").strip(), "before"))


def _school(given: Mapping[str, str]) -> str:
    return given.get("school", "").strip()

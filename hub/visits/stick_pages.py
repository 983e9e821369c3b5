"""The page of sticks that came back: send one in, see what it brought."""

from typing import Any

from flask import Response

from hub.console.ground import Console
from hub.console.language import _
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.uploads import web as uploading
from hub.uploads.limits import UPLOAD_PIECE_BYTES
from hub.visits import planning, returning
from hub.visits.returning import Returned

PLACE = "/console/visits/sticks"


def add(console: Console) -> None:
    """Add the page and what its script asks."""
    uploading.add_sticks_to_console(console)

    @console.get("/visits/sticks", right=Right.SEE_FLEET)
    def sticks(actor: Actor) -> Response:
        visit = console.query.get("visit", "")
        found = returning.listed(console.hub, actor, visit=visit)
        if console.is_fragment:
            return console.fragment("visits/stick_lines.html", **lines(actor, found))
        return _page(console, actor, visit, found)

    @console.post("/visits/sticks/<upload>/take-in", right=Right.CHANGE_FLEET)
    def take_in(actor: Actor, upload: str) -> Response:
        returning.take_in(console.hub, actor, upload)
        return console.see_other(PLACE, said=_("It is tried once more."))

    @console.post("/visits/sticks/<upload>/forget", right=Right.CHANGE_FLEET)
    def forget(actor: Actor, upload: str) -> Response:
        returning.forget(console.hub, actor, upload)
        return console.see_other(PLACE, said=_("Forgotten. What it brought stays."))


def lines(actor: Actor, found: list[Returned]) -> dict[str, Any]:
    """Return what the lines of sticks are made of, on this page and on a visit's."""
    return {
        "returned": found,
        "sees_jobs": actor.may(Right.SEE_JOBS),
        "may_take": actor.may(Right.CHANGE_FLEET),
    }


def _page(console: Console, actor: Actor, visit: str, found: list[Returned]) -> Response:
    of = planning.show(console.hub, actor, visit) if visit else None
    back = (f"/console/visits/{visit}", of.title) if of else ("/console/visits", _("All visits"))
    return console.page(
        "visits/sticks.html",
        title=_("Sticks that came back"),
        section="visits",
        back=back,
        visit=of,
        name=returning.name_for(visit),
        endpoint=uploading.CONSOLE_STICKS,
        piece_bytes=UPLOAD_PIECE_BYTES,
        asks_again=f"{PLACE}?visit={visit}" if visit else PLACE,
        **lines(actor, found),
    )
